// How the axes are looked at: which are shown, in which order, turned round, on which scale.
// Brushes and colours stay in the axes' own positions, so that nothing here changes what is
// selected.
import { number, position, valueAt } from "./model.js";
import { linear, log } from "./scale.js";

const SHOWN_AXES = 12;
const TICKS = 5;

/**
 * @typedef {{order: string[], hidden: string[], shown: string[], flipped: string[],
 *   scales: Object<string, "linear"|"log">, colour: string}} View
 */

/** @param {any} [kept] what a saved output or another page kept @returns {View} */
export const newView = (kept) => ({ order: [], hidden: [], shown: [], flipped: [], scales: {}, colour: "", ...kept });

/**
 * The axes that are drawn, from left to right, each with its index in the picture.
 * @param {any} picture @param {View} view
 */
export function shownAxes({ axes, importance }, view) {
  let listed = axes.map((axis, i) => ({ axis, i }));
  const params = listed.filter(({ axis }) => !axis.is_metric && !axis.is_extra);
  const kept = new Set(params);
  if (params.length > SHOWN_AXES) {
    const rank = new Map((importance?.rows ?? []).map((row, place) => [row.name, place]));
    const first = [...params].sort((a, b) => (rank.get(a.axis.name) ?? 1e9) - (rank.get(b.axis.name) ?? 1e9) || a.i - b.i);
    for (const entry of first.slice(SHOWN_AXES)) kept.delete(entry);
  }
  listed = listed.filter((entry) => {
    const { name } = entry.axis;
    if (view.hidden.includes(name)) return false;
    return view.shown.includes(name) || entry.axis.is_metric || kept.has(entry);
  });
  const place = new Map(view.order.map((name, k) => [name, k]));
  return listed.sort((a, b) => (place.get(a.axis.name) ?? 1e6 + a.i) - (place.get(b.axis.name) ?? 1e6 + b.i));
}

/** Whether an axis can have both scales. */
export const hasScales = (axis) => axis.kind !== "category" && axis.low > 0 && axis.high > axis.low;

/** @param {any} axis @param {View} view */
const otherScale = (axis, view) => {
  const kind = view.scales[axis.name];
  return kind && kind !== axis.kind && hasScales(axis) ? kind : null;
};

/** Where a position of an axis is drawn: 0 below, 1 above; without a value below both. */
export function drawnAt(axis, at, view) {
  if (at < 0) return at;
  const kind = otherScale(axis, view);
  const shown = kind ? position({ ...axis, kind }, valueAt(axis, at)) : at;
  return view.flipped.includes(axis.name) ? 1 - shown : shown;
}

/** The position of an axis that is drawn there; `drawnAt` the other way round. */
export function positionAt(axis, drawn, view) {
  if (drawn < 0) return drawn;
  const shown = view.flipped.includes(axis.name) ? 1 - drawn : drawn;
  const kind = otherScale(axis, view);
  return kind ? position(axis, valueAt({ ...axis, kind }, shown)) : shown;
}

/** Whether positions are drawn where they are, as they mostly are. */
export const isPlain = (axis, view) => !view.flipped.includes(axis.name) && !otherScale(axis, view);

/** Where ticks are drawn, and their labels. */
export function drawnTicks(axis, view) {
  const kind = otherScale(axis, view);
  const own = kind
    ? (kind === "log" ? log : linear)([axis.low, axis.high], [0, 1]).ticks(TICKS).map((value) => [position(axis, value), number(value, 3)])
    : axis.ticks;
  return own.map(([at, label]) => [drawnAt(axis, at, view), label]);
}
