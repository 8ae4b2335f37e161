// What is told of what the pointer is on: an axis, a bar of its histogram, a value that is cut
// short, or a run.
import { drawnTicks, isLog, positionAt, shortLabels } from "./axes.js";
import { endsOf, position, textAt, valueAt } from "./model.js";
import { lineAt } from "./parallel_lines.js";
import { LETTER, MARGIN, yAt } from "./parallel_layout.js";
import { count, digitsIn, number, plural } from "./wording.js";

/** @import { DrawnAxis, Panel, Row, ShownAxis } from "./types.js" */
/** @import { Bin, histograms } from "./histograms.js" */
/** @import { LineShape } from "./line_shape.js" */
/** @import { Layout } from "./parallel_layout.js" */

const TICK_HEIGHT = 7; // half of it, in pixels

/**
 * @param {Panel} panel @param {Layout} layout @param {LineShape} shape @param {ReturnType<typeof histograms>} bars
 * @param {DrawnAxis[]} drawn @param {{x: number, y: number}} pointer
 * @returns {{run: string|null, text: string}}
 */
export function pointedAt(panel, layout, shape, bars, drawn, { x, y }) {
  const near = nearestAxis(drawn, x);
  if (!near) return { run: null, text: "" };
  if (y < MARGIN.top - 8) return { run: null, text: "" }; // among the titles
  const found = bars.at(drawn, x, y);
  if (found) return { run: null, text: binText(panel, found.axis, found.bin) };
  const tick = tickAt(panel, layout, near, drawn.length, x, y);
  if (tick) return { run: null, text: tick };
  const run = drawn.length > 1 ? lineAt(panel, shape, drawn, x, y) : null;
  const row = run ? panel.byId.get(run) : undefined;
  return { run, text: row ? runText(panel, row, near) : "" };
}

/** @param {DrawnAxis[]} drawn @param {number} x */
const nearestAxis = (drawn, x) =>
  drawn.reduce((/** @type {DrawnAxis|undefined} */ best, one) => (best && Math.abs(best.x - x) <= Math.abs(one.x - x) ? best : one), undefined);

/** A run, its metric, and its value on an axis. @param {Panel} panel @param {Row} row @param {DrawnAxis} near */
export function runText(panel, row, { axis, i }) {
  const { metric, axes } = panel.picture;
  const told = `run ${row.number} · ${row.word}${metric && row.metric_text ? ` · ${metric.name} ${row.metric_text}` : ""}`;
  if (axis.is_metric) return told;
  const at = panel.positions(row, axes)[i];
  const place = row.places[i];
  const value = at < 0 || axis.kind === "category" || typeof place !== "number" ? textAt(axis, at) : number(place, digitsIn(...endsOf(axis), 4));
  return `${told}\n${axis.name}: ${value}`;
}

/** A whole value whose label is cut. @param {Panel} panel @param {Layout} layout @param {DrawnAxis} near @param {number} n  axes @param {number} x @param {number} y */
function tickAt(panel, layout, { axis, x: axisX }, n, x, y) {
  if (axis.kind !== "category" || x < axisX + 4) return "";
  const ticks = drawnTicks(axis, panel.view);
  const tick = ticks.find(([drawn]) => Math.abs(yAt(drawn) - y) <= TICK_HEIGHT);
  if (!tick) return "";
  const whole = textAt(axis, positionAt(axis, tick[0], panel.view));
  const shown = shortLabels(axis, ticks, layout.tickLetters(n))[ticks.indexOf(tick)];
  return shown === whole || x > axisX + 6 + shown.length * LETTER ? "" : `${axis.name}: ${whole}`;
}

/** @param {Panel} panel @param {ShownAxis} axis @param {Bin} bin */
function binText(panel, axis, bin) {
  const { metric } = panel.picture;
  const of = panel.selected ? `, ${count(bin.dark)} selected` : "";
  const best = bin.best && metric ? `\nbest ${metric.name} ${bin.best.metric_text}, run ${bin.best.number}` : "";
  return `${axis.name} ${rangeText(panel, axis, bin)}\n${plural(bin.n, "run")}${of}${best}`;
}

/** What a bin holds. @param {Panel} panel @param {ShownAxis} axis @param {Bin} bin */
function rangeText(panel, axis, { ends, place }) {
  if (place !== null) return textAt(axis, position(axis, place));
  if (!ends) return "missing";
  const [low, high] = ends.map((drawn) => valueAt(axis, positionAt(axis, drawn, panel.view))).sort((a, b) => a - b);
  const digits = digitsIn(low, high, 2);
  return `${number(low, digits)} to ${number(high, digits)}`;
}

/** What an axis is: its scale, its ends, its importance. @param {Panel} panel @param {ShownAxis} axis */
export function axisText(panel, axis) {
  const { importance } = panel.picture;
  const rank = importance?.is_ranked ? importance.rows.findIndex(({ name }) => name === axis.name) : -1;
  const row = importance?.rows[rank];
  return [axis.name, scaleText(panel, axis),
    row && `no. ${rank + 1} of ${importance?.rows.length} by importance: ${row.importance.toFixed(2)} ± ${row.error.toFixed(2)}`,
  ].filter(Boolean).join("\n");
}

/** @param {Panel} panel @param {ShownAxis} axis */
function scaleText(panel, axis) {
  if (axis.kind === "category") return plural(axis.categories.length, "value");
  const [low, high] = endsOf(axis);
  const digits = digitsIn(low, high);
  return `${number(low, digits)} to ${number(high, digits)}${isLog(axis, panel.view) ? ", logarithmic" : ""}`;
}
