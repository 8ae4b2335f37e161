// The head of the table of runs: a column is sorted by a click on its name.
import { button, focusOn, h } from "./dom.js";

/** @import { Panel } from "./types.js" */

export const COLUMNS = 10; // parameters that have a column

/** @param {Panel} panel */
export function tableHead(panel) {
  const element = h("thead");
  let shown = "";

  /** @param {boolean} hasWorkers */
  function draw(hasWorkers) {
    const { columns, metric } = panel.picture;
    const key = JSON.stringify([columns, metric, panel.sort, hasWorkers]);
    if (key === shown) return;
    shown = key;
    element.replaceChildren(h("tr", {},
      heading("number", "run", true), heading("state", "state"),
      columns.slice(0, COLUMNS).map((column) => heading(`param:${column.name}`, column.name, column.numeric)),
      metric && [
        heading("metric", `${metric.name} ${metric.goal === "maximize" ? "↑" : "↓"}`, true),
        h("th", { scope: "col" }, "curve")],
      heading("duration_s", "time", true),
      hasWorkers && heading("worker", "worker")));
  }

  /** @param {string} key  that `sortRows` knows @param {string} text @param {boolean} [isRight] */
  function heading(key, text, isRight = false) {
    const { direction } = panel.sort;
    const isSorted = panel.sort.key === key;
    const th = h("th", {
      scope: "col", class: isRight ? "right" : null, "aria-sort": isSorted ? (direction > 0 ? "ascending" : "descending") : null,
    }, button([text, h("span", { class: "arrow", "aria-hidden": true }, isSorted ? (direction > 0 ? "▲" : "▼") : "")], () => {
      const place = [...th.parentNode?.children ?? []].indexOf(th) + 1;
      panel.sort = { key, direction: isSorted ? -direction : firstDirection(key) };
      panel.changed();
      queueMicrotask(() => focusOn(element, `th:nth-child(${place}) button`));
    }, { class: "sort", title: `Sort by ${text}` }));
    return th;
  }

  /** The newest runs and the best values first. @param {string} key */
  const firstDirection = (key) =>
    (key === "number" || (key === "metric" && panel.picture.metric?.goal === "maximize") ? -1 : 1);

  return { element, draw };
}
