import { expect, test, vi } from "vitest";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const ALL = ["pause", "resume", "stop", "stop_now", "extend", "end", "end_now", "kill"];
const button = (action) => all(`[data-action=${action}]`)[0];
const amount = () => all('[aria-label="How many runs to add"]')[0];
const trouble = () => all(".trouble")[0].querySelector("span").textContent;
const answer = (fields) => ({ run: null, ok: true, text: "", ...fields });

async function steered(fields = {}, controls = {}) {
  const sent = [];
  const rows = [row(1), row(2, { state: "running", active: true })];
  const base = picture(rows);
  const shown = { ...base, progress: { ...base.progress, active: 1 }, ...fields };
  const view = mount(host, { picture: shown, send: (message) => sent.push(message), controls: { actions: ALL, bridge: "push", charts: [], ...controls } });
  await frames();
  return { view, sent, steers: () => sent.filter(({ kind }) => kind === "steer") };
}

test("a button that waits says so, and a second click asks for nothing", async () => {
  const { view, steers } = await steered();
  for (const [action, label, waits] of [["pause", "Pause", "Pausing…"], ["stop", "Stop after current", "Stopping…"], ["stop_now", "Stop now", "Stopping…"], ["extend", "Add runs", "Adding…"]]) {
    expect(button(action).textContent).toBe(label);
    button(action).click();
    button(action).click();
    await frames();
    button(action).click();
    expect(steers().filter((message) => message.action === action)).toHaveLength(1);
    expect([button(action).textContent, button(action).getAttribute("aria-disabled"), button(action).disabled]).toEqual([waits, "true", false]);
    view.answer(answer({ action }));
    await frames();
    expect([button(action).textContent, button(action).getAttribute("aria-disabled")]).toEqual([label, "false"]);
    button(action).click();
    expect(steers().filter((message) => message.action === action)).toHaveLength(2);
    view.answer(answer({ action }));
  }
  view.close();
});

test("a button that nobody answers can be pressed again, except where cells come first", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    for (const [bridge, times] of [["push", 2], ["none", 1]]) {
      const { view, steers } = await steered({}, { bridge });
      button("extend").click();
      vi.advanceTimersByTime(60_000);
      await frames();
      expect(all(".gone")[0].hidden).toBe(false);
      button("extend").click();
      expect(steers()).toHaveLength(times);
      view.close();
    }
  } finally {
    vi.useRealTimers();
  }
});

test("only a number of runs can be added, and what is wrong is said", async () => {
  const { view, steers } = await steered();
  for (const [typed, found] of [["0", "found 0; "], ["-2", "found -2; "], ["1e9", "found 1e9; "], ["2.5", "found 2.5; "], ["", ""]]) {
    amount().value = typed;
    button("extend").click();
    await frames();
    expect(trouble()).toBe(`⚠ Add runs: ${found}a whole number from 1 to 9,999 is needed.`);
    expect([amount().getAttribute("aria-invalid"), host.shadowRoot.activeElement]).toEqual(["true", amount()]);
  }
  expect(steers()).toEqual([]);
  amount().value = "12";
  button("extend").click();
  await frames();
  expect(steers()).toEqual([{ kind: "steer", action: "extend", count: 12 }]);
  expect([trouble(), amount().getAttribute("aria-invalid")]).toEqual(["", "false"]);
  view.close();
});

test("an error is said at the top until the next click, whatever else is answered", async () => {
  const { view } = await steered();
  view.answer(answer({ action: "retry", run: "run1", ok: false, text: "retry: it did not work." }));
  view.answer(answer({ action: "retry", run: "run2" }));
  await frames();
  expect(trouble()).toBe("⚠ retry: it did not work.");
  expect(all(".panel")[0].firstElementChild).toBe(all(".trouble")[0]);
  all(".trouble button")[0].click();
  await frames();
  expect([trouble(), all(".trouble button")[0].hidden]).toEqual(["", true]);
  view.close();
});

test("ending the sweep for good asks first, in the page and by keyboard", async () => {
  const { view, steers } = await steered();
  const asked = () => all(".confirm")[0];
  expect([asked().hidden, button("ask_end").getAttribute("aria-expanded")]).toEqual([true, "false"]);
  button("ask_end").click();
  await frames();
  expect([asked().hidden, button("ask_end").getAttribute("aria-expanded")]).toEqual([false, "true"]);
  expect(asked().textContent).toContain("End this sweep for good? No agent takes another run of it, here or elsewhere; only sweep.resume() in Python opens it again. 1 run under way.");
  expect(host.shadowRoot.activeElement).toBe(button("keep"));
  expect(steers()).toEqual([]);
  asked().dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect([asked().hidden, host.shadowRoot.activeElement]).toEqual([true, button("ask_end")]);
  button("ask_end").click();
  button("end_now").click();
  button("end_now").click();
  expect(steers()).toEqual([{ kind: "steer", action: "end_now" }]);
  view.answer(answer({ action: "end_now" }));
  const { sweep } = view.panel.picture;
  view.applyDelta({ seq: view.panel.picture.seq + 1, set: { sweep: { ...sweep, state: "FINISHED", word: "finished" } }, rows: [], gone: [] });
  await frames();
  expect([asked().hidden, button("ask_end").hidden]).toEqual([true, true]);
  view.close();
});

test("where no run is under way there is one way to end the sweep", async () => {
  const { view, sent } = await steered({ progress: { ...picture([row(1)]).progress, active: 0 } });
  button("ask_end").click();
  await frames();
  expect([button("end").textContent, button("end_now").hidden]).toEqual(["End the sweep", true]);
  expect(all(".confirm")[0].textContent).toContain("No run is under way.");
  button("end").click();
  expect(sent.filter(({ kind }) => kind === "steer")).toEqual([{ kind: "steer", action: "end" }]);
  view.close();
});

test("a sweep that nobody here can end has no button for it", async () => {
  const { view } = await steered({}, { actions: ["pause", "stop"] });
  expect(button("ask_end").hidden).toBe(true);
  view.close();
});

test("what the ranking waits for is said, and never that runs have to end which have", async () => {
  const running = (number) => row(number, { state: "running", active: true });
  for (const [rows, live, text] of [
    [[], false, "No run yet: nbsweep.agent(…) starts some."], [[], true, "Waiting for the first run to end."],
    [[running(1)], true, "Waiting for the first run to end."], [[row(1, { state: "failed", metric: null }), running(2)], true, "Ranking the parameters…"],
  ]) {
    const view = mount(host, { picture: picture(rows, { importance: null, live, best: null }), send() {}, controls: { actions: [], bridge: "push", charts: [] } });
    await frames();
    expect(host.shadowRoot.textContent).toContain(text);
    view.close();
    host.shadowRoot.replaceChildren();
  }
});

test("a kernel that sends no picture is said not to answer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const view = mount(host, { picture: null, send() {} });
    expect(host.shadowRoot.textContent).toContain("Waiting for the kernel…");
    vi.advanceTimersByTime(20_000);
    expect(host.shadowRoot.textContent).toContain("The kernel does not answer. If it was restarted, run nbsweep.show() in a cell.");
    view.setPicture(picture());
    await frames();
    expect(host.shadowRoot.textContent).not.toContain("does not answer");
    view.close();
  } finally {
    vi.useRealTimers();
  }
});
