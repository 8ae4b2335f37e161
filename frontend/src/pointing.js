// What the pointer is on, and which run is open.

/** @import { PanelState, Redraw, ToKernel } from "./types.js" */

const PAUSE_MS = 1000; // at least, between two questions for the details of the open run

/** @param {PanelState} state @param {Redraw} redraw @param {(message: ToKernel) => void} send */
export function pointing(state, redraw, send) {
  /** @type {Set<string>} */
  const stale = new Set(); // runs whose details are older than their row
  let askedAt = -Infinity;
  let timer = 0;

  /** Asks for the open run's details, unless the newest have come. */
  function ask() {
    const { opened, details } = state;
    timer = 0;
    if (!opened || (!stale.delete(opened) && details.has(opened))) return;
    askedAt = performance.now();
    send({ kind: "detail", run: opened });
  }

  return {
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
      ask();
      redraw("draw");
    },
    /** These rows have changed: what the page knows more of their runs is old. @param {string[]} ids */
    outdate(ids) {
      for (const id of ids) stale.add(id);
      if (stale.has(state.opened ?? "")) timer ||= setTimeout(ask, Math.max(0, askedAt + PAUSE_MS - performance.now()));
    },
  };
}
