// The learning curves of the runs, each in its run's colour.
import { isBeyond, inside } from "./chart_axes.js";
import { choiceOf } from "./chart_choice.js";
import { circle, cross } from "./chart_marks.js";
import { colouring } from "./colour.js";
import { STEP, TIME, ownCurve, sample, stepAt } from "./curves.js";
import { h } from "./dom.js";
import { isCounted } from "./model.js";
import { extent } from "./scale.js";
import { shownRange } from "./shown_range.js";
import { count, digitsIn, duration, number, timeUnit } from "./wording.js";

/** @import { DataPoint, Panel, Row, Scale, Scene, Series, Zoom } from "./types.js" */
/** @typedef {{row: Row} & Series} Curve */
/** @typedef {DataPoint & {row: Row}} CurvePoint */
/** @typedef {{x: string, y: string, isOwn: boolean, name: string, log: boolean|undefined}} Chosen */

const MANY = 60; // curves, from which on they are paler

/** What is drawn over what; what cannot be had is what a sweep is about. @param {Panel} panel @param {string[]} names  that can be chosen */
export function chosenCurves(panel, names) {
  const { x = STEP, y = "", log } = choiceOf(panel, "curves");
  const metric = panel.picture.metric?.name ?? "";
  const isThere = panel.canAsk && names.length > 0;
  const [over, what] = isThere ? [x, y === metric ? "" : y] : [STEP, ""];
  return { x: over, y: what, isOwn: over === STEP && !what, name: what || metric, log };
}

/**
 * The curves that are drawn, and of how many.
 * @param {Panel} panel @param {Chosen} chosen
 * @param {{of(rows: Row[], x: string, y: string): Map<string, Series>}} source
 * @returns {{curves: Curve[], n: number}}
 */
export function drawnCurves(panel, chosen, source) {
  const { rows } = panel.picture;
  if (chosen.isOwn) {
    const all = rows.filter((row) => row.curve.length > 1);
    return { curves: sample(panel, all).map((row) => ({ row, ...ownCurve(row) })), n: all.length };
  }
  const all = rows.filter((row) => row.state !== "pending");
  const asked = sample(panel, all);
  const found = source.of(asked, chosen.x, chosen.name);
  return { n: all.length, curves: asked.flatMap((row) => {
    const curve = found.get(row.id);
    return curve?.xs.length ? [{ row, ...curve }] : [];
  }) };
}

/**
 * @param {Panel} panel @param {Curve[]} curves  at least one @param {Chosen} chosen @param {Zoom} zoom
 * @param {(name: string, curves: number[][]) => boolean} byData  whether the axis is logarithmic
 * @returns {Scene}
 */
export function curvesScene(panel, curves, chosen, zoom, byData) {
  /** @type {CurvePoint[]} */
  const points = curves.flatMap(({ row, xs, ys }) => Array.from(xs, (x, i) => ({ id: row.id, row, x, y: ys[i] })));
  const across = acrossOf(points, chosen.x);
  const upwards = upwardsOf(panel, curves, chosen, zoom, byData);
  const isMetric = !chosen.y;
  const digits = [digitsIn(across.low, across.high, 4), digitsIn(upwards.low, upwards.high, 4)];
  /** @param {number} x */
  const atText = (x) => (chosen.x === TIME ? `after ${duration(x)}` : `${across.label} ${chosen.x === STEP ? count(Math.round(x)) : number(x, digits[0])}`);
  const byId = new Map(curves.map((curve) => [curve.row.id, curve]));
  return {
    across, upwards, points, isLine: true,
    /** @param {CurvePoint} point */
    text({ row, x, y }) {
      const { xs = [] } = byId.get(row.id) ?? {};
      const isEnd = isMetric && row.diverged && x === xs[xs.length - 1];
      return [`run ${row.number}`, atText(x), `${chosen.name} ${number(y, digits[1])}`, ...(isEnd ? ["then not a number"] : [])].join(" · ");
    },
    undrawn(id) {
      const row = chosen.isOwn ? panel.byId.get(id) : undefined;
      const last = row ? row.curve.length - 1 : 0;
      return row && last > 0 ? /** @type {CurvePoint} */ ({ id, row, x: stepAt(row, last), y: row.curve[last] }) : null;
    },
    marks: (x, y) => curves.flatMap((curve) => [
      ...(chosen.isOwn ? rings(panel, curve.row, x, y) : []),
      ...(isMetric && curve.row.diverged ? [lostMark(panel, curve, x, y)] : [])]),
    paint: (ctx, x, y) => paintCurves(panel, ctx, curves, x, y),
    highlight(ctx, x, y, id, place) {
      const row = panel.byId.get(id);
      const curve = byId.get(id) ?? (row && chosen.isOwn ? { row, ...ownCurve(row) } : null);
      if (curve) stroke(ctx, curve, x, y, panel.colours.hover, 1, 2.4);
      if (place) circle(ctx, place, 3.4, panel.colours.hover);
    },
  };
}

