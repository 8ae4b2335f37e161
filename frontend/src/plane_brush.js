// The rectangle on a plane: drawn, moved and stretched with the pointer and with keys; beside the
// labels of the axis across, a range of that axis alone. It is kept as a range on each of the two
// axes, in their positions.
import { follow } from "./drag.js";
import { h } from "./dom.js";
import { hasBrush, textAt } from "./model.js";
import { xOf, yOf } from "./plane.js";
import { plural } from "./wording.js";

/** @import { Axis, Interval, Panel } from "./types.js" */
/** @import { Plane, PlaneAxis } from "./plane.js" */
/** @typedef {{x: number, y: number}} Place */
/** @typedef {"low"|"high"|"all"|"none"} Grip  what of a range follows the pointer */
/** @typedef {[across: Interval|null, upwards: Interval|null]} Ranges  as they are drawn; null reaches across the plane */

const EDGE = 6; // pixels around an edge of the rectangle that resize it
const STILL = 3; // pixels that a click may move
const STEP = 0.04; // of an axis, for a key
const LEAST = 0.02; // of an axis, that a rectangle is wide
const INSIDE = 0.25; // of a category's place, between its edge and the end of a range
/** @type {Interval} */
const FIRST = [0.33, 0.67]; // of each axis, by the Enter key
/** @type {Interval} */
const WHOLE = [0, 1];
/** @type {Record<string, [x: number, y: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

/**
 * @param {Panel} panel @param {{name: string, what: string}} words @param {() => Plane|null} planeNow @param {SVGElement} svg
 * @param {(event: PointerEvent) => Place} pointerIn
 */
