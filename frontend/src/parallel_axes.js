// The axes of the parallel coordinates, with their ticks and brushes, for pointers and keys.
import { drawnTicks, flip, move } from "./axes.js";
import { axisKeys } from "./axis_keys.js";
import { beliefMarks } from "./beliefs.js";
import { focusOn, h, setSize } from "./dom.js";
import { follow } from "./drag.js";
import { MISSING, isBroken, objectiveAxes, textAt } from "./model.js";
import { HEIGHT, LETTER, MARGIN, MOST_LETTERS, yAt } from "./parallel_layout.js";
import { shorten } from "./wording.js";

/** @import { Axis, DrawnAxis, Interval, Panel, Row } from "./types.js" */
/** @import { Brushing } from "./brushing.js" */
/** @import { Layout } from "./parallel_layout.js" */

const BOLD = 7.3; // pixels of a letter of a title
const GRAB = 13; // half the width of an axis for the pointer

/** @param {Panel} panel @param {Layout} layout @param {Brushing} brush @param {SVGElement} svg */
export function axesDrawing(panel, layout, brush, svg) {
  const missing = missingLanes(panel);
  let shown = "";

  /** @param {DrawnAxis[]} drawn */
  function draw(drawn) {
    const key = JSON.stringify([layout.width, drawn.map(({ axis }) => axis), panel.brushes, missing().words, panel.view, panel.picture.beliefs, panel.picture.metrics]);
    if (key === shown) return;
    shown = key;
    const focused = panel.root.activeElement?.getAttribute?.("data-axis");
    setSize(svg, layout.width, HEIGHT);
    const gap = layout.gap(drawn.length);
    const letters = Math.max(4, Math.floor(gap / LETTER));
    // Those of the first and the last axis begin and end beside the edges.
    const titles = shorten(drawn.map(({ axis, axis: { name } }) => (panel.view.flipped.includes(name) ? `${name} ↓` : name) + aimOf(panel, axis)),
      Math.max(4, Math.floor(Math.min(gap, gap / 2 + MARGIN.left - 4) / BOLD)));
    svg.replaceChildren(...drawn.map((entry, k) => drawAxis(entry, drawn, titles[k], letters)));
    if (focused) focusOn(svg, `[data-axis="${CSS.escape(focused)}"]`);
  }

  /** @param {DrawnAxis} entry @param {DrawnAxis[]} drawn @param {string} text @param {number} letters  for which there is room */
  function drawAxis({ axis, i, x }, drawn, text, letters) {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const names = drawn.map((other) => other.axis.name);
    const half = (text.length * BOLD) / 2;
    const title = axisTitle(axis, text, Math.max(half - x, Math.min(0, layout.width - x - half)));
    const group = h("svg:g", {
      ...sliderProps(axis, ranges), transform: `translate(${x},0)`,
      onkeydown: (event) => axisKeys(panel, brush, event, axis, names),
      onpointerenter: () => panel.hoverParameter(axis.name), onpointerleave: () => panel.hoverParameter(null),
    },
      h("svg:line", { y1: yAt(0), y2: yAt(1), class: "rule" }),
      beliefMarks(panel, axis, layout),
      missingLane(missing().words[i]), ticksOf(axis, drawnTicks(axis, panel.view), letters), title,
      h("svg:rect", { class: "grab", x: -GRAB, width: 2 * GRAB, y: MARGIN.top - 6, height: HEIGHT - MARGIN.top - 6,
        onpointerdown: (event) => brush.start(event, axis) }),
      ranges.map(([low, high]) => brushRect(layout.y(axis, low), layout.y(axis, high))));
    title.addEventListener("dblclick", () => panel.look(flip(panel.view, axis.name)));
    title.addEventListener("pointerdown", (event) => dragTo(event, group, x, (pixels) => {
      shown = "";
      panel.look(move(names, axis.name, Math.round(pixels / layout.gap(names.length))));
    }));
    return group;
  }

  return { draw };
}

