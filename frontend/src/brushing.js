// Brushes that are drawn, moved and stretched with the pointer.
import { follow } from "./drag.js";
import { MISSING } from "./model.js";

/** @import { Axis, Interval, Panel } from "./types.js" */
/** @import { Layout } from "./parallel_layout.js" */
/** @typedef {ReturnType<typeof brushing>} Brushing */

const EDGE = 6; // pixels around a brush's end that resize it
const STILL = 3; // pixels that a click may move

/** @param {Panel} panel @param {Layout} layout */
export function brushing(panel, layout) {
  let isDragged = false;

  /** @param {Axis} axis @param {Interval[]} ranges @param {boolean} isFinal */
  function setRanges(axis, ranges, isFinal) {
    const all = { ...panel.brushes.ranges };
    if (ranges.length) all[axis.name] = ranges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
    else delete all[axis.name];
    panel.brush({ ...panel.brushes, ranges: all }, isFinal);
  }

  /** @param {PointerEvent} event @param {Axis} axis */
  function start(event, axis) {
    const from = layout.pointer(event).y;
    const begun = layout.position(axis, from);
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const held = ranges.findIndex((range) => distance(layout, axis, range, from) <= EDGE);
    const stretch = held < 0 ? ends.draw : ends[edgeAt(layout, axis, ranges[held], from)];
    const before = ranges[held] ?? [begun, begun];
    const others = ranges.filter((_, i) => i !== held);
    let moved = false;
    follow(event,
      (later) => {
        const now = layout.pointer(later).y;
        if (!moved && Math.abs(now - from) < STILL) return;
        moved = isDragged = true;
        const range = stretch(before, begun, reached(panel, layout, axis, begun, now));
        setRanges(axis, held < 0 ? [...ranges, range] : ranges.map((other, i) => (i === held ? range : other)), false);
      },
      () => {
        isDragged = false;
        // A click removes the brush that it is on, or else all brushes of the axis.
        if (!moved) setRanges(axis, held < 0 ? [] : others, true);
        else panel.brush(panel.brushes, true);
      });
  }

  return { start, setRanges, isDragged: () => isDragged };
}

/**
 * What becomes of a range when the pointer went from one position to another.
 * @type {Record<"draw"|"low"|"high"|"all", (range: Interval, from: number, to: number) => Interval>}
 */
const ends = {
  draw: (_, from, to) => [from, to],
  low: ([, high], _, to) => [to, high],
  high: ([low], _, to) => [low, to],
  all: ([low, high], from, to) => [low + to - from, high + to - from],
};

/** Pixels from a brush to the pointer, 0 inside. @param {Layout} layout @param {Axis} axis @param {Interval} range @param {number} y */
function distance(layout, axis, [low, high], y) {
  const [from, to] = [layout.y(axis, low), layout.y(axis, high)];
  return Math.max(0, Math.min(from, to) - y, y - Math.max(from, to));
}

/** Which end of a brush the pointer is on. @param {Layout} layout @param {Axis} axis @param {Interval} range @param {number} y */
function edgeAt(layout, axis, [low, high], y) {
  if (Math.abs(y - layout.y(axis, high)) <= EDGE) return "high";
  return Math.abs(y - layout.y(axis, low)) <= EDGE ? "low" : "all";
}

/**
 * The position that the pointer has reached. Missing values lie below an axis that is flipped,
 * too: beyond its other end.
 * @param {Panel} panel @param {Layout} layout @param {Axis} axis @param {number} begun @param {number} y
 */
function reached(panel, layout, axis, begun, y) {
  const position = layout.position(axis, y);
  const isAcross = panel.view.flipped.includes(axis.name) && position < 0 !== begun < 0;
  return isAcross ? (begun < 0 ? MISSING : 1) : position;
}
