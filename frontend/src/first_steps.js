// What to do about a sweep that has no runs.
import { copyButton, h, setText } from "./dom.js";

/** @import { Panel } from "./types.js" */

const ENDED = ["FINISHED", "CANCELED"];

/** @param {Panel} panel */
export function firstSteps(panel) {
  const words = h("span");
  const code = h("code");
  const line = h("span", {}, code, " ", ...copyButton("copy", () => code.textContent ?? ""));
  const element = h("section", { class: "first-steps", "aria-label": "First steps", hidden: true }, words, " ", line);

  function draw() {
    const { whole: { rows, sweep } } = panel;
    element.hidden = rows.length > 0;
    if (element.hidden) return;
    line.hidden = ENDED.includes(sweep.state);
    setText(words, line.hidden ? "The sweep ended before it had a run."
      : "No runs yet. An agent starts them, in this kernel or in any other:");
    setText(code, `nbsweep.agent("${sweep.id}", train, count=20)`);
  }

  return { element, draw };
}
