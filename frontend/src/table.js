// The runs, newest first unless sorted otherwise; a click shows all there is to know of one.
import { duration, filterRows, plural, sortRows } from "./model.js";
import { h, setText } from "./dom.js";
import { narrowing } from "./narrowing.js";

const PAGE = 100; // rows that are shown at once; more on demand
const COLUMNS = 10;
const PICTOGRAM = { width: 72, height: 16 };
const ORIGIN = {
  why: "chosen for",
  predicted_mean: "predicted mean",
  predicted_sd: "predicted sd",
  expected_improvement: "expected improvement",
  probability_of_improvement: "probability of improvement",
  probability_of_success: "probability of success",
  observations: "from runs",
  grid_index: "grid point",
};

/** @param {any} panel */
export function table(panel) {
  const search = h("input", {
    type: "search", placeholder: "Filter runs: words, or optimizer:adam", "aria-label": "Filter runs",
    oninput: () => { panel.query = search.value; limit = PAGE; panel.changed(); },
  });
  const told = h("span", { class: "muted" });
  const clear = h("button", { type: "button", class: "link", onclick: () => panel.clear() }, "clear selection");
  const invert = h("button", { type: "button", class: "link", onclick: () => panel.invert() }, "invert");
  const narrower = narrowing(panel);
  const head = h("thead");
  const body = h("tbody");
  const more = h("button", { type: "button", class: "link", onclick: () => { limit += PAGE; panel.changed(); } });
  const element = h("section", { class: "runs", "aria-label": "Runs" },
    h("div", { class: "tools" }, search, told, clear, invert, narrower.button), narrower.element,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" }, h("table", {}, head, body)), more);
  let limit = PAGE;
  let hasWorkers = false;
  let shownHead = "";
  /** @type {Map<string, {row: any, key: string, tr: any, detail: any}>} */
  let made = new Map();

  function draw() {
    const { picture, selected } = panel;
    hasWorkers = new Set(picture.rows.map((row) => row.worker).filter(Boolean)).size > 1;
    drawHead(picture);
    let rows = filterRows(picture.rows, picture.columns, panel.query);
    if (selected) rows = rows.filter((row) => selected.has(row.id));
    rows = sortRows(rows, panel.sort.key, panel.sort.direction, picture.axes, picture.columns);
    count();
    if (!selected && panel.query) setText(told, `${plural(rows.length, "run")} found`);
    more.hidden = rows.length <= limit;
    if (!more.hidden) more.textContent = `show ${Math.min(PAGE, rows.length - limit)} more of ${plural(rows.length, "run")}`;
    const next = new Map();
    const order = [];
    for (const row of rows.slice(0, limit)) {
      const isBest = picture.best?.id === row.id;
      const isOpen = panel.opened === row.id;
      const key = `${isBest}${isOpen}${isOpen ? panel.details.get(row.id)?.seq : ""}${panel.controls.actions}${hasWorkers}`;
      let entry = made.get(row.id);
      if (!entry || entry.row !== row || entry.key !== key) {
        const focused = entry?.tr.contains(panel.root.activeElement);
        entry = { row, key, tr: line(row, isBest, isOpen), detail: isOpen ? detail(row) : null };
        if (focused) queueMicrotask(() => entry?.tr.querySelector("button")?.focus());
      }
      entry.tr.classList.toggle("hovered", panel.hovered === row.id);
      next.set(row.id, entry);
      order.push(entry.tr);
      if (entry.detail) order.push(entry.detail);
    }
    made = next;
    if (order.length !== body.children.length || order.some((tr, i) => body.children[i] !== tr))
      body.replaceChildren(...order);
  }

  /** How many are selected; while a brush is dragged this alone follows. */
  function count() {
    const { picture, selected } = panel;
    setText(told, selected ? `${plural(selected.size, "run")} of ${picture.rows.length.toLocaleString("en")} selected` : "");
    clear.hidden = invert.hidden = !selected;
    narrower.draw();
  }

  function mark() {
    for (const [id, { tr }] of made) tr.classList.toggle("hovered", panel.hovered === id);
  }

  function drawHead({ columns, metric }) {
    const key = JSON.stringify([columns, metric, panel.sort, hasWorkers]);
    if (key === shownHead) return;
    shownHead = key;
    const cells = [sortable("number", "run", true), sortable("state", "state")];
    for (const column of columns.slice(0, COLUMNS)) cells.push(sortable(`param:${column.name}`, column.name, column.numeric));
    if (metric) {
      cells.push(sortable("metric", `${metric.name} ${metric.goal === "maximize" ? "↑" : "↓"}`, true));
      cells.push(h("th", { scope: "col" }, "curve"));
    }
    cells.push(sortable("duration_s", "time", true));
    if (hasWorkers) cells.push(sortable("worker", "worker"));
    head.replaceChildren(h("tr", {}, cells));
  }

  function sortable(key, text, isRight = false) {
    const { sort } = panel;
    const on = sort.key === key;
    const th = h("th", { scope: "col", class: isRight ? "right" : null, "aria-sort": on ? (sort.direction > 0 ? "ascending" : "descending") : null },
      h("button", { type: "button", class: "sort", title: `Sort by ${text}`, onclick: () => {
        panel.sort = { key, direction: on ? -sort.direction : key === "number" ? -1 : firstDirection(key) };
        panel.changed();
        queueMicrotask(() => head.querySelector(`th:nth-child(${[...th.parentNode?.children ?? []].indexOf(th) + 1}) button`)?.focus());
      } }, text, h("span", { class: "arrow", "aria-hidden": true }, on ? (sort.direction > 0 ? "▲" : "▼") : "")));
    return th;
  }

  const firstDirection = (key) => (key === "metric" && panel.picture.metric?.goal === "maximize" ? -1 : 1);

  function line(row, isBest, isOpen) {
    const { columns, metric } = panel.picture;
    const text = row.attempt ? `${row.number}.${row.attempt}` : `${row.number}`;
    const cells = [
      h("td", { class: "right" }, h("button", {
        type: "button", class: "expand", "aria-expanded": String(isOpen), title: row.name,
        "aria-label": `Run ${text}${isBest ? ", the best" : ""}: details`,
      }, isBest ? `★ ${text}` : text)),
      h("td", { title: row.note || null }, h("span", { class: "dot", "data-state": row.state, "aria-hidden": true },
        row.state === "pending" ? "○" : "●"), "\u00a0", row.state, kill(row)),
    ];
    columns.slice(0, COLUMNS).forEach((column, i) =>
      cells.push(h("td", { class: column.numeric ? "right" : null }, row.texts[i])));
    const failed = row.note && (row.state === "failed" || row.state === "crashed");
    if (metric && failed) cells.push(h("td", { colspan: 2, class: "error", title: row.note }, row.note));
    else if (metric) cells.push(h("td", { class: "right metric" }, row.metric_text), h("td", {}, pictogram(row.curve)));
    cells.push(h("td", { class: "right" }, duration(row.duration_s).replace(/ /g, "\u00a0")));
    if (hasWorkers) cells.push(h("td", {}, row.worker));
    return h("tr", {
      class: isBest ? "best" : null, "data-run": row.id,
      onpointerenter: () => panel.hover(row.id), onpointerleave: () => panel.hover(null),
      onclick: (event) => { if (!event.target.closest("[data-action]")) panel.open(isOpen ? null : row.id); },
    }, cells);
  }

  function kill(row) {
    if (!row.active || !panel.controls.actions.includes("kill")) return null;
    return h("button", {
      type: "button", class: "kill", "data-action": "kill", title: `Stop run ${row.number} at its next log`,
      "aria-label": `Stop run ${row.number}`, onclick: () => panel.steer("kill", { run: row.id }),
    }, "✕");
  }

  function detail(row) {
    const found = panel.details.get(row.id);
    const width = body.parentNode.querySelectorAll("thead th").length || 1;
    const parts = [];
    const facts = [row.name, row.worker].filter(Boolean).join(" · ");
    parts.push(h("div", { class: "muted" }, facts, retry(row)));
    if (row.note) parts.push(h("div", { class: row.state === "failed" || row.state === "crashed" ? "error" : "" }, row.note));
    if (!found) parts.push(h("div", { class: "muted" }, panel.canAsk ? "…" : ""));
    else {
      if (found.error) parts.push(h("pre", { tabindex: 0, "aria-label": "Traceback" }, found.error));
      if (found.console) parts.push(h("div", { class: "heading" }, "Console"),
        h("pre", { class: "console", tabindex: 0, "aria-label": "Console" }, found.console));
      parts.push(h("div", { class: "lists" },
        pairs("Metrics", found.metrics), pairs("Parts", found.parts), pairs("Config", found.config), pairs("Why this point", origin(found.origin))));
    }
    return h("tr", { class: "detail" }, h("td", { colspan: width }, parts));
  }

  function retry(row) {
    if (row.active || !panel.controls.actions.includes("retry")) return null;
    return h("button", {
      type: "button", class: "link", "data-action": "retry", title: "Hand these parameters out once more",
      onclick: () => panel.steer("retry", { run: row.id }),
    }, "retry");
  }

  return { element, draw, mark, count, receive: narrower.receive };
}

/** @param {[string, string][]} list */
function pairs(title, list) {
  if (!list?.length) return null;
  return h("div", {}, h("div", { class: "heading" }, title),
    h("dl", {}, list.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
}

const origin = (list) => list?.map(([name, text]) => [ORIGIN[name] ?? name, text]);

function pictogram(values) {
  if (values.length < 2) return null;
  const { width, height } = PICTOGRAM;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (value) => (high > low ? height - 2 - ((value / 2 - low / 2) / (high / 2 - low / 2)) * (height - 4) : height / 2);
  const d = values.map((value, i) => `${i ? "L" : "M"}${((i * width) / (values.length - 1)).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return h("svg:svg", { width, height, class: "pictogram", "aria-hidden": true }, h("svg:path", { d }));
}
