// What can be done to a run: stop it, try its parameters again, let it go on.
import { button, h, link } from "./dom.js";

/** @import { Detail, Panel, Row } from "./types.js" */

/** @param {Panel} panel @param {Row} row */
export function killButton(panel, row) {
  if (!row.active || !panel.controls.actions.includes("kill")) return null;
  return button("✕", () => panel.steer("kill", { run: row.id }), {
    class: "kill", "data-action": "kill", title: `Stop run ${row.number} at its next log`, "aria-label": `Stop run ${row.number}`,
  });
}

/** For a run that has ended. @param {Panel} panel @param {Row} row @param {Detail|undefined} detail */
export function againButtons(panel, row, detail) {
  const { actions } = panel.controls;
  if (row.active) return null;
  return [
    actions.includes("retry") && link("retry", () => panel.steer("retry", { run: row.id }), {
      "data-action": "retry", title: "Hand out these parameters once more" }),
    detail && actions.includes("continue") && continuing(panel, row, detail)];
}

/** @param {Panel} panel @param {Row} row @param {Detail} detail */
function continuing(panel, row, { iterations, cannot_continue: why }) {
  // One that finished does as much again, one that was stopped goes on to its end.
  const count = h("input", { type: "number", min: 1, placeholder: "all", disabled: !!why, "aria-label": "Iterations more",
    value: row.state === "finished" ? Math.max(1, iterations) : null });
  return h("span", { class: "more", title: why || "Go on from its checkpoint, for so many iterations more or to its end" }, count,
    button("Continue", () => panel.steer("continue", { run: row.id,
      ...(count.value && { count: Math.max(1, Math.floor(Number(count.value)) || 1) }) }), { "data-action": "continue", disabled: !!why }));
}
