import { expect, test, vi } from "vitest";
import { drawnAt, drawnTicks, newView, positionAt, shownAxes } from "../src/axes.js";
import { bestRange, position } from "../src/model.js";
import { unpack } from "../src/packing.js";
import { mount } from "../src/panel.js";
import { linear } from "../src/scale.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];
const choose = (selector, value) => {
  one(selector).value = value;
  one(selector).dispatchEvent(new Event("change"));
};
const STEER = { actions: ["narrow", "edit", "retry"], bridge: "push" };

function withDuration(rows = [row(1), row(5), row(9)]) {
  const shown = picture(rows);
  const extra = { ...shown.axes[2], name: "duration (s)", is_metric: false, is_extra: true };
  shown.axes = [...shown.axes.slice(0, 2), extra, shown.axes[2]];
  shown.rows = rows.map((each) => ({ ...each, places: [...each.places, each.number] }));
  return shown;
}

test("flipping an axis and changing its scale moves what is drawn and keeps positions", () => {
  const axis = { ...picture().axes[1] }; // logarithmic, 1e-4 to 0.1
  const flipped = newView({ flipped: ["learning_rate"] });
  const linear = newView({ scales: { learning_rate: "linear" } });
  expect(drawnAt(axis, 0.25, flipped)).toBe(0.75);
  expect(drawnAt(axis, position(axis, 0.05), linear)).toBeCloseTo(0.5, 2);
  for (const view of [flipped, linear, newView()])
    for (const at of [0, 0.3, 0.9, 1]) expect(positionAt(axis, drawnAt(axis, at, view), view)).toBeCloseTo(at, 6);
  expect(drawnAt(axis, -0.12, flipped)).toBe(-0.12);
  expect(drawnTicks(axis, linear).map(([, label]) => label)).toContain("0.06");
});

test("axes are hidden, moved and fetched by name, and results wait until they are wanted", () => {
  const shown = withDuration();
  const names = (view) => shownAxes(shown, newView(view)).map(({ axis }) => axis.name);
  expect(names({})).toEqual(["optimizer", "learning_rate", "loss"]);
  expect(names({ hidden: ["optimizer"], shown: ["duration (s)"] })).toEqual(["learning_rate", "duration (s)", "loss"]);
  expect(names({ order: ["loss", "optimizer"] })).toEqual(["loss", "optimizer", "learning_rate"]);
});

test("of 500 parameters the most important dozen have an axis", () => {
  const axes = Array.from({ length: 500 }, (_, i) => ({ ...picture().axes[1], name: `p${i}` }));
  const shown = { axes: [...axes, picture().axes[2]], importance: { is_ranked: true, rows: [{ name: "p400" }] } };
  const names = shownAxes(shown, newView()).map(({ axis }) => axis.name);
  expect(names.length).toBe(13);
  expect(names).toContain("p400");
});

test("the best tenth is a stretch of the metric's axis at its good end", () => {
  const rows = Array.from({ length: 20 }, (_, i) => row(i + 1, { metric: (i + 1) / 2 }));
  const axis = picture().axes[2]; // 0 to 10
  expect(bestRange(rows, axis, "minimize", 0.1)).toEqual([0, 0.1]);
  expect(bestRange(rows, axis, "maximize", 0.1)).toEqual([0.95, 1]);
  expect(bestRange([], axis, "minimize", 0.1)).toBe(null);
});

test("picking the best runs brushes the metric and tells Python", async () => {
  const told = vi.fn();
  const view = mount(host, { picture: withDuration(), onSelect: told });
  await frames();
  choose("select[aria-label='Select the best runs']", "25");
  await frames();
  expect(told.mock.lastCall[0]).toEqual(["run1"]);
  expect(all("tbody tr[data-run]").length).toBe(1);
  view.close();
});

test("runs that end inside a brush are told too", async () => {
  const told = vi.fn();
  const view = mount(host, { picture: withDuration(), onSelect: told, brushes: { ranges: { loss: [[0, 0.6]] }, invert: false } });
  await frames();
  view.applyDelta({ seq: 2, set: {}, rows: [row(10, { metric: 2, places: [0, 0.01, 2] })], gone: [] });
  await frames();
  expect(told.mock.lastCall[0]).toEqual(["run1", "run5", "run10"]);
  view.close();
});

