/* Generated from frontend/ by `make frontend`. */

// src/packing.js
function unpack(packed, source) {
  const bytes = source instanceof ArrayBuffer ? source.slice(0) : source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength);
  const { n, numbers: numbers2, n_axes: nAxes } = packed;
  const column = (k) => new Float64Array(bytes, k * n * 8, n);
  const fields = numbers2.map((name, k) => ({ name, values: column(k) }));
  const places = Array.from({ length: nAxes }, (_, k) => column(numbers2.length + k));
  const [first, last, lengths] = [0, 1, 2].map((k) => column(numbers2.length + nAxes + k));
  const start = (numbers2.length + nAxes + 3) * n * 8;
  const curves = packed.curve_bytes === 8 ? new Float64Array(bytes, start) : new Float32Array(bytes, start);
  const orNull = (value) => Number.isNaN(value) ? null : value;
  const text = ({ texts: texts2, codes }, i) => texts2[codes[i]];
  const rows = [];
  let at = 0;
  for (let i = 0; i < n; i++) {
    const state = text(packed.states, i);
    const row = {
      id: packed.ids[i],
      name: packed.names[i],
      state,
      word: packed.words[state],
      worker: text(packed.workers, i),
      note: text(packed.notes, i),
      metric_text: packed.metric_texts[i],
      texts: packed.texts.map((coded) => text(coded, i)),
      places: places.map((place) => orNull(place[i])),
      span: packed.steps[i] ?? (Number.isNaN(first[i]) ? [] : [first[i], last[i]]),
      curve: Array.from(curves.subarray(at, at + lengths[i])),
      beyond: text(packed.beyond, i),
      results: packed.results.map((coded) => text(coded, i)),
      continued: packed.continued[i] ?? []
    };
    for (const { name, values } of fields) row[name] = orNull(values[i]);
    row.active = row.active === 1;
    row.counts = row.counts === 1;
    at += lengths[i];
    rows.push(row);
  }
  return rows;
}

// src/dom.js
var SVG = "http://www.w3.org/2000/svg";
var COPIED_MS = 2500;
function h(tag, props = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === void 0 || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}
function add(element, children) {
  for (const child of children) {
    if (child === null || child === void 0 || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child);
  }
}
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function focusOn(root, selector) {
  const element = root.querySelector(selector);
  element?.focus();
}
var isWithin = ({ target }, selector) => target instanceof Element && !!target.closest(selector);
function pointerIn(element, event) {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}
function setSize(svg, width, height) {
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
}
var button = (text, onclick, props = {}) => h("button", { type: "button", onclick, ...props }, text);
var link = (text, onclick, props = {}) => button(text, onclick, { class: "link", ...props });
function copyButton(label, read, title) {
  const status = h("span", { class: "muted small", role: "status" });
  const copy = link(label, async () => {
    status.textContent = await copyText(read()) ? " copied" : " the browser does not allow copying here";
    setTimeout(() => {
      status.textContent = "";
    }, COPIED_MS);
  }, { title });
  return [copy, status];
}
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { style: "position:fixed;opacity:0", "aria-hidden": true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand?.("copy") ?? false;
    area.remove();
    return done;
  }
}
function context(canvas, width, height) {
  const scale = globalThis.devicePixelRatio || 1;
  const [w, hgt] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== hgt) canvas.height = hgt;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext?.("2d") ?? null;
  if (!ctx) return null;
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

// src/connection.js
var SILENT_MS = 15e3;
function connection(panel) {
  const words = h("span");
  const code = h("code");
  const element = h("div", { class: "note gone", role: "status", hidden: true }, words, " ", code);
  function draw() {
    const { isGone, isSilent, picture, controls } = panel;
    element.hidden = !isGone && !isSilent;
    if (element.hidden) return;
    setText(words, isGone ? "⚠ The kernel that showed this is gone, so it no longer changes. To see the sweep as it is now, run:" : controls.bridge === "none" ? "⚠ The kernel answers between cells. If it was restarted, run:" : "⚠ The kernel does not answer. If it was restarted, run:");
    setText(code, `import nbsweep; nbsweep.show("${picture.sweep.id}")`);
  }
  return { element, draw };
}

// src/actions.js
var WAIT_MS = 4e3;
function actions(state, redraw, send, say) {
  const keyOf = (action, run) => run ? `${action}:${run}` : action;
  const end = (key) => {
    state.waiting.delete(key);
    redraw("draw");
  };
  let silence = 0;
  const hear = (isSilent) => {
    clearTimeout(silence);
    silence = 0;
    if (state.isSilent !== isSilent) redraw("draw");
    state.isSilent = isSilent;
  };
  return {
    /** @param {string} action @param {ActionInputs} [inputs] */
    steer(action, inputs = {}) {
      if (!send) return;
      const key = keyOf(action, inputs.run);
      state.waiting.add(key);
      setTimeout(end, WAIT_MS, key);
      silence || (silence = setTimeout(hear, SILENT_MS, true));
      send({ kind: "steer", action, ...inputs });
      say("requested");
      redraw("draw");
    },
    /** @param {Answer} answer */
    answered({ action, run, ok, text }) {
      hear(false);
      if (ok && text) say(text);
      end(keyOf(action, run));
    }
  };
}

// src/wording.js
function number(value, digits = 4) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= (digits > 4 ? 1e16 : 1e6)) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}
function digitsIn(low, high, least = 3) {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const more = 1 + Math.floor(Math.log10(size)) - Math.floor(Math.log10(Math.abs(high - low) / 25));
  return Number.isFinite(more) ? Math.min(17, Math.max(least, more)) : least;
}
function duration(seconds) {
  if (seconds === null || seconds === void 0) return "";
  if (seconds < 0.0995) return `${Math.round(seconds * 1e3)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  const two = (n) => String(n).padStart(2, "0");
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  if (total < 48 * 3600) return `${Math.floor(total / 3600)} h ${two(Math.floor(total % 3600 / 60))} min`;
  return `${Math.floor(total / 86400)} d ${Math.floor(total % 86400 / 3600)} h`;
}
var plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
var count = (n) => n.toLocaleString("en");
function shorten(names, letters) {
  const cut = (name, at, most) => {
    const head = Math.round((most - 1) * at);
    return name.length > letters ? `${name.slice(0, head)}…${name.slice(name.length - most + 1 + head)}` : name;
  };
  const distinct = new Set(names).size;
  for (const at of [1, 0.5, 0]) {
    const short = names.map((name) => cut(name, at, letters));
    if (new Set(short).size === distinct) return short;
  }
  return names.map((name) => name.length > letters ? `${cut(name, 1, Math.max(2, letters - 3))} ${names.indexOf(name) + 1}` : name);
}

// src/model.js
var MISSING = -0.12;
var isBroken = (row) => row.state === "failed" || row.state === "crashed";
var metricAxis = (axes) => axes.find((axis) => axis.is_metric);
function objectiveAxes({ axes, metrics }) {
  const places = [axes.findIndex((axis) => axis.is_metric), ...axes.flatMap((axis, i) => axis.is_objective ? [i] : [])];
  return metrics.map((metric, k) => ({ metric, i: places[k] ?? -1 })).filter(({ metric, i }) => metric.is_objective && i >= 0).map(({ metric, i }) => ({ metric, i, axis: axes[i] }));
}
var hasFront = ({ metrics }) => metrics.filter((metric) => metric.is_objective).length > 1;
function starred({ best, front }) {
  const ids = new Set(front);
  return (id) => ids.size ? ids.has(id) : best?.id === id;
}
var isCounted = (row) => row.counts && row.metric !== null;
var marksText = ({ continued }) => continued.map(([, text]) => text).join("; ");
function applyDelta(picture, delta) {
  if (!picture || delta.seq !== picture.seq + 1) return null;
  const rows = delta.rows.length || delta.gone.length ? changedRows(picture.rows, delta) : picture.rows;
  return { ...picture, ...delta.set, rows, seq: delta.seq };
}
function changedRows(rows, delta) {
  const gone = new Set(delta.gone);
  const byId = /* @__PURE__ */ new Map();
  for (const row of rows) if (!gone.has(row.id)) byId.set(row.id, row);
  let isSorted = true;
  for (const fields of delta.rows) {
    const old = byId.get(fields.id);
    if (!old) isSorted = false;
    byId.set(fields.id, { ...old, ...fields });
  }
  const after = [...byId.values()];
  return isSorted ? after : after.sort((a, b) => a.number - b.number || a.attempt - b.attempt);
}
function position(axis, place) {
  if (place === null || place === void 0) return MISSING;
  if (axis.kind === "category") return 1 - (place + 0.5) / Math.max(axis.categories.length, 1);
  return clamp(share(axis.kind, axis.low, axis.high, place));
}
var rowPositions = (row, axes) => axes.map((axis, i) => position(axis, axis.is_metric ? row.metric : row.places[i]));
function rememberedPositions() {
  let known = /* @__PURE__ */ new WeakMap();
  let knownAxes = null;
  return (row, axes) => {
    if (knownAxes !== axes) {
      known = /* @__PURE__ */ new WeakMap();
      knownAxes = axes;
    }
    let positions = known.get(row);
    if (!positions) known.set(row, positions = Float32Array.from(rowPositions(row, axes)));
    return positions;
  };
}
function quality(axis, value) {
  if (!axis || axis.best === axis.poor) return 1;
  const low = Math.min(axis.best, axis.poor);
  const high = Math.max(axis.best, axis.poor);
  const at = share(axis.kind, low, high, Math.min(Math.max(value, low), high));
  return axis.best < axis.poor ? 1 - at : at;
}
function textAt(axis, at) {
  if (at < 0) return "missing";
  if (axis.kind === "category") {
    const n = axis.categories.length;
    return axis.categories[Math.min(n - 1, Math.max(0, Math.round((1 - at) * n - 0.5)))] ?? "";
  }
  return number(valueAt(axis, at), digitsIn(axis.low, axis.high));
}
function valueAt(axis, at) {
  if (axis.kind === "log") return Math.exp(Math.log(axis.low) + at * (Math.log(axis.high) - Math.log(axis.low)));
  return axis.low * (1 - at) + axis.high * at;
}
function bestRange(rows, axis, goal, portion) {
  const values = rows.filter(isCounted).filter((row) => !row.beyond).map((row) => row.metric);
  if (!values.length) return null;
  values.sort(goal === "maximize" ? (a, b) => b - a : (a, b) => a - b);
  const last = position(axis, values[Math.max(1, Math.ceil(values.length * portion)) - 1]);
  return goal === "maximize" ? [last, 1] : [0, last];
}
function bestSoFar(rows, goal) {
  const sign = goal === "maximize" ? -1 : 1;
  let least = Infinity;
  return rows.filter(isCounted).map((row) => {
    const isRecord = !row.beyond && sign * row.metric < least;
    if (isRecord) least = sign * row.metric;
    return { row, best: least === Infinity ? null : sign * least, isRecord };
  });
}
var hasBrush = (brushes) => Object.values(brushes.ranges).some((list2) => list2.length > 0);
function brushed(rows, axes, brushes, positions = rowPositions) {
  const tests = axes.map((axis, i) => ({ i, ranges: brushes.ranges[axis.name] ?? [] })).filter(({ ranges }) => ranges.length);
  if (!tests.length) return null;
  const inside2 = /* @__PURE__ */ new Set();
  for (const row of rows) {
    const at = positions(row, axes);
    const passes = tests.every(({ i, ranges }) => ranges.some(([a, b]) => at[i] >= a - 1e-6 && at[i] <= b + 1e-6));
    if (passes !== brushes.invert) inside2.add(row.id);
  }
  return inside2;
}
function filterRows(rows, columns, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const all = [`${row.number}`, row.name, row.state, row.word, row.note, row.worker, row.metric_text, ...row.results, row.beyond, ...row.texts].join("\n").toLowerCase();
    return words.every((word) => {
      const [name, wanted] = [word.slice(0, word.lastIndexOf(":")), word.slice(word.lastIndexOf(":") + 1)];
      const i = name ? columns.findIndex((column) => column.name.toLowerCase() === name) : -1;
      return i >= 0 ? row.texts[i].toLowerCase().includes(wanted) : all.includes(word);
    });
  });
}
function sortRows(rows, key, direction, axes, columns) {
  const value = sortValue(key, axes, columns);
  return rows.map((row) => ({ row, value: value(row) })).sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null) || newestFirst(a, b);
    const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
    return order * direction || newestFirst(a, b);
  }).map(({ row }) => row);
}
function sortValue(key, axes, columns) {
  if (!key.startsWith("param:")) return (row) => row[key];
  const name = key.slice(6);
  const i = axes.findIndex((axis) => axis.name === name && !axis.is_metric);
  const j = columns.findIndex((column) => column.name === name);
  return (row) => i >= 0 ? row.places[i] : row.texts[j] || null;
}
var newestFirst = (a, b) => b.row.number - a.row.number || b.row.attempt - a.row.attempt;
function share(kind, low, high, value) {
  if (kind === "log") {
    if (!(low > 0) || value <= 0) return 0;
    return high > low ? Math.log1p((value - low) / low) / Math.log1p((high - low) / low) : 0.5;
  }
  return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
}
var clamp = (at) => Math.min(1, Math.max(0, at));

// src/scale.js
function ticks(low, high, n) {
  const rough = (high - low) / n;
  const power = Math.floor(Math.log10(rough));
  const share2 = rough / 10 ** power;
  const nice = share2 > Math.sqrt(50) ? 10 : share2 > Math.sqrt(10) ? 5 : share2 > Math.sqrt(2) ? 2 : 1;
  const step = nice * 10 ** power;
  if (!(low + step > low && high - step < high)) return [low];
  const first = Math.ceil(low / step - 1e-9);
  const length = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length }, (_, k) => Number(`${(first + k) * nice}e${power}`));
}
function linear(domain, [r0, r1]) {
  const [d0, d1] = domain;
  const scale = (value) => d1 === d0 ? (r0 + r1) / 2 : r0 + (value / 2 - d0 / 2) / (d1 / 2 - d0 / 2) * (r1 - r0);
  scale.domain = domain;
  scale.ticks = (n) => Number.isFinite(d1 - d0) ? ticks(d0, d1, n) : [d0 / 2, 0, d1 / 2];
  return scale;
}
function log(domain, range) {
  const [d0, d1] = domain;
  const inner = linear([Math.log10(d0), Math.log10(d1)], range);
  const scale = (value) => inner(Math.log10(value));
  scale.domain = domain;
  scale.ticks = (n) => {
    const decades = [];
    for (let k = Math.floor(Math.log10(d0)); k <= Math.ceil(Math.log10(d1)); k++) decades.push(k);
    const stride = Math.max(1, Math.ceil((decades.length - 2) / n));
    const digits = decades.length > n ? [1] : [1, 2, 5];
    const values = decades.filter((_, i) => i % stride === 0).flatMap((k) => digits.map((digit) => Number(`${digit}e${k}`))).filter((value) => value >= d0 * (1 - 1e-9) && value <= d1 * (1 + 1e-9));
    return values.length >= 2 ? values : ticks(d0, d1, n);
  };
  return scale;
}

// src/axes.js
var SHOWN_AXES = 12;
var TICKS = 5;
var newView = (kept) => ({ order: [], hidden: [], shown: [], flipped: [], scales: {}, colour: "", front: [], ...kept });
function shownAxes({ axes, importance: importance2 }, view, most = SHOWN_AXES) {
  let listed2 = axes.map((axis, i) => ({ axis, i }));
  const params = listed2.filter(({ axis }) => !axis.is_metric && !axis.is_extra);
  const kept = new Set(params);
  if (params.length > most) {
    const rank = new Map((importance2?.rows ?? []).map((row, place2) => [row.name, place2]));
    const first = [...params].sort((a, b) => (rank.get(a.axis.name) ?? 1e9) - (rank.get(b.axis.name) ?? 1e9) || a.i - b.i);
    for (const entry of first.slice(most)) kept.delete(entry);
  }
  listed2 = listed2.filter((entry) => {
    const { name } = entry.axis;
    if (view.hidden.includes(name)) return false;
    return view.shown.includes(name) || entry.axis.is_metric || entry.axis.is_objective || kept.has(entry);
  });
  const place = new Map(view.order.map((name, k) => [name, k]));
  return listed2.sort((a, b) => (place.get(a.axis.name) ?? 1e6 + a.i) - (place.get(b.axis.name) ?? 1e6 + b.i));
}
var hasScales = (axis) => axis.kind !== "category" && axis.low > 0 && axis.high > axis.low;
var otherScale = (axis, view) => {
  const kind = view.scales[axis.name];
  return kind && kind !== axis.kind && hasScales(axis) ? kind : null;
};
function drawnAt(axis, at, view) {
  if (at < 0) return at;
  const kind = otherScale(axis, view);
  const shown = kind ? position({ ...axis, kind }, valueAt(axis, at)) : at;
  return view.flipped.includes(axis.name) ? 1 - shown : shown;
}
function positionAt(axis, drawn, view) {
  if (drawn < 0) return drawn;
  const shown = view.flipped.includes(axis.name) ? 1 - drawn : drawn;
  const kind = otherScale(axis, view);
  return kind ? position(axis, valueAt({ ...axis, kind }, shown)) : shown;
}
var isPlain = (axis, view) => !view.flipped.includes(axis.name) && !otherScale(axis, view);
function drawnTicks(axis, view) {
  const kind = otherScale(axis, view);
  if (!kind) return axis.ticks.map(([at, label]) => [drawnAt(axis, at, view), label]);
  const scale = (kind === "log" ? log : linear)([axis.low, axis.high], [0, 1]);
  return scale.ticks(TICKS).map((value) => [drawnAt(axis, position(axis, value), view), number(value, digitsIn(axis.low, axis.high))]);
}
var flip = ({ flipped }, name) => ({ flipped: listed(flipped, name, !flipped.includes(name)) });
var show = ({ hidden, shown }, name, isShown) => ({ hidden: listed(hidden, name, !isShown), shown: listed(shown, name, isShown) });
function move(names, name, by) {
  const order = names.filter((other) => other !== name);
  order.splice(Math.min(order.length, Math.max(0, names.indexOf(name) + by)), 0, name);
  return { order };
}
function listed(names, name, isIn) {
  const others = names.filter((other) => other !== name);
  return isIn ? [...others, name] : others;
}

// src/chart.js
var NEAR = 14;
var LETTER = 6.5;
var HEIGHT = 170;
var MARGIN = { top: 8, right: 10, bottom: 22, left: 46 };
function chart(panel, label, paint) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  let points = [];
  const element = h("div", {
    class: "chart",
    style: `height:${HEIGHT}px`,
    onpointermove: (event) => panel.hover(nearest(points, pointerIn(element, event))?.id ?? null),
    onpointerleave: () => panel.hover(null),
    onclick: () => panel.hovered && panel.open(panel.hovered)
  }, canvas, axes);
  return {
    element,
    draw() {
      const width = element.clientWidth;
      const ctx = context(canvas, width, HEIGHT);
      setSize(axes, width, HEIGHT);
      points = paint(panel, ctx, axes, width);
    }
  };
}
function nearest(points, { x, y }) {
  let best = null;
  let least = NEAR * NEAR;
  for (const point of points) {
    const distance2 = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance2 < least) [best, least] = [point, distance2];
  }
  return best;
}
function yScale(isLog, low, high) {
  if (isLog && low > 0)
    return log([low, high > low ? high : low * 2], [HEIGHT - MARGIN.bottom - 4, MARGIN.top]);
  const room = high > low ? (high / 2 - low / 2) * 0.1 : Math.abs(low) * 0.1 || 1;
  const most = Number.MAX_VALUE;
  return linear([Math.max(-most, low - room), Math.min(most, high + room)], [HEIGHT - MARGIN.bottom, MARGIN.top]);
}
var inside = ({ domain: [low, high] }, value) => Math.min(high, Math.max(low, value));
function drawAxes(svg, xs, y, width, label, beyond) {
  const base = HEIGHT - MARGIN.bottom;
  let ticks2 = y.ticks(4);
  while (ticks2.length > 7) ticks2 = ticks2.filter((_, i) => i % 2 === 0);
  const digits = digitsIn(y.domain[0], y.domain[1], 4);
  const texts2 = ticks2.map((value) => number(value, digits));
  const left = Math.max(MARGIN.left, 8 + LETTER * Math.max(...texts2.map((text) => text.length)));
  const right = width - MARGIN.right;
  const x = linear(xs, [left + 4, right - 4]);
  const steps = new Set(x.ticks(Math.max(2, Math.floor(width / 90))).filter(Number.isInteger));
  svg.replaceChildren(
    ...ticks2.flatMap((value, i) => [
      h("svg:line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "grid" }),
      h("svg:text", { x: left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, texts2[i])
    ]),
    ...[...steps].map((value) => h("svg:text", { x: x(value), y: base + 15, "text-anchor": "middle" }, count(value))),
    h("svg:text", { x: left - 6, y: base + 15, "text-anchor": "end" }, label),
    h("svg:line", { x1: left, x2: right, y1: base, y2: base, class: "base" }),
    beyond ? h("svg:text", { x: right, y: 10, "text-anchor": "end", class: "tick" }, `${plural(beyond, "run")} beyond the scale`) : ""
  );
  return x;
}
var isBeyond = (scale, value) => inside(scale, value) !== value;
function empty(svg, width, text) {
  svg.replaceChildren(h("svg:text", { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, text));
  return [];
}

// src/chart_table.js
var MOST_ROWS = 300;
function chartTable(title, columns, read) {
  const table2 = h("table", { "aria-label": title });
  const note = h("div", { class: "muted small" });
  const element = h(
    "details",
    { class: "as-table", ontoggle: () => draw() },
    h("summary", {}, "as a table", h("span", { class: "sr" }, `: ${title}`)),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title} as a table` }, table2),
    note
  );
  function draw() {
    if (!element.open) return;
    const rows = read();
    note.textContent = rows.length > MOST_ROWS ? `the last ${MOST_ROWS} of ${count(rows.length)}` : "";
    table2.replaceChildren(
      h("thead", {}, h("tr", {}, columns().map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.slice(-MOST_ROWS).map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))
    );
  }
  return { element, draw };
}

