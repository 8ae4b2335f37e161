/* Generated from frontend/ by `make frontend`. Contains d3-array (ISC). */

// src/packing.js
function unpack(packed, source) {
  const bytes = source instanceof ArrayBuffer ? source.slice(0) : source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength);
  const { n, numbers, n_axes: nAxes } = packed;
  const column = (k) => new Float64Array(bytes, k * n * 8, n);
  const fields = numbers.map((name, k) => [name, column(k)]);
  const places = Array.from({ length: nAxes }, (_, k) => column(numbers.length + k));
  const [first, last, lengths] = [0, 1, 2].map((k) => column(numbers.length + nAxes + k));
  const curves = new Float32Array(bytes, (numbers.length + nAxes + 3) * n * 8);
  const orNull = (value) => Number.isNaN(value) ? null : value;
  const text = ({ texts, codes }, i) => texts[codes[i]];
  const rows = [];
  let at = 0;
  for (let i = 0; i < n; i++) {
    const row = {
      id: packed.ids[i],
      name: packed.names[i],
      state: text(packed.states, i),
      worker: text(packed.workers, i),
      note: text(packed.notes, i),
      metric_text: packed.metric_texts[i],
      texts: packed.texts.map((one) => text(one, i)),
      places: places.map((one) => orNull(one[i])),
      span: Number.isNaN(first[i]) ? [] : [first[i], last[i]],
      curve: Array.from(curves.subarray(at, at + lengths[i]))
    };
    for (const [name, values] of fields) row[name] = orNull(values[i]);
    row.active = row.active === 1;
    at += lengths[i];
    rows.push(row);
  }
  return rows;
}

// src/model.js
var MISSING = -0.12;
var COUNTED = /* @__PURE__ */ new Set(["finished", "stopped"]);
var isCounted = (row) => COUNTED.has(row.state) && row.metric !== null;
function applyDelta(picture, delta) {
  if (!picture || delta.seq !== picture.seq + 1) return null;
  let rows = picture.rows;
  if (delta.rows.length || delta.gone.length) {
    const gone = new Set(delta.gone);
    const byId = /* @__PURE__ */ new Map();
    for (const row of picture.rows) if (!gone.has(row.id)) byId.set(row.id, row);
    let isSorted = true;
    for (const fields of delta.rows) {
      const old = byId.get(fields.id);
      if (!old) isSorted = false;
      byId.set(fields.id, { ...old, ...fields });
    }
    rows = [...byId.values()];
    if (!isSorted) rows.sort((a, b) => a.number - b.number || a.attempt - b.attempt);
  }
  return { ...picture, ...delta.set, rows, seq: delta.seq };
}
function position(axis, place) {
  if (place === null || place === void 0) return MISSING;
  if (axis.kind === "category") return 1 - (place + 0.5) / Math.max(axis.categories.length, 1);
  return clamp(share(axis.kind, axis.low, axis.high, place));
}
var rowPosition = (row, axis, i) => position(axis, axis.is_metric ? row.metric : row.places[i]);
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
  return number(valueAt(axis, at), 3);
}
function valueAt(axis, at) {
  if (axis.kind === "log") return Math.exp(Math.log(axis.low) + at * (Math.log(axis.high) - Math.log(axis.low)));
  return axis.low * (1 - at) + axis.high * at;
}
function bestRange(rows, axis, goal, portion) {
  const values = rows.filter(isCounted).map((row) => (
    /** @type {number} */
    row.metric
  ));
  if (!values.length) return null;
  values.sort(goal === "maximize" ? (a, b) => b - a : (a, b) => a - b);
  const last = position(axis, values[Math.max(1, Math.ceil(values.length * portion)) - 1]);
  return goal === "maximize" ? [last, 1] : [0, last];
}
function bestSoFar(rows, goal) {
  const points = [];
  let best = null;
  for (const row of rows) {
    if (!isCounted(row)) continue;
    const value = (
      /** @type {number} */
      row.metric
    );
    const isRecord = best === null || (goal === "maximize" ? value > best : value < best);
    if (isRecord) best = value;
    points.push({ row, best: (
      /** @type {number} */
      best
    ), isRecord });
  }
  return points;
}
var hasBrush = (brushes) => Object.values(brushes.ranges).some((list) => list.length > 0);
function brushed(rows, axes, brushes, positions = (row) => axes.map((axis, i) => rowPosition(row, axis, i))) {
  const tests = [];
  axes.forEach((axis, i) => {
    const ranges = brushes.ranges[axis.name];
    if (ranges?.length) tests.push({ i, ranges });
  });
  if (!tests.length) return null;
  const inside2 = /* @__PURE__ */ new Set();
  for (const row of rows) {
    const places = positions(row, axes);
    const passes = tests.every(({ i, ranges }) => ranges.some(([a, b]) => places[i] >= a - 1e-6 && places[i] <= b + 1e-6));
    if (passes !== brushes.invert) inside2.add(row.id);
  }
  return inside2;
}
function filterRows(rows, columns, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const all = [`${row.number}`, row.name, row.state, row.note, row.worker, row.metric_text, ...row.texts].join("\n").toLowerCase();
    return words.every((word) => {
      const [name, wanted] = [word.slice(0, word.lastIndexOf(":")), word.slice(word.lastIndexOf(":") + 1)];
      const i = name ? columns.findIndex((column) => column.name.toLowerCase() === name) : -1;
      return i >= 0 ? row.texts[i].toLowerCase().includes(wanted) : all.includes(word);
    });
  });
}
function sortRows(rows, key, direction, axes, columns) {
  const name = key.startsWith("param:") ? key.slice(6) : null;
  const i = name === null ? -1 : axes.findIndex((axis) => axis.name === name && !axis.is_metric);
  const j = name === null ? -1 : columns.findIndex((column) => column.name === name);
  const value = (row) => {
    if (name === null) return (
      /** @type {any} */
      row[key]
    );
    return i >= 0 ? row.places[i] : row.texts[j] || null;
  };
  return rows.map((row) => ({ row, value: value(row) })).sort((a, b) => {
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || later(a, b);
    const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
    return order * direction || later(a, b);
  }).map(({ row }) => row);
}
var later = (a, b) => b.row.number - a.row.number || b.row.attempt - a.row.attempt;
function share(kind, low, high, value) {
  if (kind === "log") {
    if (!(low > 0) || value <= 0) return 0;
    return high > low ? Math.log(value / low) / Math.log(high / low) : 0.5;
  }
  return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
}
var clamp = (at) => Math.min(1, Math.max(0, at));
function number(value, digits = 4) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
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
var plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

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
  for (let node = element; node; node = node.parentElement ?? /** @type {any} */
  node.getRootNode()?.host) {
    const found = /rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)(?:[,/ ]+([\d.]+))?/.exec(
      getComputedStyle(node).backgroundColor
    );
    if (!found || found[4] !== void 0 && Number(found[4]) < 0.5) continue;
    const [r, g, b] = found.slice(1, 4).map(Number);
    return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return false;
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
  if (axis.kind === "category") {
    const colours3 = CATEGORIES[panel.isDark ? "dark" : "light"];
    return { axis, colours: colours3, key: ({ places }) => places[i] === null || places[i] === void 0 ? null : places[i] % colours3.length };
  }
  const colours2 = panel.colours.ramp;
  if (axis.is_metric) return { axis, colours: colours2, key: (row) => isCounted(row) ? bin(quality(axis, row.metric)) : null };
  const value = ({ places }) => places[i] ?? null;
  const place = (found) => axis.is_extra ? quality(axis, found) : position(axis, found);
  return { axis, colours: colours2, key: (row) => value(row) === null ? null : bin(place(value(row))) };
}

