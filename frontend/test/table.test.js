import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { allColumns } from "../src/columns.js";
import { columnNamed, parseFilter } from "../src/filter.js";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];
const runs = () => all("tbody tr[data-run]").map((tr) => tr.dataset.run);
const heads = () => all(".runs thead th").map((th) => th.textContent.replace(/[▲▼]/g, ""));
const cells = (id) => all(`[data-run=${id}] td`).map((td) => td.textContent);
const button = (text) => all(".runs button").find((each) => each.textContent.startsWith(text));

async function opened(shown = picture(), options = {}) {
  const view = mount(host, { picture: shown, ...options });
  await frames();
  return view;
}

/** A picture with `accuracy` as a further logged metric and a nested parameter. */
function wide(fields = {}) {
  const base = picture();
  const values = [[0.001, "adam", 64, 0.9], [0.01, "sgd", 128, 0.8], [0.1, "my value", 256, 0.7], [0.02, "adam", 64, null]];
  const extra = { ...base.axes[2], is_metric: false, is_extra: true };
  const rows = values.map(([lr, optimizer, width, accuracy], i) => row(i + 1, {
    texts: [String(lr), optimizer, String(width)], places: [lr, ["adam", "sgd", "my value"].indexOf(optimizer), width === 64 ? 0 : 1, accuracy, 12],
    ...(accuracy === null && { state: "failed", word: "failed", note: "ValueError: loss is NaN", metric: null, metric_text: "", worker: "w2" }) }));
  return picture(rows, {
    columns: [{ name: "model.optimizer.lr", numeric: true, log: true }, { name: "optimizer", numeric: false, log: false }, { name: "width", numeric: true, log: false }],
    axes: [{ ...base.axes[1], name: "model.optimizer.lr" }, { ...base.axes[0], categories: ["adam", "sgd", "my value"] },
      { ...base.axes[0], name: "width", categories: ["64", "128"] },
      { ...extra, name: "accuracy", low: 0.5, high: 1, best: 1, poor: 0.5 }, { ...extra, name: "duration (s)" }, base.axes[2]],
    constants: [["epochs", "20"]], ...fields });
}

const found = (query, shown = wide()) => {
  const { test, problem } = parseFilter(query, allColumns(shown), shown.rows);
  return problem ? problem : shown.rows.filter((each) => !test || test(each)).map(({ number }) => number);
};

test.each([
  ["adam", [1, 4]], ["-adam", [2, 3]], ["!adam", [2, 3]], ["ADAM failed", [4]], ["valueerror", [4]],
  ["lr<0.01", [1]], ["lr<=1e-2", [1, 2]], ["lr < 0.05 -failed", [1, 2]], ["model.optimizer.lr>0.01", [3, 4]], ["lr=0.01", [2]], ["lr!=0.01", [1, 3, 4]], ["lr:0.01", [2]],
  ["-lr<0.05", [3]], ["optimizer:\"my value\"", [3]], ["optimizer:my", [3]], ["\"my value\"", [3]], ["optimizer=\"MY VALUE\"", [3]],
  ["width>=128", [2, 3]], ["width<100", [1, 4]], ["loss>=2", [2, 3]], ["metric<2", [1]], ["acc>0.75", [1, 2]], ["accuracy!=0.8", [1, 3, 4]],
  ["#3", [3]], ["run:2", [2]], ["-#3", [1, 2, 4]], ["state:fail", [4]], ["state!=failed", [1, 2, 3]], ["time<1m", [1, 2, 3, 4]], ["duration>5m", []], ["started>=30s", [2, 3, 4]],
  ["epochs=20", [1, 2, 3, 4]], ["epochs>20", []], ["worker:w2", [4]], ["lr<", [1, 2, 3, 4]], ["", [1, 2, 3, 4]], ["  ", [1, 2, 3, 4]], ["nothing-like-it", []],
  ["lrr<0.01", "no column 'lrr'; did you mean lr?"], ["lr<abc", "model.optimizer.lr<abc: \"abc\" is not a number"],
  ["colour:red", "no column 'colour'"], ["width", "width is a column: width:value, or with = != < <= > >="],
])("%s finds the right runs, or says what is wrong", (query, expected) => {
  expect(found(query)).toEqual(expected);
});

