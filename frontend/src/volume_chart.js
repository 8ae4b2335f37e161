// The hypervolume of the front, run by run.
import { circle } from "./chart_marks.js";
import { isCounted } from "./model.js";
import { number } from "./wording.js";

/** @import { DataPoint, Panel, Scale, Scene } from "./types.js" */

/** @param {Panel} panel @returns {Scene|string} */
export function volumeScene(panel) {
  const { hypervolume, rows } = panel.picture;
  const steps = hypervolume?.steps ?? [];
  if (!steps.length) return "No run has ended with a value of each objective yet";
  const last = Math.max(rows[rows.length - 1].number, 2);
  const ids = new Map(rows.filter(isCounted).map((row) => [row.number, row.id]));
  const points = steps.map(([run, volume]) => ({ id: ids.get(run) ?? "", x: run, y: volume }));
  return {
    across: { label: "run", low: 1, high: last, isCounting: true }, upwards: { low: 0, high: steps[steps.length - 1][1], isLog: false }, points,
    text: ({ x, y }) => `run ${x} · hypervolume ${number(y, 6)}`,
    paint: (ctx, x, y) => paintVolume(panel, ctx, points, x, y, last),
    highlight(ctx, _x, _y, _id, place) {
      if (place) circle(ctx, place, 6, panel.colours.hover);
    },
  };
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {DataPoint[]} points @param {Scale} x @param {Scale} y @param {number} last */
function paintVolume(panel, ctx, points, x, y, last) {
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = panel.colours.line;
  ctx.beginPath();
  ctx.moveTo(x(points[0].x), y(0));
  points.forEach((point, i) => {
    if (i) ctx.lineTo(x(point.x), y(points[i - 1].y));
    ctx.lineTo(x(point.x), y(point.y));
  });
  ctx.lineTo(x(last), y(points[points.length - 1].y));
  ctx.stroke();
  ctx.fillStyle = panel.colours.front;
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.beginPath();
    ctx.arc(x(point.x), y(point.y), 3.2, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}
