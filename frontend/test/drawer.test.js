import { afterEach, expect, test, vi } from "vitest";
import { follow } from "../src/following.js";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

afterEach(() => vi.useRealTimers());

const one = (selector) => all(selector)[0];
const drawer = () => one("aside.drawer");
const sections = () => all(".drawer section:not([hidden])");
const section = (title) => sections().find((each) => each.querySelector(".heading")?.textContent.startsWith(title));
const cells = (element) => [...element.querySelectorAll("tbody tr")].map((tr) => [...tr.children].map((cell) => cell.textContent));
const key = (element, name) => element.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, composed: true }));
const detail = (fields = {}) => ({ console: "", error: "", stopped: [], why: [], metrics: [], config: [], json: "", parts: [], continued: [],
  facts: [], started: null, iterations: 3, cannot_continue: "", ...fields });

/** A panel with a run open. */
async function opened(id, options = {}) {
  const sent = [];
  const { rows = [row(1), row(2)], details, fields, ...others } = options;
  const view = mount(host, { picture: picture(rows, fields), details, send: (message) => sent.push(message), ...others });
  await frames();
  view.panel.open(id);
  await frames();
  return { view, sent };
}

const changed = (view, ...rows) => view.applyDelta({ seq: view.panel.picture.seq + 1, set: {}, rows, gone: [] });

test("what went wrong comes first, then why, in sentences", async () => {
  const { view } = await opened("run2", {
    rows: [row(1), row(2, { state: "failed", note: "ValueError: no", metric: null, metric_text: "" })],
    details: { run2: detail({ error: "Traceback\n  line 3\nValueError: no", console: "epoch 1", why: ["Drawn at random.", "It failed."],
      metrics: [["loss", "2"]], facts: [["code", "1489a5d3"]], started: 1e9 }) } });
  expect(drawer().getAttribute("aria-label")).toBe("Run 2");
  expect(one(".panel").hasAttribute("data-open")).toBe(true);
  expect(one(".drawer .title").textContent).toBe("Run 2● failed ↑↓✕");
  expect(one(".drawer-head .muted.small").textContent).toMatch(/^brisk-sweep-2 · began .*2001.* · took 12 s$/);
  expect(sections().map((each) => each.querySelector("b.error, .heading").textContent)).toEqual([
    "ValueError: no", "loss 3 to 2, steps 0 to 2; pale: the best", "Console", "Why these parameters", "Config", "Metrics", "More"]);
  expect(one(".drawer pre").textContent).toContain("line 3");
  expect([...section("Why").querySelectorAll("p")].map((p) => p.textContent)).toEqual(["Drawn at random.", "It failed."]);
  view.close();
});

test("a run that was stopped says why in a sentence, or in its own words where there are none", async () => {
  const rows = [row(1), row(2, { state: "stopped", note: "band 3: 2 is worse than 1" })];
  const { view } = await opened("run2", { rows });
  expect(section("Why it was stopped").textContent).toContain("band 3: 2 is worse than 1");
  view.setDetail("run2", detail({ stopped: ["Stopped early after 3 of 27 iterations."] }));
  await frames();
  expect(section("Why it was stopped").textContent).toBe("Why it was stoppedStopped early after 3 of 27 iterations.");
  view.close();
});

test("nothing of it is made anew by updates: what is typed, focused and written stays", async () => {
  const rows = [row(1), row(2, { state: "failed", note: "ValueError: no" }), row(3, { state: "running", active: true })];
  const found = detail({ error: "Traceback\nValueError: no", console: "epoch 1", metrics: [["loss", "2"]], config: [["lr", "0.1"]], why: ["Drawn."] });
  const { view } = await opened("run2", { rows, details: { run2: found }, controls: { actions: ["retry", "continue"], bridge: "push" } });
  const before = all(".drawer *");
  const text = one(".drawer pre").firstChild;
  const count = one(".drawer input");
  count.value = "17";
  count.focus();
  for (let k = 0; k < 20; k++) {
    changed(view, { id: "run2", duration_s: k }, { id: "run3", metric: k, metric_text: String(k) });
    await frames();
  }
  view.setDetail("run2", { ...found, console: "epoch 1\nepoch 2", metrics: [["loss", "3"], ["accuracy", "1"]] });
  await frames();
  const after = new Set(all(".drawer *"));
  expect(before.filter((element) => !after.has(element))).toEqual([]);
  expect([one(".drawer pre").firstChild, host.shadowRoot.activeElement, count.value]).toEqual([text, count, "17"]);
  expect([one("pre.console").textContent, cells(section("Metrics"))]).toEqual(["epoch 1\nepoch 2", [["loss", "3"], ["accuracy", "1"]]]);
  view.close();
});