test("a name that could be several is not guessed, and one with signs in it is found", () => {
  const columns = allColumns(picture([], { columns: ["enc.lr", "dec.lr", "a:b", "x<y"].map((name) => ({ name, numeric: true, log: false })), axes: [] }));
  expect(columnNamed("lr", columns)).toBe("lr could be enc.lr or dec.lr");
  expect(columnNamed("enc", columns).name).toBe("enc.lr");
  const rows = [row(1, { texts: ["1", "2", "3", "4"] })];
  for (const query of ["a:b=3", "\"x<y\"=4", "\"a:b\">2"]) expect(parseFilter(query, columns, rows).test(rows[0])).toBe(true);
  expect(parseFilter("a:b=4", columns, rows).test(rows[0])).toBe(false);
});

test("what is wrong with a filter is left out of it and said", async () => {
  await opened(wide());
  const field = one("input[type=search]");
  field.value = "adam lrr<0.01";
  field.dispatchEvent(new Event("input"));
  await frames();
  expect(runs()).toEqual(["run1", "run4"]);
  expect(all(".runs .error[role=status]")[0].textContent).toBe("no column 'lrr'; did you mean lr?");
});

const type = async (text, key) => {
  const field = one("input[aria-label='Filter runs']");
  field.value = text;
  field.dispatchEvent(new Event("input"));
  if (key) field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await frames();
};
const pause = () => {
  vi.advanceTimersByTime(400);
  return frames();
};
beforeEach(() => { vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }); });
afterEach(() => { vi.useRealTimers(); });

test("what a filter finds is selected after a pause, runs that come later as well, until the field is empty", async () => {
  const told = vi.fn();
  const view = await opened(wide(), { onSelect: told });
  await type("adam");
  expect(runs()).toEqual(["run1", "run4"]); // the table at once
  expect(view.panel.selected).toBe(null);
  await pause();
  expect(told.mock.lastCall[0]).toEqual(["run1", "run4"]);
  expect([...view.panel.selected]).toEqual(["run1", "run4"]);
  await type("sgd"); // not within what was found before
  expect(runs()).toEqual(["run2"]);
  await pause();
  expect(told.mock.lastCall[0]).toEqual(["run2"]);
  view.applyDelta({ seq: 2, set: {}, rows: [row(5, { texts: ["1", "sgd", "64"], places: [1, 1, 0, 1, 1] })], gone: [] });
  await frames();
  await frames();
  expect(told.mock.lastCall[0]).toEqual(["run2", "run5"]);
  await type("");
  await pause();
  expect([told.mock.lastCall[0], view.panel.selected, runs().length]).toEqual([[], null, 5]);
});

test("a brush stays while a filter is typed, which looks inside it, until Enter takes what is found", async () => {
  const told = vi.fn();
  const view = await opened(wide(), { onSelect: told, brushes: { ranges: { loss: [[0, 0.25]] } } });
  expect(runs()).toEqual(["run1", "run2"]);
  await type("optimizer:sgd");
  expect(runs()).toEqual(["run2"]);
  await pause();
  expect(view.panel.brushes.ranges.loss).toEqual([[0, 0.25]]);
  expect(button("select this run").hidden).toBe(false);
  await type("optimizer:sgd", "Enter");
  expect([told.mock.lastCall[0], view.panel.brushes.ranges]).toEqual([["run2"], {}]);
  expect(button("select this run").hidden).toBe(true);
});