// src/theme.js
var RAMPS = {
  light: ["#dfe6a5", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58"],
  dark: ["#33478f", "#2f62ab", "#2a80bd", "#2f9fc4", "#53bcc4", "#8ed5bd", "#c9ebb6", "#f2f7c4"]
};
var BINS = 24;
function ramp(isDark2) {
  const stops = RAMPS[isDark2 ? "dark" : "light"].map(
    (code) => [1, 3, 5].map((i) => parseInt(code.slice(i, i + 2), 16))
  );
  return Array.from({ length: BINS }, (_, bin2) => {
    const at = bin2 / (BINS - 1) * (stops.length - 1);
    const i = Math.min(Math.floor(at), stops.length - 2);
    const mix = stops[i].map((a, k) => Math.round(a + (at - i) * (stops[i + 1][k] - a)));
    return `rgb(${mix.join(",")})`;
  });
}
var bin = (quality2) => Math.min(BINS - 1, Math.max(0, Math.round(quality2 * (BINS - 1))));
function isDark(element) {
  for (let node = element; node; node = node.parentElement ?? hostOf(node)) {
    const parts = /rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)(?:[,/ ]+([\d.]+))?/.exec(
      getComputedStyle(node).backgroundColor
    );
    if (!parts || parts[4] !== void 0 && Number(parts[4]) < 0.5) continue;
    const [r, g, b] = parts.slice(1, 4).map(Number);
    return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return false;
}
function hostOf(element) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}
function colours(dark) {
  return dark ? { ramp: ramp(true), line: "#c9c9c9", faint: "#8a8a8a", active: "#6cb0ff", bad: "#ff5252", hover: "#ef3fc6", front: "#ee8f4f", halo: "rgba(17,17,17,.8)" } : { ramp: ramp(false), line: "#4a4a4a", faint: "#9a9a9a", active: "#2f7fd6", bad: "#8c1127", hover: "#a3178f", front: "#d9730d", halo: "rgba(255,255,255,.85)" };
}
function watchPage(host, onTheme, onSize) {
  let wasDark = null;
  const retheme = () => {
    const dark = isDark(host);
    if (dark !== wasDark) onTheme(wasDark = dark);
  };
  const themes = new MutationObserver(retheme);
  for (const node of [document.documentElement, document.body])
    themes.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light", "data-theme", "theme"] });
  const preferred = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  preferred?.addEventListener?.("change", retheme);
  const sizes = globalThis.ResizeObserver && new ResizeObserver(() => {
    retheme();
    onSize();
  });
  sizes?.observe(host);
  retheme();
  return () => {
    themes.disconnect();
    sizes?.disconnect();
    preferred?.removeEventListener?.("change", retheme);
  };
}

// src/colour.js
var CATEGORIES = {
  light: ["#0072b2", "#d55e00", "#007a5a", "#b0568f", "#8a6d00", "#3d8fc4", "#5b5b5b", "#6f3fa0"],
  dark: ["#56b4e9", "#e8873a", "#2fbf98", "#e59ac6", "#f0e442", "#8ecbf0", "#bdbdbd", "#b79be0"]
};
function colouring(panel) {
  const { axes } = panel.picture;
  const i = Math.max(0, axes.findIndex((axis2) => panel.view.colour ? axis2.name === panel.view.colour : axis2.is_metric));
  const axis = axes[i];
  if (!axis || !panel.view.colour && !axis.is_metric) return { axis: null, colours: [panel.colours.line], key: () => 0 };
  const placeOf = ({ places }) => places[i] ?? null;
  if (axis.kind === "category") {
    const colours3 = CATEGORIES[panel.isDark ? "dark" : "light"];
    return { axis, colours: colours3, key: (row) => {
      const place = placeOf(row);
      return place === null ? null : place % colours3.length;
    } };
  }
  const colours2 = panel.colours.ramp;
  if (axis.is_metric) return { axis, colours: colours2, key: (row) => isCounted(row) ? bin(quality(axis, row.metric)) : null };
  return { axis, colours: colours2, key: (row) => {
    const place = placeOf(row);
    return place === null ? null : bin(axis.is_extra ? quality(axis, place) : position(axis, place));
  } };
}

