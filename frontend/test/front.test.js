import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { drawnPair, frontAxes } from "../src/front_plane.js";
import { planeOf, xOf, yOf } from "../src/plane.js";
import { bestSoFar, objectiveAxes, starred } from "../src/model.js";
import { newView, shownAxes } from "../src/axes.js";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];

/** Runs by loss and accuracy, in per cent of both axes; on the front are those that `front` names. */
function withFront(points, front, fields = {}) {
  const shown = picture(points.map(([loss, accuracy], i) =>
    row(i + 1, { metric: loss / 10, metric_text: String(loss / 10), places: [0, 0.01, accuracy], results: [String(accuracy)] })));
  const [first, second, loss] = shown.axes;
  const accuracy = { ...loss, name: "accuracy", low: 0, high: 100, is_metric: false, is_extra: true, is_objective: true, best: 100, poor: 0 };
  const limits = { at_most: null, at_least: null, is_objective: true };
  return {
    ...shown, best: null, axes: [first, second, accuracy, loss],
    metrics: [{ name: "loss", goal: "minimize", ...limits }, { name: "accuracy", goal: "maximize", ...limits }],
    front: front.map((n) => `run${n}`), standing: `Front of loss and accuracy: ${front.length} runs`,
    hypervolume: { steps: [[1, 0.5], [3, 2]], text: "2, measured to loss 9 and accuracy 10" }, ...fields,
  };
}

const POINTS = [[10, 20], [50, 60], [90, 95], [80, 40]];

beforeEach(() => Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 1000 }));
afterEach(() => delete HTMLElement.prototype.clientWidth);

async function opened(shown, options = {}) {
  mount(host, { picture: shown, ...options });
  await frames();
}

function plane() {
  const box = one(".front-plane");
  const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
  const at = { left, right: left + width, top, base: top + height };
  return { x: (share) => xOf(at, share), y: (share) => yOf(at, share) };
}

async function drag(from, to) {
  const { x, y } = plane();
  const event = (type, [a, b]) => Object.assign(new MouseEvent(type, { bubbles: true, clientX: x(a), clientY: y(b), button: 0 }), { pointerId: 1 });
  one(".front-plane").dispatchEvent(event("pointerdown", from));
  dispatchEvent(event("pointermove", to));
  await frames();
  dispatchEvent(event("pointerup", to));
  await frames();
}

const key = async (name, options = {}) => {
  one(".front-plane").dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...options }));
  await frames();
};

test("the front takes the place of the best so far, and no run is called the best", async () => {
  await opened(withFront(POINTS, [1, 2, 3]));
  expect(all("figure").filter((figure) => !figure.hidden).map((figure) => figure.querySelector("figcaption").firstChild.textContent.trim()))
    .toEqual(["Front", "Hypervolume", "Learning curves", "By one parameter"]);
  expect(one(".best-run").textContent).toContain("★ Front of loss and accuracy: 3 runs");
  expect(all("tr.best").map((tr) => tr.getAttribute("data-run"))).toEqual(["run3", "run2", "run1"]);
  expect(all("tbody .expand").map((button) => button.getAttribute("aria-label"))).toEqual(
    ["Run 3, on the front: details", "Run 2, on the front: details", "Run 1, on the front: details", "Run 4: details"]);
  expect(host.shadowRoot.textContent).not.toMatch(/[Tt]he best|Best/);
});

test("a sweep with one metric keeps the best so far and has no front", async () => {
  await opened(picture());
  expect(all("figure").filter((figure) => !figure.hidden).map((figure) => figure.querySelector("figcaption").firstChild.textContent.trim()))
    .toEqual(["Best so far", "Learning curves"]);
  expect(one(".front-plane")).toBeUndefined();
});

