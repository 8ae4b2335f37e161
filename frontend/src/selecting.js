// Which runs are selected, by brushes or by Python, and how Python learns of it.
import { cutTo } from "./keeping.js";
import { brushed, hasBrush } from "./model.js";

/** @import { Brushes, Options, PanelState, Redraw, View } from "./types.js" */

const NO_BRUSHES = { ranges: {}, invert: false };

/** @param {PanelState} state @param {Redraw} redraw @param {Options["onSelect"]} onSelect */
export function selecting(state, redraw, onSelect) {
  const { report, reportChange } = reporting(state, onSelect);

  /** Computes the selection from the brushes. */
  function select() {
    const { rows, axes } = state.picture;
    state.selected = hasBrush(state.brushes) ? brushed(rows, axes, state.brushes, state.positions) : state.chosen;
  }

  /** @param {Brushes} brushes @param {boolean} isFinal  false while the pointer is down */
  function brush(brushes, isFinal) {
    state.brushes = brushes;
    state.chosen = null;
    redraw(isFinal ? "draw" : "brush");
    if (!isFinal) return;
    select();
    report();
  }

  /** Selects these runs, by a button. @param {string[]} runs */
  function pick(runs) {
    state.brushes = NO_BRUSHES;
    state.chosen = runs.length ? new Set(runs) : null;
    redraw("draw");
    select();
    report();
  }

  /** Runs chosen in Python; whether they were not selected yet. @param {string[]} runs */
  function choose(runs) {
    if (sameIds(runs, state.selected)) return false;
    state.brushes = NO_BRUSHES;
    state.chosen = runs.length ? new Set(runs) : null;
    redraw("draw");
    return true;
  }

  return {
    brush, choose, select, pick,
    /** Selects again after a change of the runs. */
    reselect() {
      select();
      reportChange();
    },
    clear: () => brush(NO_BRUSHES, true),
    invert() {
      if (hasBrush(state.brushes)) brush({ ...state.brushes, invert: !state.brushes.invert }, true);
    },
    /** Leaves runs out: the selected ones, or all others. @param {boolean} keeps */
    cut(keeps) {
      const { picture, whole, selected } = state;
      const kept = picture.rows.filter(({ id }) => !selected || selected.has(id) === keeps);
      state.view = { ...state.view, cut: cutTo(whole.rows, kept) };
      brush(NO_BRUSHES, true);
    },
    /** @param {string} id */
    isOut: (id) => state.selected !== null && !state.selected.has(id),
    /** Looks at the axes in another way. @param {Partial<View>} change */
    look(change) {
      state.view = { ...state.view, ...change };
      report();
      redraw("draw");
    },
  };
}

/** What Python is told of the selection. @param {PanelState} state @param {Options["onSelect"]} onSelect */
function reporting(state, onSelect) {
  /** @type {string[]|null} */
  let reported = null;
  const ids = () => (state.selected ? [...state.selected] : []);

  function report() {
    reported = ids();
    onSelect?.(reported, { ...state.brushes, view: state.view });
  }

  /** Reports when runs have ended inside the brushes, which Python cannot know yet. */
  function reportChange() {
    if (hasBrush(state.brushes) && reported && !sameIds(reported, state.selected)) report();
    else reported ??= ids();
  }

  return { report, reportChange };
}

/** @param {string[]} ids @param {Set<string>|null} selected */
const sameIds = (ids, selected) =>
  ids.length === (selected?.size ?? 0) && ids.every((id) => selected?.has(id));
