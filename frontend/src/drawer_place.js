// Where the details of a run lie: beside the charts, or over them where the page is narrow, with
// their head in sight wherever the run was clicked. Nothing is fixed to the window, since the
// frames of Colab and VS Code are as high as what they hold; the browser is asked instead which
// part of the panel is seen, and it knows that in such frames and in scrolled boxes as well.

/** @import { Panel } from "./types.js" */

const LEAST = 260; // pixels of its height
const USUAL = 400; // the same over the charts, of a panel that is not higher
const HEAD = 60; // pixels of it that have to be in sight
const SHARE = 0.85; // of the window's height beside the charts
const SHEET = 0.55; // of what is seen of the panel, over the charts

/** @param {Panel} panel @param {HTMLElement} element */
export function placing(panel, element) {
  let isByKey = false;
  /** @type {number|null} */
  let clicked = null; // pixels from the window's top
  let isNew = false;
  let wasBeside = false;
  let isAwaited = false;
  panel.root.addEventListener("pointerdown", (event) => {
    [isByKey, clicked] = [false, /** @type {PointerEvent} */ (event).clientY];
  }, true);
  panel.root.addEventListener("keydown", ({ target }) => {
    isByKey = true;
    if (target instanceof Element) clicked = target.getBoundingClientRect().bottom;
  }, true);

  /** Places it as soon as the browser has told what is seen. */
  function place() {
    const frame = element.closest(".panel");
    if (isAwaited || !frame || !globalThis.IntersectionObserver) return;
    isAwaited = true;
    const watch = new IntersectionObserver(([{ intersectionRect: seen, rootBounds }]) => {
      watch.disconnect();
      isAwaited = false;
      if (element.hidden || !element.isConnected || !seen.height) return;
      if (isBeside(element)) placeBeside(element, seen, rootBounds?.height ?? seen.height);
      else placeOver(element, frame, seen, isNew ? clicked : null);
      isNew = false;
    });
    watch.observe(frame);
  }

  function onScroll() {
    if (!element.isConnected) close();
    else if (isBeside(element)) place();
  }

  function close() {
    removeEventListener("scroll", onScroll, true);
  }

  return {
    isByKey: () => isByKey,
    open() {
      isNew = true;
      addEventListener("scroll", onScroll, { capture: true, passive: true });
      place();
    },
    /** The page may be wider or narrower than it was. */
    draw() {
      const isNow = isBeside(element);
      if (isNow !== wasBeside) {
        wasBeside = isNow;
        element.removeAttribute("style");
        place();
      }
    },
    close,
  };
}

/** @param {Element} element */
const isBeside = (element) => getComputedStyle(element).position === "sticky";

/**
 * Beside the charts it stays in sight by itself, but for where a box around the panel could be
 * scrolled and is not, as JupyterLab's outputs, and in frames.
 * @param {HTMLElement} element @param {DOMRect|DOMRectReadOnly} seen @param {number} height  of the window
 */
function placeBeside(element, seen, height) {
  const { style } = element;
  const main = /** @type {Element} */ (element.previousElementSibling).getBoundingClientRect();
  const top = Math.max(seen.top, main.top);
  style.marginTop = "";
  style.maxHeight = `${Math.max(LEAST, Math.min(SHARE * height, main.bottom - top))}px`;
  const now = element.getBoundingClientRect().top;
  if (now < top - 1) style.marginTop = `${top - main.top}px`;
  else if (now + HEAD > seen.bottom) element.firstElementChild?.scrollIntoView({ block: "nearest" });
}

/**
 * Over the charts it takes the half of what is seen that was not clicked, and stays there while
 * it is in sight and does not cover what is clicked next.
 * @param {HTMLElement} element @param {Element} frame @param {DOMRect|DOMRectReadOnly} seen
 * @param {number|null} clicked
 */
function placeOver(element, frame, seen, clicked) {
  const { style } = element;
  const now = element.getBoundingClientRect();
  const isInSight = now.top >= seen.top - 1 && now.top + HEAD <= seen.bottom;
  const isInTheWay = clicked !== null && clicked >= now.top && clicked <= now.bottom;
  if (style.top && isInSight && !isInTheWay) return;
  const height = Math.max(LEAST, Math.min(seen.height, Math.max(USUAL, SHEET * seen.height)));
  const isLow = clicked !== null && clicked > (seen.top + seen.bottom) / 2;
  const top = (isLow ? seen.top : Math.max(seen.top, seen.bottom - height)) - frame.getBoundingClientRect().top;
  style.maxHeight = `${height}px`;
  style.top = `${Math.max(0, top)}px`;
}