// src/best_chart.js
var MANY = 600;
function paintBest(panel, ctx, axes, width) {
  const { metric, rows } = panel.picture;
  const best = metric ? bestSoFar(rows, metric.goal) : [];
  if (!best.length) return empty(axes, width, "No run has ended with a value yet");
  const last = rows[rows.length - 1].number;
  const y = metricScale(panel, best);
  const x = drawAxes(axes, [1, Math.max(last, 2)], y, width, "run", best.filter(({ row }) => isBeyond(y, row.metric)).length);
  const points = best.map(({ row }) => ({ id: row.id, row, x: x(row.number), y: y(inside(y, row.metric)) }));
  if (!ctx) return points;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = panel.colours.line;
  strokeBest(ctx, best, x, y, last);
  drawPoints(panel, ctx, points);
  drawRing(panel, ctx, points);
  return points;
}
function metricScale(panel, best) {
  const axis = metricAxis(panel.picture.axes);
  const values = best.map(({ row }) => row.metric);
  const [low, high] = axis && axis.high > axis.low ? [axis.low, axis.high] : values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  return yScale(axis?.kind === "log", low, high);
}
function strokeBest(ctx, points, x, y, last) {
  ctx.beginPath();
  let level = null;
  for (const { row, best, isRecord } of points) {
    if (!isRecord || best === null) continue;
    if (level !== null) ctx.lineTo(x(row.number), level);
    const next = y(inside(y, best));
    ctx[level === null ? "moveTo" : "lineTo"](x(row.number), next);
    level = next;
  }
  if (level === null) return;
  ctx.lineTo(x(last), level);
  ctx.stroke();
}
function drawPoints(panel, ctx, points) {
  const { key, colours: colours2 } = colouring(panel);
  ctx.lineWidth = 0.5;
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.fillStyle = colours2[key(point.row) ?? -1] ?? panel.colours.faint;
    if (points.length > MANY) {
      ctx.fillRect(point.x - 1.5, point.y - 1.5, 3, 3);
      continue;
    }
    circle(ctx, point, 3.2);
    if (!point.row.beyond) ctx.fill();
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}
function drawRing(panel, ctx, points) {
  const point = points.find(({ id }) => id === panel.hovered);
  if (!point) return;
  circle(ctx, point, 6);
  ctx.lineWidth = 2;
  ctx.strokeStyle = panel.colours.hover;
  ctx.stroke();
}
function circle(ctx, { x, y }, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

// src/curves_chart.js
var MOST_CURVES = 400;
var MOST_WITH_POINTS = 200;
var USUAL = 0.75;
var REACH = 2;
var FAR = 0.02;
function paintCurves(panel, ctx, axes, width) {
  const rows = sample(panel, panel.picture.rows.filter((row) => row.curve.length > 1));
  if (!rows.length) return empty(axes, width, "No curves: each run logs the metric once");
  const y = valueScale(panel, rows);
  const x = drawAxes(
    axes,
    [Math.min(...rows.map((row) => row.span[0])), Math.max(...rows.map(lastStep))],
    y,
    width,
    "step",
    rows.filter((row) => row.curve.some((value) => isBeyond(y, value))).length
  );
  if (ctx) drawCurves(panel, ctx, rows, x, y, width);
  axes.append(...rows.flatMap((row) => marks(panel, row, x, y)));
  const hasPoints = rows.length <= MOST_WITH_POINTS;
  return rows.flatMap((row) => row.curve.flatMap((value, i) => hasPoints || i === row.curve.length - 1 ? [{ id: row.id, x: x(stepAt(row, i)), y: y(inside(y, value)) }] : []));
}
var marks = (panel, row, x, y) => row.continued.map(([place, text]) => {
  const i = place * (row.curve.length - 1);
  const yAt2 = (k) => y(inside(y, row.curve[k]));
  return h("svg:circle", {
    cx: x(stepAt(row, i)),
    cy: yAt2(Math.floor(i)) + i % 1 * (yAt2(Math.ceil(i)) - yAt2(Math.floor(i))),
    r: 3.2,
    class: panel.isOut(row.id) ? "went-on out" : "went-on"
  }, h("svg:title", {}, `run ${row.number} ${text}`));
});
function stepAt({ span, curve }, i) {
  const place = span.length === curve.length ? i : i / (curve.length - 1);
  const k = Math.min(Math.floor(place), span.length - 2);
  return span[k] + (span[k + 1] - span[k]) * (place - k);
}
var lastStep = ({ span }) => span[span.length - 1];
function valueScale({ picture: { metric, axes, best } }, rows) {
  const isLog = metricAxis(axes)?.kind === "log";
  return yScale(isLog, ...shownRange(rows.map(({ curve }) => curve), metric?.goal === "maximize", isLog, best?.value));
}
function shownRange(curves, isMax, isLog, best) {
  const values = curves.flat().sort(rising);
  const at = (share2) => values[Math.round(share2 * (values.length - 1))];
  const [low, high] = isMax ? [at(FAR), at(1)] : [at(0), at(1 - FAR)];
  const place = isLog && values[0] > 0 ? Math.log : Number;
  const usual = Math.floor(USUAL * (curves.length - 1));
  const ends2 = [
    curves.map((curve) => Math.max(...curve)).sort(rising)[usual],
    curves.map((curve) => Math.min(...curve)).sort(rising)[curves.length - 1 - usual]
  ].sort(rising).map(place);
  const reach = REACH * (ends2[1] - ends2[0]);
  const near = values.filter((value) => place(value) >= ends2[0] - reach && place(value) <= ends2[1] + reach);
  const from = Math.min(best ?? near[0], near[0]);
  const to = Math.max(best ?? near[0], near[near.length - 1]);
  const isCut = reach > 0 && place(high) - place(low) > 2 * (place(to) - place(from));
  return isCut ? [Math.max(low, from), Math.min(high, to)] : [low, high];
}
var rising = (a, b) => a - b;
function drawCurves(panel, ctx, rows, x, y, width) {
  ctx.save();
  ctx.beginPath();
  const left = x(x.domain[0]) - 4;
  ctx.rect(left, 0, width - left, HEIGHT - MARGIN.bottom + 1);
  ctx.clip();
  const stroke = (row, colour, alpha2, thickness) => {
    ctx.beginPath();
    row.curve.forEach((value, i) => ctx[i ? "lineTo" : "moveTo"](x(stepAt(row, i)), y(value)));
    ctx.strokeStyle = colour;
    ctx.globalAlpha = alpha2;
    ctx.lineWidth = thickness;
    ctx.stroke();
  };
  const { colours: colours2 } = panel;
  const { key, colours: ramp2 } = colouring(panel);
  const bestId = panel.picture.best?.id;
  const alpha = rows.length > 60 ? 0.45 : 0.75;
  for (const row of rows) if (panel.isOut(row.id)) stroke(row, colours2.faint, 0.35, 1);
  for (const row of rows) {
    if (panel.isOut(row.id)) continue;
    if (row.active) stroke(row, colours2.active, 1, 1.8);
    else if (row.id !== bestId) stroke(row, isCounted(row) && ramp2[key(row) ?? -1] || colours2.faint, alpha, 1.2);
  }
  const best = rows.find((row) => row.id === bestId && !row.active && !panel.isOut(row.id));
  if (best) stroke(best, ramp2[key(best) ?? -1] || colours2.faint, 1, 2.6);
  const hovered = rows.find((row) => row.id === panel.hovered);
  if (hovered) stroke(hovered, colours2.hover, 1, 2.4);
  ctx.restore();
  ctx.globalAlpha = 1;
}
function sample(panel, rows) {
  if (rows.length <= MOST_CURVES) return rows;
  const first = rows.filter((row) => row.active || panel.selected && !panel.isOut(row.id) || row.id === panel.hovered);
  const taken = new Set(first);
  const others = first.length < MOST_CURVES ? rows.filter((row) => !taken.has(row)) : [];
  const stride = Math.ceil(others.length / Math.max(1, MOST_CURVES - first.length));
  return [...first.slice(-MOST_CURVES), ...others.filter((_, i) => i % stride === 0)].sort((a, b) => a.number - b.number);
}

// src/drag.js
function follow(event, onMove, onEnd) {
  if (event.button) return;
  event.preventDefault();
  const move2 = (later) => {
    if (later.pointerId === event.pointerId) onMove(later);
  };
  const end = (later) => {
    if (later.pointerId !== event.pointerId) return;
    removeEventListener("pointermove", move2);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    onEnd(later);
  };
  addEventListener("pointermove", move2);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

// src/front_plane.js
var FRONT_HEIGHT = 372;
var LETTER2 = 6.5;
var MARGIN2 = { top: 24, right: 12, bottom: 38 };
var PAD = 7;
function drawnPair({ picture, view }) {
  const listed2 = objectiveAxes(picture);
  if (listed2.length < 2) return null;
  const [x, y] = view.front.map((name) => listed2.find(({ axis }) => axis.name === name));
  const across = x ?? listed2.find((other) => other !== y) ?? listed2[0];
  return [across, y && y !== across ? y : listed2.find((other) => other !== across) ?? listed2[1]];
}
function planeOf([x, y], width) {
  const letters = Math.max(3, ...y.axis.ticks.map(([, label]) => label.length));
  return { x, y, left: 10 + LETTER2 * letters, right: width - MARGIN2.right, top: MARGIN2.top, base: FRONT_HEIGHT - MARGIN2.bottom };
}
var xOf = ({ left, right }, at) => left + PAD + at * (right - left - 2 * PAD);
var yOf = ({ top, base }, at) => base - PAD - at * (base - top - 2 * PAD);

// src/front_brush.js
var EDGE = 6;
var STILL = 3;
var STEP = 0.04;
var LEAST = 0.02;
var FIRST = [0.33, 0.67];
var WHOLE = [0, 1];
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
function frontBrushing(panel, planeNow, svg, pointerIn2) {
  let isDragged = false;
  let hasMoved = false;
  let shown = "";
  function set({ x, y }, across, upwards, isFinal) {
    const ranges = { ...panel.brushes.ranges };
    for (const [name, range] of [[x.axis.name, across], [y.axis.name, upwards]]) {
      if (range) ranges[name] = [[Math.min(...range), Math.max(...range)]];
      else delete ranges[name];
    }
    panel.brush({ ...panel.brushes, ranges }, isFinal);
  }
  function start(event) {
    const plane = planeNow();
    if (!plane) return;
    const from = pointerIn2(event);
    const before = rangesOf(panel, plane);
    const grips = before && gripsAt(plane, before, from);
    const begun = positionsAt(plane, from);
    hasMoved = false;
    follow(
      event,
      (later) => {
        const now = pointerIn2(later);
        if (!hasMoved && Math.hypot(now.x - from.x, now.y - from.y) < STILL) return;
        hasMoved = isDragged = true;
        const to = positionsAt(plane, now);
        const [across, upwards] = grips && before ? [moved(before[0], grips[0], begun.x, to.x), moved(before[1], grips[1], begun.y, to.y)] : [[begun.x, to.x], [begun.y, to.y]];
        set(plane, across, upwards, false);
      },
      () => {
        isDragged = false;
        if (hasMoved) panel.brush(panel.brushes, true);
        else if (before && !panel.hovered) set(plane, null, null, true);
      }
    );
  }
  function keys(event) {
    const plane = planeNow();
    const { key, shiftKey } = event;
    const known = plane && changed(rangesOf(panel, plane), key, shiftKey);
    if (!plane || !known) return;
    event.preventDefault();
    event.stopPropagation();
    set(plane, ...known, true);
    if (panel.selected && hasBrush(panel.brushes)) panel.say(`${plural(panel.selected.size, "run")} selected`);
  }
  function draw() {
    const plane = planeNow();
    if (!plane) return;
    const { x, y, left, right, top, base } = plane;
    const ranges = [panel.brushes.ranges[x.axis.name] ?? [], panel.brushes.ranges[y.axis.name] ?? []];
    const key = JSON.stringify([left, right, x.axis, y.axis, ranges]);
    if (key === shown && svg.childElementCount) return;
    shown = key;
    const isFocused = panel.root.activeElement?.classList.contains("front-plane");
    const texts2 = ranges.map((list2, k) => list2.map((range) => textOf(k ? plane.y : plane.x, range)).join(" and ")).filter(Boolean);
    const rect = h("svg:rect", {
      class: "grab front-plane",
      x: left,
      y: top,
      width: Math.max(0, right - left),
      height: base - top,
      tabindex: 0,
      role: "slider",
      "aria-valuemin": 0,
      "aria-valuemax": 1,
      "aria-valuenow": ranges[0][0] ? ((ranges[0][0][0] + ranges[0][0][1]) / 2).toFixed(2) : 0.5,
      "aria-valuetext": texts2.length ? `selected ${texts2.join(", ")}` : "nothing selected",
      "aria-label": `Front of ${x.axis.name} and ${y.axis.name}. Enter selects a rectangle, arrows move it, shift and arrows stretch it, delete removes it`,
      onpointerdown: start,
      onkeydown: keys
    });
    svg.replaceChildren(rect, ...rectangles(plane, ranges));
    if (isFocused) rect.focus();
  }
  return { draw, isDragged: () => isDragged, hasMoved: () => hasMoved };
}
var textOf = ({ axis }, [low, high]) => `${axis.name} ${textAt(axis, low)} to ${textAt(axis, high)}`;
function rectangles(plane, [across, upwards]) {
  if (!across.length && !upwards.length) return [];
  const orWhole = (list2) => list2.length ? list2 : [WHOLE];
  return orWhole(across).flatMap(([x0, x1]) => orWhole(upwards).map(([y0, y1]) => h("svg:rect", {
    class: "brush",
    rx: 2,
    x: xOf(plane, x0),
    width: Math.max(3, xOf(plane, x1) - xOf(plane, x0)),
    y: yOf(plane, y1),
    height: Math.max(3, yOf(plane, y0) - yOf(plane, y1))
  })));
}
function rangesOf({ brushes: { ranges } }, { x, y }) {
  const [across, upwards] = [ranges[x.axis.name]?.[0], ranges[y.axis.name]?.[0]];
  return across || upwards ? [across ?? WHOLE, upwards ?? WHOLE] : null;
}
function positionsAt(plane, { x, y }) {
  const share2 = (pixel, zero, one) => Math.min(1, Math.max(0, (pixel - zero) / (one - zero)));
  return { x: share2(x, xOf(plane, 0), xOf(plane, 1)), y: share2(y, yOf(plane, 0), yOf(plane, 1)) };
}
function gripsAt(plane, [[x0, x1], [y0, y1]], { x, y }) {
  const [left, right, low, high] = [xOf(plane, x0), xOf(plane, x1), yOf(plane, y0), yOf(plane, y1)];
  if (x < left - EDGE || x > right + EDGE || y > low + EDGE || y < high - EDGE) return null;
  const edge = (pixel, from, to) => Math.abs(pixel - to) <= EDGE ? "high" : Math.abs(pixel - from) <= EDGE ? "low" : "none";
  const grips = [edge(x, left, right), edge(y, low, high)];
  return grips[0] === "none" && grips[1] === "none" ? ["all", "all"] : grips;
}
function moved([low, high], grip, from, to) {
  if (grip === "none") return [low, high];
  if (grip === "low") return [to, high];
  if (grip === "high") return [low, to];
  const by = Math.min(1 - high, Math.max(-low, to - from));
  return [low + by, high + by];
}
function changed(ranges, key, isStretched) {
  if (["Delete", "Backspace", "Escape"].includes(key)) return ranges && [null, null];
  if (!ranges) return key === "Enter" || key === " " ? [FIRST, FIRST] : null;
  if (!ARROWS[key]) return null;
  const next = ([low, high], step) => isStretched ? [low, Math.min(1, Math.max(low + LEAST, high + step))] : moved([low, high], "all", 0, step);
  return [next(ranges[0], STEP * ARROWS[key][0]), next(ranges[1], STEP * ARROWS[key][1])];
}

// src/front_chart.js
var NEAR2 = 14;
var MANY2 = 600;
var STAR = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => {
  const [angle, radius] = [k * Math.PI / 5 - Math.PI / 2, k % 2 ? 0.45 : 1];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});
function frontChart(panel) {
  const canvas = h("canvas", { role: "img", "aria-label": "The runs by two objectives; the table below holds those on the front" });
  const axes = h("svg:svg", { "aria-hidden": true, class: "axes" });
  const overlay = h("svg:svg", { class: "axes front-brush" });
  const tip = h("div", { class: "tip", hidden: true });
  let points = [];
  let plane = null;
  const brush = frontBrushing(panel, () => plane, overlay, (event) => pointerIn(element, event));
  const element = h("div", {
    class: "chart",
    style: `height:${FRONT_HEIGHT}px`,
    onpointermove: (event) => {
      if (brush.isDragged()) return;
      const pointer = pointerIn(element, event);
      const found = nearest2(points, pointer);
      panel.hover(found?.id ?? null);
    },
    onpointerleave: () => panel.hover(null),
    onclick: () => {
      if (panel.hovered && !brush.hasMoved()) panel.open(panel.hovered);
    }
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
      if (ctx) drawPoints2(panel, ctx, points);
      brush.draw();
    }
    drawTip();
  }
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
function describe(panel, { row, isFront }) {
  const values = objectiveAxes(panel.picture).map(({ metric, axis, i }) => `${metric.name} ${axis.is_metric ? row.metric_text : number(row.places[i] ?? NaN, 4)}`);
  const place = isFront ? "on the front" : row.beyond ? `beyond a limit: ${row.beyond}` : "dominated";
  return [`run ${row.number}`, ...values, place].join(" · ");
}
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
function axesOf(plane) {
  const { x, y, left, right, top, base } = plane;
  let free = 0;
  const name = ({ metric }) => `${metric.name} ${metric.goal === "maximize" ? "↑" : "↓"}`;
  return [
    ...y.axis.ticks.flatMap(([at, label]) => [
      h("svg:line", { x1: left, x2: right, y1: yOf(plane, at), y2: yOf(plane, at), class: "grid" }),
      h("svg:text", { x: left - 6, y: yOf(plane, at), dy: "0.32em", "text-anchor": "end" }, label)
    ]),
    ...x.axis.ticks.flatMap(([at, label]) => {
      const [middle, half] = [xOf(plane, at), label.length * LETTER2 / 2];
      const fits = middle - half >= free;
      if (fits) free = middle + half + 6;
      return [
        h("svg:line", { x1: middle, x2: middle, y1: top, y2: base, class: "grid" }),
        fits ? h("svg:text", { x: middle, y: base + 15, "text-anchor": "middle" }, label) : h("svg:g")
      ];
    }),
    h("svg:line", { x1: left, x2: right, y1: base, y2: base, class: "base" }),
    h("svg:text", { x: 2, y: 13, class: "strong" }, name(y)),
    h("svg:text", { x: right, y: base + 32, "text-anchor": "end", class: "strong" }, name(x)),
    ...limitsOf(plane)
  ];
}
function limitsOf(plane) {
  const { x, y, left, right, top, base } = plane;
  const limits = ({ axis, metric }) => [["at least", metric.at_least], ["at most", metric.at_most]].flatMap(([word, end]) => typeof end === "number" && end >= axis.low && end <= axis.high ? [[position(axis, end), `${word} ${number(end)}`]] : []);
  return [
    ...limits(x).flatMap(([at, text]) => [
      h("svg:line", { x1: xOf(plane, at), x2: xOf(plane, at), y1: top, y2: base, class: "limit" }),
      h("svg:text", { x: xOf(plane, at) + 4, y: top + 9, class: "tick" }, text)
    ]),
    ...limits(y).flatMap(([at, text]) => [
      h("svg:line", { x1: left, x2: right, y1: yOf(plane, at), y2: yOf(plane, at), class: "limit" }),
      h("svg:text", { x: right, y: yOf(plane, at) - 4, "text-anchor": "end", class: "tick" }, text)
    ])
  ];
}
function stepsOf(panel, points, plane) {
  const front = points.filter(({ isFront }) => isFront);
  if (objectiveAxes(panel.picture).length !== 2 || !front.length) return [];
  const isMax = plane.x.metric.goal === "maximize";
  front.sort((a, b) => isMax ? b.x - a.x : a.x - b.x);
  const [xEnd, yEnd] = [xOf(plane, isMax ? 0 : 1), yOf(plane, plane.y.metric.goal === "maximize" ? 0 : 1)];
  const d = front.map(({ x, y }) => `H${x.toFixed(1)}V${y.toFixed(1)}`).join("");
  return [h("svg:path", { class: "steps", d: `M${front[0].x.toFixed(1)} ${yEnd.toFixed(1)}${d}H${xEnd.toFixed(1)}` })];
}
function drawPoints2(panel, ctx, points) {
  const { key, colours: colours2 } = colouring(panel);
  ctx.lineWidth = 1;
  for (const point of points) {
    const { row, isFront, x, y } = point;
    ctx.globalAlpha = panel.isOut(row.id) ? 0.15 : isFront || row.beyond ? 1 : 0.6;
    ctx.fillStyle = isFront ? panel.colours.front : colours2[key(row) ?? -1] ?? panel.colours.faint;
    if (points.length > MANY2 && !isFront) ctx.fillRect(x - 1.5, y - 1.5, 3, 3);
    else if (isFront) star(ctx, point, 7);
    else circle2(ctx, point, 3.4, row.beyond ? panel.colours.faint : null);
  }
  ctx.globalAlpha = 1;
  const hovered = points.find(({ id }) => id === panel.hovered);
  if (!hovered) return;
  ctx.lineWidth = 2;
  circle2(ctx, hovered, 8, panel.colours.hover);
}
function star(ctx, { x, y }, radius) {
  ctx.beginPath();
  STAR.forEach(([dx, dy], k) => ctx[k ? "lineTo" : "moveTo"](x + radius * dx, y + radius * dy));
  ctx.fill();
}
function circle2(ctx, { x, y }, radius, hollow) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  if (hollow === null) return ctx.fill();
  ctx.strokeStyle = hollow;
  ctx.stroke();
}
function nearest2(points, { x, y }) {
  let best = null;
  let least = NEAR2 * NEAR2;
  for (const point of points) {
    const distance2 = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance2 <= least) [best, least] = [point, distance2];
  }
  return best;
}

// src/front_pair.js
function pairChoice(panel) {
  const choice = (label, k) => {
    const select = h("select", { "aria-label": label, onchange: () => {
      const names = (drawnPair(panel) ?? []).map(({ axis }) => axis.name);
      if (names[1 - k] === select.value) names[1 - k] = names[k];
      names[k] = select.value;
      panel.look({ front: names });
    } });
    return select;
  };
  const selects = [choice("Objective across", 0), choice("Objective upwards", 1)];
  const element = h("span", { class: "options small" }, selects[1], " against ", selects[0]);
  let shown = "";
  function draw() {
    const names = objectiveAxes(panel.picture).map(({ axis }) => axis.name);
    element.hidden = names.length < 3;
    const pair = drawnPair(panel);
    const key = JSON.stringify([names, pair?.map(({ axis }) => axis.name)]);
    if (key === shown || !pair) return;
    shown = key;
    selects.forEach((select, k) => {
      select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
      select.value = pair[k].axis.name;
    });
  }
  return { element, draw };
}

