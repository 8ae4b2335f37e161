// A canvas with axes around it, of which the two charts of the metric are made.
import { context, h, pointerIn, setSize } from "./dom.js";
import { linear, log } from "./scale.js";
import { count, digitsIn, number, plural } from "./wording.js";

/** @import { Panel, Part, Point, Scale } from "./types.js" */
/**
 * Draws on the canvas (null where there is none) and around it.
 * @template {Point} P
 * @typedef {(panel: Panel, ctx: CanvasRenderingContext2D|null, axes: SVGElement, width: number) => P[]} Paint
 */

const NEAR = 14; // pixels within which the pointer means a point

const LETTER = 6.5; // pixels

export const HEIGHT = 170;
export const MARGIN = { top: 8, right: 10, bottom: 22, left: 46 };

/**
 * @param {Panel} panel
 * @param {string} label
 * @param {Paint<Point>} paint  its points are those that the pointer can mean
 * @returns {Part & {element: HTMLElement}}
 */
export function chart(panel, label, paint) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  /** @type {Point[]} */
  let points = [];
  const element = h("div", {
    class: "chart", style: `height:${HEIGHT}px`,
    onpointermove: (event) => panel.hover(nearest(points, pointerIn(element, event))?.id ?? null),
    onpointerleave: () => panel.hover(null),
    onclick: () => panel.hovered && panel.open(panel.hovered),
  }, canvas, axes);
  return {
    element,
    draw() {
      const width = element.clientWidth;
      const ctx = context(canvas, width, HEIGHT);
      setSize(axes, width, HEIGHT);
      points = paint(panel, ctx, axes, width);
    },
  };
}

/** @param {Point[]} points @param {{x: number, y: number}} pointer */
function nearest(points, { x, y }) {
  /** @type {Point|null} */
  let best = null;
  let least = NEAR * NEAR;
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

/**
 * A scale from the lowest to the highest value, upwards.
 * @param {boolean} isLog  where that is possible @param {number} low @param {number} high
 */
export function yScale(isLog, low, high) {
  if (isLog && low > 0)
    return log([low, high > low ? high : low * 2], [HEIGHT - MARGIN.bottom - 4, MARGIN.top]);
  // Halved and bounded, since ±1e308 are further apart than any float.
  const room = high > low ? (high / 2 - low / 2) * 0.1 : Math.abs(low) * 0.1 || 1;
  const most = Number.MAX_VALUE;
  return linear([Math.max(-most, low - room), Math.min(most, high + room)], [HEIGHT - MARGIN.bottom, MARGIN.top]);
}

/** A value, or the end of the scale that it is beyond. @param {Scale} scale @param {number} value */
export const inside = ({ domain: [low, high] }, value) => Math.min(high, Math.max(low, value));

/**
 * Draws both axes, with room for the labels of y, and how many runs leave the scale.
 * @param {SVGElement} svg @param {[number, number]} xs  ends of the x axis @param {Scale} y @param {number} width
 * @param {string} label  of the x axis @param {number} beyond  runs
 * @returns {Scale}  from left to right
 */
export function drawAxes(svg, xs, y, width, label, beyond) {
  const base = HEIGHT - MARGIN.bottom;
  let ticks = y.ticks(4);
  while (ticks.length > 7) ticks = ticks.filter((_, i) => i % 2 === 0);
  const digits = digitsIn(y.domain[0], y.domain[1], 4);
  const texts = ticks.map((value) => number(value, digits));
  const left = Math.max(MARGIN.left, 8 + LETTER * Math.max(...texts.map((text) => text.length)));
  const right = width - MARGIN.right;
  const x = linear(xs, [left + 4, right - 4]);
  const steps = new Set(x.ticks(Math.max(2, Math.floor(width / 90))).filter(Number.isInteger));
  svg.replaceChildren(
    ...ticks.flatMap((value, i) => [
      h("svg:line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "grid" }),
      h("svg:text", { x: left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, texts[i])]),
    ...[...steps].map((value) => h("svg:text", { x: x(value), y: base + 15, "text-anchor": "middle" }, count(value))),
    h("svg:text", { x: left - 6, y: base + 15, "text-anchor": "end" }, label),
    h("svg:line", { x1: left, x2: right, y1: base, y2: base, class: "base" }),
    beyond ? h("svg:text", { x: right, y: 10, "text-anchor": "end", class: "tick" }, `${plural(beyond, "run")} beyond the scale`) : "");
  return x;
}

/** Whether a value is beyond the ends of a scale. @param {Scale} scale @param {number} value */
export const isBeyond = (scale, value) => inside(scale, value) !== value;

/** A chart without points. @param {SVGElement} svg @param {number} width @param {string} text @returns {never[]} */
export function empty(svg, width, text) {
  svg.replaceChildren(h("svg:text", { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, text));
  return [];
}
