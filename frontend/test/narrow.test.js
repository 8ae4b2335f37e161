// Values whose spread is small beside their size, long names, diverged runs.
import { expect, test } from "vitest";
import { shownRange } from "../src/shown_range.js";
import { drawnTicks, newView, shownAxes } from "../src/axes.js";
import { position, textAt } from "../src/model.js";
import { unpack } from "../src/packing.js";
import { linear } from "../src/scale.js";
import { digitsIn, number, shorten } from "../src/wording.js";

const axis = (fields) => ({
  name: "x", kind: "linear", low: 0, high: 1, ticks: [], categories: [], marks: [], is_metric: false, is_extra: false, best: 0, poor: 1, ...fields });

test.each([
  [0.99991, 0.99995, "0.99991 0.99992 0.99993 0.99994 0.99995"],
  [-1235.0005, -1235.0002, "-1235.0005 -1235.0004 -1235.0003 -1235.0002"],
  [1.7e9, 1.7e9 + 40, "1700000000 1700000010 1700000020 1700000030 1700000040"],
  [2019, 2024, "2019 2020 2021 2022 2023 2024"],
  [100001, 100049, "100010 100020 100030 100040"],
  [0, 4e8, "0 1e8 2e8 3e8 4e8"],
  [0, 0.3, "0 0.1 0.2 0.3"],
])("ticks from %d to %d are plain numbers that differ", (low, high, labels) => {
  const digits = digitsIn(low, high, 4);
  expect(linear([low, high], [0, 1]).ticks(4).map((value) => number(value, digits)).join(" ")).toBe(labels);
});

test("numbers of a narrow axis say where a brush is, on both scales", () => {
  const narrow = axis({ low: 1.7e9, high: 1.7e9 + 100 });
  expect(textAt(narrow, 0.25)).toBe("1700000025");
  const labels = drawnTicks(narrow, newView({ scales: { x: "log" } })).map(([, label]) => label);
  expect(labels.length).toBeGreaterThan(2);
  expect(new Set(labels).size).toBe(labels.length);
});

test("places of a short logarithmic axis keep their order", () => {
  const short = axis({ kind: "log", low: 1, high: 1 + 1e-12 });
  const at = Array.from({ length: 50 }, (_, k) => position(short, 1 + k * 2e-14));
  expect(new Set(at).size).toBe(50);
  expect([...at].sort((a, b) => a - b)).toEqual(at);
});

test("names stay apart wherever they differ", () => {
  const shared = "optimizer_config.scheduler.";
  const models = ["google/bert-base-uncased", "google/bert-base-cased"];
  for (const names of [
    Array.from({ length: 24 }, (_, k) => `${shared}${k}_of_the_encoder`), models, ["a", "b"],
    Array.from({ length: 12 }, (_, k) => `${"a".repeat(20)}${k}${"b".repeat(20)}`),
  ])
    for (const letters of [4, 6, 9, 18]) {
      const short = shorten(names, letters);
      expect(new Set(short).size).toBe(names.length);
      expect(Math.max(...short.map((text) => text.length))).toBeLessThanOrEqual(letters + 2);
    }
  expect(shorten(models, 18)).toEqual(["…bert-base-uncased", "…bert-base-cased"]);
});

test("a diverged run does not flatten the other curves", () => {
  const curves = Array.from({ length: 9 }, (_, i) => Array.from({ length: 20 }, (_, k) => 0.1 + 0.01 * i + 2 / (k + 1)));
  const [low, high] = shownRange([...curves, [0.5, 1e3, 4e8]], false, false, 0.2);
  expect(low).toBeCloseTo(0.2);
  expect(high).toBeLessThan(10);
  // Not even where several did, or where the goal is the other one.
  expect(shownRange([...curves, [1, 4e8], [1, 5e8]], false, false)[1]).toBeLessThan(10);
  expect(shownRange([...curves, [0.5, -4e8]], true, false)[0]).toBeGreaterThan(-10);
  expect(shownRange([...curves, [0.5, 4e8]], false, true)[1]).toBeLessThan(1000);
});

test("without a diverged run the axis holds nearly all values, and the best one always", () => {
  const flat = [[1, 1], [2, 2], [3, 3], [4, 4]];
  expect(shownRange(flat, false, false)).toEqual([1, 4]);
  expect(shownRange([[1, 1], [1, 1], [1, 1]], false, false)).toEqual([1, 1]);
  expect(shownRange([[0, 1], [0, 1.1], [0, 1.2], [0, 1.1], [0, 90]], true, false, 90)).toEqual([0, 90]);
});

test("shownAxes leaves out what there is no room for", () => {
  const axes = Array.from({ length: 10 }, (_, k) => axis({ name: `p${k}` }));
  axes.push(axis({ name: "loss", is_metric: true }));
  expect(shownAxes({ axes, importance: null }, newView(), 4).map((entry) => entry.axis.name)).toEqual(["p0", "p1", "p2", "p3", "loss"]);
});

test("curves of close values come with all their digits", () => {
  const coded = { texts: ["finished"], codes: [0] };
  const packed = {
    n: 1, numbers: ["number"], n_axes: 0, curve_bytes: 8, ids: ["a"], names: ["a"], states: coded, workers: coded, notes: coded,
    metric_texts: [""], texts: [], beyond: { texts: [""], codes: [0] }, results: [], words: { finished: "finished" }, steps: {}, continued: {} };
  const curve = [-1235.0001, -1235.0002];
  const buffer = new ArrayBuffer(8 * 6);
  new Float64Array(buffer).set([1, 0, 1, 2, ...curve]);
  expect(unpack(packed, buffer)[0].curve).toEqual(curve);
});
