// A run's line in the table of runs.
import { h, isWithin } from "./dom.js";
import { isBroken, marksText } from "./model.js";
import { killButton } from "./run_actions.js";
import { linear } from "./scale.js";
import { COLUMNS } from "./table_head.js";
import { duration } from "./wording.js";

/** @import { Line, Panel, Row } from "./types.js" */

const PICTOGRAM = { width: 72, height: 16 };

/** @param {Panel} panel @param {Line} row @param {boolean} isBest @param {boolean} isOpen @param {boolean} hasWorkers */
export function runLine(panel, row, isBest, isOpen, hasWorkers) {
  const { columns, metric, front } = panel.picture;
  const label = `${row.number}${row.attempt ? `.${row.attempt}` : ""}${row.n ? ` ×${row.n}` : ""}`;
  return h("tr", {
    class: isBest ? "best" : null, "data-run": row.id,
    onpointerenter: () => panel.hover(row.id), onpointerleave: () => panel.hover(null),
    onclick: (event) => {
      if (!isWithin(event, "[data-action]")) panel.open(isOpen ? null : row.id);
    },
  },
    h("td", { class: "right" }, h("button", {
      type: "button", class: "expand", "aria-expanded": String(isOpen), title: row.beyond ? `${row.name}: ${row.beyond}` : row.name,
      "aria-label": `Run ${label}${isBest ? (front.length ? ", on the front" : ", the best") : row.beyond && `, beyond a limit`}: details`,
    }, isBest ? `★ ${label}` : row.beyond ? `✗ ${label}` : label)),
    h("td", { title: row.note || null }, h("span", { class: "dot", "data-state": row.state, "aria-hidden": true },
      row.state === "pending" ? "○" : "●"), "\u00a0", row.word, killButton(panel, row)),
    columns.slice(0, COLUMNS).map((column, i) => h("td", { class: column.numeric ? "right" : null }, row.texts[i])),
    metric && metricCells(row),
    h("td", { class: "right" }, duration(row.duration_s).replace(/ /g, "\u00a0")),
    hasWorkers && h("td", {}, row.worker));
}

/** The metric and its curve, or why there is none. @param {Row} row */
const metricCells = (row) => (row.note && isBroken(row)
  ? h("td", { colspan: 2 + row.results.length, class: "error", title: row.note }, row.note)
  : [h("td", { class: "right metric" }, row.metric_text), row.results.map((text) => h("td", { class: "right metric" }, text)), h("td", { title: marksText(row) || null }, pictogram(row))]);

/** A curve as a line without axes, with a stroke where the run went on. @param {Row} row */
function pictogram({ curve: values, continued }) {
  if (values.length < 2) return null;
  const { width, height } = PICTOGRAM;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = linear([low, high], [height - 2, 2]);
  const d = values.map((value, i) => `${i ? "L" : "M"}${((i * width) / (values.length - 1)).toFixed(1)} ${y(value).toFixed(1)}`)
    .concat(continued.map(([place]) => `M${(place * width).toFixed(1)} 0v${height}`)).join("");
  return h("svg:svg", { width, height, class: "pictogram", "aria-hidden": true }, h("svg:path", { d }));
}
