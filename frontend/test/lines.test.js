// Parallel coordinates: how lines run, which are strong, what stands where, and what is left out.
import { expect, test, vi } from "vitest";
import { placeTitles } from "../src/axis_titles.js";
import { drawnAt, drawnTicks, isStillOrder, newView, positionAt, shownAxes } from "../src/axes.js";
import { histograms } from "../src/histograms.js";
import { cutTo, keeping } from "../src/keeping.js";
import { climb, lineShape } from "../src/line_shape.js";
import { rememberedPositions, textAt } from "../src/model.js";
import { mount } from "../src/panel.js";
import { newLayout, yAt } from "../src/parallel_layout.js";
import { lineAt } from "../src/parallel_lines.js";
import { pointedAt } from "../src/parallel_tips.js";
import { strongRuns, strongText } from "../src/strong.js";
import { shorten } from "../src/wording.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];
const ranking = (...names) => ({ verdict: "", n_runs: 20, is_ranked: true, left_out: "", metric: "loss", method: "forest",
  rows: names.map((name, k) => ({ name, importance: 0.9 - k / 10, error: 0.01, correlation: null, dependence: [] })) });
/** A sweep of four parameters. */
function four(importance, rows = [row(1), row(2)]) {
  const shown = picture(rows, { importance });
  const [a, b, loss] = shown.axes;
  shown.axes = [a, b, { ...b, name: "momentum" }, { ...b, name: "decay" }, loss];
  shown.rows = rows.map((each) => ({ ...each, places: [each.places[0], each.places[1], 0.01, 0.001] }));
  return shown;
}
/** What the modules of the plot need of a panel, 440 pixels wide. */
function plotted(shown, view = {}) {
  const panel = { picture: shown, view: newView(view), brushes: { ranges: {}, invert: false }, selected: null, positions: rememberedPositions(),
    byId: new Map(shown.rows.map((each) => [each.id, each])), colours: { faint: "pale", line: "dark" },
    isOut: (id) => panel.selected !== null && !panel.selected.has(id) };
  const layout = newLayout(panel, document.createElement("div"));
  layout.width = 440;
  return { panel, layout, shape: lineShape(panel, layout), bars: histograms(panel, layout) };
}
const namesOf = (shown, view, most, ranked) => shownAxes(shown, newView(view), most, ranked).map(({ axis }) => axis.name);
const shownNames = () => all("[data-axis]").map((axis) => axis.getAttribute("data-axis"));

test("what decides stands next to the metric, and is hidden last; a moved axis has the last word", () => {
  const ranked = ["decay", "optimizer", "momentum", "learning_rate"];
  const shown = four(ranking(...ranked));
  expect(namesOf(shown, {}, 12, ranked)).toEqual(["learning_rate", "momentum", "optimizer", "decay", "loss"]);
  expect(namesOf(shown, {}, 2, ranked)).toEqual(["optimizer", "decay", "loss"]);
  expect(namesOf(shown, {}, 12, ["decay"])).toEqual(["momentum", "learning_rate", "optimizer", "decay", "loss"]);
  expect(namesOf(shown, { order: ["loss", "decay", "optimizer", "momentum", "learning_rate"] }, 12, ranked)[0]).toBe("loss");
  expect(namesOf(shown, {}, 12, [])).toEqual(["optimizer", "learning_rate", "momentum", "decay", "loss"]);
});

test("an order stands until a ranking contradicts it by more than its errors", () => {
  const rank = (...shares) => ({ rows: shares.map(([name, importance]) => ({ name, importance, error: 0.1 })) });
  expect(isStillOrder(["a", "b"], rank(["b", 0.5], ["a", 0.4]))).toBe(true);
  expect(isStillOrder(["a", "b"], rank(["b", 0.7], ["a", 0.3]))).toBe(false);
  expect(isStillOrder(["a", "b", "c"], rank(["c", 0.9], ["b", 0.8], ["a", 0.1]))).toBe(false);
  expect(isStillOrder([], rank(["a", 1]))).toBe(false);
});

