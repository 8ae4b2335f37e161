// Rows that come or move above do not push away the one that is read.
import { heldIn } from "./dom.js";

/**
 * Changes rows such that what is read stays where it is: the row with the focus or what is
 * selected, else, where people have scrolled, the first one in sight that is not under way. Not all
 * browsers do that by themselves, and none for a row that moves.
 * @param {HTMLElement} box  that scrolls @param {Element} body @param {() => void} change
 */
export function keepPlace(box, body, change) {
  const held = heldIn(body)[0];
  const anchor = held ? inSight(box, [held]) : box.scrollTop > 0 ? inSight(box, [...body.querySelectorAll("tr:not(.pinned, .active)")]) : null;
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected || anchor.classList.contains("pinned")) return;
  const by = anchor.getBoundingClientRect().top - before;
  if (Math.abs(by) >= 1) box.scrollTop += by;
}

/** The first of the rows that is in sight. @param {HTMLElement} box @param {Element[]} rows */
function inSight(box, rows) {
  const { top, bottom } = box.getBoundingClientRect();
  return rows.find((row) => {
    const at = row.getBoundingClientRect();
    return at.top < bottom && at.bottom > top;
  });
}
