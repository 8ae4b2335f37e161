// The axes of the parallel coordinates, with their ticks and brushes, for pointers and keys.
import { drawnTicks, flip, isLog, move, shortLabels } from "./axes.js";
import { axisKeys } from "./axis_keys.js";
import { placeTitles } from "./axis_titles.js";
import { beliefMarks } from "./beliefs.js";
import { arrange, h, setSize, setText } from "./dom.js";
import { follow } from "./drag.js";
import { MISSING, isBroken, objectiveAxes, textAt } from "./model.js";
import { HEIGHT, MARGIN, yAt } from "./parallel_layout.js";
import { axisText } from "./parallel_tips.js";

/** @import { Axis, DrawnAxis, Interval, Panel, Row } from "./types.js" */
/** @import { Brushing } from "./brushing.js" */
/** @import { Title } from "./axis_titles.js" */
/** @import { Layout } from "./parallel_layout.js" */
/** @typedef {{show: (text: string, pointer: {x: number, y: number}) => void, hide: () => void}} Tip */

const BOLD = 7.3; // pixels of a letter of a title, where it cannot be measured
const GRAB = 13; // half the width of an axis for the pointer

/** @param {Panel} panel @param {Layout} layout @param {Brushing} brush @param {SVGElement} svg @param {Tip} tip */
export function axesDrawing(panel, layout, brush, svg, tip) {
  const missing = missingLanes(panel);
  let shown = "";
  /** @type {Map<string, ReturnType<typeof oneAxis>>} */
  const known = new Map(); // by the name of the axis

  /** @param {DrawnAxis[]} drawn */
  function draw(drawn) {
    const key = JSON.stringify([layout.width, drawn.map(({ axis }) => axis), panel.brushes, missing().words, panel.view, panel.picture.beliefs, panel.picture.metrics, panel.picture.importance?.rows.map(({ name }) => name)]);
    if (key === shown) return;
    shown = key;
    setSize(svg, layout.width, HEIGHT);
    const titles = placeTitles(drawn.map(({ axis, x }) => ({ name: axis.name, sign: signOf(panel, axis), x })), layout.width, measuring(svg));
    arrange(svg, drawn.map((entry, k) => {
      const { name } = entry.axis;
      const axis = known.get(name) ?? oneAxis(entry, drawn);
      known.set(name, axis);
      axis.draw(entry, drawn, titles[k]);
      return axis.group;
    }));
  }

  /**
   * An axis, which keeps its elements for good: a pointer that is on it, and the focus, stay.
   * @param {DrawnAxis} entry  at first, as `drawn` @param {DrawnAxis[]} drawn
   */
  function oneAxis(entry, drawn) {
    let [x, titleX] = [0, 0];
    const names = () => drawn.map(({ axis }) => axis.name);
    /** @param {number} left */
    const tell = (left) => tip.show(axisText(panel, entry.axis), { x: left, y: MARGIN.top });
    const title = h("svg:text", {
      "text-anchor": "middle", onpointerenter: () => tell(titleX), onpointerleave: tip.hide,
      ondblclick: () => panel.look(flip(panel.view, entry.axis.name)),
      onpointerdown: (event) => dragTo(event, group, x, (pixels) => {
        shown = "";
        panel.look(move(names(), entry.axis.name, Math.round(pixels / layout.gap(drawn.length))));
      }),
    });
    const rule = h("svg:line", { y1: yAt(0), y2: yAt(1), class: "rule" });
    const grab = h("svg:rect", { class: "grab", x: -GRAB, width: 2 * GRAB, y: MARGIN.top - 6, height: HEIGHT - MARGIN.top - 6,
      onpointerdown: (event) => brush.start(event, entry.axis) });
    const group = h("svg:g", {
      onkeydown: (event) => axisKeys(panel, brush, event, entry.axis, names()),
      onpointerenter: () => panel.hoverParameter(entry.axis.name), onpointerleave: () => panel.hoverParameter(null),
      onfocus: () => { if (group.matches(":focus-visible")) tell(x); }, onblur: tip.hide,
    });

    return {
      group,
      /** @param {DrawnAxis} now @param {DrawnAxis[]} all @param {Title} place */
      draw(now, all, place) {
        [entry, drawn, x, titleX] = [now, all, now.x, place.x];
        const { axis, i } = now;
        const ranges = panel.brushes.ranges[axis.name] ?? [];
        setAttributes(group, { ...sliderProps(panel, axis, ranges), transform: `translate(${x},0)` });
        setAttributes(title, { x: place.x - x, y: place.y, class: axis.is_metric || axis.is_objective ? "title strong" : "title" });
        setText(title, place.text);
        arrange(group, [rule, ...beliefMarks(panel, axis, layout), ...missingLane(missing().words[i]),
          ...ticksOf(axis, drawnTicks(axis, panel.view), layout.tickLetters(all.length)), title, grab,
          ...ranges.map(([low, high]) => brushRect(layout.y(axis, low), layout.y(axis, high)))]);
      },
    };
  }

  return { draw };
}

