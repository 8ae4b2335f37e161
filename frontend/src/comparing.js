// Two to four runs beside each other: their curves over each other, then how their results and
// their configs differ. It is made from what the table has, so that a saved output compares as well.
import { comparedCurves } from "./compared_curves.js";
import { arrange, button, h, link, setText } from "./dom.js";
import { keyedRows } from "./drawer_texts.js";
import { runLabel } from "./columns.js";
import { digitsIn, number } from "./wording.js";

/** @import { Panel, Row, TableColumn } from "./types.js" */

const MOST = 4; // runs

/** @param {Panel} panel @param {() => TableColumn[]} columns  all of them */
export function comparing(panel, columns) {
  const problem = h("div", { class: "error", role: "status" });
  const heading = h("b", { tabindex: -1 });
  const jump = link("", () => { heading.scrollIntoView({ block: "nearest" }); heading.focus(); });
  const close = button("✕", () => keep([]), { class: "close", title: "Compare no runs", "aria-label": "Close the comparison" });
  const curves = comparedCurves(panel, runs);
  const [different, same] = [keyedRows(), keyedRows()];
  const heads = h("tr", {}, h("td"));
  const equal = h("summary");
  const folded = h("details", { class: "equal" }, equal, h("table", {}, same.element));
  const element = h("section", { class: "comparison", "aria-label": "Comparison of runs", hidden: true },
    h("div", { class: "title" }, heading, close), curves.element,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What differs" }, h("table", {}, h("thead", {}, heads), different.element)), folded);
  /** @type {Map<string, ReturnType<typeof comparedHead>>} */
  let known = new Map();

  /** The runs that are compared, as far as they are there. @returns {Row[]} */
  function runs() {
    return panel.view.table.compared.flatMap((id) => panel.byId.get(id) ?? []);
  }

  /** @param {string[]} ids */
  const keep = (ids) => panel.look({ table: { ...panel.view.table, compared: ids } });

  /** Takes a run in or out; whether it is in. @param {string} id @param {boolean} isIn */
  function tick(id, isIn) {
    const others = runs().map((row) => row.id).filter((other) => other !== id);
    const isFull = isIn && others.length >= MOST;
    setText(problem, isFull ? `${MOST} runs are compared at once: untick one of ${runs().map(runLabel).join(", ")} first` : "");
    if (!isFull) keep(isIn ? [...others, id] : others);
    return isIn && !isFull;
  }

  function draw() {
    const rows = runs();
    const names = rows.map(runLabel);
    setText(jump, rows.length > 1 ? `comparison of ${rows.length} runs ↓` : `run ${names[0] ?? ""} ticked: tick another to compare`);
    jump.hidden = !rows.length;
    jump.disabled = rows.length === 1;
    element.hidden = rows.length < 2;
    if (rows.length < MOST) setText(problem, "");
    if (element.hidden) return;
    setText(heading, `Runs ${names.slice(0, -1).join(", ")} and ${names[names.length - 1]} compared`);
    known = new Map(rows.map((row) => [row.id, known.get(row.id) ?? comparedHead(panel, row.id)]));
    rows.forEach((row, k) => known.get(row.id)?.draw(row, curves.colour(k), curves.dash(k)));
    arrange(heads, [heads.children[0], ...[...known.values()].map(({ th }) => th)]);
    const lines = columns().filter(({ key }) => key !== "number" && key !== "curve").map((column) => comparedLine(column, rows))
      .filter(({ texts }) => texts.some(Boolean));
    different.draw(lines.filter(({ differs }) => differs).map(({ column, texts }) => [column.name, texts]));
    const equals = lines.filter(({ differs }) => !differs);
    folded.hidden = !equals.length;
    setText(equal, `${equals.length} the same in all`);
    same.draw(equals.map(({ column, texts }) => [column.name, texts.slice(0, 1)]));
    curves.draw();
  }

  return { element, draw, tick, link: jump, problem };
}

/** The head of a run's column: how its curve is drawn, and a way to all that is known of it. @param {Panel} panel @param {string} id */
function comparedHead(panel, id) {
  const line = h("svg:line", { x1: 0, x2: 26, y1: 5, y2: 5 });
  const open = link("", () => panel.open(id), { title: "Open the run" });
  const th = h("th", { scope: "col", onpointerenter: () => panel.hover(id), onpointerleave: () => panel.hover(null) },
    h("svg:svg", { width: 26, height: 10, class: "swatch", "aria-hidden": true }, line), " ", open);
  /** @param {Row} row @param {string} colour @param {number[]} dash */
  function draw(row, colour, dash) {
    line.setAttribute("stroke", colour);
    line.setAttribute("stroke-dasharray", dash.join(" "));
    setText(open, `run ${runLabel(row)}${panel.picture.best?.id === id ? " ★" : ""}`);
  }
  return { th, draw };
}

/** A column's texts of the runs, with how far its numbers are from the first run's. @param {TableColumn} column @param {Row[]} rows */
function comparedLine(column, rows) {
  const texts = rows.map((row) => column.text(row));
  const differs = new Set(texts).size > 1;
  if (!differs || column.isCategory || !(column.isResult || column.isParam)) return { column, texts, differs };
  const values = rows.map((row) => column.value(row));
  const [first] = values;
  const known = values.filter((value) => typeof value === "number");
  const digits = digitsIn(Math.min(...known), Math.max(...known));
  return { column, differs, texts: texts.map((text, k) => {
    const value = values[k];
    if (!k || !text || typeof value !== "number" || typeof first !== "number" || value === first) return text;
    return column.isLog && value > 0 && first > 0
      ? `${text} (×${number(value / first, 2)})` : `${text} (${value > first ? "+" : "−"}${number(Math.abs(value - first), digits)})`;
  }) };
}