test("axes follow a ranking, but not under a brush or the pointer, and again when asked", async () => {
  const view = mount(host, { picture: four(null), send() {} });
  await frames();
  let seq = 1;
  const tell = async (importance) => {
    view.applyDelta({ seq: ++seq, set: { importance }, rows: [], gone: [] });
    await frames();
    return shownNames();
  };
  const first = ["optimizer", "learning_rate", "momentum", "decay", "loss"];
  expect(shownNames()).toEqual(first);
  expect(await tell({ ...ranking("optimizer"), is_ranked: false })).toEqual(first);
  view.panel.brush({ ranges: { decay: [[0, 1]] }, invert: false }, true);
  expect(await tell(ranking("optimizer", "decay"))).toEqual(first);
  view.panel.clear();
  await frames();
  expect(shownNames()).toEqual(["momentum", "learning_rate", "decay", "optimizer", "loss"]);
  const plot = one(".parallel .chart");
  plot.dispatchEvent(new Event("pointermove"));
  expect(await tell(ranking("momentum", "decay"))).toEqual(["momentum", "learning_rate", "decay", "optimizer", "loss"]);
  plot.dispatchEvent(new Event("pointerleave"));
  await frames();
  expect(shownNames().at(-2)).toBe("momentum");
  view.panel.look({ order: ["loss", ...first.slice(0, 4)] });
  await frames();
  one("details.menu").open = true;
  one("details.menu").dispatchEvent(new Event("toggle"));
  all(".sheet button").find((each) => each.textContent === "order by importance").click();
  await frames();
  expect(shownNames().slice(-2)).toEqual(["momentum", "loss"]);
  view.close();
});

test("runs of one value lie beside each other, always at the same place, near their value", () => {
  const rows = Array.from({ length: 30 }, (_, k) => row(k + 1, { places: [k % 2, 0.01] }));
  const { panel, layout, shape } = plotted(picture(rows));
  const [optimizer, rate] = panel.picture.axes;
  const before = rows.map((each) => [...shape.ys(each)]);
  expect(new Set(before.map(([y]) => y.toFixed(3))).size).toBe(30);
  rows.forEach((each, k) => {
    const true_ = layout.y(optimizer, panel.positions(each, panel.picture.axes)[0]);
    expect(Math.abs(before[k][0] - true_)).toBeLessThanOrEqual(5);
  });
  expect(new Set(before.map(([, y]) => y)).size).toBe(1); // a number of a range lies where it is
  expect(before[0][1]).toBeCloseTo(layout.y(rate, 2 / 3), 3);
  const later = plotted(picture([...rows, row(31), row(32)].map((each) => ({ ...each, metric: each.number / 3 }))));
  expect([...later.shape.ys(later.panel.picture.rows[4])].slice(0, 2)).toEqual(before[4].slice(0, 2));
});

test("few whole numbers have jitter by their distance, many none, runs without a value as well", () => {
  const spread = (marks, places) => {
    const shown = picture(places.map((place, k) => row(k + 1, { places: [place, 0.01] })));
    shown.axes = [{ ...shown.axes[2], is_metric: false, name: "layers", low: 0, high: Math.max(1, ...marks), marks }, ...shown.axes.slice(1)];
    const { shape } = plotted(shown);
    const ys = shown.rows.map((each) => shape.ys(each)[0]);
    return Math.max(...ys) - Math.min(...ys);
  };
  const same = Array(40).fill(1);
  expect(spread([0, 1, 2], same)).toBeGreaterThan(4);
  expect(spread(Array.from({ length: 21 }, (_, k) => k), same)).toBeLessThan(0.4 * (196 / 20));
  expect(spread(Array.from({ length: 200 }, (_, k) => k), same)).toBe(0);
  expect(spread([], same)).toBe(0);
  expect(spread([], Array(40).fill(null))).toBeGreaterThan(4);
});

