// The learning curves of the runs, each in its run's colour.
import { HEIGHT, MARGIN, drawAxes, empty, inside, isBeyond, yScale } from "./chart.js";
import { colouring } from "./colour.js";
import { h } from "./dom.js";
import { isCounted, metricAxis } from "./model.js";

/** @import { Panel, Point, Row, Scale } from "./types.js" */

export const MOST_CURVES = 400; // more would be a carpet, and slow
const MOST_WITH_POINTS = 200; // curves; of more than these the pointer finds the ends only
const USUAL = 0.75; // share of the runs whose extremes say what is usual
const REACH = 2; // how many times the usual range a value may be beyond it
const FAR = 0.02; // share of the values, at the poor end, that may lie beyond the axis

/** @type {import("./chart.js").Paint<Point>} */
export function paintCurves(panel, ctx, axes, width) {
  const rows = sample(panel, panel.picture.rows.filter((row) => row.curve.length > 1));
  if (!rows.length) return empty(axes, width, "No curves: each run logs the metric once");
  const y = valueScale(panel, rows);
  const x = drawAxes(axes, [Math.min(...rows.map((row) => row.span[0])), Math.max(...rows.map(lastStep))],
    y, width, "step", rows.filter((row) => row.curve.some((value) => isBeyond(y, value))).length);
  if (ctx) drawCurves(panel, ctx, rows, x, y, width);
  axes.append(...rows.flatMap((row) => marks(panel, row, x, y)));
  const hasPoints = rows.length <= MOST_WITH_POINTS;
  return rows.flatMap((row) => row.curve.flatMap((value, i) =>
    (hasPoints || i === row.curve.length - 1 ? [{ id: row.id, x: x(stepAt(row, i)), y: y(inside(y, value)) }] : [])));
}

/** A ring where the run went on after an end. @param {Panel} panel @param {Row} row @param {Scale} x @param {Scale} y */
const marks = (panel, row, x, y) => row.continued.map(([place, text]) => {
  const i = place * (row.curve.length - 1);
  /** @param {number} k */
  const yAt = (k) => y(inside(y, row.curve[k]));
  return h("svg:circle", { cx: x(stepAt(row, i)), cy: yAt(Math.floor(i)) + (i % 1) * (yAt(Math.ceil(i)) - yAt(Math.floor(i))), r: 3.2,
    class: panel.isOut(row.id) ? "went-on out" : "went-on" }, h("svg:title", {}, `run ${row.number} ${text}`));
});

/** The step of a curve's value, or of a place between two. @param {Row} row @param {number} i */
export function stepAt({ span, curve }, i) {
  const place = span.length === curve.length ? i : i / (curve.length - 1); // of all steps, or from the first to the last
  const k = Math.min(Math.floor(place), span.length - 2);
  return span[k] + (span[k + 1] - span[k]) * (place - k);
}

/** @param {Row} row */
export const lastStep = ({ span }) => span[span.length - 1];

/** @param {Panel} panel @param {Row[]} rows */
function valueScale({ picture: { metric, axes, best } }, rows) {
  const isLog = metricAxis(axes)?.kind === "log";
  return yScale(isLog, ...shownRange(rows.map(({ curve }) => curve), metric?.goal === "maximize", isLog, best?.value));
}

/**
 * The values that the axis holds. The first ones of a training are often far away and not what
 * is compared, so one value in fifty may be beyond; and so may a diverged run, which would
 * flatten all others.
 * @param {number[][]} curves @param {boolean} isMax @param {boolean} isLog
 * @param {number} [best]  which is shown in any case
 * @returns {[low: number, high: number]}
 */
export function shownRange(curves, isMax, isLog, best) {
  const values = curves.flat().sort(rising);
  /** @param {number} share */
  const at = (share) => values[Math.round(share * (values.length - 1))];
  const [low, high] = isMax ? [at(FAR), at(1)] : [at(0), at(1 - FAR)];
  const place = isLog && values[0] > 0 ? Math.log : Number;
  const usual = Math.floor(USUAL * (curves.length - 1));
  const ends = [
    curves.map((curve) => Math.max(...curve)).sort(rising)[usual],
    curves.map((curve) => Math.min(...curve)).sort(rising)[curves.length - 1 - usual]].sort(rising).map(place);
  const reach = REACH * (ends[1] - ends[0]);
  const near = values.filter((value) => place(value) >= ends[0] - reach && place(value) <= ends[1] + reach);
  const from = Math.min(best ?? near[0], near[0]);
  const to = Math.max(best ?? near[0], near[near.length - 1]);
  // Cutting pays when it at least doubles the room of what stays.
  const isCut = reach > 0 && place(high) - place(low) > 2 * (place(to) - place(from));
  return isCut ? [Math.max(low, from), Math.min(high, to)] : [low, high];
}

/** @param {number} a @param {number} b */
const rising = (a, b) => a - b;

/**
 * @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {Row[]} rows
 * @param {Scale} x @param {Scale} y @param {number} width
 */
function drawCurves(panel, ctx, rows, x, y, width) {
  ctx.save();
  ctx.beginPath();
  const left = x(x.domain[0]) - 4;
  ctx.rect(left, 0, width - left, HEIGHT - MARGIN.bottom + 1);
  ctx.clip();
  /** @param {Row} row @param {string} colour @param {number} alpha @param {number} thickness */
  const stroke = (row, colour, alpha, thickness) => {
    ctx.beginPath();
    row.curve.forEach((value, i) => ctx[i ? "lineTo" : "moveTo"](x(stepAt(row, i)), y(value)));
    ctx.strokeStyle = colour;
    ctx.globalAlpha = alpha;
    ctx.lineWidth = thickness;
    ctx.stroke();
  };
  const { colours } = panel;
  const { key, colours: ramp } = colouring(panel);
  const bestId = panel.picture.best?.id;
  const alpha = rows.length > 60 ? 0.45 : 0.75;
  for (const row of rows) if (panel.isOut(row.id)) stroke(row, colours.faint, 0.35, 1);
  for (const row of rows) {
    if (panel.isOut(row.id)) continue;
    if (row.active) stroke(row, colours.active, 1, 1.8);
    else if (row.id !== bestId) stroke(row, (isCounted(row) && ramp[key(row) ?? -1]) || colours.faint, alpha, 1.2);
  }
  const best = rows.find((row) => row.id === bestId && !row.active && !panel.isOut(row.id));
  if (best) stroke(best, ramp[key(best) ?? -1] || colours.faint, 1, 2.6);
  const hovered = rows.find((row) => row.id === panel.hovered);
  if (hovered) stroke(hovered, colours.hover, 1, 2.4);
  ctx.restore();
  ctx.globalAlpha = 1;
}

/** At most MOST_CURVES rows: those under way, the selected ones, then evenly spaced. @param {Panel} panel @param {Row[]} rows */
function sample(panel, rows) {
  if (rows.length <= MOST_CURVES) return rows;
  const first = rows.filter((row) => row.active || (panel.selected && !panel.isOut(row.id)) || row.id === panel.hovered);
  const taken = new Set(first);
  const others = first.length < MOST_CURVES ? rows.filter((row) => !taken.has(row)) : [];
  const stride = Math.ceil(others.length / Math.max(1, MOST_CURVES - first.length));
  return [...first.slice(-MOST_CURVES), ...others.filter((_, i) => i % stride === 0)].sort((a, b) => a.number - b.number);
}
