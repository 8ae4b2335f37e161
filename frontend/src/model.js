// What the panel knows: a picture of the sweep, kept up to date by deltas, and what can be
// derived from it. Nothing here touches the page.

/** @import { Axis, Brushes, CountedRow, Delta, Goal, Interval, ObjectiveAxis, Picture, Positions, Row, ShownAxis } from "./types.js" */
import { digitsIn, number } from "./wording.js";

/** Position of runs without a value: below the axis. */
export const MISSING = -0.12;

/** The name of the axis of the runs' durations, as Python has it. */
export const DURATION = "duration (s)";

/** @param {Row} row */
export const isBroken = (row) => row.state === "failed" || row.state === "crashed";

/** @param {Axis[]} axes */
export const metricAxis = (axes) => axes.find((axis) => axis.is_metric);

/** The axes of the parameters that are searched. @param {Pick<Picture, "axes">} picture */
export const searchedAxes = ({ axes }) => axes.filter((axis) => !axis.is_metric && !axis.is_extra);

/**
 * Names of the searched parameters, the most important first; those without a place in the ranking
 * come after in their own order.
 * @param {Pick<Picture, "axes"|"importance">} picture
 */
export function byImportance({ axes, importance }) {
  const ranks = new Map((importance?.is_ranked ? importance.rows : []).map(({ name }, rank) => [name, rank]));
  const names = searchedAxes({ axes }).map(({ name }) => name);
  return names.sort((a, b) => (ranks.get(a) ?? names.length) - (ranks.get(b) ?? names.length)); // the sort is stable
}

/**
 * The axes of the sweep's objectives, the first one first; [] for a sweep with one metric.
 * @param {Pick<Picture, "axes"|"metrics">} picture
 * @returns {ObjectiveAxis[]}
 */
export function objectiveAxes({ axes, metrics }) {
  const places = [axes.findIndex((axis) => axis.is_metric), ...axes.flatMap((axis, i) => (axis.is_objective ? [i] : []))];
  return metrics.map((metric, k) => ({ metric, i: places[k] ?? -1 })).filter(({ metric, i }) => metric.is_objective && i >= 0)
    .map(({ metric, i }) => ({ metric, i, axis: axes[i] }));
}

/** Whether several objectives make a front. @param {Pick<Picture, "metrics">} picture */
export const hasFront = ({ metrics }) => metrics.filter((metric) => metric.is_objective).length > 1;

/** Whether a run has a star: the best one, or one of the front. @param {Pick<Picture, "best"|"front">} picture @returns {(id: string) => boolean} */
export function starred({ best, front }) {
  const ids = new Set(front);
  return (id) => (ids.size ? ids.has(id) : best?.id === id);
}

/** @param {Row} row @returns {row is CountedRow} */
export const isCounted = (row) => row.counts && row.metric !== null;

/** What the marks on a run's curve say. @param {Row} row */
export const marksText = ({ continued }) => continued.map(([, text]) => text).join("; ");

/**
 * The picture that a delta leads to, or null when one is missing in between.
 * @param {Picture|null} picture
 * @param {Delta} delta
 * @returns {Picture|null}
 */
export function applyDelta(picture, delta) {
  if (!picture || delta.seq !== picture.seq + 1) return null;
  const rows = delta.rows.length || delta.gone.length ? changedRows(picture.rows, delta) : picture.rows;
  return { ...picture, ...delta.set, rows, seq: delta.seq };
}

/** @param {Row[]} rows @param {Delta} delta */
function changedRows(rows, delta) {
  const gone = new Set(delta.gone);
  /** @type {Map<string, Row>} */
  const byId = new Map();
  for (const row of rows) if (!gone.has(row.id)) byId.set(row.id, row);
  let isSorted = true;
  for (const fields of delta.rows) {
    const old = byId.get(fields.id);
    if (!old) isSorted = false;
    byId.set(fields.id, /** @type {Row} */ ({ ...old, ...fields })); // new rows come whole
  }
  const after = [...byId.values()];
  return isSorted ? after : after.sort((a, b) => a.number - b.number || a.attempt - b.attempt);
}

/** The place of a run on the i-th axis of the picture. @param {Row} row @param {Axis} axis @param {number} i */
export const placeOf = (row, axis, i) => (axis.is_metric ? row.metric : row.places[i]);

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

/** The position of a run on each axis. @type {Positions} */
const rowPositions = (row, axes) => axes.map((axis, i) => position(axis, placeOf(row, axis, i)));

