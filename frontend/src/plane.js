// A plane that two axes span, one across and one upwards: where things lie on it, in pixels.
import { drawnAt, drawnTicks, isLog, positionAt } from "./axes.js";

/** @import { Axis, Panel, View } from "./types.js" */
/**
 * An axis of the picture, the i-th; `to` and `from` lead from its positions to where they are drawn and back.
 * @typedef {{axis: Axis, i: number, title: string, limits: [position: number, text: string][], ticks: [drawn: number, label: string][], to(at: number): number, from(drawn: number): number}} PlaneAxis
 */
/** @typedef {{x: PlaneAxis, y: PlaneAxis, left: number, right: number, top: number, base: number}} Plane */

export const LETTER = 6.5; // pixels
const MARGIN = { top: 24, right: 12, bottom: 38 };
const PAD = 7; // between the ends of an axis and the plane's edge

/**
 * An axis as it spans a plane. Flipping is for parallel coordinates; categories run from left to right.
 * @param {Panel} panel @param {{axis: Axis, i: number}} entry @param {boolean} isAcross
 * @param {{title?: string, limits?: PlaneAxis["limits"]}} [words] @returns {PlaneAxis}
 */
export function planeAxis(panel, { axis, i }, isAcross, { title = axis.name, limits = [] } = {}) {
  /** @type {View} */
  const view = { ...panel.view, flipped: isAcross && axis.kind === "category" ? [axis.name] : [] };
  return {
    axis, i, limits, ticks: drawnTicks(axis, view), title: isLog(axis, view) ? `${title} (log)` : title,
    to: (at) => drawnAt(axis, at, view), from: (drawn) => positionAt(axis, drawn, view),
  };
}

/** @param {[x: PlaneAxis, y: PlaneAxis]} axes @param {number} width @param {number} height @returns {Plane} */
export function planeOf([x, y], width, height) {
  const letters = Math.max(3, ...y.ticks.map(([, label]) => label.length));
  return { x, y, left: 10 + LETTER * letters, right: width - MARGIN.right, top: MARGIN.top, base: height - MARGIN.bottom };
}

/** @param {Pick<Plane, "left"|"right">} plane @param {number} drawn  0 at the left end, 1 at the right */
export const xOf = ({ left, right }, drawn) => left + PAD + drawn * (right - left - 2 * PAD);

/** @param {Pick<Plane, "top"|"base">} plane @param {number} drawn  0 at the bottom, 1 at the top */
export const yOf = ({ top, base }, drawn) => base - PAD - drawn * (base - top - 2 * PAD);

/** Where a position of the axis across lies. @param {Plane} plane @param {number} at */
export const xAt = (plane, at) => xOf(plane, plane.x.to(at));

/** Where a position of the axis upwards lies. @param {Plane} plane @param {number} at */
export const yAt = (plane, at) => yOf(plane, plane.y.to(at));
