// Who worked when: a lane for each worker, a bar for each run; shown when there are several.
import { duration } from "./model.js";
import { h } from "./dom.js";
import { twin } from "./twin.js";

const LANE = 18;
const MARGIN = { left: 96, right: 12, bottom: 18 };
const MOST_BARS = 1500;
const MOST_LANES = 24;

/** @param {any} panel */
export function lanes(panel) {
  const svg = h("svg:svg", { class: "lanes", role: "img", "aria-label": "Runs of each worker over time; the table below holds the same" });
  const plot = h("div", { class: "chart" }, svg);
  const table = twin("Workers", ["worker", "run", "state", "began", "took"], () =>
    bars(panel).map(({ row, from }) => [row.worker, row.number, row.state, duration(from), duration(row.duration_s)]));
  const told = h("span", { class: "muted" });
  const element = h("section", { class: "workers", "aria-label": "Workers" },
    h("div", { class: "heading" }, "Workers ", told), plot, table.element);

  function draw() {
    const found = bars(panel);
    const names = [...new Set(found.map(({ row }) => row.worker))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    element.hidden = names.length < 2;
    if (element.hidden) return;
    told.textContent = names.length > MOST_LANES ? `${MOST_LANES} of ${names.length}` : "";
    names.length = Math.min(names.length, MOST_LANES);
    const width = plot.clientWidth || 600;
    const height = names.length * LANE + MARGIN.bottom;
    plot.style.height = `${height}px`;
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const end = Math.max(1e-9, ...found.map(({ to }) => to));
    const x = (seconds) => MARGIN.left + (seconds / end) * (width - MARGIN.left - MARGIN.right);
    const lane = new Map(names.map((name, k) => [name, k]));
    const parts = names.map((name, k) => h("svg:text", { x: 0, y: k * LANE + 12 }, h("svg:title", {}, name), short(name)));
    for (const { row, from, to } of found) {
      const k = lane.get(row.worker);
      if (k === undefined) continue;
      const bar = h("svg:rect", {
        x: x(from), y: k * LANE + 3, height: LANE - 6, width: Math.max(1.5, x(to) - x(from) - 1), rx: 1.5,
        class: panel.isOut(row.id) ? "out" : null, "data-state": row.state, "data-bar": row.id,
        onpointerenter: () => panel.hover(row.id), onpointerleave: () => panel.hover(null), onclick: () => panel.open(row.id),
      }, h("svg:title", {}, `run ${row.number} · ${row.state} · ${duration(row.duration_s)}`));
      parts.push(bar);
    }
    for (let k = 0; k <= 4; k++)
      parts.push(h("svg:text", { x: x((end * k) / 4), y: height - 5, "text-anchor": k === 4 ? "end" : k ? "middle" : "start" }, duration((end * k) / 4)));
    svg.replaceChildren(...parts);
    table.draw();
    mark();
  }

  function mark() {
    for (const bar of svg.querySelectorAll("rect")) bar.classList.toggle("lit", bar.getAttribute("data-bar") === panel.hovered);
  }

  return { element, draw, mark };
}

/** Begin and end of the newest runs, in seconds after the first of all began. */
function bars({ picture }) {
  const rows = picture.rows.filter((row) => row.worker && row.start_s !== null && row.start_s !== undefined);
  const first = rows.reduce((least, row) => Math.min(least, row.start_s), Infinity);
  return rows.slice(-MOST_BARS).map((row) => ({ row, from: row.start_s - first, to: row.start_s - first + (row.duration_s ?? 0) }));
}

const short = (name) => (name.length > 14 ? `…${name.slice(-13)}` : name);
