// What the panel knows: a picture of the sweep, kept up to date by deltas, and what follows
// from it. Nothing here touches the page.

/**
 * @typedef {Object} Axis
 * @property {string} name
 * @property {"linear"|"log"|"category"} kind
 * @property {number} low
 * @property {number} high
 * @property {[number, string][]} ticks
 * @property {string[]} categories
 * @property {boolean} is_metric
 * @property {boolean} is_extra
 * @property {number} best
 * @property {number} poor
 *
 * @typedef {Object} Row
 * @property {string} id
 * @property {number} number
 * @property {number} attempt
 * @property {string} name
 * @property {string} state
 * @property {boolean} active
 * @property {string[]} texts
 * @property {(number|null)[]} places
 * @property {number|null} metric
 * @property {string} metric_text
 * @property {number[]} curve
 * @property {number[]} span
 * @property {number|null} start_s
 * @property {number|null} duration_s
 * @property {string} note
 * @property {string} worker
 *
 * @typedef {Object<string, any>} Picture  see nbsweep/view/changes.py
 * @typedef {{ranges: Object<string, [number, number][]>, invert: boolean}} Brushes
 *   ranges: axis name to intervals of positions; MISSING is a position like any other
 */

/** Position of runs without a value: in a lane of their own below the axis. */
export const MISSING = -0.12;

/** States whose metric counts; others were cut off. */
const COUNTED = new Set(["finished", "stopped"]);

/** @param {Row} row */
export const isCounted = (row) => COUNTED.has(row.state) && row.metric !== null;

/**
 * The picture that a delta leads to, or null when one is missing in between.
 * @param {Picture} picture
 * @param {Picture} delta
 * @returns {Picture|null}
 */
export function applyDelta(picture, delta) {
  if (!picture || delta.seq !== picture.seq + 1) return null;
  let rows = picture.rows;
  if (delta.rows.length || delta.gone.length) {
    const gone = new Set(delta.gone);
    const byId = new Map();
    for (const row of picture.rows) if (!gone.has(row.id)) byId.set(row.id, row);
    let isSorted = true;
    for (const fields of delta.rows) {
      const old = byId.get(fields.id);
      if (!old) isSorted = false;
      byId.set(fields.id, { ...old, ...fields });
    }
    rows = [...byId.values()];
    if (!isSorted) rows.sort((a, b) => a.number - b.number || a.attempt - b.attempt);
  }
  return { ...picture, ...delta.set, rows, seq: delta.seq };
}

/**
 * Where a place lies on an axis: 0 its lower end, 1 its upper, MISSING without a value.
 * @param {Axis} axis
 * @param {number|null|undefined} place
 */
export function position(axis, place) {
  if (place === null || place === undefined) return MISSING;
  if (axis.kind === "category") return 1 - (place + 0.5) / Math.max(axis.categories.length, 1);
  return clamp(share(axis.kind, axis.low, axis.high, place));
}

/** @param {Row} row @param {Axis} axis @param {number} i */
export const rowPosition = (row, axis, i) => position(axis, axis.is_metric ? row.metric : row.places[i]);

/**
 * The colour of a metric value: 1 for the best, 0 for poor ones and worse.
 * @param {Axis|undefined} axis
 * @param {number} value
 */
export function quality(axis, value) {
  if (!axis || axis.best === axis.poor) return 1;
  const low = Math.min(axis.best, axis.poor);
  const high = Math.max(axis.best, axis.poor);
  const at = share(axis.kind, low, high, Math.min(Math.max(value, low), high));
  return axis.best < axis.poor ? 1 - at : at;
}

/**
 * The natural value at a position, as text.
 * @param {Axis} axis
 * @param {number} at
 */
export function textAt(axis, at) {
  if (at < 0) return "missing";
  if (axis.kind === "category") {
    const n = axis.categories.length;
    return axis.categories[Math.min(n - 1, Math.max(0, Math.round((1 - at) * n - 0.5)))] ?? "";
  }
  return number(valueAt(axis, at), 3);
}

/**
 * The number at a position of an axis of numbers.
 * @param {Axis} axis
 * @param {number} at
 */
export function valueAt(axis, at) {
  if (axis.kind === "log") return Math.exp(Math.log(axis.low) + at * (Math.log(axis.high) - Math.log(axis.low)));
  return axis.low * (1 - at) + axis.high * at; // a difference of ±1e308 is no number
}

/**
 * The stretch of the metric's axis that holds the best share of the counted runs.
 * @param {Row[]} rows
 * @param {Axis} axis  of the metric
 * @param {string} goal
 * @param {number} portion  above 0, up to 1
 * @returns {[number, number]|null} null when no run counts
 */
