// Parallel coordinates with brushes: one axis a parameter, the metric last, one line a run.
import { MISSING, bestRange, hasBrush, isCounted, plural, rowPosition, textAt } from "./model.js";
import { axesMenu } from "./axes_menu.js";
import { drawnAt, drawnTicks, isPlain, positionAt, shownAxes } from "./axes.js";
import { colouring } from "./colour.js";
import { context, h } from "./dom.js";

const HEIGHT = 270;
const MARGIN = { top: 38, right: 70, bottom: 36, left: 50 };
const GRAB = 13; // half the width of an axis for the pointer
const EDGE = 6; // pixels around a brush's end that resize it
const DRAGGED_LINES = 700; // lines of a colour that are drawn while a brush is dragged
const BATCH = 24; // lines in one stroke: long paths cost more than their parts
const NEAR = 9;
const SHARES = [5, 10, 25, 50]; // per cent of the runs that can be picked as the best

/** @param {any} panel */
export function parallel(panel) {
  const base = h("canvas", { role: "img", "aria-label": "Parallel coordinates of the runs; the table of runs holds the same values" });
  const top = h("canvas", { "aria-hidden": true });
  const svg = h("svg:svg", { class: "axes", role: "group", "aria-label": "Axes" });
  const tip = h("div", { class: "tip", hidden: true });
  const plot = h("div", { class: "chart", style: `height:${HEIGHT}px` }, base, top, svg, tip);
  const caption = h("span", { class: "muted" });
  const menu = axesMenu(panel, moveAxis);
  const share = h("select", { "aria-label": "Select the best runs", onchange: () => pickBest(Number(share.value)) },
    h("option", { value: "" }, "best…"), SHARES.map((percent) => h("option", { value: percent }, `best ${percent} %`)));
  const element = h("section", { class: "parallel", "aria-label": "Parallel coordinates" },
    h("div", { class: "heading" }, h("b", {}, "Parallel coordinates"), " ", caption),
    h("div", { class: "options small" }, menu.element, share, menu.legend), plot);
  let width = 0;
  let drag = null;
  let cache = new WeakMap();
  let cachedAxes = null;
  let shownKey = "";
  /** @type {{rows: any, axes: any, found: boolean[], word: string}} */
  let lanes = { rows: null, axes: null, found: [], word: "" };

  const y = (at) => MARGIN.top + (1 - at) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (pixel) => Math.min(1, Math.max(MISSING - 0.04, 1 - (pixel - MARGIN.top) / (HEIGHT - MARGIN.top - MARGIN.bottom)));

  const order = () => shownAxes(panel.picture, panel.view);

  /** Where a position of an axis lies in the plot, and back. */
  const yOn = (axis, position) => y(drawnAt(axis, position, panel.view));
  const placeOn = (axis, pixel) => positionAt(axis, at(pixel), panel.view);

  /** Brushes the metric so that the best `percent` of the counted runs are inside. */
  function pickBest(percent) {
    share.value = "";
    const { rows, axes, metric } = panel.picture;
    const axis = axes.find((one) => one.is_metric);
    const range = axis && percent ? bestRange(rows, axis, metric.goal, percent / 100) : null;
    if (range) setRanges(axis, [range], true);
  }

  const x = (k, n) => (n < 2 ? width / 2 : MARGIN.left + (k * (width - MARGIN.left - MARGIN.right)) / (n - 1));

  function positions(row, axes) {
    if (cachedAxes !== axes) {
      cache = new WeakMap();
      cachedAxes = axes;
    }
    let found = cache.get(row);
    if (!found) {
      found = Float32Array.from(axes, (axis, i) => rowPosition(row, axis, i));
      cache.set(row, found);
    }
    return found;
  }

  function draw() {
    width = plot.clientWidth;
    const { picture, colours } = panel;
    const listed = order();
    const params = picture.axes.filter((axis) => !axis.is_extra);
    const hidden = params.filter((axis) => !listed.some((entry) => entry.axis === axis)).length;
    share.hidden = !picture.metric;
    menu.draw();
    caption.textContent = [
      panel.selected ? "" : "drag along an axis to select runs",
      hidden ? `${params.length - hidden} of ${params.length} axes shown` : "",
    ].filter(Boolean).join(" · ");
    drawAxes(listed);
    const ctx = context(base, width, HEIGHT);
    if (ctx) drawLines(ctx, listed, picture, colours);
    mark();
  }

  function drawLines(ctx, listed, { rows, axes }, colours) {
    const xs = listed.map((_, k) => x(k, listed.length));
    const metric = axes.find((axis) => axis.is_metric);
    const { key: colourOf, colours: ramp } = colouring(panel);
    const groups = new Map();
    const put = (key, row) => (groups.get(key) ?? groups.set(key, []).get(key)).push(row);
    for (const row of rows) {
      if (panel.isOut(row.id)) put("out", row);
      else if (row.active) put("active", row);
      else if (metric && !isCounted(row)) put("faint", row);
      else put(colourOf(row) ?? "plain", row);
    }
    const inside = rows.length - (groups.get("out")?.length ?? 0);
    const alpha = inside > 2000 ? 0.25 : inside > 300 ? 0.5 : inside > 60 ? 0.75 : 0.9;
    const stroke = (key, colour, opacity, thickness, dash = []) => {
      let list = groups.get(key) ?? [];
      const most = drag ? (key === "out" ? DRAGGED_LINES : Math.max(20, (DRAGGED_LINES * list.length) / rows.length)) : Infinity;
      if (list.length > most) {
        const stride = Math.ceil(list.length / most);
        list = list.filter((_, i) => i % stride === 0);
      }
      if (!list.length) return;
      ctx.strokeStyle = colour;
      ctx.globalAlpha = opacity;
      ctx.lineWidth = thickness;
      ctx.setLineDash(dash);
      for (let from = 0; from < list.length; from += BATCH) {
        ctx.beginPath();
        for (const row of list.slice(from, from + BATCH)) trace(ctx, row, listed, axes, xs);
        ctx.stroke();
      }
      ctx.setLineDash([]);
    };
    stroke("out", colours.faint, groups.get("out")?.length > 500 ? 0.12 : 0.28, 1);
    stroke("faint", colours.bad, 0.55, 1, [3, 3]);
    stroke("plain", colours.line, alpha, 1.2);
    for (let k = 0; k < ramp.length; k++) stroke(k, ramp[k], Math.min(1, alpha + (k / ramp.length) * 0.25), 1.3);
    stroke("active", colours.active, 0.9, 1.6);
    ctx.globalAlpha = 1;
  }

  function trace(ctx, row, listed, axes, xs) {
    const found = positions(row, axes);
    listed.forEach(({ axis, i }, k) =>
      ctx[k ? "lineTo" : "moveTo"](xs[k], isPlain(axis, panel.view) ? y(found[i]) : yOn(axis, found[i])));
  }

  /** Only what follows the pointer; cheap enough for every move. */
  function mark() {
    const ctx = context(top, width, HEIGHT);
    const row = panel.hovered && panel.byId.get(panel.hovered);
    tip.hidden = !row;
    for (const group of svg.children) group.classList.toggle("lit", group.getAttribute("data-axis") === panel.parameter);
    if (!ctx || !row) return;
    const listed = order();
    const xs = listed.map((_, k) => x(k, listed.length));
    ctx.beginPath();
    trace(ctx, row, listed, panel.picture.axes, xs);
    ctx.lineWidth = 5;
    ctx.strokeStyle = panel.colours.halo;
    ctx.stroke();
    ctx.lineWidth = 2.4;
    ctx.strokeStyle = panel.colours.hover;
    ctx.stroke();
    const { metric } = panel.picture;
    tip.textContent = `run ${row.number} · ${row.state}${metric && row.metric_text ? ` · ${metric.name} ${row.metric_text}` : ""}`;
  }

  function drawAxes(listed) {
    const { brushes, root } = panel;
    const key = JSON.stringify([width, listed.map(({ axis }) => axis), brushes, withMissing(), panel.view]);
    if (key === shownKey) return;
    shownKey = key;
    const focused = root.activeElement?.getAttribute?.("data-axis");
    svg.setAttribute("width", width);
    svg.setAttribute("height", HEIGHT);
    const room = listed.length > 1 ? (width - MARGIN.left - MARGIN.right) / (listed.length - 1) : width;
    const letters = Math.max(4, Math.floor(room / 6.6));
    svg.replaceChildren(...listed.map(({ axis }, k) => drawAxis(axis, x(k, listed.length), k, listed, letters)));
    if (focused) svg.querySelector(`[data-axis="${CSS.escape(focused)}"]`)?.focus();
  }

  /** For each axis whether a run has no value on it. */
  function withMissing() {
    const { rows, axes } = panel.picture;
    if (lanes.rows !== rows || lanes.axes !== axes) {
      const found = axes.map((_, i) => rows.some((row) => positions(row, axes)[i] < 0));
      const without = rows.filter((row) => row.metric === null && !row.active);
      const bad = without.filter((row) => row.state === "failed" || row.state === "crashed").length;
      lanes = { rows, axes, found, word: bad && bad === without.length ? "failed" : "no value" };
    }
    return lanes.found;
  }

  function drawAxis(axis, left, k, listed, letters) {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const missing = withMissing()[listed[k].i];
    const ticks = drawnTicks(axis, panel.view);
    const texts = ticks.map(([position, label]) => {
      const clipped = clip(label, Math.max(5, Math.min(letters - 2, 16)));
      return h("svg:text", { x: 6, y: y(position), dy: "0.32em", class: "tick" },
        h("svg:title", {}, label), clipped);
    });
    const told = ranges.map(([a, b]) => `${textAt(axis, a)} to ${textAt(axis, b)}`).join(" and ");
    const title = h("svg:text", { x: 0, y: 14, "text-anchor": "middle", class: axis.is_metric ? "title strong" : "title" },
      h("svg:title", {}, `${axis.name} (drag to move the axis, double-click to turn it round)`),
      clip(panel.view.flipped.includes(axis.name) ? `${axis.name} ↓` : axis.name, letters));
    const group = h("svg:g", {
      transform: `translate(${left},0)`, tabindex: 0, "data-axis": axis.name, role: "slider",
      "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 1,
      "aria-valuenow": ranges[0] ? ((ranges[0][0] + ranges[0][1]) / 2).toFixed(2) : 0.5,
      "aria-valuetext": told ? `selected ${told}` : "nothing selected",
      "aria-label": `${axis.name}. Enter selects a range, arrows move it, shift and arrows stretch it, delete removes it, alt and arrows move the axis`,
      onkeydown: (event) => keys(event, axis, listed),
      onpointerenter: () => panel.hoverParameter(axis.name), onpointerleave: () => panel.hoverParameter(null),
    },
      h("svg:line", { y1: y(0), y2: y(1), class: "rule" }),
      missing ? h("svg:line", { y1: y(MISSING) - 4, y2: y(MISSING) + 4, class: "rule" }) : null,
      missing ? h("svg:text", { x: 6, y: y(MISSING), dy: "0.32em", class: "tick" }, axis.is_metric ? lanes.word : "missing") : null,
      ticks.map(([position]) => h("svg:line", { x1: -3, x2: 3, y1: y(position), y2: y(position), class: "rule" })),
      texts, title,
      h("svg:rect", { class: "grab", x: -GRAB, width: 2 * GRAB, y: MARGIN.top - 6, height: HEIGHT - MARGIN.top - 6,
        onpointerdown: (event) => startBrush(event, axis) }),
      ranges.map(([a, b]) => {
        const [one, other] = [yOn(axis, a), yOn(axis, b)];
        return h("svg:rect", { class: "brush", x: -6, width: 12, y: Math.min(one, other), height: Math.max(3, Math.abs(one - other)), rx: 2 });
      }));
    title.addEventListener("dblclick", () => menu.flip(axis.name));
    title.addEventListener("pointerdown", (event) => startMove(event, axis, group, left, listed));
    return group;
  }

  // Brushing

  const pixel = (event) => event.clientY - plot.getBoundingClientRect().top;

  function setRanges(axis, ranges, isFinal) {
    const all = { ...panel.brushes.ranges };
    if (ranges.length) all[axis.name] = ranges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
    else delete all[axis.name];
    panel.brush({ ...panel.brushes, ranges: all }, isFinal);
  }

  function startBrush(event, axis) {
    if (event.button) return;
    event.preventDefault();
    const from = pixel(event);
    const ranges = [...(panel.brushes.ranges[axis.name] ?? [])];
    const reaches = ([a, b]) => {
      const [one, other] = [yOn(axis, a), yOn(axis, b)];
      return from >= Math.min(one, other) - EDGE && from <= Math.max(one, other) + EDGE;
    };
    let index = ranges.findIndex(reaches);
    const isNew = index < 0;
    const begun = placeOn(axis, from);
    const before = isNew ? [begun, begun] : ranges[index];
    const edge = isNew ? "end"
      : Math.abs(from - yOn(axis, before[1])) <= EDGE ? "high" : Math.abs(from - yOn(axis, before[0])) <= EDGE ? "low" : "move";
    // The place of missing values lies below an axis that is turned round, too: beyond its other end.
    const isTurned = panel.view.flipped.includes(axis.name);
    const until = (pixelAt) => {
      const found = placeOn(axis, pixelAt);
      return isTurned && found < 0 !== begun < 0 ? (begun < 0 ? MISSING : 1) : found;
    };
    if (isNew) index = ranges.length;
    let moved = false;
    follow(event,
      (later) => {
        const now = pixel(later);
        if (!moved && Math.abs(now - from) < 3) return;
        moved = true;
        drag = axis.name;
        const to = until(now);
        const shift = to - begun;
        const next = { end: [begun, to], high: [before[0], to], low: [to, before[1]],
          move: [before[0] + shift, before[1] + shift] }[edge];
        setRanges(axis, Object.assign([...ranges], { [index]: next }), false);
      },
      () => {
        drag = null;
        // A click takes a brush away, or all of the axis where there is none.
        if (!moved) setRanges(axis, isNew ? [] : ranges.filter((_, i) => i !== index), true);
        else panel.brush(panel.brushes, true);
      });
  }

  /** Pointer events until the button is up, also outside of the plot. */
  function follow(event, move, end) {
    const id = event.pointerId;
    const target = window;
    const onMove = (later) => later.pointerId === id && move(later);
    const onEnd = (later) => {
      if (later.pointerId !== id) return;
      target.removeEventListener("pointermove", onMove);
      target.removeEventListener("pointerup", onEnd);
      target.removeEventListener("pointercancel", onEnd);
      end(later);
    };
    target.addEventListener("pointermove", onMove);
    target.addEventListener("pointerup", onEnd);
    target.addEventListener("pointercancel", onEnd);
  }

  function startMove(event, axis, group, left, listed) {
    if (event.button) return;
    event.preventDefault();
    const from = event.clientX;
    follow(event,
      (later) => group.setAttribute("transform", `translate(${left + later.clientX - from},0)`),
      (later) => {
        const names = listed.map((entry) => entry.axis.name);
        const room = listed.length > 1 ? x(1, listed.length) - x(0, listed.length) : 1;
        shownKey = "";
        moveAxis(names, axis.name, Math.round((later.clientX - from) / room));
      });
  }

  function moveAxis(names, name, by) {
    const k = names.indexOf(name);
    const to = Math.min(names.length - 1, Math.max(0, k + by));
    names.splice(to, 0, names.splice(k, 1)[0]);
    panel.look({ order: names });
  }

  function keys(event, axis, listed) {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const sign = panel.view.flipped.includes(axis.name) ? -1 : 1;
    const step = { ArrowUp: 0.04 * sign, ArrowDown: -0.04 * sign }[event.key];
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey && side) moveAxis(listed.map((entry) => entry.axis.name), axis.name, side);
    else if ((event.key === "Enter" || event.key === " ") && !ranges.length) setRanges(axis, [[0.33, 0.67]], true);
    else if (event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") setRanges(axis, [], true);
    else if (step && ranges.length) {
      const [[a, b], ...others] = ranges;
      const by = event.shiftKey ? 0 : Math.max(MISSING - 0.04 - a, Math.min(1 - b, step));
      setRanges(axis, [[a + by, event.shiftKey ? Math.min(1, Math.max(a + 0.02, b + step)) : b + by], ...others], true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    if (panel.selected && hasBrush(panel.brushes)) panel.say(`${plural(panel.selected.size, "run")} selected`);
  }

  // The line under the pointer

  plot.addEventListener("pointermove", (event) => {
    if (drag) return;
    const box = plot.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const listed = order();
    const n = listed.length;
    if (n < 2) return;
    const k = Math.min(n - 2, Math.max(0, Math.floor(((px - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * (n - 1))));
    const t = Math.min(1, Math.max(0, (px - x(k, n)) / (x(k + 1, n) - x(k, n))));
    let [found, least] = [null, NEAR];
    for (const row of panel.picture.rows) {
      if (panel.isOut(row.id)) continue;
      const places = positions(row, panel.picture.axes);
      const [one, other] = [listed[k], listed[k + 1]];
      const distance = Math.abs(yOn(one.axis, places[one.i]) * (1 - t) + yOn(other.axis, places[other.i]) * t - py);
      if (distance < least) [found, least] = [row.id, distance];
    }
    tip.style.left = `${Math.min(width - 150, Math.max(0, px + 12))}px`;
    tip.style.top = `${Math.max(0, py - 28)}px`;
    panel.hover(found);
  });
  plot.addEventListener("pointerleave", () => panel.hover(null));
  plot.addEventListener("click", (event) => {
    if (panel.hovered && !(/** @type {Element} */ (event.target)).closest("[data-axis]")) panel.open(panel.hovered);
  });

  return { element, draw, mark, positions };
}

/** @param {string} text @param {number} letters */
const clip = (text, letters) => (text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text);
