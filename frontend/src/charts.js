// The charts of the metric, or of the front, each with its numbers as a table.
import { bestPoints, bestScene, chosenBest, waysAcross } from "./best_chart.js";
import { chart } from "./chart.js";
import { chartChoice } from "./chart_choice.js";
import { chartTable } from "./chart_table.js";
import { MOST_CURVES, lastStep } from "./curves.js";
import { chosenCurves, curvesScene, drawnCurves } from "./curves_chart.js";
import { h, setText } from "./dom.js";
import { frontFigures } from "./front_figures.js";
import { marksText } from "./model.js";
import { scatterFigure } from "./scatter_chart.js";
import { series } from "./series.js";
import { steadyLog } from "./shown_range.js";
import { count, digitsIn, number } from "./wording.js";

/** @import { ChartContent, Panel, Scene } from "./types.js" */

/** Their figures are hidden or shown by arrangement.js. @param {Panel} panel */
export function charts(panel) {
  const front = frontFigures(panel);
  const best = figure(panel, "best", "Best so far", "Metric of each run and the best so far", bestContent(panel));
  const { receive, ...content } = curvesContent(panel);
  const curves = figure(panel, "curves", "Learning curves", "Learning curves of the runs", content);
  const scatter = scatterFigure(panel);
  const figures = { ...front.figures, scatter: scatter.element, best: best.element, curves: curves.element };
  /** @param {"draw"|"mark"} what */
  function drawn(what) {
    front[what]();
    for (const part of [best, curves]) if (!part.element.hidden) part[what]();
  }
  function drawBrush() {
    front.drawBrush();
    scatter.drawBrush();
  }
  return { figures, draw: () => drawn("draw"), mark: () => drawn("mark"), drawBrush, scatter, receive };
}

/** A chart with what can be chosen about it and its table. @param {Panel} panel @param {string} name @param {string} title @param {string} label @param {ChartContent} content */
function figure(panel, name, title, label, content) {
  /** @type {Scene|string} */
  let scene = "";
  const note = h("span", { class: "muted" });
  const plot = chart(panel, label, (zoom) => (scene = content.compose(zoom)), drawChoice);
  const choice = chartChoice(panel, name, title, plot.zoom);
  const table = chartTable(title, content.columns, content.cells);
  const element = h("figure", {}, h("figcaption", {}, title, " ", note, " ", choice.element), plot.element, table.element);
  function drawChoice() {
    choice.draw(content.offered(), content.chosen(), typeof scene === "string" ? null : scene);
    setText(note, content.note());
    note.hidden = !note.textContent;
  }
  function draw() {
    plot.draw();
    drawChoice();
    table.draw();
  }
  return { element, draw, mark: plot.mark };
}

/** @param {Panel} panel @returns {ChartContent} */
function bestContent(panel) {
  const byData = steadyLog();
  /** @type {ReturnType<typeof bestPoints>} */
  let points = [];
  return {
    chosen: () => chosenBest(panel),
    note: () => "",
    compose() {
      const chosen = chosenBest(panel);
      points = bestPoints(panel, chosen);
      return points.length ? bestScene(panel, points, chosen, byData) : "No run has ended with a value yet";
    },
    offered() {
      const { axes, metric, rows } = panel.picture;
      return { xs: waysAcross(rows), ys: [["", metric?.name ?? ""], ...axes.flatMap(({ name, is_extra }) =>
        (is_extra ? [/** @type {[string, string]} */ ([name, name])] : []))] };
    },
    columns: () => ["run", points.length ? chosenBest(panel).name : "value", "best so far"],
    cells() {
      const { axis } = chosenBest(panel);
      const digits = axis ? digitsIn(axis.low, axis.high, 4) : 4;
      return points.map(({ row, best }) => [row.number, number(row.metric, digits), best === null ? "" : number(best, digits)]);
    },
  };
}

/** @param {Panel} panel */
function curvesContent(panel) {
  const byData = steadyLog();
  const source = series(panel);
  const chosen = () => chosenCurves(panel, source.names());
  /** @type {ReturnType<typeof drawnCurves>} */
  let drawn = { curves: [], n: 0 };
  /** @type {ChartContent} */
  const content = {
    chosen,
    note: () => [drawn.n > MOST_CURVES ? `${drawn.curves.length} of ${count(drawn.n)}` : "", chosen().isOwn ? "" : source.note()].filter(Boolean).join(" · "),
    compose(zoom) {
      drawn = drawnCurves(panel, chosen(), source);
      if (drawn.curves.length) return curvesScene(panel, drawn.curves, chosen(), zoom, byData);
      const { isOwn, x, name } = chosen();
      return isOwn ? "No curves: each run logs the metric once" : source.note() || `No run has logged ${name}${x.startsWith("_") ? "" : ` and ${x}`} yet`;
    },
    offered: () => source.offered(chosen()),
    columns: () => ["run", "state", ...(chosen().isOwn ? ["first step", "last step"] : ["from", "to"]), "values", "continued"],
    cells: () => (chosen().isOwn
      ? panel.picture.rows.filter((row) => row.curve.length).map((row) => ({ row, xs: [row.span[0], lastStep(row)], ys: row.curve }))
      : drawn.curves).map(({ row, xs, ys }) => [row.number, row.word, short(xs[0]), short(xs[xs.length - 1]), numbers(Array.from(ys)), marksText(row)]),
  };
  return { ...content, receive: source.receive };
}

/** @param {number} x */
const short = (x) => Number(x.toPrecision(8));

/** @param {number[]} values */
function numbers(values) {
  const digits = digitsIn(Math.min(...values), Math.max(...values));
  return values.map((value) => number(value, digits)).join(" ");
}
