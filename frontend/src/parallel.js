// Parallel coordinates with brushes: an axis for each parameter, the metric last, and a line
// for each run.
import { axesMenu } from "./axes_menu.js";
import { brushing } from "./brushing.js";
import { context, h, isWithin } from "./dom.js";
import { bestRange, metricAxis } from "./model.js";
import { axesDrawing } from "./parallel_axes.js";
import { HEIGHT, newLayout } from "./parallel_layout.js";
import { drawLines, lineAt, traceLine } from "./parallel_lines.js";

/** @import { DrawnAxis, Panel, Row } from "./types.js" */
/** @import { Brushing } from "./brushing.js" */
/** @import { Layout } from "./parallel_layout.js" */

const SHARES = [5, 10, 25, 50]; // per cent of the runs that can be picked as the best

/** @param {Panel} panel */
export function parallel(panel) {
  const base = h("canvas", { role: "img", "aria-label": "Parallel coordinates of the runs; the table of runs holds the same values" });
  const top = h("canvas", { "aria-hidden": true });
  const svg = h("svg:svg", { class: "axes", role: "group", "aria-label": "Axes" });
  const tip = runTip(panel);
  const plot = h("div", {
    class: "chart", style: `height:${HEIGHT}px`,
    onpointermove: (event) => { if (!brush.isDragged()) hoverLine(panel, layout, tip, layout.pointer(event)); },
    onpointerleave: () => panel.hover(null),
    onclick: (event) => {
      if (panel.hovered && !isWithin(event, "[data-axis]")) panel.open(panel.hovered);
    },
  }, base, top, svg, tip.element);
  const layout = newLayout(panel, plot);
  const brush = brushing(panel, layout);
  const axes = axesDrawing(panel, layout, brush, svg);
  const menu = axesMenu(panel, layout);
  const caption = h("span", { class: "muted" });
  const best = bestChoice(panel, brush.setRanges);
  const element = h("section", { class: "parallel", "aria-label": "Parallel coordinates" },
    h("div", { class: "heading" }, h("b", {}, "Parallel coordinates"), " ", caption),
    h("div", { class: "options small" }, menu.element, best, menu.legend), plot);

  function draw() {
    layout.width = plot.clientWidth;
    const drawn = layout.axes();
    best.hidden = !panel.picture.metric;
    menu.draw();
    caption.textContent = captionOf(panel, drawn);
    axes.draw(drawn);
    const ctx = context(base, layout.width, HEIGHT);
    if (ctx) drawLines(panel, layout, ctx, drawn, brush.isDragged());
    mark();
  }

  /** Only what follows the pointer; cheap enough for every move. */
  function mark() {
    const ctx = context(top, layout.width, HEIGHT);
    const row = panel.hovered ? panel.byId.get(panel.hovered) : undefined;
    tip.draw(row);
    for (const group of svg.children) group.classList.toggle("lit", group.getAttribute("data-axis") === panel.parameter);
    if (ctx && row) traceLine(panel, layout, ctx, row);
  }

  return { element, draw, mark };
}

/** @param {Panel} panel @param {Layout} layout @param {ReturnType<typeof runTip>} tip @param {{x: number, y: number}} pointer */
function hoverLine(panel, layout, tip, { x, y }) {
  const drawn = layout.axes();
  if (drawn.length < 2) return;
  tip.move(Math.min(layout.width - tip.element.offsetWidth, x + 12), y - 28);
  panel.hover(lineAt(panel, layout, drawn, x, y));
}

/** What the line under the pointer is. @param {Panel} panel */
function runTip(panel) {
  const element = h("div", { class: "tip", hidden: true });
  return {
    element,
    /** @param {Row|undefined} row */
    draw(row) {
      element.hidden = !row;
      if (!row) return;
      const { metric } = panel.picture;
      element.textContent = `run ${row.number} · ${row.word}${metric && row.metric_text ? ` · ${metric.name} ${row.metric_text}` : ""}`;
    },
    /** @param {number} x @param {number} y */
    move(x, y) {
      element.style.left = `${Math.max(0, x)}px`;
      element.style.top = `${Math.max(0, y)}px`;
    },
  };
}

/**
 * A choice that brushes the metric so that the best of the counted runs are inside.
 * @param {Panel} panel @param {Brushing["setRanges"]} setRanges
 */
function bestChoice(panel, setRanges) {
  const choice = h("select", { "aria-label": "Select the best runs", onchange: () => {
    const share = Number(choice.value) / 100;
    choice.value = "";
    const { rows, axes, metric } = panel.picture;
    const axis = metricAxis(axes);
    const range = axis && metric && share ? bestRange(rows, axis, metric.goal, share) : null;
    if (axis && range) setRanges(axis, [range], true);
  } },
    h("option", { value: "" }, "best…"), SHARES.map((percent) => h("option", { value: percent }, `best ${percent} %`)));
  return choice;
}

/** @param {Panel} panel @param {DrawnAxis[]} drawn */
function captionOf(panel, drawn) {
  const usual = panel.picture.axes.filter((axis) => !axis.is_extra);
  const hidden = usual.filter((axis) => !drawn.some((other) => other.axis === axis)).length;
  return [
    panel.selected ? "" : "drag along an axis to select runs",
    panel.picture.front.length && !panel.view.colour ? "orange: the front" : "",
    hidden ? `${usual.length - hidden} of ${usual.length} axes shown` : "",
  ].filter(Boolean).join(" · ");
}
