// How the axes are looked at: which are shown, in which order, flipped, on which scale.
// Brushes and colours stay in the axes' own positions, so that nothing here changes what is
// selected.
import { position, valueAt } from "./model.js";
import { linear, log } from "./scale.js";
import { digitsIn, number } from "./wording.js";

export const SHOWN_AXES = 12;
const TICKS = 5;

/** @import { Axis, Picture, View } from "./types.js" */

/** @param {Partial<View>} [kept] what a saved output or another page kept @returns {View} */
export const newView = (kept) => ({ order: [], hidden: [], shown: [], flipped: [], scales: {}, colour: "", front: [], charts: {}, ...kept });

/**
 * The axes that are drawn, from left to right, each with its index in the picture.
 * @param {Pick<Picture, "axes"|"importance">} picture @param {View} view
 * @param {number} [most]  parameters, unless more were asked for
 */
export function shownAxes({ axes, importance }, view, most = SHOWN_AXES) {
  let listed = axes.map((axis, i) => ({ axis, i }));
  const params = listed.filter(({ axis }) => !axis.is_metric && !axis.is_extra);
  const kept = new Set(params);
  if (params.length > most) {
    const rank = new Map((importance?.rows ?? []).map((row, place) => [row.name, place]));
    const first = [...params].sort((a, b) => (rank.get(a.axis.name) ?? 1e9) - (rank.get(b.axis.name) ?? 1e9) || a.i - b.i);
    for (const entry of first.slice(most)) kept.delete(entry);
  }
  listed = listed.filter((entry) => {
    const { name } = entry.axis;
    if (view.hidden.includes(name)) return false;
    return view.shown.includes(name) || entry.axis.is_metric || entry.axis.is_objective || kept.has(entry);
  });
  const place = new Map(view.order.map((name, k) => [name, k]));
  return listed.sort((a, b) => (place.get(a.axis.name) ?? 1e6 + a.i) - (place.get(b.axis.name) ?? 1e6 + b.i));
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
 * @param {Axis} axis @param {number} at @param {View} view
 */
export function drawnAt(axis, at, view) {
  if (at < 0) return at;
  const kind = otherScale(axis, view);
  const shown = kind ? position({ ...axis, kind }, valueAt(axis, at)) : at;
  return view.flipped.includes(axis.name) ? 1 - shown : shown;
}

/**
 * The position of an axis that is drawn there: the inverse of `drawnAt`.
 * @param {Axis} axis @param {number} drawn @param {View} view
 */
export function positionAt(axis, drawn, view) {
  if (drawn < 0) return drawn;
  const shown = view.flipped.includes(axis.name) ? 1 - drawn : drawn;
  const kind = otherScale(axis, view);
  return kind ? position(axis, valueAt({ ...axis, kind }, shown)) : shown;
}

/** Whether positions are drawn where they are, as they mostly are. @param {Axis} axis @param {View} view */
export const isPlain = (axis, view) => !view.flipped.includes(axis.name) && !otherScale(axis, view);

/**
 * Where ticks are drawn, and their labels.
 * @param {Axis} axis @param {View} view
 * @returns {[drawn: number, label: string][]}
 */
export function drawnTicks(axis, view) {
  const kind = otherScale(axis, view);
  if (!kind) return axis.ticks.map(([at, label]) => [drawnAt(axis, at, view), label]);
  const scale = (kind === "log" ? log : linear)([axis.low, axis.high], [0, 1]);
  return scale.ticks(TICKS).map((value) => [drawnAt(axis, position(axis, value), view), number(value, digitsIn(axis.low, axis.high))]);
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