test("the menu shows an axis, flips it and colours by it; a saved output keeps that", async () => {
  const told = vi.fn();
  const view = mount(host, { picture: withDuration(), onSelect: told });
  await frames();
  one("details.menu").open = true;
  one("details.menu").dispatchEvent(new Event("toggle"));
  one("[data-key='show:duration (s)']").click();
  await frames();
  one("[data-key='flip:duration (s)']").click();
  await frames();
  choose("select[aria-label='Colour by']", "duration (s)");
  await frames();
  expect(all("[data-axis]").map((axis) => axis.getAttribute("data-axis"))).toContain("duration (s)");
  const { view: kept } = told.mock.lastCall[1];
  expect(kept).toMatchObject({ shown: ["duration (s)"], flipped: ["duration (s)"], colour: "duration (s)" });
  view.close();
  const again = mount(host, { picture: withDuration(), brushes: { ranges: {}, invert: false, view: kept } });
  await frames();
  expect(all("[data-axis]").length).toBe(4);
  again.close();
});

test("a ranking of fewer runs than there are says so, and is pale once they are many more", async () => {
  const importance = { verdict: "lr decides", n_runs: 2, is_ranked: true, rows: [], left_out: "", metric: "loss", method: "forest" };
  const view = mount(host, { picture: picture([row(1), row(2)], { importance }), send() {} });
  await frames();
  expect(one(".verdict").textContent).toBe("lr decides");
  const steps = [[row(3), "lr decides (from 2 of 3 runs)", false], [row(4, { state: "failed", metric: null }), "lr decides (from 2 of 3 runs)", false],
    [row(5), "lr decides (from 2 of 4 runs)", true]];
  for (const [i, [added, text, isOld]] of steps.entries()) {
    view.applyDelta({ seq: i + 2, set: {}, rows: [added], gone: [] });
    await frames();
    expect(one(".verdict").textContent).toBe(text);
    expect(one("table.importance").hasAttribute("data-old")).toBe(isOld);
  }
});

test("importance for another result is asked for once, and again when a run has ended", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const sent = [];
  const view = mount(host, { picture: withDuration(), send: (message) => sent.push(message) });
  await frames();
  choose("select[aria-label='Importance for']", "duration (s)");
  choose("select[aria-label='Method']", "permutation");
  vi.runAllTimers();
  await frames();
  vi.runAllTimers();
  expect(sent.length).toBe(1);
  expect(sent[0]).toMatchObject({ kind: "analyse", target: "duration (s)", runs: null, method: "permutation" });
  const found = { verdict: "optimizer decides most", n_runs: 3, is_ranked: true, left_out: "", metric: "duration (s)", method: "permutation",
    rows: [{ name: "optimizer", importance: 0.9, error: 0.1, correlation: null, high_value: null, stands_out: true, dependence: [[0, 1], [1, 2]] }] };
  view.setAnalysis({ key: "of another question", found: null, error: "late" });
  view.setAnalysis({ key: sent[0].key, found, error: "" });
  await frames();
  expect(one(".verdict").textContent).toBe("optimizer decides most");
  expect(one(".dependence svg").getAttribute("aria-label")).toBe("duration (s) by optimizer. adam: 1, sgd: 2");
  view.applyDelta({ seq: 2, set: {}, rows: [row(10, { places: [0, 0.01, 2] })], gone: [] });
  await frames();
  vi.runAllTimers();
  expect(sent.length).toBe(2);
  vi.useRealTimers();
  view.close();
});

test("a brush is narrowed in two steps, and its code is shown", async () => {
  const sent = [];
  const view = mount(host, { picture: withDuration(), send: (message) => sent.push(message), controls: STEER });
  await frames();
  expect(one("[data-action=narrow]").hidden).toBe(true);
  choose("select[aria-label='Select the best runs']", "25");
  await frames();
  one("[data-action=narrow]").click();
  expect(sent[0]).toMatchObject({ kind: "steer", action: "narrow", create: false, runs: ["run1"] });
  view.answer({ action: "narrow", run: null, ok: true, text: "A narrower sweep", code: "nbsweep.sweep({})", created: null });
  await frames();
  expect(one(".narrower").textContent).toContain("nbsweep.sweep({})");
  one("[data-action=create]").click();
  expect(sent[1]).toMatchObject({ action: "narrow", create: true });
  view.answer({ action: "narrow", run: null, ok: true, text: "A narrower sweep", code: "x", created: "ef56" });
  expect(one(".narrower").textContent).toContain('nbsweep.agent("ef56", train, count=20)');
  view.close();
});

test("only ranges that were changed are sent", async () => {
  const sent = [];
  const view = mount(host, { picture: withDuration(), send: (message) => sent.push(message), controls: STEER });
  await frames();
  one("[data-action=edit]").click();
  expect(sent.pop()).toEqual({ kind: "space" });
  view.setSpace({ optimizer: { values: ["adam", "sgd"] }, rate: { distribution: "uniform", min: 0, max: 1 }, epochs: { value: 5 } });
  one("input[aria-label='rate, max']").value = "0.5";
  one("input[aria-label='optimizer: sgd']").click();
  one("form.edit").dispatchEvent(new Event("submit", { cancelable: true }));
  expect(sent).toEqual([{ kind: "steer", action: "edit", parameters: { optimizer: { values: ["adam"] }, rate: { min: 0, max: 0.5 } } }]);
  view.answer({ action: "edit", run: null, ok: false, text: "rate: no" });
  expect(one("form.edit").hidden).toBe(false);
  view.answer({ action: "edit", run: null, ok: true, text: "" });
  expect(one("form.edit").hidden).toBe(true);
  view.close();
});

