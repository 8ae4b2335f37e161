// Which charts the page has, and where: each row is full, and a chart that has nothing to say
// gives its place to one that has.
import { hasCurves } from "./curves.js";
import { hasFront, isCounted, searchedAxes } from "./model.js";

/** @import { ChartName, Picture, ChartPlace } from "./types.js" */

export const COLUMNS = 6;
const FEW_AXES = 8; // of parallel coordinates that share their row
const [TWO, BESIDE, THREE] = [640, 800, 1250]; // pixels from which on so many charts are side by side
const LEAST_BEST = 2; // runs that make a best so far
const LEAST_SCATTER = 3; // runs that make a scatter

/** The charts that have something to say. @param {Picture} picture @returns {Set<ChartName>} */
export function sayingCharts(picture) {
  const { metric, rows } = picture;
  const counted = rows.filter(isCounted).length;
  const [isFront, isSearched] = [hasFront(picture), searchedAxes(picture).length > 0];
  /** @type {[ChartName, boolean][]} */
  const all = [
    ["front", isFront && counted > 0], ["volume", isFront && counted > 0],
    ["best", !!metric && !isFront && counted >= LEAST_BEST],
    ["curves", !!metric && hasCurves(picture)],
    ["scatter", isSearched && counted >= LEAST_SCATTER],
    ["lines", isSearched],
  ];
  return new Set(all.flatMap(([name, is]) => (is ? [name] : [])));
}

/** @param {ChartName} name @param {number} [columns] @param {number} [rows] @returns {ChartPlace} */
const place = (name, columns = COLUMNS, rows = 1) => ({ name, columns, rows });

/**
 * The places of the charts in the order of the page, in a grid of COLUMNS columns.
 * @param {number} width  in pixels @param {Set<ChartName>} saying @param {number} axes  of the parallel coordinates
 */
export function arrangement(width, saying, axes) {
  /** @param {ChartName[]} names */
  const those = (...names) => names.filter((name) => saying.has(name));
  if (width < TWO) return those("front", "volume", "best", "curves", "scatter", "lines").map((name) => place(name));
  const row = saying.has("front") ? frontRows(width, those("curves", "scatter")) : oneRow(width, those("best", "curves"), saying.has("scatter"));
  if (!saying.has("lines")) return row;
  const isLeft = saying.has("scatter") && !row.some(({ name }) => name === "scatter");
  if (!isLeft) return [...row, place("lines")];
  if (width >= BESIDE && axes <= FEW_AXES) return [...row, place("lines", 4), place("scatter", 2)];
  return row.length ? [...row, place("lines")] : [place("scatter"), place("lines")];
}

/** Charts side by side; a third one where there is room. @param {number} width @param {ChartName[]} names @param {boolean} hasScatter */
function oneRow(width, names, hasScatter) {
  if (hasScatter && (names.length === 1 || (names.length === 2 && width >= THREE))) names = [...names, "scatter"];
  return names.map((name) => place(name, COLUMNS / names.length));
}

/** The front, twice as high as what stands beside it. @param {number} width @param {ChartName[]} others @returns {ChartPlace[]} */
function frontRows(width, others) {
  if (!others.length) return [place("front"), place("volume")];
  if (others.length < 2 || width < THREE) return [place("front", 3, 2), place("volume", 3), place(others[0], 3)];
  return [place("front", 2, 2), place("volume", 2), place("scatter", 2, 2), place("curves", 2)];
}
