// The front: two objectives against each other, with a rectangle that selects runs. The
// rectangle is a brush on each of the two axes, the same that parallel coordinates have.
import { context, h, pointerIn, setSize } from "./dom.js";
import { frontBrushing } from "./front_brush.js";
import { colouring } from "./colour.js";
import { objectiveAxes, position } from "./model.js";
import { FRONT_HEIGHT, LETTER, drawnPair, planeOf, xOf, yOf } from "./front_plane.js";
import { number } from "./wording.js";

/** @import { ObjectiveAxis, Panel, Part, Point, Row } from "./types.js" */
/** @import { Plane } from "./front_plane.js" */
/** @typedef {Point & {row: Row, isFront: boolean}} FrontPoint */

const NEAR = 14; // pixels within which the pointer means a run
const MANY = 600; // points, from which on they are squares: faster to draw
const STAR = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => {
  const [angle, radius] = [(k * Math.PI) / 5 - Math.PI / 2, k % 2 ? 0.45 : 1];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});

/** @param {Panel} panel @returns {Part & {element: HTMLElement}} */
export function frontChart(panel) {
  const canvas = h("canvas", { role: "img", "aria-label": "The runs by two objectives; the table below holds those on the front" });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  const overlay = h("svg:svg", { class: "axes front-brush" });
  const tip = h("div", { class: "tip", hidden: true });
  /** @type {FrontPoint[]} */
  let points = [];
  /** @type {Plane|null} */
  let plane = null;
  const brush = frontBrushing(panel, () => plane, overlay, (event) => pointerIn(element, event));
  const element = h("div", {
    class: "chart", style: `height:${FRONT_HEIGHT}px`,
    onpointermove: (event) => {
      if (brush.isDragged()) return;
      const pointer = pointerIn(element, event);
      const found = nearest(points, pointer);
      panel.hover(found?.id ?? null);
    },
    onpointerleave: () => panel.hover(null),
    onclick: () => { if (panel.hovered && !brush.hasMoved()) panel.open(panel.hovered); },
  }, canvas, axes, overlay, tip);

  function draw() {
    const width = element.clientWidth;
    const ctx = context(canvas, width, FRONT_HEIGHT);
    setSize(axes, width, FRONT_HEIGHT);
    setSize(overlay, width, FRONT_HEIGHT);
    const pair = drawnPair(panel);
    plane = pair && planeOf(pair, width);
    points = plane ? pointsOf(panel, plane) : [];
    if (!plane || !points.length) {
      overlay.replaceChildren();
      const text = "No run has ended with a value of each objective yet";
      axes.replaceChildren(h("svg:text", { x: width / 2, y: FRONT_HEIGHT / 2, "text-anchor": "middle" }, text));
    } else {
      axes.replaceChildren(...axesOf(plane), ...stepsOf(panel, points, plane));
      if (ctx) drawPoints(panel, ctx, points);
      brush.draw();
    }
    drawTip();
  }

  /** What the run under the pointer is. */
  function drawTip() {
    const point = points.find(({ id }) => id === panel.hovered);
    tip.hidden = !point;
    if (!point) return;
    tip.textContent = describe(panel, point);
    const { clientWidth } = element;
    tip.style.left = `${Math.max(0, Math.min(clientWidth - tip.offsetWidth, point.x + 10))}px`;
    tip.style.top = `${point.y > 40 ? point.y - 30 : point.y + 12}px`;
  }

  return { element, draw };
}

/** @param {Panel} panel @param {FrontPoint} point */
function describe(panel, { row, isFront }) {
  const values = objectiveAxes(panel.picture).map(({ metric, axis, i }) =>
    `${metric.name} ${axis.is_metric ? row.metric_text : number(row.places[i] ?? NaN, 4)}`);
  const place = isFront ? "on the front" : row.beyond ? `beyond a limit: ${row.beyond}` : "another run is as good in all and better in one";
  return [`run ${row.number}`, ...values, place].join(" · ");
}

/** The runs that count and have both objectives, those of the front last. @param {Panel} panel @param {Plane} plane @returns {FrontPoint[]} */
function pointsOf(panel, plane) {
  const { rows, axes, front } = panel.picture;
  const onFront = new Set(front);
  const points = [];
  for (const row of rows) {
    if (!row.counts || row.metric === null) continue;
    const at = panel.positions(row, axes);
    const [x, y] = [at[plane.x.i], at[plane.y.i]];
    if (x < 0 || y < 0) continue;
    points.push({ id: row.id, row, x: xOf(plane, x), y: yOf(plane, y), isFront: onFront.has(row.id) });
  }
  return points.sort((a, b) => Number(a.isFront) - Number(b.isFront));
}