// src/dom.js
var SVG = "http://www.w3.org/2000/svg";
function h(tag, props = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === void 0 || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
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

// node_modules/d3-array/dist/d3-array.mjs
function ascending(a, b) {
  return a == null || b == null ? NaN : a < b ? -1 : a > b ? 1 : a >= b ? 0 : NaN;
}
function descending(a, b) {
  return a == null || b == null ? NaN : b < a ? -1 : b > a ? 1 : b >= a ? 0 : NaN;
}
function bisector(f) {
  let compare1, compare2, delta;
  if (f.length !== 2) {
    compare1 = ascending;
    compare2 = (d, x) => ascending(f(d), x);
    delta = (d, x) => f(d) - x;
  } else {
    compare1 = f === ascending || f === descending ? f : zero;
    compare2 = f;
    delta = f;
  }
  function left(a, x, lo = 0, hi = a.length) {
    if (lo < hi) {
      if (compare1(x, x) !== 0) return hi;
      do {
        const mid = lo + hi >>> 1;
        if (compare2(a[mid], x) < 0) lo = mid + 1;
        else hi = mid;
      } while (lo < hi);
    }
    return lo;
  }
  function right(a, x, lo = 0, hi = a.length) {
    if (lo < hi) {
      if (compare1(x, x) !== 0) return hi;
      do {
        const mid = lo + hi >>> 1;
        if (compare2(a[mid], x) <= 0) lo = mid + 1;
        else hi = mid;
      } while (lo < hi);
    }
    return lo;
  }
  function center(a, x, lo = 0, hi = a.length) {
    const i = left(a, x, lo, hi - 1);
    return i > lo && delta(a[i - 1], x) > -delta(a[i], x) ? i - 1 : i;
  }
  return { left, center, right };
}
function zero() {
  return 0;
}
function number2(x) {
  return x === null ? NaN : +x;
}
var ascendingBisect = bisector(ascending);
var bisectRight = ascendingBisect.right;
var bisectLeft = ascendingBisect.left;
var bisectCenter = bisector(number2).center;
var blur2 = Blur2(blurf);
var blurImage = Blur2(blurfImage);
function Blur2(blur) {
  return function(data, rx, ry = rx) {
    if (!((rx = +rx) >= 0)) throw new RangeError("invalid rx");
    if (!((ry = +ry) >= 0)) throw new RangeError("invalid ry");
    let { data: values, width, height } = data;
    if (!((width = Math.floor(width)) >= 0)) throw new RangeError("invalid width");
    if (!((height = Math.floor(height !== void 0 ? height : values.length / width)) >= 0)) throw new RangeError("invalid height");
    if (!width || !height || !rx && !ry) return data;
    const blurx = rx && blur(rx);
    const blury = ry && blur(ry);
    const temp = values.slice();
    if (blurx && blury) {
      blurh(blurx, temp, values, width, height);
      blurh(blurx, values, temp, width, height);
      blurh(blurx, temp, values, width, height);
      blurv(blury, values, temp, width, height);
      blurv(blury, temp, values, width, height);
      blurv(blury, values, temp, width, height);
    } else if (blurx) {
      blurh(blurx, values, temp, width, height);
      blurh(blurx, temp, values, width, height);
      blurh(blurx, values, temp, width, height);
    } else if (blury) {
      blurv(blury, values, temp, width, height);
      blurv(blury, temp, values, width, height);
      blurv(blury, values, temp, width, height);
    }
    return data;
  };
}
function blurh(blur, T, S, w, h2) {
  for (let y = 0, n = w * h2; y < n; ) {
    blur(T, S, y, y += w, 1);
  }
}
function blurv(blur, T, S, w, h2) {
  for (let x = 0, n = w * h2; x < w; ++x) {
    blur(T, S, x, x + n, w);
  }
}
function blurfImage(radius) {
  const blur = blurf(radius);
  return (T, S, start, stop, step) => {
    start <<= 2, stop <<= 2, step <<= 2;
    blur(T, S, start + 0, stop + 0, step);
    blur(T, S, start + 1, stop + 1, step);
    blur(T, S, start + 2, stop + 2, step);
    blur(T, S, start + 3, stop + 3, step);
  };
}
function blurf(radius) {
  const radius0 = Math.floor(radius);
  if (radius0 === radius) return bluri(radius);
  const t = radius - radius0;
  const w = 2 * radius + 1;
  return (T, S, start, stop, step) => {
    if (!((stop -= step) >= start)) return;
    let sum = radius0 * S[start];
    const s0 = step * radius0;
    const s1 = s0 + step;
    for (let i = start, j = start + s0; i < j; i += step) {
      sum += S[Math.min(stop, i)];
    }
    for (let i = start, j = stop; i <= j; i += step) {
      sum += S[Math.min(stop, i + s0)];
      T[i] = (sum + t * (S[Math.max(start, i - s1)] + S[Math.min(stop, i + s1)])) / w;
      sum -= S[Math.max(start, i - s0)];
    }
  };
}
function bluri(radius) {
  const w = 2 * radius + 1;
  return (T, S, start, stop, step) => {
    if (!((stop -= step) >= start)) return;
    let sum = radius * S[start];
    const s = step * radius;
    for (let i = start, j = start + s; i < j; i += step) {
      sum += S[Math.min(stop, i)];
    }
    for (let i = start, j = stop; i <= j; i += step) {
      sum += S[Math.min(stop, i + s)];
      T[i] = sum / w;
      sum -= S[Math.max(start, i - s)];
    }
  };
}
var array = Array.prototype;
var slice = array.slice;
var e10 = Math.sqrt(50);
var e5 = Math.sqrt(10);
var e2 = Math.sqrt(2);
function tickSpec(start, stop, count) {
  const step = (stop - start) / Math.max(0, count), power = Math.floor(Math.log10(step)), error = step / Math.pow(10, power), factor = error >= e10 ? 10 : error >= e5 ? 5 : error >= e2 ? 2 : 1;
  let i1, i2, inc;
  if (power < 0) {
    inc = Math.pow(10, -power) / factor;
    i1 = Math.round(start * inc);
    i2 = Math.round(stop * inc);
    if (i1 / inc < start) ++i1;
    if (i2 / inc > stop) --i2;
    inc = -inc;
  } else {
    inc = Math.pow(10, power) * factor;
    i1 = Math.round(start / inc);
    i2 = Math.round(stop / inc);
    if (i1 * inc < start) ++i1;
    if (i2 * inc > stop) --i2;
  }
  if (i2 < i1 && 0.5 <= count && count < 2) return tickSpec(start, stop, count * 2);
  return [i1, i2, inc];
}
function ticks(start, stop, count) {
  stop = +stop, start = +start, count = +count;
  if (!(count > 0)) return [];
  if (start === stop) return [start];
  const reverse = stop < start, [i1, i2, inc] = reverse ? tickSpec(stop, start, count) : tickSpec(start, stop, count);
  if (!(i2 >= i1)) return [];
  const n = i2 - i1 + 1, ticks2 = new Array(n);
  if (reverse) {
    if (inc < 0) for (let i = 0; i < n; ++i) ticks2[i] = (i2 - i) / -inc;
    else for (let i = 0; i < n; ++i) ticks2[i] = (i2 - i) * inc;
  } else {
    if (inc < 0) for (let i = 0; i < n; ++i) ticks2[i] = (i1 + i) / -inc;
    else for (let i = 0; i < n; ++i) ticks2[i] = (i1 + i) * inc;
  }
  return ticks2;
}
var shuffle = shuffler(Math.random);
function shuffler(random) {
  return function shuffle2(array2, i0 = 0, i1 = array2.length) {
    let m = i1 - (i0 = +i0);
    while (m) {
      const i = random() * m-- | 0, t = array2[m + i0];
      array2[m + i0] = array2[i + i0];
      array2[i + i0] = t;
    }
    return array2;
  };
}

// src/scale.js
function linear([d0, d1], [r0, r1]) {
  const scale = (value) => d1 === d0 ? (r0 + r1) / 2 : r0 + (value / 2 - d0 / 2) / (d1 / 2 - d0 / 2) * (r1 - r0);
  scale.domain = [d0, d1];
  scale.ticks = (n) => Number.isFinite(d1 - d0) ? ticks(d0, d1, n) : [d0 / 2, 0, d1 / 2];
  return scale;
}
function log([d0, d1], range) {
  const inner = linear([Math.log10(d0), Math.log10(d1)], range);
  const scale = (value) => inner(Math.log10(value));
  scale.domain = [d0, d1];
  scale.ticks = (n) => {
    const decades = [];
    for (let k = Math.floor(Math.log10(d0)); k <= Math.ceil(Math.log10(d1)); k++) decades.push(k);
    const stride = Math.max(1, Math.ceil((decades.length - 2) / n));
    const digits = decades.length > n ? [1] : [1, 2, 5];
    const found = decades.filter((_, i) => i % stride === 0).flatMap((k) => digits.map((digit) => Number(`${digit}e${k}`))).filter((value) => value >= d0 * (1 - 1e-9) && value <= d1 * (1 + 1e-9));
    return found.length >= 2 ? found : ticks(d0, d1, n);
  };
  return scale;
}

// src/twin.js
var MOST_ROWS = 300;
function twin(title, columns, read) {
  const table2 = h("table", { "aria-label": title });
  const note = h("div", { class: "muted small" });
  const element = h(
    "details",
    { class: "twin", ontoggle: () => draw() },
    h("summary", {}, "as table", h("span", { class: "sr" }, `: ${title}`)),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title} as a table` }, table2),
    note
  );
  function draw() {
    if (!element.open) return;
    const rows = read();
    note.textContent = rows.length > MOST_ROWS ? `the last ${MOST_ROWS} of ${rows.length.toLocaleString("en")}` : "";
    table2.replaceChildren(
      h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.slice(-MOST_ROWS).map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, String(cell ?? ""))))))
    );
  }
  return { element, draw };
}

// src/curves.js
var HEIGHT = 170;
var MARGIN = { top: 8, right: 10, bottom: 22, left: 46 };
var MOST_CURVES = 400;
var NEAR = 14;
function charts(panel) {
  const progress = chart(panel, "Metric of each run and the best so far", drawProgress);
  const curves = chart(panel, "Learning curves of the runs", drawCurves);
  const told = h("span", { class: "muted" });
  const bestTable = twin("Best so far", ["run", "value", "best so far"], () => bestSoFar(panel.picture.rows, panel.picture.metric.goal).map(({ row, best }) => [row.number, number(row.metric), number(best)]));
  const curveTable = twin("Learning curves", ["run", "state", "first step", "last step", "values"], () => panel.picture.rows.filter((row) => row.curve.length).map((row) => [row.number, row.state, row.span[0], row.span[1], row.curve.map((value) => number(value, 3)).join(" ")]));
  const element = h(
    "div",
    { class: "charts" },
    h("figure", {}, h("figcaption", {}, "Best so far"), progress.element, bestTable.element),
    h("figure", {}, h("figcaption", {}, "Learning curves ", told), curves.element, curveTable.element)
  );
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
    }
  };
}
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
    }
  };
}
function drawProgress(panel, ctx, axes, width) {
  const { picture, colours: colours2 } = panel;
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
  ctx.strokeStyle = colours2.line;
  ctx.stroke();
  const many = points.length > 600;
  const { key, colours: ramp2 } = colouring(panel);
  for (const point of points) {
    ctx.globalAlpha = panel.isOut(point.id) ? 0.18 : 1;
    ctx.fillStyle = ramp2[key(point.row)] ?? colours2.faint;
    if (many) {
      ctx.fillRect(point.x - 1.5, point.y - 1.5, 3, 3);
      continue;
    }
    dot(ctx, point, 3.2);
    ctx.fill();
    ctx.strokeStyle = colours2.line;
    ctx.lineWidth = 0.5;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ring(panel, ctx, points);
  return points;
}
function drawCurves(panel, ctx, axes, width) {
  const { picture, colours: colours2 } = panel;
  const axis = picture.axes.find((candidate) => candidate.is_metric);
  const rows = pick(panel, picture.rows.filter((row) => row.curve.length > 1));
  if (!rows.length) return empty(axes, width, "No curves: the metric is logged once a run");
  const step = (row, i) => row.span[0] + (row.span[1] - row.span[0]) * i / (row.curve.length - 1);
  const sorted = rows.flatMap((row) => row.curve).sort((a, b) => a - b);
  const at = (share2) => sorted[Math.round(share2 * (sorted.length - 1))];
  const isMinimized = picture.metric.goal !== "maximize";
  const [low, high] = isMinimized ? [sorted[0], at(0.98)] : [at(0.02), sorted[sorted.length - 1]];
  const x = linear(
    [Math.min(...rows.map((row) => row.span[0])), Math.max(...rows.map((row) => row.span[1]))],
    [MARGIN.left + 4, width - MARGIN.right - 4]
  );
  const y = yScale(low > 0 && axis?.kind === "log" ? axis : null, low, high, null);
  drawAxes(axes, x, y, width, "step");
  const ends = rows.map((row) => ({
    id: row.id,
    x: x(row.span[1]),
    y: y(inside(y, row.curve[row.curve.length - 1]))
  }));
  const points = rows.length > 200 ? ends : rows.flatMap((row) => row.curve.map((value, i) => ({ id: row.id, x: x(step(row, i)), y: y(inside(y, value)) })));
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
  const { key, colours: ramp2 } = colouring(panel);
  const out = (row) => panel.isOut(row.id);
  for (const row of rows) if (out(row)) draw(row, colours2.faint, 0.35, 1);
  for (const row of rows) {
    if (out(row)) continue;
    const colour = row.active ? colours2.active : isCounted(row) && ramp2[key(row)] || colours2.faint;
    draw(row, colour, row.active ? 1 : busy, row.active ? 1.8 : 1.2);
  }
  const hovered = rows.find((row) => row.id === panel.hovered);
  if (hovered) draw(hovered, colours2.hover, 1, 2.4);
  ctx.restore();
  ctx.globalAlpha = 1;
  return points;
}
var extent = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
function pick(panel, rows) {
  if (rows.length <= MOST_CURVES) return rows;
  const first = rows.filter((row) => row.active || panel.selected && !panel.isOut(row.id) || row.id === panel.hovered);
  const taken = new Set(first);
  const others = first.length < MOST_CURVES ? rows.filter((row) => !taken.has(row)) : [];
  const stride = Math.ceil(others.length / Math.max(1, MOST_CURVES - first.length));
  return [...first.slice(-MOST_CURVES), ...others.filter((_, i) => i % stride === 0)].sort((a, b) => a.number - b.number);
}
function yScale(axis, low, high, ends) {
  if (ends && ends.high > ends.low) [low, high] = [ends.low, ends.high];
  if (axis?.kind === "log" && low > 0)
    return log([low, high > low ? high : low * 2], [HEIGHT - MARGIN.bottom - 4, MARGIN.top]);
  const room = high > low ? (high / 2 - low / 2) * 0.1 : Math.abs(low) * 0.1 || 1;
  const most = Number.MAX_VALUE;
  return linear([Math.max(-most, low - room), Math.min(most, high + room)], [HEIGHT - MARGIN.bottom, MARGIN.top]);
}
var inside = (scale, value) => {
  const [low, high] = scale.domain;
  return Math.min(high, Math.max(low, value));
};
function drawAxes(svg, x, y, width, label) {
  const parts = [];
  const base = HEIGHT - MARGIN.bottom;
  let ticks2 = y.ticks(4);
  while (ticks2.length > 7) ticks2 = ticks2.filter((_, i) => i % 2 === 0);
  for (const value of ticks2) {
    parts.push(h("svg:line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value), class: "grid" }));
    parts.push(h("svg:text", { x: MARGIN.left - 6, y: y(value), dy: "0.32em", "text-anchor": "end" }, number(value)));
  }
  const seen = /* @__PURE__ */ new Set();
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

// src/edit_form.js
function editForm(panel) {
  const fields = h("div", { class: "fields" });
  const apply = h("button", { type: "submit" }, "Apply");
  const form = h(
    "form",
    { class: "edit", hidden: true, "aria-label": "Edit ranges", onsubmit: (event) => {
      event.preventDefault();
      const parameters = changes();
      if (Object.keys(parameters).length) panel.steer("edit", { parameters });
      else form.hidden = true;
    } },
    h("div", { class: "muted small" }, "From the next suggestion on; runs inside of the new ranges still count."),
    fields,
    apply,
    " ",
    h("button", { type: "button", onclick: () => {
      form.hidden = true;
    } }, "Cancel")
  );
  let readers = [];
  function changes() {
    const found = {};
    for (const { name, read } of readers) {
      const value = read();
      if (value) found[name] = value;
    }
    return found;
  }
  function limits(name, spec) {
    const inputs = ["min", "max"].map((key) => h("input", { type: "number", step: "any", value: spec[key], required: true, "aria-label": `${name}, ${key}` }));
    const read = () => {
      const [min, max] = inputs.map((input) => Number(input.value));
      return min === spec.min && max === spec.max ? null : { min, max };
    };
    return { inputs: [inputs[0], " to ", inputs[1]], read };
  }
  function values(name, spec) {
    const boxes = spec.values.map((value) => h("input", { type: "checkbox", checked: true, "aria-label": `${name}: ${value}` }));
    const read = () => {
      const kept = spec.values.map((value, i) => i).filter((i) => boxes[i].checked);
      if (kept.length === spec.values.length) return null;
      const found = (
        /** @type {any} */
        { values: kept.map((i) => spec.values[i]) }
      );
      if (spec.probabilities) {
        const total = kept.reduce((sum, i) => sum + spec.probabilities[i], 0) || 1;
        found.probabilities = kept.map((i) => spec.probabilities[i] / total);
      }
      return found;
    };
    return { inputs: boxes.map((box, i) => h("label", {}, box, " ", JSON.stringify(spec.values[i]))), read };
  }
  function open(specs) {
    readers = [];
    fields.replaceChildren(...Object.entries(specs).map(([name, spec]) => {
      const made = Array.isArray(spec.values) ? values(name, spec) : Number.isFinite(spec.min) && Number.isFinite(spec.max) ? limits(name, spec) : null;
      if (made) readers.push({ name, read: made.read });
      return h("fieldset", {}, h("legend", {}, name), made ? made.inputs : h("span", { class: "muted" }, "value" in spec ? `always ${JSON.stringify(spec.value)}` : JSON.stringify(spec)));
    }));
    form.hidden = false;
    fields.querySelector("input")?.focus();
  }
  return { element: form, open, close: () => {
    form.hidden = true;
  } };
}

// src/header.js
var BUTTONS = [
  { action: "pause", label: "Pause", title: "Hand out no more runs; those under way finish" },
  { action: "resume", label: "Resume", title: "Hand out runs again" },
  { action: "stop", label: "Stop after current", title: "Let the runs under way finish, then end the agent" },
  { action: "stop_now", label: "Stop now", title: "End the runs under way at their next log, then the agent" }
];
var GROUPS = [
  ["finished", ["finished"]],
  ["stopped", ["stopped"]],
  ["killed", ["killed", "preempted"]],
  ["failed", ["failed", "crashed"]],
  ["running", ["pending", "running", "preempting"]]
];
function header(panel) {
  const name = h("b", { class: "name" });
  const facts = h("span", { class: "muted" });
  const dot2 = h("span", { class: "dot", "aria-hidden": true }, "●");
  const word = h("span", { class: "word" });
  const message = h("span", { class: "muted" });
  const buttons = Object.fromEntries(
    BUTTONS.map(({ action, label, title }) => [
      action,
      h("button", { type: "button", title, "data-action": action, onclick: () => panel.steer(action) }, label)
    ])
  );
  const count = h("input", {
    type: "number",
    min: 1,
    max: 9999,
    value: 5,
    "aria-label": "How many runs to add"
  });
  const extend = h("button", {
    type: "button",
    title: "Let the agent take more runs than it was asked for",
    "data-action": "extend",
    onclick: () => panel.steer("extend", { count: Math.max(1, Math.floor(Number(count.value)) || 1) })
  }, "Add runs");
  const more = h("span", { class: "more" }, count, extend);
  const form = editForm(panel);
  const edit = h("button", {
    type: "button",
    title: "Change what parameters can be, from the next suggestion on",
    "data-action": "edit",
    onclick: () => form.element.hidden ? panel.send({ kind: "space" }) : form.close()
  }, "Edit ranges…");
  const steering = h(
    "div",
    { class: "steering", role: "group", "aria-label": "Steer the sweep" },
    Object.values(buttons),
    more,
    edit
  );
  const bar2 = h("div", { class: "bar", role: "progressbar", "aria-label": "Runs done" });
  const words = h("div", { class: "words" });
  const verdict = h("summary");
  const heading = h("ul");
  const outlook = h("details", { class: "outlook", hidden: true }, verdict, heading);
  const best = h("div", { class: "best-run" });
  const notes = h("div", { class: "notes" });
  const blocked = h("div", { class: "muted small" });
  const element = h(
    "header",
    {},
    h("div", { class: "title" }, h("div", { class: "what" }, name, " ", facts, " ", dot2, " ", word, message), steering),
    form.element,
    bar2,
    words,
    outlook,
    best,
    notes,
    blocked
  );
  let shownBest = null;
  function draw() {
    const { picture, controls } = panel;
    const { sweep, progress } = picture;
    setText(name, sweep.name || `Sweep ${sweep.id}`);
    setText(facts, [sweep.method, sweep.name && sweep.id, sweep.project].filter(Boolean).join(" · "));
    dot2.setAttribute("data-word", sweep.word);
    setText(word, sweep.word);
    setText(message, sweep.message ? `: ${sweep.message}` : "");
    drawBar(picture);
    const told = [progress.total === null ? plural(progress.done, "run") : `${progress.done.toLocaleString("en")} of ${plural(progress.total, "run")}`];
    for (const [state, n] of Object.entries(progress.counts))
      if (state !== "finished") told.push(`${n.toLocaleString("en")} ${state}`);
    if (progress.elapsed_s !== null) told.push(duration(progress.elapsed_s));
    if (progress.remaining_s !== null) told.push(`about ${duration(progress.remaining_s)} left`);
    setText(words, told.join(" · "));
    drawOutlook(picture.outlook);
    drawBest(picture);
    notes.replaceChildren(...picture.notes.map((note) => h("div", { class: "note" }, `⚠ ${note}`)));
    drawButtons(picture, controls);
  }
  function drawOutlook(found) {
    outlook.hidden = !found;
    if (!found) return;
    setText(verdict, found.verdict);
    outlook.toggleAttribute("data-bare", !found.sentences.length);
    outlook.setAttribute("data-suggestion", found.suggestion);
    if (heading.textContent !== found.sentences.join(""))
      heading.replaceChildren(...found.sentences.map((sentence) => h("li", {}, sentence)));
  }
  function drawButtons({ sweep }, controls) {
    const can = new Set(controls.actions);
    steering.hidden = can.size === 0;
    const isPaused = sweep.state === "PAUSED";
    buttons.pause.hidden = !can.has("pause") || isPaused;
    buttons.resume.hidden = !can.has("resume") || !isPaused;
    buttons.stop.hidden = !can.has("stop");
    buttons.stop_now.hidden = !can.has("stop_now");
    more.hidden = !can.has("extend");
    edit.hidden = !can.has("edit");
    if (edit.hidden) form.close();
    for (const [action, button] of [...Object.entries(buttons), ["extend", extend]])
      button.toggleAttribute("data-waiting", panel.waiting.has(action));
    setText(blocked, can.size && controls.bridge === "none" ? "This kernel answers clicks only between cells: to stop now, use the notebook's interrupt button (■)." : "");
  }
  function drawBar({ rows, progress }) {
    bar2.hidden = progress.total === null;
    if (progress.total === null) return;
    const newest = new Map(rows.map((row) => [row.number, row.state]));
    const counts = /* @__PURE__ */ new Map();
    for (const state of newest.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const whole = Math.max(progress.total, newest.size, 1);
    const parts = GROUPS.map(([name2, states]) => [name2, states.reduce((n, state) => n + (counts.get(state) ?? 0), 0)]);
    bar2.setAttribute("aria-valuemin", "0");
    bar2.setAttribute("aria-valuemax", String(progress.total));
    bar2.setAttribute("aria-valuenow", String(progress.done));
    while (bar2.children.length < parts.length) bar2.append(h("span"));
    parts.forEach(([name2, n], i) => {
      bar2.children[i].setAttribute("data-state", name2);
      bar2.children[i].style.width = `${100 * n / whole}%`;
    });
  }
  function drawBest({ best: found, metric, rows, columns }) {
    const key = found && JSON.stringify([found.id, found.text, metric?.name]);
    if (key === shownBest) return;
    shownBest = key;
    if (!found || !metric) return best.replaceChildren();
    const row = rows.find((candidate) => candidate.id === found.id);
    const values = columns.map((column, i) => [column.name, row?.texts[i]]).filter(([, text]) => text);
    const status = h("span", { class: "muted small" });
    const copy = h("button", {
      type: "button",
      class: "link",
      title: "Copy the config of the best run as JSON",
      onclick: async () => {
        const done = await copyText(JSON.stringify(found.config, null, 2));
        status.textContent = done ? " copied" : " the browser does not allow it here";
        setTimeout(() => status.textContent = "", 2500);
      }
    }, "copy config");
    best.replaceChildren(
      h("span", {}, "★ Best ", metric.name, " ", h("b", {}, found.text), ` in run ${found.number}`),
      ...values.slice(0, 10).map(([name2, text]) => h("span", { class: "pair" }, h("span", { class: "muted" }, name2), " ", text)),
      values.length > 10 ? h("span", { class: "muted" }, `and ${values.length - 10} more`) : "",
      h("span", {}, copy, status)
    );
  }
  function receive({ ok }) {
    if (ok) form.close();
  }
  return { element, draw, openEdit: form.open, receive };
}

// src/importance.js
var SHOWN = 10;
var WAIT_MS = 400;
var CURVE = { width: 264, height: 96, left: 44, right: 8, top: 8, bottom: 18 };
function importance(panel) {
  const changed = () => {
    ask();
    panel.changed();
  };
  const target = h("select", { "aria-label": "Importance for", onchange: changed });
  const scope = h(
    "select",
    { "aria-label": "Runs to learn from", onchange: changed },
    h("option", { value: "all" }, "all runs"),
    h("option", { value: "selected" }, "selected runs")
  );
  const method = h(
    "select",
    { "aria-label": "Method", onchange: changed },
    h("option", { value: "forest" }, "forest"),
    h("option", { value: "permutation" }, "permutation")
  );
  const tools = h("div", { class: "options small" }, h("label", {}, "of ", target), scope, method);
  const verdict = h("p", { class: "verdict", role: "status" });
  const table2 = h("table", { class: "importance" });
  const curve = h("div", { class: "dependence" });
  const element = h(
    "section",
    { class: "side", "aria-label": "Parameter importance" },
    h("div", { class: "heading" }, h("b", {}, "Parameter importance")),
    tools,
    verdict,
    table2,
    curve
  );
  let shown = null;
  let shownTargets = "";
  let shownCurve = "";
  let asked = { key: "", found: null, error: "" };
  let timer;
  const isUsual = () => !target.value && scope.value === "all" && method.value === "forest";
  function ask() {
    if (isUsual() || !panel.canAsk) return;
    const runs = scope.value === "selected" && panel.selected ? [...panel.selected] : null;
    const ended = panel.picture.rows.filter((row) => !row.active).length;
    const key = JSON.stringify([target.value, method.value, scope.value, runs, ended]);
    if (key === asked.key) return;
    asked = { ...asked, key, error: "" };
    clearTimeout(timer);
    timer = setTimeout(() => panel.send({ kind: "analyse", key, target: target.value, runs, method: method.value }), WAIT_MS);
  }
  function receive({ key, found, error }) {
    if (key !== asked.key) return;
    asked = { key, found, error };
    panel.changed();
  }
  function fillTargets({ axes }) {
    const names = axes.filter((axis) => axis.is_extra).map((axis) => axis.name);
    const metric = axes.find((axis) => axis.is_metric);
    const key = JSON.stringify([names, metric?.name]);
    if (key === shownTargets) return;
    shownTargets = key;
    const before = target.value;
    target.replaceChildren(
      ...metric ? [h("option", { value: "" }, metric.name)] : [],
      ...names.map((name) => h("option", { value: name }, name))
    );
    target.value = names.includes(before) ? before : metric ? "" : names[0] ?? "";
  }
  function draw() {
    const { picture } = panel;
    tools.hidden = !panel.canAsk;
    fillTargets(picture);
    element.hidden = !picture.metric && !target.value;
    if (element.hidden) return;
    ask();
    const usual = isUsual() || !panel.canAsk;
    const found = usual ? picture.importance : asked.found;
    const text = !usual && asked.error ? asked.error : found ? found.verdict : usual ? "Waiting for the first runs to end." : "Computing…";
    setText(verdict, text);
    verdict.title = found ? `${plural(found.n_runs, "run")}${found.left_out ? `; ${found.left_out}` : ""}` : "";
    if (shown !== found) fill(found);
    mark();
  }
  function fill(found) {
    shown = found;
    const rows = found?.rows.slice(0, SHOWN) ?? [];
    table2.hidden = !rows.length;
    table2.toggleAttribute("data-unranked", !!found && !found.is_ranked);
    table2.replaceChildren(
      h("thead", {}, h(
        "tr",
        {},
        h("th", { scope: "col" }, "parameter"),
        h("th", { scope: "col" }, found?.method === "permutation" ? "loss if shuffled" : "importance"),
        h("th", { scope: "col" }, "correlation")
      )),
      h("tbody", {}, rows.map((row) => h("tr", {
        title: row.name,
        tabindex: 0,
        "data-parameter": row.name,
        onpointerenter: () => panel.hoverParameter(row.name),
        onpointerleave: () => panel.hoverParameter(null),
        onfocus: () => panel.hoverParameter(row.name),
        onblur: () => panel.hoverParameter(null)
      }, h("th", { scope: "row" }, row.name), h("td", {}, bar(row)), h("td", {}, correlation(row)))))
    );
    shownCurve = "";
  }
  function mark() {
    for (const tr of table2.querySelectorAll("tbody tr")) tr.classList.toggle("hovered", tr.getAttribute("data-parameter") === panel.parameter);
    const rows = shown?.rows.slice(0, SHOWN) ?? [];
    const row = rows.find((one) => one.name === panel.parameter) ?? rows[0];
    const axis = row && panel.picture.axes.find((one) => one.name === row.name);
    const key = JSON.stringify([row?.name, row?.dependence, axis?.kind, axis?.categories]);
    if (key === shownCurve) return;
    shownCurve = key;
    curve.replaceChildren(...axis && row.dependence?.length > 1 ? dependence(row, axis, shown.metric) : []);
  }
  return { element, draw, mark, receive };
}
function dependence({ name, dependence: points }, axis, metric) {
  const { width, height, left, right, top, bottom } = CURVE;
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = high > low ? 0 : Math.abs(low) * 0.1 || 1;
  const y = linear([low - room, high + room], [height - bottom, top]);
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  const isCategory = axis.kind === "category";
  const range = (
    /** @type {[number, number]} */
    [left, width - right]
  );
  const x = isCategory ? linear([-0.5, points.length - 0.5], range) : axis.kind === "log" && from > 0 ? log([from, to], range) : linear([from, to], range);
  const at = points.map(([place, value], k) => [x(isCategory ? k : place), y(value)]);
  const label = isCategory ? (k) => axis.categories[points[k][0]] ?? "" : (k) => number(points[k][0], 2);
  const ends = isCategory && points.length <= 4 ? points.map((_, k) => k) : [0, points.length - 1];
  const told = points.map(([, value], k) => `${label(k)}: ${number(value, 3)}`).join(", ");
  return [
    h("div", { class: "muted small" }, `${metric} by ${name}, all else equal`),
    h(
      "svg:svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${metric} by ${name}. ${told}` },
      h("svg:line", { class: "base", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
      [low, ...high > low ? [high] : []].map((value) => h("svg:text", { x: left - 5, y: y(value), dy: "0.32em", "text-anchor": "end" }, number(value, 3))),
      ends.map((k) => h("svg:text", {
        x: at[k][0],
        y: height - 4,
        "text-anchor": isCategory ? "middle" : k ? "end" : "start"
      }, label(k).slice(0, 12))),
      isCategory ? at.map(([px, py]) => h("svg:line", { class: "step", x1: px - 12, x2: px + 12, y1: py, y2: py })) : h("svg:path", { class: "step", d: at.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("") })
    )
  ];
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
function correlation({ correlation: r, high_value: high }) {
  if (r === null) return h("span", { class: "muted", title: "Three or more categories have no sign" }, "–");
  const [left, width] = [50 + Math.min(0, r) * 50, Math.abs(r) * 50];
  return h(
    "div",
    { class: "share", title: high ? `${high} counts as high` : null },
    h("div", { class: "track middle" }, h("span", { class: r < 0 ? "fill minus" : "fill", style: `left:${left}%;width:${width}%` })),
    h("span", { class: "figure" }, `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`)
  );
}

// src/lanes.js
var LANE = 18;
var MARGIN2 = { left: 96, right: 12, bottom: 18 };
var MOST_BARS = 1500;
var MOST_LANES = 24;
function lanes(panel) {
  const svg = h("svg:svg", { class: "lanes", role: "img", "aria-label": "Runs of each worker over time; the table below holds the same" });
  const plot = h("div", { class: "chart" }, svg);
  const table2 = twin("Workers", ["worker", "run", "state", "began", "took"], () => bars(panel).map(({ row, from }) => [row.worker, row.number, row.state, duration(from), duration(row.duration_s)]));
  const told = h("span", { class: "muted" });
  const element = h(
    "section",
    { class: "workers", "aria-label": "Workers" },
    h("div", { class: "heading" }, "Workers ", told),
    plot,
    table2.element
  );
  function draw() {
    const found = bars(panel);
    const names = [...new Set(found.map(({ row }) => row.worker))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    element.hidden = names.length < 2;
    if (element.hidden) return;
    told.textContent = names.length > MOST_LANES ? `${MOST_LANES} of ${names.length}` : "";
    names.length = Math.min(names.length, MOST_LANES);
    const width = plot.clientWidth || 600;
    const height = names.length * LANE + MARGIN2.bottom;
    plot.style.height = `${height}px`;
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const end = Math.max(1e-9, ...found.map(({ to }) => to));
    const x = (seconds) => MARGIN2.left + seconds / end * (width - MARGIN2.left - MARGIN2.right);
    const lane = new Map(names.map((name, k) => [name, k]));
    const parts = names.map((name, k) => h("svg:text", { x: 0, y: k * LANE + 12 }, h("svg:title", {}, name), short(name)));
    for (const { row, from, to } of found) {
      const k = lane.get(row.worker);
      if (k === void 0) continue;
      const bar2 = h("svg:rect", {
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
      }, h("svg:title", {}, `run ${row.number} · ${row.state} · ${duration(row.duration_s)}`));
      parts.push(bar2);
    }
    for (let k = 0; k <= 4; k++)
      parts.push(h("svg:text", { x: x(end * k / 4), y: height - 5, "text-anchor": k === 4 ? "end" : k ? "middle" : "start" }, duration(end * k / 4)));
    svg.replaceChildren(...parts);
    table2.draw();
    mark();
  }
  function mark() {
    for (const bar2 of svg.querySelectorAll("rect")) bar2.classList.toggle("lit", bar2.getAttribute("data-bar") === panel.hovered);
  }
  return { element, draw, mark };
}
function bars({ picture }) {
  const rows = picture.rows.filter((row) => row.worker && row.start_s !== null && row.start_s !== void 0);
  const first = rows.reduce((least, row) => Math.min(least, row.start_s), Infinity);
  return rows.slice(-MOST_BARS).map((row) => ({ row, from: row.start_s - first, to: row.start_s - first + (row.duration_s ?? 0) }));
}
var short = (name) => name.length > 14 ? `…${name.slice(-13)}` : name;

// src/axes.js
var SHOWN_AXES = 12;
var TICKS = 5;
var newView = (kept) => ({ order: [], hidden: [], shown: [], flipped: [], scales: {}, colour: "", ...kept });
function shownAxes({ axes, importance: importance2 }, view) {
  let listed = axes.map((axis, i) => ({ axis, i }));
  const params = listed.filter(({ axis }) => !axis.is_metric && !axis.is_extra);
  const kept = new Set(params);
  if (params.length > SHOWN_AXES) {
    const rank = new Map((importance2?.rows ?? []).map((row, place2) => [row.name, place2]));
    const first = [...params].sort((a, b) => (rank.get(a.axis.name) ?? 1e9) - (rank.get(b.axis.name) ?? 1e9) || a.i - b.i);
    for (const entry of first.slice(SHOWN_AXES)) kept.delete(entry);
  }
  listed = listed.filter((entry) => {
    const { name } = entry.axis;
    if (view.hidden.includes(name)) return false;
    return view.shown.includes(name) || entry.axis.is_metric || kept.has(entry);
  });
  const place = new Map(view.order.map((name, k) => [name, k]));
  return listed.sort((a, b) => (place.get(a.axis.name) ?? 1e6 + a.i) - (place.get(b.axis.name) ?? 1e6 + b.i));
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
  const own = kind ? (kind === "log" ? log : linear)([axis.low, axis.high], [0, 1]).ticks(TICKS).map((value) => [position(axis, value), number(value, 3)]) : axis.ticks;
  return own.map(([at, label]) => [drawnAt(axis, at, view), label]);
}

// src/axes_menu.js
function axesMenu(panel, move) {
  const list = h("tbody");
  const details = h(
    "details",
    { class: "menu", ontoggle: () => fill() },
    h("summary", {}, "Axes"),
    h("div", { class: "sheet" }, h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["axis", "turn", "scale", "move"].map((name) => h("th", { scope: "col" }, name)))),
      list
    ))
  );
  const colour = h("select", { "aria-label": "Colour by", onchange: () => panel.look({ colour: colour.value }) });
  const low = h("span", { class: "muted" });
  const high = h("span", { class: "muted" });
  const bar2 = h("span", { class: "ramp", "aria-hidden": true });
  const legend = h("span", { class: "legend" }, h("label", {}, "colour ", colour), " ", low, bar2, high);
  let shown = "";
  const toggled = (list_, name, isIn) => isIn ? [...list_.filter((other) => other !== name), name] : list_.filter((other) => other !== name);
  const flip = (name) => panel.look({ flipped: toggled(panel.view.flipped, name, !panel.view.flipped.includes(name)) });
  function show(axis, isShown) {
    const { hidden, shown: more } = panel.view;
    panel.look({ hidden: toggled(hidden, axis.name, !isShown), shown: toggled(more, axis.name, isShown) });
  }
  function fill() {
    if (!details.open) return;
    const { view, picture, root } = panel;
    const drawn = shownAxes(picture, view);
    const names = drawn.map(({ axis }) => axis.name);
    const others = picture.axes.filter((axis) => !names.includes(axis.name));
    const focused = root.activeElement?.getAttribute?.("data-key");
    const keep = details.querySelector(".sheet").scrollTop;
    list.replaceChildren(...[...drawn.map(({ axis }) => axis), ...others].map((axis) => {
      const { name } = axis;
      const isShown = names.includes(name);
      const scale = view.scales[name] ?? axis.kind;
      const button = (key, text, title, onclick, more = {}) => h("button", { type: "button", "data-key": `${key}:${name}`, title, "aria-label": key === "scale" ? `${text} scale of ${name}` : `${title}: ${name}`, onclick, ...more }, text);
      return h(
        "tr",
        {},
        h("td", {}, h("label", {}, h("input", {
          type: "checkbox",
          "data-key": `show:${name}`,
          checked: isShown,
          onchange: (event) => show(axis, event.target.checked)
        }), " ", name)),
        h("td", {}, button("flip", "⇅", "Turn round", () => flip(name), { "aria-pressed": String(view.flipped.includes(name)) })),
        h("td", {}, hasScales(axis) ? button(
          "scale",
          scale,
          "Other scale",
          () => panel.look({ scales: { ...view.scales, [name]: scale === "log" ? "linear" : "log" } })
        ) : ""),
        h("td", {}, isShown ? [
          button("left", "←", "Move left", () => move([...names], name, -1)),
          button("right", "→", "Move right", () => move([...names], name, 1))
        ] : "")
      );
    }));
    details.querySelector(".sheet").scrollTop = keep;
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }
  function draw() {
    const { picture, view } = panel;
    const { axis, colours: colours2 } = colouring(panel);
    const key = JSON.stringify([picture.axes.map(({ name }) => name), view, axis?.low, axis?.high, axis?.best, axis?.poor, colours2[0]]);
    if (key === shown) return;
    shown = key;
    const metric = picture.axes.find((one) => one.is_metric);
    colour.replaceChildren(...(metric ? [metric] : []).concat(picture.axes.filter((one) => one !== metric)).map((one) => h("option", { value: one.is_metric ? "" : one.name }, one.name)));
    if (!metric) colour.prepend(h("option", { value: "" }, "none"));
    colour.value = view.colour;
    const isScale = axis && axis.kind !== "category";
    low.textContent = isScale ? number(axis.is_metric || axis.is_extra ? axis.poor : axis.low, 3) : "";
    high.textContent = isScale ? number(axis.is_metric || axis.is_extra ? axis.best : axis.high, 3) : "";
    bar2.hidden = !isScale;
    if (isScale) bar2.style.background = `linear-gradient(to right, ${colours2.join(",")})`;
    for (const old of legend.querySelectorAll(".swatch")) old.remove();
    if (axis?.kind === "category")
      legend.append(...axis.categories.slice(0, colours2.length).map((name, i) => h("span", { class: "swatch" }, h("i", { style: `background:${colours2[i]}` }), name.length > 18 ? `${name.slice(0, 17)}…` : name)));
    fill();
  }
  return { element: details, legend, draw, flip };
}

