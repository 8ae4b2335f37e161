// A result against one parameter: by itself the metric against the one that decides most.
import { chartChoice, choiceOf } from "./chart_choice.js";
import { h, setText } from "./dom.js";
import { wordsOf } from "./front_plane.js";
import { jitterAt } from "./line_shape.js";
import { byImportance, position, starred, textAt } from "./model.js";
import { planeAxis, xAt, xOf, yAt } from "./plane.js";
import { planeChart } from "./plane_chart.js";

/** @import { Choices, Panel, Picture } from "./types.js" */
/** @import { Plane, PlaneAxis } from "./plane.js" */
/** @import { PlanePoint } from "./plane_chart.js" */

const HEIGHT = 200; // pixels, where nothing beside it is higher
const SPREAD = 0.3; // of a category's place, to either side of its middle
const NO_ZOOM = { isOn: () => false, reset() {} };

/** The results that can be drawn, the metric first. @param {Picture} picture */
export const resultAxes = ({ axes }) => [...axes.filter((axis) => axis.is_metric), ...axes.filter((axis) => axis.is_extra)];

/** The names of the two axes; what cannot be had is what decides, and what the sweep is about. @param {Panel} panel */
function chosen(panel) {
  const { picture } = panel;
  const { x = "", y = "" } = choiceOf(panel, "scatter");
  const [names, results] = [byImportance(picture), resultAxes(picture).map(({ name }) => name)];
  return { x: names.includes(x) ? x : names[0], y: results.includes(y) ? y : results[0] };
}

/** The figure; arrangement.js says whether and where it is shown. @param {Panel} panel */
export function scatterFigure(panel) {
  const hint = h("span", { class: "muted" });
  const choice = chartChoice(panel, "scatter", "Result against a parameter", NO_ZOOM);
  const plot = planeChart(panel, {
    name: "scatter", what: "Runs", height: HEIGHT,
    label: "A result of the runs against a parameter; the table of runs holds the same values",
    none: "No run has ended with a value of both yet",
    axes: () => axesOf(panel), points: (plane) => pointsOf(panel, plane), marks: (plane) => trend(panel, plane),
    describe: (point) => describe(panel, point, axesOf(panel)), star: ({ colours }) => colours.front,
  });
  const element = h("figure", { class: "scatter" }, h("figcaption", {}, "By one parameter ", choice.element, " ", hint), plot.element);

  function draw() {
    if (element.hidden) return;
    const { picture } = panel;
    const names = chosen(panel);
    /** @param {string[]} list @returns {Choices} */
    const offered = (list) => list.map((name) => [name, name]);
    choice.draw({ xs: offered(byImportance(picture)), ys: offered(resultAxes(picture).map(({ name }) => name)) }, names, null);
    setText(hint, panel.selected ? "" : "drag to select runs");
    plot.draw();
  }

  return { element, draw, mark: () => { if (!element.hidden) plot.mark(); }, drawBrush: () => { if (!element.hidden) plot.drawBrush(); } };
}

/** @param {Panel} panel @returns {[PlaneAxis, PlaneAxis]|null} */
function axesOf(panel) {
  const { axes, metrics } = panel.picture;
  const { x, y } = chosen(panel);
  const i = axes.findIndex((axis) => axis.name === x && !axis.is_metric && !axis.is_extra);
  const j = axes.findIndex((axis) => axis.name === y && (axis.is_metric || axis.is_extra));
  if (i < 0 || j < 0) return null;
  const metric = axes[j].is_metric ? metrics[0] : undefined;
  return [planeAxis(panel, { axis: axes[i], i }, true), planeAxis(panel, { axis: axes[j], i: j }, false, metric && wordsOf(axes[j], metric))];
}

/** The runs that count and have both, stars last. @param {Panel} panel @param {Plane} plane @returns {PlanePoint[]} */
function pointsOf(panel, plane) {
  const { rows, axes } = panel.picture;
  const isStarred = starred(panel.picture);
  const spread = plane.x.axis.kind === "category" ? (SPREAD * (xOf(plane, 1) - xOf(plane, 0))) / plane.x.axis.categories.length : 0;
  /** @type {PlanePoint[]} */
  const points = [];
  for (const row of rows) {
    const at = panel.positions(row, axes);
    const [x, y] = [at[plane.x.i], at[plane.y.i]];
    if (!row.counts || x < 0 || y < 0) continue;
    points.push({ id: row.id, row, x: xAt(plane, x) + (spread && spread * jitterAt(row.id, plane.x.i)), y: yAt(plane, y), isStar: isStarred(row.id) });
  }
  return points.sort((a, b) => Number(a.isStar) - Number(b.isStar));
}

/** What the ranking's model makes of the parameter, all else equal. @param {Panel} panel @param {Plane} plane */
function trend({ picture: { importance } }, plane) {
  const row = plane.y.axis.is_metric ? importance?.rows.find(({ name }) => name === plane.x.axis.name) : undefined;
  if (!row || row.dependence.length < 2) return [];
  const places = row.dependence.map(([place, value]) => [xAt(plane, position(plane.x.axis, place)), yAt(plane, position(plane.y.axis, value))]);
  if (plane.x.axis.kind === "category")
    return places.map(([x, y]) => h("svg:line", { class: "trend", x1: x - 14, x2: x + 14, y1: y, y2: y }));
  return [h("svg:path", { class: "trend", d: places.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") },
    h("svg:title", {}, "As the importance's model has it, all else equal"))];
}

/** @param {Panel} panel @param {PlanePoint} point @param {[PlaneAxis, PlaneAxis]|null} axes */
function describe({ picture: { metric } }, { row, isStar }, axes) {
  const values = (axes ?? []).map(({ axis, i }) => `${axis.name} ${axis.is_metric && metric ? row.metric_text : textAt(axis, position(axis, row.places[i]))}`);
  return [`${isStar ? "★ " : ""}run ${row.number}`, ...values, row.beyond && `beyond a limit: ${row.beyond}`].filter(Boolean).join(" · ");
}
