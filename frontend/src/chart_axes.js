// The axes of a chart: its scales, ticks and labels.
import { h } from "./dom.js";
import { linear, log } from "./scale.js";
import { count, digitsIn, number, plural } from "./wording.js";

/** @import { Scale, Scene, Zoom } from "./types.js" */
/**
 * Where a scene is drawn.
 * @typedef {{x: Scale, y: Scale, left: number, right: number, top: number, base: number, width: number, isWhole: boolean, ticks: [value: number, text: string][], full: {x: [number, number], y: [number, number]}}} Plot
 */

const LETTER = 6.5; // pixels
const MOST_TICKS = 7;
const TICK_ROOM = 90; // pixels between two ticks of the x axis

export const HEIGHT = 170;
const MARGIN = { top: 10, right: 10, bottom: 22, left: 46 };

/**
 * A scale from the lowest to the highest value, upwards.
 * @param {boolean} isLog  where that is possible @param {number} low @param {number} high
 * @param {boolean} [isExact]  without room at both ends
 */
function yScale(isLog, low, high, isExact = false) {
  const ends = [HEIGHT - MARGIN.bottom, MARGIN.top];
  if (isLog && low > 0)
    return log([low, high > low ? high : low * 2], [ends[0] - (isExact ? 0 : 4), ends[1]]);
  // Halved and bounded, since ±1e308 are further apart than any float.
  const room = isExact ? 0 : high > low ? (high / 2 - low / 2) * 0.1 : Math.abs(low) * 0.1 || 1;
  const most = Number.MAX_VALUE;
  return linear([Math.max(-most, low - room), Math.min(most, high + room)], [ends[0], ends[1]]);
}

/** A value, or the end of the scale that it is beyond. @param {Scale} scale @param {number} value */
export const inside = ({ domain: [low, high] }, value) => Math.min(high, Math.max(low, value));

/** Whether a value is beyond the ends of a scale. @param {Scale} scale @param {number} value */
export const isBeyond = (scale, value) => inside(scale, value) !== value;

/** The scales of a scene, with room for the labels of y. @param {Scene} scene @param {Zoom} zoom @param {number} width @returns {Plot} */
export function plotOf({ across, upwards }, zoom, width) {
  const whole = yScale(upwards.isLog, upwards.low, upwards.high);
  const y = zoom.y ? yScale(upwards.isLog, ...zoom.y, true) : whole;
  let values = y.ticks(5);
  while (values.length > MOST_TICKS) values = values.filter((_, i) => i % 2 === 0);
  const digits = digitsIn(y.domain[0], y.domain[1], 4);
  /** @type {[number, string][]} */
  const ticks = values.map((value) => [value, number(value, digits)]);
  const left = Math.max(MARGIN.left, 8 + LETTER * Math.max(0, ...ticks.map(([, text]) => text.length)));
  const right = Math.max(left + 20, width - MARGIN.right);
  const x = linear(zoom.x ?? [across.low, across.high], zoom.x ? [left, right] : [left + 4, right - 4]);
  return { x, y, left, right, top: MARGIN.top, base: HEIGHT - MARGIN.bottom, width, isWhole: !zoom.x && !zoom.y, ticks,
    full: { x: [across.low, across.high], y: whole.domain } };
}

/** Both axes, and how many runs leave the scale. @param {Scene} scene @param {Plot} plot @returns {SVGElement[]} */
export function drawAxes({ across, points }, plot) {
  const { y, left, right, top, base, ticks, isWhole } = plot;
  const beyond = new Set(points.filter((point) => !point.isLost && isBeyond(y, point.y)).map(({ id }) => id)).size;
  return [
    ...ticks.flatMap(([value, text]) => [
      h("svg:line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "grid" }),
      h("svg:text", { x: left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, text)]),
    ...xTicks(across, plot),
    h("svg:text", { x: left - 6, y: base + 15, "text-anchor": "end" }, across.label),
    h("svg:line", { x1: left, x2: right, y1: base, y2: base, class: "base" }),
    ...(beyond && isWhole ? [h("svg:text", { x: right, y: top + 14, "text-anchor": "end", class: "tick" }, `${plural(beyond, "run")} beyond the scale`)] : [])];
}

/** @param {Scene["across"]} across @param {Plot} plot */
function xTicks({ unit = 1, isCounting }, { x, left, right, base, isWhole }) {
  const [low, high] = x.domain.map((value) => value / unit);
  const ticks = linear([low, high], [0, 1]).ticks(Math.max(2, Math.floor((right - left) / TICK_ROOM)));
  const digits = digitsIn(low, high, 4);
  return [...new Set(isWhole && isCounting ? ticks.filter(Number.isInteger) : ticks)].map((value) =>
    h("svg:text", { x: x(value * unit), y: base + 15, "text-anchor": "middle" }, Number.isInteger(value) ? count(value) : number(value, digits)));
}
