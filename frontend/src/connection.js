// Whether somebody answers: a kernel that is gone is shown as gone, with what brings the sweep back.
import { h, setText } from "./dom.js";

/** @import { Panel } from "./types.js" */

export const SILENT_MS = 15_000; // without an answer to a click

/** @param {Panel} panel */
export function connection(panel) {
  const words = h("span");
  const code = h("code");
  const element = h("div", { class: "note gone", role: "status", hidden: true }, words, " ", code);

  function draw() {
    const { isGone, isSilent, picture, controls } = panel;
    element.hidden = !isGone && !isSilent;
    if (element.hidden) return;
    setText(words, isGone ? "⚠ The kernel that showed this is gone, so it no longer changes. To see the sweep as it is now, run:"
      : controls.bridge === "none" ? "⚠ The kernel answers between cells. If it was restarted, run:"
      : "⚠ The kernel does not answer. If it was restarted, run:");
    setText(code, `import nbsweep; nbsweep.show("${picture.sweep.id}")`);
  }

  return { element, draw };
}
