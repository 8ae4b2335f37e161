// A result run by run, and the best so far as a line.
import { isBeyond, inside } from "./chart_axes.js";
import { choiceOf } from "./chart_choice.js";
import { MANY, circle, cross } from "./chart_marks.js";
import { colouring } from "./colour.js";
import { STEP, TIME, lastStep } from "./curves.js";
import { bestSoFar, isCounted, metricAxis } from "./model.js";
import { extent } from "./scale.js";
import { count, digitsIn, duration, number, timeUnit } from "./wording.js";

/** @import { Axis, CountedRow, DataPoint, Goal, Panel, Row, Scale, Scene } from "./types.js" */
/** @typedef {{row: CountedRow, best: number|null, isRecord: boolean, at: number}} BestPoint */
/** @typedef {DataPoint & {row: Row, isRecord: boolean}} RunPoint */
/** @typedef {{x: string, y: string, axis: Axis|undefined, name: string, goal: Goal, log: boolean|undefined}} ChosenBest */

export const RUN = "run";

/** What the runs can be lined up by. @param {Row[]} rows @returns {[value: string, text: string][]} */
export function waysAcross(rows) {
  const counted = rows.filter(isCounted);
  return [[RUN, "run"], ...(counted.length && counted.every((row) => endOf(row) !== null) ? /** @type {[string, string][]} */ ([[TIME, "time"]]) : []),
    ...(counted.some((row) => row.span.length && lastStep(row) > 0) && counted.every((row) => row.span.length) ? /** @type {[string, string][]} */ ([[STEP, "steps in total"]]) : [])];
}

/** What is drawn over what; what cannot be had is what a sweep is about. @param {Panel} panel @returns {ChosenBest} */
export function chosenBest(panel) {
  const { picture: { axes, metric, rows } } = panel;
  const { x = RUN, y = "", log } = choiceOf(panel, "best");
  const axis = axes.find(({ name, is_extra }) => is_extra && name === y);
  const across = waysAcross(rows).some(([value]) => value === x) ? x : RUN;
  if (!axis) return { x: across, y: "", axis: metricAxis(axes), name: metric?.name ?? "", goal: metric?.goal ?? "minimize", log };
  return { x: across, y, axis, name: axis.name, goal: axis.best > axis.poor ? "maximize" : "minimize", log };
}

/** When a run ended, in seconds after the sweep was made. @param {Row} row */
const endOf = ({ start_s, duration_s }) => (start_s === null || duration_s === null ? null : start_s + duration_s);

/**
 * The runs with a result in the order of what they are lined up by, each with the best up to it.
 * @param {Panel} panel @param {ChosenBest} chosen @returns {BestPoint[]}
 */
export function bestPoints({ picture: { rows, axes } }, { x, y, axis, goal }) {
  const i = y && axis ? axes.indexOf(axis) : -1;
  const valued = i < 0 ? rows : rows.map((row) => ({ ...row, metric: row.places[i] ?? null }));
  if (x === RUN) return bestSoFar(valued, goal).map((point) => ({ ...point, at: point.row.number }));
  const begun = Math.min(...rows.map(({ start_s }) => start_s ?? Infinity));
  const inOrder = [...valued].sort((a, b) => (endOf(a) ?? Infinity) - (endOf(b) ?? Infinity));
  if (x === TIME) return bestSoFar(inOrder, goal).map((point) => ({ ...point, at: (endOf(point.row) ?? 0) - begun }));
  /** @type {Map<string, number>} */
  const totals = new Map();
  let total = 0;
  for (const row of inOrder) totals.set(row.id, (total += row.span.length ? lastStep(row) + 1 : 0));
  return bestSoFar(inOrder, goal).map((point) => ({ ...point, at: totals.get(point.row.id) ?? 0 }));
}

/**
 * @param {Panel} panel @param {BestPoint[]} best  at least one @param {ChosenBest} chosen
 * @param {(name: string, values: number[][]) => boolean} byData  whether the axis is logarithmic
 * @returns {Scene}
 */
