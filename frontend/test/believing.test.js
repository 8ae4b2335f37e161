import { expect, test } from "vitest";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];
const BELIEFS = [{ name: "learning_rate", text: "0.001 to 0.01, log", ranges: [[0.3333, 0.6667]] }];
const CONTROLS = { actions: ["narrow", "believe"], bridge: "push" };

test("what is selected can be believed in, by a method that takes beliefs", async () => {
  const sent = [];
  const view = mount(host, { picture: picture([row(1), row(5)]), send: (message) => sent.push(message), controls: CONTROLS });
  await frames();
  expect(one("[data-action=believe]").hidden).toBe(true);
  const axis = one("[data-axis=learning_rate]");
  axis.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await frames();
  expect(one("[data-action=believe]").hidden).toBe(false);
  one("[data-action=believe]").click();
  expect(sent.at(-1)).toMatchObject({ kind: "steer", action: "believe" });
  expect(sent.at(-1).brushes.ranges.learning_rate).toHaveLength(1);
  view.close();
});

test("without a search that takes beliefs there is no such button", async () => {
  const view = mount(host, { picture: picture([row(1), row(5)]), send() {}, controls: { actions: ["narrow"], bridge: "push" } });
  await frames();
  one("[data-axis=learning_rate]").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await frames();
  expect(one("[data-action=narrow]").hidden).toBe(false);
  expect(one("[data-action=believe]").hidden).toBe(true);
  view.close();
});

test("a belief is marked on its axis, listed, and withdrawn", async () => {
  const sent = [];
  const view = mount(host, { picture: picture([row(1)], { beliefs: BELIEFS }), send: (message) => sent.push(message), controls: CONTROLS });
  await frames();
  expect(all("[data-axis=learning_rate] .believed")).toHaveLength(1);
  expect(all("[data-axis=optimizer] .believed")).toHaveLength(0);
  expect(one(".beliefs").textContent).toBe("Believed to be best: learning_rate 0.001 to 0.01, log✕");
  one("[data-action=withdraw]").click();
  expect(sent.at(-1)).toMatchObject({ kind: "steer", action: "believe", withdraw: "learning_rate" });
  view.applyDelta({ seq: 2, set: { beliefs: [] }, rows: [], gone: [] });
  await frames();
  expect(one(".beliefs").hidden).toBe(true);
  expect(all(".believed")).toHaveLength(0);
  view.close();
});
