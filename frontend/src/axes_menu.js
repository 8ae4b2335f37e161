// What can be done with axes: show and hide, flip, change the scale, move, colour by one.
import { flip, hasScales, move, show, shownAxes } from "./axes.js";
import { colourLegend } from "./colour_legend.js";
import { button, focusOn, h } from "./dom.js";

/** @import { Axis, Panel, Props, View } from "./types.js" */
/** @import { Layout } from "./parallel_layout.js" */

/** @param {Panel} panel @param {Layout} layout */
export function axesMenu(panel, layout) {
  const list = h("tbody");
  const bars = h("input", { type: "checkbox", onchange: () => panel.look({ histograms: bars.checked }) });
  const order = button("order by importance", () => {
    layout.follow();
    panel.look({ order: [] });
  }, { title: "The parameters that decide most stand next to the results" });
  const sheet = h("div", { class: "sheet" }, h("div", { class: "choices" }, h("label", {}, bars, " histograms"), order), h("table", {},
    h("thead", {}, h("tr", {}, ["axis", "flip", "scale", "move"].map((name) => h("th", { scope: "col" }, name)))), list));
  const element = h("details", { class: "menu", ontoggle: () => fill() }, h("summary", {}, "Axes"), sheet);
  const legend = colourLegend(panel);

  function fill() {
    if (!element.open) return;
    bars.checked = panel.view.histograms;
    order.hidden = !panel.picture.importance?.is_ranked;
    const { view, picture, root } = panel;
    const drawn = shownAxes(picture, view, layout.most(), layout.ranked).map(({ axis }) => axis);
    const names = drawn.map(({ name }) => name);
    const hidden = picture.axes.filter(({ name }) => !names.includes(name));
    const focused = root.activeElement?.getAttribute?.("data-key");
    const scrolled = sheet.scrollTop;
    list.replaceChildren(...[...drawn, ...hidden].map((axis) => line(panel, axis, names)));
    sheet.scrollTop = scrolled;
    if (focused) focusOn(list, `[data-key="${CSS.escape(focused)}"]`);
  }

  let shown = ""; // the order of the parameters, and whether there is one

  function draw() {
    const key = JSON.stringify([layout.ranked, panel.picture.importance?.is_ranked]);
    if (!legend.draw() && key === shown) return;
    shown = key;
    fill();
  }

  return { element, legend: legend.element, draw };
}

/** An axis in the menu. @param {Panel} panel @param {Axis} axis @param {string[]} shown  the names of the axes that are drawn */
function line(panel, axis, shown) {
  const { name } = axis;
  const { view } = panel;
  const isShown = shown.includes(name);
  const scale = view.scales[name] ?? axis.kind;
  /** @param {string} key @param {string} text @param {string} title @param {() => Partial<View>} change @param {Props} [props] */
  const changer = (key, text, title, change, props = {}) =>
    button(text, () => panel.look(change()), { "data-key": `${key}:${name}`, title, "aria-label": `${title}: ${name}`, ...props });
  const box = h("input", {
    type: "checkbox", "data-key": `show:${name}`, checked: isShown, onchange: () => panel.look(show(panel.view, name, box.checked)) });
  return h("tr", {},
    h("td", {}, h("label", {}, box, " ", name)),
    h("td", {}, changer("flip", "⇅", "Flip", () => flip(panel.view, name), { "aria-pressed": String(view.flipped.includes(name)) })),
    h("td", {}, hasScales(axis) && changer("scale", scale, "Other scale",
      () => ({ scales: { ...view.scales, [name]: scale === "log" ? "linear" : "log" } }),
      { "aria-label": `${scale} scale of ${name}` })),
    h("td", {}, isShown && [
      changer("left", "←", "Move left", () => move(shown, name, -1)),
      changer("right", "→", "Move right", () => move(shown, name, 1))]));
}
