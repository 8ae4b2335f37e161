// A few words beside the pointer, within the plot.
import { h, setText } from "./dom.js";

const BESIDE = 12; // pixels from the pointer

/** @param {HTMLElement} plot */
export function newTip(plot) {
  const element = h("div", { class: "tip", hidden: true });
  plot.append(element);
  return {
    element,
    /** @param {string} text  "" hides it @param {{x: number, y: number}} pointer */
    show(text, { x, y }) {
      element.hidden = !text;
      if (!text) return;
      setText(element, text);
      const { offsetWidth: width, offsetHeight: height } = element;
      // On the other side of the pointer where there is no room, rather than under it.
      const left = x + BESIDE + width > plot.clientWidth ? x - BESIDE - width : x + BESIDE;
      const above = y - BESIDE - height;
      element.style.left = `${Math.max(0, Math.min(left, plot.clientWidth - width))}px`;
      element.style.top = `${above < 0 ? Math.max(0, Math.min(y + BESIDE, plot.clientHeight - height)) : above}px`;
    },
    hide() { element.hidden = true; },
  };
}
