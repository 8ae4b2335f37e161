// Which colour a run has: by its metric, or by any other result or parameter.
import { isCounted, position, quality } from "./model.js";
import { bin } from "./theme.js";

// Okabe and Ito's colours for categories, told apart without colour vision; the light page
// has the darker ones of each pair.
const CATEGORIES = {
  light: ["#0072b2", "#d55e00", "#007a5a", "#b0568f", "#8a6d00", "#3d8fc4", "#5b5b5b", "#6f3fa0"],
  dark: ["#56b4e9", "#e8873a", "#2fbf98", "#e59ac6", "#f0e442", "#8ecbf0", "#bdbdbd", "#b79be0"],
};

/**
 * @param {any} panel
 * @returns {{axis: any, colours: string[], key: (row: any) => number|null}}
 *   key: index of a row's colour, null for a row that has none
 */
export function colouring(panel) {
  const { axes } = panel.picture;
  const i = Math.max(0, axes.findIndex((axis) => (panel.view.colour ? axis.name === panel.view.colour : axis.is_metric)));
  const axis = axes[i];
  if (!axis || (!panel.view.colour && !axis.is_metric)) return { axis: null, colours: [panel.colours.line], key: () => 0 };
  if (axis.kind === "category") {
    const colours = CATEGORIES[panel.isDark ? "dark" : "light"];
    return { axis, colours, key: ({ places }) => (places[i] === null || places[i] === undefined ? null : places[i] % colours.length) };
  }
  const colours = panel.colours.ramp;
  if (axis.is_metric) return { axis, colours, key: (row) => (isCounted(row) ? bin(quality(axis, row.metric)) : null) };
  const value = ({ places }) => places[i] ?? null;
  const place = (found) => (axis.is_extra ? quality(axis, found) : position(axis, found));
  return { axis, colours, key: (row) => (value(row) === null ? null : bin(place(value(row)))) };
}
