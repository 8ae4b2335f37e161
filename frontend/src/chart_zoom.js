// Zooming into a chart: a rectangle that is dragged, or keys; a double click shows all again.
import { follow } from "./drag.js";
import { h, pointerIn } from "./dom.js";

/** @import { Panel, Scale, Zoom } from "./types.js" */
/** @import { Plot } from "./chart_axes.js" */

const LEAST = 4; // pixels that a click may move
const THIN = 10; // pixels: a thinner rectangle means the other direction only
const IN = 0.6; // of what was seen, after a key
const SHIFT = 0.2;

/** @type {Record<string, number>} */
const FACTORS = { "+": IN, "=": IN, "-": 1 / IN, _: 1 / IN };
/** @type {Record<string, [x: number, y: number]>} */
const SHIFTS = { ArrowLeft: [-SHIFT, 0], ArrowRight: [SHIFT, 0], ArrowUp: [0, -SHIFT], ArrowDown: [0, SHIFT] };

/**
 * @param {Panel} panel @param {HTMLElement} element  of the chart @param {() => Plot|null} plotOf  what is drawn
 * @param {() => void} onChange
 */
export function zooming(panel, element, plotOf, onChange) {
  const box = h("div", { class: "zoom", hidden: true });
  element.append(box);
  let [isDragged, hasMoved] = [false, false];
  const zoom = {
    /** @type {Zoom} */
    current: { x: null, y: null },
    isDragged: () => isDragged,
    /** Whether the last press of the button was no click. */
    hasMoved: () => hasMoved,
    isOn: () => !!(zoom.current.x || zoom.current.y),
    reset: () => set({ x: null, y: null }),
  };

  /** @param {Zoom} next */
  function set(next) {
    zoom.current = next;
    onChange();
  }

  element.addEventListener("pointerdown", (event) => {
    const plot = plotOf();
    hasMoved = false;
    if (!plot || event.button || !event.isPrimary) return;
    const from = within(plot, pointerIn(element, event));
    element.focus({ preventScroll: true });
    follow(event, (moved) => {
      const to = within(plot, pointerIn(element, moved));
      if (!isDragged && Math.abs(to.x - from.x) < LEAST && Math.abs(to.y - from.y) < LEAST) return;
      if (!isDragged) panel.hover(null);
      isDragged = hasMoved = true;
      showBox(box, plot, from, to);
    }, (ended) => {
      box.hidden = true;
      if (!isDragged) return;
      isDragged = false;
      if (ended.type === "pointercancel") return; // the page is scrolled instead
      const [xs, ys] = rectangle(from, within(plot, pointerIn(element, ended)));
      const now = plotOf(); // new data may have come meanwhile
      if (now) set({ x: xs ? domain(now.x, xs) : zoom.current.x, y: ys ? domain(now.y, ys) : zoom.current.y });
    });
  });
  element.addEventListener("dblclick", () => { if (zoom.isOn()) zoom.reset(); });
  element.addEventListener("keydown", (event) => {
    const plot = plotOf();
    if (!plot || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = afterKey(event.key, plot, zoom.isOn());
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    set(next);
    panel.say(zoom.isOn() ? "zoomed" : "all is shown");
  });
  return zoom;
}

/** @param {Plot} plot @param {{x: number, y: number}} pointer */
const within = ({ left, right, top, base }, { x, y }) => ({ x: Math.min(right, Math.max(left, x)), y: Math.min(base, Math.max(top, y)) });

/**
 * What a rectangle spans, in pixels; null in a direction that was not meant.
 * @param {{x: number, y: number}} from @param {{x: number, y: number}} to
 * @returns {[xs: [number, number]|null, ys: [number, number]|null]}
 */
function rectangle(from, to) {
  const [w, hgt] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  const isThin = Math.min(w, hgt) < THIN; // in the direction in which it is smaller
  return [isThin && w < hgt ? null : [from.x, to.x], isThin && hgt <= w ? null : [from.y, to.y]];
}

/** @param {HTMLElement} box @param {Plot} plot @param {{x: number, y: number}} from @param {{x: number, y: number}} to */
function showBox(box, plot, from, to) {
  const [xs, ys] = rectangle(from, to);
  const [x0, x1] = (xs ?? [plot.left, plot.right]).sort((a, b) => a - b);
  const [y0, y1] = (ys ?? [plot.top, plot.base]).sort((a, b) => a - b);
  box.hidden = false;
  box.style.cssText = `left:${x0}px;top:${y0}px;width:${x1 - x0}px;height:${y1 - y0}px`;
}

/** The values at two places of a scale, the lower one first. @param {Scale} scale @param {[number, number]} places @returns {[number, number]|null} */
function domain(scale, places) {
  const [low, high] = places.map(scale.invert).sort((a, b) => a - b);
  return high > low ? [low, high] : null; // finer than the floats there are
}

/** @param {[number, number]} outer @param {[number, number]} inner */
const covers = (outer, inner) => outer[0] <= inner[0] && outer[1] >= inner[1];

/** What is seen after a key; null when it has no meaning here. @param {string} key @param {Plot} plot @param {boolean} isOn @returns {Zoom|null} */
function afterKey(key, plot, isOn) {
  const { x, y, left, right, top, base, full } = plot;
  if (key === "Escape") return isOn ? { x: null, y: null } : null;
  const [factor, shift] = [FACTORS[key], SHIFTS[key]];
  if (!(factor < 1) && !(isOn && (factor || shift))) return null;
  const half = factor ? factor / 2 : 0.5;
  const [dx, dy] = shift ?? [0, 0];
  /** @param {number} from @param {number} to @param {number} by @returns {[number, number]} */
  const span = (from, to, by) => [from + (0.5 - half + by) * (to - from), from + (0.5 + half + by) * (to - from)];
  const [xs, ys] = [domain(x, span(left, right, dx)), domain(y, span(top, base, dy))];
  if (!xs || !ys) return null;
  return covers(xs, full.x) && covers(ys, full.y) ? { x: null, y: null } : { x: xs, y: ys };
}
