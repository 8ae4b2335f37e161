// How much each parameter decides, beside its signed correlation; a table that looks like a
// chart, and below it how the metric depends on one parameter.
import { h, setText } from "./dom.js";
import { number, plural } from "./model.js";
import { linear, log } from "./scale.js";

const SHOWN = 10;
const WAIT_MS = 400; // after the last change of the selection, before a ranking is asked for
const CURVE = { width: 264, height: 96, left: 44, right: 8, top: 8, bottom: 18 };

/** @param {any} panel */
export function importance(panel) {
  const changed = () => { ask(); panel.changed(); };
  const target = h("select", { "aria-label": "Importance for", onchange: changed });
  const scope = h("select", { "aria-label": "Runs to learn from", onchange: changed },
    h("option", { value: "all" }, "all runs"), h("option", { value: "selected" }, "selected runs"));
  const method = h("select", { "aria-label": "Method", onchange: changed },
    h("option", { value: "forest" }, "forest"), h("option", { value: "permutation" }, "permutation"));
  const tools = h("div", { class: "options small" }, h("label", {}, "of ", target), scope, method);
  const verdict = h("p", { class: "verdict", role: "status" });
  const table = h("table", { class: "importance" });
  const curve = h("div", { class: "dependence" });
  const element = h("section", { class: "side", "aria-label": "Parameter importance" },
    h("div", { class: "heading" }, h("b", {}, "Parameter importance")), tools, verdict, table, curve);
  let shown = null;
  let shownTargets = "";
  let shownCurve = "";
  /** What was asked for beside the usual, and what came. @type {{key: string, found: any, error: string}} */
  let asked = { key: "", found: null, error: "" };
  let timer;

  const isUsual = () => !target.value && scope.value === "all" && method.value === "forest";

  /** Asks the kernel for a ranking that the picture has not; again when runs have ended. */
  function ask() {
    if (isUsual() || !panel.canAsk) return;
    const runs = scope.value === "selected" && panel.selected ? [...panel.selected] : null;
    const ended = panel.picture.rows.filter((row) => !row.active).length;
    const key = JSON.stringify([target.value, method.value, scope.value, runs, ended]);
    if (key === asked.key) return;
    asked = { ...asked, key, error: "" };
    clearTimeout(timer);
    timer = setTimeout(() => panel.send({ kind: "analyse", key, target: target.value, runs, method: method.value }), WAIT_MS);
  }

  function receive({ key, found, error }) {
    if (key !== asked.key) return;
    asked = { key, found, error };
    panel.changed();
  }

  function fillTargets({ axes }) {
    const names = axes.filter((axis) => axis.is_extra).map((axis) => axis.name);
    const metric = axes.find((axis) => axis.is_metric);
    const key = JSON.stringify([names, metric?.name]);
    if (key === shownTargets) return;
    shownTargets = key;
    const before = target.value;
    target.replaceChildren(...(metric ? [h("option", { value: "" }, metric.name)] : []),
      ...names.map((name) => h("option", { value: name }, name)));
    target.value = names.includes(before) ? before : metric ? "" : names[0] ?? "";
  }

  function draw() {
    const { picture } = panel;
    tools.hidden = !panel.canAsk;
    fillTargets(picture);
    element.hidden = !picture.metric && !target.value;
    if (element.hidden) return;
    ask();
    const usual = isUsual() || !panel.canAsk;
    const found = usual ? picture.importance : asked.found;
    const text = !usual && asked.error ? asked.error : found ? found.verdict
      : usual ? "Waiting for the first runs to end." : "Computing…";
    setText(verdict, text);
    verdict.title = found ? `${plural(found.n_runs, "run")}${found.left_out ? `; ${found.left_out}` : ""}` : "";
    if (shown !== found) fill(found);
    mark();
  }

  function fill(found) {
    shown = found;
    const rows = found?.rows.slice(0, SHOWN) ?? [];
    table.hidden = !rows.length;
    table.toggleAttribute("data-unranked", !!found && !found.is_ranked);
    table.replaceChildren(
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "parameter"),
        h("th", { scope: "col" }, found?.method === "permutation" ? "loss if shuffled" : "importance"),
        h("th", { scope: "col" }, "correlation"))),
      h("tbody", {}, rows.map((row) => h("tr", {
        title: row.name, tabindex: 0, "data-parameter": row.name,
        onpointerenter: () => panel.hoverParameter(row.name), onpointerleave: () => panel.hoverParameter(null),
        onfocus: () => panel.hoverParameter(row.name), onblur: () => panel.hoverParameter(null),
      }, h("th", { scope: "row" }, row.name), h("td", {}, bar(row)), h("td", {}, correlation(row))))));
    shownCurve = "";
  }

  /** Which parameter the pointer is on, here or on an axis. */
  function mark() {
    for (const tr of table.querySelectorAll("tbody tr")) tr.classList.toggle("hovered", tr.getAttribute("data-parameter") === panel.parameter);
    const rows = shown?.rows.slice(0, SHOWN) ?? [];
    const row = rows.find((one) => one.name === panel.parameter) ?? rows[0];
    const axis = row && panel.picture.axes.find((one) => one.name === row.name);
    const key = JSON.stringify([row?.name, row?.dependence, axis?.kind, axis?.categories]);
    if (key === shownCurve) return;
    shownCurve = key;
    curve.replaceChildren(...(axis && row.dependence?.length > 1 ? dependence(row, axis, shown.metric) : []));
  }

  return { element, draw, mark, receive };
}

