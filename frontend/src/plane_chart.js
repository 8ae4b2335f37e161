// Runs as points on a plane of two axes, with a rectangle that selects runs: a brush on each of
// the two axes, the same that parallel coordinates have.
import { MANY, circle } from "./chart_marks.js";
import { colouring } from "./colour.js";
import { context, h, pointerIn, setSize } from "./dom.js";
import { planeOf } from "./plane.js";
import { axesOf } from "./plane_axes.js";
import { planeBrushing } from "./plane_brush.js";
import { newTip } from "./tip.js";

/** @import { Panel, Part, Point, Row } from "./types.js" */
/** @import { Plane, PlaneAxis } from "./plane.js" */
/** @typedef {Point & {row: Row, isStar: boolean}} PlanePoint */
/**
 * What is drawn: `what` for people who cannot see it, the axes (null without two), the points with
 * stars last, what lies among the axes, and words on a point.
 * @typedef {{name: string, what: string, label: string, height: number, none: string, axes(): [PlaneAxis, PlaneAxis]|null, points(plane: Plane): PlanePoint[], marks(plane: Plane, points: PlanePoint[]): SVGElement[], describe(point: PlanePoint): string, star(panel: Panel): string}} Content
 */

const NEAR = 14; // pixels within which the pointer means a run
const FOLLOWING = 2000; // points that are drawn anew while a brush is dragged
const STAR = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => {
  const [angle, radius] = [(k * Math.PI) / 5 - Math.PI / 2, k % 2 ? 0.45 : 1];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});

/** @param {Panel} panel @param {Content} content @returns {Required<Part> & {element: HTMLElement, drawBrush(): void}} */
export function planeChart(panel, content) {
  const canvas = h("canvas", { role: "img", "aria-label": content.label });
  const top = h("canvas", { "aria-hidden": true });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  const overlay = h("svg:svg", { class: "axes plane-brush" });
  /** @type {PlanePoint[]} */
  let points = [];
  /** @type {Plane|null} */
  let plane = null;
  let isUnder = false; // the pointer here
  const element = h("div", {
    class: "chart plane-chart", style: `min-height:${content.height}px`,
    onpointermove: (event) => {
      if (brush.isDragged()) return;
      isUnder = true;
      panel.hover(nearest(points, pointerIn(element, event))?.id ?? null);
    },
    onpointerleave: () => { isUnder = false; panel.hover(null); },
    onclick: () => { if (isUnder && panel.hovered && !brush.hasMoved()) panel.open(panel.hovered); },
  }, canvas, top, axes, overlay);
  const brush = planeBrushing(panel, content, () => plane, overlay, (event) => pointerIn(element, event));
  const tip = newTip(element);
  const height = () => element.clientHeight || content.height;

  function draw() {
    const width = element.clientWidth;
    const ctx = context(canvas, width, height());
    for (const svg of [axes, overlay]) setSize(svg, width, height());
    const pair = content.axes();
    plane = pair && planeOf(pair, width, height());
    points = plane ? content.points(plane) : [];
    if (!plane || !points.length) {
      overlay.replaceChildren();
      axes.replaceChildren(h("svg:text", { x: width / 2, y: height() / 2, "text-anchor": "middle" }, content.none));
    } else {
      axes.replaceChildren(...axesOf(plane), ...content.marks(plane, points));
      if (ctx) drawPoints(panel, ctx, points, content.star(panel));
      brush.draw();
    }
    mark();
  }

  /** Only what follows the pointer. */
  function mark() {
    const ctx = context(top, element.clientWidth, height());
    const point = panel.hovered && points.find(({ id }) => id === panel.hovered);
    tip.show(point ? content.describe(point) : "", point || { x: 0, y: 0 });
    if (point && ctx) circle(ctx, point, 8, panel.colours.hover);
  }

  return { element, draw, mark, drawBrush: () => (points.length > FOLLOWING ? brush.draw() : draw()) };
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {PlanePoint[]} points @param {string} starColour */
function drawPoints(panel, ctx, points, starColour) {
  const { key, colours } = colouring(panel);
  for (const { row, isStar, x, y } of points) {
    ctx.globalAlpha = panel.isOut(row.id) ? 0.15 : isStar || row.beyond ? 1 : 0.75;
    ctx.fillStyle = isStar ? starColour : colours[key(row) ?? -1] ?? panel.colours.faint;
    if (points.length > MANY && !isStar) ctx.fillRect(x - 1.5, y - 1.5, 3, 3);
    else if (isStar) star(ctx, x, y, 7);
    else dot(ctx, x, y, row.beyond ? panel.colours.faint : null);
  }
  ctx.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} radius */
function star(ctx, x, y, radius) {
  ctx.beginPath();
  STAR.forEach(([dx, dy], k) => ctx[k ? "lineTo" : "moveTo"](x + radius * dx, y + radius * dy));
  ctx.fill();
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {string|null} hollow  colour of its ring */
function dot(ctx, x, y, hollow) {
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.arc(x, y, 3.4, 0, 2 * Math.PI);
  if (hollow === null) return ctx.fill();
  ctx.strokeStyle = hollow;
  ctx.stroke();
}

/** @param {PlanePoint[]} points @param {{x: number, y: number}} pointer */
function nearest(points, { x, y }) {
  /** @type {PlanePoint|null} */
  let best = null;
  let least = NEAR * NEAR;
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance <= least) [best, least] = [point, distance]; // of equals a star
  }
  return best;
}
