// The curves of the runs: as they came with the rows, or as Python read them.

/** @import { Panel, Row, Series } from "./types.js" */

export const MOST_CURVES = 400; // more would be a carpet, and slow

/** What is at the lower edge unless something else is chosen, named as in W&B. */
export const STEP = "_step";
export const TIME = "_runtime";

/** Whether there are learning curves of the metric. @param {{rows: Row[]}} picture */
export const hasCurves = ({ rows }) => rows.some((row) => row.curve.length > 1);

/** The step of a curve's value, or of a place between two. @param {Pick<Row, "span"|"curve">} row @param {number} i */
export function stepAt({ span, curve }, i) {
  const place = span.length === curve.length ? i : i / (curve.length - 1); // of all steps, or from the first to the last
  const k = Math.min(Math.floor(place), span.length - 2);
  return span[k] + (span[k + 1] - span[k]) * (place - k);
}

/** @param {Row} row */
export const lastStep = ({ span }) => span[span.length - 1];

/** @type {WeakMap<Row, Series>} */
const known = new WeakMap();

/** The curve that came with a row, over its steps. @param {Row} row @returns {Series} */
export function ownCurve(row) {
  let curve = known.get(row);
  if (!curve) known.set(row, (curve = { xs: row.curve.map((_, i) => stepAt(row, i)), ys: row.curve }));
  return curve;
}

/**
 * At most MOST_CURVES rows: the best one, those under way, the selected ones, then evenly spaced.
 * @param {Panel} panel @param {Row[]} rows
 */
export function sample(panel, rows) {
  if (rows.length <= MOST_CURVES) return rows;
  const best = panel.picture.best?.id;
  const first = rows.filter((row) => row.active || (panel.selected && !panel.isOut(row.id)) || row.id === best);
  const taken = new Set(first);
  const others = first.length < MOST_CURVES ? rows.filter((row) => !taken.has(row)) : [];
  const stride = Math.ceil(others.length / Math.max(1, MOST_CURVES - first.length));
  const kept = first.length > MOST_CURVES ? [...first.filter((row) => row.id === best), ...first.filter((row) => row.id !== best).slice(1 - MOST_CURVES)] : first;
  return [...kept, ...others.filter((_, i) => i % stride === 0)].sort((a, b) => a.number - b.number);
}
