// The keys of an axis: brushes are made, moved, stretched and removed, and the axis moves.
import { move } from "./axes.js";
import { hasBrush } from "./model.js";
import { LOWEST } from "./parallel_layout.js";
import { plural } from "./wording.js";

/** @import { Axis, Interval, Panel } from "./types.js" */
/** @import { Brushing } from "./brushing.js" */

const STEP = 0.04; // of an axis
/** @type {Interval} */
const FIRST = [0.33, 0.67]; // the range of a new brush

/** @type {Record<string, number>} */
const UP = { ArrowUp: 1, ArrowDown: -1 };
/** @type {Record<string, number>} */
const RIGHT = { ArrowLeft: -1, ArrowRight: 1 };

/**
 * @param {Panel} panel @param {Brushing} brush @param {KeyboardEvent} event @param {Axis} axis
 * @param {string[]} names  of the axes that are drawn
 */
export function axisKeys(panel, brush, event, axis, names) {
  const { key, altKey, shiftKey } = event;
  if (altKey && RIGHT[key]) panel.look(move(names, axis.name, RIGHT[key]));
  else {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const sign = panel.view.flipped.includes(axis.name) ? -1 : 1;
    const changed = changedRanges(key, ranges, (UP[key] ?? 0) * STEP * sign, shiftKey);
    if (!changed) return;
    brush.setRanges(axis, changed, true);
  }
  event.preventDefault();
  event.stopPropagation();
  if (panel.selected && hasBrush(panel.brushes)) panel.say(`${plural(panel.selected.size, "run")} selected`);
}

/**
 * The ranges after a key; null when it has no meaning here.
 * @param {string} key @param {Interval[]} ranges @param {number} step  upwards @param {boolean} isStretched
 * @returns {Interval[]|null}
 */
function changedRanges(key, ranges, step, isStretched) {
  if (["Delete", "Backspace", "Escape"].includes(key)) return [];
  if (!ranges.length) return key === "Enter" || key === " " ? [FIRST] : null;
  if (!step) return null;
  const [[low, high], ...others] = ranges;
  if (isStretched) return [[low, Math.min(1, Math.max(low + 0.02, high + step))], ...others];
  const by = Math.max(LOWEST - low, Math.min(1 - high, step));
  return [[low + by, high + by], ...others];
}
