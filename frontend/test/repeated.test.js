import { expect, test } from "vitest";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const ROWS = [row(1), row(2, { metric: 9, metric_text: "9" }), row(3), row(4, { metric: 4.5, metric_text: "4.5" })];
const REPEATED = [{ id: "run1", others: ["run2", "run3"], n: 3, metric: 5, metric_text: "5 ± 1.2", results: [] }];

async function shown(options = {}) {
  const view = mount(host, { picture: picture(ROWS, { repeated: REPEATED }), brushes: { view: { table: { isUnpinned: true } } }, ...options });
  await frames();
  return view;
}

const runs = () => all("tbody tr[data-run]").map((tr) => tr.dataset.run);
const cells = (id) => all(`[data-run=${id}] td`).map((td) => td.textContent);

test("runs that repeat each other are one row, with how often and the mean", async () => {
  const view = await shown();
  expect(runs()).toEqual(["run4", "run1"]);
  expect(cells("run1")[0]).toBe("★ 1 ×3");
  expect(cells("run1")).toContain("5 ± 1.2");
  expect(all("[data-run=run1] button")[0].getAttribute("aria-label")).toBe("Run 1 ×3, the best: details");
  view.close();
});

test("a row that stands for several runs is sorted by their mean", async () => {
  const view = await shown();
  [...all("thead button")].find((each) => each.textContent.startsWith("loss")).click();
  await frames();
  expect(runs()).toEqual(["run4", "run1"]); // 4.5 before 5, whose first run has 1
  view.close();
});

test("opening one shows the others, each with its own value", async () => {
  const view = await shown();
  for (const id of ["run1", "run3"]) {
    view.panel.open(id);
    await frames();
    expect(runs()).toEqual(["run4", "run3", "run2", "run1"]);
    expect(cells("run2")[0]).toBe("2");
    expect(cells("run2")).toContain("9");
  }
  view.panel.open(null);
  await frames();
  expect(runs()).toEqual(["run4", "run1"]);
  view.close();
});

test("a selection or a filter that leaves out the one that stands for all shows the rest", async () => {
  const view = await shown();
  view.choose(["run2", "run4"]);
  await frames();
  expect(runs()).toEqual(["run4", "run2"]);
  view.choose(["run1", "run2"]);
  await frames();
  expect(runs()).toEqual(["run1"]);
  view.close();
});

test("a row keeps its elements until the runs behind it change", async () => {
  const view = await shown();
  const [before] = all("[data-run=run1]");
  view.panel.changed();
  await frames();
  expect(all("[data-run=run1]")[0]).toBe(before);
  view.applyDelta({ seq: 2, set: { repeated: [{ ...REPEATED[0], n: 4, others: ["run2", "run3", "run5"] }] }, rows: [row(5)], gone: [] });
  await frames();
  expect(runs()).toEqual(["run4", "run1"]);
  expect(cells("run1")[0]).toBe("★ 1 ×4");
  view.close();
});
