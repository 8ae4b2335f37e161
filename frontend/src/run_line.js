// A run's line in the table of runs. It is made once: after that only what changed in it is written.
import { arrange, h, isWithin, setText } from "./dom.js";
import { isBroken, marksText } from "./model.js";
import { killButton } from "./run_actions.js";
import { linear } from "./scale.js";
import { runLabel } from "./columns.js";
import { classOf } from "./table_head.js";

/** @import { Line, Panel, TableColumn } from "./types.js" */
/**
 * What a line is drawn from.
 * @typedef {{columns: TableColumn[], isBest: boolean, isOpen: boolean, isPinned: boolean, isCompared: boolean}} Look
 */

const PICTOGRAM = { width: 72, height: 16 };

/** @param {Panel} panel @param {string} id @param {(id: string, isCompared: boolean) => boolean} compare  whether it may be */
export function runLine(panel, id, compare) {
  const box = h("input", { type: "checkbox", class: "compare", onchange: () => { box.checked = compare(id, box.checked); } });
  const open = h("button", { type: "button", class: "expand" });
  const number = h("td", {}, box, open);
  const state = stateCell(panel);
  const curve = curveCell();
  const wrong = h("td", { class: "error" });
  /** @type {Map<string, HTMLElement>} */
  const cells = new Map([["number", number], ["state", state.td], ["curve", curve.td]]);
  const tr = h("tr", {
    "data-run": id, onpointerenter: () => panel.hover(id), onpointerleave: () => panel.hover(null),
    onclick: (event) => {
      const selection = /** @type {ShadowRoot & {getSelection?: () => Selection|null}} */ (panel.root).getSelection?.();
      if (isWithin(event, "[data-action], input") || (selection && !selection.isCollapsed && tr.contains(selection.anchorNode))) return;
      panel.open(panel.opened === id ? null : id);
    },
  });

  /** @type {TableColumn[]} */
  let columns = [];
  /** @type {unknown[]} */
  let shown = [];

  /** @param {Line} row @param {Look} look */
  function draw(row, look) {
    const now = [row, look.columns, look.isBest, look.isOpen, look.isPinned, look.isCompared, panel.controls.actions];
    if (now.every((each, i) => each === shown[i])) return;
    const hadNote = wrong.parentNode === tr;
    const isNew = look.columns !== columns;
    [shown, columns] = [now, look.columns];
    tr.className = [look.isBest && "best", look.isPinned && "pinned", row.active && "active", panel.hovered === id && "hovered"].filter(Boolean).join(" ");
    drawNumber(row, look);
    state.draw(row);
    const results = row.note && isBroken(row) ? columns.filter(({ isResult, key }) => isResult && key !== "metric") : [];
    for (const column of columns) if (!results.includes(column)) drawCell(row, column);
    if (isNew || hadNote !== results.length > 0) arrange(tr, columns.flatMap((column) =>
      (!results.includes(column) ? [cellOf(column)] : column === results[0] ? [wrong] : [])));
    if (!results.length) return;
    wrong.setAttribute("colspan", String(results.length));
    wrong.title = row.note;
    setText(wrong, row.note);
  }

  /** @param {Line} row @param {TableColumn} column */
  function drawCell(row, column) {
    const td = cellOf(column);
    const { key } = column;
    td.className = classOf(column);
    if (key === "curve") curve.draw(row);
    else if (key !== "number" && key !== "state") {
      const text = column.text(row);
      setText(td, column.isTime ? text.replace(/ /g, "\u00a0") : text);
    }
  }

  /** @param {TableColumn} column */
  function cellOf({ key }) {
    let td = cells.get(key);
    if (!td) cells.set(key, (td = h("td")));
    return td;
  }

  /** @param {Line} row @param {Look} look */
  function drawNumber(row, { isBest, isOpen, isCompared }) {
    const label = runLabel(row);
    setText(open, isBest ? `★ ${label}` : row.beyond ? `✗ ${label}` : label);
    open.title = row.beyond ? `${row.name}: ${row.beyond}` : row.name;
    open.setAttribute("aria-expanded", String(isOpen));
    const isFront = panel.picture.front.length > 0;
    open.setAttribute("aria-label", `Run ${label}${isBest ? (isFront ? ", on the front" : ", the best") : row.beyond && `, beyond a limit`}: details`);
    box.checked = isCompared;
    box.title = "Compare this run with others";
    box.setAttribute("aria-label", `Compare run ${label}`);
  }

  return { tr, draw };
}

/** @param {Panel} panel */
function stateCell(panel) {
  const dot = h("span", { class: "dot", "aria-hidden": true });
  const word = h("span");
  const td = h("td", {}, dot, "\u00a0", word);
  /** @type {HTMLElement|null} */
  let kill = null;
  /** @param {Line} row */
  function draw(row) {
    setText(dot, row.state === "pending" ? "○" : "●");
    dot.setAttribute("data-state", row.state);
    setText(word, row.word);
    td.title = row.note;
    const next = killButton(panel, row);
    if (!next || !kill) {
      if (kill && kill === panel.root.activeElement) /** @type {HTMLElement|null|undefined} */ (td.parentNode?.querySelector(".expand"))?.focus();
      kill?.remove();
      if (next) td.append(next);
      kill = next;
    }
  }
  return { td, draw };
}

/** A curve as a line without axes, with a stroke where the run went on. */
function curveCell() {
  const { width, height } = PICTOGRAM;
  const path = h("svg:path");
  const svg = h("svg:svg", { width, height, class: "pictogram", "aria-hidden": true }, path);
  const td = h("td", {}, svg);
  /** @type {number[]|null} */
  let shown = null;
  /** @param {Line} row */
  function draw(row) {
    td.title = marksText(row);
    if (row.curve === shown) return;
    shown = row.curve;
    svg.toggleAttribute("hidden", shown.length < 2);
    if (shown.length > 1) path.setAttribute("d", pathOf(row));
  }
  return { td, draw };
}

/** @param {Line} row */
function pathOf({ curve: values, continued }) {
  const { width, height } = PICTOGRAM;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = linear([low, high], [height - 2, 2]);
  return values.map((value, i) => `${i ? "L" : "M"}${((i * width) / (values.length - 1)).toFixed(1)} ${y(value).toFixed(1)}`)
    .concat(continued.map(([place]) => `M${(place * width).toFixed(1)} 0v${height}`)).join("");
}
