// The runs, newest first unless sorted otherwise; a click opens one.
import { beliefs } from "./beliefs.js";
import { arrange, h, link, setText } from "./dom.js";
import { filterRows, sortRows, starred } from "./model.js";
import { narrowing } from "./narrowing.js";
import { withoutRepeated } from "./repeated.js";
import { runLine } from "./run_line.js";
import { tableHead } from "./table_head.js";
import { count, plural } from "./wording.js";

/** @import { Panel, Row } from "./types.js" */
/**
 * A row's elements, and what they were made from.
 * @typedef {{row: Row, key: string, tr: HTMLElement}} Line
 */

const PAGE = 100; // rows that are shown at once; more on demand

/** @param {Panel} panel */
export function table(panel) {
  let limit = PAGE;
  const search = h("input", {
    type: "search", placeholder: "Filter runs: words, or optimizer:adam", "aria-label": "Filter runs",
    oninput: () => { panel.query = search.value; limit = PAGE; panel.changed(); },
  });
  const amount = h("span", { class: "muted" });
  const clear = link("clear selection", () => panel.clear());
  const invert = link("invert", () => panel.invert());
  const narrower = narrowing(panel);
  const belief = beliefs(panel);
  const head = tableHead(panel);
  const lines = tableLines(panel);
  const more = link("", () => { limit += PAGE; panel.changed(); });
  const element = h("section", { class: "runs", "aria-label": "Runs" },
    h("div", { class: "tools" }, search, amount, clear, invert, narrower.button, belief.button), belief.element, narrower.element,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" },
      h("table", {}, head.element, lines.element)), more);

  function draw() {
    const { picture: { rows, repeated, columns, axes }, selected, query, sort } = panel;
    const hasWorkers = new Set(rows.map((row) => row.worker).filter(Boolean)).size > 1;
    head.draw(hasWorkers);
    const matches = filterRows(rows, columns, query).filter((row) => !panel.isOut(row.id));
    const listed = withoutRepeated(matches, repeated, panel.opened);
    drawSelected();
    if (!selected && query) setText(amount, `${plural(matches.length, "run")} found`);
    more.hidden = listed.length <= limit;
    if (!more.hidden) more.textContent = `show ${Math.min(PAGE, listed.length - limit)} more of ${plural(listed.length, "run")}`;
    panel.listed = sortRows(listed, sort.key, sort.direction, axes, columns);
    lines.draw(panel.listed.slice(0, limit), hasWorkers);
  }

  /** How many are selected; while a brush is dragged this alone follows. */
  function drawSelected() {
    const { picture, selected } = panel;
    setText(amount, selected ? `${plural(selected.size, "run")} of ${count(picture.rows.length)} selected` : "");
    clear.hidden = invert.hidden = !selected;
    narrower.draw();
    belief.draw();
  }

  return { element, draw, mark: lines.mark, drawSelected, receive: narrower.receive };
}

/** The table's body; what did not change keeps its elements. @param {Panel} panel */
function tableLines(panel) {
  const element = h("tbody");
  /** @type {Map<string, Line>} */
  let lines = new Map();
  let isStarred = starred({ best: null, front: [] });

  /** @param {Row} row @param {boolean} hasWorkers */
  function lineOf(row, hasWorkers) {
    const isBest = isStarred(row.id);
    const isOpen = panel.opened === row.id;
    const key = `${isBest}${isOpen}${panel.controls.actions}${hasWorkers}`;
    const old = lines.get(row.id);
    if (old && old.row === row && old.key === key) return old;
    const isFocused = old?.tr.contains(panel.root.activeElement);
    const line = { row, key, tr: runLine(panel, row, isBest, isOpen, hasWorkers) };
    if (isFocused) queueMicrotask(() => line.tr.querySelector("button")?.focus());
    return line;
  }

  /** @param {Row[]} rows @param {boolean} hasWorkers */
  function draw(rows, hasWorkers) {
    isStarred = starred(panel.picture);
    lines = new Map(rows.map((row) => [row.id, lineOf(row, hasWorkers)]));
    arrange(element, [...lines.values()].map(({ tr }) => tr));
    mark();
  }

  function mark() {
    for (const [id, { tr }] of lines) tr.classList.toggle("hovered", panel.hovered === id);
  }

  return { element, draw, mark };
}
