// All there is to know of a run, below its line in the table.
import { h } from "./dom.js";
import { isBroken } from "./model.js";
import { againButtons } from "./run_actions.js";

/** @import { Detail, Pairs, Panel, Row } from "./types.js" */

/** @type {Record<string, string>} */
const ORIGIN = {
  why: "chosen for",
  predicted_mean: "predicted mean",
  predicted_sd: "predicted sd",
  expected_improvement: "expected improvement",
  probability_of_improvement: "probability of improvement",
  probability_of_success: "probability of success",
  observations: "from runs",
  grid_index: "grid point",
};

/** @param {Panel} panel @param {Row} row @param {number} width  in columns */
export function detailLine(panel, row, width) {
  const detail = panel.details.get(row.id);
  return h("tr", { class: "detail" }, h("td", { colspan: width },
    h("div", { class: "muted" }, [row.name, row.worker].filter(Boolean).join(" · "), againButtons(panel, row, detail)),
    row.note && h("div", { class: isBroken(row) ? "error" : "" }, row.note),
    detail ? texts(detail) : h("div", { class: "muted" }, panel.canAsk ? "…" : "")));
}

/** @param {Detail} detail */
const texts = ({ error, console: printed, metrics, parts, config, origin, continued }) => [
  error && h("pre", { tabindex: 0, "aria-label": "Traceback" }, error),
  printed && [
    h("div", { class: "heading" }, "Console"),
    h("pre", { class: "console", tabindex: 0, "aria-label": "Console" }, printed)],
  h("div", { class: "lists" },
    list("Metrics", metrics), list("Continued", continued), list("Parts", parts), list("Config", config),
    list("Why this point", origin?.map(([name, text]) => [ORIGIN[name] ?? name, text]))),
];

/** @param {string} title @param {Pairs|undefined} pairs */
function list(title, pairs) {
  if (!pairs?.length) return null;
  return h("div", {}, h("div", { class: "heading" }, title),
    h("dl", {}, pairs.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
}
