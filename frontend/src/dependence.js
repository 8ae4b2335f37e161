// How the metric depends on one parameter, all else equal: a curve, or a step for each category.
import { h } from "./dom.js";
import { linear, log } from "./scale.js";
import { digitsIn, number, shorten } from "./wording.js";

/** @import { Axis, ImportanceRow, Scale } from "./types.js" */
/** @typedef {ImportanceRow["dependence"]} Points */

const WIDTH = 264;
const HEIGHT = 96;
const [LEFT, RIGHT] = [44, WIDTH - 8];
const [TOP, BOTTOM] = [8, HEIGHT - 18];

/**
 * @param {ImportanceRow} row  with two points or more
 * @param {Axis} axis  of the parameter
 * @param {string} metric
 */
export function dependence({ name, dependence: points }, axis, metric) {
  const isCategory = axis.kind === "category";
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = high > low ? 0 : Math.abs(low) * 0.1 || 1;
  const digits = digitsIn(low, high);
  const left = Math.max(LEFT, 8 + 6.5 * Math.max(number(low, digits).length, number(high, digits).length));
  const x = xScale(points, axis, left);
  const y = linear([low - room, high + room], [BOTTOM, TOP]);
  const at = points.map(([place, value], k) => [x(isCategory ? k : place), y(value)]);
  const placeDigits = digitsIn(points[0][0], points[points.length - 1][0], 2);
  const categories = shorten(axis.categories, 12);
  const labels = points.map(([place]) => (isCategory ? categories[place] ?? "" : number(place, placeDigits)));
  const labelled = isCategory && points.length <= 4 ? [...points.keys()] : [0, points.length - 1];
  const inWords = values.map((value, k) => `${labels[k]}: ${number(value, digits)}`).join(", ");
  return [
    h("div", { class: "muted small" }, `${metric} by ${name}, all else equal`),
    h("svg:svg", {
      width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${metric} by ${name}. ${inWords}`,
    },
      h("svg:line", { class: "base", x1: left, x2: RIGHT, y1: BOTTOM, y2: BOTTOM }),
      [low, ...(high > low ? [high] : [])].map((value) =>
        h("svg:text", { x: left - 5, y: y(value), dy: "0.32em", "text-anchor": "end" }, number(value, digits))),
      labelled.map((k) => h("svg:text", {
        x: at[k][0], y: HEIGHT - 4, "text-anchor": isCategory ? "middle" : k ? "end" : "start" }, labels[k])),
      isCategory
        ? at.map(([px, py]) => h("svg:line", { class: "step", x1: px - 12, x2: px + 12, y1: py, y2: py }))
        : h("svg:path", { class: "step", d: at.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("") })),
  ];
}

/** @param {Points} points @param {Axis} axis @param {number} left @returns {Scale} */
function xScale(points, axis, left) {
  /** @type {[number, number]} */
  const range = [left, RIGHT];
  if (axis.kind === "category") return linear([-0.5, points.length - 0.5], range);
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  return axis.kind === "log" && from > 0 ? log([from, to], range) : linear([from, to], range);
}
