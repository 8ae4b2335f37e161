// A chart's numbers as a table, for who cannot see the chart or wants to copy them.
import { h } from "./dom.js";

const MOST_ROWS = 300;

/**
 * @param {string} title  of the chart
 * @param {string[]} columns
 * @param {() => any[][]} read  the rows; called only while the table is open
 */
export function twin(title, columns, read) {
  const table = h("table", { "aria-label": title });
  const note = h("div", { class: "muted small" });
  const element = h("details", { class: "twin", ontoggle: () => draw() },
    h("summary", {}, "as table", h("span", { class: "sr" }, `: ${title}`)),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title} as a table` }, table), note);
  function draw() {
    if (!element.open) return;
    const rows = read();
    note.textContent = rows.length > MOST_ROWS ? `the last ${MOST_ROWS} of ${rows.length.toLocaleString("en")}` : "";
    table.replaceChildren(
      h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.slice(-MOST_ROWS).map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, String(cell ?? "")))))));
  }
  return { element, draw };
}
