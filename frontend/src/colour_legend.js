// Which axis colours the runs, and what its colours mean.
import { colouring } from "./colour.js";
import { h } from "./dom.js";
import { metricAxis } from "./model.js";
import { digitsIn, number, shorten } from "./wording.js";

/** @import { Axis, Panel } from "./types.js" */

/** @param {Panel} panel */
export function colourLegend(panel) {
  const choice = h("select", { "aria-label": "Colour by", onchange: () => panel.look({ colour: choice.value }) });
  const meaning = h("span", { class: "legend" });
  const element = h("span", { class: "legend" }, h("label", {}, "colour ", choice), meaning);
  let shown = "";

  /** Whether anything changed. */
  function draw() {
    const { picture: { axes }, view } = panel;
    const { axis, colours } = colouring(panel);
    const key = JSON.stringify([axes.map(({ name }) => name), view, axis?.low, axis?.high, axis?.best, axis?.poor, colours[0]]);
    if (key === shown) return false;
    shown = key;
    const metric = metricAxis(axes);
    choice.replaceChildren(h("option", { value: "" }, metric ? metric.name : "none"),
      ...axes.filter((other) => other !== metric).map(({ name }) => h("option", { value: name }, name)));
    choice.value = view.colour;
    meaning.replaceChildren(...(axis ? meaningOf(axis, colours) : []));
    return true;
  }

  return { element, draw };
}

/** @param {Axis} axis @param {string[]} colours @returns {HTMLElement[]} */
function meaningOf(axis, colours) {
  if (axis.kind === "category")
    return shorten(axis.categories, 18).slice(0, colours.length).map((name, i) =>
      h("span", { class: "swatch" }, h("i", { style: `background:${colours[i]}` }), name));
  const [from, to] = axis.is_metric || axis.is_extra ? [axis.poor, axis.best] : [axis.low, axis.high];
  const digits = digitsIn(from, to);
  const bar = h("span", { class: "ramp", "aria-hidden": true });
  bar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
  return [
    h("span", { class: "muted" }, number(from, digits)), bar,
    h("span", { class: "muted" }, number(to, digits)),
  ];
}