test("a line climbs steadily and is level at the axes, and the pointer follows the curve", () => {
  const steps = Array.from({ length: 101 }, (_, k) => climb(k / 100, true));
  expect([steps[0].risen, steps[50].risen, steps[100].risen].map((each) => each.toFixed(3))).toEqual(["0.000", "0.500", "1.000"]);
  expect(steps.every(({ risen }, k) => !k || risen >= steps[k - 1].risen)).toBe(true);
  expect(steps[0].slope).toBeCloseTo(0, 2);
  expect(steps[50].slope).toBeGreaterThan(1.5);
  expect(climb(0.25, false)).toEqual({ risen: 0.25, slope: 1 });
  const { panel, layout, shape } = plotted(picture([row(1, { places: [0, 0.1], metric: 0 })]), { hidden: ["optimizer"] });
  const drawn = layout.axes();
  const [top, bottom] = [yAt(1), yAt(0)];
  const x = drawn[0].x + 0.12 * (drawn[1].x - drawn[0].x);
  expect(lineAt(panel, shape, drawn, x, top + climb(0.12, true).risen * (bottom - top))).toBe("run1");
  expect(lineAt(panel, shape, drawn, x, top + 0.12 * (bottom - top))).toBe(null); // where a straight one would be
});

test("more than 2,000 lines are straight", () => {
  const calls = { bezierCurveTo: 0, lineTo: 0, moveTo: 0 };
  const ctx = Object.fromEntries(Object.keys(calls).map((name) => [name, () => { calls[name] += 1; }]));
  const few = plotted(picture());
  few.shape.trace(ctx, few.panel.picture.rows[0], few.layout.axes(), few.shape.isCurved());
  const many = plotted(picture(Array.from({ length: 2001 }, (_, k) => row(k + 1))));
  many.shape.trace(ctx, many.panel.picture.rows[0], many.layout.axes(), many.shape.isCurved());
  expect(calls).toEqual({ moveTo: 2, bezierCurveTo: 2, lineTo: 2 });
});

test.each([["minimize", ["run1", "run2", "run3", "run4"]], ["maximize", ["run40", "run39", "run38", "run37"]]])(
  "the best tenth is strong: %s", (goal, expected) => {
    const rows = Array.from({ length: 43 }, (_, k) => row(k + 1, k >= 40 ? { state: "failed", metric: null } : {}));
    const shown = picture(rows, { metric: { name: "loss", goal, target: null } });
    expect([...strongRuns(shown)]).toEqual(expected);
    expect(strongText(shown)).toBe("strong: the best 10 %");
  });

test("of few runs three are strong, of three none, and with several objectives the front is", () => {
  const rows = (n) => Array.from({ length: n }, (_, k) => row(k + 1));
  expect([strongRuns(picture(rows(8))).size, strongText(picture(rows(8)))]).toEqual([3, "strong: the best 3"]);
  expect([strongRuns(picture(rows(3))).size, strongText(picture(rows(3)))]).toEqual([0, ""]);
  expect(strongRuns(picture(rows(8).map((each, k) => (k ? each : { ...each, beyond: "latency" })))).has("run1")).toBe(false);
  const metrics = ["loss", "latency"].map((name) => ({ name, goal: "minimize", at_most: null, at_least: null, is_objective: true }));
  expect([...strongRuns(picture(rows(8), { metrics, front: ["run5", "run6"] }))]).toEqual(["run5", "run6"]);
  expect(strongRuns(picture(rows(8), { metric: null })).size).toBe(0);
});

