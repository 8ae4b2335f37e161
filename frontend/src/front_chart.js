// The front: two objectives against each other.
import { h } from "./dom.js";
import { objectiveAxes } from "./model.js";
import { frontAxes } from "./front_plane.js";
import { xOf, xAt, yOf, yAt } from "./plane.js";
import { planeChart } from "./plane_chart.js";
import { number } from "./wording.js";

/** @import { Panel } from "./types.js" */
/** @import { Plane, PlaneAxis } from "./plane.js" */
/** @import { PlanePoint } from "./plane_chart.js" */

const HEIGHT = 372; // pixels

/** @param {Panel} panel */
export const frontChart = (panel) => planeChart(panel, {
  name: "front", what: "Front", height: HEIGHT,
  label: "The runs by two objectives; the table below holds those on the front",
  none: "No run has ended with a value of each objective yet",
  axes: () => frontAxes(panel),
  points: (plane) => pointsOf(panel, plane),
  marks: (plane, points) => stepsOf(panel, points, plane),
  describe: (point) => describe(panel, point),
  star: ({ colours }) => colours.front,
});

/** @param {Panel} panel @param {PlanePoint} point */
function describe(panel, { row, isStar }) {
  const values = objectiveAxes(panel.picture).map(({ metric, axis, i }) =>
    `${metric.name} ${axis.is_metric ? row.metric_text : number(row.places[i] ?? NaN, 4)}`);
  const place = isStar ? "on the front" : row.beyond ? `beyond a limit: ${row.beyond}` : "another run is as good in all and better in one";
  return [`run ${row.number}`, ...values, place].join(" · ");
}

/** The runs that count and have both objectives, those of the front last. @param {Panel} panel @param {Plane} plane @returns {PlanePoint[]} */
function pointsOf(panel, plane) {
  const { rows, axes, front } = panel.picture;
  const onFront = new Set(front);
  const points = [];
  for (const row of rows) {
    if (!row.counts || row.metric === null) continue;
    const at = panel.positions(row, axes);
    const [x, y] = [at[plane.x.i], at[plane.y.i]];
    if (x < 0 || y < 0) continue;
    points.push({ id: row.id, row, x: xAt(plane, x), y: yAt(plane, y), isStar: onFront.has(row.id) });
  }
  return points.sort((a, b) => Number(a.isStar) - Number(b.isStar));
}

/** With two objectives the steps between the front and what it dominates. @param {Panel} panel @param {PlanePoint[]} points @param {Plane} plane @returns {SVGElement[]} */
function stepsOf(panel, points, plane) {
  const front = points.filter(({ isStar }) => isStar);
  const objectives = objectiveAxes(panel.picture);
  if (objectives.length !== 2 || !front.length) return [];
  /** @param {PlaneAxis} axis */
  const isMaximized = ({ i }) => objectives.some((other) => other.i === i && other.metric.goal === "maximize");
  const isMax = isMaximized(plane.x);
  front.sort((a, b) => (isMax ? b.x - a.x : a.x - b.x));
  const [xEnd, yEnd] = [xOf(plane, isMax ? 0 : 1), yOf(plane, isMaximized(plane.y) ? 0 : 1)];
  const d = front.map(({ x, y }) => `H${x.toFixed(1)}V${y.toFixed(1)}`).join("");
  return [h("svg:path", { class: "steps", d: `M${front[0].x.toFixed(1)} ${yEnd.toFixed(1)}${d}H${xEnd.toFixed(1)}` })];
}