/** @param {CurvePoint[]} points @param {string} x @returns {Scene["across"]} */
function acrossOf(points, x) {
  const [low, high] = extent(points.map((point) => point.x));
  if (x !== TIME) return { label: x === STEP ? "step" : x, low, high, isCounting: x === STEP };
  const unit = timeUnit(high);
  return { label: unit.sign, unit: unit.seconds, low, high };
}

/**
 * @param {Panel} panel @param {Curve[]} curves @param {Chosen} chosen @param {Zoom} zoom
 * @param {(name: string, curves: number[][]) => boolean} byData @returns {Scene["upwards"]}
 */
function upwardsOf({ picture: { metric, best, axes } }, curves, chosen, zoom, byData) {
  const all = curves.map(({ ys }) => Array.from(ys));
  const axis = axes.find(({ name }) => name === chosen.y);
  const isMax = chosen.y ? !!axis && axis.best > axis.poor : metric?.goal === "maximize";
  const isLog = (chosen.log ?? (!isMax && byData(chosen.name, all))) && all.some((ys) => ys.some((value) => value > 0));
  const [from, to] = zoom.x ?? [-Infinity, Infinity];
  const seen = curves.map(({ xs, ys }, k) => all[k].filter((_, i) => xs[i] >= from && xs[i] <= to && (!isLog || ys[i] > 0)))
    .filter((values) => values.length);
  const shown = seen.length ? seen : all.map((values) => values.filter((value) => !isLog || value > 0)).filter((values) => values.length);
  const value = chosen.y || zoom.x || (isLog && !(best && best.value > 0)) ? undefined : best?.value;
  const [low, high] = shownRange(shown, isMax, isLog, value);
  return { low, high, isLog };
}

/** A ring where the run went on after an end. @param {Panel} panel @param {Row} row @param {Scale} x @param {Scale} y */
const rings = (panel, row, x, y) => row.continued.map(([place, text]) => {
  const i = place * (row.curve.length - 1);
  /** @param {number} k */
  const yAt = (k) => y(inside(y, row.curve[k]));
  return h("svg:circle", { cx: x(stepAt(row, i)), cy: yAt(Math.floor(i)) + (i % 1) * (yAt(Math.ceil(i)) - yAt(Math.floor(i))), r: 3.2,
    class: panel.isOut(row.id) ? "went-on out" : "went-on" }, h("svg:title", {}, `run ${row.number} ${text}`));
});

/** A cross where the metric was a number for the last time. @param {Panel} panel @param {Curve} curve @param {Scale} x @param {Scale} y */
const lostMark = (panel, { row, xs, ys }, x, y) =>
  cross(x(xs[xs.length - 1]), y(inside(y, ys[ys.length - 1])), panel.isOut(row.id), `run ${row.number}: not a number from here on`);

/** @param {CanvasRenderingContext2D} ctx @param {Series} curve @param {Scale} x @param {Scale} y @param {string} colour @param {number} alpha @param {number} thickness */
function stroke(ctx, { xs, ys }, x, y, colour, alpha, thickness) {
  const isLog = y.domain[0] > 0;
  ctx.beginPath();
  for (let i = 0; i < xs.length; i++) ctx[i ? "lineTo" : "moveTo"](x(xs[i]), y(isLog && isBeyond(y, ys[i]) && ys[i] <= 0 ? inside(y, ys[i]) : ys[i]));
  if (xs.length === 1) ctx.lineTo(x(xs[0]) + 2, y(inside(y, ys[0])));
  ctx.strokeStyle = colour;
  ctx.globalAlpha = alpha;
  ctx.lineWidth = thickness;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {Curve[]} curves @param {Scale} x @param {Scale} y */
function paintCurves(panel, ctx, curves, x, y) {
  const { colours } = panel;
  const { key, colours: ramp } = colouring(panel);
  const bestId = panel.picture.best?.id;
  const alpha = curves.length > MANY ? 0.45 : 0.75;
  for (const curve of curves) if (panel.isOut(curve.row.id)) stroke(ctx, curve, x, y, colours.faint, 0.35, 1);
  for (const curve of curves) {
    const { row } = curve;
    if (panel.isOut(row.id)) continue;
    if (row.active) stroke(ctx, curve, x, y, colours.active, 1, 1.8);
    else if (row.id !== bestId) stroke(ctx, curve, x, y, (isCounted(row) && ramp[key(row) ?? -1]) || colours.faint, alpha, 1.2);
  }
  const best = curves.find(({ row }) => row.id === bestId && !row.active && !panel.isOut(row.id));
  if (best) stroke(ctx, best, x, y, ramp[key(best.row) ?? -1] || colours.faint, 1, 2.6);
}
