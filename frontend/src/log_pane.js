// One pane for what all runs print: its last line, and all of them when it is opened.
import { arrange, button, copyButton, h, setText } from "./dom.js";
import { logLines } from "./log_lines.js";
import { plural } from "./wording.js";

/** @import { LogLine, LogNews, Panel } from "./types.js" */

const KEPT = 2000; // as in nbsweep/panel/log.py
const NEAR_END = 12; // pixels

/** @param {Panel} panel @param {[run: number, text: string][]} [saved]  lines of a saved output */
export function logPane(panel, saved) {
  const lines = logLines();
  const last = h("code", { class: "muted last" });
  const amount = h("span", { class: "muted small" });
  const chooser = h("select", { "aria-label": "Output of", onchange: () => choose() }, h("option", { value: "" }, "all runs"));
  const details = button("Details", () => panel.open(idOf(panel, chosen)));
  const toEnd = button("Newest ↓", () => { follows = true; scroll(); });
  const text = h("div", { class: "log-text", tabindex: 0, role: "group", "aria-label": "What the runs print", onscroll: () => {
    follows = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR_END;
    toEnd.hidden = follows;
  } });
  const element = h("details", { class: "log", hidden: true, ontoggle: () => unfold() },
    h("summary", {}, h("span", { class: "heading" }, "Output of runs "), last),
    h("div", { class: "tools" }, chooser, " ", details, " ", ...copyButton("copy", () => text.textContent ?? ""), " ", toEnd, " ", amount), text);
  const elementsOf = lineElements();
  /** @type {number|null} */
  let chosen = null;
  let follows = true;

  /** @param {LogNews} news */
  function receive(news) {
    lines.take(news);
    const newest = lines.last();
    element.hidden = !newest;
    if (!newest) return;
    setText(last, element.open ? "" : `${newest.run} │ ${newest.text}`);
    if (element.open) draw();
  }

  function draw() {
    const shown = lines.all(chosen);
    arrange(text, elementsOf(shown));
    setText(amount, plural(shown.length, "line"));
    details.hidden = !idOf(panel, chosen);
    toEnd.hidden = follows;
    drawChooser();
    if (follows) scroll();
  }

  function drawChooser() {
    const options = new Map([...chooser.options].map((option) => [option.value, option]));
    const numbers = lines.runs();
    if (chosen !== null && !numbers.includes(chosen)) numbers.push(chosen);
    arrange(chooser, [chooser.options[0], ...numbers.map((run) => options.get(String(run)) ?? h("option", { value: run }, `run ${run}`))]);
  }

  function choose() {
    chosen = chooser.value ? Number(chooser.value) : null;
    text.toggleAttribute("data-one", chosen !== null);
    follows = true;
    draw();
  }

  function unfold() {
    ask();
    const newest = lines.last();
    setText(last, element.open || !newest ? "" : `${newest.run} │ ${newest.text}`);
    if (element.open) draw();
  }

  function scroll() {
    text.scrollTop = text.scrollHeight;
  }

  /** Has Python send as many lines as are shown. */
  function ask() {
    if (panel.canAsk) panel.send({ kind: "log", lines: element.open ? KEPT : 1 });
  }

  if (saved?.length) receive({ first: 1, lines: saved.map(([run, line], i) => [i + 1, run, line]) });
  return { element, receive, ask };
}

/** The elements of lines, each of which stays when its text changes. */
function lineElements() {
  /** @type {WeakMap<LogLine, HTMLElement>} */
  const drawn = new WeakMap();
  /** @type {Map<number, HTMLElement>} */
  const byNumber = new Map();

  /** @param {LogLine} line */
  function lineOf(line) {
    const element = byNumber.get(line.number) ?? h("div", {}, h("span", { class: "of" }, `${line.run} │ `), h("span"));
    if (!drawn.has(line)) setText(/** @type {Element} */ (element.lastChild), line.text || "\n");
    drawn.set(line, element);
    byNumber.set(line.number, element);
    return element;
  }

  /** @param {LogLine[]} shown */
  return (shown) => {
    const numbers = new Set(shown.map(({ number }) => number));
    for (const number of byNumber.keys()) if (!numbers.has(number)) byNumber.delete(number);
    return shown.map(lineOf);
  };
}

/** The newest run of a number. @param {Panel} panel @param {number|null} number */
const idOf = ({ picture }, number) => picture?.rows.filter((row) => row.number === number).pop()?.id ?? null;
