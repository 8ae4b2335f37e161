// The grid of the charts.
import { COLUMNS, arrangement, sayingCharts } from "./arrangement.js";
import { arrange, h } from "./dom.js";
import { searchedAxes } from "./model.js";

/** @import { ChartName, Panel } from "./types.js" */

/** The charts, of which those are shown that have something to say. @param {Panel} panel @param {Partial<Record<ChartName, HTMLElement>>} figures */
export function chartGrid(panel, figures) {
  const element = h("div", { class: "charts", style: `--columns:${COLUMNS}` });
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
