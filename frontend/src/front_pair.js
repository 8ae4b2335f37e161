// The choice of the two objectives that are drawn against each other, among more than two.
import { h } from "./dom.js";
import { drawnPair } from "./front_plane.js";
import { objectiveAxes } from "./model.js";

/** @import { Panel } from "./types.js" */

/** Two choices, hidden while there is nothing to choose. @param {Panel} panel */
export function pairChoice(panel) {
  /** @param {string} label @param {0|1} k */
  const choice = (label, k) => {
    const select = h("select", { "aria-label": label, onchange: () => {
      const names = (drawnPair(panel) ?? []).map(({ axis }) => axis.name);
      // The one that was there moves to the other axis.
      if (names[1 - k] === select.value) names[1 - k] = names[k];
      names[k] = select.value;
      panel.look({ front: names });
    } });
    return select;
  };
  const selects = [choice("Objective across", 0), choice("Objective upwards", 1)];
  const element = h("span", { class: "options small" }, selects[1], " against ", selects[0]);
  let shown = "";

  function draw() {
    const names = objectiveAxes(panel.picture).map(({ axis }) => axis.name);
    element.hidden = names.length < 3;
    const pair = drawnPair(panel);
    const key = JSON.stringify([names, pair?.map(({ axis }) => axis.name)]);
    if (key === shown || !pair) return;
    shown = key;
    selects.forEach((select, k) => {
      select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
      select.value = pair[k].axis.name;
    });
  }

  return { element, draw };
}
