// A result against one parameter, with a rectangle that selects runs.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount } from "../src/panel.js";
import { xOf, yOf } from "../src/plane.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];
const RATES = [1e-4, 1e-3, 1e-2, 1e-1]; // evenly spaced on the axis
const runs = () => RATES.map((rate, i) => row(i + 1, { curve: [], places: [i % 2, rate], metric: 2 * i + 1, metric_text: String(2 * i + 1) }));
const ranked = (...names) => ({
  verdict: "", n_runs: 4, is_ranked: true, left_out: "", metric: "loss", method: "forest", heading: "", explained: "", notes: [],
  rows: names.map((name) => ({ name, importance: 0.5, error: 0.1, correlation: 0, high_value: null, ratio: null, best_value: null, n_runs: 4, stands_out: true, dependence: [] })),
});

beforeEach(() => Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 1000 }));
afterEach(() => delete HTMLElement.prototype.clientWidth);

async function opened(fields = {}, options = {}) {
  const view = mount(host, { picture: picture(runs(), fields), ...options });
  await frames();
  return view;
}

const across = () => one(".scatter [data-choice=x]");
const titles = () => all(".scatter .axes text.strong").map((text) => text.textContent);

function geometry() {
  const box = one(".scatter-plane");
  const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
  const at = { left, right: left + width, top, base: top + height };
  return { x: (share) => xOf(at, share), y: (share) => yOf(at, share), below: at.base + 10 };
}

async function drag(target, from, to) {
  const event = (type, [clientX, clientY]) => Object.assign(new MouseEvent(type, { bubbles: true, clientX, clientY, button: 0 }), { pointerId: 1 });
  one(target).dispatchEvent(event("pointerdown", from));
  dispatchEvent(event("pointermove", to));
  await frames();
  dispatchEvent(event("pointerup", to));
  await frames();
}

test("by itself the parameter that decides most is drawn, and another one can be chosen", async () => {
  await opened({ importance: ranked("learning_rate", "optimizer") });
  expect(across().value).toBe("learning_rate");
  expect([...across().options].map(({ value }) => value)).toEqual(["learning_rate", "optimizer"]);
  expect(titles()).toEqual(["loss", "learning_rate (log)"]);
  across().value = "optimizer";
  across().dispatchEvent(new Event("change"));
  await frames();
  expect(titles()).toEqual(["loss", "optimizer"]);
  expect(one(".scatter-plane").getAttribute("aria-label")).toContain("optimizer and loss");
});

test("without a ranking the first parameter is drawn", async () => {
  await opened();
  expect(across().value).toBe("optimizer");
});

test("a rectangle brushes both axes, as parallel coordinates do", async () => {
  const onSelect = vi.fn();
  await opened({ importance: ranked("learning_rate") }, { onSelect });
  const { x, y } = geometry();
  await drag(".scatter-plane", [x(0.25), y(0.2)], [x(0.75), y(0.6)]); // of 0.001 and 0.01 with a loss of 3 and 5
  const [ids, { ranges }] = onSelect.mock.lastCall;
  expect(ids).toEqual(["run2", "run3"]);
  expect(ranges.learning_rate[0].map((at) => Number(at.toFixed(2)))).toEqual([0.25, 0.75]);
  expect(ranges.loss[0].map((at) => Number(at.toFixed(2)))).toEqual([0.2, 0.6]);
  expect(one('[data-axis="learning_rate"]').getAttribute("aria-valuetext")).toContain("selected");
});

test("beside the labels of the axis across, it alone is brushed", async () => {
  const onSelect = vi.fn();
  await opened({ importance: ranked("learning_rate") }, { onSelect });
  const { x, below } = geometry();
  await drag(".scatter .plane.across", [x(0.5), below], [x(1), below]);
  const [ids, { ranges }] = onSelect.mock.lastCall;
  expect(ids).toEqual(["run3", "run4"]);
  expect(Object.keys(ranges)).toEqual(["learning_rate"]);
  await drag(".scatter .plane.across", [x(0.75), below], [x(0.45), below]); // moves it
  expect(onSelect.mock.lastCall[0]).toEqual(["run2", "run3"]);
});

test("a rectangle that touches a category holds it, however its points are spread", async () => {
  const onSelect = vi.fn();
  await opened({}, { onSelect });
  const { x, y } = geometry();
  await drag(".scatter-plane", [x(0.02), y(0)], [x(0.1), y(1)]); // the left edge of adam's place
  expect(onSelect.mock.lastCall[0]).toEqual(["run1", "run3"]);
  expect(one(".scatter-plane").getAttribute("aria-valuetext")).toContain("optimizer adam to adam");
});

test("Enter, arrows and Delete do without a pointer", async () => {
  const onSelect = vi.fn();
  await opened({ importance: ranked("learning_rate") }, { onSelect });
  const press = async (key, options = {}) => {
    one(".scatter-plane").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options }));
    await frames();
  };
  await press("Enter");
  expect(Object.keys(onSelect.mock.lastCall[1].ranges)).toEqual(["learning_rate", "loss"]);
  const before = onSelect.mock.lastCall[1].ranges.learning_rate[0][1];
  await press("ArrowRight", { shiftKey: true });
  expect(onSelect.mock.lastCall[1].ranges.learning_rate[0][1]).toBeGreaterThan(before);
  await press("Delete");
  expect(onSelect.mock.lastCall[1].ranges).toEqual({});
});

test("it follows the scale that the axis is drawn with, and keeps what is brushed", async () => {
  const view = await opened({ importance: ranked("learning_rate") });
  view.panel.brush({ ranges: { learning_rate: [[0.5, 1]] }, invert: false }, true);
  await frames();
  const wide = () => Number(one(".scatter .brush").getAttribute("width"));
  const before = wide();
  view.panel.look({ scales: { learning_rate: "linear" } });
  await frames();
  expect(titles()).toEqual(["loss", "learning_rate"]);
  expect(wide()).toBeGreaterThan(1.5 * before); // 0.003 to 0.1 is most of a linear axis
  expect(view.panel.selected).toEqual(new Set(["run3", "run4"]));
});