/** The same, computed once for each row and list of axes. @returns {Positions} */
export function rememberedPositions() {
  /** @type {WeakMap<Row, ArrayLike<number>>} */
  let known = new WeakMap();
  /** @type {Axis[]|null} */
  let knownAxes = null;
  return (row, axes) => {
    if (knownAxes !== axes) {
      known = new WeakMap();
      knownAxes = axes;
    }
    let positions = known.get(row);
    if (!positions) known.set(row, (positions = Float32Array.from(rowPositions(row, axes))));
    return positions;
  };
}

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
 * @param {ShownAxis} axis
 * @param {number} at
 */
export function textAt(axis, at) {
  if (at < 0) return "missing";
  if (axis.kind === "category") {
    const n = axis.categories.length;
    return axis.categories[Math.min(n - 1, Math.max(0, Math.round((1 - at) * n - 0.5)))] ?? "";
  }
  return number(valueAt(axis, at), digitsIn(...endsOf(axis)));
}

/** The numbers at the ends of what is shown of an axis. @param {ShownAxis} axis @returns {Interval} */
export const endsOf = (axis) => (axis.window ? [valueAt(axis, axis.window[0]), valueAt(axis, axis.window[1])] : [axis.low, axis.high]);

/**
 * The number at a position of an axis of numbers.
 * @param {Axis} axis
 * @param {number} at
 */
export function valueAt(axis, at) {
  if (axis.kind === "log") return Math.exp(Math.log(axis.low) + at * (Math.log(axis.high) - Math.log(axis.low)));
  return axis.low * (1 - at) + axis.high * at; // a difference of ±1e308 is not a number
}

/**
 * The part of the metric's axis that holds the best share of the counted runs.
 * @param {Row[]} rows
 * @param {Axis} axis  of the metric
 * @param {Goal} goal
 * @param {number} portion  above 0, up to 1
 * @returns {Interval|null} null when no run counts
 */
export function bestRange(rows, axis, goal, portion) {
  const values = rows.filter(isCounted).filter((row) => !row.beyond).map((row) => row.metric);
  if (!values.length) return null;
  values.sort(goal === "maximize" ? (a, b) => b - a : (a, b) => a - b);
  const last = position(axis, values[Math.max(1, Math.ceil(values.length * portion)) - 1]);
  return goal === "maximize" ? [last, 1] : [0, last];
}

/**
 * The best value up to each counted run, in order of the runs; null before the first that keeps
 * the limits.
 * @param {Row[]} rows
 * @param {Goal} goal
 * @returns {{row: CountedRow, best: number|null, isRecord: boolean}[]}
 */
export function bestSoFar(rows, goal) {
  const sign = goal === "maximize" ? -1 : 1;
  let least = Infinity;
  return rows.filter(isCounted).map((row) => {
    const isRecord = !row.beyond && sign * row.metric < least;
    if (isRecord) least = sign * row.metric;
    return { row, best: least === Infinity ? null : sign * least, isRecord };
  });
}

/** @param {Brushes} brushes */
export const hasBrush = (brushes) => Object.values(brushes.ranges).some((list) => list.length > 0);

/**
 * Ids of the rows inside the brushes of every axis, or of the other rows.
 * @param {Row[]} rows
 * @param {Axis[]} axes
 * @param {Brushes} brushes
 * @param {Positions} [positions]
 * @returns {Set<string>|null} null without a brush
 */
export function brushed(rows, axes, brushes, positions = rowPositions) {
  const tests = axes.map((axis, i) => ({ i, ranges: brushes.ranges[axis.name] ?? [] })).filter(({ ranges }) => ranges.length);
  if (!tests.length) return null;
  /** @type {Set<string>} */
  const inside = new Set();
  for (const row of rows) {
    const at = positions(row, axes);
    const passes = tests.every(({ i, ranges }) => ranges.some(([a, b]) => at[i] >= a - 1e-6 && at[i] <= b + 1e-6));
    if (passes !== brushes.invert) inside.add(row.id);
  }
  return inside;
}

/**
 * Sorted rows; those without a value come last in both directions.
 * @param {Row[]} rows
 * @param {(row: Row) => string|number|null} value  what they are sorted by
 * @param {number} direction  1 ascending, -1 descending
 */
export function sortRows(rows, value, direction) {
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null) || newestFirst(a, b);
      const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      return order * direction || newestFirst(a, b);
    })
    .map(({ row }) => row);
}

/** @param {{row: Row}} a @param {{row: Row}} b */
const newestFirst = (a, b) => b.row.number - a.row.number || b.row.attempt - a.row.attempt;

/** @param {string} kind @param {number} low @param {number} high @param {number} value */
function share(kind, low, high, value) {
  if (kind === "log") {
    if (!(low > 0) || value <= 0) return 0;
    return high > low ? Math.log1p((value - low) / low) / Math.log1p((high - low) / low) : 0.5;
  }
  // Halved, since ±1e308 are further apart than any float.
  return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
}

/** @param {number} at */
const clamp = (at) => Math.min(1, Math.max(0, at));
