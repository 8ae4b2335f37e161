// Which two objectives span the chart of the front.
import { objectiveAxes, position } from "./model.js";
import { planeAxis } from "./plane.js";
import { number } from "./wording.js";

/** @import { Axis, ObjectiveAxis, Panel, SweepMetric } from "./types.js" */
/** @import { PlaneAxis } from "./plane.js" */

/** The objectives of the horizontal and of the vertical axis; null without two. @param {Panel} panel @returns {[ObjectiveAxis, ObjectiveAxis]|null} */
export function drawnPair({ picture, view }) {
  const listed = objectiveAxes(picture);
  if (listed.length < 2) return null;
  const [x, y] = view.front.map((name) => listed.find(({ axis }) => axis.name === name));
  const across = x ?? listed.find((other) => other !== y) ?? listed[0];
  return [across, y && y !== across ? y : listed.find((other) => other !== across) ?? listed[1]];
}

/** @param {Panel} panel @returns {[PlaneAxis, PlaneAxis]|null} */
export function frontAxes(panel) {
  const pair = drawnPair(panel);
  if (!pair) return null;
  const [x, y] = pair.map((entry, k) => planeAxis(panel, entry, !k, wordsOf(entry.axis, entry.metric)));
  return [x, y];
}

/** What is said of an axis of a metric: its good end, and its limits as far as they lie on it. @param {Axis} axis @param {SweepMetric} metric */
export const wordsOf = (axis, metric) => ({
  title: `${metric.name} ${metric.goal === "maximize" ? "↑" : "↓"}`,
  limits: /** @type {PlaneAxis["limits"]} */ ([["at least", metric.at_least], ["at most", metric.at_most]].flatMap(([word, end]) =>
    (typeof end === "number" && end >= axis.low && end <= axis.high ? [[position(axis, end), `${word} ${number(end)}`]] : []))),
});