/** @param {Plane} plane @returns {SVGElement[]} */
function axesOf(plane) {
  const { x, y, left, right, top, base } = plane;
  let free = 0;
  /** @param {ObjectiveAxis} objective */
  const name = ({ metric }) => `${metric.name} ${metric.goal === "maximize" ? "↑" : "↓"}`;
  return [
    ...y.axis.ticks.flatMap(([at, label]) => [
      h("svg:line", { x1: left, x2: right, y1: yOf(plane, at), y2: yOf(plane, at), class: "grid" }),
      h("svg:text", { x: left - 6, y: yOf(plane, at), dy: "0.32em", "text-anchor": "end" }, label)]),
    ...x.axis.ticks.flatMap(([at, label]) => {
      const [middle, half] = [xOf(plane, at), (label.length * LETTER) / 2];
      const fits = middle - half >= free; // labels side by side need room
      if (fits) free = middle + half + 6;
      return [
        h("svg:line", { x1: middle, x2: middle, y1: top, y2: base, class: "grid" }),
        fits ? h("svg:text", { x: middle, y: base + 15, "text-anchor": "middle" }, label) : h("svg:g")];
    }),
    h("svg:line", { x1: left, x2: right, y1: base, y2: base, class: "base" }),
    h("svg:text", { x: 2, y: 13, class: "strong" }, name(y)),
    h("svg:text", { x: right, y: base + 32, "text-anchor": "end", class: "strong" }, name(x)),
    ...limitsOf(plane),
  ];
}

/** Lines at the limits that lie on the axes. @param {Plane} plane @returns {SVGElement[]} */
function limitsOf(plane) {
  const { x, y, left, right, top, base } = plane;
  /** @param {ObjectiveAxis} objective @returns {[at: number, text: string][]} */
  const limits = ({ axis, metric }) => [["at least", metric.at_least], ["at most", metric.at_most]].flatMap(([word, end]) =>
    (typeof end === "number" && end >= axis.low && end <= axis.high
      ? [/** @type {[number, string]} */ ([position(axis, end), `${word} ${number(end)}`])] : []));
  return [
    ...limits(x).flatMap(([at, text]) => [
      h("svg:line", { x1: xOf(plane, at), x2: xOf(plane, at), y1: top, y2: base, class: "limit" }),
      h("svg:text", { x: xOf(plane, at) + 4, y: top + 9, class: "tick" }, text)]),
    ...limits(y).flatMap(([at, text]) => [
      h("svg:line", { x1: left, x2: right, y1: yOf(plane, at), y2: yOf(plane, at), class: "limit" }),
      h("svg:text", { x: right, y: yOf(plane, at) - 4, "text-anchor": "end", class: "tick" }, text)]),
  ];
}

/** With two objectives the steps between the front and what it dominates. @param {Panel} panel @param {FrontPoint[]} points @param {Plane} plane @returns {SVGElement[]} */
function stepsOf(panel, points, plane) {
  const front = points.filter(({ isFront }) => isFront);
  if (objectiveAxes(panel.picture).length !== 2 || !front.length) return [];
  const isMax = plane.x.metric.goal === "maximize";
  front.sort((a, b) => (isMax ? b.x - a.x : a.x - b.x));
  const [xEnd, yEnd] = [xOf(plane, isMax ? 0 : 1), yOf(plane, plane.y.metric.goal === "maximize" ? 0 : 1)];
  const d = front.map(({ x, y }) => `H${x.toFixed(1)}V${y.toFixed(1)}`).join("");
  return [h("svg:path", { class: "steps", d: `M${front[0].x.toFixed(1)} ${yEnd.toFixed(1)}${d}H${xEnd.toFixed(1)}` })];
}

/** @param {Panel} panel @param {CanvasRenderingContext2D} ctx @param {FrontPoint[]} points */
function drawPoints(panel, ctx, points) {
  const { key, colours } = colouring(panel);
  ctx.lineWidth = 1;
  for (const point of points) {
    const { row, isFront, x, y } = point;
    ctx.globalAlpha = panel.isOut(row.id) ? 0.15 : isFront || row.beyond ? 1 : 0.6;
    ctx.fillStyle = isFront ? panel.colours.front : colours[key(row) ?? -1] ?? panel.colours.faint;
    if (points.length > MANY && !isFront) ctx.fillRect(x - 1.5, y - 1.5, 3, 3);
    else if (isFront) star(ctx, point, 7);
    else circle(ctx, point, 3.4, row.beyond ? panel.colours.faint : null);
  }
  ctx.globalAlpha = 1;
  const hovered = points.find(({ id }) => id === panel.hovered);
  if (!hovered) return;
  ctx.lineWidth = 2;
  circle(ctx, hovered, 8, panel.colours.hover);
}

/** @param {CanvasRenderingContext2D} ctx @param {Point} point @param {number} radius */
function star(ctx, { x, y }, radius) {
  ctx.beginPath();
  STAR.forEach(([dx, dy], k) => ctx[k ? "lineTo" : "moveTo"](x + radius * dx, y + radius * dy));
  ctx.fill();
}

/** @param {CanvasRenderingContext2D} ctx @param {Point} point @param {number} radius @param {string|null} hollow  colour of its ring */
function circle(ctx, { x, y }, radius, hollow) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  if (hollow === null) return ctx.fill();
  ctx.strokeStyle = hollow;
  ctx.stroke();
}

/** @param {FrontPoint[]} points @param {{x: number, y: number}} pointer */
function nearest(points, { x, y }) {
  /** @type {FrontPoint|null} */
  let best = null;
  let least = NEAR * NEAR;
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance <= least) [best, least] = [point, distance]; // of equals one of the front
  }
  return best;
}