// src/volume_chart.js
function paintVolume(panel, ctx, axes, width) {
  const { hypervolume, rows } = panel.picture;
  const steps = hypervolume?.steps ?? [];
  if (!steps.length) return empty(axes, width, "No run has ended with a value of each objective yet");
  const last = rows[rows.length - 1].number;
  const y = yScale(false, 0, steps[steps.length - 1][1]);
  const x = drawAxes(axes, [1, Math.max(last, 2)], y, width, "run", 0);
  const ids = new Map(rows.filter(isCounted).map((row) => [row.number, row.id]));
  const points = steps.map(([number2, volume]) => ({ id: ids.get(number2) ?? "", x: x(number2), y: y(volume) }));
  if (!ctx) return points;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = panel.colours.line;
  ctx.beginPath();
  ctx.moveTo(points[0].x, y(0));
  points.forEach((point, i) => {
    if (i) ctx.lineTo(point.x, points[i - 1].y);
    ctx.lineTo(point.x, point.y);
  });
  ctx.lineTo(x(last), points[points.length - 1].y);
  ctx.stroke();
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.fillStyle = point.id === panel.hovered ? panel.colours.hover : panel.colours.front;
    ctx.beginPath();
    ctx.arc(point.x, point.y, point.id === panel.hovered ? 5 : 3.2, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  return points;
}

// src/front_figures.js
function frontFigures(panel) {
  const [front, pair] = [frontChart(panel), pairChoice(panel)];
  const volume = chart(panel, "Hypervolume of the front after each run", paintVolume);
  const [frontRows, volumeRows] = [frontTable(panel), volumeTable(panel)];
  const hint = h("span", { class: "muted" }, "drag a rectangle to select runs");
  const amount = h("span", { class: "muted" });
  const elements = [
    h("figure", { class: "front" }, h("figcaption", {}, "Front ", hint, " ", pair.element), front.element, frontRows.element),
    h("figure", {}, h("figcaption", {}, "Hypervolume ", amount), volume.element, volumeRows.element)
  ];
  const parts = [pair, front, volume, frontRows, volumeRows];
  function draw() {
    const isThere = hasFront(panel.picture);
    for (const element of elements) element.hidden = !isThere;
    if (!isThere) return;
    for (const part of parts) part.draw();
    hint.hidden = panel.selected !== null;
    setText(amount, panel.picture.hypervolume?.text ?? "");
  }
  return { elements, draw, drawBrush: () => {
    if (hasFront(panel.picture)) front.draw();
  } };
}
var frontTable = (panel) => chartTable("Front", () => ["run", ...objectiveAxes(panel.picture).map(({ metric }) => metric.name)], () => {
  const { front } = panel.picture;
  return front.flatMap((id) => panel.byId.get(id) ?? []).map((row) => [
    row.number,
    ...objectiveAxes(panel.picture).map(({ axis, i }) => axis.is_metric ? row.metric_text : number(row.places[i] ?? NaN, digitsIn(axis.low, axis.high, 4)))
  ]);
});
var volumeTable = (panel) => chartTable("Hypervolume", () => ["run", "hypervolume"], () => (panel.picture.hypervolume?.steps ?? []).map(([run, volume]) => [run, number(volume, 6)]));

// src/charts.js
function charts(panel) {
  const shownCurves = h("span", { class: "muted" });
  const parts = [
    chart(panel, "Metric of each run and the best so far", paintBest),
    bestTable(panel),
    chart(panel, "Learning curves of the runs", paintCurves),
    curvesTable(panel)
  ];
  const [best, bestRows, curves, curveRows] = parts.map((part) => part.element);
  const front = frontFigures(panel);
  const bestFigure = h("figure", {}, h("figcaption", {}, "Best so far"), best, bestRows);
  const element = h(
    "div",
    { class: "charts" },
    front.elements,
    bestFigure,
    h("figure", {}, h("figcaption", {}, "Learning curves ", shownCurves), curves, curveRows)
  );
  function draw() {
    const { metric, rows } = panel.picture;
    element.hidden = !metric;
    if (element.hidden) return;
    bestFigure.hidden = hasFront(panel.picture);
    element.classList.toggle("has-front", bestFigure.hidden);
    front.draw();
    for (const part of bestFigure.hidden ? parts.slice(2) : parts) part.draw();
    const n = rows.filter((row) => row.curve.length > 1).length;
    setText(shownCurves, n > MOST_CURVES ? `${MOST_CURVES} of ${count(n)}` : "");
  }
  return { element, draw, mark: draw, drawBrush: front.drawBrush };
}
var bestTable = (panel) => chartTable("Best so far", () => ["run", "value", "best so far"], () => {
  const { metric, rows, axes } = panel.picture;
  const axis = metricAxis(axes);
  const digits = axis ? digitsIn(axis.low, axis.high, 4) : 4;
  return metric ? bestSoFar(rows, metric.goal).map(({ row, best }) => [row.number, number(row.metric, digits), best === null ? "" : number(best, digits)]) : [];
});
var curvesTable = (panel) => chartTable("Learning curves", () => ["run", "state", "first step", "last step", "values", "continued"], () => panel.picture.rows.filter((row) => row.curve.length).map((row) => [row.number, row.word, row.span[0], lastStep(row), numbers(row.curve), marksText(row)]));
function numbers(values) {
  const digits = digitsIn(Math.min(...values), Math.max(...values));
  return values.map((value) => number(value, digits)).join(" ");
}

// src/failures.js
var SHOWN = 4;
var NAMED = 6;
var allFailed = ({ rows }) => rows.length > 0 && rows.every((row) => isBroken(row));
function failures(panel) {
  const title = h("b");
  const again = button("Retry all failed", () => {
    for (const row of panel.picture.rows) if (isBroken(row)) panel.steer("retry", { run: row.id });
  }, { title: "Hand out the parameters of all failed runs once more" });
  const groups = h("div");
  const element = h("section", { class: "failures", "aria-label": "Failures", hidden: true }, title, " ", again, groups);
  let shown = null;
  let wereAll = false;
  function draw() {
    const { picture, controls } = panel;
    const [broken, ended] = [isBroken, (row) => !row.active].map((is) => picture.rows.filter(is).length);
    const all = allFailed(picture);
    element.hidden = !broken || !picture.failures.length;
    if (element.hidden) return;
    element.toggleAttribute("data-all", all);
    setText(title, all && broken > 1 ? `All ${plural(broken, "run")} failed` : `${broken} of ${plural(ended, "run")} failed`);
    again.hidden = !controls.actions.includes("retry");
    if (shown === picture.failures && all === wereAll) return;
    const isOpen = new Map([...groups.querySelectorAll("details")].map((one) => [one.getAttribute("data-error"), one.open]));
    groups.replaceChildren(
      ...picture.failures.slice(0, SHOWN).map(({ text, runs, traceback }, i) => h(
        "details",
        { "data-error": text, open: (all !== wereAll ? null : isOpen.get(text)) ?? (i === 0 && 2 * broken >= ended) },
        h("summary", {}, h("span", { class: "error" }, text), h("span", { class: "muted small" }, ` ${named(runs)}`)),
        h("pre", { tabindex: 0, "aria-label": "Traceback" }, traceback)
      )),
      picture.failures.length > SHOWN ? h("div", { class: "muted small" }, `and ${picture.failures.length - SHOWN} more kinds of errors, see the table`) : ""
    );
    [shown, wereAll] = [picture.failures, all];
  }
  return { element, draw };
}
var named = (runs) => `${runs.length > 1 ? `${runs.length} times, runs` : "run"} ${runs.slice(0, NAMED).join(", ")}${runs.length > NAMED ? ", …" : ""}`;

// src/best_run.js
var SHOWN2 = 10;
function bestRun(panel) {
  const element = h("div", { class: "best-run" });
  let shown = "";
  function draw() {
    const { best, metric, rows, columns, standing, front } = panel.picture;
    const key = standing || (best && metric ? JSON.stringify([best.id, best.text, metric.name]) : "");
    if (key === shown) return;
    shown = key;
    if (standing) {
      element.replaceChildren(
        h("span", { class: front.length ? null : "note" }, `${front.length ? "★" : "⚠"} ${standing}`),
        front.length ? link("select these", () => panel.pick(panel.picture.front), { title: "Select the runs of the front" }) : ""
      );
      return;
    }
    if (!best || !metric) return element.replaceChildren();
    const texts2 = rows.find((row) => row.id === best.id)?.texts ?? [];
    const values = columns.map((column, i) => [column.name, texts2[i]]).filter(([, text]) => text);
    element.replaceChildren(
      h("span", {}, "★ Best ", metric.name, " ", h("b", {}, best.text), ` in run ${best.number}`),
      ...values.slice(0, SHOWN2).map(([name, text]) => h("span", { class: "pair" }, h("span", { class: "muted" }, name), " ", text)),
      values.length > SHOWN2 ? h("span", { class: "muted" }, `and ${values.length - SHOWN2} more`) : "",
      h("span", {}, copyButton("copy config", () => JSON.stringify(best.config, null, 2), "Copy the config of the best run as JSON"))
    );
  }
  return { element, draw };
}

// src/progress.js
var GROUPS = [
  ["finished", ["finished"]],
  ["stopped", ["stopped"]],
  ["killed", ["killed", "preempted"]],
  ["failed", ["failed", "crashed"]],
  ["running", ["pending", "running", "preempting"]]
];
function progress(panel) {
  const pieces = GROUPS.map(([name]) => h("span", { "data-state": name }));
  const bar2 = h("div", { class: "bar", role: "progressbar", "aria-label": "Runs done", "aria-valuemin": 0 }, pieces);
  const words = h("div", { class: "words" });
  function drawBar({ rows, progress: { total, done } }) {
    bar2.hidden = total === null;
    if (total === null) return;
    const newest = new Map(rows.map((row) => [row.number, row.state]));
    const states = [...newest.values()];
    const whole = Math.max(total, newest.size, 1);
    bar2.setAttribute("aria-valuemax", String(total));
    bar2.setAttribute("aria-valuenow", String(done));
    GROUPS.forEach(([, group], i) => {
      const n = states.filter((state) => group.includes(state)).length;
      pieces[i].style.width = `${100 * n / whole}%`;
    });
  }
  function draw() {
    drawBar(panel.picture);
    setText(words, inWords(panel.picture.progress));
  }
  return { bar: bar2, words, draw };
}
function inWords({ words, elapsed_s, remaining_s, plan }) {
  const texts2 = [...words];
  if (elapsed_s !== null) texts2.push(duration(elapsed_s));
  if (remaining_s !== null) texts2.push(`about ${duration(remaining_s)} left`);
  return [...texts2, plan].filter(Boolean).join(" · ");
}

// src/edit_form.js
function editForm(panel) {
  const fields = h("div", { class: "fields" });
  const readers = /* @__PURE__ */ new Map();
  const form = h(
    "form",
    { class: "edit", hidden: true, "aria-label": "Edit ranges", onsubmit: (event) => {
      event.preventDefault();
      const parameters = {};
      for (const [name, read] of readers) {
        const spec = read();
        if (spec) parameters[name] = spec;
      }
      if (Object.keys(parameters).length) panel.steer("edit", { parameters });
      else close();
    } },
    h("div", { class: "muted small" }, "Applies from the next suggestion on; runs inside the new ranges still count."),
    fields,
    h("button", { type: "submit" }, "Apply"),
    " ",
    button("Cancel", close)
  );
  let proposed = {};
  function propose(specs) {
    proposed = specs;
  }
  function open(specs) {
    readers.clear();
    const wanted = proposed;
    proposed = {};
    fields.replaceChildren(...Object.entries(specs).map(([name, spec]) => {
      const field = fieldOf(name, spec, wanted[name]);
      if (field) readers.set(name, field.read);
      return h("fieldset", {}, h("legend", {}, name), field ? field.inputs : h("span", { class: "muted" }, "value" in spec ? `always ${JSON.stringify(spec.value)}` : JSON.stringify(spec)));
    }));
    form.hidden = false;
    fields.querySelector("input")?.focus();
  }
  function close() {
    form.hidden = true;
  }
  return { element: form, open, propose, close };
}
function fieldOf(name, spec, wanted) {
  const { values, min, max } = spec;
  if (Array.isArray(values)) return listField(name, values, wanted?.values ?? values, spec.probabilities);
  return Number.isFinite(min) && Number.isFinite(max) ? limitsField(name, Number(min), Number(max), wanted) : null;
}
function limitsField(name, low, high, wanted) {
  const input = (key, value) => h("input", { type: "number", step: "any", value, required: true, "aria-label": `${name}, ${key}` });
  const [first, last] = [input("min", wanted?.min ?? low), input("max", wanted?.max ?? high)];
  return {
    inputs: [first, " to ", last],
    read() {
      const [min, max] = [Number(first.value), Number(last.value)];
      return min === low && max === high ? null : { min, max };
    }
  };
}
function listField(name, before, values, probabilities) {
  const boxes = values.map((value) => h("input", { type: "checkbox", checked: true, "aria-label": `${name}: ${value}` }));
  return {
    inputs: boxes.map((box, i) => h("label", {}, box, " ", JSON.stringify(values[i]))),
    read() {
      const kept = values.map((_, i) => i).filter((i) => boxes[i].checked);
      const left = kept.map((i) => values[i]);
      if (JSON.stringify(left) === JSON.stringify(before)) return null;
      const spec = { values: left };
      if (probabilities) {
        const total = kept.reduce((sum, i) => sum + probabilities[i], 0) || 1;
        spec.probabilities = kept.map((i) => probabilities[i] / total);
      }
      return spec;
    }
  };
}

// src/steering.js
var BUTTONS = [
  { action: "pause", label: "Pause", title: "Hand out no more runs; those under way go on" },
  { action: "resume", label: "Resume", title: "Hand out runs again" },
  { action: "stop", label: "Stop after current", title: "Let the runs under way finish, then end the agent" },
  { action: "stop_now", label: "Stop now", title: "End the runs under way at their next log, then the agent" },
  { action: "continue_best", label: "Train the best three longer", title: "Let each go on from its checkpoint: for as long again, or to its end where it was stopped" }
];
function steering(panel) {
  const form = editForm(panel);
  const count2 = h("input", { type: "number", min: 1, max: 9999, value: 5, "aria-label": "How many runs to add" });
  const simple = BUTTONS.map(({ action, label, title }) => button(label, () => panel.steer(action), { title, "data-action": action }));
  const extend = button("Add runs", () => panel.steer("extend", { count: Math.max(1, Math.floor(Number(count2.value)) || 1) }), {
    title: "Let the agent take more runs than it was asked for",
    "data-action": "extend"
  });
  const more = h("span", { class: "more" }, count2, extend);
  const edit = button("Edit ranges…", () => form.element?.hidden ? panel.send({ kind: "space" }) : form.close(), {
    title: "Change the ranges of parameters, from the next suggestion on",
    "data-action": "edit"
  });
  const element = h("div", { class: "steering", role: "group", "aria-label": "Steer the sweep" }, simple, more, edit);
  const blocked = h("div", { class: "muted small" });
  function draw() {
    const { controls, picture, waiting } = panel;
    const can = new Set(panel.isGone ? [] : controls.actions);
    const isPaused = picture.sweep.state === "PAUSED";
    const isOver = !["PENDING", "RUNNING", "PAUSED"].includes(picture.sweep.state) && !picture.progress.active;
    element.hidden = can.size === 0;
    BUTTONS.forEach(({ action }, i) => {
      simple[i].hidden = !can.has(action) || action === "pause" && isPaused || action === "resume" && !isPaused || action === "continue_best" && !isOver;
      simple[i].toggleAttribute("data-waiting", waiting.has(action));
    });
    more.hidden = !can.has("extend");
    extend.toggleAttribute("data-waiting", waiting.has("extend"));
    const longer = simple[BUTTONS.findIndex(({ action }) => action === "continue_best")];
    setText(longer, hasFront(picture) ? "Train three of the front longer" : "Train the best three longer");
    edit.hidden = !can.has("edit");
    if (edit.hidden) form.close();
    setText(blocked, can.size && controls.bridge === "none" ? "This kernel answers clicks only between cells: to stop now, use the notebook's interrupt button (■)." : "");
  }
  const canWiden = ({ parameters }) => Object.keys(parameters).length > 0 && panel.controls.actions.includes("edit");
  const wider = ({ text, parameters }) => h("div", { class: "note" }, `⚠ ${text} `, link("widen it…", () => {
    form.propose(parameters);
    panel.send({ kind: "space" });
  }, { title: "Fill “Edit ranges” with a wider range; nothing changes before “Apply”", "data-action": "widen" }));
  return { element, blocked, form, draw, canWiden, wider };
}

// src/header.js
function header(panel) {
  const name = h("b", { class: "name" });
  const facts = h("span", { class: "muted" });
  const dot = h("span", { class: "dot", "aria-hidden": true }, "●");
  const word = h("span", { class: "word" });
  const message = h("span", { class: "muted" });
  const buttons = steering(panel);
  const kernel = connection(panel);
  const amount = progress(panel);
  const outlook = outlookLine();
  const best = bestRun(panel);
  const found = outlookLine();
  const notes = h("div", { class: "notes" });
  let noted = "";
  const element = h(
    "header",
    {},
    h("div", { class: "title" }, h("div", { class: "what" }, name, " ", facts, " ", dot, " ", word, message), buttons.element),
    kernel.element,
    buttons.form.element,
    amount.bar,
    amount.words,
    outlook.element,
    best.element,
    found.element,
    notes,
    buttons.blocked
  );
  function draw() {
    const { sweep, outlook: prospects, notes: texts2, findings } = panel.picture;
    setText(name, sweep.name || `Sweep ${sweep.id}`);
    setText(facts, [sweep.method, sweep.name && sweep.id, sweep.project].filter(Boolean).join(" · "));
    kernel.draw();
    const state = panel.isGone && panel.picture.live ? "disconnected" : sweep.word;
    dot.setAttribute("data-word", allFailed(panel.picture) ? "failed" : state);
    setText(word, state);
    setText(message, sweep.message ? `: ${sweep.message}` : "");
    amount.draw();
    outlook.draw(prospects);
    best.draw();
    const [first, ...rest] = findings.filter((finding) => !buttons.canWiden(finding));
    found.draw(first ? { verdict: first.text, sentences: rest.map(({ text }) => text) } : null);
    drawNotes(texts2, findings);
    buttons.draw();
  }
  function drawNotes(texts2, findings) {
    const wider = findings.filter(buttons.canWiden);
    const now = JSON.stringify([texts2, wider]);
    if (now === noted) return;
    noted = now;
    notes.replaceChildren(...texts2.map((note) => h("div", { class: "note" }, `⚠ ${note}`)), ...wider.map(buttons.wider));
  }
  return { element, draw, form: buttons.form };
}
function outlookLine() {
  const verdict = h("summary");
  const list2 = h("ul");
  const element = h("details", { class: "outlook", hidden: true }, verdict, list2);
  function draw(outlook) {
    element.hidden = !outlook;
    if (!outlook) return;
    const { sentences } = outlook;
    setText(verdict, outlook.verdict);
    element.toggleAttribute("data-bare", !sentences.length);
    element.setAttribute("data-suggestion", outlook.suggestion ?? "");
    if (list2.textContent !== sentences.join("")) list2.replaceChildren(...sentences.map((sentence) => h("li", {}, sentence)));
  }
  return { element, draw };
}

// src/dependence.js
var WIDTH = 264;
var HEIGHT2 = 96;
var [LEFT, RIGHT] = [44, WIDTH - 8];
var [TOP, BOTTOM] = [8, HEIGHT2 - 18];
function dependence({ name, dependence: points }, axis, metric) {
  const isCategory = axis.kind === "category";
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = high > low ? 0 : Math.abs(low) * 0.1 || 1;
  const digits = digitsIn(low, high);
  const left = Math.max(LEFT, 8 + 6.5 * Math.max(number(low, digits).length, number(high, digits).length));
  const x = xScale(points, axis, left);
  const y = linear([low - room, high + room], [BOTTOM, TOP]);
  const at = points.map(([place, value], k) => [x(isCategory ? k : place), y(value)]);
  const placeDigits = digitsIn(points[0][0], points[points.length - 1][0], 2);
  const categories = shorten(axis.categories, 12);
  const labels = points.map(([place]) => isCategory ? categories[place] ?? "" : number(place, placeDigits));
  const labelled = isCategory && points.length <= 4 ? [...points.keys()] : [0, points.length - 1];
  const inWords2 = values.map((value, k) => `${labels[k]}: ${number(value, digits)}`).join(", ");
  return [
    h("div", { class: "muted small" }, `${metric} by ${name}, all else equal`),
    h(
      "svg:svg",
      {
        width: WIDTH,
        height: HEIGHT2,
        viewBox: `0 0 ${WIDTH} ${HEIGHT2}`,
        role: "img",
        "aria-label": `${metric} by ${name}. ${inWords2}`
      },
      h("svg:line", { class: "base", x1: left, x2: RIGHT, y1: BOTTOM, y2: BOTTOM }),
      [low, ...high > low ? [high] : []].map((value) => h("svg:text", { x: left - 5, y: y(value), dy: "0.32em", "text-anchor": "end" }, number(value, digits))),
      labelled.map((k) => h("svg:text", {
        x: at[k][0],
        y: HEIGHT2 - 4,
        "text-anchor": isCategory ? "middle" : k ? "end" : "start"
      }, labels[k])),
      isCategory ? at.map(([px, py]) => h("svg:line", { class: "step", x1: px - 12, x2: px + 12, y1: py, y2: py })) : h("svg:path", { class: "step", d: at.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("") })
    )
  ];
}
function xScale(points, axis, left) {
  const range = [left, RIGHT];
  if (axis.kind === "category") return linear([-0.5, points.length - 0.5], range);
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  return axis.kind === "log" && from > 0 ? log([from, to], range) : linear([from, to], range);
}

// src/ranking_question.js
var WAIT_MS2 = 400;
var OUTGROWN = 1.5;
var METHODS = {
  forest: "forest",
  permutation: "permutation",
  fanova: "fANOVA",
  ped_anova: "near the top (PED-ANOVA)",
  shap: "SHAP",
  pearson: "correlation (Pearson)",
  spearman: "rank correlation (Spearman)",
  mutual_information: "mutual information"
};
var FAILED = "failed";
function rankingQuestion(panel) {
  const choice = (label, options = {}) => h(
    "select",
    { "aria-label": label, onchange: () => {
      ask();
      panel.changed();
    } },
    Object.entries(options).map(([value, text]) => h("option", { value }, text))
  );
  const target = choice("Importance for");
  const fillTargets = targetsOf(panel, target);
  const scope = choice("Runs to learn from", { all: "all runs", selected: "selected runs" });
  const method = choice("Method", METHODS);
  const element = h("div", { class: "options small" }, h("label", {}, "of ", target), scope, method);
  let asked = { key: "", found: null, error: "" };
  let timer = 0;
  const isUsual = () => !panel.canAsk || !target.value && scope.value === "all" && method.value === "forest";
  function ask() {
    if (isUsual()) return;
    const runs = scope.value === "selected" && panel.selected ? [...panel.selected] : null;
    const ended = panel.picture.rows.filter((row) => !row.active).length;
    const key = JSON.stringify([target.value, method.value, scope.value, runs, ended]);
    if (key === asked.key) return;
    asked = { ...asked, key, error: "" };
    clearTimeout(timer);
    timer = setTimeout(() => panel.send({ kind: "analyse", key, target: target.value, runs, method: method.value }), WAIT_MS2);
  }
  function receive(analysis) {
    if (analysis.key !== asked.key) return;
    asked = analysis;
    panel.changed();
  }
  function answer() {
    if (isUsual()) return usualAnswer(panel.picture);
    return { ranking: asked.found, text: asked.error || (asked.found?.verdict ?? "Computing…"), isOld: false };
  }
  function draw() {
    element.hidden = !panel.canAsk;
    fillTargets();
  }
  return { element, ask, answer, receive, draw, hasTarget: () => !!target.value };
}
function usualAnswer({ importance: importance2, rows }) {
  if (!importance2) return { ranking: null, text: "Waiting for the first runs to end.", isOld: false };
  const [n, now] = [importance2.n_runs, rows.filter(isCounted).length];
  const text = n < now ? `${importance2.verdict} (from ${n} of ${now} runs)` : importance2.verdict;
  return { ranking: importance2, text, isOld: OUTGROWN * n < now };
}
function targetsOf(panel, target) {
  let shown = "";
  return () => {
    const { axes } = panel.picture;
    const extras = axes.filter((axis) => axis.is_extra);
    const names = [...extras].sort((a, b) => Number(b.is_objective) - Number(a.is_objective)).map((axis) => axis.name);
    const metric = metricAxis(axes);
    const states = new Set(panel.picture.rows.map((row) => row.state));
    const asksWhetherFailed = (states.has("failed") || states.has("crashed")) && !names.includes(FAILED);
    const key = JSON.stringify([names, metric?.name, asksWhetherFailed]);
    if (key === shown) return;
    shown = key;
    const before = target.value;
    target.replaceChildren(
      ...metric ? [h("option", { value: "" }, metric.name)] : [],
      ...names.map((name) => h("option", { value: name }, name)),
      ...asksWhetherFailed ? [h("option", { value: FAILED }, "whether a run fails")] : []
    );
    target.value = names.includes(before) || asksWhetherFailed && before === FAILED ? before : metric ? "" : names[0] ?? "";
  };
}

// src/importance.js
var SHOWN3 = 10;
function importance(panel) {
  const question = rankingQuestion(panel);
  const verdict = h("p", { class: "verdict", role: "status" });
  const explained = h("p", { class: "verdict muted" });
  const table2 = h("table", { class: "importance" });
  const curve = h("div", { class: "dependence" });
  const element = h(
    "section",
    { class: "side", "aria-label": "Parameter importance" },
    h("div", { class: "heading" }, h("b", {}, "Parameter importance")),
    question.element,
    verdict,
    table2,
    explained,
    curve
  );
  let shown = null;
  let shownCurve = "";
  function draw() {
    question.draw();
    element.hidden = !panel.picture.metric && !question.hasTarget();
    if (element.hidden) return;
    question.ask();
    const { ranking, text, isOld } = question.answer();
    setText(verdict, text);
    table2.toggleAttribute("data-old", isOld);
    verdict.title = ranking ? plural(ranking.n_runs, "run") + (ranking.left_out && `; ${ranking.left_out}`) : "";
    setText(explained, [ranking?.explained, ...ranking?.notes ?? []].filter(Boolean).join(" "));
    if (shown !== ranking) {
      shown = ranking;
      shownCurve = "";
      fillTable(panel, table2, ranking);
    }
    mark();
  }
  function mark() {
    for (const tr of table2.querySelectorAll("tbody tr"))
      tr.classList.toggle("hovered", tr.getAttribute("data-parameter") === panel.parameter);
    const rows = shown?.rows.slice(0, SHOWN3) ?? [];
    const row = rows.find(({ name }) => name === panel.parameter) ?? rows[0];
    const axis = row && panel.picture.axes.find(({ name }) => name === row.name);
    const key = JSON.stringify([row?.name, row?.dependence, axis?.kind, axis?.categories]);
    if (key === shownCurve) return;
    shownCurve = key;
    curve.replaceChildren(...axis && row.dependence?.length > 1 ? dependence(row, axis, shown?.metric ?? "") : []);
  }
  return { element, draw, mark, receive: question.receive };
}
function fillTable(panel, table2, importance2) {
  const rows = importance2?.rows.slice(0, SHOWN3) ?? [];
  table2.hidden = !rows.length;
  table2.toggleAttribute("data-unranked", !!importance2 && !importance2.is_ranked);
  const headings = ["parameter", importance2?.heading || "importance", "correlation"];
  table2.replaceChildren(
    h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, rows.map((row) => {
      const enter = () => panel.hoverParameter(row.name);
      const leave = () => panel.hoverParameter(null);
      return h("tr", {
        title: row.name,
        tabindex: 0,
        "data-parameter": row.name,
        onpointerenter: enter,
        onpointerleave: leave,
        onfocus: enter,
        onblur: leave
      }, h("th", { scope: "row" }, row.name), h("td", {}, bar(row)), h("td", {}, correlation(row)));
    }))
  );
}
function bar({ importance: share2, error }) {
  const [from, to] = [Math.max(0, share2 - error), Math.min(1, share2 + error)];
  return h(
    "div",
    { class: "share" },
    h(
      "div",
      { class: "track" },
      h("span", { class: "fill", style: `width:${100 * share2}%` }),
      h("span", { class: "whisker", style: `left:${100 * from}%;width:${100 * (to - from)}%` })
    ),
    h("span", { class: "figure" }, `${share2.toFixed(2)} ± ${error.toFixed(2)}`)
  );
}
function correlation({ correlation: r, high_value: high, ratio, best_value: best }) {
  if (r === null) return unordered(ratio ?? null, best);
  const [left, width] = [50 + Math.min(0, r) * 50, Math.abs(r) * 50];
  return h(
    "div",
    { class: "share", title: high ? `${high} counts as high` : null },
    h("div", { class: "track middle" }, h("span", { class: r < 0 ? "fill minus" : "fill", style: `left:${left}%;width:${width}%` })),
    h("span", { class: "figure" }, `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`)
  );
}
function unordered(ratio, best) {
  if (ratio === null) return h("span", { class: "muted", title: "Three or more categories have no sign" }, "–");
  return h(
    "div",
    { class: "share", title: `Correlation ratio of categories, which has no sign${best ? `; ${best} is best` : ""}` },
    h("div", { class: "track middle" }, h("span", { class: "fill unsigned", style: `left:50%;width:${ratio * 50}%` })),
    h("span", { class: "figure" }, ratio.toFixed(2))
  );
}

