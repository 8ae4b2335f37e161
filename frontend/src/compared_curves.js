// The curves of the runs that are compared, each in a colour and with a dash of its own.
import { inside } from "./chart_axes.js";
import { chart } from "./chart.js";
import { CATEGORIES } from "./colour.js";
import { lastStep, ownCurve } from "./curves.js";
import { h } from "./dom.js";
import { shownRange, steadyLog } from "./shown_range.js";
import { runLabel } from "./columns.js";
import { count, digitsIn, number } from "./wording.js";

/** @import { Panel, Row, Scale, Scene, Series } from "./types.js" */

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

/** @param {Panel} panel @param {() => Row[]} runs */
export function comparedCurves(panel, runs) {
  const byData = steadyLog();
  const part = chart(panel, "Curves of the runs that are compared", () => compose(panel, runs(), byData, colour));
  const element = h("div", { class: "compared-curves" }, part.element);
  /** @param {number} k */
  const colour = (k) => CATEGORIES[panel.isDark ? "dark" : "light"][k];
  return { element, colour, dash: (/** @type {number} */ k) => DASHES[k], draw() {
    element.hidden = !panel.picture.metric || !runs().some(({ curve }) => curve.length > 1);
    if (!element.hidden) part.draw();
  } };
}

/** @param {Panel} panel @param {Row[]} rows @param {ReturnType<typeof steadyLog>} byData @param {(k: number) => string} colour @returns {Scene|string} */
function compose({ picture: { metric }, colours }, rows, byData, colour) {
  const curves = rows.map((row, k) => ({ row, k, ...ownCurve(row) })).filter(({ row }) => row.curve.length > 1);
  if (!curves.length || !metric) return "These runs have no curves";
  const all = curves.map(({ row }) => row.curve);
  const isLog = metric.goal === "minimize" && byData(metric.name, all) && all.every((values) => values.every((value) => value > 0));
  const [low, high] = shownRange(all, metric.goal === "maximize", isLog);
  const digits = digitsIn(low, high, 4);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    across: { label: "step", low: Math.min(...curves.map(({ row }) => row.span[0])), high: Math.max(...curves.map(({ row }) => lastStep(row))), isCounting: true },
    upwards: { low, high, isLog },
    isLine: true,
    points: curves.flatMap(({ row, xs, ys }) => Array.from(ys, (y, i) => ({ id: row.id, x: xs[i], y }))),
    text: ({ id, x, y }) => `run ${runLabel(byId.get(id) ?? rows[0])} · step ${count(x)} · ${metric.name} ${number(y, digits)}`,
    paint(ctx, x, y) {
      for (const curve of curves) stroke(ctx, curve, x, y, colour(curve.k), DASHES[curve.k], 2);
    },
    highlight(ctx, x, y, id, place) {
      const curve = curves.find(({ row }) => row.id === id);
      if (!curve) return;
      stroke(ctx, curve, x, y, colour(curve.k), DASHES[curve.k], 3.4);
      if (!place) return;
      ctx.beginPath();
      ctx.arc(place.x, place.y, 3.4, 0, 2 * Math.PI);
      ctx.fillStyle = colours.hover;
      ctx.fill();
    },
  };
}

/** @param {CanvasRenderingContext2D} ctx @param {Series} curve @param {Scale} x @param {Scale} y @param {string} colour @param {number[]} dash @param {number} thickness */
function stroke(ctx, { xs, ys }, x, y, colour, dash, thickness) {
  ctx.beginPath();
  for (let i = 0; i < xs.length; i++) ctx[i ? "lineTo" : "moveTo"](x(xs[i]), y(y.domain[0] > 0 ? inside(y, ys[i]) : ys[i]));
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = thickness;
  ctx.stroke();
  ctx.setLineDash([]);
}
