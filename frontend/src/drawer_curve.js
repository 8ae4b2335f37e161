// A run's curve, small, with the best run's behind it.
import { stepAt } from "./curves.js";
import { h, setText } from "./dom.js";
import { metricAxis } from "./model.js";
import { linear, log } from "./scale.js";
import { count, digitsIn, number } from "./wording.js";

/** @import { Panel, Row } from "./types.js" */

const [WIDTH, HEIGHT] = [300, 56]; // of its own units: it is as wide as the drawer

/** @param {Panel} panel @returns {import("./drawer_texts.js").DrawerPart} */
export function drawerCurve(panel) {
  const [behind, line] = ["behind", ""].map((name) => h("svg:path", { class: name, "vector-effect": "non-scaling-stroke" }));
  const title = h("svg:title");
  const svg = h("svg:svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" }, title, behind, line);
  const name = h("span");
  const words = h("span", { class: "muted" });
  const element = h("section", { class: "drawer-curve" }, h("div", { class: "heading" }, name, " ", words), svg);
  return { element, draw(row) {
    const { metric, axes, best } = panel.picture;
    element.hidden = row.curve.length < 2 || !metric;
    if (element.hidden || !metric) return;
    const other = best && best.id !== row.id ? panel.byId.get(best.id) : undefined;
    const rows = other && other.curve.length > 1 ? [row, other] : [row];
    const values = rows.flatMap(({ curve }) => curve);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = linear([Math.min(...rows.map(({ span }) => span[0])), Math.max(...rows.map(({ span }) => span[span.length - 1]))], [2, WIDTH - 2]);
    const y = metricAxis(axes)?.kind === "log" && low > 0 ? log([low, high > low ? high : low * 2], [HEIGHT - 3, 3]) : linear([low, high], [HEIGHT - 3, 3]);
    /** @param {Row|undefined} run */
    const path = (run) => (run ? run.curve.map((value, i) => `${i ? "L" : "M"}${x(stepAt(run, i)).toFixed(1)} ${y(value).toFixed(1)}`).join("") : "");
    line.setAttribute("d", path(row));
    behind.setAttribute("d", path(rows[1]));
    const digits = digitsIn(low, high);
    const text = `${number(row.curve[0], digits)} to ${number(row.curve[row.curve.length - 1], digits)}, steps ${count(row.span[0])} to ${count(row.span[row.span.length - 1])}`;
    setText(name, metric.name);
    setText(words, rows[1] ? `${text}; pale: the best` : text);
    setText(title, `${metric.name} of run ${row.number}: ${text}`);
  } };
}
