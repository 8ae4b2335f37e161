// The metric run by run, and the best so far as a line.
import { drawAxes, empty, inside, isBeyond, yScale } from "./chart.js";
import { colouring } from "./colour.js";
import { bestSoFar, metricAxis } from "./model.js";

/** @import { CountedRow, Panel, Point, Scale } from "./types.js" */
/** @typedef {ReturnType<typeof bestSoFar>} Best */
/** @typedef {Point & {row: CountedRow}} RunPoint */

const MANY = 600; // points, from which on they are squares: faster to draw

/** @type {import("./chart.js").Paint<RunPoint>} */
export function paintBest(panel, ctx, axes, width) {
  const { metric, rows } = panel.picture;
  const best = metric ? bestSoFar(rows, metric.goal) : [];
  if (!best.length) return empty(axes, width, "No run has ended with a value yet");
  const last = rows[rows.length - 1].number;
  const y = metricScale(panel, best);
  const x = drawAxes(axes, [1, Math.max(last, 2)], y, width, "run", best.filter(({ row }) => isBeyond(y, row.metric)).length);
  const points = best.map(({ row }) => ({ id: row.id, row, x: x(row.number), y: y(inside(y, row.metric)) }));
  if (!ctx) return points;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = panel.colours.line;
  strokeBest(ctx, best, x, y, last);
  drawPoints(panel, ctx, points);
  drawRing(panel, ctx, points);
  return points;
}

/** The metric's own axis, which ends where diverged runs would flatten the others. @param {Panel} panel @param {Best} best */
function metricScale(panel, best) {
  const axis = metricAxis(panel.picture.axes);
  const values = best.map(({ row }) => row.metric); // too many for Math.min(...values)
  const [low, high] = axis && axis.high > axis.low ? [axis.low, axis.high]
    : values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  return yScale(axis?.kind === "log", low, high);
}

/** @param {CanvasRenderingContext2D} ctx @param {Best} points @param {Scale} x @param {Scale} y @param {number} last */
function strokeBest(ctx, points, x, y, last) {
  ctx.beginPath();
  /** @type {number|null} */
  let level = null;
  for (const { row, best, isRecord } of points) {
    if (!isRecord || best === null) continue;
    if (level !== null) ctx.lineTo(x(row.number), level);
    const next = y(inside(y, best));
    ctx[level === null ? "moveTo" : "lineTo"](x(row.number), next);
    level = next;
  }
  if (level === null) return;
  ctx.lineTo(x(last), level);
  ctx.stroke();
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {RunPoint[]} points */
function drawPoints(panel, ctx, points) {
  const { key, colours } = colouring(panel);
  ctx.lineWidth = 0.5;
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.fillStyle = colours[key(point.row) ?? -1] ?? panel.colours.faint;
    if (points.length > MANY) {
      ctx.fillRect(point.x - 1.5, point.y - 1.5, 3, 3);
      continue;
    }
    circle(ctx, point, 3.2);
    if (!point.row.beyond) ctx.fill();
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {Point[]} points */
function drawRing(panel, ctx, points) {
  const point = points.find(({ id }) => id === panel.hovered);
  if (!point) return;
  circle(ctx, point, 6);
  ctx.lineWidth = 2;
  ctx.strokeStyle = panel.colours.hover;
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {Point} point @param {number} radius */
function circle(ctx, { x, y }, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}