test("while the run changes it is asked about again, at most once a second, and what is known stays shown", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { view, sent } = await opened("run2", { rows: [row(1), row(2, { state: "running", active: true })] });
  expect(sent).toEqual([{ kind: "detail", run: "run2" }]);
  view.setDetail("run2", detail({ console: "epoch 1" }));
  await frames();
  sent.length = 0;
  for (let k = 0; k < 5; k++) changed(view, { id: "run2", duration_s: k });
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual([{ kind: "detail", run: "run2" }]);
  expect(one("pre.console").textContent).toBe("epoch 1");
  changed(view, { id: "run1", duration_s: 1 });
  vi.advanceTimersByTime(5000);
  expect(sent.length).toBe(1); // another run
  view.panel.open(null);
  changed(view, { id: "run2", state: "finished" });
  vi.advanceTimersByTime(5000);
  expect(sent.length).toBe(1); // nobody reads it
  view.panel.open("run2");
  expect(sent.length).toBe(2);
  view.panel.open("run2");
  expect(sent.length).toBe(2);
  view.close();
});

test("its config stands beside the best run's, what differs first, and the best run is asked about once", async () => {
  const rows = [row(1, { texts: ["adam", "0.01"] }), row(2, { texts: ["adam", "0.01"] })];
  const { view, sent } = await opened("run2", { rows, details: { run2: detail({ config: [["optimizer", "adam"], ["learning_rate", "0.010001"], ["data", "b"], ["epochs", "5"]] }) } });
  expect(sent).toEqual([{ kind: "detail", run: "run1" }]);
  expect(all(".drawer tr.differs")).toEqual([]); // by the texts of the table; of the others nothing is known
  view.setDetail("run1", detail({ config: [["optimizer", "adam"], ["learning_rate", "0.010002"], ["data", "a"], ["epochs", "5"]] }));
  await frames();
  expect(cells(section("Config"))).toEqual([
    ["learning_rate", "0.010001", "0.010002"], ["data", "b", "a"], ["optimizer", "adam", "adam"], ["epochs", "5", "5"]]);
  expect(all(".drawer tr.differs th").map((th) => th.textContent)).toEqual(["learning_rate", "data"]);
  all(".config thead button")[0].click();
  await frames();
  expect(one(".drawer-title").textContent).toBe("Run 1 ★ the best");
  expect(cells(section("Config"))[0]).toEqual(["optimizer", "adam"]);
  expect(one(".config thead").hidden).toBe(true);
  expect(sent.length).toBe(1);
  view.close();
});

test("a long config is shown in part until it is asked for", async () => {
  const config = Array.from({ length: 40 }, (_, k) => [`p${k}`, String(k)]);
  const { view } = await opened("run2", { details: { run2: detail({ config }) } });
  expect(cells(section("Config")).length).toBe(30);
  all(".config > button")[0].click();
  await frames();
  expect([cells(section("Config")).length, all(".config > button")[0].hidden]).toEqual([42, true]);
  view.close();
});

test("a run that a saved page knows little of shows what its row holds, and waits for nothing", async () => {
  const rows = [row(1), row(2, { state: "failed", note: "ValueError: no", texts: ["sgd", "0.5"] })];
  const view = mount(host, { picture: picture(rows), details: {} });
  await frames();
  view.panel.open("run2");
  await frames();
  expect(sections().map((each) => each.querySelector("b.error, .heading").textContent)).toEqual([
    "ValueError: no", "loss 3 to 2, steps 0 to 2; pale: the best", "Config"]);
  expect(cells(section("Config"))).toEqual([["optimizer", "sgd", "adam"], ["learning_rate", "0.5", "0.01"]]);
  expect([drawer().textContent.includes("…"), drawer().textContent.includes("not kept in this page")]).toEqual([false, true]);
  expect(all(".drawer .drawer-buttons button").map((button) => button.parentElement.hidden)).toEqual([true, false]);
  view.close();
});

test("of a kernel that is gone no details are waited for", async () => {
  const { view } = await opened("run2");
  expect(drawer().textContent).toContain("…");
  view.setGone(true);
  await frames();
  expect(drawer().textContent).not.toContain("…");
  view.close();
});

test("opened by a key it has the focus, and gives it back to the run's row when Escape closes it", async () => {
  const { view } = await opened(null);
  const button = () => one("[data-run=run2] button.expand");
  button().focus();
  key(button(), "Enter");
  button().click();
  await frames();
  expect(host.shadowRoot.activeElement).toBe(one(".drawer-title"));
  changed(view, { id: "run2", duration_s: 99 }); // its row may be made anew
  await frames();
  key(one(".drawer-title"), "Escape");
  await frames();
  expect([drawer().hidden, one(".panel").hasAttribute("data-open")]).toEqual([true, false]);
  expect(host.shadowRoot.activeElement).toBe(button());
  view.close();
});

test("opened by the pointer it leaves the focus where it is; ✕ closes it", async () => {
  const { view } = await opened(null);
  one("[data-run=run2]").dispatchEvent(new Event("pointerdown", { bubbles: true }));
  one("[data-run=run2] button.expand").focus();
  one("[data-run=run2] td").click();
  await frames();
  expect([drawer().hidden, host.shadowRoot.activeElement]).toEqual([false, one("[data-run=run2] button.expand")]);
  one(".drawer .close").focus();
  one(".drawer .close").click();
  await frames();
  expect([drawer().hidden, host.shadowRoot.activeElement]).toEqual([true, one("[data-run=run2] button.expand")]);
  view.close();
});

