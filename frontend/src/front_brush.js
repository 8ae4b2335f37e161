// The rectangle on the front: drawn, moved and stretched with the pointer and with keys. It is
// kept as a range on each of the two axes, in their positions.
import { follow } from "./drag.js";
import { h } from "./dom.js";
import { xOf, yOf } from "./front_plane.js";
import { hasBrush, textAt } from "./model.js";
import { plural } from "./wording.js";

/** @import { Interval, Panel } from "./types.js" */
/** @import { Plane } from "./front_plane.js" */
/** @typedef {{x: number, y: number}} Place */
/** @typedef {"low"|"high"|"all"|"none"} Grip  what of a range follows the pointer */

const EDGE = 6; // pixels around an edge of the rectangle that resize it
const STILL = 3; // pixels that a click may move
const STEP = 0.04; // of an axis, for a key
const LEAST = 0.02; // of an axis, that a rectangle is wide
/** @type {Interval} */
const FIRST = [0.33, 0.67]; // of each axis, by the Enter key
/** @type {Interval} */
const WHOLE = [0, 1];
/** @type {Record<string, [x: number, y: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

/**
 * @param {Panel} panel @param {() => Plane|null} planeNow @param {SVGElement} svg
 * @param {(event: PointerEvent) => Place} pointerIn
 */
export function frontBrushing(panel, planeNow, svg, pointerIn) {
  let isDragged = false;
  let hasMoved = false;
  let shown = "";

  /** @param {Plane} plane @param {Interval|null} across @param {Interval|null} upwards @param {boolean} isFinal */
  function set({ x, y }, across, upwards, isFinal) {
    const ranges = { ...panel.brushes.ranges };
    for (const [name, range] of /** @type {[string, Interval|null][]} */ ([[x.axis.name, across], [y.axis.name, upwards]])) {
      if (range) ranges[name] = [[Math.min(...range), Math.max(...range)]];
      else delete ranges[name];
    }
    panel.brush({ ...panel.brushes, ranges }, isFinal);
  }

  /** @param {PointerEvent} event */
  function start(event) {
    const plane = planeNow();
    if (!plane) return;
    const from = pointerIn(event);
    const before = rangesOf(panel, plane);
    const grips = before && gripsAt(plane, before, from);
    const begun = positionsAt(plane, from);
    hasMoved = false;
    follow(event,
      (later) => {
        const now = pointerIn(later);
        if (!hasMoved && Math.hypot(now.x - from.x, now.y - from.y) < STILL) return;
        hasMoved = isDragged = true;
        const to = positionsAt(plane, now);
        const [across, upwards] = grips && before
          ? [moved(before[0], grips[0], begun.x, to.x), moved(before[1], grips[1], begun.y, to.y)]
          : [/** @type {Interval} */ ([begun.x, to.x]), /** @type {Interval} */ ([begun.y, to.y])];
        set(plane, across, upwards, false);
      },
      () => {
        isDragged = false;
        // A click removes the rectangle, unless it opens the run that it is on.
        if (hasMoved) panel.brush(panel.brushes, true);
        else if (before && !panel.hovered) set(plane, null, null, true);
      });
  }

  /** @param {KeyboardEvent} event */
  function keys(event) {
    const plane = planeNow();
    const { key, shiftKey } = event;
    const known = plane && changed(rangesOf(panel, plane), key, shiftKey);
    if (!plane || !known) return;
    event.preventDefault();
    event.stopPropagation();
    set(plane, ...known, true);
    if (panel.selected && hasBrush(panel.brushes)) panel.say(`${plural(panel.selected.size, "run")} selected`);
  }

  function draw() {
    const plane = planeNow();
    if (!plane) return;
    const { x, y, left, right, top, base } = plane;
    const ranges = [panel.brushes.ranges[x.axis.name] ?? [], panel.brushes.ranges[y.axis.name] ?? []];
    const key = JSON.stringify([left, right, x.axis, y.axis, ranges]);
    if (key === shown && svg.childElementCount) return;
    shown = key;
    const isFocused = panel.root.activeElement?.classList.contains("front-plane");
    const texts = ranges.map((list, k) => list.map((range) => textOf(k ? plane.y : plane.x, range)).join(" and ")).filter(Boolean);
    const rect = h("svg:rect", {
      class: "grab front-plane", x: left, y: top, width: Math.max(0, right - left), height: base - top, tabindex: 0, role: "slider",
      "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": ranges[0][0] ? ((ranges[0][0][0] + ranges[0][0][1]) / 2).toFixed(2) : 0.5,
      "aria-valuetext": texts.length ? `selected ${texts.join(", ")}` : "nothing selected",
      "aria-label": `Front of ${x.axis.name} and ${y.axis.name}. Enter selects a rectangle, arrows move it, shift and arrows stretch it, delete removes it`,
      onpointerdown: start, onkeydown: keys,
    });
    svg.replaceChildren(rect, ...rectangles(plane, ranges));
    if (isFocused) rect.focus();
  }

  return { draw, isDragged: () => isDragged, hasMoved: () => hasMoved };
}