export function planeBrushing(panel, { name, what }, planeNow, svg, pointerIn) {
  let isDragged = false;
  let hasMoved = false;
  let shown = "";

  /** @param {Plane} plane @param {Ranges} ranges @param {boolean} isFinal */
  function set({ x, y }, [across, upwards], isFinal) {
    const ranges = { ...panel.brushes.ranges };
    for (const [entry, range] of /** @type {[PlaneAxis, Interval|null][]} */ ([[x, across], [y, upwards]])) {
      if (range) ranges[entry.axis.name] = [wholeCategories(entry.axis, sorted(range.map(entry.from)))];
      else delete ranges[entry.axis.name];
    }
    panel.brush({ ...panel.brushes, ranges }, isFinal);
  }

  /** @param {PointerEvent} event */
  function start(event) {
    const plane = planeNow();
    if (!plane) return;
    const from = pointerIn(event);
    const before = rangesOf(panel, plane);
    const drag = dragged(plane, before, from);
    hasMoved = false;
    follow(event,
      (later) => {
        const now = pointerIn(later);
        if (!hasMoved && Math.hypot(now.x - from.x, now.y - from.y) < STILL) return;
        hasMoved = isDragged = true;
        set(plane, drag(now), false);
      },
      () => {
        isDragged = false;
        // A click removes the rectangle, unless it opens the run that it is on.
        if (hasMoved) panel.brush(panel.brushes, true);
        else if (before && !panel.hovered) set(plane, [null, null], true);
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
    set(plane, known, true);
    if (panel.selected && hasBrush(panel.brushes)) panel.say(`${plural(panel.selected.size, "run")} selected`);
  }

  function draw() {
    const plane = planeNow();
    if (!plane) return;
    const { x, y, left, right, top, base } = plane;
    const ranges = [x, y].map((entry) => panel.brushes.ranges[entry.axis.name] ?? []);
    const key = JSON.stringify([left, right, base, x, y, ranges]);
    if (key === shown && svg.childElementCount) return;
    shown = key;
    const isFocused = panel.root.activeElement?.classList.contains(`${name}-plane`);
    const texts = ranges.map((list, k) => list.map((range) => textOf(k ? y.axis : x.axis, range)).join(" and ")).filter(Boolean);
    const rect = h("svg:rect", {
      class: `grab plane ${name}-plane`, x: left, y: top, width: Math.max(0, right - left), height: base - top, tabindex: 0, role: "slider",
      "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": ranges[0][0] ? ((ranges[0][0][0] + ranges[0][0][1]) / 2).toFixed(2) : 0.5,
      "aria-valuetext": texts.length ? `selected ${texts.join(", ")}` : "nothing selected",
      "aria-label": `${what} of ${x.axis.name} and ${y.axis.name}. Enter selects a rectangle, arrows move it, shift and arrows stretch it, delete removes it`,
      onpointerdown: start, onkeydown: keys,
    });
    const strip = h("svg:rect", { class: "grab plane across", x: left, y: base, width: Math.max(0, right - left), height: 22, onpointerdown: start });
    svg.replaceChildren(rect, strip, ...rectangles(plane, ranges));
    if (isFocused) rect.focus();
  }

  return { draw, isDragged: () => isDragged, hasMoved: () => hasMoved };
}

/** @param {number[]} range @returns {Interval} */
const sorted = (range) => [Math.min(...range), Math.max(...range)];

/** A range that holds the categories that it touches, since points lie beside their middles. @param {Axis} axis @param {Interval} range @returns {Interval} */
function wholeCategories({ kind, categories: { length: n } }, [low, high]) {
  if (kind !== "category") return [low, high];
  const last = Math.min(n - 1, Math.max(0, Math.ceil(high * n - 1e-6) - 1));
  const first = Math.min(last, Math.max(0, Math.floor(low * n + 1e-6)));
  return [(first + INSIDE) / n, (last + 1 - INSIDE) / n];
}

/** @param {Axis} axis @param {Interval} range */
const textOf = (axis, [low, high]) => `${axis.name} ${textAt(axis, low)} to ${textAt(axis, high)}`;

/** Where ranges of an axis are drawn. @param {PlaneAxis} entry @param {Interval[]} list */
const drawn = (entry, list) => list.filter(([, high]) => high >= 0).map((range) => sorted(range.map((at) => entry.to(Math.max(0, at)))));

/** What the brushes of both axes hold; those of one alone reach across the other. @param {Plane} plane @param {Interval[][]} ranges */
function rectangles(plane, ranges) {
  const [across, upwards] = [drawn(plane.x, ranges[0]), drawn(plane.y, ranges[1])];
  if (!across.length && !upwards.length) return [];
  /** @param {Interval[]} list */
  const orWhole = (list) => (list.length ? list : [WHOLE]);
  return orWhole(across).flatMap(([x0, x1]) => orWhole(upwards).map(([y0, y1]) =>
    h("svg:rect", {
      class: "brush", rx: 2, x: xOf(plane, x0), width: Math.max(3, xOf(plane, x1) - xOf(plane, x0)),
      y: yOf(plane, y1), height: Math.max(3, yOf(plane, y0) - yOf(plane, y1)),
    })));
}

/** The rectangle: the first range of each axis; null without any. @param {Panel} panel @param {Plane} plane @returns {Ranges|null} */
function rangesOf({ brushes: { ranges } }, plane) {
  const [across, upwards] = [plane.x, plane.y].map((entry) => drawn(entry, ranges[entry.axis.name] ?? [])[0] ?? null);
  return across || upwards ? [across, upwards] : null;
}

/** The place of a pointer on both axes, at their ends beyond them. @param {Plane} plane @param {Place} pointer */
function placeAt(plane, { x, y }) {
  /** @param {number} pixel @param {number} zero @param {number} one */
  const share = (pixel, zero, one) => Math.min(1, Math.max(0, (pixel - zero) / (one - zero)));
  return { x: share(x, xOf(plane, 0), xOf(plane, 1)), y: share(y, yOf(plane, 0), yOf(plane, 1)) };
}

/** What becomes of the ranges when the pointer goes on from a place. @param {Plane} plane @param {Ranges|null} before @param {Place} from @returns {(now: Place) => Ranges} */
function dragged(plane, before, from) {
  const begun = placeAt(plane, from);
  const isBelow = from.y > plane.base;
  const grips = before && gripsAt(plane, before, from, isBelow);
  return (now) => {
    const to = placeAt(plane, now);
    if (grips && before) return [moved(before[0], grips[0], begun.x, to.x), moved(before[1], grips[1], begun.y, to.y)];
    return [[begun.x, to.x], isBelow ? before?.[1] ?? null : [begun.y, to.y]];
  };
}

/** What a pointer holds of the rectangle; null outside. @param {Plane} plane @param {Ranges} ranges @param {Place} pointer @param {boolean} isBelow @returns {[Grip, Grip]|null} */
function gripsAt(plane, [across, upwards], { x, y }, isBelow) {
  if (isBelow && !across) return null;
  const [x0, x1] = across ?? WHOLE;
  const [y0, y1] = upwards ?? WHOLE;
  const [left, right, low, high] = [xOf(plane, x0), xOf(plane, x1), yOf(plane, y0), yOf(plane, y1)];
  if (x < left - EDGE || x > right + EDGE || (!isBelow && (y > low + EDGE || y < high - EDGE))) return null;
  /** @param {number} pixel @param {number} from @param {number} to @returns {Grip} */
  const edge = (pixel, from, to) => (Math.abs(pixel - to) <= EDGE ? "high" : Math.abs(pixel - from) <= EDGE ? "low" : "none");
  /** @type {[Grip, Grip]} */
  const grips = [across ? edge(x, left, right) : "none", upwards && !isBelow ? edge(y, low, high) : "none"];
  if (grips[0] !== "none" || grips[1] !== "none") return grips;
  return isBelow ? ["all", "none"] : ["all", "all"];
}

/** A range after the pointer went from one place to another. @param {Interval|null} range @param {Grip} grip @param {number} from @param {number} to @returns {Interval|null} */
function moved(range, grip, from, to) {
  if (!range || grip === "none") return range;
  const [low, high] = range;
  if (grip === "low") return [to, high];
  if (grip === "high") return [low, to];
  const by = Math.min(1 - high, Math.max(-low, to - from));
  return [low + by, high + by];
}

/**
 * The ranges after a key; null when it has no meaning here.
 * @param {Ranges|null} ranges @param {string} key @param {boolean} isStretched
 * @returns {Ranges|null}
 */
function changed(ranges, key, isStretched) {
  if (["Delete", "Backspace", "Escape"].includes(key)) return ranges && [null, null];
  if (!ranges) return key === "Enter" || key === " " ? [FIRST, FIRST] : null;
  if (!ARROWS[key]) return null;
  const [across, upwards] = ranges.map((range, k) => {
    if (!range) return range;
    const [[low, high], step] = [range, STEP * ARROWS[key][k]];
    return isStretched ? /** @type {Interval} */ ([low, Math.min(1, Math.max(low + LEAST, high + step))]) : moved(range, "all", 0, step);
  });
  return [across, upwards];
}
