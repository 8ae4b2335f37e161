// The hypervolume of the front, run by run.
import { drawAxes, empty, yScale } from "./chart.js";
import { isCounted } from "./model.js";

/** @import { Point } from "./types.js" */

/** @type {import("./chart.js").Paint<Point>} */
export function paintVolume(panel, ctx, axes, width) {
  const { hypervolume, rows } = panel.picture;
  const steps = hypervolume?.steps ?? [];
  if (!steps.length) return empty(axes, width, "No run has ended with a value of each objective yet");
  const last = rows[rows.length - 1].number;
  const y = yScale(false, 0, steps[steps.length - 1][1]);
  const x = drawAxes(axes, [1, Math.max(last, 2)], y, width, "run", 0);
  const ids = new Map(rows.filter(isCounted).map((row) => [row.number, row.id]));
  const points = steps.map(([number, volume]) => ({ id: ids.get(number) ?? "", x: x(number), y: y(volume) }));
  if (!ctx) return points;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = panel.colours.line;
  ctx.beginPath();
  ctx.moveTo(points[0].x, y(0));
  points.forEach((point, i) => {
    if (i) ctx.lineTo(point.x, points[i - 1].y);
    ctx.lineTo(point.x, point.y);
  });
  ctx.lineTo(x(last), points[points.length - 1].y);
  ctx.stroke();
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.fillStyle = point.id === panel.hovered ? panel.colours.hover : panel.colours.front;
    ctx.beginPath();
    ctx.arc(point.x, point.y, point.id === panel.hovered ? 5 : 3.2, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  return points;
}