test("a rectangle on the front selects runs and is reported as a brush on each axis", async () => {
  const onSelect = vi.fn();
  await opened(withFront(POINTS, [1, 2, 3]), { onSelect });
  await drag([0.4, 0.5], [1, 1]);
  const [ids, brushes] = onSelect.mock.calls.at(-1);
  expect(ids).toEqual(["run2", "run3"]);
  expect(Object.keys(brushes.ranges).sort()).toEqual(["accuracy", "loss"]);
  expect(brushes.ranges.loss[0][0]).toBeCloseTo(0.4, 6);
  expect(brushes.ranges.accuracy[0]).toEqual([expect.closeTo(0.5, 6), 1]);
  expect(all(".front .plane-brush .brush").length).toBe(1);
  expect(all('[data-axis="loss"] .brush').length).toBe(1);
});

test("a rectangle is moved by its middle, stretched by an edge and removed by a click", async () => {
  const onSelect = vi.fn();
  await opened(withFront(POINTS, [1, 2, 3]), { onSelect, brushes: { ranges: { loss: [[0.2, 0.6]], accuracy: [[0.2, 0.8]] } } });
  const ranges = () => onSelect.mock.calls.at(-1)[1].ranges;
  await drag([0.4, 0.5], [0.6, 0.4]);
  expect(ranges().loss[0]).toEqual([expect.closeTo(0.4, 6), expect.closeTo(0.8, 6)]);
  expect(ranges().accuracy[0]).toEqual([expect.closeTo(0.1, 6), expect.closeTo(0.7, 6)]);
  await drag([0.6, 0.4], [0.9, 0.9]); // no further than the ends of the axes
  expect(ranges().loss[0]).toEqual([expect.closeTo(0.6, 6), 1]);
  expect(ranges().accuracy[0]).toEqual([expect.closeTo(0.4, 6), 1]);
  await drag([0.6, 0.7], [0.3, 0.2]); // its left edge alone
  expect(ranges().loss[0]).toEqual([expect.closeTo(0.3, 6), 1]);
  expect(ranges().accuracy[0]).toEqual([expect.closeTo(0.4, 6), 1]);
  await drag([0.65, 0.7], [0.65, 0.7]);
  expect(ranges()).toEqual({});
});

test("keys make a rectangle, move it, stretch it and remove it", async () => {
  const onSelect = vi.fn();
  await opened(withFront(POINTS, [1, 2, 3]), { onSelect });
  const ranges = () => onSelect.mock.calls.at(-1)[1].ranges;
  await key("ArrowUp");
  expect(onSelect).not.toHaveBeenCalled();
  await key("Enter");
  expect(ranges()).toEqual({ loss: [[0.33, 0.67]], accuracy: [[0.33, 0.67]] });
  expect(one(".front-plane").getAttribute("aria-valuetext")).toBe("selected loss 3.3 to 6.7, accuracy 33 to 67");
  await key("ArrowRight");
  await key("ArrowUp", { shiftKey: true });
  expect(ranges().loss[0]).toEqual([expect.closeTo(0.37, 6), expect.closeTo(0.71, 6)]);
  expect(ranges().accuracy[0]).toEqual([0.33, expect.closeTo(0.71, 6)]);
  await key("Escape");
  expect(ranges()).toEqual({});
});

test("runs that lack an objective or do not count are not on the chart", async () => {
  const shown = withFront(POINTS, [1, 2, 3]);
  shown.rows[3] = { ...shown.rows[3], places: [0, 0.01, null] };
  shown.rows[2] = { ...shown.rows[2], counts: false };
  await opened(shown);
  one(".charts .front details").open = true;
  one(".charts .front details").dispatchEvent(new Event("toggle"));
  expect(all('table[aria-label="Front"] tbody tr').map((tr) => tr.textContent)).toEqual(["1120", "2560", "3995"]);
  expect(all(".steps").length).toBe(1);
});

test("a button selects the runs of the front, for Python too", async () => {
  const onSelect = vi.fn();
  await opened(withFront(POINTS, [1, 3]), { onSelect });
  all(".best-run button")[0].click();
  await frames();
  expect(onSelect.mock.calls.at(-1)[0]).toEqual(["run1", "run3"]);
  expect(all("tbody tr[data-run]").length).toBe(2);
});

