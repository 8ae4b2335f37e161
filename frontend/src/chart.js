// A canvas with axes around it, of which the charts of the metric are made: what is drawn comes as
// a scene, and the pointer finds its points, opens their runs and zooms.
import { arrowsOf } from "./chart_arrows.js";
import { HEIGHT, drawAxes, inside, plotOf } from "./chart_axes.js";
import { zooming } from "./chart_zoom.js";
import { context, h, pointerIn, setSize } from "./dom.js";

/** @import { DataPoint, Panel, Place, Scene, Zoom } from "./types.js" */
/** @import { Plot } from "./chart_axes.js" */

const NEAR = 14; // pixels within which the pointer means a point
const TOUCH = "touch";

/**
 * @param {Panel} panel
 * @param {string} label
 * @param {(zoom: Zoom) => Scene|string} compose  a string says why there is nothing to draw
 * @param {() => void} [onZoom]
 */
export function chart(panel, label, compose, onZoom = () => {}) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const top = h("canvas", { "aria-hidden": true });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  const tip = h("div", { class: "tip", hidden: true });
  /** @type {{scene: Scene, plot: Plot, places: Place[]}|null} */
  let shown = null;
  /** @type {Place|null} */
  let under = null; // the pointer
  const element = h("div", {
    class: "chart plot", style: `height:${HEIGHT}px`, tabindex: 0, role: "group",
    "aria-label": `${label}; plus and minus zoom, arrow keys move, Escape shows all`,
    onpointermove: (event) => point(event),
    onpointerdown: (event) => { if (event.pointerType === TOUCH) point(event); },
    onpointerleave: (event) => { if (event.pointerType !== TOUCH) leave(); },
    onclick: () => { if (panel.hovered && !zoom.hasMoved()) panel.open(panel.hovered); },
  }, canvas, top, axes, tip);
  const zoom = zooming(panel, element, () => shown?.plot ?? null, () => {
    draw();
    onZoom();
  });

  /** @param {PointerEvent} event */
  function point(event) {
    if (zoom.isDragged()) return;
    const found = shown && nearest(shown, pointerIn(element, event));
    if (found === under) return;
    under = found;
    panel.hover(found?.id ?? null);
    mark();
  }

  function leave() {
    under = null;
    panel.hover(null);
  }

  function draw() {
    const width = element.clientWidth;
    const ctx = context(canvas, width, HEIGHT);
    setSize(axes, width, HEIGHT);
    const scene = compose(zoom.current);
    const before = under;
    under = shown = null;
    if (typeof scene === "string") {
      axes.replaceChildren(h("svg:text", { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, scene));
    } else {
      const plot = plotOf(scene, zoom.current, width);
      shown = { scene, plot, places: placesOf(scene, plot) };
      if (before && before.id === panel.hovered) under = nearestOf(shown.places, before);
      axes.replaceChildren(...drawAxes(scene, plot), ...(scene.marks?.(plot.x, plot.y) ?? []),
        ...(zoom.current.y ? [] : arrowsOf(scene, plot)));
      if (ctx) clipped(ctx, plot, () => scene.paint(ctx, plot.x, plot.y));
    }
    mark();
  }

  /** Only what follows the pointer: cheap enough for every move. */
  function mark() {
    const ctx = context(top, element.clientWidth, HEIGHT);
    const { hovered } = panel;
    if (under && under.id !== hovered) under = null;
    tip.hidden = true;
    if (!shown || !hovered) return;
    const { scene, plot, places } = shown;
    const place = under ?? lastPlace(places, hovered) ?? undrawn(scene, plot, hovered);
    if (ctx) clipped(ctx, plot, () => scene.highlight(ctx, plot.x, plot.y, hovered, place));
    if (place && isIn(place, plot)) showTip(tip, scene.text(place.point), place, plot.width);
  }

  return { element, draw, mark, zoom };
}

/** Draws within the plot only. @param {CanvasRenderingContext2D} ctx @param {Plot} plot @param {() => void} paint */
function clipped(ctx, { left, right, base, isWhole }, paint) {
  ctx.save();
  ctx.beginPath();
  // Half of a point at an end may lie beyond it, unless there is more to see there.
  const room = isWhole ? 8 : 0;
  ctx.rect(left - room, 0, right - left + 2 * room, base + 1);
  ctx.clip();
  paint();
  ctx.restore();
}

/** Where the points of a scene are drawn; those off the scale at its end. @param {Scene} scene @param {Plot} plot @returns {Place[]} */
const placesOf = (scene, plot) => scene.points.map((point) => placeOf(point, plot));

/** @param {DataPoint} point @param {Plot} plot @returns {Place} */
const placeOf = (point, { x, y }) => ({ id: point.id, point, x: x(point.x), y: y(inside(y, point.y)) });

/** @param {Place} place @param {Plot} plot */
const isIn = ({ x, y }, { left, right, base }) => x >= left - 1 && x <= right + 1 && y >= 0 && y <= base + 1;

/**
 * The point that the pointer means: the nearest one, or of the line that it is nearest to.
 * @param {{scene: Scene, plot: Plot, places: Place[]}} shown @param {{x: number, y: number}} pointer
 */
function nearest({ scene, plot, places }, { x, y }) {
  /** @type {Place|null} */
  let best = null;
  let least = NEAR * NEAR;
  /** @type {Place|null} */
  let before = null;
  for (const place of places) {
    const from = scene.isLine && before?.id === place.id ? before : place;
    before = place;
    // Most are far away: a look at x is enough.
    if (Math.min(from.x, place.x) > x + NEAR || Math.max(from.x, place.x) < x - NEAR) continue;
    const distance = awayFrom(from, place, x, y);
    if (distance >= least) continue;
    const end = (place.x - x) ** 2 + (place.y - y) ** 2 <= (from.x - x) ** 2 + (from.y - y) ** 2 ? place : from;
    [best, least] = [isIn(end, plot) ? end : best, isIn(end, plot) ? distance : least];
  }
  return best;
}

/** The square of a point's distance from a piece of a line. @param {Place} a @param {Place} b @param {number} x @param {number} y */
function awayFrom(a, b, x, y) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const share = length ? Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length)) : 0;
  return (a.x + share * dx - x) ** 2 + (a.y + share * dy - y) ** 2;
}

/** @param {Place[]} places @param {string} id */
function lastPlace(places, id) {
  for (let i = places.length - 1; i >= 0; i--) if (places[i].id === id) return places[i];
  return null;
}

/** The place of the same run that is nearest to an earlier one. @param {Place[]} places @param {Place} before */
function nearestOf(places, before) {
  /** @type {Place|null} */
  let best = null;
  for (const place of places)
    if (place.id === before.id && (!best || awayFrom(place, place, before.x, before.y) < awayFrom(best, best, before.x, before.y))) best = place;
  return best;
}

/** The place of a run that is not drawn among so many. @param {Scene} scene @param {Plot} plot @param {string} id */
function undrawn(scene, plot, id) {
  const point = scene.undrawn?.(id);
  return point ? placeOf(point, plot) : null;
}

/** @param {HTMLElement} tip @param {string} text @param {{x: number, y: number}} place @param {number} width */
function showTip(tip, text, { x, y }, width) {
  tip.hidden = false;
  tip.textContent = text;
  const size = tip.offsetWidth;
  tip.style.left = `${Math.max(0, x + 10 + size > width ? x - 10 - size : x + 10)}px`;
  tip.style.top = `${y > 34 ? y - 28 : y + 10}px`;
}