// src/lanes.js
var LANE = 18;
var MARGIN3 = { left: 96, right: 12, bottom: 18 };
var MOST_BARS = 1500;
var MOST_LANES = 24;
var TICKS2 = 4;
function lanes(panel) {
  const svg = h("svg:svg", { class: "lanes", role: "img", "aria-label": "Runs of each worker over time; the table below holds the same" });
  const plot = h("div", { class: "chart" }, svg);
  const table2 = chartTable("Workers", () => ["worker", "run", "state", "began", "took"], () => barsOf(panel).map(({ row, from }) => [row.worker, row.number, row.word, duration(from), duration(row.duration_s)]));
  const amount = h("span", { class: "muted" });
  const element = h(
    "section",
    { class: "workers", "aria-label": "Workers" },
    h("div", { class: "heading" }, "Workers ", amount),
    plot,
    table2.element
  );
  function draw() {
    const bars = barsOf(panel);
    const names = [...new Set(bars.map(({ row }) => row.worker))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    element.hidden = names.length < 2;
    if (element.hidden) return;
    amount.textContent = names.length > MOST_LANES ? `${MOST_LANES} of ${names.length}` : "";
    names.length = Math.min(names.length, MOST_LANES);
    const width = plot.clientWidth || 600;
    const height = names.length * LANE + MARGIN3.bottom;
    plot.style.height = `${height}px`;
    setSize(svg, width, height);
    svg.replaceChildren(...drawLanes(panel, bars, names, width, height));
    table2.draw();
    mark();
  }
  function mark() {
    for (const bar2 of svg.querySelectorAll("rect")) bar2.classList.toggle("lit", bar2.getAttribute("data-bar") === panel.hovered);
  }
  return { element, draw, mark };
}
function drawLanes(panel, bars, names, width, height) {
  const end = Math.max(1e-9, ...bars.map(({ to }) => to));
  const x = (seconds) => MARGIN3.left + seconds / end * (width - MARGIN3.left - MARGIN3.right);
  const lane = new Map(names.map((name, k) => [name, k]));
  return [
    ...shorten(names, 14).map((short, k) => h("svg:text", { x: 0, y: k * LANE + 12 }, h("svg:title", {}, names[k]), short)),
    ...bars.flatMap(({ row, from, to }) => {
      const k = lane.get(row.worker);
      return k === void 0 ? [] : [h("svg:rect", {
        x: x(from),
        y: k * LANE + 3,
        height: LANE - 6,
        width: Math.max(1.5, x(to) - x(from) - 1),
        rx: 1.5,
        class: panel.isOut(row.id) ? "out" : null,
        "data-state": row.state,
        "data-bar": row.id,
        onpointerenter: () => panel.hover(row.id),
        onpointerleave: () => panel.hover(null),
        onclick: () => panel.open(row.id)
      }, h("svg:title", {}, `run ${row.number} · ${row.word} · ${duration(row.duration_s)}`))];
    }),
    ...Array.from({ length: TICKS2 + 1 }, (_, k) => h("svg:text", {
      x: x(end * k / TICKS2),
      y: height - 5,
      "text-anchor": k === TICKS2 ? "end" : k ? "middle" : "start"
    }, duration(end * k / TICKS2)))
  ];
}
function barsOf({ picture }) {
  const begun = picture.rows.filter((row) => row.worker).flatMap((row) => typeof row.start_s === "number" ? [{ row, start: row.start_s }] : []);
  const first = begun.reduce((least, { start }) => Math.min(least, start), Infinity);
  return begun.slice(-MOST_BARS).map(({ row, start }) => ({ row, from: start - first, to: start - first + (row.duration_s ?? 0) }));
}

// src/colour_legend.js
function colourLegend(panel) {
  const choice = h("select", { "aria-label": "Colour by", onchange: () => panel.look({ colour: choice.value }) });
  const meaning = h("span", { class: "legend" });
  const element = h("span", { class: "legend" }, h("label", {}, "colour ", choice), meaning);
  let shown = "";
  function draw() {
    const { picture: { axes }, view } = panel;
    const { axis, colours: colours2 } = colouring(panel);
    const key = JSON.stringify([axes.map(({ name }) => name), view, axis?.low, axis?.high, axis?.best, axis?.poor, colours2[0]]);
    if (key === shown) return false;
    shown = key;
    const metric = metricAxis(axes);
    choice.replaceChildren(
      h("option", { value: "" }, metric ? metric.name : "none"),
      ...axes.filter((other) => other !== metric).map(({ name }) => h("option", { value: name }, name))
    );
    choice.value = view.colour;
    meaning.replaceChildren(...axis ? meaningOf(axis, colours2) : []);
    return true;
  }
  return { element, draw };
}
function meaningOf(axis, colours2) {
  if (axis.kind === "category")
    return shorten(axis.categories, 18).slice(0, colours2.length).map((name, i) => h("span", { class: "swatch" }, h("i", { style: `background:${colours2[i]}` }), name));
  const [from, to] = axis.is_metric || axis.is_extra ? [axis.poor, axis.best] : [axis.low, axis.high];
  const digits = digitsIn(from, to);
  const bar2 = h("span", { class: "ramp", "aria-hidden": true });
  bar2.style.background = `linear-gradient(to right, ${colours2.join(",")})`;
  return [
    h("span", { class: "muted" }, number(from, digits)),
    bar2,
    h("span", { class: "muted" }, number(to, digits))
  ];
}

// src/axes_menu.js
function axesMenu(panel, layout) {
  const list2 = h("tbody");
  const sheet = h("div", { class: "sheet" }, h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ["axis", "flip", "scale", "move"].map((name) => h("th", { scope: "col" }, name)))),
    list2
  ));
  const element = h("details", { class: "menu", ontoggle: () => fill() }, h("summary", {}, "Axes"), sheet);
  const legend = colourLegend(panel);
  function fill() {
    if (!element.open) return;
    const { view, picture, root } = panel;
    const drawn = shownAxes(picture, view, layout.most()).map(({ axis }) => axis);
    const names = drawn.map(({ name }) => name);
    const hidden = picture.axes.filter(({ name }) => !names.includes(name));
    const focused = root.activeElement?.getAttribute?.("data-key");
    const scrolled = sheet.scrollTop;
    list2.replaceChildren(...[...drawn, ...hidden].map((axis) => line(panel, axis, names)));
    sheet.scrollTop = scrolled;
    if (focused) focusOn(list2, `[data-key="${CSS.escape(focused)}"]`);
  }
  function draw() {
    if (legend.draw()) fill();
  }
  return { element, legend: legend.element, draw };
}
function line(panel, axis, shown) {
  const { name } = axis;
  const { view } = panel;
  const isShown = shown.includes(name);
  const scale = view.scales[name] ?? axis.kind;
  const changer = (key, text, title, change, props = {}) => button(text, () => panel.look(change()), { "data-key": `${key}:${name}`, title, "aria-label": `${title}: ${name}`, ...props });
  const box = h("input", {
    type: "checkbox",
    "data-key": `show:${name}`,
    checked: isShown,
    onchange: () => panel.look(show(panel.view, name, box.checked))
  });
  return h(
    "tr",
    {},
    h("td", {}, h("label", {}, box, " ", name)),
    h("td", {}, changer("flip", "⇅", "Flip", () => flip(panel.view, name), { "aria-pressed": String(view.flipped.includes(name)) })),
    h("td", {}, hasScales(axis) && changer(
      "scale",
      scale,
      "Other scale",
      () => ({ scales: { ...view.scales, [name]: scale === "log" ? "linear" : "log" } }),
      { "aria-label": `${scale} scale of ${name}` }
    )),
    h("td", {}, isShown && [
      changer("left", "←", "Move left", () => move(shown, name, -1)),
      changer("right", "→", "Move right", () => move(shown, name, 1))
    ])
  );
}

// src/brushing.js
var EDGE2 = 6;
var STILL2 = 3;
function brushing(panel, layout) {
  let isDragged = false;
  function setRanges(axis, ranges, isFinal) {
    const all = { ...panel.brushes.ranges };
    if (ranges.length) all[axis.name] = ranges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
    else delete all[axis.name];
    panel.brush({ ...panel.brushes, ranges: all }, isFinal);
  }
  function start(event, axis) {
    const from = layout.pointer(event).y;
    const begun = layout.position(axis, from);
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const held = ranges.findIndex((range) => distance(layout, axis, range, from) <= EDGE2);
    const stretch = held < 0 ? ends.draw : ends[edgeAt(layout, axis, ranges[held], from)];
    const before = ranges[held] ?? [begun, begun];
    const others = ranges.filter((_, i) => i !== held);
    let moved2 = false;
    follow(
      event,
      (later) => {
        const now = layout.pointer(later).y;
        if (!moved2 && Math.abs(now - from) < STILL2) return;
        moved2 = isDragged = true;
        const range = stretch(before, begun, reached(panel, layout, axis, begun, now));
        setRanges(axis, held < 0 ? [...ranges, range] : ranges.map((other, i) => i === held ? range : other), false);
      },
      () => {
        isDragged = false;
        if (!moved2) setRanges(axis, held < 0 ? [] : others, true);
        else panel.brush(panel.brushes, true);
      }
    );
  }
  return { start, setRanges, isDragged: () => isDragged };
}
var ends = {
  draw: (_, from, to) => [from, to],
  low: ([, high], _, to) => [to, high],
  high: ([low], _, to) => [low, to],
  all: ([low, high], from, to) => [low + to - from, high + to - from]
};
function distance(layout, axis, [low, high], y) {
  const [from, to] = [layout.y(axis, low), layout.y(axis, high)];
  return Math.max(0, Math.min(from, to) - y, y - Math.max(from, to));
}
function edgeAt(layout, axis, [low, high], y) {
  if (Math.abs(y - layout.y(axis, high)) <= EDGE2) return "high";
  return Math.abs(y - layout.y(axis, low)) <= EDGE2 ? "low" : "all";
}
function reached(panel, layout, axis, begun, y) {
  const position2 = layout.position(axis, y);
  const isAcross = panel.view.flipped.includes(axis.name) && position2 < 0 !== begun < 0;
  return isAcross ? begun < 0 ? MISSING : 1 : position2;
}

// src/parallel_layout.js
var HEIGHT3 = 270;
var MARGIN4 = { top: 38, right: 70, bottom: 36, left: 50 };
var NARROWEST = 60;
var LETTER3 = 6.6;
var MOST_LETTERS = 18;
var LENGTH = HEIGHT3 - MARGIN4.top - MARGIN4.bottom;
var LOWEST = MISSING - 0.04;
var yAt = (drawn) => MARGIN4.top + (1 - drawn) * LENGTH;
function newLayout(panel, plot) {
  const xAt = (k, n) => n < 2 ? layout.width / 2 : MARGIN4.left + k * layout.gap(n);
  const layout = {
    width: 0,
    right: MARGIN4.right,
    // with room for the labels of the last axis
    /** Parameters for whose axes there is room. */
    most: () => layout.width ? Math.min(SHOWN_AXES, Math.max(3, Math.floor((layout.width - 120) / NARROWEST))) : SHOWN_AXES,
    /** The axes that are drawn, from left to right. @returns {DrawnAxis[]} */
    axes() {
      const shown = shownAxes(panel.picture, panel.view, layout.most());
      const last = shown[shown.length - 1]?.axis;
      const letters = last ? drawnTicks(last, panel.view).map(([, label]) => label.length) : [];
      layout.right = Math.max(MARGIN4.right, 12 + LETTER3 * Math.min(MOST_LETTERS, Math.max(...letters)));
      return shown.map(({ axis, i }, k) => ({ axis, i, x: xAt(k, shown.length) }));
    },
    /** Pixels from one axis to the next. @param {number} n  axes */
    gap: (n) => n > 1 ? (layout.width - MARGIN4.left - layout.right) / (n - 1) : layout.width,
    /** @param {Axis} axis @param {number} position */
    y: (axis, position2) => yAt(isPlain(axis, panel.view) ? position2 : drawnAt(axis, position2, panel.view)),
    /** The position at a pixel; the inverse of `y`. @param {Axis} axis @param {number} pixel */
    position: (axis, pixel) => positionAt(axis, Math.min(1, Math.max(LOWEST, 1 - (pixel - MARGIN4.top) / LENGTH)), panel.view),
    /** @param {PointerEvent} event */
    pointer: (event) => pointerIn(plot, event)
  };
  return layout;
}

