// The charts of the metric, or of the front, each with its numbers as a table.
import { bestPoints, bestScene, chosenBest, waysAcross } from "./best_chart.js";
import { chart } from "./chart.js";
import { chartChoice } from "./chart_choice.js";
import { chartTable } from "./chart_table.js";
import { MOST_CURVES, STEP, TIME, lastStep } from "./curves.js";
import { chosenCurves, curvesScene, drawnCurves } from "./curves_chart.js";
import { h, setText } from "./dom.js";
import { frontFigures } from "./front_figures.js";
import { hasFront, marksText } from "./model.js";
import { series } from "./series.js";
import { steadyLog } from "./shown_range.js";
import { count, digitsIn, number } from "./wording.js";

/** @import { Panel, Scene } from "./types.js" */

/** @param {Panel} panel */
export function charts(panel) {
  const [front, best, curves] = [frontFigures(panel), bestFigure(panel), curvesFigure(panel)];
  const element = h("div", { class: "charts" }, front.elements, best.element, curves.element);
  const isShown = () => !element.hidden;
  function draw() {
    element.hidden = !panel.picture.metric;
    if (element.hidden) return;
    best.element.hidden = hasFront(panel.picture);
    element.classList.toggle("has-front", best.element.hidden);
    front.draw();
    if (!best.element.hidden) best.draw();
    curves.draw();
  }
  function mark() {
    if (!isShown()) return;
    front.draw();
    if (!best.element.hidden) best.mark();
    curves.mark();
  }
  return { element, draw, mark, drawBrush: front.drawBrush, receive: curves.receive };
}

/** @param {Panel} panel */
function bestFigure(panel) {
  const byData = steadyLog();
  /** @type {ReturnType<typeof bestPoints>} */
  let points = [];
  /** @type {Scene|null} */
  let scene = null;
  const plot = chart(panel, "Metric of each run and the best so far", () => {
    const chosen = chosenBest(panel);
    points = bestPoints(panel, chosen);
    scene = points.length ? bestScene(panel, points, chosen, byData) : null;
    return scene ?? "No run has ended with a value yet";
  }, () => drawChoice());
  const choice = chartChoice(panel, "best", "Best so far", plot.zoom);
  const table = chartTable("Best so far", () => ["run", chosenBest(panel).name || "value", "best so far"], () => {
    const digits = scene ? digitsIn(scene.upwards.low, scene.upwards.high, 4) : 4;
    return points.map(({ row, best }) => [row.number, number(row.metric, digits), best === null ? "" : number(best, digits)]);
  });
  const element = h("figure", {}, h("figcaption", {}, "Best so far ", choice.element), plot.element, table.element);

  function drawChoice() {
    const { picture: { axes, metric, rows } } = panel;
    const chosen = chosenBest(panel);
    /** @type {[string, string][]} */
    const ys = [["", metric?.name ?? ""], ...axes.filter((axis) => axis.is_extra).map(({ name }) => /** @type {[string, string]} */ ([name, name]))];
    choice.draw({ xs: waysAcross(rows), ys, x: chosen.x, y: chosen.y }, scene && scaleOf(scene, chosen.log, points.some(({ row }) => row.metric > 0)));
  }
  function draw() {
    plot.draw();
    drawChoice();
    table.draw();
  }
  return { element, draw, mark: () => plot.mark?.() };
}

/** @param {Panel} panel */
function curvesFigure(panel) {
  const byData = steadyLog();
  const source = series(panel);
  const note = h("span", { class: "muted" });
  /** @type {ReturnType<typeof drawnCurves>} */
  let drawn = { curves: [], n: 0 };
  /** @type {Scene|null} */
  let scene = null;
  const plot = chart(panel, "Learning curves of the runs", (zoom) => {
    const chosen = chosenCurves(panel, source.names());
    drawn = drawnCurves(panel, chosen, source);
    scene = drawn.curves.length ? curvesScene(panel, drawn.curves, chosen, zoom, byData) : null;
    if (scene) return scene;
    return chosen.isOwn ? "No curves: each run logs the metric once" : source.note() || `No run has logged ${chosen.name} so`;
  }, () => drawChoice());
  const choice = chartChoice(panel, "curves", "Learning curves", plot.zoom);
  const table = curvesTable(panel, () => drawn.curves, source.names);
  const element = h("figure", {}, h("figcaption", {}, "Learning curves ", note, " ", choice.element), plot.element, table.element);

  function drawChoice() {
    const { metric } = panel.picture;
    const names = source.names();
    const chosen = chosenCurves(panel, names);
    const others = [...new Set([...names, chosen.y, ...(chosen.x === STEP || chosen.x === TIME ? [] : [chosen.x])])].filter(Boolean).sort();
    /** @param {string} name @returns {[string, string]} */
    const same = (name) => [name, name];
    /** @type {[string, string][]} */
    const xs = names.length ? [[STEP, "step"], [TIME, "time"], ...others.map(same)] : [];
    choice.draw({ xs, ys: [["", metric?.name ?? ""], ...others.filter((name) => name !== metric?.name).map(same)], x: chosen.x, y: chosen.y },
      scene && scaleOf(scene, chosen.log, drawn.curves.some(({ ys }) => Array.prototype.some.call(ys, (value) => value > 0))));
    const { curves, n } = drawn;
    setText(note, [n > MOST_CURVES ? `${curves.length} of ${count(n)}` : "", chosen.isOwn ? "" : source.note()].filter(Boolean).join(" · "));
  }
  function draw() {
    plot.draw();
    drawChoice();
    table.draw();
  }
  return { element, draw, mark: () => plot.mark?.(), receive: source.receive };
}

/** @param {Scene} scene @param {boolean|undefined} asked @param {boolean} canLog */
const scaleOf = ({ upwards: { isLog } }, asked, canLog) => ({ isLog, byData: asked === undefined ? isLog : !asked, canLog });

/** @param {Panel} panel @param {() => ReturnType<typeof drawnCurves>["curves"]} drawn @param {() => string[]} names */
const curvesTable = (panel, drawn, names) =>
  chartTable("Learning curves", () => ["run", "state", ...(chosenCurves(panel, names()).x === STEP ? ["first step", "last step"] : ["from", "to"]), "values", "continued"], () =>
    (chosenCurves(panel, names()).isOwn
      ? panel.picture.rows.filter((row) => row.curve.length).map((row) => ({ row, xs: [row.span[0], lastStep(row)], ys: row.curve }))
      : drawn()).map(({ row, xs, ys }) => [row.number, row.word, short(xs[0]), short(xs[xs.length - 1]), numbers(Array.from(ys)), marksText(row)]));

/** @param {number} x */
const short = (x) => Number(x.toPrecision(8));

/** @param {number[]} values */
function numbers(values) {
  const digits = digitsIn(Math.min(...values), Math.max(...values));
  return values.map((value) => number(value, digits)).join(" ");
}
