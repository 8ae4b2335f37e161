// Small marks on charts.
import { h } from "./dom.js";

export const MANY = 600; // points, from which on they are squares: faster to draw

/** A ring. @param {CanvasRenderingContext2D} ctx @param {{x: number, y: number}} place @param {number} radius @param {string} colour */
export function circle(ctx, { x, y }, radius, colour) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.lineWidth = 2;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

/** Of a run whose metric is no longer a number. @param {number} x @param {number} y @param {boolean} isOut @param {string} title */
export const cross = (x, y, isOut, title) => h("svg:path", {
  d: `M${x - 3.5} ${y - 3.5}l7 7m0 -7l-7 7`, class: isOut ? "lost out" : "lost" }, h("svg:title", {}, title));
