// The learning curves of the runs, each in its run's colour.
import { HEIGHT, MARGIN, drawAxes, empty, inside, xScale, yScale } from "./chart.js";
import { colouring } from "./colour.js";
import { isCounted, metricAxis } from "./model.js";

/** @import { Panel, Point, Row, Scale } from "./types.js" */

export const MOST_CURVES = 400; // more would be a carpet, and slow
const MOST_WITH_POINTS = 200; // curves; of more than these the pointer finds the ends only
const FAR = 0.02; // share of the values, at the poor end, that may lie beyond the axis

/** @type {import("./chart.js").Paint<Point>} */
export function paintCurves(panel, ctx, axes, width) {
  const rows = sample(panel, panel.picture.rows.filter((row) => row.curve.length > 1));
  if (!rows.length) return empty(axes, width, "No curves: each run logs the metric once");
  const x = xScale(Math.min(...rows.map((row) => row.span[0])), Math.max(...rows.map((row) => row.span[1])), width);
  const y = valueScale(panel, rows);
  drawAxes(axes, x, y, width, "step");
  if (ctx) drawCurves(panel, ctx, rows, x, y, width);
  const hasPoints = rows.length <= MOST_WITH_POINTS;
  return rows.flatMap((row) => row.curve.flatMap((value, i) =>
    (hasPoints || i === row.curve.length - 1 ? [{ id: row.id, x: x(stepAt(row, i)), y: y(inside(y, value)) }] : [])));
}

/** The step of a curve's value. @param {Row} row @param {number} i */
const stepAt = ({ span: [first, last], curve }, i) => first + ((last - first) * i) / (curve.length - 1);

/**
 * The first values of a training are often far away and not what is compared: the axis ends
 * where one value in fifty is beyond.
 * @param {Panel} panel @param {Row[]} rows
 */
function valueScale({ picture }, rows) {
  const values = rows.flatMap((row) => row.curve).sort((a, b) => a - b);
  /** @param {number} share */
  const at = (share) => values[Math.round(share * (values.length - 1))];
  const [low, high] = picture.metric?.goal === "maximize" ? [at(FAR), at(1)] : [at(0), at(1 - FAR)];
  return yScale(metricAxis(picture.axes)?.kind === "log", low, high);
}

/**
 * @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {Row[]} rows
 * @param {Scale} x @param {Scale} y @param {number} width
 */
function drawCurves(panel, ctx, rows, x, y, width) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(MARGIN.left, 0, width - MARGIN.left, HEIGHT - MARGIN.bottom + 1);
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
  const alpha = rows.length > 60 ? 0.45 : 0.75;
  for (const row of rows) if (panel.isOut(row.id)) stroke(row, colours.faint, 0.35, 1);
  for (const row of rows) {
    if (panel.isOut(row.id)) continue;
    if (row.active) stroke(row, colours.active, 1, 1.8);
    else stroke(row, (isCounted(row) && ramp[key(row) ?? -1]) || colours.faint, alpha, 1.2);
  }
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
