// The head of the table of runs: a column is sorted by a click on its name.
import { button, focusOn, h } from "./dom.js";
import { number } from "./wording.js";

/** @import { Metric, Panel, SweepMetric } from "./types.js" */

export const COLUMNS = 10; // parameters that have a column

/** @param {Panel} panel */
export function tableHead(panel) {
  const element = h("thead");
  let shown = "";

  /** @param {boolean} hasWorkers */
  function draw(hasWorkers) {
    const { columns, metric, metrics } = panel.picture;
    const further = metrics.slice(1);
    const axes = panel.picture.axes.filter((axis) => axis.is_objective);
    const key = JSON.stringify([columns, metric, metrics, axes.map(({ name }) => name), panel.sort, hasWorkers]);
    if (key === shown) return;
    shown = key;
    element.replaceChildren(h("tr", {},
      heading("number", "run", true), heading("state", "state"),
      columns.slice(0, COLUMNS).map((column) => heading(`param:${column.name}`, column.name, column.numeric)),
      metric && [
        heading("metric", headingOf({ ...metric, ...metrics[0] }), true),
        further.map((each, k) => heading(`param:${axes[k]?.name ?? each.name}`, headingOf(each), true)),
        h("th", { scope: "col" }, "curve")],
      heading("duration_s", "time", true),
      hasWorkers && heading("worker", "worker")));
  }

  /** A metric with an arrow to its good end, and its limits. @param {Pick<Metric, "name"|"goal"> & Partial<SweepMetric>} metric */
  const headingOf = ({ name, goal, is_objective: isObjective = true, at_least: least, at_most: most }) =>
    [name, isObjective && (goal === "maximize" ? "↑" : "↓"), typeof least === "number" && `≥ ${number(least)}`,
      typeof most === "number" && `≤ ${number(most)}`].filter(Boolean).join(" ");

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
  function firstDirection(key) {
    const { metric, metrics, axes } = panel.picture;
    const k = axes.filter((axis) => axis.is_objective).findIndex(({ name }) => key === `param:${name}`);
    const goal = key === "metric" ? metric?.goal : metrics[k + 1]?.goal;
    return key === "number" || ((key === "metric" || k >= 0) && goal === "maximize") ? -1 : 1;
  }

  return { element, draw };
}