test("runs that are left out leave the ends of the axes, and new runs come in", () => {
  const rows = [row(1, { places: [0, 1e-4] }), row(2, { places: [1, 0.01] }), row(3, { places: [1, 0.1] })];
  const kept = keeping();
  const whole = picture(rows);
  expect(kept(whole, null)).toBe(whole);
  const cut = cutTo(rows, rows.slice(1));
  expect(cut).toEqual({ ids: ["run1"], keeps: false, upto: 3 });
  const shown = kept(whole, cut);
  expect(kept(whole, cut)).toBe(shown);
  expect(shown.rows.map(({ id }) => id)).toEqual(["run2", "run3"]);
  const [optimizer, rate, loss] = shown.axes;
  expect(optimizer.window).toEqual([0, 0.5]);
  expect([textAt(rate, rate.window[0]), textAt(rate, rate.window[1]), textAt(loss, loss.window[0])]).toEqual(["0.01", "0.1", "2"]);
  expect([loss.best, loss.poor]).toEqual([2, 3]);
  expect(drawnTicks(optimizer, newView())).toEqual([]);
  const later = kept({ ...whole, rows: [...rows, row(4, { places: [1, 0.05], metric: 2.5 })] }, cut);
  expect(later.rows.length).toBe(3);
  expect(later.axes).toBe(shown.axes); // nothing has moved, so that positions are still known
  expect(kept({ ...whole, rows: [...rows, row(4, { places: [0, 1e-4] })] }, cut).axes[1].window).toBeUndefined();
});

test("of very many runs those that are kept are listed, and later ones come in", () => {
  const rows = Array.from({ length: 1500 }, (_, k) => row(k + 1));
  const cut = cutTo(rows, rows.slice(0, 10));
  expect([cut.ids.length, cut.keeps]).toEqual([10, true]);
  const shown = keeping()(picture([...rows, row(1501)]), cut);
  expect(shown.rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1501]);
  expect(cutTo(rows, rows)).toBe(null);
});

test("places on a part of an axis are found again, flipped and on the other scale", () => {
  const axis = { ...picture().axes[1], window: [0.25, 0.75] };
  for (const view of [newView(), newView({ flipped: [axis.name] }), newView({ scales: { [axis.name]: "linear" } })]) {
    for (const at of [0.25, 0.4, 0.75]) expect(positionAt(axis, drawnAt(axis, at, view), view)).toBeCloseTo(at, 6);
    expect([drawnAt(axis, 0.25, view), drawnAt(axis, 0.75, view)].sort()).toEqual([0, 1]);
    const ticks = drawnTicks(axis, view);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.every(([at]) => at >= 0 && at <= 1)).toBe(true);
  }
  expect(drawnAt(axis, -0.12, newView())).toBe(-0.12);
});

test("what is brushed is kept alone or left out, everywhere, and brought back", async () => {
  const told = vi.fn();
  const rows = [1, 2, 3, 4].map((number) => row(number, { worker: number % 2 ? "a" : "b" }));
  const view = mount(host, { picture: picture(rows), onSelect: told });
  await frames();
  const press = async (text) => {
    all(".parallel button").find((each) => each.textContent === text && !each.hidden).click();
    await frames();
  };
  const runs = () => all("tbody tr[data-run]").map((tr) => tr.getAttribute("data-run"));
  expect(all(".parallel button").filter((each) => /only|leave/.test(each.textContent)).every((each) => each.hidden)).toBe(true);
  view.panel.brush({ ranges: { loss: [[0, 0.25]] }, invert: false }, true);
  await frames();
  await press("leave these out");
  expect(runs()).toEqual(["run4", "run3"]);
  expect(all(".lanes [data-bar]").map((bar) => bar.getAttribute("data-bar"))).toEqual(["run3", "run4"]);
  expect(one(".left-out").textContent).toBe("2 runs left out · bring back");
  expect(told.mock.lastCall[0]).toEqual([]);
  const { view: remembered } = told.mock.lastCall[1];
  view.applyDelta({ seq: 2, set: {}, rows: [row(5)], gone: [] });
  await frames();
  expect(runs()).toEqual(["run5", "run4", "run3"]);
  view.panel.pick(["run4"]);
  await frames();
  await press("keep only these");
  expect(runs()).toEqual(["run4"]);
  expect(one(".left-out").textContent).toBe("4 runs left out · bring back");
  await press("bring back");
  expect(runs().length).toBe(5);
  expect(one(".left-out").hidden).toBe(true);
  view.close();
  const again = mount(host, { picture: picture(rows), brushes: { ranges: {}, invert: false, view: remembered } });
  await frames();
  expect(runs()).toEqual(["run4", "run3"]);
  again.close();
});

