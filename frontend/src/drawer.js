// All there is to know of the run that is open, beside the charts.
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

/** @param {Panel} panel */
export function drawer(panel) {
  const element = h("aside", { class: "drawer", hidden: true });
  let shown = "";

  function draw() {
    const row = panel.byId.get(panel.opened ?? "");
    element.hidden = !row;
    element.closest(".panel")?.toggleAttribute("data-open", !!row);
    const detail = row && panel.details.get(row.id);
    const key = JSON.stringify([row, detail?.seq, panel.controls.actions]);
    if (!row || key === shown) return;
    shown = key;
    element.setAttribute("aria-label", `Run ${row.number}`);
    element.replaceChildren(...contents(panel, row, detail));
  }

  return { element, draw };
}

/** @param {Panel} panel @param {Row} row @param {Detail|undefined} detail */
const contents = (panel, row, detail) => [
  h("div", { class: "drawer-head" }, h("b", {}, `Run ${row.number}`),
    h("button", { type: "button", class: "close", "aria-label": "Close the details", onclick: () => panel.open(null) }, "✕")),
  h("div", { class: "muted" }, [row.name, row.worker].filter(Boolean).join(" · "), againButtons(panel, row, detail)),
  h("div", { class: isBroken(row) ? "error" : "" }, row.note),
  ...(detail ? texts(detail) : [h("div", { class: "muted" }, panel.canAsk ? "…" : "")]),
];

/** @param {Detail} detail */
const texts = ({ error, console: printed, metrics, parts, config, origin, continued }) => [
  h("div", {}, error && h("pre", { tabindex: 0, "aria-label": "Traceback" }, error),
    printed && [
      h("div", { class: "heading" }, "Console"),
      h("pre", { class: "console", tabindex: 0, "aria-label": "Console" }, printed)]),
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
