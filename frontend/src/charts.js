// The charts of the metric, or of the front, each with its numbers as a table.
import { chart } from "./chart.js";
import { chartTable } from "./chart_table.js";
import { paintBest } from "./best_chart.js";
import { MOST_CURVES, lastStep, paintCurves } from "./curves_chart.js";
import { h, setText } from "./dom.js";
import { frontFigures } from "./front_figures.js";
import { bestSoFar, marksText, metricAxis } from "./model.js";
import { count, digitsIn, number } from "./wording.js";

/** @import { Panel } from "./types.js" */

/** Their figures are hidden or shown by arrangement.js. @param {Panel} panel */
export function charts(panel) {
  const shownCurves = h("span", { class: "muted" });
  const parts = [
    chart(panel, "Metric of each run and the best so far", paintBest), bestTable(panel),
    chart(panel, "Learning curves of the runs", paintCurves), curvesTable(panel),
  ];
  const [best, bestRows, curves, curveRows] = parts.map((part) => part.element);
  const front = frontFigures(panel);
  const bestFigure = h("figure", {}, h("figcaption", {}, "Best so far"), best, bestRows);
  const curvesFigure = h("figure", {}, h("figcaption", {}, "Learning curves ", shownCurves), curves, curveRows);
  const figures = { ...front.figures, best: bestFigure, curves: curvesFigure };
  function draw() {
    front.draw();
    if (!bestFigure.hidden) for (const part of parts.slice(0, 2)) part.draw();
    if (!curvesFigure.hidden) for (const part of parts.slice(2)) part.draw();
    const n = panel.picture.rows.filter((row) => row.curve.length > 1).length;
    setText(shownCurves, n > MOST_CURVES ? `${MOST_CURVES} of ${count(n)}` : "");
  }
  return { figures, draw, mark: draw, drawBrush: front.drawBrush };
}

/** @param {Panel} panel */
const bestTable = (panel) =>
  chartTable("Best so far", () => ["run", "value", "best so far"], () => {
    const { metric, rows, axes } = panel.picture;
    const axis = metricAxis(axes);
    const digits = axis ? digitsIn(axis.low, axis.high, 4) : 4;
    return metric ? bestSoFar(rows, metric.goal).map(({ row, best }) => [row.number, number(row.metric, digits), best === null ? "" : number(best, digits)]) : [];
  });

/** @param {Panel} panel */
const curvesTable = (panel) =>
  chartTable("Learning curves", () => ["run", "state", "first step", "last step", "values", "continued"], () =>
    panel.picture.rows.filter((row) => row.curve.length)
      .map((row) => [row.number, row.word, row.span[0], lastStep(row), numbers(row.curve), marksText(row)]));

/** @param {number[]} values */
function numbers(values) {
  const digits = digitsIn(Math.min(...values), Math.max(...values));
  return values.map((value) => number(value, digits)).join(" ");
}
