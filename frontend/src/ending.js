// Ends the sweep for good, for every agent: asks first, in the page itself.
import { button, h, setText } from "./dom.js";
import { plural } from "./wording.js";

/** @import { Panel } from "./types.js" */

/** @param {Panel} panel */
export function ending(panel) {
  const words = h("span");
  const after = button("End after these", () => panel.steer("end"), { "data-action": "end", title: "Let the runs under way finish" });
  const now = button("Stop them and end", () => panel.steer("end_now"), { "data-action": "end_now", title: "End the runs under way at their next log" });
  const keep = button("Keep it open", () => close(), { "data-action": "keep" });
  const element = h("div", { class: "confirm", role: "group", "aria-label": "End the sweep?", hidden: true,
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") close();
    } }, words, " ", keep, after, now);
  const opener = button("End sweep…", () => (element.hidden ? open() : close()), {
    "data-action": "ask_end", "aria-expanded": "false", title: "End the sweep for all agents; asks first" });

  /** @param {boolean} isOpen */
  function show(isOpen) {
    element.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
  }
  function open() {
    show(true);
    draw();
    keep.focus(); // what changes nothing
  }
  function close() {
    const wasInside = element.contains(panel.root.activeElement);
    show(false);
    if (wasInside) opener.focus();
  }

  function draw() {
    const { picture: { sweep, progress: { active } }, controls, waiting } = panel;
    const canEnd = ["PENDING", "RUNNING", "PAUSED"].includes(sweep.state) && controls.actions.includes("end");
    opener.hidden = !canEnd;
    if (!canEnd) close();
    if (element.hidden) return;
    setText(words, "End this sweep for good? No agent takes another run of it, here or elsewhere; only sweep.resume() in Python opens it again. "
      + (active ? `${plural(active, "run")} under way.` : "No run is under way."));
    setText(after, waiting.has("end") ? "Ending…" : active ? "End after these" : "End the sweep");
    setText(now, waiting.has("end_now") ? "Ending…" : "Stop them and end");
    now.hidden = !active;
    for (const one of [after, now]) one.setAttribute("aria-disabled", String(waiting.has("end") || waiting.has("end_now")));
  }

  return { opener, element, draw };
}
