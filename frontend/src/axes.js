// How the axes are looked at: which are shown, in which order, flipped, on which scale.
// Brushes and colours stay in the axes' own positions, so that nothing here changes what is
// selected.
import { byImportance, endsOf, position, searchedAxes, valueAt } from "./model.js";
import { linear, log } from "./scale.js";
import { digitsIn, number, shorten } from "./wording.js";

export const SHOWN_AXES = 12;
const TICKS = 5;
const FEW_TICKS = 3; // of the usual ones in a part of an axis; with fewer it has its own

/** @import { Axis, Importance, KeptBrushes, Picture, ShownAxis, View } from "./types.js" */

/** @param {KeptBrushes["view"]} [kept] what a saved output or another page kept @returns {View} */
export const newView = (kept) =>
  ({ order: [], hidden: [], shown: [], flipped: [], scales: {}, colour: "", front: [], charts: {}, histograms: true, cut: null, ...kept,
    table: { columns: {}, query: "", isUnpinned: false, compared: [], ...kept?.table } });

/**
 * The axes that are drawn, from left to right, each with its index in the picture. Those that
 * decide stand next to the results, unless people have moved axes.
 * @param {Pick<Picture, "axes"|"importance">} picture @param {View} view
 * @param {number} [most]  parameters, unless more were asked for
 * @param {string[]} [ranked]  the parameters by importance, where they have been ranked
 */
export function shownAxes(picture, view, most = SHOWN_AXES, ranked = []) {
  const params = searchedAxes(picture).map(({ name }) => name);
  const first = ranked.length ? [...new Set([...ranked, ...params])].filter((name) => params.includes(name)) : byImportance(picture);
  const kept = new Set(params.length > most ? first.slice(0, most) : params);
  const listed = picture.axes.map((axis, i) => ({ axis, i })).filter(({ axis }) =>
    !view.hidden.includes(axis.name)
    && (view.shown.includes(axis.name) || axis.is_metric || axis.is_objective || (kept.has(axis.name) && !axis.is_extra)));
  const place = new Map(view.order.length ? view.order.map((name, k) => [name, k])
    : ranked.length ? first.map((name, k) => [name, -k]) : []);
  return listed.sort((a, b) => (place.get(a.axis.name) ?? 1e6 + a.i) - (place.get(b.axis.name) ?? 1e6 + b.i));
}

/**
 * Whether an order of parameters still goes with a ranking: none stands before one that is more
 * important by more than their errors.
 * @param {string[]} names @param {Importance} importance
 */
export function isStillOrder(names, { rows }) {
  const known = new Map(rows.map((row) => [row.name, row]));
  if (rows.some(({ name }) => !names.includes(name))) return false;
  const listed = names.flatMap((name) => known.get(name) ?? []);
  let least = Infinity; // that one of those before may still be
  for (const { importance, error } of listed) {
    if (importance - error > least) return false;
    least = Math.min(least, importance + error);
  }
  return true;
}

/** Whether an axis can have both scales. @param {Axis} axis */
export const hasScales = (axis) => axis.kind !== "category" && axis.low > 0 && axis.high > axis.low;

/** @param {Axis} axis @param {View} view */
const otherScale = (axis, view) => {
  const kind = view.scales[axis.name];
  return kind && kind !== axis.kind && hasScales(axis) ? kind : null;
};

/**
 * Where a position of an axis is drawn: 0 at the bottom, 1 at the top; without a value below both.
 * @param {ShownAxis} axis @param {number} at @param {View} view
 */
export function drawnAt(axis, at, view) {
  if (at < 0) return at;
  const place = onScale(axis, view);
  const [low, high] = (axis.window ?? [0, 1]).map(place);
  const shown = Math.min(1, Math.max(0, (place(at) - low) / (high - low)));
  return view.flipped.includes(axis.name) ? 1 - shown : shown;
}

/**
 * The position of an axis that is drawn there: the inverse of `drawnAt`.
 * @param {ShownAxis} axis @param {number} drawn @param {View} view
 */
export function positionAt(axis, drawn, view) {
  if (drawn < 0) return drawn;
  const shown = view.flipped.includes(axis.name) ? 1 - drawn : drawn;
  const kind = otherScale(axis, view);
  const [low, high] = (axis.window ?? [0, 1]).map(onScale(axis, view));
  const place = low + shown * (high - low);
  return kind ? position(axis, valueAt({ ...axis, kind }, place)) : place;
}

/** Positions of an axis on the scale that it is drawn with. @param {Axis} axis @param {View} view @returns {(at: number) => number} */
function onScale(axis, view) {
  const kind = otherScale(axis, view);
  return (at) => (kind ? position({ ...axis, kind }, valueAt(axis, at)) : at);
}

/** Whether an axis is drawn on a logarithmic scale. @param {Axis} axis @param {View} view */
export const isLog = (axis, view) => (otherScale(axis, view) ?? axis.kind) === "log";

/** Whether an axis is drawn on the other scale than its own. @param {Axis} axis @param {View} view */
export const isOtherScale = (axis, view) => otherScale(axis, view) !== null;

/** Whether positions are drawn where they are, as they mostly are. @param {ShownAxis} axis @param {View} view */
export const isPlain = (axis, view) => !axis.window && !view.flipped.includes(axis.name) && !otherScale(axis, view);

/**
 * Where ticks are drawn, and their labels.
 * @param {ShownAxis} axis @param {View} view
 * @returns {[drawn: number, label: string][]}
 */
export function drawnTicks(axis, view) {
  const kind = otherScale(axis, view);
  const [least, most] = axis.window ?? [0, 1];
  /** @type {[number, string][]} */
  const usual = axis.ticks.filter(([at]) => at >= least - 1e-6 && at <= most + 1e-6).map(([at, label]) => [drawnAt(axis, at, view), label]);
  const [low, high] = axis.kind === "category" ? [0, 0] : endsOf(axis);
  const isUsual = !kind && (!axis.window || usual.length >= FEW_TICKS || axis.marks.length > 0);
  if (isUsual || low >= high) return usual;
  const scale = ((kind ?? axis.kind) === "log" ? log : linear)([low, high], [0, 1]);
  return scale.ticks(TICKS).map((value) => [drawnAt(axis, position(axis, value), view), number(value, digitsIn(low, high))]);
}

/** Names are cut where there is no room; a number without its end would be another one. @param {Axis} axis @param {[drawn: number, label: string][]} ticks @param {number} letters */
export function shortLabels(axis, ticks, letters) {
  const labels = ticks.map(([, label]) => label);
  return axis.kind === "category" ? shorten(labels, letters) : labels;
}

// What can be done with an axis: what of the view changes.

/** @param {View} view @param {string} name @returns {Partial<View>} */
export const flip = ({ flipped }, name) => ({ flipped: listed(flipped, name, !flipped.includes(name)) });

/** @param {View} view @param {string} name @param {boolean} isShown @returns {Partial<View>} */
export const show = ({ hidden, shown }, name, isShown) => ({ hidden: listed(hidden, name, !isShown), shown: listed(shown, name, isShown) });

/**
 * @param {string[]} names  of the axes that are drawn
 * @param {string} name
 * @param {number} by  to the right
 * @returns {Partial<View>}
 */
export function move(names, name, by) {
  const order = names.filter((other) => other !== name);
  order.splice(Math.min(order.length, Math.max(0, names.indexOf(name) + by)), 0, name);
  return { order };
}

/** A list with a name or without it. @param {string[]} names @param {string} name @param {boolean} isIn */
function listed(names, name, isIn) {
  const others = names.filter((other) => other !== name);
  return isIn ? [...others, name] : others;
}
