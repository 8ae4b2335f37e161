// The sweep in a few lines: what it is, how far it is, what is best, and the buttons.
import { bestRun } from "./best_run.js";
import { connection } from "./connection.js";
import { h, setText } from "./dom.js";
import { allFailed } from "./failures.js";
import { progress } from "./progress.js";
import { steering } from "./steering.js";

/** @import { Finding, Outlook, Panel } from "./types.js" */

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
  const found = outlookLine();
  const notes = h("div", { class: "notes" });
  let noted = "";
  const element = h("header", {},
    h("div", { class: "title" }, h("div", { class: "what" }, name, " ", facts, " ", dot, " ", word, message), buttons.element),
    kernel.element, buttons.confirm, buttons.form.element, amount.bar, amount.words, outlook.element, best.element, found.element, notes, buttons.blocked);

  function draw() {
    const { sweep, outlook: prospects, notes: texts, findings } = panel.picture;
    setText(name, sweep.name || `Sweep ${sweep.id}`);
    setText(facts, [sweep.method, sweep.name && sweep.id, sweep.project].filter(Boolean).join(" · "));
    kernel.draw();
    const state = panel.isGone && panel.picture.live ? "disconnected" : sweep.word;
    dot.setAttribute("data-word", allFailed(panel.picture) ? "failed" : state);
    setText(word, state);
    setText(message, sweep.message ? `: ${sweep.message}` : "");
    amount.draw();
    outlook.draw(prospects);
    best.draw();
    const [first, ...rest] = findings.filter((finding) => !buttons.canWiden(finding));
    found.draw(first ? { verdict: first.text, sentences: rest.map(({ text }) => text) } : null);
    drawNotes(texts, findings);
    buttons.draw();
  }

  /** Only when they are others, or a click on a button among them would be lost. @param {string[]} texts @param {Finding[]} findings */
  function drawNotes(texts, findings) {
    const wider = findings.filter(buttons.canWiden);
    const now = JSON.stringify([texts, wider]);
    if (now === noted) return;
    noted = now;
    notes.replaceChildren(...texts.map((note) => h("div", { class: "note" }, `⚠ ${note}`)), ...wider.map(buttons.wider));
  }

  return { element, draw, form: buttons.form };
}

/** Whether it is worth going on; where runs are heading on a click. */
function outlookLine() {
  const verdict = h("summary");
  const list = h("ul");
  const element = h("details", { class: "outlook", hidden: true }, verdict, list);
  /** @param {(Omit<Outlook, "suggestion"> & Partial<Outlook>)|null} outlook */
  function draw(outlook) {
    element.hidden = !outlook;
    if (!outlook) return;
    const { sentences } = outlook;
    setText(verdict, outlook.verdict);
    element.toggleAttribute("data-bare", !sentences.length);
    element.setAttribute("data-suggestion", outlook.suggestion ?? "");
    if (list.textContent !== sentences.join("")) list.replaceChildren(...sentences.map((sentence) => h("li", {}, sentence)));
  }
  return { element, draw };
}
