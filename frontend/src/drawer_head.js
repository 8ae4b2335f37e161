// The head of a run's details: which run, how it came out, and what can be done to it.
import { button, copyButton, h, setText } from "./dom.js";
import { starred } from "./model.js";
import { againButtons, killButton } from "./run_actions.js";
import { duration } from "./wording.js";

/** @import { Detail, Panel, Row } from "./types.js" */

/** @param {Panel} panel */
export function drawerHead(panel) {
  const title = h("b", { class: "drawer-title", tabindex: -1 });
  const dot = h("span", { class: "dot", "aria-hidden": true });
  const word = h("span");
  const value = h("span", { class: "strong" });
  const metric = h("span", { class: "muted" });
  const about = h("span", { class: "muted small" });
  const again = h("span");
  const steps = [stepButton(panel, "↑", -1, "Previous"), stepButton(panel, "↓", 1, "Next")];
  const [json, name] = ["", ""].map(() => ({ text: "" }));
  const copyJson = h("span", {}, copyButton("copy config", () => json.text, "Copy the config of this run as JSON"));
  const copyName = h("span", {}, copyButton("copy name", () => name.text, "Copy the name of this run"));
  const element = h("div", { class: "drawer-head" },
    h("div", { class: "title" }, title, h("span", {}, dot, " ", word), h("span", {}, metric, " ", value),
      h("span", { class: "drawer-end" }, steps,
        button("✕", () => panel.open(null), { class: "close", title: "Close (Escape)", "aria-label": "Close the details" }))),
    about, h("div", { class: "drawer-buttons small" }, again, copyJson, copyName));
  let key = "";

  /** @param {Row} row @param {Detail|undefined} detail */
  function draw(row, detail) {
    const { best, front, metric: target } = panel.picture;
    const star = starred({ best, front })(row.id) ? (front.length ? " ★ on the front" : " ★ the best") : "";
    setText(title, `Run ${row.number}${row.attempt ? `.${row.attempt}` : ""}${star}`);
    dot.setAttribute("data-state", row.state);
    setText(dot, row.state === "pending" ? "○" : "●");
    setText(word, row.word);
    setText(metric, target && row.metric_text ? target.name : "");
    setText(value, target ? [row.metric_text, ...row.results].filter(Boolean).join(", ") : "");
    setText(about, [row.name, row.worker, detail?.started && `began ${begun(detail.started)}`, row.duration_s && `${row.active ? "for" : "took"} ${duration(row.duration_s)}`, row.beyond]
      .filter(Boolean).join(" · "));
    json.text = detail?.json ?? "";
    name.text = row.name;
    copyJson.hidden = !json.text;
    copyName.hidden = !row.name;
    drawButtons(row, detail);
  }

  /** Made anew only where they are others: a number that is being typed stays. @param {Row} row @param {Detail|undefined} detail */
  function drawButtons(row, detail) {
    const now = JSON.stringify([row.id, row.state, row.active, panel.controls.actions, detail && [detail.iterations, detail.cannot_continue]]);
    if (now === key) return;
    key = now;
    again.replaceChildren(...[killButton(panel, row), againButtons(panel, row, detail)].flat(2).filter((each) => each instanceof Node));
  }

  return { element, title, draw };
}

/** Goes to a neighbour in the table, from its end to its beginning. @param {Panel} panel @param {string} text @param {number} by @param {string} word */
const stepButton = (panel, text, by, word) => button(text, () => {
  const { listed } = panel;
  const at = listed.findIndex(({ id }) => id === panel.opened);
  panel.open(listed[((by < 0 ? Math.max(at, 0) : at) + by + listed.length) % listed.length]?.id ?? panel.opened);
}, { title: `${word} run of the table`, "aria-label": `${word} run of the table` });

/** A moment in the reader's own time; the day only where it is another. @param {number} seconds  unix time */
function begun(seconds) {
  const at = new Date(seconds * 1000);
  return at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString() : at.toLocaleString();
}
