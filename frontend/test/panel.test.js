import { expect, test, vi } from "vitest";
import { mount } from "../src/panel.js";
import widget from "../src/widget.js";
import { all, frames, host, lookInto } from "./host.js";
import { picture, row } from "./picture.js";

const button = (action) => all(`[data-action="${action}"]`)[0];

/** A model of an anywidget with nobody behind it. */
function fakeModel(values) {
  const listeners = {};
  return {
    sent: [], saved: 0,
    get: (key) => values[key],
    set(key, value) { values[key] = value; },
    save_changes() { this.saved += 1; },
    send(message) { this.sent.push(message); },
    on(name, callback) { (listeners[name] ??= []).push(callback); },
    off(name, callback) { listeners[name] = listeners[name].filter((other) => other !== callback); },
    tell(name, ...args) { for (const callback of listeners[name] ?? []) callback(...args); },
    listeners,
  };
}

test("every text of a user is shown as text", async () => {
  const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  const shownRows = (evilRow) => [evilRow, row(2, { metric_text: evil, worker: `${evil}2` })];
  const bad = row(1, { name: evil, texts: [evil, evil], note: evil, state: "failed", metric_text: evil, worker: evil, id: evil });
  const shown = picture(shownRows(bad), {
    outlook: { suggestion: evil, verdict: evil, sentences: [evil] },
    sweep: { ...picture().sweep, name: evil, project: evil, message: evil },
    metric: { name: evil, goal: "minimize", target: null },
    best: { id: "run2", number: 2, name: evil, value: 1, text: evil, config: { [evil]: evil } },
    columns: [{ name: evil, numeric: false, log: false }, { name: "b", numeric: false, log: false }],
    notes: [evil],
    importance: { verdict: evil, n_runs: 9, is_ranked: true, left_out: evil, rows: [
      { name: evil, importance: 0.5, error: 0.1, correlation: 0.2, high_value: evil, stands_out: true, dependence: [[0, 1], [1, 2]] }] },
  });
  shown.axes[0] = { ...shown.axes[0], name: evil, categories: [evil, "b"], ticks: [[0.5, evil]] };
  const view = mount(host, { picture: shown, send() {}, details: {
    [evil]: { error: evil, console: evil, metrics: [[evil, evil]], config: [[evil, evil]], why: [evil], stopped: [evil], parts: [[evil, evil]], facts: [[evil, evil]], json: evil } } });
  view.panel.open(evil);
  view.setSpace({ [evil]: { values: [evil] } });
  view.answer({ action: "narrow", run: null, ok: true, text: evil, code: evil, created: evil });
  view.answer({ action: "pause", run: null, ok: false, text: evil });
  for (const details of all("details")) {
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
  }
  await frames();
  expect(all("img, script, [onerror]")).toEqual([]);
  expect(window.hacked).toBeUndefined();
  expect(host.shadowRoot.textContent).toContain(evil);
  view.close();
});

test("buttons say what they ask for, and are there only when somebody is at work", async () => {
  const sent = [];
  const view = mount(host, {
    picture: picture([row(1, { state: "running", active: true })]), send: (message) => sent.push(message),
    controls: { actions: ["pause", "resume", "stop", "stop_now", "extend", "kill"], bridge: "push" },
  });
  await frames();
  expect(button("resume").hidden).toBe(true);
  for (const action of ["pause", "stop", "stop_now", "extend", "kill"]) button(action).click();
  expect(sent).toEqual([
    { kind: "steer", action: "pause" }, { kind: "steer", action: "stop" }, { kind: "steer", action: "stop_now" },
    { kind: "steer", action: "extend", count: 5 }, { kind: "steer", action: "kill", run: "run1" },
  ]);
  view.setControls({ actions: [], bridge: "" });
  await frames();
  expect(all(".steering")[0].hidden).toBe(true);
  expect(button("kill")).toBeUndefined();
  view.close();
});

