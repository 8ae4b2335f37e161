// What the pointer is on, and which run is open.

/** @import { PanelState, Redraw, ToKernel } from "./types.js" */

/** @param {PanelState} state @param {Redraw} redraw @param {(message: ToKernel) => void} send */
export const pointing = (state, redraw, send) => ({
  /** @param {string|null} id */
  hover(id) {
    if (id !== state.hovered) redraw("mark");
    state.hovered = id;
  },
  /** @param {string|null} name */
  hoverParameter(name) {
    if (name !== state.parameter) redraw("mark");
    state.parameter = name;
  },
  /** @param {string|null} id */
  open(id) {
    state.opened = id;
    askForDetail(state, send);
    redraw("draw");
  },
});

/** Asks for the open run's details, unless they have come. @param {PanelState} state @param {(message: ToKernel) => void} send */
export function askForDetail({ opened, details }, send) {
  if (opened && !details.get(opened)) send({ kind: "detail", run: opened });
}
