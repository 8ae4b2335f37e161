// How a run's line runs: through its places on the axes, level at each of them, with a little
// jitter where runs would lie on each other.
import { isOtherScale } from "./axes.js";
import { position } from "./model.js";
import { LENGTH } from "./parallel_layout.js";

/** @import { Axis, DrawnAxis, Panel, Row, View } from "./types.js" */
/** @import { Layout } from "./parallel_layout.js" */
/** @typedef {ReturnType<typeof lineShape>} LineShape */

const MOST_CURVES = 2000; // lines; more are drawn straight, which is faster
const MOST_JITTER = 5; // pixels to either side
const JITTER = 0.2; // of the distance of two values, at most
const LEAST_JITTER = 0.75; // pixels; less is not seen
const MISSING_JITTER = 4; // pixels

/** @param {Panel} panel @param {Layout} layout */
export function lineShape(panel, layout) {
  /** @type {{axes: Axis[]|null, view: View|null, rows: WeakMap<Row, Float32Array>, jitter: number[]}} */
  let known = { axes: null, view: null, rows: new WeakMap(), jitter: [] };

  /** Where a run's line crosses each axis of the picture, in pixels. @param {Row} row */
  function ys(row) {
    const { view, picture: { axes } } = panel;
    if (known.axes !== axes || known.view !== view)
      known = { axes, view, rows: new WeakMap(), jitter: axes.map((axis) => jitterOf(axis, view)) };
    let found = known.rows.get(row);
    if (!found) {
      const positions = panel.positions(row, axes);
      const seed = hash(row.id);
      found = Float32Array.from(axes, (axis, i) =>
        layout.y(axis, positions[i]) + share(seed, i) * (positions[i] < 0 ? MISSING_JITTER : known.jitter[i]));
      known.rows.set(row, found);
    }
    return found;
  }

  const isCurved = () => panel.picture.rows.length <= MOST_CURVES;

  /** Adds a run's line to a path. @param {CanvasRenderingContext2D} ctx @param {Row} row @param {DrawnAxis[]} drawn @param {boolean} curved */
  function trace(ctx, row, drawn, curved) {
    const at = ys(row);
    let [x, y] = [drawn[0].x, at[drawn[0].i]];
    ctx.moveTo(x, y);
    for (let k = 1; k < drawn.length; k++) {
      const [nextX, nextY] = [drawn[k].x, at[drawn[k].i]];
      const middle = (x + nextX) / 2;
      if (curved) ctx.bezierCurveTo(middle, y, middle, nextY, nextX, nextY);
      else ctx.lineTo(nextX, nextY);
      [x, y] = [nextX, nextY];
    }
  }

  return { ys, isCurved, trace };
}

/**
 * How much of the way up a line has gone, and how steeply it rises, at a share of the way between
 * two axes.
 * @param {number} t  0 to 1 @param {boolean} isCurved
 */
export function climb(t, isCurved) {
  if (!isCurved) return { risen: t, slope: 1 };
  // The curve's parameter s at which x = 1.5 s (1 - s) + s³ is t; x never falls.
  let [low, high] = [0, 1];
  for (let k = 0; k < 20; k++) {
    const s = (low + high) / 2;
    if (1.5 * s * (1 - s) + s ** 3 < t) low = s;
    else high = s;
  }
  const s = (low + high) / 2;
  return { risen: s * s * (3 - 2 * s), slope: (6 * s * (1 - s)) / (1.5 - 3 * s + 3 * s * s) };
}

/** How far runs may lie beside a value, in pixels: by what the axis can hold, not by the runs. @param {Axis} axis @param {View} view */
function jitterOf(axis, view) {
  if (isOtherScale(axis, view)) return 0;
  const all = axis.kind === "category" ? axis.categories.map((_, place) => place) : axis.marks;
  const at = all.map((place) => position(axis, place)).sort((a, b) => a - b);
  const least = Math.min(...at.slice(1).map((place, k) => place - at[k]));
  const jitter = Math.min(MOST_JITTER, JITTER * least * LENGTH);
  return all.length && jitter >= LEAST_JITTER ? jitter : 0;
}

/** FNV-1a. @param {string} text */
function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** From -1 to 1, for each run and axis another, always the same. @param {number} seed @param {number} i */
function share(seed, i) {
  let h = seed ^ Math.imul(i + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 0x7fffffff - 1;
}

/** Jitter of a run on the i-th axis: from -1 to 1, always the same. @param {string} id @param {number} i */
export const jitterAt = (id, i) => share(hash(id), i);