test("importance is asked for over the runs that are left", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const sent = [];
  const view = mount(host, { picture: picture([1, 2, 3].map((number) => row(number))), send: (message) => sent.push(message) });
  await frames();
  view.panel.pick(["run1"]);
  await frames();
  view.panel.cut(false);
  await frames();
  vi.runAllTimers();
  expect(sent.at(-1)).toMatchObject({ kind: "analyse", runs: ["run2", "run3"] });
  vi.useRealTimers();
  view.close();
});

test("names lose what they share, all of a group alike, and others stay whole", () => {
  const names = ["model.encoder.p1", "model.encoder.p2", "model.decoder.p1", "model.lr", "lr"];
  expect(shorten(names, 20)).toEqual(names);
  expect(shorten(names, 12)).toEqual(["…p1", "…p2", "…decoder.p1", "…lr", "lr"]);
  expect(shorten(["opt/lr", "opt/momentum", "batch_size"], 10)).toEqual(["…lr", "…momentum", "batch_size"]);
  expect(shorten(["a.weight_decay", "b.weight_decay"], 13).length).toBe(2);
  for (const letters of [3, 5, 8, 12]) expect(new Set(shorten(["a.b.p1", "c.d.p1", "a.b.p2", "c.d.p2"], letters)).size).toBe(4);
});

test.each([[12, 1000], [20, 1000], [20, 1600], [8, 400], [1, 300]])("no two of %i titles overlap on %i pixels", (n, width) => {
  const measure = (text) => text.length * 7.3;
  const axes = Array.from({ length: n }, (_, k) => ({ name: k % 3 ? `model.encoder.parameter_${k}` : `rate${k}`, sign: k % 2 ? " (log)" : "",
    x: 50 + (k * (width - 120)) / Math.max(1, n - 1) }));
  const titles = placeTitles(axes, width, measure);
  expect(new Set(titles.map(({ text }) => text)).size).toBe(n);
  titles.forEach(({ text, x }, k) => {
    expect(text.endsWith(axes[k].sign)).toBe(true);
    expect(x - measure(text) / 2).toBeGreaterThanOrEqual(0);
    expect(x + measure(text) / 2).toBeLessThanOrEqual(width);
    for (const other of titles.slice(k + 1).filter(({ y }) => y === titles[k].y))
      expect(x + measure(text) / 2).toBeLessThan(other.x - measure(other.text) / 2);
  });
});

test("a histogram counts the runs of each part of an axis, the best ones darker", () => {
  const rows = Array.from({ length: 40 }, (_, k) => row(k + 1, { places: [k < 30 ? 0 : 1, k < 10 ? null : 0.01] }));
  const { panel, layout, shape, bars } = plotted(picture(rows));
  /** @type {[colour: string, x: number, y: number, width: number, height: number][]} */
  const rects = [];
  const ctx = { beginPath() {}, fill() {}, rect(...box) { rects.push([ctx.fillStyle, ...box]); } };
  const drawn = layout.axes();
  bars.draw(ctx, drawn, false);
  const onAxis = (k, colour) => rects.filter(([name, x, , width]) => name === colour && Math.abs(x + width + 3 - drawn[k].x) < 0.01);
  expect(onAxis(0, "pale").map(([, , , width]) => width)).toEqual([20, 20 / 3]);
  expect(onAxis(0, "dark").map(([, , , width]) => width.toFixed(2))).toEqual(["2.67"]); // runs 1 to 4
  expect(onAxis(1, "pale").length).toBe(2); // where all values are, and those without one
  const told = (k, y) => pointedAt(panel, layout, shape, bars, drawn, { x: drawn[k].x - 5, y }).text;
  expect(told(0, yAt(0.75))).toBe("optimizer adam\n30 runs\nbest loss 1, run 1");
  expect(told(1, yAt(-0.12))).toBe("learning_rate missing\n10 runs\nbest loss 1, run 1");
  expect(told(1, yAt(0.67))).toBe("learning_rate 0.00631 to 0.0126\n30 runs\nbest loss 11, run 11");
  panel.selected = new Set(["run40"]);
  bars.draw(ctx, drawn, true);
  expect(told(0, yAt(0.25))).not.toContain("1 selected"); // not with each move of a brush
  bars.draw(ctx, drawn, false);
  expect(told(0, yAt(0.25))).toContain("10 runs, 1 selected");
  panel.view = newView({ histograms: false });
  rects.length = 0;
  bars.draw(ctx, drawn, false);
  expect(rects).toEqual([]);
});

