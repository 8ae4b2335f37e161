// What can be done with axes: show and hide, turn round, change the scale, move, colour by one.
import { hasScales, shownAxes } from "./axes.js";
import { colouring } from "./colour.js";
import { h } from "./dom.js";
import { number } from "./model.js";

/** @param {any} panel @param {(names: string[], name: string, by: number) => void} move */
export function axesMenu(panel, move) {
  const list = h("tbody");
  const details = h("details", { class: "menu", ontoggle: () => fill() },
    h("summary", {}, "Axes"),
    h("div", { class: "sheet" }, h("table", {},
      h("thead", {}, h("tr", {}, ["axis", "turn", "scale", "move"].map((name) => h("th", { scope: "col" }, name)))), list)));
  const colour = h("select", { "aria-label": "Colour by", onchange: () => panel.look({ colour: colour.value }) });
  const low = h("span", { class: "muted" });
  const high = h("span", { class: "muted" });
  const bar = h("span", { class: "ramp", "aria-hidden": true });
  const legend = h("span", { class: "legend" }, h("label", {}, "colour ", colour), " ", low, bar, high);
  let shown = "";

  const toggled = (list_, name, isIn) => (isIn ? [...list_.filter((other) => other !== name), name] : list_.filter((other) => other !== name));
  const flip = (name) => panel.look({ flipped: toggled(panel.view.flipped, name, !panel.view.flipped.includes(name)) });

  function show(axis, isShown) {
    const { hidden, shown: more } = panel.view;
    panel.look({ hidden: toggled(hidden, axis.name, !isShown), shown: toggled(more, axis.name, isShown) });
  }

  function fill() {
    if (!details.open) return;
    const { view, picture, root } = panel;
    const drawn = shownAxes(picture, view);
    const names = drawn.map(({ axis }) => axis.name);
    const others = picture.axes.filter((axis) => !names.includes(axis.name));
    const focused = root.activeElement?.getAttribute?.("data-key");
    const keep = details.querySelector(".sheet").scrollTop;
    list.replaceChildren(...[...drawn.map(({ axis }) => axis), ...others].map((axis) => {
      const { name } = axis;
      const isShown = names.includes(name);
      const scale = view.scales[name] ?? axis.kind;
      const button = (key, text, title, onclick, more = {}) =>
        h("button", { type: "button", "data-key": `${key}:${name}`, title, "aria-label": key === "scale" ? `${text} scale of ${name}` : `${title}: ${name}`, onclick, ...more }, text);
      return h("tr", {},
        h("td", {}, h("label", {}, h("input", {
          type: "checkbox", "data-key": `show:${name}`, checked: isShown, onchange: (event) => show(axis, event.target.checked),
        }), " ", name)),
        h("td", {}, button("flip", "⇅", "Turn round", () => flip(name), { "aria-pressed": String(view.flipped.includes(name)) })),
        h("td", {}, hasScales(axis) ? button("scale", scale, "Other scale",
          () => panel.look({ scales: { ...view.scales, [name]: scale === "log" ? "linear" : "log" } })) : ""),
        h("td", {}, isShown ? [
          button("left", "←", "Move left", () => move([...names], name, -1)),
          button("right", "→", "Move right", () => move([...names], name, 1))] : ""));
    }));
    details.querySelector(".sheet").scrollTop = keep;
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  function draw() {
    const { picture, view } = panel;
    const { axis, colours } = colouring(panel);
    const key = JSON.stringify([picture.axes.map(({ name }) => name), view, axis?.low, axis?.high, axis?.best, axis?.poor, colours[0]]);
    if (key === shown) return;
    shown = key;
    const metric = picture.axes.find((one) => one.is_metric);
    colour.replaceChildren(...(metric ? [metric] : []).concat(picture.axes.filter((one) => one !== metric))
      .map((one) => h("option", { value: one.is_metric ? "" : one.name }, one.name)));
    if (!metric) colour.prepend(h("option", { value: "" }, "none"));
    colour.value = view.colour;
    const isScale = axis && axis.kind !== "category";
    low.textContent = isScale ? number(axis.is_metric || axis.is_extra ? axis.poor : axis.low, 3) : "";
    high.textContent = isScale ? number(axis.is_metric || axis.is_extra ? axis.best : axis.high, 3) : "";
    bar.hidden = !isScale;
    if (isScale) bar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
    for (const old of legend.querySelectorAll(".swatch")) old.remove();
    if (axis?.kind === "category")
      legend.append(...axis.categories.slice(0, colours.length).map((name, i) =>
        h("span", { class: "swatch" }, h("i", { style: `background:${colours[i]}` }), name.length > 18 ? `${name.slice(0, 17)}…` : name)));
    fill();
  }

  return { element: details, legend, draw, flip };
}
