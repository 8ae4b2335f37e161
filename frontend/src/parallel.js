// Parallel coordinates with brushes: an axis for each parameter, the metric last, and a line
// for each run.
import { axesMenu } from "./axes_menu.js";
import { brushing } from "./brushing.js";
import { context, h, isWithin } from "./dom.js";
import { histograms } from "./histograms.js";
import { keepButtons } from "./keeping.js";
import { lineShape } from "./line_shape.js";
import { bestRange, metricAxis } from "./model.js";
import { axesDrawing } from "./parallel_axes.js";
import { HEIGHT, newLayout } from "./parallel_layout.js";
import { drawLines, traceLine } from "./parallel_lines.js";
import { pointedAt } from "./parallel_tips.js";
import { strongText } from "./strong.js";
import { newTip } from "./tip.js";

/** @import { DrawnAxis, Panel } from "./types.js" */
/** @import { Brushing } from "./brushing.js" */
/** @import { Layout } from "./parallel_layout.js" */

const SHARES = [5, 10, 25, 50]; // per cent of the runs that can be picked as the best

/** @param {Panel} panel */
export function parallel(panel) {
  const base = h("canvas", { role: "img", "aria-label": "Parallel coordinates of the runs; the table of runs holds the same values" });
  const top = h("canvas", { "aria-hidden": true });
  const svg = h("svg:svg", { class: "axes", role: "group", "aria-label": "Axes" });
  const plot = h("div", { class: "chart", style: `height:${HEIGHT}px` }, base, top, svg);
  const tip = newTip(plot);
  const layout = newLayout(panel, plot);
  const shape = lineShape(panel, layout);
  const bars = histograms(panel, layout);
  const brush = brushing(panel, layout);
  const axes = axesDrawing(panel, layout, brush, svg, tip);
  const menu = axesMenu(panel, layout);
  const pointer = followPointer(panel, plot, layout, tip, (place) => {
    if (brush.isDragged()) return null;
    return pointedAt(panel, layout, shape, bars, layout.axes(), place);
  });
  const keeping = keepButtons(panel);
  const caption = h("span", { class: "muted" });
  const best = bestChoice(panel, brush.setRanges);
  const element = h("section", { class: "parallel", "aria-label": "Parallel coordinates" },
    h("div", { class: "heading" }, h("b", {}, "Parallel coordinates"), " ", caption),
    h("div", { class: "options small" }, menu.element, best, keeping.elements, menu.legend), plot);

  function draw() {
    layout.width = plot.clientWidth;
    layout.settle(pointer.isOver() || brush.isDragged() || menu.element.open || !!panel.root.activeElement?.closest?.("[data-axis]"));
    const drawn = layout.axes();
    best.hidden = !panel.picture.metric;
    menu.draw();
    keeping.draw();
    caption.textContent = captionOf(panel, drawn);
    axes.draw(drawn);
    const ctx = context(base, layout.width, HEIGHT);
    if (ctx && drawn.length) {
      drawLines(panel, shape, ctx, drawn, brush.isDragged());
      bars.draw(ctx, drawn, brush.isDragged());
    }
    mark();
  }

  /** Only what follows the pointer; cheap enough for every move. */
  function mark() {
    const ctx = context(top, layout.width, HEIGHT);
    const row = panel.hovered ? panel.byId.get(panel.hovered) : undefined;
    for (const group of svg.children) group.classList.toggle("lit", group.getAttribute("data-axis") === panel.parameter);
    if (ctx && row) traceLine(panel, shape, ctx, layout.axes(), row);
  }

  return { element, draw, mark };
}

/**
 * Tells what the pointer is on, and opens a run with a click; with a finger the first tap tells,
 * and the second one opens.
 * @param {Panel} panel @param {HTMLElement} plot @param {Layout} layout @param {ReturnType<typeof newTip>} tip
 * @param {(pointer: {x: number, y: number}) => {run: string|null, text: string}|null} pointed  null while that is not wanted
 */
function followPointer(panel, plot, layout, tip, pointed) {
  let isOver = false;
  /** @type {string|null} */
  let tapped = null; // the run that was told of by the last tap
  let isTap = false;
  /** @param {PointerEvent} event */
  const follow = (event) => {
    isOver = true;
    const place = layout.pointer(event);
    if (isWithin(event, ".title")) { // it tells by itself
      panel.hover(null);
      return;
    }
    const found = pointed(place);
    tip.show(found?.text ?? "", place);
    if (found) panel.hover(found.run);
  };
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerdown", (event) => {
    isTap = event.pointerType === "touch";
    if (!isTap) return;
    const before = panel.hovered;
    follow(event);
    tapped = before === panel.hovered ? null : panel.hovered;
  });
  plot.addEventListener("pointerleave", (event) => {
    isOver = false;
    if (layout.isLate) panel.changed();
    if (event.pointerType === "touch") return;
    panel.hover(null);
    tip.hide();
  });
  plot.addEventListener("click", (event) => {
    if (panel.hovered && !(isTap && tapped) && !isWithin(event, "[data-axis]")) panel.open(panel.hovered);
  });
  return { isOver: () => isOver };
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
    panel.picture.front.length && !panel.view.colour ? "orange: the front" : panel.selected ? "" : strongText(panel.picture),
    hidden ? `${usual.length - hidden} of ${usual.length} axes shown` : "",
  ].filter(Boolean).join(" · ");
}
