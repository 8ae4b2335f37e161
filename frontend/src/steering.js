// The buttons that steer the sweep; only those that the kernel answers are shown.
import { button, h, link, setText } from "./dom.js";
import { editForm } from "./edit_form.js";
import { hasFront } from "./model.js";

/** @import { Finding, Panel } from "./types.js" */

const BUTTONS = [
  { action: "pause", label: "Pause", title: "Hand out no more runs; those under way go on" },
  { action: "resume", label: "Resume", title: "Hand out runs again" },
  { action: "stop", label: "Stop after current", title: "Let the runs under way finish, then end the agent" },
  { action: "stop_now", label: "Stop now", title: "End the runs under way at their next log, then the agent" },
  { action: "continue_best", label: "Train the best three longer", title: "Let each go on from its checkpoint: for as long again, or to its end where it was stopped" },
];

/** @param {Panel} panel */
export function steering(panel) {
  const form = editForm(panel);
  const count = h("input", { type: "number", min: 1, max: 9999, value: 5, "aria-label": "How many runs to add" });
  const simple = BUTTONS.map(({ action, label, title }) => button(label, () => panel.steer(action), { title, "data-action": action }));
  const extend = button("Add runs", () => panel.steer("extend", { count: Math.max(1, Math.floor(Number(count.value)) || 1) }), {
    title: "Let the agent take more runs than it was asked for", "data-action": "extend" });
  const more = h("span", { class: "more" }, count, extend);
  const edit = button("Edit ranges…", () => (form.element?.hidden ? panel.send({ kind: "space" }) : form.close()), {
    title: "Change the ranges of parameters, from the next suggestion on", "data-action": "edit" });
  const element = h("div", { class: "steering", role: "group", "aria-label": "Steer the sweep" }, simple, more, edit);
  const blocked = h("div", { class: "muted small" });

  function draw() {
    const { controls, picture, waiting } = panel;
    const can = new Set(panel.isGone ? [] : controls.actions);
    const isPaused = picture.sweep.state === "PAUSED";
    const isOver = !["PENDING", "RUNNING", "PAUSED"].includes(picture.sweep.state) && !picture.progress.active;
    element.hidden = can.size === 0;
    BUTTONS.forEach(({ action }, i) => {
      simple[i].hidden = !can.has(action) || (action === "pause" && isPaused) || (action === "resume" && !isPaused)
        || (action === "continue_best" && !isOver);
      simple[i].toggleAttribute("data-waiting", waiting.has(action));
    });
    more.hidden = !can.has("extend");
    extend.toggleAttribute("data-waiting", waiting.has("extend"));
    const longer = simple[BUTTONS.findIndex(({ action }) => action === "continue_best")];
    setText(longer, hasFront(picture) ? "Train three of the front longer" : "Train the best three longer");
    edit.hidden = !can.has("edit");
    if (edit.hidden) form.close();
    setText(blocked, can.size && controls.bridge === "none"
      ? "This kernel answers clicks only between cells: to stop now, use the notebook's interrupt button (■)." : "");
  }

  /** Whether the ranges that a finding would widen can be edited. @param {Finding} finding */
  const canWiden = ({ parameters }) => Object.keys(parameters).length > 0 && panel.controls.actions.includes("edit");

  /** The finding with a button that opens the form with the wider ranges. @param {Finding} finding */
  const wider = ({ text, parameters }) => h("div", { class: "note" }, `⚠ ${text} `, link("widen it…", () => {
    form.propose(parameters);
    panel.send({ kind: "space" });
  }, { title: "Fill “Edit ranges” with a wider range; nothing changes before “Apply”", "data-action": "widen" }));

  return { element, blocked, form, draw, canWiden, wider };
}
