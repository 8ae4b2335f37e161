// The beliefs about where the best values are: a list, and marks beside the axes.
import { believeButton, withdrawButton } from "./believing.js";
import { h } from "./dom.js";
import { HEIGHT, MARGIN } from "./parallel_layout.js";

/** @import { Axis, Panel } from "./types.js" */
/** @import { Layout } from "./parallel_layout.js" */

/** @param {Panel} panel */
export function beliefs(panel) {
  const button = believeButton(panel);
  const element = h("div", { class: "beliefs small", role: "group", "aria-label": "Beliefs", hidden: true });
  let shown = "";

  function draw() {
    const may = panel.controls.actions.includes("believe");
    if (button) button.hidden = !panel.selected?.size || !may;
    const { beliefs } = panel.picture;
    const key = JSON.stringify([beliefs, may]);
    if (key === shown) return;
    shown = key;
    element.hidden = !beliefs.length;
    element.replaceChildren("Believed to be best: ", ...beliefs.map(({ name, text }) =>
      h("span", { class: "belief" }, `${name} ${text}`, may ? withdrawButton(panel, name) : null)));
  }

  return { button, element, draw };
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
