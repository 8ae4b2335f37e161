// What the runs have shown, under the header, and the button that widens a range.
import { expect, test } from "vitest";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => host.shadowRoot.querySelector(selector);
const SAID = { text: "The best 4 of 40 runs have optimizer adam.", parameters: {} };
const MORE = { text: "optimizer sgd did worse than adam: mean loss 2 against 1, 18 and 22 runs.", parameters: {} };
const EDGE = {
  text: "The best 4 of 40 runs sit at learning_rate's upper end, 0.1: a wider range may hold better values.",
  parameters: { learning_rate: { max: 3 } },
};
const STEER = { actions: ["pause", "edit"], bridge: "" };

const shown = () => all("details.outlook").filter((element) => !element.hidden);

test("the first finding stands under the best run, the others behind it", async () => {
  const view = mount(host, { picture: picture([row(1)], { findings: [SAID, MORE] }) });
  await frames();
  const [found] = shown();
  expect(found.querySelector("summary").textContent).toBe(SAID.text);
  expect([...found.querySelectorAll("li")].map((li) => li.textContent)).toEqual([MORE.text]);
  view.applyDelta({ seq: 2, set: { findings: [] }, rows: [], gone: [] });
  await frames();
  expect(shown()).toEqual([]);
  view.close();
});

test("the button of a range that is too narrow fills the form, and only that range is sent", async () => {
  const sent = [];
  const view = mount(host, { picture: picture([row(1)], { findings: [SAID, EDGE] }), send: (message) => sent.push(message), controls: STEER });
  await frames();
  expect(one(".notes .note").textContent).toBe(`⚠ ${EDGE.text} widen it…`);
  expect(shown()[0].textContent).toBe(SAID.text);
  one("[data-action=widen]").click();
  expect(sent.pop()).toEqual({ kind: "space" });
  view.setSpace({ learning_rate: { distribution: "log_uniform_values", min: 0.0001, max: 0.1 }, epochs: { min: 1, max: 9 } });
  expect(one("input[aria-label='learning_rate, max']").value).toBe("3");
  expect(one("input[aria-label='learning_rate, min']").value).toBe("0.0001");
  one("form.edit").dispatchEvent(new Event("submit", { cancelable: true }));
  expect(sent).toEqual([{ kind: "steer", action: "edit", parameters: { learning_rate: { min: 0.0001, max: 3 } } }]);
  view.answer({ action: "edit", run: null, ok: true, text: "" });
  one("[data-action=edit]").click(); // the next time the form has the sweep's own limits
  view.setSpace({ learning_rate: { distribution: "log_uniform_values", min: 0.0001, max: 0.1 } });
  expect(one("input[aria-label='learning_rate, max']").value).toBe("0.1");
  view.close();
});

test("a list is proposed with its new value, which counts only while it is checked", async () => {
  const sent = [];
  const wider = { text: "…", parameters: { batch: { values: [16, 32, 64] } } };
  const view = mount(host, { picture: picture([row(1)], { findings: [wider] }), send: (message) => sent.push(message), controls: STEER });
  await frames();
  for (const keep of [true, false]) {
    one("[data-action=widen]").click();
    view.setSpace({ batch: { values: [16, 32] } });
    if (!keep) one("input[aria-label='batch: 64']").click();
    one("form.edit").dispatchEvent(new Event("submit", { cancelable: true }));
  }
  expect(sent.filter(({ kind }) => kind === "steer").map(({ parameters }) => parameters))
    .toEqual([{ batch: { values: [16, 32, 64] } }]);
  view.close();
});

test("the button survives pictures in which nothing is new, and is not there without a kernel", async () => {
  const view = mount(host, { picture: picture([row(1)], { findings: [EDGE] }), send: () => {}, controls: STEER });
  await frames();
  const button = one("[data-action=widen]");
  view.applyDelta({ seq: 2, set: {}, rows: [{ id: "run1", duration_s: 13 }], gone: [] });
  await frames();
  expect(one("[data-action=widen]")).toBe(button);
  view.setControls({ actions: [], bridge: "" });
  await frames();
  expect(one("[data-action=widen]")).toBe(null);
  expect(shown()[0].textContent).toBe(EDGE.text);
  view.close();
});
