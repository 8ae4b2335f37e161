// How much each parameter decides, beside its signed correlation; a table that looks like a chart.
import { h } from "./dom.js";

const SHOWN = 10;

/** @param {any} panel */
export function importance(panel) {
  const title = h("div", { class: "heading" }, h("b", {}, "Parameter importance"));
  const verdict = h("p", { class: "verdict" });
  const table = h("table", { class: "importance" });
  const element = h("section", { class: "side", "aria-label": "Parameter importance" }, title, verdict, table);
  let shown = null;
  return {
    element,
    draw() {
      const found = panel.picture.importance;
      element.hidden = !panel.picture.metric;
      if (shown === found) return;
      shown = found;
      verdict.textContent = found ? found.verdict : "Waiting for the first runs to end.";
      const rows = found?.rows.slice(0, SHOWN) ?? [];
      table.hidden = !rows.length;
      table.toggleAttribute("data-unranked", !!found && !found.is_ranked);
      table.replaceChildren(
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "parameter"), h("th", { scope: "col" }, "importance"),
          h("th", { scope: "col" }, "correlation"))),
        h("tbody", {}, rows.map((row) => h("tr", { title: row.name },
          h("th", { scope: "row" }, row.name),
          h("td", {}, bar(row)),
          h("td", {}, correlation(row))))));
    },
  };
}

function bar({ importance: share, error }) {
  const [from, to] = [Math.max(0, share - error), Math.min(1, share + error)];
  return h("div", { class: "share" },
    h("div", { class: "track" },
      h("span", { class: "fill", style: `width:${100 * share}%` }),
      h("span", { class: "whisker", style: `left:${100 * from}%;width:${100 * (to - from)}%` })),
    h("span", { class: "figure" }, `${share.toFixed(2)} ± ${error.toFixed(2)}`));
}

function correlation({ correlation: r, high_value: high }) {
  if (r === null) return h("span", { class: "muted", title: "Three or more categories have no sign" }, "–");
  const [left, width] = [50 + Math.min(0, r) * 50, Math.abs(r) * 50];
  return h("div", { class: "share", title: high ? `${high} counts as high` : null },
    h("div", { class: "track middle" }, h("span", { class: r < 0 ? "fill minus" : "fill", style: `left:${left}%;width:${width}%` })),
    h("span", { class: "figure" }, `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`));
}