test("what went wrong is said with its traceback, and alone where nothing went right", async () => {
  const broken = (number, fields = {}) => row(number, { state: "failed", metric: null, note: "ValueError: no", ...fields });
  const failures = [{ text: "ValueError: no", runs: [1, 2], traceback: "Traceback\n  line 12" }, { text: "KeyError: 'x'", runs: [3], traceback: "elsewhere" }];
  const sent = [];
  const view = mount(host, { picture: picture([broken(1), broken(2), broken(3, { note: "KeyError: 'x'" })], { failures, best: null }),
    send: (message) => sent.push(message), controls: { actions: ["retry"], bridge: "push" } });
  await frames();
  const block = () => all(".failures")[0];
  expect(block().textContent).toContain("All 3 runs failed");
  expect(all(".failures details").map((one) => [one.open, one.querySelector("summary").textContent, one.parentElement.querySelector(".which").textContent, one.querySelector("pre").textContent])).toEqual([
    [true, "ValueError: no", "2 times, runs 1, 2", "Traceback\n  line 12"], [false, "KeyError: 'x'", "run 3", "elsewhere"]]);
  expect(all(".panel")[0].hasAttribute("data-all-failed")).toBe(true);
  all(".failures button")[0].click();
  expect(sent.map(({ action, run }) => [action, run])).toEqual([["retry", "run1"], ["retry", "run2"], ["retry", "run3"]]);
  // What a person opened or closed stays so; the charts come back with the first run that counts.
  for (const one of all(".failures details")) one.open = !one.open;
  view.applyDelta({ seq: 2, set: { failures: [...failures] }, rows: [broken(4)], gone: [] });
  await frames();
  expect(all(".failures details").map((one) => one.open)).toEqual([false, true]);
  view.applyDelta({ seq: 3, set: {}, rows: [row(5)], gone: [] });
  await frames();
  expect(block().textContent).toContain("4 of 5 runs failed");
  expect(all(".panel")[0].hasAttribute("data-all-failed")).toBe(false);
  view.close();
});

test("a kernel that is gone is shown as gone, with the line that brings the sweep back", async () => {
  const view = mount(host, { picture: picture(), send() {}, controls: { actions: ["pause"], bridge: "push" } });
  await frames();
  const gone = () => all(".gone")[0];
  expect(gone().hidden).toBe(true);
  view.setGone(true);
  await frames();
  expect(gone().textContent).toContain("is gone");
  expect(all(".gone code")[0].textContent).toBe('import nbsweep; nbsweep.show("ab12cd34")');
  expect([all(".word")[0].textContent, all(".steering")[0].hidden]).toEqual(["disconnected", true]);
  view.setGone(false);
  await frames();
  expect([gone().hidden, all(".word")[0].textContent, all(".steering")[0].hidden]).toEqual([true, "running", false]);
  view.close();
});

test("a click that nobody answers is said not to be answered, until something is", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const view = mount(host, { picture: picture(), send() {}, controls: { actions: ["pause"], bridge: "push" } });
  await frames();
  button("pause").click();
  vi.runAllTimers();
  await frames();
  expect(all(".gone")[0].textContent).toContain("The kernel does not answer.");
  view.answer({ kind: "answer", action: "pause", run: null, ok: true, text: "paused" });
  await frames();
  expect(all(".gone")[0].hidden).toBe(true);
  view.close();
  vi.useRealTimers();
});

test("without a way into the kernel the panel names the interrupt button", async () => {
  const view = mount(host, { picture: picture(), send() {}, controls: { actions: ["stop_now"], bridge: "none" } });
  await frames();
  expect(host.shadowRoot.textContent).toContain("interrupt button");
  view.close();
});

