// "I believe it is here": the button that makes the selection a belief, and the one that withdraws it.
import { link } from "./dom.js";

/** @import { Panel } from "./types.js" */

/** @param {Panel} panel */
export function believeButton(panel) {
  return link("I believe it is here", () => panel.steer("believe", {
    brushes: panel.brushes, runs: panel.selected ? [...panel.selected] : [] }), {
    "data-action": "believe", title: "The search begins in the ranges of the selection, until runs say otherwise; nothing is ruled out" });
}

/** @param {Panel} panel @param {string} name  of a parameter */
export function withdrawButton(panel, name) {
  return link("✕", () => panel.steer("believe", { withdraw: name }), {
    "data-action": "withdraw", title: "Withdraw this belief", "aria-label": `Withdraw the belief about ${name}` });
}