export function bestRange(rows, axis, goal, portion) {
  const values = rows.filter(isCounted).map((row) => /** @type {number} */ (row.metric));
  if (!values.length) return null;
  values.sort(goal === "maximize" ? (a, b) => b - a : (a, b) => a - b);
  const last = position(axis, values[Math.max(1, Math.ceil(values.length * portion)) - 1]);
  return goal === "maximize" ? [last, 1] : [0, last];
}

/**
 * The best value up to each counted run, in order of the runs.
 * @param {Row[]} rows
 * @param {string} goal
 * @returns {{row: Row, best: number, isRecord: boolean}[]}
 */
export function bestSoFar(rows, goal) {
  const points = [];
  let best = null;
  for (const row of rows) {
    if (!isCounted(row)) continue;
    const value = /** @type {number} */ (row.metric);
    const isRecord = best === null || (goal === "maximize" ? value > best : value < best);
    if (isRecord) best = value;
    points.push({ row, best: /** @type {number} */ (best), isRecord });
  }
  return points;
}

/** @param {Brushes} brushes */
export const hasBrush = (brushes) => Object.values(brushes.ranges).some((list) => list.length > 0);

/**
 * Ids of the rows inside of all brushes (of one of each axis), or of the others.
 * @param {Row[]} rows
 * @param {Axis[]} axes
 * @param {Brushes} brushes
 * @param {(row: Row, axes: Axis[]) => ArrayLike<number>} [positions]  that remembers them
 * @returns {Set<string>|null} null without a brush
 */
export function brushed(rows, axes, brushes, positions = (row) => axes.map((axis, i) => rowPosition(row, axis, i))) {
  const tests = [];
  axes.forEach((axis, i) => {
    const ranges = brushes.ranges[axis.name];
    if (ranges?.length) tests.push({ i, ranges });
  });
  if (!tests.length) return null;
  const inside = new Set();
  for (const row of rows) {
    const places = positions(row, axes);
    const passes = tests.every(({ i, ranges }) =>
      ranges.some(([a, b]) => places[i] >= a - 1e-6 && places[i] <= b + 1e-6));
    if (passes !== brushes.invert) inside.add(row.id);
  }
  return inside;
}

/**
 * Rows that hold every word of the query in their name, state, parameters or note.
 * `name:word` looks into one parameter only.
 * @param {Row[]} rows
 * @param {{name: string}[]} columns
 * @param {string} query
 */
export function filterRows(rows, columns, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const all = [`${row.number}`, row.name, row.state, row.note, row.worker, row.metric_text, ...row.texts]
      .join("\n")
      .toLowerCase();
    return words.every((word) => {
      const [name, wanted] = [word.slice(0, word.lastIndexOf(":")), word.slice(word.lastIndexOf(":") + 1)];
      const i = name ? columns.findIndex((column) => column.name.toLowerCase() === name) : -1;
      return i >= 0 ? row.texts[i].toLowerCase().includes(wanted) : all.includes(word);
    });
  });
}

/**
 * Sorted rows; those without a value come last in both directions.
 * @param {Row[]} rows
 * @param {string} key  "number", "state", "metric", "duration_s" or "param:NAME"
 * @param {number} direction  1 ascending, -1 descending
 * @param {Axis[]} axes
 * @param {{name: string}[]} columns
 */
export function sortRows(rows, key, direction, axes, columns) {
  const name = key.startsWith("param:") ? key.slice(6) : null;
  const i = name === null ? -1 : axes.findIndex((axis) => axis.name === name && !axis.is_metric);
  const j = name === null ? -1 : columns.findIndex((column) => column.name === name);
  /** @param {Row} row */
  const value = (row) => {
    if (name === null) return /** @type {any} */ (row)[key];
    return i >= 0 ? row.places[i] : row.texts[j] || null;
  };
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || later(a, b);
      const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      return order * direction || later(a, b);
    })
    .map(({ row }) => row);
}

const later = (a, b) => b.row.number - a.row.number || b.row.attempt - a.row.attempt;

/** @param {string} kind @param {number} low @param {number} high @param {number} value */
function share(kind, low, high, value) {
  if (kind === "log") {
    if (!(low > 0) || value <= 0) return 0;
    return high > low ? Math.log(value / low) / Math.log(high / low) : 0.5;
  }
  // Halved, since ±1e308 are further apart than any float.
  return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
}

/** @param {number} at */
const clamp = (at) => Math.min(1, Math.max(0, at));

/**
 * A number with a few significant digits, as people write it.
 * @param {number} value
 * @param {number} digits
 */
export function number(value, digits = 4) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}

/**
 * Seconds as people say them.
 * @param {number|null} seconds
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  const two = (n) => String(n).padStart(2, "0");
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  if (total < 48 * 3600) return `${Math.floor(total / 3600)} h ${two(Math.floor((total % 3600) / 60))} min`;
  return `${Math.floor(total / 86400)} d ${Math.floor((total % 86400) / 3600)} h`;
}

/** @param {number} n @param {string} word */
export const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