test("opened by a click on what takes no focus it has it, so that Escape is heard", async () => {
  const { view } = await opened(null);
  one(".parallel .chart").dispatchEvent(new Event("pointerdown", { bubbles: true }));
  view.panel.hover("run2");
  one(".parallel .chart").click();
  await frames();
  key(host.shadowRoot.activeElement, "Escape");
  await frames();
  expect([drawer().hidden, host.shadowRoot.activeElement]).toEqual([true, one("[data-run=run2] button.expand")]);
  view.close();
});

test("Escape in a field outside of it closes nothing, and elsewhere in the panel it does", async () => {
  const { view } = await opened("run2");
  one("input[type=search]").focus();
  key(one("input[type=search]"), "Escape");
  await frames();
  expect(drawer().hidden).toBe(false);
  key(one("[data-run=run1] button.expand"), "Escape");
  await frames();
  expect(drawer().hidden).toBe(true);
  view.close();
});

test("the best run of the header and the failed ones of an error are links that open them", async () => {
  const broken = (number) => row(number, { state: "failed", metric: null, note: "ValueError: no" });
  const rows = [row(1), broken(2), row(2, { id: "again", attempt: 1 }), broken(3)];
  const { view } = await opened(null, { rows, fields: { failures: [{ text: "ValueError: no", runs: [2, 3], traceback: "Traceback" }] } });
  const wasOpen = one(".failures details").open;
  all(".failures .which button")[1].click();
  expect(view.panel.opened).toBe("run3");
  all(".failures .which button")[0].click();
  expect(view.panel.opened).toBe("run2"); // and not the attempt that went well
  expect(one(".failures details").open).toBe(wasOpen);
  all(".best-run button").find((button) => button.textContent === "run 1").click();
  expect(view.panel.opened).toBe("run1");
  view.close();
});

test("it goes on to the neighbours in the order of the table", async () => {
  const { view } = await opened("run2", { rows: [row(3), row(1), row(2)] });
  view.panel.sort = { key: "metric", direction: 1 };
  view.panel.changed();
  await frames();
  const seen = [];
  for (const word of ["Next", "Next", "Previous", "Previous"]) {
    one(`.drawer [aria-label^=${word}]`).click();
    await frames();
    seen.push(one(".drawer-title").textContent.slice(0, 5));
  }
  expect(seen).toEqual(["Run 3", "Run 1", "Run 3", "Run 2"]);
  view.panel.query = "brisk-sweep-1";
  view.panel.changed();
  await frames();
  one(".drawer [aria-label^=Next]").click(); // from a run that is not in the table to its first
  expect(view.panel.opened).toBe("run1");
  view.close();
});

test("its config and its name are copied as they are", async () => {
  const written = [];
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: async (text) => written.push(text) } });
  const { view } = await opened("run2", { details: { run2: detail({ json: '{\n  "lr": 0.012345678901234567\n}', error: "Traceback\nKeyError" }) } });
  for (const name of ["copy config", "copy name", "copy"]) all(".drawer button").find((button) => button.textContent === name).click();
  await frames();
  expect(written).toEqual(['{\n  "lr": 0.012345678901234567\n}', "brisk-sweep-2", "Traceback\nKeyError"]);
  vi.unstubAllGlobals();
  view.close();
});

test.each([
  ["is added to", "epoch 1\n", "epoch 1\nepoch 2\n"],
  ["loses its beginning", "epoch 1\nepoch 2\nepoch 3\n", "epoch 2\nepoch 3\nepoch 4\n"],
  ["has a bar that moves on", "epoch 1\n 50 %|##  |", "epoch 1\n 75 %|### |"],
  ["is another one", "abc", "xyz"],
  ["is the same", "epoch 1", "epoch 1"],
  ["is empty", "epoch 1", ""],
  ["was empty", "", "epoch 1"],
])("a console that %s is followed, in the same text node", (_, before, after) => {
  const pre = document.createElement("pre");
  document.body.append(pre);
  pre.textContent = before;
  const node = pre.firstChild;
  follow(pre, after);
  expect(pre.textContent).toBe(after);
  if (node && after) expect(pre.firstChild).toBe(node);
  pre.remove();
});

test("what is selected in a console stays selected while lines come and go", () => {
  const pre = document.createElement("pre");
  document.body.append(pre);
  const lines = (from, to) => Array.from({ length: to - from }, (_, k) => `epoch ${from + k}: loss 0.12345\n`).join("");
  pre.textContent = lines(10, 40);
  const at = pre.textContent.indexOf("epoch 20");
  const range = document.createRange();
  range.setStart(pre.firstChild, at);
  range.setEnd(pre.firstChild, at + 8);
  follow(pre, lines(10, 41));
  follow(pre, lines(15, 50));
  expect([pre.textContent, range.toString()]).toEqual([lines(15, 50), "epoch 20"]);
  pre.remove();
});
