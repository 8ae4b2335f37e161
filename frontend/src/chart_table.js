// A chart's numbers as a table, for those who cannot see the chart or want to copy them.
import { h } from "./dom.js";
import { count } from "./wording.js";

/** @import { Part } from "./types.js" */

const MOST_ROWS = 300;

/**
 * @param {string} title  of the chart
 * @param {() => string[]} columns  their names
 * @param {() => (string|number|null|undefined)[][]} read  the rows; called only while the table is open
 * @returns {Part & {element: HTMLElement}}
 */
export function chartTable(title, columns, read) {
  const table = h("table", { "aria-label": title });
  const note = h("div", { class: "muted small" });
  const element = h("details", { class: "as-table", ontoggle: () => draw() },
    h("summary", {}, "as a table", h("span", { class: "sr" }, `: ${title}`)),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title} as a table` }, table), note);
  function draw() {
    if (!element.open) return;
    const rows = read();
    note.textContent = rows.length > MOST_ROWS ? `the last ${MOST_ROWS} of ${count(rows.length)}` : "";
    table.replaceChildren(
      h("thead", {}, h("tr", {}, columns().map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.slice(-MOST_ROWS).map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))));
  }
  return { element, draw };
}