/** How the metric depends on a parameter, all else equal. */
function dependence({ name, dependence: points }, axis, metric) {
  const { width, height, left, right, top, bottom } = CURVE;
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = high > low ? 0 : Math.abs(low) * 0.1 || 1;
  const y = linear([low - room, high + room], [height - bottom, top]);
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  const isCategory = axis.kind === "category";
  const range = /** @type {[number, number]} */ ([left, width - right]);
  const x = isCategory ? linear([-0.5, points.length - 0.5], range)
    : axis.kind === "log" && from > 0 ? log([from, to], range) : linear([from, to], range);
  const at = points.map(([place, value], k) => [x(isCategory ? k : place), y(value)]);
  const label = isCategory ? (k) => axis.categories[points[k][0]] ?? "" : (k) => number(points[k][0], 2);
  const ends = isCategory && points.length <= 4 ? points.map((_, k) => k) : [0, points.length - 1];
  const told = points.map(([, value], k) => `${label(k)}: ${number(value, 3)}`).join(", ");
  return [
    h("div", { class: "muted small" }, `${metric} by ${name}, all else equal`),
    h("svg:svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${metric} by ${name}. ${told}` },
      h("svg:line", { class: "base", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
      [low, ...(high > low ? [high] : [])].map((value) =>
        h("svg:text", { x: left - 5, y: y(value), dy: "0.32em", "text-anchor": "end" }, number(value, 3))),
      ends.map((k) => h("svg:text", {
        x: at[k][0], y: height - 4, "text-anchor": isCategory ? "middle" : k ? "end" : "start" }, label(k).slice(0, 12))),
      isCategory
        ? at.map(([px, py]) => h("svg:line", { class: "step", x1: px - 12, x2: px + 12, y1: py, y2: py }))
        : h("svg:path", { class: "step", d: at.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("") })),
  ];
}

function bar({ importance: share, error }) {
  const [from, to] = [Math.max(0, share - error), Math.min(1, share + error)];
  return h("div", { class: "share" },
    h("div", { class: "track" },
      h("span", { class: "fill", style: `width:${100 * share}%` }),
      h("span", { class: "whisker", style: `left:${100 * from}%;width:${100 * (to - from)}%` })),
    h("span", { class: "figure" }, `${share.toFixed(2)} ± ${error.toFixed(2)}`));
}

function correlation({ correlation: r, high_value: high }) {
  if (r === null) return h("span", { class: "muted", title: "Three or more categories have no sign" }, "–");
  const [left, width] = [50 + Math.min(0, r) * 50, Math.abs(r) * 50];
  return h("div", { class: "share", title: high ? `${high} counts as high` : null },
    h("div", { class: "track middle" }, h("span", { class: r < 0 ? "fill minus" : "fill", style: `left:${left}%;width:${width}%` })),
    h("span", { class: "figure" }, `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`));
}
