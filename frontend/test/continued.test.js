import { expect, test } from "vitest";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const ALL = ["retry", "continue", "continue_best", "kill"];

const detail = (fields = {}) => ({ console: "", error: "", stopped: [], why: [], metrics: [], config: [], json: "", parts: [], continued: [], facts: [], started: null,
  iterations: 20, cannot_continue: "", ...fields });

/** A panel with the details of run 2 open. */
async function opened(found, { rows = [row(1), row(2)], actions = ALL, state = "RUNNING", ...fields } = {}) {
  const sent = [];
  const view = mount(host, {
    picture: picture(rows, { sweep: { ...picture().sweep, state }, ...fields }), controls: { actions, bridge: "push" },
    send: (message) => sent.push(message), details: { run2: found } });
  await frames();
  view.panel.open("run2");
  await frames();
  return { view, sent };
}

test("a ring lies on the curve where the run went on, and says so", async () => {
  const text = "continued at step 1 after 3 min 05 s";
  const rows = [row(1), row(2, { curve: [3, 2, 1], continued: [[0.5, text]] }), row(3, { curve: [3, 1], span: [0, 2], continued: [[0.5, text], [0, "x"]] })];
  const { view } = await opened(detail(), { rows });
  const rings = all("circle.went-on");
  expect(rings.map((ring) => ring.textContent)).toEqual([`run 2 ${text}`, `run 3 ${text}`, "run 3 x"]);
  const [onPoint, between, atStart] = rings.map((ring) => [Number(ring.getAttribute("cx")), Number(ring.getAttribute("cy"))]);
  expect(between[0]).toBeCloseTo(onPoint[0], 6); // both lie at step 1, and at the value 2
  expect(between[1]).toBeCloseTo(onPoint[1], 6);
  expect(atStart[0]).not.toBeCloseTo(onPoint[0], 1);
  expect(all("[data-run=run2] .pictogram path")[0].getAttribute("d")).toContain("M36.0 0v16");
  expect(all("[data-run=run2] td[title]").map((td) => td.title)).toContain(text);
  view.close();
});

test("rings of runs outside of the selection are pale, and come in the table of the chart", async () => {
  const { view } = await opened(detail(), { rows: [row(1), row(2, { continued: [[1, "continued here"]] })] });
  view.choose(["run1"]);
  await frames();
  expect(all("circle.went-on.out").length).toBe(1);
  for (const table of all(".as-table")) {
    table.open = true;
    table.dispatchEvent(new Event("toggle"));
  }
  expect(all('[aria-label="Learning curves"] td').map((td) => td.textContent)).toContain("continued here");
  view.close();
});

test("a run goes on for as many iterations as are asked for", async () => {
  const { view, sent } = await opened(detail());
  const [count] = all('.drawer input[aria-label="Iterations more"]');
  const [button] = all(".drawer [data-action=continue]");
  expect([count.value, button.disabled]).toEqual(["20", false]);
  for (const [typed, asked] of [["7", 7], ["2.9", 2], ["0", 1]]) {
    count.value = typed;
    button.click();
    expect(sent.pop()).toEqual({ kind: "steer", action: "continue", run: "run2", count: asked });
    button.click();
    expect(sent).not.toContainEqual({ kind: "steer", action: "continue", run: "run2", count: asked }); // it waits
    view.answer({ action: "continue", run: "run2", ok: true, text: "" });
  }
  view.close();
});

test("a run that was stopped goes on to its end unless a number is given", async () => {
  const { view, sent } = await opened(detail(), { rows: [row(1), row(2, { state: "stopped" })] });
  const [count] = all('.drawer input[aria-label="Iterations more"]');
  expect(count.value).toBe("");
  all(".drawer [data-action=continue]")[0].click();
  expect(sent.pop()).toEqual({ kind: "steer", action: "continue", run: "run2" });
  view.answer({ action: "continue", run: "run2", ok: true, text: "" });
  count.value = "3";
  all(".drawer [data-action=continue]")[0].click();
  expect(sent.pop()).toEqual({ kind: "steer", action: "continue", run: "run2", count: 3 });
  view.close();
});

test("a run that cannot go on says why instead", async () => {
  const why = "It wrote no checkpoint.";
  const { view, sent } = await opened(detail({ cannot_continue: why }));
  const [button] = all(".drawer [data-action=continue]");
  expect([button.disabled, button.parentElement.title]).toEqual([true, why]);
  button.click();
  expect(sent.filter(({ kind }) => kind === "steer")).toEqual([]);
  view.close();
});

test.each([
  ["is under way", { rows: [row(1), row(2, { state: "running", active: true })] }],
  ["belongs to nobody who could go on with it", { actions: ["retry"] }],
])("a run that %s has no such button", async (_, options) => {
  const { view } = await opened(detail(), options);
  expect(all("[data-action=continue]")).toEqual([]);
  view.close();
});

test("its details tell where it went on", async () => {
  const { view } = await opened(detail({ continued: [["step 12", "after 3 min 05 s"]] }), { actions: [] });
  const section = all(".drawer section").find((each) => !each.hidden && each.textContent.startsWith("Continued"));
  expect([...section.querySelectorAll("th, td")].map((cell) => cell.textContent)).toEqual(["step 12", "after 3 min 05 s"]);
  view.close();
});

test.each([
  ["RUNNING", 0, true], ["PAUSED", 0, true], ["PENDING", 0, true],
  ["FINISHED", 1, true], ["FINISHED", 0, false], ["CANCELED", 0, false],
])("the best runs of a sweep that is %s with %i under way: hidden %s", async (state, active, isHidden) => {
  const { view, sent } = await opened(detail(), { state, progress: { ...picture().progress, active } });
  const [button] = all("[data-action=continue_best]");
  expect(button.hidden).toBe(isHidden);
  button.click();
  expect(sent.pop()).toEqual({ kind: "steer", action: "continue_best" });
  view.close();
});

test("the words of the progress and the plan come as they are", async () => {
  const progress = { ...picture().progress, words: ["28 of 40 runs", "12 stopped early"], plan: "7 more runs fit until 14:32", remaining_s: 30 };
  const { view } = await opened(detail(), { progress });
  expect(all(".words")[0].textContent).toBe("28 of 40 runs · 12 stopped early · 10 s · about 30 s left · 7 more runs fit until 14:32");
  view.close();
});

test("a stopped run that may go on is called paused, and found by both words", async () => {
  const { view } = await opened(detail(), { rows: [row(1), row(2, { state: "stopped", word: "paused" })] });
  expect(all("[data-run=run2] td")[1].textContent).toContain("paused");
  for (const word of ["paused", "stopped"]) {
    view.panel.query = word;
    view.panel.changed();
    await frames();
    expect(all("tbody tr[data-run]").map((tr) => tr.dataset.run)).toEqual(["run2"]);
  }
  view.close();
});
