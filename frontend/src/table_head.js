// The head of the table of runs: a column is sorted by a click on its name.
import { arrange, button, h, setText } from "./dom.js";

/** @import { Panel, TableColumn } from "./types.js" */

/** @param {Panel} panel */
export function tableHead(panel) {
  const line = h("tr");
  const element = h("thead", {}, line);
  /** @type {Map<string, ReturnType<typeof heading>>} */
  let known = new Map();

  /** @param {TableColumn[]} columns */
  function draw(columns) {
    known = new Map(columns.map((column) => [column.key, known.get(column.key) ?? heading(panel)]));
    for (const column of columns) known.get(column.key)?.draw(column);
    arrange(line, [...known.values()].map(({ th }) => th));
  }

  return { element, draw, cells: () => [...line.children] };
}

/** @param {Panel} panel */
function heading(panel) {
  /** @type {TableColumn} */
  let column;
  const name = h("span");
  const arrow = h("span", { class: "arrow", "aria-hidden": true });
  const sort = button([name, arrow], () => {
    const { key, direction } = panel.sort;
    panel.sort = { key: column.key, direction: key === column.key ? -direction : column.firstDirection };
    panel.changed();
  }, { class: "sort" });
  const plain = h("span", { class: "unsorted" });
  const th = h("th", { scope: "col" }, sort, plain);

  /** @param {TableColumn} now */
  function draw(now) {
    column = now;
    const { key, label, title, isSortable } = column;
    const isSorted = panel.sort.key === key;
    const isUp = panel.sort.direction > 0;
    sort.hidden = !isSortable;
    plain.hidden = isSortable;
    setText(isSortable ? name : plain, label);
    setText(arrow, isSorted ? (isUp ? "▲" : "▼") : "");
    sort.title = `Sort by ${title}`;
    th.className = classOf(column);
    if (isSorted) th.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    else th.removeAttribute("aria-sort");
  }
  return { th, draw };
}

/** Of the cells of a column. @param {TableColumn} column */
export const classOf = ({ key, isRight, isMetric }) =>
  [isRight && "right", (key === "number" || key === "state") && `fixed ${key}`, isMetric && "metric", key === "metric" && "fixed"].filter(Boolean).join(" ");
