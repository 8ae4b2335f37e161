// The buttons that steer the sweep; only those that the kernel answers are shown.
import { button, h, link, setText } from "./dom.js";
import { editForm } from "./edit_form.js";
import { ending } from "./ending.js";
import { hasFront } from "./model.js";
import { count as plain } from "./wording.js";

/** @import { Finding, Panel } from "./types.js" */

const MOST = 9999; // runs that a click adds; Python takes no more either

// `waits` is what a button says until it is answered.
const BUTTONS = [
  { action: "pause", label: "Pause", waits: "Pausing…", title: "Hand out no more runs of the sweep; those under way go on" },
  { action: "resume", label: "Resume", waits: "Resuming…", title: "Hand out runs again" },
  { action: "stop", label: "Stop after current", waits: "Stopping…", title: "Let the runs under way finish, then end the agent; the sweep stays open" },
  { action: "stop_now", label: "Stop now", waits: "Stopping…", title: "End the runs under way at their next log, then the agent; the sweep stays open" },
  { action: "continue_best", label: "Train the best three longer", waits: "Looking for them…", title: "Let each go on from its checkpoint: for as long again, or to its end where it was stopped" },
];

/** @param {Panel} panel */
export function steering(panel) {
  const form = editForm(panel);
  const end = ending(panel);
  const simple = BUTTONS.map(({ action, label, title }) => button(label, () => panel.steer(action), { title, "data-action": action }));
  const more = adding(panel);
  const edit = button("Edit ranges…", () => (form.element?.hidden ? panel.send({ kind: "space" }) : form.close()), {
    title: "Change the ranges of parameters, from the next suggestion on", "data-action": "edit" });
  const element = h("div", { class: "steering", role: "group", "aria-label": "Steer the sweep" }, simple, more.element, edit, end.opener);
  const blocked = h("div", { class: "muted small" });

  function draw() {
    const { controls, picture, waiting } = panel;
    const can = new Set(panel.isGone ? [] : controls.actions);
    const isPaused = picture.sweep.state === "PAUSED";
    const isOver = !["PENDING", "RUNNING", "PAUSED"].includes(picture.sweep.state) && !picture.progress.active;
    element.hidden = can.size === 0;
    BUTTONS.forEach(({ action, label, waits }, i) => {
      simple[i].hidden = !can.has(action) || (action === "pause" && (isPaused || isOver)) || (action === "resume" && !isPaused)
        || (action === "continue_best" && !isOver);
      waitsFor(simple[i], waiting.has(action));
      const named = action === "continue_best" && hasFront(picture) ? "Train three of the front longer" : label;
      setText(simple[i], waiting.has(action) ? waits : named);
    });
    more.draw();
    end.draw();
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

  return { element, blocked, form, confirm: end.element, draw, canWiden, wider };
}

/** A button that waits does nothing, but keeps the focus. @param {Element} one @param {boolean} isWaiting */
function waitsFor(one, isWaiting) {
  one.toggleAttribute("data-waiting", isWaiting);
  one.setAttribute("aria-disabled", String(isWaiting));
}

/** So many runs more than the agent was asked for. @param {Panel} panel */
function adding(panel) {
  const count = h("input", { type: "number", min: 1, max: MOST, step: 1, value: 5, "aria-label": "How many runs to add" });
  const extend = button("Add runs", add, { title: "Let the agent take more runs than it was asked for", "data-action": "extend" });
  const element = h("span", { class: "more" }, count, extend);

  function add() {
    const n = Number(count.value); // "" for what is not a number
    const isRight = Number.isInteger(n) && n >= 1 && n <= MOST;
    count.setAttribute("aria-invalid", String(!isRight));
    if (isRight) return panel.steer("extend", { count: n });
    panel.complain(`Add runs: ${count.value ? `found ${count.value}; ` : ""}a whole number from 1 to ${plain(MOST)} is needed.`);
    count.focus();
  }

  function draw() {
    const isWaiting = panel.waiting.has("extend");
    element.hidden = panel.isGone || !panel.controls.actions.includes("extend");
    waitsFor(extend, isWaiting);
    setText(extend, isWaiting ? "Adding…" : "Add runs");
  }

  return { element, draw };
}