test("clear selection clears the filter that made it, and invert turns it round", async () => {
  const view = await opened(wide());
  await type("adam", "Enter");
  button("invert").click();
  await frames();
  expect([[...view.panel.selected], one("input[aria-label='Filter runs']").value]).toEqual([["run2", "run3"], ""]);
  await type("my", "Enter");
  await type("adam", "Enter");
  button("clear selection").click();
  await frames();
  expect([view.panel.selected, runs().length]).toEqual([null, 4]);
});

test("a filter and the columns are kept by Python and a saved output", async () => {
  const told = vi.fn();
  const view = await opened(wide(), { onSelect: told });
  await type("adam", "Enter");
  view.panel.look({ table: { ...view.panel.view.table, columns: { "param:accuracy": true, curve: false } } });
  const [, kept] = told.mock.lastCall;
  view.close();
  const again = await opened(wide(), { brushes: JSON.parse(JSON.stringify(kept)) });
  await frames();
  expect([runs(), [...again.panel.selected]]).toEqual([["run1", "run4"], ["run1", "run4"]]);
  expect(heads()).toContain("accuracy");
  expect(heads()).not.toContain("curve");
});

test("old views without a table are accepted", async () => {
  await opened(wide(), { brushes: { ranges: {}, invert: false, view: { hidden: ["width"] } } });
  expect(runs().length).toBe(4);
});

test("the columns are run, state, metric and curve, then all parameters by importance, then the time", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const shown = picture([row(1, { texts: names.map((_, i) => `${i}`), places: names.map(() => 0.5) })], {
    columns: names.map((name) => ({ name, numeric: true, log: false })),
    axes: [...names.map((name) => ({ ...picture().axes[2], is_metric: false, name })), picture().axes[2]],
    importance: { is_ranked: true, n_runs: 9, verdict: "", left_out: "", notes: [], rows: ["p11", "p3"].map((name) => (
      { name, importance: 0.4, error: 0.1, correlation: 0.1, n_runs: 9, stands_out: true, dependence: [] })) } });
  await opened(shown);
  expect(heads()).toEqual(["run", "state", "loss ↓", "curve", "p11", "p3", "p0", "p1", "p2", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "time"]);
  expect(cells("run1").slice(4, 7)).toEqual(["11", "3", "0"]);
});

test("without a metric in the config the logged ones are shown; the menu has the others, and more", async () => {
  const base = wide();
  const shown = { ...base, metric: null, best: null, axes: base.axes.slice(0, 5) };
  await opened(shown);
  expect(heads()).toEqual(["run", "state", "accuracy", "model.optimizer.lr", "optimizer", "width", "time"]);
  expect(cells("run1")[2]).toBe("0.9");
  one(".columns").open = true;
  one(".columns").dispatchEvent(new Event("toggle"));
  expect(all(".columns label").map((label) => label.textContent.trim())).toEqual(
    ["accuracy", "model.optimizer.lr", "optimizer", "width", "started", "time", "worker", "note", "epochs the same in all"]);
  one("[data-key='column:constant:epochs']").click();
  one("[data-key='column:param:width']").click();
  await frames();
  expect(heads().at(-1)).toBe("epochs");
  expect(heads()).not.toContain("width");
  button("the usual ones").click();
  await frames();
  expect(heads()).toContain("width");
});

test("the best is in the first row whatever the sort, once, and not where the filter leaves it out", async () => {
  const view = await opened(wide());
  expect(runs()).toEqual(["run1", "run4", "run3", "run2"]);
  expect(one("[data-run=run1]").classList.contains("pinned")).toBe(true);
  expect(view.panel.listed.map(({ id }) => id)).toEqual(runs());
  button("pin the best").click();
  await frames();
  expect(runs()).toEqual(["run4", "run3", "run2", "run1"]);
  expect(button("pin the best").getAttribute("aria-pressed")).toBe("false");
  button("pin the best").click();
  await type("sgd");
  expect(runs()).toEqual(["run2"]);
});