test("workers have lanes when there are several, and a console is shown as text", async () => {
  const rows = [row(1, { worker: "a" }), row(2, { worker: "b", start_s: 20 })];
  const view = mount(host, { picture: picture(rows), details: { run2: { console: "<b>epoch 1</b>", parts: [["fold 1", "0.25"]] } } });
  view.panel.open("run2");
  await frames();
  expect(all(".drawer section:not([hidden]) .heading").map((each) => each.textContent)).toEqual([
    "loss 3 to 2, steps 0 to 2; pale: the best", "Console", "Config", "Parts"]);
  expect(all(".lanes [data-bar]").map((bar) => bar.getAttribute("data-bar"))).toEqual(["run1", "run2"]);
  expect(one("pre.console").textContent).toBe("<b>epoch 1</b>");
  view.panel.hover("run1");
  await frames();
  expect(one(".lanes rect.lit").getAttribute("data-bar")).toBe("run1");
  view.close();
});

test("each chart has its numbers as a table", async () => {
  const view = mount(host, { picture: picture([row(5), row(3, { metric: 1 })]) });
  await frames();
  for (const details of all("details.as-table")) {
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
  }
  const cells = all("table[aria-label='Best so far'] td").map((td) => td.textContent);
  expect(cells).toEqual(["5", "5", "5", "3", "1", "1"]);
  view.close();
});

test("packed rows are what they were", () => {
  const numbers = ["number", "attempt", "active", "counts", "metric", "start_s", "duration_s"];
  const columns = [[1, 2], [0, 0], [0, 1], [1, 0], [0.5, NaN], [1, 2], [3, 4], [0, NaN], [0, NaN], [9, NaN], [2, 0]];
  const buffer = new ArrayBuffer(columns.length * 16 + 8);
  new Float64Array(buffer, 0, columns.length * 2).set(columns.flat());
  new Float32Array(buffer, columns.length * 16).set([3, 2]);
  const coded = (...texts) => ({ texts, codes: texts.map((_, i) => i) });
  const packed = { n: 2, numbers, n_axes: 1, ids: ["a", "b"], names: ["x", "y"], states: coded("finished", "running"),
    workers: coded("", "w"), notes: coded("", "bad"), metric_texts: ["0.5", ""], texts: [coded("adam", "sgd")],
    beyond: coded("", "latency 25 (at most 20)"), results: [coded("18", "25")],
    words: { finished: "finished", running: "running" }, steps: { 0: [0, 4, 9] }, continued: { 1: [[1, "continued at step 1 after 3.0 s"]] }, diverged: [1] };
  const padded = new Uint8Array(buffer.byteLength + 3); // as it may arrive: inside of a larger buffer
  padded.set(new Uint8Array(buffer), 3);
  const rows = unpack(packed, new DataView(padded.buffer, 3));
  expect(rows[0]).toEqual({ id: "a", name: "x", number: 1, attempt: 0, state: "finished", word: "finished", active: false, counts: true, texts: ["adam"], places: [0],
    metric: 0.5, metric_text: "0.5", results: ["18"], beyond: "", curve: [3, 2], span: [0, 4, 9], continued: [], diverged: false, start_s: 1, duration_s: 3, note: "", worker: "" });
  expect(rows[1]).toMatchObject({ active: true, counts: false, metric: null, places: [null], curve: [], span: [], worker: "w", results: ["25"], beyond: "latency 25 (at most 20)", continued: [[1, "continued at step 1 after 3.0 s"]], diverged: true });
});

test("numbers of any size have a place and ticks", () => {
  const scale = linear([-1.7e308, 1.7e308], [0, 100]);
  expect([-1.7e308, 0, 1.7e308].map(scale)).toEqual([0, 50, 100]);
  expect(scale.ticks(4)).toEqual([-8.5e307, 0, 8.5e307]);
});

test("whether it is worth going on is said, also when nobody knows", async () => {
  const outlook = { suggestion: "unknown", verdict: "Unknown whether it is worth going on: 2 runs.", sentences: [] };
  const view = mount(host, { picture: picture([row(1)], { outlook }) });
  await frames();
  expect(one(".outlook summary").textContent).toBe(outlook.verdict);
  view.close();
});
