// The runs as lines through their positions on the axes.
import { colouring } from "./colour.js";
import { climb } from "./line_shape.js";
import { isCounted, metricAxis } from "./model.js";
import { strongRuns } from "./strong.js";

/** @import { DrawnAxis, Panel, Row } from "./types.js" */
/** @import { LineShape } from "./line_shape.js" */

const DRAGGED_LINES = { curved: 400, straight: 700 }; // of a colour, drawn while a brush is dragged
const BATCH = 24; // lines in one stroke: long paths cost more than their parts
const NEAR = 9; // pixels within which the pointer means a line
const WEAK = 0.55; // of their usual opacity, for lines beside strong ones

/**
 * @param {Panel} panel @param {LineShape} shape @param {CanvasRenderingContext2D} ctx @param {DrawnAxis[]} drawn
 * @param {boolean} isDragged  a part of the lines must do then
 */
export function drawLines(panel, shape, ctx, drawn, isDragged) {
  const { colours, picture: { rows } } = panel;
  const { key, colours: ramp } = colouring(panel);
  const groups = grouped(panel, key);
  const isCurved = shape.isCurved();
  const fewer = DRAGGED_LINES[isCurved ? "curved" : "straight"];
  /** @param {string|number} name @param {string} colour @param {number} alpha @param {number} thickness */
  const stroke = (name, colour, alpha, thickness) => {
    const group = groups.get(name) ?? [];
    const most = name === "out" ? fewer : Math.max(20, (fewer * group.length) / rows.length);
    const lines = isDragged ? thinned(group, most) : group;
    ctx.strokeStyle = colour;
    ctx.globalAlpha = alpha;
    ctx.lineWidth = thickness;
    for (let from = 0; from < lines.length; from += BATCH) {
      ctx.beginPath();
      for (const row of lines.slice(from, from + BATCH)) shape.trace(ctx, row, drawn, isCurved);
      ctx.stroke();
    }
  };
  const out = groups.get("out")?.length ?? 0;
  const inside = rows.length - out;
  const usual = inside > 2000 ? 0.25 : inside > 300 ? 0.5 : inside > 60 ? 0.75 : 0.9;
  const hasStrong = !panel.selected && strongRuns(panel.picture).size > 0;
  const alpha = hasStrong ? usual * WEAK : usual;
  stroke("out", colours.faint, out > 500 ? 0.12 : 0.28, 1);
  ctx.setLineDash([3, 3]);
  stroke("uncounted", colours.bad, 0.55, 1);
  ctx.setLineDash([]);
  stroke("plain", colours.line, alpha, 1.2);
  ramp.forEach((colour, k) => stroke(k, colour, Math.min(1, alpha + (k / ramp.length) * 0.25), 1.3));
  stroke("strong plain", colours.line, 0.95, 2.4);
  ramp.forEach((colour, k) => stroke(`strong ${k}`, colour, 0.95, 2.4));
  stroke("front", colours.front, 0.95, 2.4);
  stroke("active", colours.active, 0.9, 1.6);
  ctx.globalAlpha = 1;
}

/** The rows by how they are drawn; the number is that of a colour. @param {Panel} panel @param {(row: Row) => number|null} key */
function grouped(panel, key) {
  const { rows, axes } = panel.picture;
  const hasMetric = !!metricAxis(axes);
  const front = new Set(panel.view.colour ? [] : panel.picture.front);
  const strong = panel.selected ? null : strongRuns(panel.picture);
  /** @param {Row} row @returns {string|number} */
  const nameOf = (row) => {
    if (panel.isOut(row.id)) return "out";
    if (row.active) return "active";
    if (hasMetric && !isCounted(row)) return "uncounted";
    if (front.has(row.id)) return "front";
    const name = key(row) ?? "plain";
    return strong?.has(row.id) ? `strong ${name}` : name;
  };
  /** @type {Map<string|number, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const name = nameOf(row);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}

/** At most so many, evenly spaced. @param {Row[]} rows @param {number} most */
function thinned(rows, most) {
  const stride = Math.ceil(rows.length / most);
  return stride > 1 ? rows.filter((_, i) => i % stride === 0) : rows;
}

/** The line under the pointer. @param {Panel} panel @param {LineShape} shape @param {CanvasRenderingContext2D} ctx @param {DrawnAxis[]} drawn @param {Row} row */
export function traceLine(panel, shape, ctx, drawn, row) {
  if (!drawn.length) return;
  ctx.beginPath();
  shape.trace(ctx, row, drawn, shape.isCurved());
  ctx.lineWidth = 5;
  ctx.strokeStyle = panel.colours.halo;
  ctx.stroke();
  ctx.lineWidth = 2.4;
  ctx.strokeStyle = panel.colours.hover;
  ctx.stroke();
}

/**
 * The run whose line is nearest to a point, or null.
 * @param {Panel} panel @param {LineShape} shape
 * @param {DrawnAxis[]} drawn  two or more
 * @param {number} x @param {number} y
 */
export function lineAt(panel, shape, drawn, x, y) {
  const after = drawn.findIndex((other) => other.x > x);
  const k = Math.max(1, after < 0 ? drawn.length - 1 : after);
  const [left, right] = [drawn[k - 1], drawn[k]];
  const gap = right.x - left.x;
  const { risen, slope } = climb(Math.min(1, Math.max(0, (x - left.x) / gap)), shape.isCurved());
  /** @type {string|null} */
  let id = null;
  let least = NEAR;
  for (const row of panel.picture.rows) {
    if (panel.isOut(row.id)) continue;
    const at = shape.ys(row);
    const rise = at[right.i] - at[left.i];
    // Across the line, since a steep one may be far below and still near.
    const distance = Math.abs(at[left.i] + risen * rise - y) / Math.hypot(1, (slope * rise) / gap);
    if (distance < least) [id, least] = [row.id, distance];
  }
  return id;
}