test("a row keeps its elements while its texts change", async () => {
  const view = await opened(picture([row(1), row(2, { state: "running", active: true, duration_s: 1 })]), { controls: { actions: ["kill"], bridge: "push", charts: [] }, send() {} });
  const before = [...all("[data-run=run2] *")];
  one("[data-run=run2] .kill").focus();
  for (let seq = 2; seq < 22; seq++) {
    view.applyDelta({ seq, set: {}, rows: [{ id: "run2", duration_s: seq, metric: seq, metric_text: `${seq}`, curve: [3, seq] }, row(seq + 10)], gone: [] });
    await frames();
  }
  const after = new Set(all("[data-run=run2] *"));
  expect(before.filter((element) => !after.has(element))).toEqual([]);
  expect(cells("run2")).toContain("21");
  expect(host.shadowRoot.activeElement).toBe(one("[data-run=run2] .kill"));
  view.applyDelta({ seq: 22, set: {}, rows: [{ id: "run2", active: false, state: "finished", word: "finished" }], gone: [] });
  await frames();
  expect(host.shadowRoot.activeElement).toBe(one("[data-run=run2] .expand")); // its stop button has gone
});

test("a run that fails shows why in place of its results, and them again when it is tried again", async () => {
  const view = await opened(picture([row(1), row(2)]));
  const text = () => cells("run2").join("|");
  const before = text();
  view.applyDelta({ seq: 2, set: {}, rows: [{ id: "run2", state: "failed", word: "failed", note: "ValueError: no" }], gone: [] });
  await frames();
  expect(text()).toContain("ValueError: no");
  view.applyDelta({ seq: 3, set: {}, rows: [{ id: "run2", state: "finished", word: "finished", note: "" }], gone: [] });
  await frames();
  expect(text()).toBe(before);
});

test("two to four runs are compared, what differs first, and stay so while runs come", async () => {
  const view = await opened(wide());
  const box = (id) => one(`[data-run=${id}] .compare`);
  const names = () => all(".comparison > .scroll tbody th").map((th) => th.textContent);
  const line = (name) => [...all(".comparison > .scroll tbody tr").find((tr) => tr.firstChild.textContent === name).children].slice(1).map((td) => td.textContent);
  box("run1").click();
  await frames();
  expect(one(".comparison").hidden).toBe(true);
  expect(button("run 1 ticked").disabled).toBe(true);
  box("run2").click();
  await frames();
  expect(one(".comparison b").textContent).toBe("Runs 1 and 2 compared");
  expect(names()).toEqual(["loss", "accuracy", "model.optimizer.lr", "optimizer", "width", "started"]);
  expect([line("accuracy"), line("model.optimizer.lr"), line("optimizer")]).toEqual([["0.9", "0.8 (−0.1)"], ["0.001", "0.01 (×10)"], ["adam", "sgd"]]);
  expect(one(".equal summary").textContent).toBe("4 the same in all");
  const [first] = all(".comparison tbody tr");
  view.applyDelta({ seq: 2, set: {}, rows: [row(5, { texts: ["1", "sgd", "64"], places: [1, 1, 0, 1, 1] }), row(6, { texts: ["1", "sgd", "64"], places: [1, 1, 0, 1, 1] })], gone: [] });
  await frames();
  expect([all(".comparison tbody tr")[0], names().length]).toEqual([first, 6]);
  for (const id of ["run3", "run5", "run6"]) box(id).click();
  await frames();
  expect(box("run6").checked).toBe(false);
  expect(all(".runs .error").map((each) => each.textContent)).toContain("4 runs are compared at once: untick one of 1, 2, 3, 5 first");
  expect(all(".comparison thead th").length).toBe(4);
  all(".comparison thead button")[1].click();
  expect(view.panel.opened).toBe("run2");
  one(".comparison .close").click();
  await frames();
  expect([one(".comparison").hidden, box("run1").checked]).toEqual([true, false]);
});
