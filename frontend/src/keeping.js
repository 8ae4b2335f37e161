// The runs that people keep in view, and those that they leave out: of all charts, of the table,
// and of the ends of the axes.
import { button, h, link, setText } from "./dom.js";
import { placeOf, position } from "./model.js";
import { extent } from "./scale.js";
import { plural } from "./wording.js";

/** @import { Axis, Cut, Interval, Panel, Picture, Row, ShownAxis } from "./types.js" */

const MOST_LISTED = 1000; // runs left out that are listed; of more the kept ones are, where they are fewer
const SINGLE = 0.02; // of an axis, around its only value

/**
 * What leaves out all rows but these; null when that is none.
 * @param {Row[]} all @param {Row[]} kept
 * @returns {Cut|null}
 */
export function cutTo(all, kept) {
  const ids = new Set(kept.map(({ id }) => id));
  const out = all.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
  if (!out.length) return null;
  const keeps = out.length > MOST_LISTED && out.length > ids.size;
  return { ids: keeps ? [...ids] : out, keeps, upto: Math.max(...all.map(({ number }) => number)) };
}

/** The rows that are not left out. @param {Row[]} rows @param {Cut} cut */
function keptRows(rows, { ids, keeps, upto }) {
  const listed = new Set(ids);
  return rows.filter(({ id, number }) => (keeps ? number > upto || listed.has(id) : !listed.has(id)));
}

/** Pictures without the runs that are left out, each made once. @returns {(whole: Picture, cut: Cut|null) => Picture} */
export function keeping() {
  /** @type {{whole: Picture|null, cut: Cut|null, picture: Picture|null, windows: string}} */
  let known = { whole: null, cut: null, picture: null, windows: "" };
  return (whole, cut) => {
    if (!whole || !cut) return whole;
    if (known.picture && known.whole === whole && known.cut === cut) return known.picture;
    const isSame = known.picture && known.cut === cut && known.whole?.rows === whole.rows;
    const rows = isSame && known.picture ? known.picture.rows : keptRows(whole.rows, cut);
    const zoomed = whole.axes.map((axis, i) => zoom(axis, i, rows));
    // The same list as long as nothing moves, since positions are remembered for it.
    const windows = JSON.stringify(zoomed.map(({ window, best, poor }) => [window, best, poor]));
    const axes = known.picture && windows === known.windows && known.whole?.axes === whole.axes ? known.picture.axes : zoomed;
    known = { whole, cut, windows, picture: { ...whole, rows, axes } };
    return /** @type {Picture} */ (known.picture);
  };
}

/**
 * An axis with the part of it that the rows take.
 * @param {Axis} axis @param {number} i  its index @param {Row[]} rows
 * @returns {ShownAxis}
 */
function zoom(axis, i, rows) {
  const places = rows.map((row) => placeOf(row, axis, i)).filter((place) => place !== null && place !== undefined);
  const at = places.map((place) => position(axis, place));
  const [low, high] = extent(at);
  if (low > high) return axis;
  const more = axis.kind === "category" ? 0.5 / axis.categories.length : low === high ? SINGLE : 0;
  /** @type {Interval} */
  const window = [Math.max(0, low - more), Math.min(1, high + more)];
  if (window[1] - window[0] > 1 - 1e-6) return axis;
  return { ...axis, ...colourEnds(axis, extent(places)), window };
}

/** The values with the best and the worst colour, of those that are left. @param {Axis} axis @param {Interval} left */
function colourEnds({ best, poor }, [least, most]) {
  if (best === poor) return {};
  const [low, high] = [Math.min(best, poor), Math.max(best, poor)];
  /** @param {number} value */
  const inside = (value) => Math.min(high, Math.max(low, value));
  return best < poor ? { best: inside(least), poor: inside(most) } : { best: inside(most), poor: inside(least) };
}
/** Buttons that leave runs out, and a line that says how many are. @param {Panel} panel */
export function keepButtons(panel) {
  /** @param {boolean} keeps */
  const leave = (keeps) => () => {
    panel.cut(keeps);
    panel.say(leftText(panel));
  };
  const keep = button("keep only these", leave(true), { title: "Leave all other runs out of the charts and the table" });
  const out = button("leave these out", leave(false), { title: "Leave the selected runs out of the charts and the table" });
  const text = h("span", { title: "Neither in the charts nor in the table; in the sweep they stay" });
  const left = h("span", { class: "left-out" }, text, " · ", link("bring back", () => panel.look({ cut: null })));
  return {
    elements: [keep, out, left],
    draw() {
      const n = panel.selected?.size ?? 0;
      keep.hidden = out.hidden = !n || n >= panel.picture.rows.length;
      left.hidden = !panel.view.cut;
      setText(text, leftText(panel));
    },
  };
}

/** @param {Panel} panel */
const leftText = ({ whole, picture }) => `${plural(whole.rows.length - picture.rows.length, "run")} left out`;
