// Arrows at the upper and lower end of a chart, where runs leave its scale.
import { isBeyond } from "./chart_axes.js";
import { h } from "./dom.js";
import { plural } from "./wording.js";

/** @import { DataPoint, Scene } from "./types.js" */
/** @import { Plot } from "./chart_axes.js" */

const APART = 26; // pixels: arrows that are nearer are one, with the number of its runs

/** @param {Scene} scene @param {Plot} plot @returns {SVGElement[]} */
export function arrowsOf(scene, { x, y, left, right, top, base }) {
  /** @type {{x: number, isUp: boolean, point: DataPoint}[]} */
  const found = [];
  /** @type {DataPoint|null} */
  let before = null;
  for (const point of scene.points) {
    // A line that stays beyond has an arrow where it leaves only.
    const stays = scene.isLine && before?.id === point.id && isBeyond(y, before.y);
    before = point;
    const at = x(point.x);
    if (point.isLost || !isBeyond(y, point.y) || stays || at < left - 1 || at > right + 1) continue;
    found.push({ x: at, isUp: point.y > y.domain[1], point });
  }
  /** @type {{x: number, isUp: boolean, ids: Set<string>, first: DataPoint}[]} */
  const groups = [];
  for (const { x: at, isUp, point } of found.sort((a, b) => a.x - b.x)) {
    const group = groups.find((other) => other.isUp === isUp && at - other.x < APART);
    if (group) group.ids.add(point.id);
    else groups.push({ x: at, isUp, ids: new Set([point.id]), first: point });
  }
  return groups.map((group) => arrow(scene, group, group.isUp ? top : base));
}

/** @param {Scene} scene @param {{x: number, isUp: boolean, ids: Set<string>, first: DataPoint}} group @param {number} end */
function arrow(scene, { x, isUp, ids, first }, end) {
  const tip = isUp ? end - 7 : end - 1;
  const foot = isUp ? end : end - 8;
  const n = ids.size;
  return h("svg:g", { class: "off", "data-off": isUp ? "up" : "down" },
    h("svg:title", {}, n > 1 ? `${plural(n, "run")} beyond the scale` : scene.text(first)),
    h("svg:path", { d: `M${x - 4.5} ${foot}H${x + 4.5}L${x} ${tip}Z` }),
    n > 1 && h("svg:text", { x: x + 6, y: isUp ? end : end - 1 }, n));
}