test("the tip says the run, its metric and its value on the nearest axis, and of an axis what it is", async () => {
  const shown = four(ranking("learning_rate", "optimizer"), [row(7, { places: [1, 0.0123] })]);
  const { panel, layout, shape, bars } = plotted(shown);
  const drawn = layout.axes();
  const at = (k) => pointedAt(panel, layout, shape, bars, drawn, { x: drawn[k].x, y: shape.ys(shown.rows[0])[drawn[k].i] });
  const rate = drawn.findIndex(({ axis }) => axis.name === "learning_rate");
  expect(at(rate)).toEqual({ run: "run7", text: "run 7 · finished · loss 7\nlearning_rate: 0.0123" });
  expect(at(drawn.length - 1).text).toBe("run 7 · finished · loss 7");
  const view = mount(host, { picture: shown });
  await frames();
  expect(one("[data-axis=learning_rate]").getAttribute("aria-label")).toContain("learning_rate, 1e-4 to 0.1, logarithmic, no. 1 of 2 by importance");
  expect(one("[data-axis=learning_rate] .title").textContent).toContain("(log)");
  expect(one("[data-axis=optimizer] .title").textContent).not.toContain("(log)");
  one("[data-axis=learning_rate] .title").dispatchEvent(new Event("pointerenter"));
  expect(one(".parallel .tip").textContent).toBe("learning_rate\n1e-4 to 0.1, logarithmic\nno. 1 of 2 by importance: 0.90 ± 0.01");
  view.close();
});

test("the (log) of a title follows the scale that is drawn", async () => {
  const view = mount(host, { picture: picture() });
  await frames();
  view.panel.look({ scales: { learning_rate: "linear" } });
  await frames();
  expect(one("[data-axis=learning_rate] .title").textContent).not.toContain("(log)");
  view.close();
});

test("axes keep their elements, with the focus, whatever changes about them", async () => {
  const view = mount(host, { picture: picture() });
  await frames();
  const kept = () => ["optimizer", "loss"].flatMap((name) => [one(`[data-axis=${name}]`), one(`[data-axis=${name}] .grab`)]);
  const before = kept();
  before[0].focus();
  const axes = view.panel.picture.axes.map((axis) => (axis.is_metric ? { ...axis, high: 20 } : axis));
  view.applyDelta({ seq: 2, set: { axes }, rows: [], gone: [] });
  view.panel.look({ order: ["learning_rate", "optimizer", "loss"], flipped: ["loss"] });
  await frames();
  expect(shownNames()).toEqual(["learning_rate", "optimizer", "loss"]);
  kept().forEach((element, i) => expect(element).toBe(before[i]));
  expect(host.shadowRoot.activeElement).toBe(before[0]);
  expect(one("[data-axis=loss] .title").textContent).toContain("↓");
  view.close();
});

test("two panels of one page leave out runs each by itself, and make their pictures once", async () => {
  const other = document.createElement("div");
  document.body.append(other);
  const rows = [1, 2, 3, 4].map((number) => row(number));
  const [first, second] = [mount(host, { picture: picture(rows) }), mount(other, { picture: picture(rows) })];
  await frames();
  first.panel.look({ cut: { ids: ["run1"], keeps: false, upto: 4 } });
  second.panel.look({ cut: { ids: ["run2", "run3"], keeps: false, upto: 4 } });
  await frames();
  const [one_, two] = [first.panel.picture, second.panel.picture];
  expect([one_.rows.length, two.rows.length]).toEqual([3, 2]);
  expect(first.panel.picture).toBe(one_);
  expect(second.panel.picture).toBe(two);
  first.close();
  second.close();
});
