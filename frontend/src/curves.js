// Two charts side by side: the metric run by run with the best so far, and the runs' curves.
import { bestSoFar, isCounted, number } from "./model.js";
import { colouring } from "./colour.js";
import { context, h, setText } from "./dom.js";
import { linear, log } from "./scale.js";
import { twin } from "./twin.js";

const HEIGHT = 170;
const MARGIN = { top: 8, right: 10, bottom: 22, left: 46 };
const MOST_CURVES = 400; // more would be a carpet, and slow
const NEAR = 14; // pixels within which the pointer means a point

/** @param {any} panel */
export function charts(panel) {
  const progress = chart(panel, "Metric of each run and the best so far", drawProgress);
  const curves = chart(panel, "Learning curves of the runs", drawCurves);
  const told = h("span", { class: "muted" });
  const bestTable = twin("Best so far", ["run", "value", "best so far"], () =>
    bestSoFar(panel.picture.rows, panel.picture.metric.goal)
      .map(({ row, best }) => [row.number, number(row.metric), number(best)]));
  const curveTable = twin("Learning curves", ["run", "state", "first step", "last step", "values"], () =>
    panel.picture.rows.filter((row) => row.curve.length)
      .map((row) => [row.number, row.state, row.span[0], row.span[1], row.curve.map((value) => number(value, 3)).join(" ")]));
  const element = h("div", { class: "charts" },
    h("figure", {}, h("figcaption", {}, "Best so far"), progress.element, bestTable.element),
    h("figure", {}, h("figcaption", {}, "Learning curves ", told), curves.element, curveTable.element));
  return {
    element,
    draw() {
      element.hidden = !panel.picture.metric;
      if (element.hidden) return;
      progress.draw();
      curves.draw();
      bestTable.draw();
      curveTable.draw();
      const n = panel.picture.rows.filter((row) => row.curve.length > 1).length;
      setText(told, n > MOST_CURVES ? `${MOST_CURVES} of ${n.toLocaleString("en")}` : "");
    },
  };
}

/** A canvas with axes around it; `paint` fills it and returns the points for the pointer. */
function chart(panel, label, paint) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  const element = h("div", { class: "chart", style: `height:${HEIGHT}px` }, canvas, axes);
  let points = [];
  element.addEventListener("pointermove", (event) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [found, least] = [null, NEAR * NEAR];
    for (const point of points) {
      const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (distance < least) [found, least] = [point, distance];
    }
    panel.hover(found?.id ?? null);
  });
  element.addEventListener("pointerleave", () => panel.hover(null));
  element.addEventListener("click", () => panel.hovered && panel.open(panel.hovered));
  return {
    element,
    draw() {
      const width = element.clientWidth;
      const ctx = context(canvas, width, HEIGHT);
      axes.setAttribute("width", width);
      axes.setAttribute("height", HEIGHT);
      points = paint(panel, ctx, axes, width) ?? [];
    },
  };
}

function drawProgress(panel, ctx, axes, width) {
  const { picture, colours } = panel;
  const found = bestSoFar(picture.rows, picture.metric.goal);
  const axis = picture.axes.find((candidate) => candidate.is_metric);
  if (!found.length) return empty(axes, width, "No run has ended with a value yet");
  const last = picture.rows[picture.rows.length - 1].number;
  const [low, high] = extent(found.map(({ row }) => row.metric));
  const x = linear([1, Math.max(last, 2)], [MARGIN.left + 4, width - MARGIN.right - 4]);
  const y = yScale(axis, low, high, axis);
  drawAxes(axes, x, y, width, "run");
  const points = found.map(({ row }) => ({ id: row.id, row, x: x(row.number), y: y(inside(y, row.metric)) }));
  if (!ctx) return points;
  ctx.beginPath();
  let level = y(inside(y, found[0].best));
  ctx.moveTo(x(found[0].row.number), level);
  for (const { row, best, isRecord } of found) {
    if (!isRecord) continue;
    ctx.lineTo(x(row.number), level);
    level = y(inside(y, best));
    ctx.lineTo(x(row.number), level);
  }
  ctx.lineTo(x(last), level);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = colours.line;
  ctx.stroke();
  const many = points.length > 600;
  const { key, colours: ramp } = colouring(panel);
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.fillStyle = ramp[key(point.row)] ?? colours.faint;
    if (many) {
      ctx.fillRect(point.x - 1.5, point.y - 1.5, 3, 3);
      continue;
    }
    dot(ctx, point, 3.2);
    ctx.fill();
    ctx.strokeStyle = colours.line;
    ctx.lineWidth = 0.5;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ring(panel, ctx, points);
  return points;
}

