// Slim histograms beside the axes: how many runs each part of an axis has, the selected or the
// best ones darker.
import { drawnAt } from "./axes.js";
import { MISSING, isCounted, position } from "./model.js";
import { LENGTH, yAt } from "./parallel_layout.js";
import { strongRuns } from "./strong.js";

/** @import { DrawnAxis, Goal, Panel, Row, ShownAxis, View } from "./types.js" */
/** @import { Layout } from "./parallel_layout.js" */
/** @typedef {{drawn: number, size: number, ends: [from: number, to: number]|null, place: number|null, n: number, dark: number, best: Row|null}} Bin
 *    of the axis: its middle and its height as a share of the axis, what it holds, and its runs */

const WIDTH = 20; // pixels of the longest bar
const SHARE = 0.28; // of the distance of two axes, at most
const BESIDE = 3; // pixels from the axis
const FEW_RUNS = 60; // and a histogram has fewer bins
const BINS = { few: 10, many: 20 };
const THICK = 0.7; // of the distance of two values
const MOST_THICK = 12; // pixels

/** @param {Panel} panel @param {Layout} layout */
export function histograms(panel, layout) {
  /** @type {{rows: Row[]|null, axes: ShownAxis[]|null, view: View|null, selected: Set<string>|null, strong: Set<string>|null, bins: Map<string, Bin[]>}} */
  let known = { rows: null, axes: null, view: null, selected: null, strong: null, bins: new Map() };

  /** The bins of the axes, made again when runs have changed; while a brush is dragged they wait. @param {DrawnAxis[]} drawn @param {boolean} isDragged */
  function binsOf(drawn, isDragged) {
    const { picture, view, selected } = panel;
    const { rows, axes } = picture;
    const strong = strongRuns(picture);
    const isSame = known.rows === rows && known.axes === axes && known.view === view;
    if (!isSame || (!isDragged && (known.selected !== selected || known.strong !== strong))) {
      const isDark = selected ?? strong;
      known = { rows, axes, view, selected, strong, bins: new Map(drawn.map(({ axis, i }) => [axis.name, filled(panel, axis, i, isDark)])) };
    }
    return known.bins;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {DrawnAxis[]} drawn @param {boolean} isDragged */
  function draw(ctx, drawn, isDragged) {
    if (!panel.view.histograms) return;
    const bins = binsOf(drawn, isDragged);
    const longest = lengthOf(layout, drawn.length);
    for (const [colour, alpha, of] of /** @type {const} */ ([[panel.colours.faint, 0.6, "n"], [panel.colours.line, 0.9, "dark"]])) {
      ctx.fillStyle = colour;
      ctx.globalAlpha = alpha;
      ctx.beginPath();
      for (const { axis, x } of drawn) {
        const all = bins.get(axis.name) ?? [];
        const most = Math.max(...all.map(({ n }) => n));
        for (const bin of all) {
          if (!bin[of]) continue;
          const length = Math.max(1, (longest * bin[of]) / most);
          const height = Math.max(1, bin.size * LENGTH - 1);
          ctx.rect(x - BESIDE - length, yAt(bin.drawn) - height / 2, length, height);
        }
      }
      ctx.fill();
    }
    ctx.globalAlpha = 1;
  }

  /** The bin whose bar is under the pointer. @param {DrawnAxis[]} drawn @param {number} x @param {number} y */
  function at(drawn, x, y) {
    if (!panel.view.histograms) return null;
    const longest = lengthOf(layout, drawn.length);
    const entry = drawn.find((one) => x <= one.x - BESIDE && x >= one.x - BESIDE - longest);
    const all = (entry && known.bins.get(entry.axis.name)) ?? [];
    const most = Math.max(...all.map(({ n }) => n));
    const bin = all.find(({ n, drawn: middle, size }) => n > 0 && Math.abs(y - yAt(middle)) <= (size * LENGTH) / 2);
    if (!entry || !bin || x < entry.x - BESIDE - Math.max(4, (longest * bin.n) / most)) return null;
    return { axis: entry.axis, bin };
  }

  return { draw, at };
}

/** Pixels of the longest bar. @param {Layout} layout @param {number} n  axes */
const lengthOf = (layout, n) => Math.min(WIDTH, SHARE * layout.gap(n));

/** The bins of an axis with its runs. @param {Panel} panel @param {ShownAxis} axis @param {number} i @param {Set<string>} dark */
function filled(panel, axis, i, dark) {
  const { picture: { rows, axes, metric }, view } = panel;
  const bins = binsOfAxis(axis, view, rows.length);
  const inner = bins.length - 1; // the last one holds the runs without a value
  const isWhole = bins[0]?.place !== null;
  const sorted = isWhole ? bins.slice(0, inner).map((bin, k) => ({ at: position(axis, bin.place), k })) : [];
  for (const row of rows) {
    const at = panel.positions(row, axes)[i];
    let k = inner;
    if (at >= 0) k = isWhole ? nearest(sorted, at) : Math.min(inner - 1, Math.floor(drawnAt(axis, at, view) * inner));
    const bin = bins[k];
    if (!bin) continue;
    bin.n += 1;
    if (dark.has(row.id)) bin.dark += 1;
    if (metric && isBetter(row, bin.best, metric.goal)) bin.best = row;
  }
  return bins;
}

/** @param {Row} row @param {Row|null} best @param {Goal} goal */
function isBetter(row, best, goal) {
  if (!isCounted(row) || row.beyond) return false;
  return !best || best.metric === null || (goal === "maximize" ? row.metric > best.metric : row.metric < best.metric);
}

/** @param {{at: number, k: number}[]} sorted @param {number} at */
const nearest = (sorted, at) => sorted.reduce((one, other) => (Math.abs(other.at - at) < Math.abs(one.at - at) ? other : one)).k;

/** Empty bins: one for each value where they are few, and one below for runs without a value. @param {ShownAxis} axis @param {View} view @param {number} n  runs @returns {Bin[]} */
function binsOfAxis(axis, view, n) {
  const empty = { n: 0, dark: 0, best: null };
  const missing = { ...empty, drawn: MISSING, size: 8 / LENGTH, ends: null, place: null };
  const [low, high] = axis.window ?? [0, 1];
  const places = (axis.kind === "category" ? axis.categories.map((_, place) => place) : axis.marks)
    .filter((place) => { const at = position(axis, place); return at >= low - 1e-6 && at <= high + 1e-6; });
  if (places.length) {
    const drawn = places.map((place) => drawnAt(axis, position(axis, place), view));
    const inOrder = [...drawn].sort((a, b) => a - b);
    const apart = Math.min(MOST_THICK / LENGTH, ...inOrder.slice(1).map((at, k) => (at - inOrder[k]) * THICK));
    return [...places.map((place, k) => ({ ...empty, drawn: drawn[k], size: apart, ends: null, place })), missing];
  }
  if (axis.kind === "category") return [missing];
  const amount = n < FEW_RUNS ? BINS.few : BINS.many;
  return [...Array.from({ length: amount }, (_, k) => ({
    ...empty, drawn: (k + 0.5) / amount, size: 1 / amount, ends: /** @type {[number, number]} */ ([k / amount, (k + 1) / amount]), place: null })), missing];
}
