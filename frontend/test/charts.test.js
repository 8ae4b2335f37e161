import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "../src/panel.js";
import { shownRange, steadyLog } from "../src/shown_range.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const WIDTH = 500;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(WIDTH);
});
afterEach(() => vi.restoreAllMocks());

const [BEST, CURVES] = ["Metric of each run", "Learning curves"];
const plot = (name) => all(`.chart.plot[aria-label^="${name}"]`)[0];
const texts = (k) => [...plot(k).querySelectorAll(".axes text")].map((text) => text.textContent);
const tip = (k) => { const element = plot(k).querySelector(".tip"); return element.hidden ? "" : element.textContent; };
const arrows = (k) => [...plot(k).querySelectorAll(".off")].map((one) => [one.dataset.off, one.querySelector("title").textContent]);
const choice = (k, key) => plot(k).closest("figure").querySelector(`select[data-choice=${key}]`);
const offered = (select) => [...select.options].map((option) => option.text);
const scaleButton = (k) => plot(k).closest("figure").querySelector("button.toggle");
const resetLink = (k) => [...plot(k).closest("figure").querySelectorAll("button.link")].find((one) => one.textContent === "reset zoom");

function pointer(target, kind, x, y, options = {}) {
  const event = new MouseEvent(kind, { clientX: x, clientY: y, bubbles: true, ...options });
  Object.assign(event, { pointerId: 1, isPrimary: true, pointerType: "mouse", ...options.pointer });
  target.dispatchEvent(event);
}
function drag(k, from, to) {
  pointer(plot(k), "pointerdown", ...from);
  pointer(window, "pointermove", (from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
  pointer(window, "pointermove", ...to);
  pointer(window, "pointerup", ...to);
  pointer(plot(k), "click", ...to);
}
const press = (k, key) => plot(k).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
async function choose(select, value) {
  select.value = value;
  select.dispatchEvent(new Event("change"));
  await frames();
}

/** Runs whose loss falls from about 1; the k-th ends at 0.1 k. */
const falling = (n, fields = () => ({})) => Array.from({ length: n }, (_, k) => row(k + 1, {
  metric: 0.1 * (k + 1), metric_text: `${0.1 * (k + 1)}`, curve: [1 + 0.1 * k, 0.5 + 0.1 * k, 0.1 * (k + 1)], span: [0, 20], ...fields(k) }));
const axes = (low = 0, high = 1) => picture().axes.map((axis) => (axis.is_metric ? { ...axis, low, high, poor: high } : axis));

async function shown(rows = falling(4), fields = {}, options = {}) {
  const view = mount(host, { picture: picture(rows, { axes: axes(), ...fields }), ...options });
  await frames();
  return view;
}

// ---------------------------------------------------------------- scales

const random = (seed) => () => { // mulberry32
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** How often the scale changes while runs come one by one, with the values of each as they are logged. */
function flips(seed, decades) { // after the eighth run
  const [next, byData] = [random(seed), steadyLog()];
  const curves = [];
  const seen = [];
  for (let k = 0; k < 60; k++) {
    const [low, speed] = [10 ** (-decades * next()), 1 + 5 * next()];
    const whole = Array.from({ length: 20 }, (_, i) => low + (i ? 1 : 30) * Math.exp(-i / speed));
    for (const end of [1, 5, 20]) seen.push(byData("loss", [...curves, whole.slice(0, end)]));
    curves.push(whole);
    if (next() < 0.05) curves.push([1, 1e4, 1e9]);
  }
  return seen.filter((isLog, i) => i > 24 && isLog !== seen[i - 1]).length;
}

test.each([0.3, 0.8, 1.2, 1.6, 2, 3, 5])("the scale of a sweep whose ends span %s decades does not waver as it grows", (decades) => {
  const counts = Array.from({ length: 40 }, (_, seed) => flips(seed, decades));
  expect(Math.max(...counts)).toBeLessThanOrEqual(1);
  expect(counts.filter(Boolean).length).toBeLessThanOrEqual(4); // of 40: those that began with runs unlike the rest
});

test("a few diverged runs do not make an axis logarithmic", () => {
  const usual = Array.from({ length: 30 }, (_, k) => Array.from({ length: 20 }, (_, i) => 0.1 + k / 100 + Math.exp(-i / 5)));
  const lost = Array.from({ length: 5 }, (_, k) => [1, 0.5, 10 ** (3 + k), 10 ** (6 + k)]);
  const starts = usual.map((values) => [60, ...values]);
  for (const curves of [[...usual, ...lost], [...lost, ...usual], [...starts, ...lost]]) expect(steadyLog()("loss", curves)).toBe(false);
});

test("the scale follows the data, and is decided anew for another metric", () => {
  const byData = steadyLog();
  const wide = Array.from({ length: 8 }, (_, k) => Array.from({ length: 20 }, (_, i) => 10 ** (-i / 5) * (1 + k / 10)));
  const narrow = wide.map((values) => values.map((value) => 2 + value));
  expect([byData("loss", wide), byData("other", narrow), byData("loss", wide)]).toEqual([true, false, true]);
  expect(steadyLog()("loss", [[1], [2]])).toBe(false);
  expect(steadyLog()("loss", [])).toBe(false);
});

test("a value of 0 keeps an axis linear, and does not turn it over once it is logarithmic", () => {
  const wide = Array.from({ length: 8 }, (_, k) => Array.from({ length: 20 }, (_, i) => 10 ** (-i / 5) * (1 + k / 10)));
  const zero = [...wide.slice(1), [1, 0.1, 0]];
  expect(steadyLog()("loss", zero)).toBe(false);
  const byData = steadyLog();
  byData("loss", wide);
  expect(byData("loss", [...wide, ...zero])).toBe(true);
  expect(byData("loss", [...wide, ...zero, ...Array.from({ length: 20 }, () => [0, -1, 0, -2, 0])])).toBe(false);
});

test("a loss at initialisation does not flatten what follows, whichever way is good", () => {
  const curves = Array.from({ length: 6 }, (_, k) => [100 + k, ...Array.from({ length: 9 }, (_, i) => 1 + k / 10 - i / 10)]);
  const [low, high] = shownRange(curves, false, false);
  expect([low, high]).toEqual([1 - 0.8, 1.5].map((value) => expect.closeTo(value, 6)));
  const up = curves.map((values) => values.map((value) => -value));
  expect(shownRange(up, true, false)[0]).toBeCloseTo(-1.5, 6);
  // What is near stays, and so does a start that few have.
  const near = curves.map(([, ...values]) => [2.5, ...values]);
  expect(shownRange(near, false, false)[1]).toBe(2.5);
});

test("a value in fifty is only left out where that gives the others room", () => {
  const curves = Array.from({ length: 10 }, (_, k) => Array.from({ length: 20 }, (_, i) => 0.1 + Math.exp(-i / 4) * (1 + k / 50)));
  expect(shownRange(curves, false, false)[1]).toBe(Math.max(...curves.flat()));
});

// ---------------------------------------------------------------- log

test("the button changes the scale, which is kept and told; the data's own choice is none", async () => {
  const told = vi.fn();
  const view = await shown(falling(4), {}, { onSelect: told });
  const button = scaleButton(CURVES);
  expect(button.getAttribute("aria-pressed")).toBe("false");
  button.click();
  await frames();
  expect(told.mock.lastCall[1].view.charts).toEqual({ curves: { log: true } });
  expect([button.getAttribute("aria-pressed"), scaleButton(BEST).getAttribute("aria-pressed")]).toEqual(["true", "false"]);
  expect(texts(CURVES)).toContain("0.2"); // 1, 2, 5
  button.click();
  await frames();
  expect(told.mock.lastCall[1].view.charts.curves.log).toBeUndefined();
  view.close();
});

test("what a page kept is drawn so again", async () => {
  const view = await shown(falling(4), {}, { brushes: { view: { charts: { curves: { log: true }, best: { x: "_runtime" } } } } });
  expect(scaleButton(CURVES).getAttribute("aria-pressed")).toBe("true");
  expect(choice(BEST, "x").value).toBe("_runtime");
  view.close();
});

test("on a logarithmic axis values that it cannot show lie below it", async () => {
  const rows = falling(4, (k) => (k === 2 ? { curve: [1, 0.5, 0] } : {}));
  const view = await shown(rows, {}, { brushes: { view: { charts: { curves: { log: true } } } } });
  expect(arrows(CURVES)).toEqual([["down", "run 3 · step 20 · loss 0"]]);
  expect(texts(CURVES)).toContain("1 run beyond the scale");
  view.close();
});

test("without a value above 0 there is no logarithmic axis to choose", async () => {
  const view = await shown(falling(3, (k) => ({ curve: [-1, -2, -3 - k], metric: -3 - k })), { axes: axes(-6, 0), best: null },
    { brushes: { view: { charts: { curves: { log: true } } } } });
  expect([scaleButton(CURVES).hidden, scaleButton(BEST).hidden]).toEqual([true, true]);
  expect(texts(CURVES)).toContain("-4");
  view.close();
});

// ---------------------------------------------------------------- the pointer

const labelAt = (k, text) => {
  const label = [...plot(k).querySelectorAll(".axes text")].find((one) => one.textContent === text);
  return label && Number(label.getAttribute(label.getAttribute("text-anchor") === "end" ? "y" : "x"));
};

/** Where a value lies, by the labels of a linear axis. */
function placeOf(k, value, side) {
  const labels = [...plot(k).querySelectorAll(".axes text")].filter((one) => one.getAttribute("dy") ? side === "y" : side === "x" && one.getAttribute("text-anchor") === "middle");
  const [a, b] = [labels[0], labels[labels.length - 1]].map((one) => [Number(one.textContent), Number(one.getAttribute(side))]);
  return a[1] + ((b[1] - a[1]) * (value - a[0])) / (b[0] - a[0]);
}
const at = (k, x, y) => [placeOf(k, x, "x"), placeOf(k, y, "y")];

test("the pointer reads the value of the nearest point off", async () => {
  const view = await shown();
  const [x, y] = at(CURVES, 20, 0.4);
  pointer(plot(CURVES), "pointermove", x - 5, y - 4);
  await frames();
  expect(tip(CURVES)).toBe("run 4 · step 20 · loss 0.4");
  expect(tip(BEST)).toBe("run 4 · loss 0.4"); // linked, and no record
  expect(view.panel.hovered).toBe("run4");
  pointer(plot(CURVES), "pointerleave", 0, 0);
  await frames();
  expect([tip(CURVES), tip(BEST)]).toEqual(["", ""]);
  pointer(plot(BEST), "pointermove", ...at(BEST, 1, 0.1));
  await frames();
  expect(tip(BEST)).toBe("run 1 · loss 0.1 · the best so far");
  view.close();
});

test("between two points a line still means its run", async () => {
  const view = await shown(falling(1));
  pointer(plot(CURVES), "pointermove", ...at(CURVES, 4, 0.8));
  await frames();
  expect(tip(CURVES)).toBe("run 1 · step 0 · loss 1");
  pointer(plot(CURVES), "pointermove", ...at(CURVES, 4, 0.3));
  await frames();
  expect(tip(CURVES)).toBe("");
  view.close();
});

test("a run that is hovered elsewhere has its last value at its curve's end", async () => {
  const view = await shown();
  view.panel.hover("run2");
  await frames();
  expect([tip(CURVES), tip(BEST)]).toEqual(["run 2 · step 20 · loss 0.2", "run 2 · loss 0.2"]);
  view.close();
});

test("digits tell values apart that differ in the fifth place", async () => {
  const rows = falling(3, (k) => ({ curve: [0.99990 + k * 1e-5, 0.99995 + k * 1e-5], metric: 0.99995 + k * 1e-5 }));
  const view = await shown(rows, { axes: axes(0.9999, 1), best: null });
  view.panel.hover("run2");
  await frames();
  expect(tip(CURVES)).toBe("run 2 · step 20 · loss 0.99996");
  expect(tip(BEST)).toBe("run 2 · loss 0.99996");
  view.close();
});

test("hovering redraws neither axes nor curves", async () => {
  const view = await shown();
  const before = [BEST, CURVES].map((k) => plot(k).querySelector(".axes").firstChild);
  view.panel.hover("run2");
  await frames();
  expect([BEST, CURVES].map((k, i) => plot(k).querySelector(".axes").firstChild === before[i])).toEqual([true, true]);
  view.close();
});

test("a click on a curve, a point or an arrow opens the run; on nothing it opens none", async () => {
  const rows = [...falling(8), row(9, { metric: 1e6, metric_text: "1e6", curve: [1, 2, 1e6], span: [0, 20] })];
  const view = await shown(rows);
  const click = async (k, x, y) => {
    pointer(plot(k), "pointermove", x, y);
    pointer(plot(k), "pointerdown", x, y);
    pointer(window, "pointerup", x, y);
    pointer(plot(k), "click", x, y);
    await frames();
    const { opened } = view.panel;
    view.panel.open(null);
    await frames();
    return opened;
  };
  expect(arrows(BEST)).toEqual([["up", "run 9 · loss 1e6"]]);
  expect(arrows(CURVES).map(([way]) => way)).toEqual(["up"]);
  const right = WIDTH - 14;
  expect(await click(BEST, right, 10)).toBe("run9");
  expect(await click(CURVES, right, 10)).toBe("run9");
  expect(await click(CURVES, ...at(CURVES, 20, 0.4))).toBe("run4");
  expect(await click(CURVES, ...at(CURVES, 19, 0.4))).toBe("run4");
  expect(await click(CURVES, ...at(CURVES, 5, 0.2))).toBe(null);
  view.close();
});

test("a best value that is beyond the axis of a moment ago is on the scale all the same", async () => {
  const view = await shown([...falling(4), row(5, { metric: -3, metric_text: "-3" })]);
  view.panel.hover("run5");
  await frames();
  expect([arrows(BEST), tip(BEST)]).toEqual([[], "run 5 · loss -3 · the best so far"]);
  view.close();
});

test("arrows that are near each other are one, with their number", async () => {
  const rows = [...falling(20), ...[21, 22, 23].map((n) => row(n, { metric: -1e5 * n, curve: [1, 0.5, -1e5 * n], span: [0, 20], counts: true }))];
  const view = await shown(rows, { best: null });
  const found = arrows(CURVES);
  expect(found).toEqual([["down", "3 runs beyond the scale"]]);
  expect(plot(CURVES).querySelector(".off text").textContent).toBe("3");
  view.close();
});

test("a run whose metric is no longer a number has a mark where it ended, in both charts", async () => {
  const rows = [...falling(4), row(5, { diverged: true, metric: null, metric_text: "nan", curve: [1, 0.6], span: [0, 10] })];
  const view = await shown(rows);
  const marks = (k) => [...plot(k).querySelectorAll(".lost title")].map((one) => one.textContent);
  expect([marks(BEST), marks(CURVES)]).toEqual([["run 5: not a number"], ["run 5: not a number from here on"]]);
  view.panel.hover("run5");
  await frames();
  expect([tip(BEST), tip(CURVES)]).toEqual(["run 5 · loss nan", "run 5 · step 10 · loss 0.6 · then not a number"]);
  expect(texts(BEST).join()).not.toContain("beyond"); // it has no value that could be
  view.close();
});

// ---------------------------------------------------------------- zoom

const steps = () => texts(CURVES).filter((text) => /^[\d.,]+$/.test(text));

test("a rectangle zooms, new data leaves it, a double click shows all again", async () => {
  const view = await shown();
  const before = texts(CURVES);
  expect(resetLink(CURVES).hidden).toBe(true);
  const [from, to] = [labelAt(CURVES, "5"), labelAt(CURVES, "15")];
  drag(CURVES, [from, 30], [to, 90]);
  await frames();
  const zoomed = texts(CURVES);
  expect(zoomed).not.toEqual(before);
  expect(zoomed).not.toContain("20");
  expect(zoomed).toContain("10");
  expect([resetLink(CURVES).hidden, resetLink(BEST).hidden, view.panel.opened]).toEqual([false, true, null]);
  view.applyDelta({ seq: 2, set: {}, rows: [row(5, { curve: [90, 0.5, 0.4], span: [0, 40] })], gone: [] });
  await frames();
  expect(texts(CURVES)).toEqual(zoomed);
  pointer(plot(CURVES), "dblclick", 200, 80);
  await frames();
  expect(steps()).toContain("40");
  expect(resetLink(CURVES).hidden).toBe(true);
  view.close();
});

test("a flat rectangle zooms across only, and y fits what is left", async () => {
  const view = await shown();
  drag(CURVES, [labelAt(CURVES, "10"), 60], [WIDTH - 12, 63]);
  await frames();
  expect(steps()).not.toContain("5");
  expect(steps()).toContain("20");
  expect(texts(CURVES)).not.toContain("1"); // the highest there is 0.8
  expect(texts(CURVES)).toContain("0.8");
  resetLink(CURVES).click();
  await frames();
  expect(steps()).toContain("5");
  view.close();
});

test("a rectangle that the page takes for scrolling changes nothing", async () => {
  const view = await shown();
  const before = texts(CURVES);
  pointer(plot(CURVES), "pointerdown", 150, 50);
  pointer(window, "pointermove", 300, 100);
  pointer(window, "pointercancel", 300, 100);
  await frames();
  expect(texts(CURVES)).toEqual(before);
  expect(plot(CURVES).querySelector(".zoom").hidden).toBe(true);
  view.close();
});

test("the best so far zooms on its own, and by keys", async () => {
  const view = await shown(falling(9));
  const [before, curves] = [texts(BEST), texts(CURVES)];
  press(BEST, "ArrowLeft"); // nothing to move in
  expect(texts(BEST)).toEqual(before);
  press(BEST, "+");
  const near = texts(BEST);
  expect(near).not.toEqual(before);
  press(BEST, "ArrowRight");
  expect(texts(BEST)).not.toEqual(near);
  press(BEST, "ArrowLeft");
  press(BEST, "-");
  expect(texts(BEST)).toEqual(before); // out again as far as it was
  press(BEST, "+");
  press(BEST, "+");
  press(BEST, "ArrowUp");
  press(BEST, "Escape");
  expect(texts(BEST)).toEqual(before);
  expect(texts(CURVES)).toEqual(curves);
  view.close();
});

test("zooming in for ever stays drawn", async () => {
  const view = await shown();
  for (let k = 0; k < 120; k++) press(CURVES, "+");
  expect(texts(CURVES).join()).not.toMatch(/NaN|Infinity/);
  press(CURVES, "Escape");
  expect(steps()).toContain("20");
  view.close();
});

// ---------------------------------------------------------------- choices

test("a saved output offers what its data allow", async () => {
  const axis = (fields) => ({ ...picture().axes[2], is_metric: false, is_extra: true, ...fields });
  const extras = [axis({ name: "accuracy", low: 0, high: 1, best: 1, poor: 0 })];
  const rows = falling(4, (k) => ({ places: [0, 0.01, [0.2, 0.9, 0.5, 0.95][k]], span: [0, 9] }));
  const [first, second, metric] = axes();
  const view = await shown(rows, { axes: [first, second, extras[0], metric], logged: ["loss", "epoch"] });
  expect([choice(CURVES, "x").hidden, choice(CURVES, "y").hidden]).toEqual([true, true]);
  expect(offered(choice(BEST, "x"))).toEqual(["run", "time", "steps in total"]);
  expect(offered(choice(BEST, "y"))).toEqual(["loss", "accuracy"]);
  await choose(choice(BEST, "x"), "_step");
  view.panel.hover("run3");
  await frames();
  expect(tip(BEST)).toBe("run 3 · 30 steps in total · loss 0.3");
  await choose(choice(BEST, "y"), "accuracy");
  await choose(choice(BEST, "x"), "_runtime");
  view.panel.hover("run4");
  await frames();
  expect(tip(BEST)).toBe("run 4 · after 57 s · accuracy 0.95 · the best so far"); // of 15 k + 12 s, from the first start
  view.panel.hover("run3");
  await frames();
  expect(tip(BEST)).toBe("run 3 · after 42 s · accuracy 0.5");
  view.close();
});

test("one choice is no choice", async () => {
  const view = await shown(falling(3, () => ({ start_s: null, duration_s: null, curve: [], span: [] })));
  expect([choice(BEST, "x").hidden, choice(BEST, "y").hidden]).toEqual([true, true]);
  view.close();
});

/** An answer as Python sends it. */
function answer(x, y, curves, more = {}) {
  const [xs, ys] = [0, 1].map((k) => curves.flatMap(({ points }) => points.map((point) => point[k])));
  const buffer = new Uint8Array(8 * (xs.length + ys.length) + 3);
  buffer.set(new Uint8Array(new Float64Array([...xs, ...ys]).buffer), 3);
  return [{ kind: "series", x, y, runs: curves.map(({ id }) => id), rows: curves.map(({ rows }) => rows), lengths: curves.map(({ points }) => points.length),
    n_left: 0, took_s: 0, error: "", ...more }, new DataView(buffer.buffer, 3)];
}

test("other curves are asked for, drawn when they come, and asked for anew as runs go on", async () => {
  const sent = [];
  const now = vi.spyOn(Date, "now").mockReturnValue(1e6);
  const view = await shown(falling(2), { logged: ["epoch", "loss", "train/loss"] }, { send: (message) => sent.push(message) });
  expect(sent).toEqual([]); // nobody has chosen anything
  expect(offered(choice(CURVES, "y"))).toEqual(["loss", "epoch", "train/loss"]);
  expect(offered(choice(CURVES, "x"))).toEqual(["step", "time", "epoch", "loss", "train/loss"]);
  await choose(choice(CURVES, "y"), "train/loss");
  await choose(choice(CURVES, "x"), "epoch");
  const runs = ["run1", "run2"];
  expect(sent).toEqual([{ kind: "series", x: "_step", y: "train/loss", runs, rows: [-1, -1] }, { kind: "series", x: "epoch", y: "train/loss", runs, rows: [-1, -1] }]);
  expect(texts(CURVES)).toEqual(["reading…"]);
  view.setSeries(...answer("_step", "train/loss", [{ id: "run1", rows: 3, points: [[0, 9]] }])); // to the question before
  await frames();
  expect(texts(CURVES)).toEqual(["reading…"]);
  view.setSeries(...answer("epoch", "train/loss", [{ id: "run1", rows: 7, points: [[1, 0.9], [2, 0.7], [3, 0.5]] }, { id: "run2", rows: 7, points: [] }]));
  await frames();
  expect(texts(CURVES)).toContain("epoch");
  view.panel.hover("run1");
  await frames();
  expect(tip(CURVES)).toBe("run 1 · epoch 3 · train/loss 0.5");
  // Nothing goes on: nothing more is asked.
  view.applyDelta({ seq: 2, set: { notes: ["a"] }, rows: [], gone: [] });
  now.mockReturnValue(2e6);
  await frames();
  expect(sent.length).toBe(2);
  view.applyDelta({ seq: 3, set: {}, rows: [row(3, { state: "running", active: true })], gone: [] });
  await frames();
  expect(sent[2]).toEqual({ kind: "series", x: "epoch", y: "train/loss", runs: [...runs, "run3"], rows: [7, 7, -1] });
  // Not again before the answer, nor sooner than that its reading took little of the time.
  view.setSeries(...answer("epoch", "train/loss", [], { took_s: 1, n_left: 2 }));
  view.applyDelta({ seq: 4, set: {}, rows: [], gone: [] });
  await frames();
  expect(sent.length).toBe(3);
  expect(plot(CURVES).closest("figure").textContent).toContain("2 more to be read");
  now.mockReturnValue(2e6 + 4_001); // somebody waits for these
  view.applyDelta({ seq: 5, set: {}, rows: [], gone: [] });
  await frames();
  expect(sent.length).toBe(4);
  view.setSeries(...answer("epoch", "train/loss", [], { took_s: 1 })); // nothing is missing, but run 3 goes on
  for (const [seq, after, asked] of [[6, 49_000, 4], [7, 51_000, 5]]) {
    now.mockReturnValue(2e6 + 4_001 + after);
    view.applyDelta({ seq, set: {}, rows: [], gone: [] });
    await frames();
    expect(sent.length).toBe(asked);
  }
  view.close();
});

test("curves over time have a unit that fits, and an error is said", async () => {
  const view = await shown(falling(2), { logged: ["loss"] }, { send() {}, brushes: { view: { charts: { curves: { x: "_runtime" } } } } });
  view.setSeries(...answer("_runtime", "loss", [], { error: "The store cannot be read." }));
  await frames();
  expect(texts(CURVES)).toEqual(["The store cannot be read."]);
  view.setSeries(answer("_runtime", "loss", [{ id: "run1", rows: 3, points: [] }])[0]); // without points there may be no buffer
  await frames();
  expect(texts(CURVES)).toEqual(["No run has logged loss yet"]);
  view.setSeries(...answer("_runtime", "loss", [{ id: "run1", rows: 3, points: [[0, 1], [3600, 0.5], [7200, 0.25]] }]));
  await frames();
  expect(texts(CURVES)).toEqual(expect.arrayContaining(["min", "60", "0.6"]));
  view.panel.hover("run1");
  await frames();
  expect(tip(CURVES)).toBe("run 1 · after 2 h 00 min · loss 0.25");
  view.close();
});

test("a choice that the data no longer allow falls back to what the sweep is about", async () => {
  const view = await shown(falling(2), {}, { brushes: { view: { charts: { curves: { x: "epoch", y: "gone" }, best: { x: "_runtime", y: "gone" } } } } });
  expect(texts(CURVES)).toContain("step");
  expect(choice(BEST, "y").value).toBe("");
  view.close();
});