// src/axis_keys.js
var STEP2 = 0.04;
var FIRST2 = [0.33, 0.67];
var UP = { ArrowUp: 1, ArrowDown: -1 };
var RIGHT2 = { ArrowLeft: -1, ArrowRight: 1 };
function axisKeys(panel, brush, event, axis, names) {
  const { key, altKey, shiftKey } = event;
  if (altKey && RIGHT2[key]) panel.look(move(names, axis.name, RIGHT2[key]));
  else {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const sign = panel.view.flipped.includes(axis.name) ? -1 : 1;
    const changed2 = changedRanges(key, ranges, (UP[key] ?? 0) * STEP2 * sign, shiftKey);
    if (!changed2) return;
    brush.setRanges(axis, changed2, true);
  }
  event.preventDefault();
  event.stopPropagation();
  if (panel.selected && hasBrush(panel.brushes)) panel.say(`${plural(panel.selected.size, "run")} selected`);
}
function changedRanges(key, ranges, step, isStretched) {
  if (["Delete", "Backspace", "Escape"].includes(key)) return [];
  if (!ranges.length) return key === "Enter" || key === " " ? [FIRST2] : null;
  if (!step) return null;
  const [[low, high], ...others] = ranges;
  if (isStretched) return [[low, Math.min(1, Math.max(low + 0.02, high + step))], ...others];
  const by = Math.max(LOWEST - low, Math.min(1 - high, step));
  return [[low + by, high + by], ...others];
}

// src/believing.js
function believeButton(panel) {
  return link("I believe it is here", () => panel.steer("believe", {
    brushes: panel.brushes,
    runs: panel.selected ? [...panel.selected] : []
  }), {
    "data-action": "believe",
    title: "The search begins in the ranges of the selection, until runs say otherwise; nothing is ruled out"
  });
}
function withdrawButton(panel, name) {
  return link("✕", () => panel.steer("believe", { withdraw: name }), {
    "data-action": "withdraw",
    title: "Withdraw this belief",
    "aria-label": `Withdraw the belief about ${name}`
  });
}

// src/beliefs.js
function beliefs(panel) {
  const button2 = believeButton(panel);
  const element = h("div", { class: "beliefs small", role: "group", "aria-label": "Beliefs", hidden: true });
  let shown = "";
  function draw() {
    const may = panel.controls.actions.includes("believe");
    if (button2) button2.hidden = !panel.selected?.size || !may;
    const { beliefs: beliefs2 } = panel.picture;
    const key = JSON.stringify([beliefs2, may]);
    if (key === shown) return;
    shown = key;
    element.hidden = !beliefs2.length;
    element.replaceChildren("Believed to be best: ", ...beliefs2.map(({ name, text }) => h("span", { class: "belief" }, `${name} ${text}`, may ? withdrawButton(panel, name) : null)));
  }
  return { button: button2, element, draw };
}
function beliefMarks(panel, axis, layout) {
  const belief = panel.picture.beliefs.find(({ name }) => name === axis.name);
  return (belief?.ranges ?? []).map(([low, high]) => {
    const [from, to] = [layout.y(axis, low), layout.y(axis, high)];
    const height = Math.min(HEIGHT3 - MARGIN4.top, Math.max(3, Math.abs(from - to)));
    return h(
      "svg:rect",
      { class: "believed", x: -10, width: 3, y: Math.min(from, to) - (height === 3 ? 1.5 : 0), height },
      h("svg:title", {}, `believed to be best: ${belief?.text}`)
    );
  });
}

// src/parallel_axes.js
var BOLD = 7.3;
var GRAB = 13;
function axesDrawing(panel, layout, brush, svg) {
  const missing = missingLanes(panel);
  let shown = "";
  function draw(drawn) {
    const key = JSON.stringify([layout.width, drawn.map(({ axis }) => axis), panel.brushes, missing().words, panel.view, panel.picture.beliefs, panel.picture.metrics]);
    if (key === shown) return;
    shown = key;
    const focused = panel.root.activeElement?.getAttribute?.("data-axis");
    setSize(svg, layout.width, HEIGHT3);
    const gap = layout.gap(drawn.length);
    const letters = Math.max(4, Math.floor(gap / LETTER3));
    const titles = shorten(
      drawn.map(({ axis, axis: { name } }) => (panel.view.flipped.includes(name) ? `${name} ↓` : name) + aimOf(panel, axis)),
      Math.max(4, Math.floor(Math.min(gap, gap / 2 + MARGIN4.left - 4) / BOLD))
    );
    svg.replaceChildren(...drawn.map((entry, k) => drawAxis(entry, drawn, titles[k], letters)));
    if (focused) focusOn(svg, `[data-axis="${CSS.escape(focused)}"]`);
  }
  function drawAxis({ axis, i, x }, drawn, text, letters) {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const names = drawn.map((other) => other.axis.name);
    const half = text.length * BOLD / 2;
    const title = axisTitle(axis, text, Math.max(half - x, Math.min(0, layout.width - x - half)));
    const group = h(
      "svg:g",
      {
        ...sliderProps(axis, ranges),
        transform: `translate(${x},0)`,
        onkeydown: (event) => axisKeys(panel, brush, event, axis, names),
        onpointerenter: () => panel.hoverParameter(axis.name),
        onpointerleave: () => panel.hoverParameter(null)
      },
      h("svg:line", { y1: yAt(0), y2: yAt(1), class: "rule" }),
      beliefMarks(panel, axis, layout),
      missingLane(missing().words[i]),
      ticksOf(axis, drawnTicks(axis, panel.view), letters),
      title,
      h("svg:rect", {
        class: "grab",
        x: -GRAB,
        width: 2 * GRAB,
        y: MARGIN4.top - 6,
        height: HEIGHT3 - MARGIN4.top - 6,
        onpointerdown: (event) => brush.start(event, axis)
      }),
      ranges.map(([low, high]) => brushRect(layout.y(axis, low), layout.y(axis, high)))
    );
    title.addEventListener("dblclick", () => panel.look(flip(panel.view, axis.name)));
    title.addEventListener("pointerdown", (event) => dragTo(event, group, x, (pixels) => {
      shown = "";
      panel.look(move(names, axis.name, Math.round(pixels / layout.gap(names.length))));
    }));
    return group;
  }
  return { draw };
}
function dragTo(event, group, x, onEnd) {
  follow(
    event,
    (later) => group.setAttribute("transform", `translate(${x + later.clientX - event.clientX},0)`),
    (later) => onEnd(later.clientX - event.clientX)
  );
}
function ticksOf(axis, ticks2, letters) {
  const labels = ticks2.map(([, label]) => label);
  const short = axis.kind === "category" ? shorten(labels, Math.max(5, Math.min(letters - 2, MOST_LETTERS - 2))) : labels;
  return ticks2.map(([drawn, label], k) => [
    h("svg:line", { x1: -3, x2: 3, y1: yAt(drawn), y2: yAt(drawn), class: "rule" }),
    h(
      "svg:text",
      { x: 6, y: yAt(drawn), dy: "0.32em", class: "tick" },
      h("svg:title", {}, label),
      short[k]
    )
  ]);
}
var brushRect = (from, to) => h("svg:rect", { class: "brush", x: -6, width: 12, y: Math.min(from, to), height: Math.max(3, Math.abs(from - to)), rx: 2 });
var axisTitle = (axis, text, x) => h(
  "svg:text",
  { x, y: 14, "text-anchor": "middle", class: axis.is_metric || axis.is_objective ? "title strong" : "title" },
  h("svg:title", {}, `${axis.name} (drag to move the axis, double-click to flip it)`),
  text
);
function aimOf({ picture }, axis) {
  const metric = objectiveAxes(picture).find((other) => other.axis === axis)?.metric;
  return metric ? ` (${metric.goal === "maximize" ? "max" : "min"})` : "";
}
function sliderProps(axis, ranges) {
  const texts2 = ranges.map(([low, high]) => `${textAt(axis, low)} to ${textAt(axis, high)}`);
  return {
    tabindex: 0,
    "data-axis": axis.name,
    role: "slider",
    "aria-orientation": "vertical",
    "aria-valuemin": 0,
    "aria-valuemax": 1,
    "aria-valuenow": ranges[0] ? ((ranges[0][0] + ranges[0][1]) / 2).toFixed(2) : 0.5,
    "aria-valuetext": texts2.length ? `selected ${texts2.join(" and ")}` : "nothing selected",
    "aria-label": `${axis.name}. Enter selects a range, arrows move it, shift and arrows stretch it, delete removes it, alt and arrows move the axis`
  };
}
var missingLane = (word) => word ? [
  h("svg:line", { y1: yAt(MISSING) - 4, y2: yAt(MISSING) + 4, class: "rule" }),
  h("svg:text", { x: 6, y: yAt(MISSING), dy: "0.32em", class: "tick" }, word)
] : null;
function missingLanes(panel) {
  let lanes2 = { rows: [], axes: [], words: [] };
  return () => {
    const { rows, axes } = panel.picture;
    if (lanes2.rows === rows && lanes2.axes === axes) return lanes2;
    const without = rows.filter((row) => row.metric === null && !row.active);
    const metricWord = without.length && without.every(isBroken) ? "failed" : "no value";
    const words = axes.map((axis, i) => rows.some((row) => panel.positions(row, axes)[i] < 0) ? axis.is_metric ? metricWord : "missing" : "");
    lanes2 = { rows, axes, words };
    return lanes2;
  };
}

// src/parallel_lines.js
var DRAGGED_LINES = 700;
var BATCH = 24;
var NEAR3 = 9;
function drawLines(panel, layout, ctx, drawn, isDragged) {
  const { colours: colours2, picture: { rows } } = panel;
  const { key, colours: ramp2 } = colouring(panel);
  const groups = grouped(panel, key);
  const stroke = (name, colour, alpha2, thickness) => {
    const group = groups.get(name) ?? [];
    const most = name === "out" ? DRAGGED_LINES : Math.max(20, DRAGGED_LINES * group.length / rows.length);
    const lines = isDragged ? thinned(group, most) : group;
    ctx.strokeStyle = colour;
    ctx.globalAlpha = alpha2;
    ctx.lineWidth = thickness;
    for (let from = 0; from < lines.length; from += BATCH) {
      ctx.beginPath();
      for (const row of lines.slice(from, from + BATCH)) trace(panel, layout, ctx, row, drawn);
      ctx.stroke();
    }
  };
  const out = groups.get("out")?.length ?? 0;
  const inside2 = rows.length - out;
  const alpha = inside2 > 2e3 ? 0.25 : inside2 > 300 ? 0.5 : inside2 > 60 ? 0.75 : 0.9;
  stroke("out", colours2.faint, out > 500 ? 0.12 : 0.28, 1);
  ctx.setLineDash([3, 3]);
  stroke("uncounted", colours2.bad, 0.55, 1);
  ctx.setLineDash([]);
  stroke("plain", colours2.line, alpha, 1.2);
  ramp2.forEach((colour, k) => stroke(k, colour, Math.min(1, alpha + k / ramp2.length * 0.25), 1.3));
  stroke("front", colours2.front, 0.95, 2);
  stroke("active", colours2.active, 0.9, 1.6);
  ctx.globalAlpha = 1;
}
function grouped(panel, key) {
  const { rows, axes } = panel.picture;
  const hasMetric = !!metricAxis(axes);
  const front = new Set(panel.view.colour ? [] : panel.picture.front);
  const groups = /* @__PURE__ */ new Map();
  for (const row of rows) {
    const name = panel.isOut(row.id) ? "out" : row.active ? "active" : hasMetric && !isCounted(row) ? "uncounted" : front.has(row.id) ? "front" : key(row) ?? "plain";
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}
function thinned(rows, most) {
  const stride = Math.ceil(rows.length / most);
  return stride > 1 ? rows.filter((_, i) => i % stride === 0) : rows;
}
function trace(panel, layout, ctx, row, drawn) {
  const positions = panel.positions(row, panel.picture.axes);
  drawn.forEach(({ axis, i, x }, k) => ctx[k ? "lineTo" : "moveTo"](x, layout.y(axis, positions[i])));
}
function traceLine(panel, layout, ctx, row) {
  ctx.beginPath();
  trace(panel, layout, ctx, row, layout.axes());
  ctx.lineWidth = 5;
  ctx.strokeStyle = panel.colours.halo;
  ctx.stroke();
  ctx.lineWidth = 2.4;
  ctx.strokeStyle = panel.colours.hover;
  ctx.stroke();
}
function lineAt(panel, layout, drawn, x, y) {
  const after = drawn.findIndex((other) => other.x > x);
  const k = Math.max(1, after < 0 ? drawn.length - 1 : after);
  const [left, right] = [drawn[k - 1], drawn[k]];
  const t = Math.min(1, Math.max(0, (x - left.x) / (right.x - left.x)));
  let id = null;
  let least = NEAR3;
  for (const row of panel.picture.rows) {
    if (panel.isOut(row.id)) continue;
    const positions = panel.positions(row, panel.picture.axes);
    const lineY = layout.y(left.axis, positions[left.i]) * (1 - t) + layout.y(right.axis, positions[right.i]) * t;
    const distance2 = Math.abs(lineY - y);
    if (distance2 < least) [id, least] = [row.id, distance2];
  }
  return id;
}

// src/parallel.js
var SHARES = [5, 10, 25, 50];
function parallel(panel) {
  const base = h("canvas", { role: "img", "aria-label": "Parallel coordinates of the runs; the table of runs holds the same values" });
  const top = h("canvas", { "aria-hidden": true });
  const svg = h("svg:svg", { class: "axes", role: "group", "aria-label": "Axes" });
  const tip = runTip(panel);
  const plot = h("div", {
    class: "chart",
    style: `height:${HEIGHT3}px`,
    onpointermove: (event) => {
      if (!brush.isDragged()) hoverLine(panel, layout, tip, layout.pointer(event));
    },
    onpointerleave: () => panel.hover(null),
    onclick: (event) => {
      if (panel.hovered && !isWithin(event, "[data-axis]")) panel.open(panel.hovered);
    }
  }, base, top, svg, tip.element);
  const layout = newLayout(panel, plot);
  const brush = brushing(panel, layout);
  const axes = axesDrawing(panel, layout, brush, svg);
  const menu = axesMenu(panel, layout);
  const caption = h("span", { class: "muted" });
  const best = bestChoice(panel, brush.setRanges);
  const element = h(
    "section",
    { class: "parallel", "aria-label": "Parallel coordinates" },
    h("div", { class: "heading" }, h("b", {}, "Parallel coordinates"), " ", caption),
    h("div", { class: "options small" }, menu.element, best, menu.legend),
    plot
  );
  function draw() {
    layout.width = plot.clientWidth;
    const drawn = layout.axes();
    best.hidden = !panel.picture.metric;
    menu.draw();
    caption.textContent = captionOf(panel, drawn);
    axes.draw(drawn);
    const ctx = context(base, layout.width, HEIGHT3);
    if (ctx) drawLines(panel, layout, ctx, drawn, brush.isDragged());
    mark();
  }
  function mark() {
    const ctx = context(top, layout.width, HEIGHT3);
    const row = panel.hovered ? panel.byId.get(panel.hovered) : void 0;
    tip.draw(row);
    for (const group of svg.children) group.classList.toggle("lit", group.getAttribute("data-axis") === panel.parameter);
    if (ctx && row) traceLine(panel, layout, ctx, row);
  }
  return { element, draw, mark };
}
function hoverLine(panel, layout, tip, { x, y }) {
  const drawn = layout.axes();
  if (drawn.length < 2) return;
  tip.move(Math.min(layout.width - tip.element.offsetWidth, x + 12), y - 28);
  panel.hover(lineAt(panel, layout, drawn, x, y));
}
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
    }
  };
}
function bestChoice(panel, setRanges) {
  const choice = h(
    "select",
    { "aria-label": "Select the best runs", onchange: () => {
      const share2 = Number(choice.value) / 100;
      choice.value = "";
      const { rows, axes, metric } = panel.picture;
      const axis = metricAxis(axes);
      const range = axis && metric && share2 ? bestRange(rows, axis, metric.goal, share2) : null;
      if (axis && range) setRanges(axis, [range], true);
    } },
    h("option", { value: "" }, "best…"),
    SHARES.map((percent) => h("option", { value: percent }, `best ${percent} %`))
  );
  return choice;
}
function captionOf(panel, drawn) {
  const usual = panel.picture.axes.filter((axis) => !axis.is_extra);
  const hidden = usual.filter((axis) => !drawn.some((other) => other.axis === axis)).length;
  return [
    panel.selected ? "" : "drag along an axis to select runs",
    panel.picture.front.length && !panel.view.colour ? "orange: the front" : "",
    hidden ? `${usual.length - hidden} of ${usual.length} axes shown` : ""
  ].filter(Boolean).join(" · ");
}

// src/pointing.js
var pointing = (state, redraw, send) => ({
  /** @param {string|null} id */
  hover(id) {
    if (id !== state.hovered) redraw("mark");
    state.hovered = id;
  },
  /** @param {string|null} name */
  hoverParameter(name) {
    if (name !== state.parameter) redraw("mark");
    state.parameter = name;
  },
  /** @param {string|null} id */
  open(id) {
    state.opened = id;
    askForDetail(state, send);
    redraw("draw");
  }
});
function askForDetail({ opened, details }, send) {
  if (opened && !details.get(opened)) send({ kind: "detail", run: opened });
}

