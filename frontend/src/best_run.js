// The best run in a line: its value, its parameters, and a button that copies its config. With
// several objectives how many runs are on the front, and a button that selects them.
import { copyButton, h, link } from "./dom.js";

/** @import { Panel } from "./types.js" */

const SHOWN = 10; // parameters

/** @param {Panel} panel */
export function bestRun(panel) {
  const element = h("div", { class: "best-run" });
  let shown = "";

  function draw() {
    const { best, metric, rows, columns, standing, front } = panel.picture;
    const key = standing || (best && metric ? JSON.stringify([best.id, best.text, metric.name]) : "");
    if (key === shown) return;
    shown = key;
    if (standing) {
      element.replaceChildren(
        h("span", { class: front.length ? null : "note" }, `${front.length ? "★" : "⚠"} ${standing}`),
        front.length ? link("select these", () => panel.pick(panel.picture.front), { title: "Select the runs of the front" }) : "");
      return;
    }
    if (!best || !metric) return element.replaceChildren();
    const texts = rows.find((row) => row.id === best.id)?.texts ?? [];
    const values = columns.map((column, i) => [column.name, texts[i]]).filter(([, text]) => text);
    element.replaceChildren(
      h("span", {}, "★ Best ", metric.name, " ", h("b", {}, best.text), " in ", link(`run ${best.number}`, () => panel.open(best.id), { title: "Open the best run" })),
      ...values.slice(0, SHOWN).map(([name, text]) => h("span", { class: "pair" }, h("span", { class: "muted" }, name), " ", text)),
      values.length > SHOWN ? h("span", { class: "muted" }, `and ${values.length - SHOWN} more`) : "",
      h("span", {}, copyButton("copy config", () => JSON.stringify(best.config, null, 2), "Copy the config of the best run as JSON")));
  }

  return { element, draw };
}
