import { describe, expect, test } from "vitest";
import {
  MISSING, applyDelta, bestSoFar, brushed, byImportance, position, quality, sortRows, textAt,
} from "../src/model.js";
import { lastStep, stepAt } from "../src/curves.js";
import { duration, number } from "../src/wording.js";
import { allColumns } from "../src/columns.js";
import { picture, row } from "./picture.js";

describe("deltas", () => {
  test("change rows, add rows in order and take rows away", () => {
    const before = picture([row(1), row(3)]);
    const after = applyDelta(before, {
      seq: 2, set: { live: false }, rows: [{ id: "run3", note: "late" }, row(2)], gone: ["run1"],
    });
    expect(after.rows.map((r) => [r.number, r.note])).toEqual([[2, ""], [3, "late"]]);
    expect(after.live).toBe(false);
    expect(after.seq).toBe(2);
    expect(before.rows.length).toBe(2);
  });

  test("keep the objects of rows that did not change, so that they are not drawn anew", () => {
    const before = picture([row(1), row(2)]);
    const after = applyDelta(before, { seq: 2, set: {}, rows: [{ id: "run2", note: "x" }], gone: [] });
    expect(after.rows[0]).toBe(before.rows[0]);
  });

  test("are refused when one is missing in between", () => {
    expect(applyDelta(picture(), { seq: 3, set: {}, rows: [], gone: [] })).toBe(null);
    expect(applyDelta(null, { seq: 1, set: {}, rows: [], gone: [] })).toBe(null);
  });
});

describe("axes", () => {
  const [category, log, metric] = picture().axes;

  test("list categories from the top and logarithms evenly", () => {
    expect(position(category, 0)).toBe(0.75);
    expect(position(category, 1)).toBe(0.25);
    expect(position(log, 1e-4)).toBe(0);
    expect(position(log, 0.1)).toBeCloseTo(1);
    expect(position(log, Math.sqrt(1e-5))).toBeCloseTo(0.5);
  });

  test("have a lane for runs without a value, and ends for values beyond", () => {
    expect(position(log, null)).toBe(MISSING);
    expect(position(metric, 1e9)).toBe(1);
    expect(position({ ...metric, low: -1e308, high: 1e308 }, 0)).toBe(0.5);
  });

  test("say the value at a position", () => {
    expect(textAt(category, 0.8)).toBe("adam");
    expect(textAt(log, 0)).toBe("1e-4");
    expect(textAt(metric, 0.25)).toBe("2.5");
    expect(textAt(metric, MISSING)).toBe("missing");
  });

  test("colour the best with 1 and the poor with 0, whatever the goal", () => {
    expect(quality(metric, 0)).toBe(1);
    expect(quality(metric, 50)).toBe(0);
    expect(quality({ ...metric, best: 10, poor: 0 }, 10)).toBe(1);
  });
});

describe("brushes", () => {
  const rows = [row(1), row(5), row(9), row(10, { metric: null, state: "failed" })];
  const { axes } = picture();
  const inside = (ranges, invert = false) => [...(brushed(rows, axes, { ranges, invert }) ?? [])];

  test("none select nothing in particular", () => {
    expect(brushed(rows, axes, { ranges: {}, invert: false })).toBe(null);
    expect(brushed(rows, axes, { ranges: { loss: [] }, invert: false })).toBe(null);
  });

  test("several on one axis add up, those of two axes narrow", () => {
    expect(inside({ loss: [[0, 0.2], [0.8, 1]] })).toEqual(["run1", "run9"]);
    expect(inside({ loss: [[0, 1]], optimizer: [[0, 0.5]] })).toEqual([]);
  });

  test("reach the runs without a value", () => {
    expect(inside({ loss: [[MISSING - 0.02, MISSING + 0.02]] })).toEqual(["run10"]);
  });

  test("can be inverted", () => {
    expect(inside({ loss: [[0, 0.2]] }, true)).toEqual(["run5", "run9", "run10"]);
  });
});

test("parameters come by importance, those that are not ranked after in their own order", () => {
  const axes = ["a", "b", "c", "d"].map((name) => ({ name }));
  const ranked = (names, is_ranked = true) => byImportance({ axes, importance: { is_ranked, rows: names.map((name) => ({ name })) } });
  expect(ranked(["d", "b", "gone"])).toEqual(["d", "b", "a", "c"]);
  expect(ranked(["d", "b"], false)).toEqual(["a", "b", "c", "d"]);
  expect(byImportance({ axes, importance: null })).toEqual(["a", "b", "c", "d"]);
});

describe("the table", () => {
  const rows = [row(1), row(2, { metric: null, state: "failed", note: "ValueError: NaN" }), row(3, { texts: ["sgd", "0.1"], places: [1, 0.1] })];
  const numbers = (list) => list.map((r) => r.number);

  test("sorts by number, metric and parameter, rows without a value last", () => {
    const columns = allColumns(picture(rows));
    const sorted = (key, direction) => numbers(sortRows(rows, columns.find((each) => each.key === key).value, direction));
    expect(sorted("number", -1)).toEqual([3, 2, 1]);
    expect(sorted("metric", 1)).toEqual([1, 3, 2]);
    expect(sorted("metric", -1)).toEqual([3, 1, 2]);
    expect(sorted("param:learning_rate", -1)).toEqual([3, 2, 1]);
  });

  test("the best so far counts only runs that came to an end", () => {
    const points = bestSoFar([row(5), row(2, { state: "killed" }), row(3), row(4)], "minimize");
    expect(points.map(({ best, isRecord }) => [best, isRecord])).toEqual([[5, true], [3, true], [3, false]]);
  });

  test("a run that goes on keeps its result in the best so far", () => {
    const points = bestSoFar([row(5), row(2, { state: "running", active: true, counts: true }), row(3)], "minimize");
    expect(points.map(({ best }) => best)).toEqual([5, 2, 2]);
  });
});

test("numbers and durations read like the static view's", () => {
  expect([0, 0.1, 12345.678, 1e-5, 1e300, NaN].map((value) => number(value))).toEqual(
    ["0", "0.1", "12350", "1e-5", "1e300", "NaN"]);
  expect([0.04, 8.23, 59, 185, 7800, null].map(duration)).toEqual(
    ["40 ms", "8.2 s", "59 s", "3 min 05 s", "2 h 10 min", ""]);
});

test("a curve's values lie at their steps, spaced evenly or not", () => {
  const even = row(1, { curve: [3, 2, 1], span: [10, 20] });
  expect([0, 0.5, 1, 2].map((i) => stepAt(even, i))).toEqual([10, 12.5, 15, 20]);
  const uneven = row(2, { curve: [3, 2, 1], span: [0, 1, 100] });
  expect([0, 1, 1.5, 2].map((i) => stepAt(uneven, i))).toEqual([0, 1, 50.5, 100]);
  const pair = row(3, { curve: [3, 2], span: [5, 6] });
  expect([stepAt(pair, 0), stepAt(pair, 1), lastStep(pair), lastStep(uneven)]).toEqual([5, 6, 6, 100]);
});
