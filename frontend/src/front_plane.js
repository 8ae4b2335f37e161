// Where things lie on the chart of the front, in pixels, and which two objectives span it.
import { objectiveAxes } from "./model.js";

/** @import { ObjectiveAxis, Panel } from "./types.js" */
/** @typedef {{x: ObjectiveAxis, y: ObjectiveAxis, left: number, right: number, top: number, base: number}} Plane */

export const FRONT_HEIGHT = 372;
export const LETTER = 6.5;
const MARGIN = { top: 24, right: 12, bottom: 38 };
const PAD = 7; // between the ends of an axis and the plane's edge

/** The objectives of the horizontal and of the vertical axis; null without two. @param {Panel} panel @returns {[ObjectiveAxis, ObjectiveAxis]|null} */
export function drawnPair({ picture, view }) {
  const listed = objectiveAxes(picture);
  if (listed.length < 2) return null;
  const [x, y] = view.front.map((name) => listed.find(({ axis }) => axis.name === name));
  const across = x ?? listed.find((other) => other !== y) ?? listed[0];
  return [across, y && y !== across ? y : listed.find((other) => other !== across) ?? listed[1]];
}

/** @param {[ObjectiveAxis, ObjectiveAxis]} pair @param {number} width @returns {Plane} */
export function planeOf([x, y], width) {
  const letters = Math.max(3, ...y.axis.ticks.map(([, label]) => label.length));
  return { x, y, left: 10 + LETTER * letters, right: width - MARGIN.right, top: MARGIN.top, base: FRONT_HEIGHT - MARGIN.bottom };
}

/** @param {Plane} plane @param {number} at  a position of the axis */
export const xOf = ({ left, right }, at) => left + PAD + at * (right - left - 2 * PAD);

/** @param {Plane} plane @param {number} at  a position of the axis */
export const yOf = ({ top, base }, at) => base - PAD - at * (base - top - 2 * PAD);