test("where no run keeps the limits that is said, and runs beyond them are crossed", async () => {
  const metrics = [{ name: "loss", goal: "minimize", at_most: 5, at_least: null, is_objective: true }];
  const standing = "No run keeps loss at most 5 yet. Run 1 comes nearest: loss 6 (at most 5)";
  await opened(picture([row(6, { beyond: "loss 6 (at most 5)" })], { best: null, metrics, standing }));
  expect(one(".best-run").textContent).toBe(`⚠ ${standing}`);
  expect(one("tbody .expand").textContent).toBe("✗ 6");
  expect(all("th button").map((button) => button.textContent)).toContain("loss ↓ ≤ 5");
  expect(all("tr.best").length).toBe(0);
});

test("runs beyond a limit never are the best so far", () => {
  const rows = [row(1, { beyond: "x" }), row(5), row(3, { beyond: "x" }), row(4)];
  expect(bestSoFar(rows, "minimize").map(({ best }) => best)).toEqual([null, 5, 5, 4]);
  expect(bestSoFar(rows, "minimize").map(({ isRecord }) => isRecord)).toEqual([false, true, false, true]);
});

test("further metrics have columns that sort, and an axis beside the metric's", async () => {
  const shown = withFront(POINTS, [1]);
  expect(shownAxes(shown, newView()).map(({ axis }) => axis.name)).toEqual(["optimizer", "learning_rate", "accuracy", "loss"]);
  await opened(shown);
  const heads = all("thead .sort").map((button) => button.textContent);
  expect(heads).toContain("accuracy ↑");
  all("thead .sort").find((button) => button.textContent === "accuracy ↑").click();
  await frames();
  // The front, which is run 1 alone here, stays in the first row.
  expect(all("tbody tr[data-run]").map((tr) => tr.getAttribute("data-run"))).toEqual(["run1", "run3", "run2", "run4"]);
  expect(all(".title").map((title) => title.lastChild?.textContent)).toEqual(expect.arrayContaining(["accuracy (max)", "loss (min)"]));
});

test("of three objectives two are chosen, and the one that was there changes places", async () => {
  const shown = withFront(POINTS, [1]);
  const size = { ...shown.axes[2], name: "size" };
  shown.axes.splice(3, 0, size);
  shown.metrics = [...shown.metrics, { ...shown.metrics[0], name: "size" }];
  shown.rows = shown.rows.map((each) => ({ ...each, places: [...each.places, 5], results: [...each.results, "5"] }));
  const names = (front) => drawnPair({ picture: shown, view: newView({ front }) }).map(({ axis }) => axis.name);
  expect(names([])).toEqual(["loss", "accuracy"]);
  expect(names(["size", "loss"])).toEqual(["size", "loss"]);
  expect(names(["gone", "loss"])).toEqual(["accuracy", "loss"]);
  await opened(shown);
  const [upwards] = all(".front figcaption select");
  expect(upwards.value).toBe("accuracy");
  upwards.value = "loss";
  upwards.dispatchEvent(new Event("change"));
  await frames();
  expect(all(".front figcaption select").map((select) => select.value)).toEqual(["loss", "accuracy"]);
  expect(all(".steps").length).toBe(0); // three objectives have none in a plane
});

test("the stars are those of the front, or the best one's", () => {
  expect(["a", "b"].map(starred({ best: { id: "a" }, front: [] }))).toEqual([true, false]);
  expect(["a", "b"].map(starred({ best: null, front: ["b"] }))).toEqual([false, true]);
  expect(objectiveAxes(picture())).toEqual([]);
});

test("positions lie inside of the plane", () => {
  const [x, y] = frontAxes({ picture: withFront(POINTS, []), view: newView() });
  const at = planeOf([x, y], 500, 372);
  expect([xOf(at, 0) > at.left, xOf(at, 1) < at.right, yOf(at, 1) > at.top, yOf(at, 0) < at.base]).toEqual([true, true, true, true]);
});