// src/parallel.js
var HEIGHT2 = 270;
var MARGIN3 = { top: 38, right: 70, bottom: 36, left: 50 };
var GRAB = 13;
var EDGE = 6;
var DRAGGED_LINES = 700;
var BATCH = 24;
var NEAR2 = 9;
var SHARES = [5, 10, 25, 50];
function parallel(panel) {
  const base = h("canvas", { role: "img", "aria-label": "Parallel coordinates of the runs; the table of runs holds the same values" });
  const top = h("canvas", { "aria-hidden": true });
  const svg = h("svg:svg", { class: "axes", role: "group", "aria-label": "Axes" });
  const tip = h("div", { class: "tip", hidden: true });
  const plot = h("div", { class: "chart", style: `height:${HEIGHT2}px` }, base, top, svg, tip);
  const caption = h("span", { class: "muted" });
  const menu = axesMenu(panel, moveAxis);
  const share2 = h(
    "select",
    { "aria-label": "Select the best runs", onchange: () => pickBest(Number(share2.value)) },
    h("option", { value: "" }, "best…"),
    SHARES.map((percent) => h("option", { value: percent }, `best ${percent} %`))
  );
  const element = h(
    "section",
    { class: "parallel", "aria-label": "Parallel coordinates" },
    h("div", { class: "heading" }, h("b", {}, "Parallel coordinates"), " ", caption),
    h("div", { class: "options small" }, menu.element, share2, menu.legend),
    plot
  );
  let width = 0;
  let drag = null;
  let cache = /* @__PURE__ */ new WeakMap();
  let cachedAxes = null;
  let shownKey = "";
  let lanes2 = { rows: null, axes: null, found: [], word: "" };
  const y = (at2) => MARGIN3.top + (1 - at2) * (HEIGHT2 - MARGIN3.top - MARGIN3.bottom);
  const at = (pixel2) => Math.min(1, Math.max(MISSING - 0.04, 1 - (pixel2 - MARGIN3.top) / (HEIGHT2 - MARGIN3.top - MARGIN3.bottom)));
  const order = () => shownAxes(panel.picture, panel.view);
  const yOn = (axis, position2) => y(drawnAt(axis, position2, panel.view));
  const placeOn = (axis, pixel2) => positionAt(axis, at(pixel2), panel.view);
  function pickBest(percent) {
    share2.value = "";
    const { rows, axes, metric } = panel.picture;
    const axis = axes.find((one) => one.is_metric);
    const range = axis && percent ? bestRange(rows, axis, metric.goal, percent / 100) : null;
    if (range) setRanges(axis, [range], true);
  }
  const x = (k, n) => n < 2 ? width / 2 : MARGIN3.left + k * (width - MARGIN3.left - MARGIN3.right) / (n - 1);
  function positions(row, axes) {
    if (cachedAxes !== axes) {
      cache = /* @__PURE__ */ new WeakMap();
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
    const { picture, colours: colours2 } = panel;
    const listed = order();
    const params = picture.axes.filter((axis) => !axis.is_extra);
    const hidden = params.filter((axis) => !listed.some((entry) => entry.axis === axis)).length;
    share2.hidden = !picture.metric;
    menu.draw();
    caption.textContent = [
      panel.selected ? "" : "drag along an axis to select runs",
      hidden ? `${params.length - hidden} of ${params.length} axes shown` : ""
    ].filter(Boolean).join(" · ");
    drawAxes2(listed);
    const ctx = context(base, width, HEIGHT2);
    if (ctx) drawLines(ctx, listed, picture, colours2);
    mark();
  }
  function drawLines(ctx, listed, { rows, axes }, colours2) {
    const xs = listed.map((_, k) => x(k, listed.length));
    const metric = axes.find((axis) => axis.is_metric);
    const { key: colourOf, colours: ramp2 } = colouring(panel);
    const groups = /* @__PURE__ */ new Map();
    const put = (key, row) => (groups.get(key) ?? groups.set(key, []).get(key)).push(row);
    for (const row of rows) {
      if (panel.isOut(row.id)) put("out", row);
      else if (row.active) put("active", row);
      else if (metric && !isCounted(row)) put("faint", row);
      else put(colourOf(row) ?? "plain", row);
    }
    const inside2 = rows.length - (groups.get("out")?.length ?? 0);
    const alpha = inside2 > 2e3 ? 0.25 : inside2 > 300 ? 0.5 : inside2 > 60 ? 0.75 : 0.9;
    const stroke = (key, colour, opacity, thickness, dash = []) => {
      let list = groups.get(key) ?? [];
      const most = drag ? key === "out" ? DRAGGED_LINES : Math.max(20, DRAGGED_LINES * list.length / rows.length) : Infinity;
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
    stroke("out", colours2.faint, groups.get("out")?.length > 500 ? 0.12 : 0.28, 1);
    stroke("faint", colours2.bad, 0.55, 1, [3, 3]);
    stroke("plain", colours2.line, alpha, 1.2);
    for (let k = 0; k < ramp2.length; k++) stroke(k, ramp2[k], Math.min(1, alpha + k / ramp2.length * 0.25), 1.3);
    stroke("active", colours2.active, 0.9, 1.6);
    ctx.globalAlpha = 1;
  }
  function trace(ctx, row, listed, axes, xs) {
    const found = positions(row, axes);
    listed.forEach(({ axis, i }, k) => ctx[k ? "lineTo" : "moveTo"](xs[k], isPlain(axis, panel.view) ? y(found[i]) : yOn(axis, found[i])));
  }
  function mark() {
    const ctx = context(top, width, HEIGHT2);
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
  function drawAxes2(listed) {
    const { brushes, root } = panel;
    const key = JSON.stringify([width, listed.map(({ axis }) => axis), brushes, withMissing(), panel.view]);
    if (key === shownKey) return;
    shownKey = key;
    const focused = root.activeElement?.getAttribute?.("data-axis");
    svg.setAttribute("width", width);
    svg.setAttribute("height", HEIGHT2);
    const room = listed.length > 1 ? (width - MARGIN3.left - MARGIN3.right) / (listed.length - 1) : width;
    const letters = Math.max(4, Math.floor(room / 6.6));
    svg.replaceChildren(...listed.map(({ axis }, k) => drawAxis(axis, x(k, listed.length), k, listed, letters)));
    if (focused) svg.querySelector(`[data-axis="${CSS.escape(focused)}"]`)?.focus();
  }
  function withMissing() {
    const { rows, axes } = panel.picture;
    if (lanes2.rows !== rows || lanes2.axes !== axes) {
      const found = axes.map((_, i) => rows.some((row) => positions(row, axes)[i] < 0));
      const without = rows.filter((row) => row.metric === null && !row.active);
      const bad = without.filter((row) => row.state === "failed" || row.state === "crashed").length;
      lanes2 = { rows, axes, found, word: bad && bad === without.length ? "failed" : "no value" };
    }
    return lanes2.found;
  }
  function drawAxis(axis, left, k, listed, letters) {
    const ranges = panel.brushes.ranges[axis.name] ?? [];
    const missing = withMissing()[listed[k].i];
    const ticks2 = drawnTicks(axis, panel.view);
    const texts = ticks2.map(([position2, label]) => {
      const clipped = clip(label, Math.max(5, Math.min(letters - 2, 16)));
      return h(
        "svg:text",
        { x: 6, y: y(position2), dy: "0.32em", class: "tick" },
        h("svg:title", {}, label),
        clipped
      );
    });
    const told = ranges.map(([a, b]) => `${textAt(axis, a)} to ${textAt(axis, b)}`).join(" and ");
    const title = h(
      "svg:text",
      { x: 0, y: 14, "text-anchor": "middle", class: axis.is_metric ? "title strong" : "title" },
      h("svg:title", {}, `${axis.name} (drag to move the axis, double-click to turn it round)`),
      clip(panel.view.flipped.includes(axis.name) ? `${axis.name} ↓` : axis.name, letters)
    );
    const group = h(
      "svg:g",
      {
        transform: `translate(${left},0)`,
        tabindex: 0,
        "data-axis": axis.name,
        role: "slider",
        "aria-orientation": "vertical",
        "aria-valuemin": 0,
        "aria-valuemax": 1,
        "aria-valuenow": ranges[0] ? ((ranges[0][0] + ranges[0][1]) / 2).toFixed(2) : 0.5,
        "aria-valuetext": told ? `selected ${told}` : "nothing selected",
        "aria-label": `${axis.name}. Enter selects a range, arrows move it, shift and arrows stretch it, delete removes it, alt and arrows move the axis`,
        onkeydown: (event) => keys(event, axis, listed),
        onpointerenter: () => panel.hoverParameter(axis.name),
        onpointerleave: () => panel.hoverParameter(null)
      },
      h("svg:line", { y1: y(0), y2: y(1), class: "rule" }),
      missing ? h("svg:line", { y1: y(MISSING) - 4, y2: y(MISSING) + 4, class: "rule" }) : null,
      missing ? h("svg:text", { x: 6, y: y(MISSING), dy: "0.32em", class: "tick" }, axis.is_metric ? lanes2.word : "missing") : null,
      ticks2.map(([position2]) => h("svg:line", { x1: -3, x2: 3, y1: y(position2), y2: y(position2), class: "rule" })),
      texts,
      title,
      h("svg:rect", {
        class: "grab",
        x: -GRAB,
        width: 2 * GRAB,
        y: MARGIN3.top - 6,
        height: HEIGHT2 - MARGIN3.top - 6,
        onpointerdown: (event) => startBrush(event, axis)
      }),
      ranges.map(([a, b]) => {
        const [one, other] = [yOn(axis, a), yOn(axis, b)];
        return h("svg:rect", { class: "brush", x: -6, width: 12, y: Math.min(one, other), height: Math.max(3, Math.abs(one - other)), rx: 2 });
      })
    );
    title.addEventListener("dblclick", () => menu.flip(axis.name));
    title.addEventListener("pointerdown", (event) => startMove(event, axis, group, left, listed));
    return group;
  }
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
    const ranges = [...panel.brushes.ranges[axis.name] ?? []];
    const reaches = ([a, b]) => {
      const [one, other] = [yOn(axis, a), yOn(axis, b)];
      return from >= Math.min(one, other) - EDGE && from <= Math.max(one, other) + EDGE;
    };
    let index = ranges.findIndex(reaches);
    const isNew = index < 0;
    const begun = placeOn(axis, from);
    const before = isNew ? [begun, begun] : ranges[index];
    const edge = isNew ? "end" : Math.abs(from - yOn(axis, before[1])) <= EDGE ? "high" : Math.abs(from - yOn(axis, before[0])) <= EDGE ? "low" : "move";
    const isTurned = panel.view.flipped.includes(axis.name);
    const until = (pixelAt) => {
      const found = placeOn(axis, pixelAt);
      return isTurned && found < 0 !== begun < 0 ? begun < 0 ? MISSING : 1 : found;
    };
    if (isNew) index = ranges.length;
    let moved = false;
    follow(
      event,
      (later2) => {
        const now = pixel(later2);
        if (!moved && Math.abs(now - from) < 3) return;
        moved = true;
        drag = axis.name;
        const to = until(now);
        const shift = to - begun;
        const next = {
          end: [begun, to],
          high: [before[0], to],
          low: [to, before[1]],
          move: [before[0] + shift, before[1] + shift]
        }[edge];
        setRanges(axis, Object.assign([...ranges], { [index]: next }), false);
      },
      () => {
        drag = null;
        if (!moved) setRanges(axis, isNew ? [] : ranges.filter((_, i) => i !== index), true);
        else panel.brush(panel.brushes, true);
      }
    );
  }
  function follow(event, move, end) {
    const id = event.pointerId;
    const target = window;
    const onMove = (later2) => later2.pointerId === id && move(later2);
    const onEnd = (later2) => {
      if (later2.pointerId !== id) return;
      target.removeEventListener("pointermove", onMove);
      target.removeEventListener("pointerup", onEnd);
      target.removeEventListener("pointercancel", onEnd);
      end(later2);
    };
    target.addEventListener("pointermove", onMove);
    target.addEventListener("pointerup", onEnd);
    target.addEventListener("pointercancel", onEnd);
  }
  function startMove(event, axis, group, left, listed) {
    if (event.button) return;
    event.preventDefault();
    const from = event.clientX;
    follow(
      event,
      (later2) => group.setAttribute("transform", `translate(${left + later2.clientX - from},0)`),
      (later2) => {
        const names = listed.map((entry) => entry.axis.name);
        const room = listed.length > 1 ? x(1, listed.length) - x(0, listed.length) : 1;
        shownKey = "";
        moveAxis(names, axis.name, Math.round((later2.clientX - from) / room));
      }
    );
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
  plot.addEventListener("pointermove", (event) => {
    if (drag) return;
    const box = plot.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const listed = order();
    const n = listed.length;
    if (n < 2) return;
    const k = Math.min(n - 2, Math.max(0, Math.floor((px - MARGIN3.left) / (width - MARGIN3.left - MARGIN3.right) * (n - 1))));
    const t = Math.min(1, Math.max(0, (px - x(k, n)) / (x(k + 1, n) - x(k, n))));
    let [found, least] = [null, NEAR2];
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
    if (panel.hovered && !/** @type {Element} */
    event.target.closest("[data-axis]")) panel.open(panel.hovered);
  });
  return { element, draw, mark, positions };
}
var clip = (text, letters) => text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text;

// src/narrowing.js
function narrowing(panel) {
  const ask = h("button", {
    type: "button",
    class: "link",
    "data-action": "narrow",
    title: "A new sweep whose ranges are those of the selection; runs inside of them count",
    onclick: () => request(false)
  }, "narrow the sweep to it…");
  const box = h("section", { class: "child", hidden: true, "aria-label": "A narrower sweep" });
  const request = (create) => panel.steer("narrow", {
    create,
    brushes: panel.brushes,
    runs: panel.selected ? [...panel.selected] : []
  });
  function receive({ ok, text, code, created }) {
    if (!ok) return;
    const status = h("span", { class: "muted small", role: "status" });
    const make = h("button", { type: "button", "data-action": "create", onclick: () => request(true) }, "Create it");
    const copy = h("button", { type: "button", class: "link", onclick: async () => {
      status.textContent = await copyText(code) ? " copied" : " the browser does not allow it here";
    } }, "copy the code");
    box.replaceChildren(
      h("pre", { class: "plain" }, text),
      created ? h("div", { role: "status" }, "Created as ", h("b", {}, created), ": ", h("code", {}, `nbsweep.agent("${created}", train, count=20)`)) : make,
      h("pre", { tabindex: 0, "aria-label": "Code of the narrower sweep" }, code),
      copy,
      " ",
      h("button", { type: "button", class: "link", onclick: () => {
        box.hidden = true;
      } }, "close"),
      status
    );
    box.hidden = false;
  }
  return {
    button: ask,
    element: box,
    receive,
    draw() {
      ask.hidden = !panel.selected?.size || !panel.controls.actions.includes("narrow");
    }
  };
}

// src/table.js
var PAGE = 100;
var COLUMNS = 10;
var PICTOGRAM = { width: 72, height: 16 };
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
function table(panel) {
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
  const told = h("span", { class: "muted" });
  const clear = h("button", { type: "button", class: "link", onclick: () => panel.clear() }, "clear selection");
  const invert = h("button", { type: "button", class: "link", onclick: () => panel.invert() }, "invert");
  const narrower = narrowing(panel);
  const head = h("thead");
  const body = h("tbody");
  const more = h("button", { type: "button", class: "link", onclick: () => {
    limit += PAGE;
    panel.changed();
  } });
  const element = h(
    "section",
    { class: "runs", "aria-label": "Runs" },
    h("div", { class: "tools" }, search, told, clear, invert, narrower.button),
    narrower.element,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" }, h("table", {}, head, body)),
    more
  );
  let limit = PAGE;
  let hasWorkers = false;
  let shownHead = "";
  let made = /* @__PURE__ */ new Map();
  function draw() {
    const { picture, selected } = panel;
    hasWorkers = new Set(picture.rows.map((row) => row.worker).filter(Boolean)).size > 1;
    drawHead(picture);
    let rows = filterRows(picture.rows, picture.columns, panel.query);
    if (selected) rows = rows.filter((row) => selected.has(row.id));
    rows = sortRows(rows, panel.sort.key, panel.sort.direction, picture.axes, picture.columns);
    count();
    if (!selected && panel.query) setText(told, `${plural(rows.length, "run")} found`);
    more.hidden = rows.length <= limit;
    if (!more.hidden) more.textContent = `show ${Math.min(PAGE, rows.length - limit)} more of ${plural(rows.length, "run")}`;
    const next = /* @__PURE__ */ new Map();
    const order = [];
    for (const row of rows.slice(0, limit)) {
      const isBest = picture.best?.id === row.id;
      const isOpen = panel.opened === row.id;
      const key = `${isBest}${isOpen}${isOpen ? panel.details.get(row.id)?.seq : ""}${panel.controls.actions}${hasWorkers}`;
      let entry = made.get(row.id);
      if (!entry || entry.row !== row || entry.key !== key) {
        const focused = entry?.tr.contains(panel.root.activeElement);
        entry = { row, key, tr: line(row, isBest, isOpen), detail: isOpen ? detail(row) : null };
        if (focused) queueMicrotask(() => entry?.tr.querySelector("button")?.focus());
      }
      entry.tr.classList.toggle("hovered", panel.hovered === row.id);
      next.set(row.id, entry);
      order.push(entry.tr);
      if (entry.detail) order.push(entry.detail);
    }
    made = next;
    if (order.length !== body.children.length || order.some((tr, i) => body.children[i] !== tr))
      body.replaceChildren(...order);
  }
  function count() {
    const { picture, selected } = panel;
    setText(told, selected ? `${plural(selected.size, "run")} of ${picture.rows.length.toLocaleString("en")} selected` : "");
    clear.hidden = invert.hidden = !selected;
    narrower.draw();
  }
  function mark() {
    for (const [id, { tr }] of made) tr.classList.toggle("hovered", panel.hovered === id);
  }
  function drawHead({ columns, metric }) {
    const key = JSON.stringify([columns, metric, panel.sort, hasWorkers]);
    if (key === shownHead) return;
    shownHead = key;
    const cells = [sortable("number", "run", true), sortable("state", "state")];
    for (const column of columns.slice(0, COLUMNS)) cells.push(sortable(`param:${column.name}`, column.name, column.numeric));
    if (metric) {
      cells.push(sortable("metric", `${metric.name} ${metric.goal === "maximize" ? "↑" : "↓"}`, true));
      cells.push(h("th", { scope: "col" }, "curve"));
    }
    cells.push(sortable("duration_s", "time", true));
    if (hasWorkers) cells.push(sortable("worker", "worker"));
    head.replaceChildren(h("tr", {}, cells));
  }
  function sortable(key, text, isRight = false) {
    const { sort } = panel;
    const on = sort.key === key;
    const th = h(
      "th",
      { scope: "col", class: isRight ? "right" : null, "aria-sort": on ? sort.direction > 0 ? "ascending" : "descending" : null },
      h("button", { type: "button", class: "sort", title: `Sort by ${text}`, onclick: () => {
        panel.sort = { key, direction: on ? -sort.direction : key === "number" ? -1 : firstDirection(key) };
        panel.changed();
        queueMicrotask(() => head.querySelector(`th:nth-child(${[...th.parentNode?.children ?? []].indexOf(th) + 1}) button`)?.focus());
      } }, text, h("span", { class: "arrow", "aria-hidden": true }, on ? sort.direction > 0 ? "▲" : "▼" : ""))
    );
    return th;
  }
  const firstDirection = (key) => key === "metric" && panel.picture.metric?.goal === "maximize" ? -1 : 1;
  function line(row, isBest, isOpen) {
    const { columns, metric } = panel.picture;
    const text = row.attempt ? `${row.number}.${row.attempt}` : `${row.number}`;
    const cells = [
      h("td", { class: "right" }, h("button", {
        type: "button",
        class: "expand",
        "aria-expanded": String(isOpen),
        title: row.name,
        "aria-label": `Run ${text}${isBest ? ", the best" : ""}: details`
      }, isBest ? `★ ${text}` : text)),
      h("td", { title: row.note || null }, h(
        "span",
        { class: "dot", "data-state": row.state, "aria-hidden": true },
        row.state === "pending" ? "○" : "●"
      ), " ", row.state, kill(row))
    ];
    columns.slice(0, COLUMNS).forEach((column, i) => cells.push(h("td", { class: column.numeric ? "right" : null }, row.texts[i])));
    const failed = row.note && (row.state === "failed" || row.state === "crashed");
    if (metric && failed) cells.push(h("td", { colspan: 2, class: "error", title: row.note }, row.note));
    else if (metric) cells.push(h("td", { class: "right metric" }, row.metric_text), h("td", {}, pictogram(row.curve)));
    cells.push(h("td", { class: "right" }, duration(row.duration_s).replace(/ /g, " ")));
    if (hasWorkers) cells.push(h("td", {}, row.worker));
    return h("tr", {
      class: isBest ? "best" : null,
      "data-run": row.id,
      onpointerenter: () => panel.hover(row.id),
      onpointerleave: () => panel.hover(null),
      onclick: (event) => {
        if (!event.target.closest("[data-action]")) panel.open(isOpen ? null : row.id);
      }
    }, cells);
  }
  function kill(row) {
    if (!row.active || !panel.controls.actions.includes("kill")) return null;
    return h("button", {
      type: "button",
      class: "kill",
      "data-action": "kill",
      title: `Stop run ${row.number} at its next log`,
      "aria-label": `Stop run ${row.number}`,
      onclick: () => panel.steer("kill", { run: row.id })
    }, "✕");
  }
  function detail(row) {
    const found = panel.details.get(row.id);
    const width = body.parentNode.querySelectorAll("thead th").length || 1;
    const parts = [];
    const facts = [row.name, row.worker].filter(Boolean).join(" · ");
    parts.push(h("div", { class: "muted" }, facts, retry(row)));
    if (row.note) parts.push(h("div", { class: row.state === "failed" || row.state === "crashed" ? "error" : "" }, row.note));
    if (!found) parts.push(h("div", { class: "muted" }, panel.canAsk ? "…" : ""));
    else {
      if (found.error) parts.push(h("pre", { tabindex: 0, "aria-label": "Traceback" }, found.error));
      if (found.console) parts.push(
        h("div", { class: "heading" }, "Console"),
        h("pre", { class: "console", tabindex: 0, "aria-label": "Console" }, found.console)
      );
      parts.push(h(
        "div",
        { class: "lists" },
        pairs("Metrics", found.metrics),
        pairs("Parts", found.parts),
        pairs("Config", found.config),
        pairs("Why this point", origin(found.origin))
      ));
    }
    return h("tr", { class: "detail" }, h("td", { colspan: width }, parts));
  }
  function retry(row) {
    if (row.active || !panel.controls.actions.includes("retry")) return null;
    return h("button", {
      type: "button",
      class: "link",
      "data-action": "retry",
      title: "Hand these parameters out once more",
      onclick: () => panel.steer("retry", { run: row.id })
    }, "retry");
  }
  return { element, draw, mark, count, receive: narrower.receive };
}
function pairs(title, list) {
  if (!list?.length) return null;
  return h(
    "div",
    {},
    h("div", { class: "heading" }, title),
    h("dl", {}, list.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]))
  );
}
var origin = (list) => list?.map(([name, text]) => [ORIGIN[name] ?? name, text]);
function pictogram(values) {
  if (values.length < 2) return null;
  const { width, height } = PICTOGRAM;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (value) => high > low ? height - 2 - (value / 2 - low / 2) / (high / 2 - low / 2) * (height - 4) : height / 2;
  const d = values.map((value, i) => `${i ? "L" : "M"}${(i * width / (values.length - 1)).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return h("svg:svg", { width, height, class: "pictogram", "aria-hidden": true }, h("svg:path", { d }));
}

// src/panel.css
var panel_default = ':host { display: block; }\n.panel {\n  --fg: var(--jp-ui-font-color1, #1f2328);\n  --muted: var(--jp-ui-font-color2, #5c636b);\n  --bg: var(--jp-layout-color0, #fff);\n  --rule: rgba(128, 128, 128, .26);\n  --soft: rgba(128, 128, 128, .1);\n  --accent: #2469b3;\n  --green: #2e9d62;\n  --orange: #a15c00;\n  --red: #c2410c;\n  --blue: #2f7fd6;\n  --grey: #8a8a8a;\n  container-type: inline-size;\n  max-width: 1180px;\n  padding: 2px 0 4px;\n  color: var(--fg);\n  font: 13px/1.5 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);\n  font-variant-numeric: tabular-nums;\n}\n.panel[data-theme="dark"] {\n  --fg: var(--jp-ui-font-color1, #e6e6e6);\n  --muted: var(--jp-ui-font-color2, #a8adb3);\n  --bg: var(--jp-layout-color0, #1b1b1b);\n  --accent: #7cb7ff;\n  --green: #4cc38a;\n  --orange: #f0a742;\n  --red: #ff8a65;\n  --blue: #6cb0ff;\n}\n[hidden] { display: none !important; }\n.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }\n.muted { color: var(--muted); }\n.small { font-size: 12px; }\n.error { color: var(--red); font-size: 12px; }\nb, .strong { font-weight: 600; }\n\n.title { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; justify-content: space-between; }\n.what { overflow-wrap: anywhere; }\n.name { font-size: 14px; margin-right: 4px; }\n.dot { color: var(--grey); }\n.dot[data-word="running"], .dot[data-word="finishing"], .dot[data-state="running"], .dot[data-state="pending"], .dot[data-state="preempting"] { color: var(--blue); }\n.dot[data-word="finished"], .dot[data-word="done"], .dot[data-state="finished"] { color: var(--green); }\n.dot[data-word="paused"], .dot[data-state="stopped"] { color: var(--orange); }\n.dot[data-word="canceled"], .dot[data-word="failed"], .dot[data-word="crashed"], .dot[data-state="failed"], .dot[data-state="crashed"] { color: var(--red); }\n.bar { display: flex; height: 6px; margin: 6px 0 5px; overflow: hidden; border-radius: 3px; background: var(--rule); }\n.bar span { transition: width .25s; }\n.bar [data-state="finished"] { background: var(--green); }\n.bar [data-state="stopped"] { background: var(--orange); }\n.bar [data-state="killed"] { background: var(--grey); }\n.bar [data-state="failed"] { background: var(--red); }\n.bar [data-state="running"] { background: var(--blue); }\n.best-run { display: flex; flex-wrap: wrap; gap: 0 12px; min-height: 20px; }\n.note { color: var(--orange); }\n\nbutton {\n  font: inherit; font-size: 12px; line-height: 18px; color: var(--fg); background: transparent;\n  border: 1px solid var(--rule); border-radius: 4px; padding: 1px 9px; cursor: pointer;\n}\nbutton:hover { background: var(--soft); }\nbutton[data-waiting] { opacity: .55; }\nbutton:focus-visible, input:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }\nbutton.link { border: 0; padding: 0 2px; color: var(--accent); }\nbutton.link:hover { background: none; text-decoration: underline; }\n.steering { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }\n.more { display: inline-flex; gap: 0; }\n.more input { width: 46px; border-radius: 4px 0 0 4px; border-right: 0; }\n.more button { border-radius: 0 4px 4px 0; }\ninput {\n  font: inherit; font-size: 12px; line-height: 18px; color: var(--fg); background: var(--bg);\n  border: 1px solid var(--rule); border-radius: 4px; padding: 1px 6px; box-sizing: border-box;\n}\ninput::placeholder { color: var(--muted); opacity: 1; }\n\n.charts, .middle { display: grid; gap: 4px 18px; grid-template-columns: minmax(0, 1fr); margin-top: 10px; }\nfigure { margin: 0; min-width: 0; }\nfigcaption, .heading { font-weight: 600; }\nfigcaption .muted,\n.heading .muted { font-weight: 400; }\n.chart { position: relative; overflow: hidden; }\n.chart canvas, .chart svg { position: absolute; left: 0; top: 0; display: block; }\n.chart svg { overflow: visible; }\ntext { fill: var(--muted); font-size: 11px; font-family: inherit; }\n.grid { stroke: var(--rule); stroke-width: .6; }\n.base, .rule { stroke: var(--grey); stroke-width: 1; }\n.title { fill: var(--fg); }\ntext.title { font-size: 12px; cursor: ew-resize; }\n.tick { paint-order: stroke; stroke: var(--bg); stroke-width: 3px; stroke-linejoin: round; pointer-events: none; }\n.grab { fill: transparent; cursor: crosshair; touch-action: none; }\n.brush { fill: var(--accent); fill-opacity: .38; stroke: var(--accent); pointer-events: none; }\ng[data-axis]:focus-visible { outline: none; }\ng[data-axis]:focus-visible .grab { stroke: var(--accent); stroke-width: 1.5; }\n.tip {\n  position: absolute; pointer-events: none; white-space: nowrap; padding: 0 6px; border-radius: 3px; font-size: 12px;\n  background: var(--bg); border: 1px solid var(--rule); color: var(--fg);\n}\n\n.verdict { margin: 2px 0 6px; }\ntable { border-collapse: collapse; font-size: 12px; white-space: nowrap; }\n.importance { width: 100%; table-layout: fixed; }\n.importance th { text-align: left; font-weight: 400; overflow: hidden; text-overflow: ellipsis; padding: 2px 8px 2px 0; }\n.importance thead th { color: var(--muted); }\n.importance th:first-child { width: 32%; }\n.importance td { padding: 2px 8px 2px 0; }\n.importance[data-unranked] .fill { opacity: .4; }\n.share { display: flex; flex-direction: column; gap: 1px; }\n.share .figure { font-size: 11px; color: var(--muted); line-height: 13px; }\n.track { position: relative; height: 8px; background: var(--soft); border-radius: 1px; }\n.track.middle::after { content: ""; position: absolute; left: 50%; top: -2px; bottom: -2px; width: 1px; background: var(--grey); }\n.fill { position: absolute; top: 0; bottom: 0; left: 0; background: #2c7fb8; border-radius: 1px; }\n.fill.minus { background: #d08a2e; }\n.whisker { position: absolute; top: 3px; height: 2px; background: var(--fg); opacity: .65; }\n\nselect { font: inherit; font-size: 12px; line-height: 18px; color: var(--fg); background: var(--bg); border: 1px solid var(--rule); border-radius: 4px; max-width: 130px; }\nselect:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }\nsummary { cursor: pointer; }\n.menu { position: relative; }\n.menu summary { border: 1px solid var(--rule); border-radius: 4px; padding: 0 8px; }\n.sheet { position: absolute; z-index: 3; left: 0; top: 24px; max-height: 300px; overflow: auto; padding: 6px 10px; background: var(--bg); border: 1px solid var(--grey); border-radius: 4px; box-shadow: 0 2px 8px rgba(0, 0, 0, .25); }\n.sheet th { text-align: left; font-weight: 400; color: var(--muted); }\n.sheet td { padding: 1px 8px 1px 0; }\n.sheet button { padding: 0 6px; }\n.sheet button[aria-pressed="true"] { background: var(--rule); }\n.legend { display: inline-flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; }\n.ramp { display: inline-block; width: 70px; height: 9px; border-radius: 2px; }\n.swatch i { display: inline-block; width: 10px; height: 10px; margin-right: 4px; border-radius: 2px; }\ng.lit .rule { stroke: var(--accent); stroke-width: 2; }\n.importance tr.hovered { background: var(--soft); }\n.importance tbody tr { cursor: default; }\n.step { fill: none; stroke: var(--accent); stroke-width: 2; }\n.twin { font-size: 12px; }\n.twin summary { color: var(--muted); width: max-content; }\n.twin .scroll { max-height: 180px; }\n.twin td, .twin th { padding: 1px 9px 1px 0; text-align: left; font-weight: 400; }\n.twin th { color: var(--muted); }\n.workers { margin-top: 8px; }\n.lanes rect { fill: var(--grey); cursor: pointer; }\n.lanes [data-state="finished"] { fill: var(--green); }\n.lanes [data-state="stopped"] { fill: var(--orange); }\n.lanes [data-state="failed"], .lanes [data-state="crashed"] { fill: var(--red); }\n.lanes [data-state="running"], .lanes [data-state="pending"] { fill: var(--blue); }\n.lanes .out { opacity: .25; }\n.lanes .lit { stroke: var(--fg); stroke-width: 1.5; }\n.edit, .child { margin: 6px 0; padding: 8px 10px; border: 1px solid var(--rule); border-radius: 4px; }\n.fields { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 4px 0 8px; max-height: 220px; overflow: auto; }\nfieldset { border: 0; padding: 0; margin: 0; min-width: 0; }\nlegend { color: var(--muted); font-size: 12px; padding: 0; }\n.edit input[type="number"] { width: 96px; }\n.edit label { margin-right: 8px; }\n.outlook ul { margin: 2px 0 4px; padding-left: 20px; }\n.outlook[data-bare] summary { list-style: none; cursor: default; }\npre { font-family: var(--jp-code-font-family, ui-monospace, monospace); }\n.child pre { margin: 4px 0; padding: 6px 8px; max-height: 240px; overflow: auto; font-size: 11px; border: 1px solid var(--rule); border-radius: 3px; }\n.child pre.plain { border: 0; padding: 0; font: inherit; white-space: pre-wrap; }\n\n.runs { margin-top: 8px; }\n.tools, .options { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; margin-bottom: 4px; }\n.tools input[type="search"] { width: 250px; }\n.scroll { overflow: auto; max-height: 330px; }\n.runs table { border-spacing: 0; }\n.runs th, .runs td { padding: 2px 9px; text-align: left; font-weight: 400; }\n.runs th.right, .runs td.right { text-align: right; }\n.runs thead th { font-weight: 600; position: sticky; top: 0; z-index: 1; background: var(--bg); box-shadow: inset 0 -1px var(--rule); padding: 0 4px; }\n.sort { border: 0; padding: 1px 5px; font-weight: 600; }\n.arrow { font-size: 8px; margin-left: 3px; }\n.runs tbody tr { cursor: pointer; }\n.runs tbody td { border-top: 1px solid var(--soft); }\n.runs tbody tr:hover, .runs tbody tr.hovered { background: var(--soft); }\n.runs tr.best { background: rgba(46, 157, 98, .13); }\n.runs tr.best td { font-weight: 600; }\n.expand { border: 0; padding: 0 2px; font-weight: inherit; }\n.runs td.error { max-width: 260px; overflow: hidden; text-overflow: ellipsis; }\n.kill { border: 0; padding: 0 5px; margin-left: 4px; line-height: 14px; color: var(--red); }\n.pictogram { display: block; }\n.pictogram path { fill: none; stroke: var(--muted); stroke-width: 1.2; }\n.detail, .runs tbody tr.detail:hover { cursor: default; background: var(--soft); }\n.detail td { white-space: normal; }\n.detail pre { max-height: 220px; overflow: auto; margin: 4px 0; padding: 6px 8px; background: var(--bg); font-size: 11px; line-height: 1.45; border: 1px solid var(--rule); border-radius: 3px; }\n.lists { display: flex; flex-wrap: wrap; gap: 4px 36px; padding: 4px 0; }\ndl { display: grid; grid-template-columns: auto auto; gap: 0 12px; margin: 0; }\ndt { color: var(--muted); }\ndd { margin: 0; overflow-wrap: anywhere; }\n\n@container (min-width: 640px) {\n  .charts { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }\n}\n@container (min-width: 740px) {\n  .middle { grid-template-columns: minmax(0, 1fr) 280px; }\n}\n@media (prefers-reduced-motion: reduce) {\n  * { transition: none !important; }\n}\n@media print {\n  .steering, .tools, .options { display: none; }\n  .scroll { max-height: none; overflow: visible; }\n}\n';

// src/panel.js
var WAIT_MS2 = 4e3;
var ORDER = ["mark", "brush", "draw"];
var SPOKEN_MS = 1e4;
function mount(host, options) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  host.setAttribute("data-lm-suppress-shortcuts", "true");
  const live = h("div", { class: "sr", role: "status", "aria-live": "polite" });
  const trouble = h("div", { class: "error", role: "alert" });
  const waitText = h("div", { class: "muted" }, "Waiting for the kernel…");
  const frame = h("div", { class: "panel" }, waitText);
  const style = h("style");
  style.textContent = panel_default;
  root.replaceChildren(style, frame, live, trouble);
  const panel = {
    root,
    picture: options.picture ?? null,
    controls: options.controls ?? { actions: [], bridge: "" },
    details: new Map(Object.entries(options.details ?? {})),
    byId: /* @__PURE__ */ new Map(),
    brushes: { ranges: options.brushes?.ranges ?? {}, invert: !!options.brushes?.invert },
    view: newView(options.brushes?.view),
    /** @type {Set<string>|null} */
    selected: null,
    /** @type {Set<string>|null} */
    chosen: null,
    // by Python, until the next brush
    /** @type {string|null} */
    hovered: null,
    /** @type {string|null} */
    parameter: null,
    // that the pointer is on
    /** @type {string|null} */
    opened: null,
    query: "",
    sort: { key: "number", direction: -1 },
    waiting: /* @__PURE__ */ new Set(),
    canAsk: !!options.send,
    colours: colours(false),
    isDark: false,
    send: (message) => options.send?.(message),
    isOut: (id) => panel.selected !== null && !panel.selected.has(id),
    hover(id) {
      if (id === panel.hovered) return;
      panel.hovered = id;
      schedule("mark");
    },
    /** @param {string|null} name */
    hoverParameter(name) {
      if (name === panel.parameter) return;
      panel.parameter = name;
      schedule("mark");
    },
    /** Look at the axes in another way. @param {any} change  some keys of a View */
    look(change) {
      panel.view = { ...panel.view, ...change };
      tell();
      schedule("draw");
    },
    open(id) {
      panel.opened = id;
      if (id && !panel.details.get(id)) options.send?.({ kind: "detail", run: id });
      schedule("draw");
    },
    brush(brushes, isFinal) {
      panel.brushes = brushes;
      panel.chosen = null;
      schedule(isFinal ? "draw" : "brush");
      if (!isFinal) return;
      select();
      tell();
    },
    clear: () => panel.brush({ ranges: {}, invert: false }, true),
    invert() {
      if (hasBrush(panel.brushes)) panel.brush({ ...panel.brushes, invert: !panel.brushes.invert }, true);
    },
    steer(action, more = {}) {
      if (!options.send) return;
      const key = action === "kill" || action === "retry" ? `${action}:${more.run}` : action;
      panel.waiting.add(key);
      setTimeout(() => {
        panel.waiting.delete(key);
        schedule("draw");
      }, WAIT_MS2);
      options.send({ kind: "steer", action, ...more });
      panel.say("asked");
      schedule("draw");
    },
    changed: () => schedule("draw"),
    say(text) {
      live.textContent = text;
    }
  };
  const parts = [header(panel), charts(panel), parallel(panel), importance(panel), lanes(panel), table(panel)];
  const [head, curves, lines, side, workers, runs] = (
    /** @type {any[]} */
    parts
  );
  const body = [
    head.element,
    curves.element,
    h("div", { class: "middle" }, lines.element, side.element),
    workers.element,
    runs.element
  ];
  let pending = null;
  let isClosed = false;
  function schedule(what) {
    pending = ORDER[Math.max(ORDER.indexOf(what), ORDER.indexOf(pending))];
    if (schedule.frame) return;
    schedule.frame = requestAnimationFrame(() => {
      schedule.frame = 0;
      const now = pending;
      pending = null;
      if (isClosed || !panel.picture) return;
      if (now === "draw") draw();
      else if (now === "brush") {
        select();
        lines.draw();
        runs.count();
      } else {
        curves.draw();
        lines.mark();
        side.mark();
        workers.mark();
        runs.mark();
      }
    });
  }
  schedule.frame = 0;
  function tell() {
    told = panel.selected ? [...panel.selected] : [];
    options.onSelect?.(told, { ...panel.brushes, view: panel.view });
  }
  let told = null;
  function select() {
    const { picture } = panel;
    panel.selected = hasBrush(panel.brushes) ? brushed(picture.rows, picture.axes, panel.brushes, lines.positions) : panel.chosen;
  }
  function draw() {
    if (waitText.isConnected) frame.replaceChildren(...body);
    width = host.clientWidth;
    panel.byId = new Map(panel.picture.rows.map((row) => [row.id, row]));
    select();
    if (hasBrush(panel.brushes) && told && !sameIds(told, panel.selected)) tell();
    else told ?? (told = panel.selected ? [...panel.selected] : []);
    for (const part of parts) part.draw();
    speak();
  }
  let spoken = "";
  let spokenAt = 0;
  function speak() {
    const { progress, best, metric, sweep } = panel.picture;
    const text = `${sweep.word}: ${progress.done} of ${progress.total ?? "?"} runs done` + (best && metric ? `, best ${metric.name} ${best.text}` : "");
    const isNew = text !== spoken && (Date.now() - spokenAt > SPOKEN_MS || !panel.picture.live);
    if (!isNew) return;
    [spoken, spokenAt] = [text, Date.now()];
    panel.say(text);
  }
  function retheme() {
    const dark = isDark(host);
    if (frame.getAttribute("data-theme") === (dark ? "dark" : "light")) return;
    frame.setAttribute("data-theme", dark ? "dark" : "light");
    panel.colours = colours(dark);
    panel.isDark = dark;
    schedule("draw");
  }
  const themes = new MutationObserver(retheme);
  for (const node of [document.documentElement, document.body])
    themes.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light", "data-theme", "theme"] });
  const preferred = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  preferred?.addEventListener?.("change", retheme);
  let width = 0;
  const sizes = globalThis.ResizeObserver && new ResizeObserver(() => {
    retheme();
    if (Math.abs(host.clientWidth - width) < 1) return;
    width = host.clientWidth;
    schedule("draw");
  });
  sizes?.observe(host);
  retheme();
  schedule("draw");
  return {
    panel,
    setPicture(picture) {
      panel.picture = picture;
      schedule("draw");
    },
    /** Whether it followed the picture that is shown. */
    applyDelta(delta) {
      const next = applyDelta(panel.picture, delta);
      if (!next) return false;
      for (const { id, state } of delta.rows) if (state) panel.details.delete(id);
      panel.picture = next;
      if (panel.opened && !panel.details.get(panel.opened)) options.send?.({ kind: "detail", run: panel.opened });
      schedule("draw");
      return true;
    },
    setControls(controls) {
      panel.controls = controls;
      schedule("draw");
    },
    setDetail(id, detail) {
      panel.details.set(id, { ...detail, seq: `${Date.now()}${panel.details.size}` });
      schedule("draw");
    },
    /** Runs chosen in Python. @param {string[]} ids */
    choose(ids) {
      if (sameIds(ids, panel.selected)) return;
      panel.brushes = { ranges: {}, invert: false };
      panel.chosen = ids.length ? new Set(ids) : null;
      schedule("draw");
      panel.say(`${plural(ids.length, "run")} selected`);
    },
    setAnalysis: (message) => side.receive(message),
    setSpace: (specs) => head.openEdit(specs),
    answer(message) {
      const { action, run, ok, text } = message;
      if (action === "narrow") runs.receive(message);
      if (action === "edit") head.receive(message);
      panel.waiting.delete(run ? `${action}:${run}` : action);
      trouble.textContent = ok ? "" : text;
      if (ok && text) panel.say(text);
      schedule("draw");
    },
    close() {
      isClosed = true;
      themes.disconnect();
      sizes?.disconnect();
      preferred?.removeEventListener?.("change", retheme);
    }
  };
}
var sameIds = (ids, selected) => ids.length === (selected?.size ?? 0) && ids.every((id) => selected?.has(id));
function colours(dark) {
  return dark ? { ramp: ramp(true), line: "#c9c9c9", faint: "#8a8a8a", active: "#6cb0ff", bad: "#e08a64", hover: "#ffb454", halo: "rgba(17,17,17,.8)" } : { ramp: ramp(false), line: "#4a4a4a", faint: "#9a9a9a", active: "#2f7fd6", bad: "#d9480f", hover: "#e8590c", halo: "rgba(255,255,255,.85)" };
}

// src/widget.js
var ASK_AGAIN_MS = 2e3;
function render({ model, el }) {
  const host = document.createElement("div");
  el.append(host);
  const snap = model.get("snap");
  let asked = 0;
  const view = mount(host, {
    picture: snap && snap.rows ? snap : null,
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
  function receive(message, buffers) {
    if (message.kind === "picture")
      view.setPicture(message.rows ? { ...message.picture, rows: unpack(message.rows, buffers[0]) } : message.picture);
    else if (message.kind === "delta") {
      if (view.panel.picture && message.seq <= view.panel.picture.seq) return;
      if (!view.applyDelta(message)) resync("resync");
    } else if (message.kind === "detail") view.setDetail(message.run, message.detail);
    else if (message.kind === "analysis") view.setAnalysis(message);
    else if (message.kind === "space") view.setSpace(message.specs);
    else if (message.kind === "answer") view.answer(message);
  }
  const onControls = () => view.setControls(model.get("controls"));
  const onSelected = () => view.choose(model.get("selected_ids"));
  model.on("msg:custom", receive);
  model.on("change:controls", onControls);
  model.on("change:selected_ids", onSelected);
  resync("ready");
  return () => {
    model.off("msg:custom", receive);
    model.off("change:controls", onControls);
    model.off("change:selected_ids", onSelected);
    view.close();
  };
}
var widget_default = { render };
export {
  widget_default as default
};
