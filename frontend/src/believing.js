// "I believe it is here": the selection as a belief, the beliefs there are, and how to withdraw them.
import { h, link } from "./dom.js";
import { HEIGHT, MARGIN } from "./parallel_layout.js";

/** @import { Axis, Panel } from "./types.js" */
/** @import { Layout } from "./parallel_layout.js" */

/** @param {Panel} panel */
export function believing(panel) {
  const ask = link("I believe it is here", () => panel.steer("believe", {
    brushes: panel.brushes, runs: panel.selected ? [...panel.selected] : [] }), {
    "data-action": "believe", title: "The search begins in the ranges of the selection, until runs say otherwise; nothing is ruled out" });
  const list = h("div", { class: "beliefs small", role: "group", "aria-label": "Beliefs", hidden: true });
  let shown = "";

  function draw() {
    const may = panel.controls.actions.includes("believe");
    ask.hidden = !panel.selected?.size || !may;
    const { beliefs } = panel.picture;
    const key = JSON.stringify([beliefs, may]);
    if (key === shown) return;
    shown = key;
    list.hidden = !beliefs.length;
    list.replaceChildren("Believed to be best: ", ...beliefs.map(({ name, text }) => h("span", { class: "belief" }, `${name} ${text}`,
      may ? link("✕", () => panel.steer("believe", { withdraw: name }), {
        "data-action": "withdraw", title: "Withdraw this belief", "aria-label": `Withdraw the belief about ${name}` }) : null)));
  }

  return { button: ask, element: list, draw };
}

/** The marks of the belief about an axis, beside its line. @param {Panel} panel @param {Axis} axis @param {Layout} layout */
export function beliefMarks(panel, axis, layout) {
  const belief = panel.picture.beliefs.find(({ name }) => name === axis.name);
  return (belief?.ranges ?? []).map(([low, high]) => {
    const [from, to] = [layout.y(axis, low), layout.y(axis, high)];
    const height = Math.min(HEIGHT - MARGIN.top, Math.max(3, Math.abs(from - to)));
    return h("svg:rect", { class: "believed", x: -10, width: 3, y: Math.min(from, to) - (height === 3 ? 1.5 : 0), height },
      h("svg:title", {}, `believed to be best: ${belief?.text}`));
  });
}
