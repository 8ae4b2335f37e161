// Which columns the table of runs has.
import { choosable, shownColumns } from "./columns.js";
import { arrange, h, link } from "./dom.js";
import { count } from "./wording.js";

/** @import { Panel, TableColumn } from "./types.js" */

const MANY = 12; // columns, from which on they are searched
const LISTED = 200; // more are found by their names

/** @param {Panel} panel @param {() => TableColumn[]} columns */
export function columnsMenu(panel, columns) {
  const search = h("input", { type: "search", placeholder: "Find a column", "aria-label": "Find a column", oninput: () => fill() });
  const list = h("div", { role: "group", "aria-label": "Columns of the table" });
  const note = h("div", { class: "muted small", role: "status" });
  const usual = link("the usual ones", () => choose({}));
  const summary = h("summary", {}, "Columns");
  /** @type {Map<string, ReturnType<typeof entry>>} */
  const known = new Map();
  const element = h("details", { class: "menu columns", ontoggle: () => fill(),
    onkeydown: (event) => {
      if (event.key !== "Escape" || !element.open) return;
      event.preventDefault();
      element.open = false;
      summary.focus();
    } }, summary, h("div", { class: "sheet" }, search, list, note, usual));

  /** @param {Record<string, boolean>} chosen */
  const choose = (chosen) => panel.look({ table: { ...panel.view.table, columns: chosen } });

  function fill() {
    if (!element.open) return;
    const all = choosable(columns());
    const shown = new Set(shownColumns(all, panel.view));
    const wanted = search.value.trim().toLowerCase();
    const matching = all.filter(({ name }) => name.toLowerCase().includes(wanted));
    const listed = matching.slice(0, LISTED);
    for (const column of listed) {
      const each = known.get(column.key) ?? entry(column);
      known.set(column.key, each);
      each.box.checked = shown.has(column);
    }
    arrange(list, listed.flatMap(({ key }) => known.get(key)?.label ?? []));
    search.hidden = all.length < MANY;
    usual.hidden = !Object.keys(panel.view.table.columns).length;
    note.textContent = !listed.length ? "no such column" : matching.length > LISTED ? `and ${count(matching.length - LISTED)} more` : "";
  }

  /** @param {TableColumn} column */
  function entry({ key, name, isHidden, isConstant }) {
    const box = h("input", { type: "checkbox", "data-key": `column:${key}`, onchange: () => {
      const { [key]: _, ...others } = panel.view.table.columns;
      choose(box.checked === !isHidden ? others : { ...others, [key]: box.checked });
    } });
    return { box, label: h("label", {}, box, " ", name, isConstant && h("span", { class: "muted" }, " the same in all")) };
  }

  return { element, draw: fill };
}