/** An axis follows the pointer. @param {PointerEvent} event @param {SVGElement} group @param {number} x @param {(pixels: number) => void} onEnd */
function dragTo(event, group, x, onEnd) {
  follow(event,
    (later) => group.setAttribute("transform", `translate(${x + later.clientX - event.clientX},0)`),
    (later) => onEnd(later.clientX - event.clientX));
}

/** Names are cut where there is no room; a number without its end would be another one. @param {Axis} axis @param {[drawn: number, label: string][]} ticks @param {number} letters */
function ticksOf(axis, ticks, letters) {
  const labels = ticks.map(([, label]) => label);
  const short = axis.kind === "category" ? shorten(labels, Math.max(5, Math.min(letters - 2, MOST_LETTERS - 2))) : labels;
  return ticks.map(([drawn, label], k) => [
  h("svg:line", { x1: -3, x2: 3, y1: yAt(drawn), y2: yAt(drawn), class: "rule" }),
  h("svg:text", { x: 6, y: yAt(drawn), dy: "0.32em", class: "tick" },
    h("svg:title", {}, label), short[k])]);
}

/** @param {number} from @param {number} to */
const brushRect = (from, to) =>
  h("svg:rect", { class: "brush", x: -6, width: 12, y: Math.min(from, to), height: Math.max(3, Math.abs(from - to)), rx: 2 });

/** @param {Axis} axis @param {string} text @param {number} x */
const axisTitle = (axis, text, x) =>
  h("svg:text", { x, y: 14, "text-anchor": "middle", class: axis.is_metric || axis.is_objective ? "title strong" : "title" },
    h("svg:title", {}, `${axis.name} (drag to move the axis, double-click to flip it)`),
    text);

/** Which end of an objective's axis is the good one, where there are several. @param {Panel} panel @param {Axis} axis */
function aimOf({ picture }, axis) {
  const metric = objectiveAxes(picture).find((other) => other.axis === axis)?.metric;
  return metric ? ` (${metric.goal === "maximize" ? "max" : "min"})` : "";
}

/** What screen readers are told of an axis. @param {Axis} axis @param {Interval[]} ranges */
function sliderProps(axis, ranges) {
  const texts = ranges.map(([low, high]) => `${textAt(axis, low)} to ${textAt(axis, high)}`);
  return {
    tabindex: 0, "data-axis": axis.name, role: "slider",
    "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 1,
    "aria-valuenow": ranges[0] ? ((ranges[0][0] + ranges[0][1]) / 2).toFixed(2) : 0.5,
    "aria-valuetext": texts.length ? `selected ${texts.join(" and ")}` : "nothing selected",
    "aria-label": `${axis.name}. Enter selects a range, arrows move it, shift and arrows stretch it, delete removes it, alt and arrows move the axis`,
  };
}

/** Where runs without a value are. @param {string} word  "" when there are none */
const missingLane = (word) => (word ? [
  h("svg:line", { y1: yAt(MISSING) - 4, y2: yAt(MISSING) + 4, class: "rule" }),
  h("svg:text", { x: 6, y: yAt(MISSING), dy: "0.32em", class: "tick" }, word)] : null);

/** What runs without a value are called on each axis; "" where there are none. @param {Panel} panel */
function missingLanes(panel) {
  /** @type {{rows: Row[], axes: Axis[], words: string[]}} */
  let lanes = { rows: [], axes: [], words: [] };
  return () => {
    const { rows, axes } = panel.picture;
    if (lanes.rows === rows && lanes.axes === axes) return lanes;
    const without = rows.filter((row) => row.metric === null && !row.active);
    const metricWord = without.length && without.every(isBroken) ? "failed" : "no value";
    const words = axes.map((axis, i) =>
      (rows.some((row) => panel.positions(row, axes)[i] < 0) ? (axis.is_metric ? metricWord : "missing") : ""));
    lanes = { rows, axes, words };
    return lanes;
  };
}
