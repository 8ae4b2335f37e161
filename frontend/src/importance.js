// How much each parameter decides, beside its signed correlation; a table that looks like a
// chart, and below it how the metric depends on one parameter.
import { dependence } from "./dependence.js";
import { h, setText } from "./dom.js";
import { rankingQuestion } from "./ranking_question.js";
import { plural, shorten } from "./wording.js";

/** @import { Importance, ImportanceRow, Panel } from "./types.js" */

const SHOWN = 10;
const LETTERS = 15; // of a name

/** @param {Panel} panel */
export function importance(panel) {
  const question = rankingQuestion(panel);
  const verdict = h("p", { class: "verdict", role: "status" });
  const explained = h("p", { class: "verdict muted" });
  const table = h("table", { class: "importance" });
  const curve = h("div", { class: "dependence" });
  const element = h("section", { class: "side", "aria-label": "Parameter importance" },
    h("div", { class: "heading" }, h("b", {}, "Parameter importance")), question.element, verdict, table, explained, curve);
  /** @type {Importance|null} */
  let shown = null;
  let shownCurve = "";

  function draw() {
    question.draw();
    element.hidden = !panel.picture.metric && !question.hasTarget();
    if (element.hidden) return;
    question.ask();
    const { ranking, text, isOld } = question.answer();
    setText(verdict, text);
    table.toggleAttribute("data-old", isOld);
    verdict.title = ranking ? plural(ranking.n_runs, "run") + (ranking.left_out && `; ${ranking.left_out}`) : "";
    setText(explained, [ranking?.explained, ...(ranking?.notes ?? [])].filter(Boolean).join(" "));
    if (shown !== ranking) {
      shown = ranking;
      shownCurve = "";
      fillTable(panel, table, ranking);
    }
    mark();
  }

  /** Which parameter the pointer is on, here or on an axis. */
  function mark() {
    for (const tr of table.querySelectorAll("tbody tr"))
      tr.classList.toggle("hovered", tr.getAttribute("data-parameter") === panel.parameter);
    const rows = shown?.rows.slice(0, SHOWN) ?? [];
    const row = rows.find(({ name }) => name === panel.parameter) ?? rows[0];
    const axis = row && panel.picture.axes.find(({ name }) => name === row.name);
    const key = JSON.stringify([row?.name, row?.dependence, axis?.kind, axis?.categories]);
    if (key === shownCurve) return;
    shownCurve = key;
    curve.replaceChildren(...(axis && row.dependence?.length > 1 ? dependence(row, axis, shown?.metric ?? "") : []));
  }

  return { element, draw, mark, receive: question.receive };
}

/** @param {Panel} panel @param {HTMLTableElement} table @param {Importance|null} importance */
function fillTable(panel, table, importance) {
  const rows = importance?.rows.slice(0, SHOWN) ?? [];
  table.hidden = !rows.length;
  table.toggleAttribute("data-unranked", !!importance && !importance.is_ranked);
  const names = shorten(rows.map(({ name }) => name), LETTERS);
  const headings = ["parameter", importance?.heading || "importance", "correlation"];
  table.replaceChildren(
    h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, rows.map((row, k) => {
      const enter = () => panel.hoverParameter(row.name);
      const leave = () => panel.hoverParameter(null);
      return h("tr", {
        title: row.name, tabindex: 0, "data-parameter": row.name,
        onpointerenter: enter, onpointerleave: leave, onfocus: enter, onblur: leave,
      }, h("th", { scope: "row", "aria-label": row.name }, names[k]), h("td", {}, bar(row)), h("td", {}, correlation(row)));
    })));
}

/** @param {ImportanceRow} row */
function bar({ importance: share, error }) {
  const [from, to] = [Math.max(0, share - error), Math.min(1, share + error)];
  return h("div", { class: "share" },
    h("div", { class: "track" },
      h("span", { class: "fill", style: `width:${100 * share}%` }),
      h("span", { class: "whisker", style: `left:${100 * from}%;width:${100 * (to - from)}%` })),
    h("span", { class: "figure" }, `${share.toFixed(2)} ± ${error.toFixed(2)}`));
}

/** @param {ImportanceRow} row */
function correlation({ correlation: r, high_value: high, ratio, best_value: best }) {
  if (r === null) return unordered(ratio ?? null, best);
  const [left, width] = [50 + Math.min(0, r) * 50, Math.abs(r) * 50];
  return h("div", { class: "share", title: high ? `${high} counts as high` : null },
    h("div", { class: "track middle" }, h("span", { class: r < 0 ? "fill minus" : "fill", style: `left:${left}%;width:${width}%` })),
    h("span", { class: "figure" }, `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`));
}

/** The correlation ratio of three or more categories. @param {number|null} ratio @param {string|null} best */
function unordered(ratio, best) {
  if (ratio === null) return h("span", { class: "muted", title: "Three or more categories have no sign" }, "–");
  return h("div", { class: "share", title: `Correlation ratio of categories, which has no sign${best ? `; ${best} is best` : ""}` },
    h("div", { class: "track middle" }, h("span", { class: "fill unsigned", style: `left:50%;width:${ratio * 50}%` })),
    h("span", { class: "figure" }, ratio.toFixed(2)));
}