test("an opened run asks for its details once and shows them", async () => {
  const sent = [];
  const view = mount(host, { picture: picture(), send: (message) => sent.push(message) });
  await frames();
  all("[data-run=run2] button.expand")[0].click();
  await frames();
  expect(sent).toEqual([{ kind: "detail", run: "run2" }]);
  view.setDetail("run2", { error: "Traceback", metrics: [["loss", "2"]], why: ["Drawn at random."] });
  await frames();
  expect(all("pre")[0].textContent).toBe("Traceback");
  expect(all(".drawer .pairs:not([hidden]) th").map((th) => th.textContent)).toEqual(["loss"]);
  expect(all(".drawer p").map((p) => p.textContent)).toEqual(["Drawn at random."]);
  view.close();
});

test("a key brushes an axis, the table follows and Python is told", async () => {
  const told = vi.fn();
  const view = mount(host, { picture: picture([row(1), row(5), row(9)]), send() {}, onSelect: told });
  await frames();
  const press = (key) => all('[data-axis="loss"]')[0].dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("Enter");
  await frames();
  expect(told).toHaveBeenLastCalledWith(["run5"], expect.anything());
  expect(all("tbody tr[data-run]").map((tr) => tr.dataset.run)).toEqual(["run5"]);
  press("Delete");
  await frames();
  expect(told).toHaveBeenLastCalledWith([], expect.anything());
  expect(all("tbody tr[data-run]").length).toBe(3);
  view.close();
});

test.each([
  ["an empty sweep", picture([], { best: null })],
  ["no metric", picture([row(1, { metric: null, metric_text: "" })], { metric: null, best: null, axes: picture().axes.slice(0, 2) })],
  ["only failures", picture([row(1, { state: "failed", metric: null, curve: [], span: [] })], { best: null })],
  ["huge numbers", picture([row(1, { metric: 1e308, curve: [1e308, -1e308] }), row(2, { metric: -1e308 })])],
])("%s is drawn", async (_, shown) => {
  const view = mount(host, { picture: shown });
  await frames();
  expect(all("header").length).toBe(1);
  expect(all("tbody tr[data-run]").length).toBe(shown.rows.length);
  view.close();
});

test("the model answers for its page before any view, which its output may have lost by then", () => {
  const model = fakeModel({ snap: {} });
  widget.initialize({ model });
  expect(model.sent).toEqual([{ kind: "here" }]);
});

test("the widget asks for a picture, follows deltas and asks again after a gap", async () => {
  const model = fakeModel({ snap: {}, controls: { actions: [], bridge: "" }, brushes: {}, selected_ids: [] });
  const now = vi.spyOn(Date, "now").mockReturnValue(100_000);
  const close = widget.render({ model, el: host });
  const log = { kind: "log", lines: 1 };
  expect(model.sent).toEqual([{ kind: "ready" }, log]);
  lookInto(host.firstChild);
  const tell = (message) => model.tell("msg:custom", message);
  tell({ kind: "picture", picture: picture() });
  tell({ kind: "delta", seq: 2, set: {}, rows: [row(3)], gone: [] });
  await frames();
  expect(all("tbody tr[data-run]").length).toBe(3);
  tell({ kind: "delta", seq: 2, set: {}, rows: [], gone: [] }); // an old one: nothing is missing
  now.mockReturnValue(200_000);
  tell({ kind: "delta", seq: 9, set: {}, rows: [], gone: [] });
  tell({ kind: "delta", seq: 10, set: {}, rows: [], gone: [] });
  expect(model.sent).toEqual([{ kind: "ready" }, log, { kind: "resync" }, log]);
  close();
  expect(Object.values(model.listeners).flat()).toEqual([]);
  now.mockRestore();
});

test("runs chosen in Python are shown as selected", async () => {
  const values = { snap: picture(), controls: { actions: [], bridge: "" }, brushes: {}, selected_ids: [] };
  const model = fakeModel(values);
  const close = widget.render({ model, el: host });
  lookInto(host.firstChild);
  await frames();
  values.selected_ids = ["run2"];
  model.tell("change:selected_ids");
  await frames();
  expect(all("tbody tr[data-run]").map((tr) => tr.dataset.run)).toEqual(["run2"]);
  close();
});
