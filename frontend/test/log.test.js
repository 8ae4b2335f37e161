// The pane for what the runs print.
import { expect, test } from "vitest";
import { logLines } from "../src/log_lines.js";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => host.shadowRoot.querySelector(selector);
const texts = () => all(".log-text > div").map((line) => line.textContent);

async function opened(lines, more = {}) {
  const sent = [];
  const view = mount(host, { picture: picture([row(1), row(2)]), send: (message) => sent.push(message), ...more });
  await frames();
  view.addToLog({ first: 1, lines });
  one(".log").open = true;
  one(".log").dispatchEvent(new Event("toggle"));
  return { view, sent };
}

test("lines are put in their order however they come, and the first ones go", () => {
  const lines = logLines();
  lines.take({ first: 1, lines: [[3, 1, "c"]] });
  lines.take({ first: 1, lines: [[1, 1, "a"], [2, 2, "b"], [3, 1, "c"]] });
  expect(lines.all(null).map(({ text }) => text)).toEqual(["a", "b", "c"]);
  lines.take({ first: 2, lines: [[3, 1, "C"], [4, 2, "d"]] });
  expect(lines.all(null).map(({ text }) => text)).toEqual(["b", "C", "d"]);
  expect(lines.all(2).map(({ text }) => text)).toEqual(["b", "d"]);
  expect(lines.runs()).toEqual([1, 2]);
  expect(lines.last().text).toBe("d");
});

test("nothing is shown before a run has printed, and then its last line", async () => {
  const view = mount(host, { picture: picture(), send: () => {} });
  await frames();
  expect(one(".log").hidden).toBe(true);
  view.addToLog({ first: 1, lines: [[1, 12, "epoch 1"], [2, 13, "epoch 2"]] });
  expect(one(".log").hidden).toBe(false);
  expect(one(".log").open).toBe(false);
  expect(one(".log .last").textContent).toBe("13 │ epoch 2");
  expect(texts()).toEqual([]);
});

test("an open pane asks for all lines and a closed one for the last", async () => {
  const { view, sent } = await opened([[1, 1, "a"]]);
  expect(sent.filter(({ kind }) => kind === "log").pop()).toEqual({ kind: "log", lines: 2000 });
  view.askForLog();
  expect(sent.pop()).toEqual({ kind: "log", lines: 2000 });
  one(".log").open = false;
  one(".log").dispatchEvent(new Event("toggle"));
  expect(sent.pop()).toEqual({ kind: "log", lines: 1 });
});

test("a progress bar changes in its place, and its element stays", async () => {
  const { view } = await opened([[1, 1, " 10 %"], [2, 2, "other"]]);
  const [bar] = all(".log-text > div");
  view.addToLog({ first: 1, lines: [[1, 1, " 20 %"], [3, 2, "new"]] });
  expect(texts()).toEqual(["1 │  20 %", "2 │ other", "2 │ new"]);
  expect(all(".log-text > div")[0]).toBe(bar);
});

test("what is no longer kept goes from the pane", async () => {
  const { view } = await opened([[1, 1, "a"], [2, 1, "b"]]);
  view.addToLog({ first: 2, lines: [[3, 1, "c"]] });
  expect(texts()).toEqual(["1 │ b", "1 │ c"]);
});

test("one run alone is shown without its number, and opens its details", async () => {
  const { view } = await opened([[1, 1, "a"], [2, 2, "b"], [3, 1, "c"]]);
  const chooser = one(".log select");
  expect([...chooser.options].map(({ textContent }) => textContent)).toEqual(["all runs", "run 1", "run 2"]);
  chooser.value = "1";
  chooser.dispatchEvent(new Event("change"));
  expect(all(".log-text > div > span:last-child").map((span) => span.textContent)).toEqual(["a", "c"]);
  expect(one(".log-text").hasAttribute("data-one")).toBe(true);
  const details = all(".log button").find((button) => button.textContent === "Details");
  expect(details.hidden).toBe(false);
  details.click();
  expect(view.panel.opened).toBe("run1");
});

test("it follows the end unless somebody reads further up", async () => {
  const { view } = await opened([[1, 1, "a"]]);
  const pane = one(".log-text");
  Object.defineProperties(pane, { scrollHeight: { value: 500, configurable: true }, clientHeight: { value: 100 } });
  view.addToLog({ first: 1, lines: [[2, 1, "b"]] });
  expect(pane.scrollTop).toBe(500);
  pane.scrollTop = 50;
  pane.dispatchEvent(new Event("scroll"));
  view.addToLog({ first: 1, lines: [[3, 1, "c"]] });
  expect(pane.scrollTop).toBe(50);
  const newest = all(".log button").find((button) => button.textContent === "Newest ↓");
  expect(newest.hidden).toBe(false);
  newest.click();
  expect(pane.scrollTop).toBe(500);
});

test("a saved output shows the lines that it holds, and asks nobody", async () => {
  mount(host, { picture: picture(), log: [[7, "first"], [8, "<b>last</b>"]] });
  await frames();
  expect(one(".log .last").textContent).toBe("8 │ <b>last</b>");
  one(".log").open = true;
  one(".log").dispatchEvent(new Event("toggle"));
  expect(texts()).toEqual(["7 │ first", "8 │ <b>last</b>"]);
});