/** @param {Plane["x"]} objective @param {Interval} range */
const textOf = ({ axis }, [low, high]) => `${axis.name} ${textAt(axis, low)} to ${textAt(axis, high)}`;

/** What the brushes of both axes hold; those of one alone reach across the other. @param {Plane} plane @param {Interval[][]} ranges */
function rectangles(plane, [across, upwards]) {
  if (!across.length && !upwards.length) return [];
  /** @param {Interval[]} list */
  const orWhole = (list) => (list.length ? list : [WHOLE]);
  return orWhole(across).flatMap(([x0, x1]) => orWhole(upwards).map(([y0, y1]) =>
    h("svg:rect", {
      class: "brush", rx: 2, x: xOf(plane, x0), width: Math.max(3, xOf(plane, x1) - xOf(plane, x0)),
      y: yOf(plane, y1), height: Math.max(3, yOf(plane, y0) - yOf(plane, y1)),
    })));
}

/** The rectangle: the first range of each axis; null without any. @param {Panel} panel @param {Plane} plane @returns {[Interval, Interval]|null} */
function rangesOf({ brushes: { ranges } }, { x, y }) {
  const [across, upwards] = [ranges[x.axis.name]?.[0], ranges[y.axis.name]?.[0]];
  return across || upwards ? [across ?? WHOLE, upwards ?? WHOLE] : null;
}

/** The positions under a pointer, at the ends of the axes beyond them. @param {Plane} plane @param {Place} pointer */
function positionsAt(plane, { x, y }) {
  /** @param {number} pixel @param {number} zero @param {number} one */
  const share = (pixel, zero, one) => Math.min(1, Math.max(0, (pixel - zero) / (one - zero)));
  return { x: share(x, xOf(plane, 0), xOf(plane, 1)), y: share(y, yOf(plane, 0), yOf(plane, 1)) };
}

/** What a pointer holds of the rectangle; null outside. @param {Plane} plane @param {[Interval, Interval]} ranges @param {Place} pointer @returns {[Grip, Grip]|null} */
function gripsAt(plane, [[x0, x1], [y0, y1]], { x, y }) {
  const [left, right, low, high] = [xOf(plane, x0), xOf(plane, x1), yOf(plane, y0), yOf(plane, y1)];
  if (x < left - EDGE || x > right + EDGE || y > low + EDGE || y < high - EDGE) return null;
  /** @param {number} pixel @param {number} from @param {number} to @returns {Grip} */
  const edge = (pixel, from, to) => (Math.abs(pixel - to) <= EDGE ? "high" : Math.abs(pixel - from) <= EDGE ? "low" : "none");
  /** @type {[Grip, Grip]} */
  const grips = [edge(x, left, right), edge(y, low, high)];
  return grips[0] === "none" && grips[1] === "none" ? ["all", "all"] : grips;
}

/** A range after the pointer went from one position to another. @param {Interval} range @param {Grip} grip @param {number} from @param {number} to @returns {Interval} */
function moved([low, high], grip, from, to) {
  if (grip === "none") return [low, high];
  if (grip === "low") return [to, high];
  if (grip === "high") return [low, to];
  const by = Math.min(1 - high, Math.max(-low, to - from));
  return [low + by, high + by];
}

/**
 * The ranges after a key; null when it has no meaning here.
 * @param {[Interval, Interval]|null} ranges @param {string} key @param {boolean} isStretched
 * @returns {[Interval|null, Interval|null]|null}
 */
function changed(ranges, key, isStretched) {
  if (["Delete", "Backspace", "Escape"].includes(key)) return ranges && [null, null];
  if (!ranges) return key === "Enter" || key === " " ? [FIRST, FIRST] : null;
  if (!ARROWS[key]) return null;
  /** @param {Interval} range @param {number} step @returns {Interval} */
  const next = ([low, high], step) => (isStretched
    ? [low, Math.min(1, Math.max(low + LEAST, high + step))] : moved([low, high], "all", 0, step));
  return [next(ranges[0], STEP * ARROWS[key][0]), next(ranges[1], STEP * ARROWS[key][1])];
}
