// What a chart shows: which metric over what, on which scale, and a way back from a zoom.
import { button, h, link } from "./dom.js";

/** @import { ChartChoice, Choices, Panel, Scene } from "./types.js" */

/** What was chosen for a chart. @param {Panel} panel @param {string} name @returns {ChartChoice} */
export const choiceOf = (panel, name) => panel.view.charts[name] ?? {};

/**
 * @param {Panel} panel
 * @param {string} name  of the chart, in the view
 * @param {string} title
 * @param {{isOn(): boolean, reset(): void}} zoom
 */
export function chartChoice(panel, name, title, zoom) {
  /** @param {Partial<ChartChoice>} change */
  const choose = (change) => panel.look({ charts: { ...panel.view.charts, [name]: { ...choiceOf(panel, name), ...change } } });
  /** @param {"x"|"y"} key @param {string} label */
  const selection = (key, label) => h("select", { "aria-label": `${title}: ${label}`, "data-choice": key, onchange: (event) => {
    choose({ [key]: /** @type {HTMLSelectElement} */ (event.target).value });
    zoom.reset();
  } });
  const [y, x] = [selection("y", "upwards"), selection("x", "across")];
  const over = h("span", {}, " over ");
  let [isLog, byData] = [false, false];
  const scale = button("log", () => choose({ log: !isLog === byData ? undefined : !isLog }),
    { class: "toggle", title: "Logarithmic scale", "aria-label": `log scale: ${title}` });
  const all = link("reset zoom", zoom.reset);
  const element = h("span", { class: "options small picks" }, y, over, x, " ", scale, " ", all);

  return {
    element,
    /**
     * @param {{xs: Choices, ys: Choices}} offered @param {ChartChoice & {x: string, y: string}} chosen
     * @param {Scene|null} scene  null when nothing is drawn
     */
    draw({ xs, ys }, chosen, scene) {
      fill(y, ys, chosen.y);
      fill(x, xs, chosen.x);
      over.hidden = y.hidden || x.hidden;
      isLog = !!scene?.upwards.isLog;
      byData = chosen.log === undefined ? isLog : !chosen.log;
      scale.hidden = !scene?.points.some((point) => point.y > 0 && !point.isLost);
      scale.setAttribute("aria-pressed", String(isLog));
      all.hidden = !zoom.isOn();
    },
  };
}

/** Offers choices, unless there is nothing to choose. @param {HTMLSelectElement} select @param {Choices} choices @param {string} value */
function fill(select, choices, value) {
  const key = JSON.stringify(choices);
  select.hidden = choices.length < 2;
  if (select.dataset.offered !== key) {
    select.dataset.offered = key;
    select.replaceChildren(...choices.map(([name, text]) => h("option", { value: name }, text)));
  }
  if (select.value !== value) select.value = value;
}