// src/redraw.js
var AMOUNTS = ["mark", "brush", "draw"];
function redrawing(paint) {
  let pending = -1;
  return (amount) => {
    const isPending = pending >= 0;
    pending = Math.max(pending, AMOUNTS.indexOf(amount));
    if (isPending) return;
    requestAnimationFrame(() => {
      const now = AMOUNTS[pending];
      pending = -1;
      paint(now);
    });
  };
}

// src/selecting.js
var NO_BRUSHES = { ranges: {}, invert: false };
function selecting(state, redraw, onSelect) {
  const { report, reportChange } = reporting(state, onSelect);
  function select() {
    const { rows, axes } = state.picture;
    state.selected = hasBrush(state.brushes) ? brushed(rows, axes, state.brushes, state.positions) : state.chosen;
  }
  function brush(brushes, isFinal) {
    state.brushes = brushes;
    state.chosen = null;
    redraw(isFinal ? "draw" : "brush");
    if (!isFinal) return;
    select();
    report();
  }
  function pick(runs) {
    state.brushes = NO_BRUSHES;
    state.chosen = runs.length ? new Set(runs) : null;
    redraw("draw");
    select();
    report();
  }
  function choose(runs) {
    if (sameIds(runs, state.selected)) return false;
    state.brushes = NO_BRUSHES;
    state.chosen = runs.length ? new Set(runs) : null;
    redraw("draw");
    return true;
  }
  return {
    brush,
    choose,
    select,
    pick,
    /** Selects again after a change of the runs. */
    reselect() {
      select();
      reportChange();
    },
    clear: () => brush(NO_BRUSHES, true),
    invert() {
      if (hasBrush(state.brushes)) brush({ ...state.brushes, invert: !state.brushes.invert }, true);
    },
    /** @param {string} id */
    isOut: (id) => state.selected !== null && !state.selected.has(id),
    /** Looks at the axes in another way. @param {Partial<View>} change */
    look(change) {
      state.view = { ...state.view, ...change };
      report();
      redraw("draw");
    }
  };
}
function reporting(state, onSelect) {
  let reported = null;
  const ids = () => state.selected ? [...state.selected] : [];
  function report() {
    reported = ids();
    onSelect?.(reported, { ...state.brushes, view: state.view });
  }
  function reportChange() {
    if (hasBrush(state.brushes) && reported && !sameIds(reported, state.selected)) report();
    else reported ?? (reported = ids());
  }
  return { report, reportChange };
}
var sameIds = (ids, selected) => ids.length === (selected?.size ?? 0) && ids.every((id) => selected?.has(id));

// src/speech.js
var PAUSE_MS = 1e4;
function progressSpeech(say) {
  let spoken = "";
  let spokenAt = 0;
  return ({ progress: progress2, best, metric, sweep, live, standing }) => {
    const text = `${sweep.word}: ${progress2.done} of ${progress2.total ?? "?"} runs done` + (standing ? `. ${standing}` : best && metric ? `, best ${metric.name} ${best.text}` : "");
    if (text === spoken || live && Date.now() - spokenAt <= PAUSE_MS) return;
    [spoken, spokenAt] = [text, Date.now()];
    say(text);
  };
}

// src/narrowing.js
function narrowing(panel) {
  const request = (create) => panel.steer("narrow", {
    create,
    brushes: panel.brushes,
    runs: panel.selected ? [...panel.selected] : []
  });
  const ask = link("narrow the sweep to it…", () => request(false), {
    "data-action": "narrow",
    title: "A new sweep with the ranges of the selection; runs inside them count"
  });
  const box = h("section", { class: "narrower", hidden: true, "aria-label": "A narrower sweep" });
  function receive({ ok, text, code = "", created }) {
    if (!ok) return;
    const [copy, status] = copyButton("copy the code", () => code);
    box.replaceChildren(
      h("pre", { class: "plain" }, text),
      created ? h("div", { role: "status" }, "Created as ", h("b", {}, created), ": ", h("code", {}, `nbsweep.agent("${created}", train, count=20)`)) : button("Create it", () => request(true), { "data-action": "create" }),
      h("pre", { tabindex: 0, "aria-label": "Code of the narrower sweep" }, code),
      copy,
      " ",
      link("close", () => {
        box.hidden = true;
      }),
      status
    );
    box.hidden = false;
  }
  function draw() {
    ask.hidden = !panel.selected?.size || !panel.controls.actions.includes("narrow");
  }
  return { button: ask, element: box, receive, draw };
}

// src/run_actions.js
function killButton(panel, row) {
  if (!row.active || !panel.controls.actions.includes("kill")) return null;
  return button("✕", () => panel.steer("kill", { run: row.id }), {
    class: "kill",
    "data-action": "kill",
    title: `Stop run ${row.number} at its next log`,
    "aria-label": `Stop run ${row.number}`
  });
}
function againButtons(panel, row, detail) {
  const { actions: actions2 } = panel.controls;
  if (row.active) return null;
  return [
    actions2.includes("retry") && link("retry", () => panel.steer("retry", { run: row.id }), {
      "data-action": "retry",
      title: "Hand out these parameters once more"
    }),
    detail && actions2.includes("continue") && continuing(panel, row, detail)
  ];
}
function continuing(panel, row, { iterations, cannot_continue: why }) {
  const count2 = h("input", {
    type: "number",
    min: 1,
    placeholder: "all",
    disabled: !!why,
    "aria-label": "Iterations more",
    value: row.state === "finished" ? Math.max(1, iterations) : null
  });
  return h(
    "span",
    { class: "more", title: why || "Go on from its checkpoint, for so many iterations more or to its end" },
    count2,
    button("Continue", () => panel.steer("continue", {
      run: row.id,
      ...count2.value && { count: Math.max(1, Math.floor(Number(count2.value)) || 1) }
    }), { "data-action": "continue", disabled: !!why })
  );
}

// src/run_detail.js
var ORIGIN = {
  why: "chosen for",
  predicted_mean: "predicted mean",
  predicted_sd: "predicted sd",
  expected_improvement: "expected improvement",
  probability_of_improvement: "probability of improvement",
  probability_of_success: "probability of success",
  observations: "from runs",
  grid_index: "grid point"
};
function detailLine(panel, row, width) {
  const detail = panel.details.get(row.id);
  return h("tr", { class: "detail" }, h(
    "td",
    { colspan: width },
    h("div", { class: "muted" }, [row.name, row.worker].filter(Boolean).join(" · "), againButtons(panel, row, detail)),
    row.note && h("div", { class: isBroken(row) ? "error" : "" }, row.note),
    detail ? texts(detail) : h("div", { class: "muted" }, panel.canAsk ? "…" : "")
  ));
}
var texts = ({ error, console: printed, metrics, parts, config, origin, continued }) => [
  error && h("pre", { tabindex: 0, "aria-label": "Traceback" }, error),
  printed && [
    h("div", { class: "heading" }, "Console"),
    h("pre", { class: "console", tabindex: 0, "aria-label": "Console" }, printed)
  ],
  h(
    "div",
    { class: "lists" },
    list("Metrics", metrics),
    list("Continued", continued),
    list("Parts", parts),
    list("Config", config),
    list("Why this point", origin?.map(([name, text]) => [ORIGIN[name] ?? name, text]))
  )
];
function list(title, pairs) {
  if (!pairs?.length) return null;
  return h(
    "div",
    {},
    h("div", { class: "heading" }, title),
    h("dl", {}, pairs.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]))
  );
}

// src/table_head.js
var COLUMNS = 10;
function tableHead(panel) {
  const element = h("thead");
  let shown = "";
  function draw(hasWorkers) {
    const { columns, metric, metrics } = panel.picture;
    const further = metrics.slice(1);
    const axes = panel.picture.axes.filter((axis) => axis.is_objective);
    const key = JSON.stringify([columns, metric, metrics, axes.map(({ name }) => name), panel.sort, hasWorkers]);
    if (key === shown) return;
    shown = key;
    element.replaceChildren(h(
      "tr",
      {},
      heading("number", "run", true),
      heading("state", "state"),
      columns.slice(0, COLUMNS).map((column) => heading(`param:${column.name}`, column.name, column.numeric)),
      metric && [
        heading("metric", headingOf({ ...metric, ...metrics[0] }), true),
        further.map((each, k) => heading(`param:${axes[k]?.name ?? each.name}`, headingOf(each), true)),
        h("th", { scope: "col" }, "curve")
      ],
      heading("duration_s", "time", true),
      hasWorkers && heading("worker", "worker")
    ));
  }
  const headingOf = ({ name, goal, is_objective: isObjective = true, at_least: least, at_most: most }) => [
    name,
    isObjective && (goal === "maximize" ? "↑" : "↓"),
    typeof least === "number" && `≥ ${number(least)}`,
    typeof most === "number" && `≤ ${number(most)}`
  ].filter(Boolean).join(" ");
  function heading(key, text, isRight = false) {
    const { direction } = panel.sort;
    const isSorted = panel.sort.key === key;
    const th = h("th", {
      scope: "col",
      class: isRight ? "right" : null,
      "aria-sort": isSorted ? direction > 0 ? "ascending" : "descending" : null
    }, button([text, h("span", { class: "arrow", "aria-hidden": true }, isSorted ? direction > 0 ? "▲" : "▼" : "")], () => {
      const place = [...th.parentNode?.children ?? []].indexOf(th) + 1;
      panel.sort = { key, direction: isSorted ? -direction : firstDirection(key) };
      panel.changed();
      queueMicrotask(() => focusOn(element, `th:nth-child(${place}) button`));
    }, { class: "sort", title: `Sort by ${text}` }));
    return th;
  }
  function firstDirection(key) {
    const { metric, metrics, axes } = panel.picture;
    const k = axes.filter((axis) => axis.is_objective).findIndex(({ name }) => key === `param:${name}`);
    const goal = key === "metric" ? metric?.goal : metrics[k + 1]?.goal;
    return key === "number" || (key === "metric" || k >= 0) && goal === "maximize" ? -1 : 1;
  }
  return { element, draw };
}

// src/run_line.js
var PICTOGRAM = { width: 72, height: 16 };
function runLine(panel, row, isBest, isOpen, hasWorkers) {
  const { columns, metric, front } = panel.picture;
  const label = row.attempt ? `${row.number}.${row.attempt}` : `${row.number}`;
  return h(
    "tr",
    {
      class: isBest ? "best" : null,
      "data-run": row.id,
      onpointerenter: () => panel.hover(row.id),
      onpointerleave: () => panel.hover(null),
      onclick: (event) => {
        if (!isWithin(event, "[data-action]")) panel.open(isOpen ? null : row.id);
      }
    },
    h("td", { class: "right" }, h("button", {
      type: "button",
      class: "expand",
      "aria-expanded": String(isOpen),
      title: row.beyond ? `${row.name}: ${row.beyond}` : row.name,
      "aria-label": `Run ${label}${isBest ? front.length ? ", on the front" : ", the best" : row.beyond && `, beyond a limit`}: details`
    }, isBest ? `★ ${label}` : row.beyond ? `✗ ${label}` : label)),
    h("td", { title: row.note || null }, h(
      "span",
      { class: "dot", "data-state": row.state, "aria-hidden": true },
      row.state === "pending" ? "○" : "●"
    ), " ", row.word, killButton(panel, row)),
    columns.slice(0, COLUMNS).map((column, i) => h("td", { class: column.numeric ? "right" : null }, row.texts[i])),
    metric && metricCells(row),
    h("td", { class: "right" }, duration(row.duration_s).replace(/ /g, " ")),
    hasWorkers && h("td", {}, row.worker)
  );
}
var metricCells = (row) => row.note && isBroken(row) ? h("td", { colspan: 2 + row.results.length, class: "error", title: row.note }, row.note) : [h("td", { class: "right metric" }, row.metric_text), row.results.map((text) => h("td", { class: "right metric" }, text)), h("td", { title: marksText(row) || null }, pictogram(row))];
function pictogram({ curve: values, continued }) {
  if (values.length < 2) return null;
  const { width, height } = PICTOGRAM;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = linear([low, high], [height - 2, 2]);
  const d = values.map((value, i) => `${i ? "L" : "M"}${(i * width / (values.length - 1)).toFixed(1)} ${y(value).toFixed(1)}`).concat(continued.map(([place]) => `M${(place * width).toFixed(1)} 0v${height}`)).join("");
  return h("svg:svg", { width, height, class: "pictogram", "aria-hidden": true }, h("svg:path", { d }));
}

// src/table.js
var PAGE = 100;
function table(panel) {
  let limit = PAGE;
  const search = h("input", {
    type: "search",
    placeholder: "Filter runs: words, or optimizer:adam",
    "aria-label": "Filter runs",
    oninput: () => {
      panel.query = search.value;
      limit = PAGE;
      panel.changed();
    }
  });
  const amount = h("span", { class: "muted" });
  const clear = link("clear selection", () => panel.clear());
  const invert = link("invert", () => panel.invert());
  const narrower = narrowing(panel);
  const belief = beliefs(panel);
  const head = tableHead(panel);
  const lines = tableLines(panel, () => head.element.querySelectorAll("th").length);
  const more = link("", () => {
    limit += PAGE;
    panel.changed();
  });
  const element = h(
    "section",
    { class: "runs", "aria-label": "Runs" },
    h("div", { class: "tools" }, search, amount, clear, invert, narrower.button, belief.button),
    belief.element,
    narrower.element,
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" },
      h("table", {}, head.element, lines.element)
    ),
    more
  );
  function draw() {
    const { picture: { rows, columns, axes }, selected, query, sort } = panel;
    const hasWorkers = new Set(rows.map((row) => row.worker).filter(Boolean)).size > 1;
    head.draw(hasWorkers);
    const matches = filterRows(rows, columns, query).filter((row) => !panel.isOut(row.id));
    drawSelected();
    if (!selected && query) setText(amount, `${plural(matches.length, "run")} found`);
    more.hidden = matches.length <= limit;
    if (!more.hidden) more.textContent = `show ${Math.min(PAGE, matches.length - limit)} more of ${plural(matches.length, "run")}`;
    lines.draw(sortRows(matches, sort.key, sort.direction, axes, columns).slice(0, limit), hasWorkers);
  }
  function drawSelected() {
    const { picture, selected } = panel;
    setText(amount, selected ? `${plural(selected.size, "run")} of ${count(picture.rows.length)} selected` : "");
    clear.hidden = invert.hidden = !selected;
    narrower.draw();
    belief.draw();
  }
  return { element, draw, mark: lines.mark, drawSelected, receive: narrower.receive };
}
function tableLines(panel, width) {
  const element = h("tbody");
  let lines = /* @__PURE__ */ new Map();
  let isStarred = starred({ best: null, front: [] });
  function lineOf(row, hasWorkers) {
    const isBest = isStarred(row.id);
    const isOpen = panel.opened === row.id;
    const key = `${isBest}${isOpen}${isOpen ? panel.details.get(row.id)?.seq : ""}${panel.controls.actions}${hasWorkers}`;
    const old = lines.get(row.id);
    if (old && old.row === row && old.key === key) return old;
    const isFocused = old?.tr.contains(panel.root.activeElement);
    const line2 = { row, key, tr: runLine(panel, row, isBest, isOpen, hasWorkers), detail: isOpen ? detailLine(panel, row, width()) : null };
    if (isFocused) queueMicrotask(() => line2.tr.querySelector("button")?.focus());
    return line2;
  }
  function draw(rows, hasWorkers) {
    isStarred = starred(panel.picture);
    lines = new Map(rows.map((row) => [row.id, lineOf(row, hasWorkers)]));
    const order = [...lines.values()].flatMap(({ tr, detail }) => detail ? [tr, detail] : [tr]);
    if (order.length !== element.children.length || order.some((tr, i) => element.children[i] !== tr))
      element.replaceChildren(...order);
    mark();
  }
  function mark() {
    for (const [id, { tr }] of lines) tr.classList.toggle("hovered", panel.hovered === id);
  }
  return { element, draw, mark };
}

