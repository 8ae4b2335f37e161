import { expect, test, vi } from "vitest";
import { mount } from "../src/panel.js";
import { all, frames, host } from "./host.js";
import { picture, row } from "./picture.js";

const one = (selector) => all(selector)[0];
const CONTROLS = { actions: [], bridge: "push", charts: [["timeline", "Workers over time"], ["cost", "Cost against result"]] };
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><style>@media(prefers-color-scheme:dark){text{}}</style><text>50 % # é</text></svg>';
const chart = (fields = {}) => ({ title: "digits · workers", caption: "3 workers: busy 90 % of the time", alt: "3 workers", svg: SVG, n_runs: 2, n_ended: 2, took_s: 0.01, ...fields });

async function opened(options = {}) {
  const send = vi.fn();
  const view = mount(host, { picture: picture(), controls: CONTROLS, send, ...options });
  await frames();
  return { view, send };
}
async function pick(name) {
  one(".further select").value = name;
  one(".further select").dispatchEvent(new Event("change"));
  await frames();
}
const source = () => decodeURIComponent(one(".further img").getAttribute("src"));

test("the menu lists the charts by name and asks for the one that is picked", async () => {
  const { view, send } = await opened();
  expect(all(".further option").map((option) => option.textContent)).toEqual(["choose a chart", "Workers over time", "Cost against result"]);
  expect(one(".further label").textContent).toContain("Further charts");
  expect(one(".further figure").hidden).toBe(true);
  await pick("timeline");
  expect(send).toHaveBeenLastCalledWith({ kind: "chart", name: "timeline" });
  expect(one(".further [role=status]").textContent).toBe("Drawing…");
  view.setChart({ name: "timeline", chart: chart(), error: "" });
  await frames();
  expect(one(".further figure").hidden).toBe(false);
  expect(one(".further figcaption").textContent).toBe("digits · workers");
  expect(one(".further img").getAttribute("alt")).toBe("3 workers");
  expect(source()).toContain("50 % # é");
  expect(one(".further [role=status]").textContent).toBe("drawn from 2 runs");
  expect(one("[aria-live]").textContent).toBe("Workers over time: 3 workers");
  view.close();
});

test("the picture has the theme of the panel, not of the browser", async () => {
  const { view } = await opened();
  await pick("timeline");
  view.setChart({ name: "timeline", chart: chart(), error: "" });
  await frames();
  expect(source()).toContain("@media not all{text{}}");
  host.style.colorScheme = "dark";
  view.panel.isDark = true;
  view.panel.changed();
  await frames();
  expect(source()).toContain("@media all{text{}}");
  view.close();
});

test("an answer for a chart that is no longer wanted is not shown", async () => {
  const { view } = await opened();
  await pick("timeline");
  await pick("cost");
  view.setChart({ name: "timeline", chart: chart(), error: "" });
  await frames();
  expect(one(".further figure").hidden).toBe(true);
  view.close();
});

test("a chart without a picture says why, and one that went wrong what happened", async () => {
  const { view } = await opened();
  await pick("cost");
  view.setChart({ name: "cost", chart: chart({ svg: "", caption: "No run has ended yet." }), error: "" });
  await frames();
  expect(one(".further .frame").hidden).toBe(true);
  expect(one(".further figure p").textContent).toBe("No run has ended yet.");
  await pick("timeline");
  view.setChart({ name: "timeline", chart: null, error: "It could not be drawn." });
  await frames();
  expect(one(".further figure").hidden).toBe(true);
  expect(one(".further [role=status]").textContent).toBe("It could not be drawn.");
  view.close();
});

test("when runs have ended since, the picture is pale until a newer one has come", async () => {
  const clock = vi.spyOn(Date, "now").mockReturnValue(1e6);
  const { view, send } = await opened();
  await pick("timeline");
  view.setChart({ name: "timeline", chart: chart(), error: "" });
  await frames();
  view.applyDelta({ seq: 2, set: {}, rows: [row(3)], gone: [] });
  await frames();
  expect(one(".further figure").hasAttribute("data-stale")).toBe(true);
  expect(one(".further [role=status]").textContent).toBe("drawn from 2 runs; 1 run ended since");
  expect(send.mock.calls.filter(([{ kind }]) => kind === "chart").length).toBe(1); // too soon
  clock.mockReturnValue(1e6 + 5000);
  view.panel.changed();
  await frames();
  expect(send.mock.calls.filter(([{ kind }]) => kind === "chart").length).toBe(2);
  view.panel.changed();
  await frames();
  expect(send.mock.calls.filter(([{ kind }]) => kind === "chart").length).toBe(2); // it is under way
  view.setChart({ name: "timeline", chart: chart({ n_runs: 3, n_ended: 3 }), error: "" });
  await frames();
  expect(one(".further figure").hasAttribute("data-stale")).toBe(false);
  expect(one(".further [role=status]").textContent).toBe("drawn from 3 runs");
  view.close();
  clock.mockRestore();
});

test("a dear chart is drawn less often", async () => {
  const clock = vi.spyOn(Date, "now").mockReturnValue(1e6);
  const { view, send } = await opened();
  await pick("timeline");
  view.setChart({ name: "timeline", chart: chart({ took_s: 1, n_ended: 1 }), error: "" });
  clock.mockReturnValue(1e6 + 49e3);
  view.panel.changed();
  await frames();
  expect(send.mock.calls.filter(([{ kind }]) => kind === "chart").length).toBe(1);
  clock.mockReturnValue(1e6 + 51e3);
  view.panel.changed();
  await frames();
  expect(send.mock.calls.filter(([{ kind }]) => kind === "chart").length).toBe(2);
  view.close();
  clock.mockRestore();
});

test("a kernel that is gone is asked for nothing, and its last picture stays", async () => {
  const { view, send } = await opened();
  await pick("timeline");
  view.setChart({ name: "timeline", chart: chart(), error: "" });
  view.setGone(true);
  await frames();
  expect(one(".further select").disabled).toBe(true);
  expect(one(".further img").getAttribute("alt")).toBe("3 workers");
  view.setGone(false);
  await frames();
  expect(one(".further select").disabled).toBe(false);
  expect(send.mock.calls.filter(([{ kind }]) => kind === "chart").length).toBe(1);
  view.close();
});

test("without a kernel there is no menu", async () => {
  const view = mount(host, { picture: picture() });
  await frames();
  expect(one(".further").hidden).toBe(true);
  view.close();
});
