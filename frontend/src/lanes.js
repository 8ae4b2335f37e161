// Who worked when: a lane for each worker, a bar for each run; shown when there are several.
import { chartTable } from "./chart_table.js";
import { h, setSize } from "./dom.js";
import { duration, shorten } from "./wording.js";

/** @import { Panel, Row } from "./types.js" */
/** @typedef {{row: Row, from: number, to: number}} Bar  in seconds after the first run began */

const LANE = 18;
const MARGIN = { left: 96, right: 12, bottom: 18 };
const MOST_BARS = 1500;
const MOST_LANES = 24;
const TICKS = 4;

/** @param {Panel} panel */
export function lanes(panel) {
  const svg = h("svg:svg", { class: "lanes", role: "img", "aria-label": "Runs of each worker over time; the table below holds the same" });
  const plot = h("div", { class: "chart" }, svg);
  const table = chartTable("Workers", () => ["worker", "run", "state", "began", "took"], () =>
    barsOf(panel).map(({ row, from }) => [row.worker, row.number, row.word, duration(from), duration(row.duration_s)]));
  const amount = h("span", { class: "muted" });
  const element = h("section", { class: "workers", "aria-label": "Workers" },
    h("div", { class: "heading" }, "Workers ", amount), plot, table.element);

  function draw() {
    const bars = barsOf(panel);
    const names = [...new Set(bars.map(({ row }) => row.worker))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    element.hidden = names.length < 2;
    if (element.hidden) return;
    amount.textContent = names.length > MOST_LANES ? `${MOST_LANES} of ${names.length}` : "";
    names.length = Math.min(names.length, MOST_LANES);
    const width = plot.clientWidth || 600;
    const height = names.length * LANE + MARGIN.bottom;
    plot.style.height = `${height}px`;
    setSize(svg, width, height);
    svg.replaceChildren(...drawLanes(panel, bars, names, width, height));
    table.draw();
    mark();
  }

  function mark() {
    for (const bar of svg.querySelectorAll("rect")) bar.classList.toggle("lit", bar.getAttribute("data-bar") === panel.hovered);
  }

  return { element, draw, mark };
}

/** @param {Panel} panel @param {Bar[]} bars @param {string[]} names @param {number} width @param {number} height */
function drawLanes(panel, bars, names, width, height) {
  const end = Math.max(1e-9, ...bars.map(({ to }) => to));
  /** @param {number} seconds */
  const x = (seconds) => MARGIN.left + (seconds / end) * (width - MARGIN.left - MARGIN.right);
  const lane = new Map(names.map((name, k) => [name, k]));
  return [
    h("svg:defs", {}, h("svg:pattern", { id: "stopped", width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      h("svg:path", { d: "M0 0h2v4H0z" }))),
    ...shorten(names, 14).map((short, k) => h("svg:text", { x: 0, y: k * LANE + 12 }, h("svg:title", {}, names[k]), short)),
    ...bars.flatMap(({ row, from, to }) => {
      const k = lane.get(row.worker);
      return k === undefined ? [] : [h("svg:rect", {
        x: x(from), y: k * LANE + 3, height: LANE - 6, width: Math.max(1.5, x(to) - x(from) - 1), rx: 1.5,
        class: panel.isOut(row.id) ? "out" : null, "data-state": row.state, "data-bar": row.id,
        onpointerenter: () => panel.hover(row.id), onpointerleave: () => panel.hover(null), onclick: () => panel.open(row.id),
      }, h("svg:title", {}, `run ${row.number} · ${row.word} · ${duration(row.duration_s)}`))];
    }),
    ...Array.from({ length: TICKS + 1 }, (_, k) => h("svg:text", {
      x: x((end * k) / TICKS), y: height - 5, "text-anchor": k === TICKS ? "end" : k ? "middle" : "start" }, duration((end * k) / TICKS))),
  ];
}

/** Begin and end of the newest runs. @param {Panel} panel @returns {Bar[]} */
function barsOf({ picture }) {
  const begun = picture.rows.filter((row) => row.worker).flatMap((row) => (typeof row.start_s === "number" ? [{ row, start: row.start_s }] : []));
  const first = begun.reduce((least, { start }) => Math.min(least, start), Infinity);
  return begun.slice(-MOST_BARS).map(({ row, start }) => ({ row, from: start - first, to: start - first + (row.duration_s ?? 0) }));
}