function drawCurves(panel, ctx, axes, width) {
  const { picture, colours } = panel;
  const axis = picture.axes.find((candidate) => candidate.is_metric);
  const rows = pick(panel, picture.rows.filter((row) => row.curve.length > 1));
  if (!rows.length) return empty(axes, width, "No curves: the metric is logged once a run");
  const step = (row, i) => row.span[0] + ((row.span[1] - row.span[0]) * i) / (row.curve.length - 1);
  // The first values of a training are often far away and not what is compared: the axis ends
  // where one value in fifty is beyond.
  const sorted = rows.flatMap((row) => row.curve).sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const isMinimized = picture.metric.goal !== "maximize";
  const [low, high] = isMinimized ? [sorted[0], at(0.98)] : [at(0.02), sorted[sorted.length - 1]];
  const x = linear(
    [Math.min(...rows.map((row) => row.span[0])), Math.max(...rows.map((row) => row.span[1]))],
    [MARGIN.left + 4, width - MARGIN.right - 4]);
  const y = yScale(low > 0 && axis?.kind === "log" ? axis : null, low, high, null);
  drawAxes(axes, x, y, width, "step");
  const ends = rows.map((row) => ({
    id: row.id, x: x(row.span[1]), y: y(inside(y, row.curve[row.curve.length - 1])),
  }));
  const points = rows.length > 200 ? ends
    : rows.flatMap((row) => row.curve.map((value, i) => ({ id: row.id, x: x(step(row, i)), y: y(inside(y, value)) })));
  if (!ctx) return points;
  ctx.save();
  ctx.beginPath();
  ctx.rect(MARGIN.left, 0, width - MARGIN.left, HEIGHT - MARGIN.bottom + 1);
  ctx.clip();
  const draw = (row, colour, alpha, thickness) => {
    ctx.beginPath();
    row.curve.forEach((value, i) => ctx[i ? "lineTo" : "moveTo"](x(step(row, i)), y(value)));
    ctx.strokeStyle = colour;
    ctx.globalAlpha = alpha;
    ctx.lineWidth = thickness;
    ctx.stroke();
  };
  const busy = rows.length > 60 ? 0.45 : 0.75;
  const { key, colours: ramp } = colouring(panel);
  const out = (row) => panel.isOut(row.id);
  for (const row of rows) if (out(row)) draw(row, colours.faint, 0.35, 1);
  for (const row of rows) {
    if (out(row)) continue;
    const colour = row.active ? colours.active
      : (isCounted(row) && ramp[key(row)]) || colours.faint;
    draw(row, colour, row.active ? 1 : busy, row.active ? 1.8 : 1.2);
  }
  const hovered = rows.find((row) => row.id === panel.hovered);
  if (hovered) draw(hovered, colours.hover, 1, 2.4);
  ctx.restore();
  ctx.globalAlpha = 1;
  return points;
}

/** Smallest and largest; `Math.min(...values)` has a limit. @param {number[]} values */
const extent = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** At most MOST_CURVES rows: those under way, the selected ones, then evenly spaced. */
function pick(panel, rows) {
  if (rows.length <= MOST_CURVES) return rows;
  const first = rows.filter((row) => row.active || (panel.selected && !panel.isOut(row.id)) || row.id === panel.hovered);
  const taken = new Set(first);
  const others = first.length < MOST_CURVES ? rows.filter((row) => !taken.has(row)) : [];
  const stride = Math.ceil(others.length / Math.max(1, MOST_CURVES - first.length));
  return [...first.slice(-MOST_CURVES), ...others.filter((_, i) => i % stride === 0)].sort((a, b) => a.number - b.number);
}

function yScale(axis, low, high, ends) {
  // The metric's own axis ends where diverged runs would flatten the others.
  if (ends && ends.high > ends.low) [low, high] = [ends.low, ends.high];
  if (axis?.kind === "log" && low > 0)
    return log([low, high > low ? high : low * 2], [HEIGHT - MARGIN.bottom - 4, MARGIN.top]);
  // Halved and bounded, since ±1e308 are further apart than any float.
  const room = high > low ? (high / 2 - low / 2) * 0.1 : Math.abs(low) * 0.1 || 1;
  const most = Number.MAX_VALUE;
  return linear([Math.max(-most, low - room), Math.min(most, high + room)], [HEIGHT - MARGIN.bottom, MARGIN.top]);
}

const inside = (scale, value) => {
  const [low, high] = scale.domain;
  return Math.min(high, Math.max(low, value));
};

function drawAxes(svg, x, y, width, label) {
  const parts = [];
  const base = HEIGHT - MARGIN.bottom;
  let ticks = y.ticks(4);
  while (ticks.length > 7) ticks = ticks.filter((_, i) => i % 2 === 0);
  for (const value of ticks) {
    parts.push(h("svg:line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value), class: "grid" }));
    parts.push(h("svg:text", { x: MARGIN.left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, number(value)));
  }
  const seen = new Set();
  for (const value of x.ticks(Math.max(2, Math.floor(width / 90))).filter(Number.isInteger)) {
    if (seen.has(value)) continue;
    seen.add(value);
    parts.push(h("svg:text", { x: x(value), y: base + 15, "text-anchor": "middle" }, value.toLocaleString("en")));
  }
  parts.push(h("svg:text", { x: MARGIN.left - 6, y: base + 15, "text-anchor": "end" }, label));
  parts.push(h("svg:line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: base, y2: base, class: "base" }));
  svg.replaceChildren(...parts);
}

function empty(svg, width, text) {
  svg.replaceChildren(h("svg:text", { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, text));
  return [];
}

function dot(ctx, { x, y }, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

function ring(panel, ctx, points) {
  const point = points.find(({ id }) => id === panel.hovered);
  if (!point) return;
  dot(ctx, point, 6);
  ctx.lineWidth = 2;
  ctx.strokeStyle = panel.colours.hover;
  ctx.stroke();
}
