// When the panel is drawn: at most once a frame, and no more of it than was asked for.

/** @import { Amount, Redraw } from "./types.js" */

/** @type {Amount[]} */
const AMOUNTS = ["mark", "brush", "draw"]; // from the least to the most that is drawn anew

/** @param {Redraw} paint @returns {Redraw} */
export function redrawing(paint) {
  let pending = -1;
  return (amount) => {
    const isPending = pending >= 0;
    pending = Math.max(pending, AMOUNTS.indexOf(amount));
    if (isPending) return;
    requestAnimationFrame(() => {
      const now = AMOUNTS[pending];
      pending = -1;
      paint(now);
    });
  };
}
