// The field that runs are filtered with. What it finds is selected after a short pause, so that the
// charts, the importance and Python follow; a brush that is there already stays until Enter.
import { h, link, setText } from "./dom.js";
import { parseFilter } from "./filter.js";
import { plural } from "./wording.js";

/** @import { Panel, Row, TableColumn } from "./types.js" */

const PAUSE_MS = 300; // of typing, before the runs are selected
const EXAMPLE = "Filter runs: lr<0.01 optimizer:adam -failed";
const HELP = "Words, and conditions on columns: lr<0.01, optimizer:adam, loss>=0.3, state!=failed, #12, time>5m, \"two words\"; - or ! before one turns it round. "
  + "What is found is selected.";

/** @param {Panel} panel @param {() => TableColumn[]} columns  all of them @param {() => void} onChange */
export function filtering(panel, columns, onChange) {
  const field = queryField((text) => typed(text), () => take(true));
  const problem = h("span", { class: "error", role: "status" });
  const button = link("", () => take(true), { title: "Select the runs that are found, in place of the brushes (Enter)" });
  /** @type {Set<string>|null} */
  let taken = null; // the selection that was made from the field
  let timer = 0;
  let isOwed = false; // whether what was typed is to be selected

  /** @param {string} text */
  function typed(text) {
    if (field.value !== text) field.value = text;
    panel.query = text;
    clearTimeout(timer);
    isOwed = true;
    timer = setTimeout(() => take(false), PAUSE_MS);
    onChange();
    panel.changed();
  }

  /** Whether the runs that are selected are those that the field found. */
  const owns = () => taken !== null && panel.chosen === taken;

  /** Selects what is found. @param {boolean} isAsked  else nothing that was selected in another way is given up */
  function take(isAsked) {
    clearTimeout(timer);
    isOwed = false;
    if (panel.view.table.query !== panel.query) panel.look({ table: { ...panel.view.table, query: panel.query } });
    const isFree = panel.selected === null || owns();
    if (!isFree && !isAsked) return;
    const found = matches(panel.picture.rows, !owns()).map(({ id }) => id);
    if (!test()) {
      if (owns()) panel.pick([]);
      taken = null;
    } else if (panel.chosen === null || !hasSame(panel.chosen, found)) {
      panel.pick(found);
      taken = panel.chosen;
    } else taken = panel.chosen;
  }

  const parsed = remembered(panel, columns);
  const test = () => parsed().test;

  /** @param {Row[]} rows @param {boolean} isWithin  the selection that was made in another way @returns {Row[]} */
  function matches(rows, isWithin) {
    const passes = test();
    return rows.filter((row) => (!passes || passes(row)) && !(isWithin && panel.isOut(row.id)));
  }

  /** The rows that are found; runs that have come since are selected as well. @param {Row[]} rows */
  function filtered(rows) {
    const filter = parsed();
    setText(problem, filter.problem);
    field.toggleAttribute("data-wrong", !!filter.problem);
    const list = matches(rows, !owns());
    button.hidden = !filter.test || !list.length || (panel.selected?.size === list.length && (owns() || hasSame(panel.selected, list.map(({ id }) => id))));
    setText(button, list.length === 1 ? "select this run" : `select these ${plural(list.length, "run")}`);
    if (owns() && !isOwed && filter.test && !hasSame(panel.chosen, list.map(({ id }) => id))) queueMicrotask(() => take(false));
    return list;
  }

  /** Forgets what was typed. */
  function empty() {
    field.value = panel.query = "";
    isOwed = false;
    clearTimeout(timer);
    taken = null;
    if (panel.view.table.query) panel.look({ table: { ...panel.view.table, query: "" } });
  }

  /** What was typed before the page was loaded again. */
  function restore() {
    if (!panel.view.table.query) return;
    field.value = panel.query = panel.view.table.query;
    queueMicrotask(() => take(false));
  }

  return { field, problem, button, filtered, owns, empty, restore, isFiltered: () => !!panel.query.trim() };
}

/** @param {(text: string) => void} onType @param {() => void} onEnter */
function queryField(onType, onEnter) {
  const field = h("input", { type: "search", placeholder: EXAMPLE, "aria-label": "Filter runs", title: HELP, spellcheck: "false", autocomplete: "off",
    oninput: () => onType(field.value),
    onkeydown: (event) => {
      if (event.key === "Enter") onEnter();
      else if (event.key === "Escape" && field.value) { event.preventDefault(); event.stopPropagation(); onType(""); } else return;
      event.preventDefault();
    } });
  return field;
}

/** The filter, parsed anew only for another text, other columns or other runs. @param {Panel} panel @param {() => TableColumn[]} columns */
function remembered(panel, columns) {
  /** @type {[string, TableColumn[], Row[], import("./filter.js").Filter]|null} */
  let last = null;
  return () => {
    const [query, all, { rows }] = [panel.query, columns(), panel.picture];
    if (!last || last[0] !== query || last[1] !== all || last[2] !== rows) last = [query, all, rows, parseFilter(query, all, rows)];
    return last[3];
  };
}

/** @param {Set<string>|null} set @param {string[]} ids */
const hasSame = (set, ids) => (set?.size ?? 0) === ids.length && ids.every((id) => set?.has(id));
