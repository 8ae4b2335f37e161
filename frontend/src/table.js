// The runs, the best one first and then the newest, unless sorted otherwise; a click opens one.
import { beliefs } from "./beliefs.js";
import { rememberedColumns, shownColumns } from "./columns.js";
import { columnsMenu } from "./columns_menu.js";
import { comparing } from "./comparing.js";
import { arrange, button, h, link, setText } from "./dom.js";
import { filtering } from "./filtering.js";
import { sortRows, starred } from "./model.js";
import { keepPlace } from "./keep_place.js";
import { narrowing } from "./narrowing.js";
import { withoutRepeated } from "./repeated.js";
import { runLine } from "./run_line.js";
import { tableHead } from "./table_head.js";
import { count, plural } from "./wording.js";

/** @import { Line, Panel, Row, TableColumn } from "./types.js" */

const PAGE = 100; // rows that are shown at once; more on demand

/** @param {Panel} panel */
export function table(panel) {
  let limit = PAGE;
  const columnsOf = rememberedColumns();
  const all = () => columnsOf(panel.picture);
  const filter = filtering(panel, all, () => { limit = PAGE; });
  const menu = columnsMenu(panel, all);
  const compared = comparing(panel, all);
  const chosen = selectionTools(panel, filter);
  const pin = button("pin the best", () => {
    const { table: look } = panel.view;
    panel.look({ table: { ...look, isUnpinned: !look.isUnpinned } });
  }, { class: "toggle", title: "Keep the best in the first row, however the table is sorted" });
  const narrower = narrowing(panel);
  const belief = beliefs(panel);
  const head = tableHead(panel);
  const lines = tableLines(panel, compared.tick);
  const more = link("", () => { limit += PAGE; panel.changed(); });
  const grid = h("table", {}, head.element, lines.element);
  const box = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" }, grid);
  const element = h("section", { class: "runs", "aria-label": "Runs" },
    h("div", { class: "tools" }, filter.field, chosen.amount, filter.button, chosen.clear, chosen.invert, compared.link, narrower.button, belief.button,
      h("span", { class: "looks" }, pin, menu.element)),
    filter.problem, compared.problem, belief.element, narrower.element, box, more, compared.element);
  keepColumns(box, head.cells);
  let isRestored = false;
  /** @type {[TableColumn[], import("./types.js").TableView|null, TableColumn[]]} */
  let shown = [[], null, []];

  /** The columns that are shown: the same list until there are others. */
  function shownNow() {
    const [columns, { table: look }] = [all(), panel.view];
    if (shown[0] !== columns || shown[1]?.columns !== look.columns) shown = [columns, look, shownColumns(columns, panel.view)];
    return shown[2];
  }

  function draw() {
    if (!isRestored) filter.restore();
    isRestored = true;
    const { picture: { rows, repeated }, sort } = panel;
    const columns = shownNow();
    head.draw(columns);
    const matches = filter.filtered(rows);
    const listed = withoutRepeated(matches, repeated, panel.opened);
    drawSelected();
    if (filter.isFiltered() && !filter.owns()) setText(chosen.amount, `${plural(matches.length, "run")} found`);
    const column = all().find(({ key }) => key === sort.key);
    const sorted = sortRows(listed, column?.value ?? ((row) => row.number), sort.direction);
    const isStarred = starred(panel.picture);
    const best = panel.view.table.isUnpinned ? [] : sorted.filter(({ id }) => isStarred(id));
    const others = best.length ? sorted.filter(({ id }) => !isStarred(id)) : sorted;
    more.hidden = others.length <= limit;
    if (!more.hidden) more.textContent = `show ${Math.min(PAGE, others.length - limit)} more of ${plural(listed.length, "run")}`;
    panel.listed = [...best, ...others];
    keepPlace(box, lines.element, () => lines.draw(panel.listed.slice(0, best.length + limit), columns, isStarred, best.length));
    box.toggleAttribute("data-pinned", best.length === 1);
    pin.hidden = !panel.picture.best && !panel.picture.front.length;
    setText(pin, panel.picture.front.length ? "pin the front" : "pin the best");
    pin.setAttribute("aria-pressed", String(!panel.view.table.isUnpinned));
    menu.draw();
    compared.draw();
  }

  /** What follows while a brush is dragged. */
  function drawSelected() {
    chosen.draw();
    narrower.draw();
    belief.draw();
  }

  return { element, draw, mark: lines.mark, drawSelected, receive: narrower.receive };
}

/** How many runs are selected, and what can be done with that. @param {Panel} panel @param {ReturnType<typeof filtering>} filter */
function selectionTools(panel, filter) {
  const amount = h("span", { class: "muted", role: "status" });
  const clear = link("clear selection", () => {
    if (filter.owns()) filter.empty();
    panel.clear();
  });
  const invert = link("invert", () => {
    const { picture: { rows }, chosen } = panel;
    if (!chosen) return panel.invert();
    const others = rows.filter(({ id }) => !chosen.has(id)).map(({ id }) => id);
    if (filter.owns()) filter.empty();
    panel.pick(others);
  });
  function draw() {
    const { picture, selected } = panel;
    setText(amount, selected ? `${plural(selected.size, "run")} of ${count(picture.rows.length)} selected` : "");
    clear.hidden = invert.hidden = !selected;
  }
  return { amount, clear, invert, draw };
}

/**
 * Says in the styles where the columns begin that stay at the left, and where the rows do. The
 * observer knows without another layout.
 * @param {HTMLElement} box @param {() => Element[]} cells  of the head
 */
function keepColumns(box, cells) {
  if (!globalThis.ResizeObserver) return;
  /** @type {Element[]} */
  let watched = [];
  const sizes = new ResizeObserver(() => {
    const [number, state] = cells();
    if (!number || !state) return;
    const { width, height } = number.getBoundingClientRect();
    box.style.setProperty("--after-number", `${width}px`);
    box.style.setProperty("--after-state", `${width + state.getBoundingClientRect().width}px`);
    box.style.setProperty("--head", `${height}px`);
    watch();
  });
  function watch() {
    const now = cells().slice(0, 2);
    if (now.every((cell, i) => cell === watched[i])) return;
    watched = now;
    for (const cell of now) sizes.observe(cell);
  }
  sizes.observe(box);
}

/** The table's body: lines keep their elements as long as their runs are shown. @param {Panel} panel @param {(id: string, isCompared: boolean) => boolean} compare */
function tableLines(panel, compare) {
  const element = h("tbody");
  /** @type {Map<string, ReturnType<typeof runLine>>} */
  let lines = new Map();

  /** @param {Row[]} rows @param {TableColumn[]} columns @param {(id: string) => boolean} isStarred @param {number} pinned  rows, the first ones */
  function draw(rows, columns, isStarred, pinned) {
    const compared = new Set(panel.view.table.compared);
    lines = new Map(rows.map((row) => [row.id, lines.get(row.id) ?? runLine(panel, row.id, compare)]));
    rows.forEach((/** @type {Line} */ row, i) => lines.get(row.id)?.draw(row, {
      columns, isBest: isStarred(row.id), isOpen: panel.opened === row.id, isPinned: i < pinned, isCompared: compared.has(row.id) }));
    arrange(element, [...lines.values()].map(({ tr }) => tr));
    mark();
  }

  function mark() {
    for (const [id, { tr }] of lines) tr.classList.toggle("hovered", panel.hovered === id);
  }

  return { element, draw, mark };
}
