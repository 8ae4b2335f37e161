// A run's line in the table of runs.
import { button, h, isWithin } from "./dom.js";
import { isBroken } from "./model.js";
import { linear } from "./scale.js";
import { COLUMNS } from "./table_head.js";
import { duration } from "./wording.js";

/** @import { Panel, Row } from "./types.js" */

const PICTOGRAM = { width: 72, height: 16 };

/** @param {Panel} panel @param {Row} row @param {boolean} isBest @param {boolean} isOpen @param {boolean} hasWorkers */
export function runLine(panel, row, isBest, isOpen, hasWorkers) {
  const { columns, metric } = panel.picture;
  const label = row.attempt ? `${row.number}.${row.attempt}` : `${row.number}`;
  return h("tr", {
    class: isBest ? "best" : null, "data-run": row.id,
    onpointerenter: () => panel.hover(row.id), onpointerleave: () => panel.hover(null),
    onclick: (event) => {
      if (!isWithin(event, "[data-action]")) panel.open(isOpen ? null : row.id);
    },
  },
    h("td", { class: "right" }, h("button", {
      type: "button", class: "expand", "aria-expanded": String(isOpen), title: row.name,
      "aria-label": `Run ${label}${isBest ? ", the best" : ""}: details`,
    }, isBest ? `★ ${label}` : label)),
    h("td", { title: row.note || null }, h("span", { class: "dot", "data-state": row.state, "aria-hidden": true },
      row.state === "pending" ? "○" : "●"), "\u00a0", row.state, killButton(panel, row)),
    columns.slice(0, COLUMNS).map((column, i) => h("td", { class: column.numeric ? "right" : null }, row.texts[i])),
    metric && metricCells(row),
    h("td", { class: "right" }, duration(row.duration_s).replace(/ /g, "\u00a0")),
    hasWorkers && h("td", {}, row.worker));
}

/** The metric and its curve, or why there is none. @param {Row} row */
const metricCells = (row) => (row.note && isBroken(row)
  ? h("td", { colspan: 2, class: "error", title: row.note }, row.note)
  : [h("td", { class: "right metric" }, row.metric_text), h("td", {}, pictogram(row.curve))]);

/** @param {Panel} panel @param {Row} row */
function killButton(panel, row) {
  if (!row.active || !panel.controls.actions.includes("kill")) return null;
  return button("✕", () => panel.steer("kill", { run: row.id }), {
    class: "kill", "data-action": "kill", title: `Stop run ${row.number} at its next log`, "aria-label": `Stop run ${row.number}`,
  });
}

/** A curve as a line without axes. @param {number[]} values */
function pictogram(values) {
  if (values.length < 2) return null;
  const { width, height } = PICTOGRAM;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = linear([low, high], [height - 2, 2]);
  const d = values.map((value, i) => `${i ? "L" : "M"}${((i * width) / (values.length - 1)).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return h("svg:svg", { width, height, class: "pictogram", "aria-hidden": true }, h("svg:path", { d }));
}
