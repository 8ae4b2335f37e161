// Which colour a run has: by its metric, or by any other result or parameter.
import { isCounted, position, quality } from "./model.js";
import { bin } from "./theme.js";

/** @import { Axis, Panel, Row } from "./types.js" */

// Okabe and Ito's colours for categories, told apart without colour vision; a light page
// has the darker one of each pair.
export const CATEGORIES = {
  light: ["#0072b2", "#d55e00", "#007a5a", "#b0568f", "#8a6d00", "#3d8fc4", "#5b5b5b", "#6f3fa0"],
  dark: ["#56b4e9", "#e8873a", "#2fbf98", "#e59ac6", "#f0e442", "#8ecbf0", "#bdbdbd", "#b79be0"],
};

/**
 * What colours the runs, and how; without an axis all have the colour of a line.
 * @param {Panel} panel
 * @returns {{axis: Axis|null, colours: string[], key: (row: Row) => number|null}}
 *   key: index of a row's colour, null for a row that has none
 */
export function colouring(panel) {
  const { axes } = panel.picture;
  const i = Math.max(0, axes.findIndex((axis) => (panel.view.colour ? axis.name === panel.view.colour : axis.is_metric)));
  const axis = axes[i];
  if (!axis || (!panel.view.colour && !axis.is_metric)) return { axis: null, colours: [panel.colours.line], key: () => 0 };
  /** @param {Row} row */
  const placeOf = ({ places }) => places[i] ?? null;
  if (axis.kind === "category") {
    const colours = CATEGORIES[panel.isDark ? "dark" : "light"];
    return { axis, colours, key: (row) => { const place = placeOf(row); return place === null ? null : place % colours.length; } };
  }
  const colours = panel.colours.ramp;
  if (axis.is_metric) return { axis, colours, key: (row) => (isCounted(row) ? bin(quality(axis, row.metric)) : null) };
  return { axis, colours, key: (row) => {
    const place = placeOf(row);
    return place === null ? null : bin(axis.is_extra ? quality(axis, place) : position(axis, place));
  } };
}
