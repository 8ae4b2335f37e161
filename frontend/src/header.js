// The sweep in a few lines: what it is, how far it is, what is best, and the buttons.
import { bestRun } from "./best_run.js";
import { connection } from "./connection.js";
import { h, setText } from "./dom.js";
import { progress } from "./progress.js";
import { steering } from "./steering.js";

/** @import { Outlook, Panel } from "./types.js" */

/** @param {Panel} panel */
export function header(panel) {
  const name = h("b", { class: "name" });
  const facts = h("span", { class: "muted" });
  const dot = h("span", { class: "dot", "aria-hidden": true }, "●");
  const word = h("span", { class: "word" });
  const message = h("span", { class: "muted" });
  const buttons = steering(panel);
  const kernel = connection(panel);
  const amount = progress(panel);
  const outlook = outlookLine();
  const best = bestRun(panel);
  const notes = h("div", { class: "notes" });
  const element = h("header", {},
    h("div", { class: "title" }, h("div", { class: "what" }, name, " ", facts, " ", dot, " ", word, message), buttons.element),
    kernel.element, buttons.form.element, amount.bar, amount.words, outlook.element, best.element, notes, buttons.blocked);

  function draw() {
    const { sweep, outlook: prospects, notes: texts } = panel.picture;
    setText(name, sweep.name || `Sweep ${sweep.id}`);
    setText(facts, [sweep.method, sweep.name && sweep.id, sweep.project].filter(Boolean).join(" · "));
    kernel.draw();
    const state = panel.isGone && panel.picture.live ? "disconnected" : sweep.word;
    dot.setAttribute("data-word", state);
    setText(word, state);
    setText(message, sweep.message ? `: ${sweep.message}` : "");
    amount.draw();
    outlook.draw(prospects);
    best.draw();
    notes.replaceChildren(...texts.map((note) => h("div", { class: "note" }, `⚠ ${note}`)));
    buttons.draw();
  }

  return { element, draw, form: buttons.form };
}

/** Whether it is worth going on; where runs are heading on a click. */
function outlookLine() {
  const verdict = h("summary");
  const list = h("ul");
  const element = h("details", { class: "outlook", hidden: true }, verdict, list);
  /** @param {Outlook|null} outlook */
  function draw(outlook) {
    element.hidden = !outlook;
    if (!outlook) return;
    const { sentences } = outlook;
    setText(verdict, outlook.verdict);
    element.toggleAttribute("data-bare", !sentences.length);
    element.setAttribute("data-suggestion", outlook.suggestion);
    if (list.textContent !== sentences.join("")) list.replaceChildren(...sentences.map((sentence) => h("li", {}, sentence)));
  }
  return { element, draw };
}