/** @param {Element} element @param {Record<string, string|number>} attributes */
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** An axis follows the pointer. @param {PointerEvent} event @param {SVGElement} group @param {number} x @param {(pixels: number) => void} onEnd */
function dragTo(event, group, x, onEnd) {
  follow(event,
    (later) => group.setAttribute("transform", `translate(${x + later.clientX - event.clientX},0)`),
    (later) => onEnd(later.clientX - event.clientX));
}

/** @param {Axis} axis @param {[drawn: number, label: string][]} ticks @param {number} letters */
function ticksOf(axis, ticks, letters) {
  const short = shortLabels(axis, ticks, letters);
  return ticks.flatMap(([drawn, label], k) => [
  h("svg:line", { x1: -3, x2: 3, y1: yAt(drawn), y2: yAt(drawn), class: "rule" }),
  h("svg:text", { x: 6, y: yAt(drawn), dy: "0.32em", class: "tick" },
    h("svg:title", {}, label), short[k])]);
}

/** @param {number} from @param {number} to */
const brushRect = (from, to) =>
  h("svg:rect", { class: "brush", x: -6, width: 12, y: Math.min(from, to), height: Math.max(3, Math.abs(from - to)), rx: 2 });

/** What stands after the name of an axis: its scale, its good end, whether it is flipped. @param {Panel} panel @param {Axis} axis */
const signOf = (panel, axis) =>
  (isLog(axis, panel.view) ? " (log)" : "") + aimOf(panel, axis) + (panel.view.flipped.includes(axis.name) ? " ↓" : "");

/** Measures titles; a bold one takes the most room. @param {SVGElement} svg @returns {(text: string) => number} */
function measuring(svg) {
  const ctx = document.createElement("canvas").getContext?.("2d");
  if (!ctx) return (text) => text.length * BOLD;
  ctx.font = `600 12px ${getComputedStyle(svg).fontFamily}`;
  return (text) => ctx.measureText(text).width;
}

/** Which end of an objective's axis is the good one, where there are several. @param {Panel} panel @param {Axis} axis */
function aimOf({ picture }, axis) {
  const metric = objectiveAxes(picture).find((other) => other.axis === axis)?.metric;
  return metric ? ` (${metric.goal === "maximize" ? "max" : "min"})` : "";
}

/** What screen readers are told of an axis. @param {Panel} panel @param {Axis} axis @param {Interval[]} ranges */
function sliderProps(panel, axis, ranges) {
  const texts = ranges.map(([low, high]) => `${textAt(axis, low)} to ${textAt(axis, high)}`);
  return {
    tabindex: 0, "data-axis": axis.name, role: "slider",
    "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 1,
    "aria-valuenow": ranges[0] ? ((ranges[0][0] + ranges[0][1]) / 2).toFixed(2) : 0.5,
    "aria-valuetext": texts.length ? `selected ${texts.join(" and ")}` : "nothing selected",
    "aria-label": `${axisText(panel, axis).split("\n").join(", ")}. Enter selects a range, arrows move it, shift and arrows stretch it, delete removes it, alt and arrows move the axis`,
  };
}

/** Where runs without a value are. @param {string} word  "" when there are none */
const missingLane = (word) => (word ? [
  h("svg:line", { y1: yAt(MISSING) - 4, y2: yAt(MISSING) + 4, class: "rule" }),
  h("svg:text", { x: 6, y: yAt(MISSING), dy: "0.32em", class: "tick" }, word)] : []);

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