// src/panel.css
var panel_default = ':host { display: block; }\n.panel {\n  --fg: var(--jp-ui-font-color1, #1f2328);\n  --muted: var(--jp-ui-font-color2, #5c636b);\n  --bg: var(--jp-layout-color0, #fff);\n  --rule: rgba(128, 128, 128, .26);\n  --soft: rgba(128, 128, 128, .1);\n  --accent: #2469b3;\n  --green: #0f8948;\n  --amber: #bc831c;\n  --orange: #a15c00;\n  --red: #8c1127;\n  --blue: #2f7fd6;\n  --grey: #8a8a8a;\n  container-type: inline-size;\n  max-width: 1180px; overflow-wrap: anywhere;\n  padding: 2px 0 4px;\n  color: var(--fg);\n  font: 13px/1.5 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);\n  font-variant-numeric: tabular-nums;\n}\n.panel[data-theme="dark"] {\n  --fg: var(--jp-ui-font-color1, #e6e6e6);\n  --muted: var(--jp-ui-font-color2, #a8adb3);\n  --bg: var(--jp-layout-color0, #1b1b1b);\n  --accent: #7cb7ff;\n  --green: #8fdcc3;\n  --amber: #fdd56e;\n  --orange: #f0a742;\n  --red: #ff5252;\n  --blue: #6cb0ff;\n}\n[hidden] { display: none !important; }\n.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }\n.muted { color: var(--muted); }\n.small { font-size: 12px; }\n.error { color: var(--red); font-size: 12px; }\nb, .strong { font-weight: 600; }\n\n.title { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; justify-content: space-between; }\n.name { font-size: 14px; margin-right: 4px; }\n.dot { color: var(--grey); }\n.dot[data-word="running"], .dot[data-word="finishing"], .dot[data-state="running"], .dot[data-state="pending"], .dot[data-state="preempting"] { color: var(--blue); }\n.dot[data-word="finished"], .dot[data-word="done"], .dot[data-state="finished"] { color: var(--green); }\n.dot[data-word="paused"], .dot[data-state="stopped"] { color: var(--amber); }\n.dot[data-word="canceled"], .dot[data-word="failed"], .dot[data-word="crashed"], .dot[data-state="failed"], .dot[data-state="crashed"] { color: var(--red); }\n.bar { display: flex; height: 6px; margin: 6px 0 5px; overflow: hidden; border-radius: 3px; background: var(--rule); }\n.bar span { transition: width .25s; }\n.bar [data-state="finished"] { background: var(--green); }\n.bar [data-state="stopped"] { background: var(--amber); }\n.bar [data-state="killed"] { background: var(--grey); }\n.bar [data-state="failed"] { background: var(--red); }\n.bar [data-state="running"] { background: var(--blue); }\n.best-run { display: flex; flex-wrap: wrap; gap: 0 12px; min-height: 20px; }\n.failures { margin: 6px 0; padding: 4px 8px; border-left: 3px solid var(--red); background: var(--soft); }\n.failures[data-all] > b { color: var(--red); font-size: 14px; }\n.panel[data-all-failed] :is(.charts, .middle, .outlook) { display: none; }\n.note { color: var(--orange); }\n\nbutton {\n  font: inherit; font-size: 12px; line-height: 18px; color: var(--fg); background: transparent;\n  border: 1px solid var(--rule); border-radius: 4px; padding: 1px 9px; cursor: pointer;\n}\nbutton:hover { background: var(--soft); }\nbutton[data-waiting] { opacity: .55; }\nbutton:focus-visible, input:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }\nbutton.link { border: 0; padding: 0 2px; color: var(--accent); }\nbutton.link:hover { background: none; text-decoration: underline; }\n.steering { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }\n.more { display: inline-flex; gap: 0; }\n.detail .more, .detail .link { margin-left: 8px; }\nbutton:disabled, input:disabled { opacity: .5; cursor: default; }\n.more input { width: 46px; border-radius: 4px 0 0 4px; border-right: 0; }\n.more button { border-radius: 0 4px 4px 0; }\ninput {\n  font: inherit; font-size: 12px; line-height: 18px; color: var(--fg); background: var(--bg);\n  border: 1px solid var(--rule); border-radius: 4px; padding: 1px 6px; box-sizing: border-box;\n}\ninput::placeholder { color: var(--muted); opacity: 1; }\n\n.charts, .middle { display: grid; gap: 4px 18px; grid-template-columns: minmax(0, 1fr); margin-top: 10px; }\nfigure { margin: 0; min-width: 0; }\nfigcaption, .heading { font-weight: 600; }\nfigcaption .muted,\n.heading .muted { font-weight: 400; }\n.chart { position: relative; overflow: hidden; }\n.chart canvas, .chart svg { position: absolute; left: 0; top: 0; display: block; }\n.chart svg { overflow: visible; }\ntext { fill: var(--muted); font-size: 11px; font-family: inherit; }\n.grid { stroke: var(--rule); stroke-width: .6; }\n.limit { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 5 4; }\n.steps { fill: none; stroke: #d9730d; stroke-width: 1.6; }\n.panel[data-theme="dark"] .steps { stroke: #ee8f4f; }\n.front-brush { pointer-events: none; }\n.front-plane { pointer-events: all; fill: transparent; cursor: crosshair; touch-action: none; }\n.front-brush .brush { fill-opacity: .16; }\nfigure.front { grid-row: span 2; }\n.went-on { fill: var(--bg); stroke: var(--fg); stroke-width: 1.2; }\n.out { opacity: .25; }\n.base, .rule { stroke: var(--grey); stroke-width: 1; }\n.title { fill: var(--fg); }\ntext.title { font-size: 12px; cursor: ew-resize; }\n.tick { paint-order: stroke; stroke: var(--bg); stroke-width: 3px; stroke-linejoin: round; pointer-events: none; }\n.grab { fill: transparent; cursor: crosshair; touch-action: none; }\n.believed { fill: var(--green); fill-opacity: .75; }\n.belief { margin-right: 10px; }\n.brush { fill: var(--accent); fill-opacity: .38; stroke: var(--accent); pointer-events: none; }\ng[data-axis]:focus-visible { outline: none; }\ng[data-axis]:focus-visible .grab { stroke: var(--accent); stroke-width: 1.5; }\n.tip {\n  position: absolute; pointer-events: none; white-space: nowrap; padding: 0 6px; border-radius: 3px; font-size: 12px;\n  background: var(--bg); border: 1px solid var(--rule); color: var(--fg);\n}\n\n.verdict { margin: 2px 0 6px; }\ntable { border-collapse: collapse; font-size: 12px; white-space: nowrap; }\n.importance { width: 100%; table-layout: fixed; }\n.importance th { text-align: left; font-weight: 400; white-space: normal; padding: 2px 8px 2px 0; }\n.importance thead th { color: var(--muted); }\n.importance th:first-child { width: 32%; }\n.importance td { padding: 2px 8px 2px 0; }\n.importance[data-unranked] .fill { opacity: .4; }\n.importance[data-old] tbody { opacity: .55; }\n.share { display: flex; flex-direction: column; gap: 1px; }\n.share .figure { font-size: 11px; color: var(--muted); line-height: 13px; }\n.track { position: relative; height: 8px; background: var(--soft); border-radius: 1px; }\n.track.middle::after { content: ""; position: absolute; left: 50%; top: -2px; bottom: -2px; width: 1px; background: var(--grey); }\n.fill { position: absolute; top: 0; bottom: 0; left: 0; background: #2c7fb8; border-radius: 1px; }\n.fill.minus { background: #d08a2e; }\n.fill.unsigned { background: var(--muted); }\n.whisker { position: absolute; top: 3px; height: 2px; background: var(--fg); opacity: .65; }\n\nselect { font: inherit; font-size: 12px; line-height: 18px; color: var(--fg); background: var(--bg); border: 1px solid var(--rule); border-radius: 4px; max-width: 130px; }\nselect:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }\nsummary { cursor: pointer; }\n.menu { position: relative; }\n.menu summary { border: 1px solid var(--rule); border-radius: 4px; padding: 0 8px; }\n.sheet { max-width: 90cqw; position: absolute; z-index: 3; left: 0; top: 24px; max-height: 300px; overflow: auto; padding: 6px 10px; background: var(--bg); border: 1px solid var(--grey); border-radius: 4px; box-shadow: 0 2px 8px rgba(0, 0, 0, .25); }\n.sheet th { text-align: left; font-weight: 400; color: var(--muted); }\n.sheet td { padding: 1px 8px 1px 0; }\n.sheet button { padding: 0 6px; }\n.sheet button[aria-pressed="true"] { background: var(--rule); }\n.legend { display: inline-flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; }\n.ramp { display: inline-block; width: 70px; height: 9px; border-radius: 2px; }\n.swatch i { display: inline-block; width: 10px; height: 10px; margin-right: 4px; border-radius: 2px; }\ng.lit .rule { stroke: var(--accent); stroke-width: 2; }\n.importance tr.hovered { background: var(--soft); }\n.importance tbody tr { cursor: default; }\n.step { fill: none; stroke: var(--accent); stroke-width: 2; }\n.as-table { font-size: 12px; }\n.as-table summary { color: var(--muted); width: max-content; }\n.as-table .scroll { max-height: 180px; }\n.as-table td, .as-table th { padding: 1px 9px 1px 0; text-align: left; font-weight: 400; }\n.as-table th { color: var(--muted); }\n.workers { margin-top: 8px; }\n.lanes rect { fill: var(--grey); cursor: pointer; }\n.lanes [data-state="finished"] { fill: var(--green); }\n.lanes [data-state="stopped"] { fill: var(--amber); }\n.lanes [data-state="failed"], .lanes [data-state="crashed"] { fill: var(--red); }\n.lanes [data-state="running"], .lanes [data-state="pending"] { fill: var(--blue); }\n.lanes .lit { stroke: var(--fg); stroke-width: 1.5; }\n.edit, .narrower { margin: 6px 0; padding: 8px 10px; border: 1px solid var(--rule); border-radius: 4px; }\n.fields { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 4px 0 8px; max-height: 220px; overflow: auto; }\nfieldset { border: 0; padding: 0; margin: 0; min-width: 0; }\nlegend { color: var(--muted); font-size: 12px; padding: 0; }\n.edit input[type="number"] { width: 96px; }\n.edit label { margin-right: 8px; }\n.outlook ul { margin: 2px 0 4px; padding-left: 20px; }\n.outlook[data-bare] summary { list-style: none; cursor: default; }\npre { font-family: var(--jp-code-font-family, ui-monospace, monospace); }\n.narrower pre { margin: 4px 0; padding: 6px 8px; max-height: 240px; overflow: auto; font-size: 11px; border: 1px solid var(--rule); border-radius: 3px; }\n.narrower pre.plain { border: 0; padding: 0; font: inherit; white-space: pre-wrap; }\n\n.runs { margin-top: 8px; }\n.tools, .options { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; margin-bottom: 4px; }\n.tools input[type="search"] { width: 250px; }\n.scroll { overflow: auto; max-height: 330px; }\n.runs table { border-spacing: 0; }\n.runs th, .runs td { padding: 2px 9px; text-align: left; font-weight: 400; }\n.runs th.right, .runs td.right { text-align: right; }\n.runs thead th { font-weight: 600; position: sticky; top: 0; z-index: 1; background: var(--bg); box-shadow: inset 0 -1px var(--rule); padding: 0 4px; }\n.sort { border: 0; padding: 1px 5px; font-weight: 600; }\n.arrow { font-size: 8px; margin-left: 3px; }\n.runs tbody tr { cursor: pointer; }\n.runs tbody td { border-top: 1px solid var(--soft); }\n.runs tbody tr:hover, .runs tbody tr.hovered { background: var(--soft); }\n.runs tr.best { background: rgba(46, 157, 98, .13); }\n.runs tr.best td { font-weight: 600; }\n.expand { border: 0; padding: 0 2px; font-weight: inherit; }\n.runs td.error { max-width: 260px; overflow: hidden; text-overflow: ellipsis; }\n.kill { border: 0; padding: 0 5px; margin-left: 4px; line-height: 14px; color: var(--red); }\n.pictogram { display: block; }\n.pictogram path { fill: none; stroke: var(--muted); stroke-width: 1.2; }\n.detail, .runs tbody tr.detail:hover { cursor: default; background: var(--soft); }\n.detail td { white-space: normal; }\n.detail pre { max-height: 220px; overflow: auto; margin: 4px 0; padding: 6px 8px; background: var(--bg); font-size: 11px; line-height: 1.45; border: 1px solid var(--rule); border-radius: 3px; }\n.lists { display: flex; flex-wrap: wrap; gap: 4px 36px; padding: 4px 0; }\ndl { display: grid; grid-template-columns: auto auto; gap: 0 12px; margin: 0; }\ndt { color: var(--muted); }\ndd { margin: 0; }\n\n@container (min-width: 640px) {\n  .charts { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }\n}\n@container (min-width: 740px) {\n  .middle { grid-template-columns: minmax(0, 1fr) 280px; }\n}\n@media (prefers-reduced-motion: reduce) {\n  * { transition: none !important; }\n}\n@media print {\n  .steering, .tools, .options { display: none; }\n  .scroll { max-height: none; overflow: visible; }\n}\n';

// src/panel.js
function mount(host, options) {
  const { root, frame, trouble, say } = newPage(host);
  const redraw = redrawing(paint);
  const panel = newPanel(root, options, redraw, say);
  const parts = newParts(panel);
  const speak = progressSpeech(say);
  let isClosed = false;
  let width = 0;
  function paint(amount) {
    if (isClosed || !panel.picture) return;
    if (amount === "draw") draw();
    else if (amount === "mark") for (const part of parts.all) part.mark?.();
    else {
      panel.select();
      parts.lines.draw();
      parts.curves.drawBrush();
      parts.runs.drawSelected();
    }
  }
  function draw() {
    if (!parts.elements[0].parentNode) frame.replaceChildren(...parts.elements);
    width = host.clientWidth;
    panel.byId = new Map(panel.picture.rows.map((row) => [row.id, row]));
    panel.reselect();
    frame.toggleAttribute("data-all-failed", allFailed(panel.picture));
    for (const part of parts.all) part.draw();
    speak(panel.picture);
  }
  const unwatch = watchPage(host, (isDark2) => {
    frame.setAttribute("data-theme", isDark2 ? "dark" : "light");
    panel.colours = colours(isDark2);
    panel.isDark = isDark2;
    redraw("draw");
  }, () => {
    if (Math.abs(host.clientWidth - width) >= 1) redraw("draw");
  });
  redraw("draw");
  const close = () => {
    isClosed = true;
    unwatch();
  };
  return { panel, ...updates(panel), ...answers(panel, parts, trouble), close };
}
function newPanel(root, options, redraw, say) {
  const state = newState(root, options);
  const send = options.send ?? (() => {
  });
  return Object.assign(state, selecting(state, redraw, options.onSelect), {
    ...pointing(state, redraw, send),
    ...actions(state, redraw, options.send, say),
    canAsk: !!options.send,
    send,
    say,
    changed: () => redraw("draw")
  });
}
function newPage(host) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  host.setAttribute("data-lm-suppress-shortcuts", "true");
  const live = h("div", { class: "sr", role: "status", "aria-live": "polite" });
  const trouble = h("div", { class: "error", role: "alert" });
  const frame = h("div", { class: "panel" }, h("div", { class: "muted" }, "Waiting for the kernel…"));
  root.replaceChildren(h("style", {}, panel_default), frame, live, trouble);
  const say = (text) => {
    live.textContent = text;
  };
  return { root, frame, trouble, say };
}
var newState = (root, { picture, controls, details, brushes }) => ({
  root,
  picture,
  controls: controls ?? { actions: [], bridge: "" },
  details: new Map(Object.entries(details ?? {})),
  byId: /* @__PURE__ */ new Map(),
  brushes: { ranges: brushes?.ranges ?? {}, invert: !!brushes?.invert },
  view: newView(brushes?.view),
  selected: null,
  chosen: null,
  hovered: null,
  parameter: null,
  opened: null,
  query: "",
  sort: { key: "number", direction: -1 },
  waiting: /* @__PURE__ */ new Set(),
  isGone: false,
  isSilent: false,
  colours: colours(false),
  isDark: false,
  positions: rememberedPositions()
});
function newParts(panel) {
  const [head, curves, lines, side] = [header(panel), charts(panel), parallel(panel), importance(panel)];
  const [wrong, workers, runs] = [failures(panel), lanes(panel), table(panel)];
  const elements = [
    head.element,
    wrong.element,
    curves.element,
    h("div", { class: "middle" }, lines.element, side.element),
    workers.element,
    runs.element
  ];
  const all = [head, wrong, curves, lines, side, workers, runs];
  return { all, elements, head, curves, lines, side, runs };
}
var updates = (panel) => ({
  /** @param {Picture} picture */
  setPicture(picture) {
    panel.picture = picture;
    panel.changed();
  },
  /** Whether it followed the picture that is shown. @param {Delta} delta */
  applyDelta(delta) {
    const next = applyDelta(panel.picture, delta);
    if (!next) return false;
    for (const { id, state } of delta.rows) if (state) panel.details.delete(id);
    panel.picture = next;
    askForDetail(panel, panel.send);
    panel.changed();
    return true;
  },
  /** @param {Controls} controls */
  setControls(controls) {
    panel.controls = controls;
    panel.changed();
  },
  /** Whether the kernel is gone. @param {boolean} isGone */
  setGone(isGone) {
    if (panel.isGone === isGone) return;
    Object.assign(panel, { isGone, isSilent: false });
    panel.changed();
  },
  /** Runs chosen in Python. @param {string[]} ids */
  choose(ids) {
    if (panel.choose(ids)) panel.say(`${plural(ids.length, "run")} selected`);
  }
});
var answers = (panel, { side, head, runs }, trouble) => ({
  /** @param {string} id @param {Detail} detail */
  setDetail(id, detail) {
    panel.details.set(id, { ...detail, seq: `${Date.now()}${panel.details.size}` });
    panel.changed();
  },
  setAnalysis: side.receive,
  setSpace: head.form.open,
  /** @param {Answer} answer */
  answer(answer) {
    const { action, ok, text } = answer;
    if (action === "narrow") runs.receive(answer);
    if (action === "edit" && ok) head.form.close();
    trouble.textContent = ok ? "" : text;
    panel.answered(answer);
  }
});

// src/widget.js
var ASK_AGAIN_MS = 2e3;
function render({ model, el }) {
  const host = document.createElement("div");
  el.append(host);
  const snap = model.get("snap");
  let asked = 0;
  const view = mount(host, {
    picture: snap && "rows" in snap ? snap : null,
    controls: model.get("controls"),
    brushes: model.get("brushes"),
    send: (message) => model.send(message),
    onSelect(ids, brushes) {
      model.set("brushes", brushes);
      model.set("selected_ids", ids);
      model.save_changes();
    }
  });
  function resync(kind) {
    if (Date.now() - asked < ASK_AGAIN_MS) return;
    asked = Date.now();
    model.send({ kind });
  }
  const receive = (message, buffers) => {
    view.setGone(false);
    if (!show2(view, message, buffers)) resync("resync");
  };
  const onControls = () => view.setControls(model.get("controls"));
  const onSelected = () => view.choose(model.get("selected_ids"));
  const onConnection = () => {
    view.setGone(true);
    resync("ready");
  };
  model.on("comm_live_update", onConnection);
  model.on("msg:custom", receive);
  model.on("change:controls", onControls);
  model.on("change:selected_ids", onSelected);
  resync("ready");
  return () => {
    model.off("comm_live_update", onConnection);
    model.off("msg:custom", receive);
    model.off("change:controls", onControls);
    model.off("change:selected_ids", onSelected);
    view.close();
  };
}
function show2(view, message, buffers) {
  if (message.kind === "picture")
    view.setPicture(message.rows ? { ...message.picture, rows: unpack(message.rows, buffers[0]) } : message.picture);
  else if (message.kind === "delta") return view.panel.picture?.seq >= message.seq || view.applyDelta(message);
  else if (message.kind === "detail") view.setDetail(message.run, message.detail);
  else if (message.kind === "analysis") view.setAnalysis(message);
  else if (message.kind === "space") view.setSpace(message.specs);
  else if (message.kind === "answer") view.answer(message);
  return true;
}
var widget_default = { render };
export {
  widget_default as default
};