export function bestScene(panel, best, chosen, byData) {
  const { rows } = panel.picture;
  const upwards = upwardsOf(best, chosen, byData);
  const across = acrossOf(rows, best, chosen.x);
  const digits = digitsIn(upwards.low, upwards.high, 4);
  const lost = chosen.y || chosen.x !== RUN ? [] : rows.filter((row) => row.diverged && !row.active && !isCounted(row));
  const poor = chosen.goal === "maximize" ? -Infinity : Infinity;
  /** @type {RunPoint[]} */
  const points = [...best.map(({ row, at, isRecord }) => ({ id: row.id, row, x: at, y: row.metric, isRecord })),
    ...lost.map((row) => ({ id: row.id, row, x: row.number, y: poor, isRecord: false, isLost: true }))];
  return {
    across, upwards, points,
    /** @param {RunPoint} point */
    text({ row, x, y, isRecord, isLost }) {
      const at = chosen.x === TIME ? [`after ${duration(x)}`] : chosen.x === STEP ? [`${count(x)} steps in total`] : [];
      const value = isLost ? row.metric_text || "not a number" : number(y, digits);
      return [`run ${row.number}`, ...at, `${chosen.name} ${value}`, ...(row.beyond ? [row.beyond] : isRecord ? ["the best so far"] : [])].join(" · ");
    },
    marks: (x, y) => lost.map((row) => cross(x(row.number), y(inside(y, poor)), panel.isOut(row.id), `run ${row.number}: not a number`)),
    paint(ctx, x, y) {
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = panel.colours.line;
      strokeBest(ctx, best, x, y, across.high);
      drawPoints(panel, ctx, points, x, y);
    },
    highlight(ctx, _x, _y, _id, place) {
      if (place) circle(ctx, place, 6, panel.colours.hover);
    },
  };
}

/** @param {Row[]} rows @param {BestPoint[]} best @param {string} x @returns {Scene["across"]} */
function acrossOf(rows, best, x) {
  const last = best.reduce((most, { at }) => Math.max(most, at), 0);
  if (x === RUN) return { label: "run", low: 1, high: Math.max(rows[rows.length - 1].number, 2), isCounting: true };
  const unit = timeUnit(last);
  return x === TIME ? { label: unit.sign, unit: unit.seconds, low: 0, high: last || 1 } : { label: "steps", low: 0, high: last || 1, isCounting: true };
}

/**
 * The values up to the poor end of the result's own axis, which is where diverged runs would flatten the others.
 * @param {BestPoint[]} best @param {ChosenBest} chosen @param {(name: string, values: number[][]) => boolean} byData
 * @returns {Scene["upwards"]}
 */
function upwardsOf(best, { axis, name, goal, log }, byData) {
  const values = best.map(({ row }) => row.metric);
  const near = axis && axis.high > axis.low ? values.filter((value) => (goal === "maximize" ? value >= axis.low : value <= axis.high)) : values;
  const isLog = (log ?? (goal === "minimize" && byData(name, near.map((value) => [value])))) && values.some((value) => value > 0);
  /** @param {number[]} some */
  const positive = (some) => some.filter((value) => !isLog || value > 0);
  const seen = positive(near).length ? positive(near) : positive(values);
  const [low, high] = extent(seen);
  return { low, high, isLog };
}

/** @param {CanvasRenderingContext2D} ctx @param {BestPoint[]} points @param {Scale} x @param {Scale} y @param {number} last */
function strokeBest(ctx, points, x, y, last) {
  ctx.beginPath();
  /** @type {number|null} */
  let level = null;
  for (const { at, best, isRecord } of points) {
    if (!isRecord || best === null) continue;
    if (level !== null) ctx.lineTo(x(at), level);
    const next = y(inside(y, best));
    ctx[level === null ? "moveTo" : "lineTo"](x(at), next);
    level = next;
  }
  if (level === null) return;
  ctx.lineTo(x(last), level);
  ctx.stroke();
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {RunPoint[]} points @param {Scale} x @param {Scale} y */
function drawPoints(panel, ctx, points, x, y) {
  const { key, colours } = colouring(panel);
  ctx.lineWidth = 0.5;
  for (const { id, row, isLost, ...point } of points) {
    if (isLost || isBeyond(y, point.y)) continue; // these have a mark of their own
    const [left, up] = [x(point.x), y(point.y)];
    ctx.globalAlpha = panel.isOut(id) ? 0.18 : 1;
    ctx.fillStyle = colours[key(row) ?? -1] ?? panel.colours.faint;
    if (points.length > MANY) {
      ctx.fillRect(left - 1.5, up - 1.5, 3, 3);
      continue;
    }
    ctx.beginPath();
    ctx.arc(left, up, 3.2, 0, 2 * Math.PI);
    if (!row.beyond) ctx.fill();
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}
