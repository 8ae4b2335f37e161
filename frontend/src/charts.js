// Two charts of the metric side by side, each with its numbers as a table.
import { chart } from "./chart.js";
import { chartTable } from "./chart_table.js";
import { paintBest } from "./best_chart.js";
import { MOST_CURVES, paintCurves } from "./curves_chart.js";
import { h, setText } from "./dom.js";
import { bestSoFar, marksText, metricAxis } from "./model.js";
import { count, digitsIn, number } from "./wording.js";

/** @import { Panel } from "./types.js" */

/** @param {Panel} panel */
export function charts(panel) {
  const shownCurves = h("span", { class: "muted" });
  const parts = [
    chart(panel, "Metric of each run and the best so far", paintBest), bestTable(panel),
    chart(panel, "Learning curves of the runs", paintCurves), curvesTable(panel),
  ];
  const [best, bestRows, curves, curveRows] = parts.map((part) => part.element);
  const element = h("div", { class: "charts" },
    h("figure", {}, h("figcaption", {}, "Best so far"), best, bestRows),
    h("figure", {}, h("figcaption", {}, "Learning curves ", shownCurves), curves, curveRows));
  function draw() {
    const { metric, rows } = panel.picture;
    element.hidden = !metric;
    if (element.hidden) return;
    for (const part of parts) part.draw();
    const n = rows.filter((row) => row.curve.length > 1).length;
    setText(shownCurves, n > MOST_CURVES ? `${MOST_CURVES} of ${count(n)}` : "");
  }
  return { element, draw, mark: draw };
}

/** @param {Panel} panel */
const bestTable = (panel) =>
  chartTable("Best so far", ["run", "value", "best so far"], () => {
    const { metric, rows, axes } = panel.picture;
    const axis = metricAxis(axes);
    const digits = axis ? digitsIn(axis.low, axis.high, 4) : 4;
    return metric ? bestSoFar(rows, metric.goal).map(({ row, best }) => [row.number, number(row.metric, digits), number(best, digits)]) : [];
  });

/** @param {Panel} panel */
const curvesTable = (panel) =>
  chartTable("Learning curves", ["run", "state", "first step", "last step", "values", "continued"], () =>
    panel.picture.rows.filter((row) => row.curve.length)
      .map((row) => [row.number, row.word, row.span[0], row.span[1], numbers(row.curve), marksText(row)]));

/** @param {number[]} values */
function numbers(values) {
  const digits = digitsIn(Math.min(...values), Math.max(...values));
  return values.map((value) => number(value, digits)).join(" ");
}
