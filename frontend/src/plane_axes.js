// The axes of a plane: ticks, names, and lines at limits.
import { h } from "./dom.js";
import { LETTER, xAt, xOf, yAt, yOf } from "./plane.js";
import { shorten } from "./wording.js";

/** @import { Plane } from "./plane.js" */

/** @param {Plane} plane @returns {SVGElement[]} */
export function axesOf(plane) {
  const { x, y, left, right, base } = plane;
  return [
    ...y.ticks.flatMap(([drawn, label]) => [
      h("svg:line", { x1: left, x2: right, y1: yOf(plane, drawn), y2: yOf(plane, drawn), class: "grid" }),
      h("svg:text", { x: left - 6, y: yOf(plane, drawn), dy: "0.32em", "text-anchor": "end" }, label)]),
    ...ticksAcross(plane),
    h("svg:line", { x1: left, x2: right, y1: base, y2: base, class: "base" }),
    h("svg:text", { x: 2, y: 13, class: "strong" }, y.title),
    h("svg:text", { x: right, y: base + 32, "text-anchor": "end", class: "strong" }, x.title),
    ...limitsOf(plane),
  ];
}

/** Those whose labels have room side by side; names are cut. @param {Plane} plane */
function ticksAcross(plane) {
  const { x, left, right, top, base } = plane;
  const ticks = [...x.ticks].sort(([a], [b]) => a - b);
  const labels = ticks.map(([, label]) => label);
  const letters = Math.max(3, Math.floor((right - left) / LETTER / Math.max(1, labels.length)) - 1);
  const short = x.axis.kind === "category" ? shorten(labels, letters) : labels;
  let free = 0;
  return ticks.flatMap(([drawn, label], k) => {
    const [middle, half] = [xOf(plane, drawn), (short[k].length * LETTER) / 2];
    const fits = middle - half >= free;
    if (fits) free = middle + half + 6;
    return [
      h("svg:line", { x1: middle, x2: middle, y1: top, y2: base, class: "grid" }),
      fits ? h("svg:text", { x: middle, y: base + 15, "text-anchor": "middle" }, h("svg:title", {}, label), short[k]) : h("svg:g")];
  });
}

/** @param {Plane} plane @returns {SVGElement[]} */
function limitsOf(plane) {
  const { x, y, left, right, top, base } = plane;
  return [
    ...x.limits.flatMap(([at, text]) => [
      h("svg:line", { x1: xAt(plane, at), x2: xAt(plane, at), y1: top, y2: base, class: "limit" }),
      h("svg:text", { x: xAt(plane, at) + 4, y: top + 9, class: "tick" }, text)]),
    ...y.limits.flatMap(([at, text]) => [
      h("svg:line", { x1: left, x2: right, y1: yAt(plane, at), y2: yAt(plane, at), class: "limit" }),
      h("svg:text", { x: right, y: yAt(plane, at) - 4, "text-anchor": "end", class: "tick" }, text)]),
  ];
}
