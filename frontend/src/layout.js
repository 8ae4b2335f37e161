// The grid of the charts, and the row below it.
import { COLUMNS, arrangement, sayingCharts } from "./arrangement.js";
import { arrange, h } from "./dom.js";
import { searchedAxes } from "./model.js";

/** @import { ChartName, Panel } from "./types.js" */

const MANY = 12; // runs, whose table scrolls

/** The charts, of which those are shown that have something to say. @param {Panel} panel @param {Partial<Record<ChartName, HTMLElement>>} figures */
export function chartGrid(panel, figures) {
  const element = h("div", { class: "charts", style: `--columns:${COLUMNS}` });
  // The others in a row are as high as one that opens its table.
  element.addEventListener("toggle", panel.changed, true);
  const all = Object.values(figures);
  let shown = "";

  function draw() {
    const places = arrangement(element.clientWidth, sayingCharts(panel.picture), searchedAxes(panel.picture).length);
    const key = JSON.stringify(places);
    if (key === shown) return;
    shown = key;
    const there = places.flatMap(({ name, columns, rows }) => {
      const figure = figures[name];
      if (!figure) return [];
      figure.style.gridArea = `auto / auto / span ${rows} / span ${columns}`;
      return [figure];
    });
    for (const figure of all) figure.hidden = !there.includes(figure);
    arrange(element, there);
  }

  return { element, draw };
}

/** The runs beside what decides, so that what is lit is seen in both. @param {Panel} panel @param {HTMLElement} runs @param {HTMLElement} side */
export function lowerRow(panel, runs, side) {
  const element = h("div", { class: "lower" }, runs, side);
  return { element, draw() {
    const { length } = panel.picture.rows;
    element.hidden = !panel.whole.rows.length;
    element.toggleAttribute("data-many", length >= MANY);
  } };
}
