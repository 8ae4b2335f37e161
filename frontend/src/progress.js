// How far the sweep is: a bar with a colour for each kind of end, and the same in words.
import { h, setText } from "./dom.js";
import { duration } from "./wording.js";

/** @import { Panel, Picture, Progress, RunState } from "./types.js" */

/** @type {[string, RunState[]][]} */
const GROUPS = [
  ["finished", ["finished"]],
  ["stopped", ["stopped"]],
  ["killed", ["killed", "preempted"]],
  ["failed", ["failed", "crashed"]],
  ["running", ["pending", "running", "preempting"]],
];

/** @param {Panel} panel */
export function progress(panel) {
  const pieces = GROUPS.map(([name]) => h("span", { "data-state": name }));
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": "Runs done", "aria-valuemin": 0 }, pieces);
  const words = h("div", { class: "words" });

  /** @param {Picture} picture */
  function drawBar({ rows, progress: { total, done } }) {
    bar.hidden = total === null;
    if (total === null) return;
    const newest = new Map(rows.map((row) => [row.number, row.state])); // attempt of each number
    const states = [...newest.values()];
    const whole = Math.max(total, newest.size, 1);
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(done));
    GROUPS.forEach(([, group], i) => {
      const n = states.filter((state) => group.includes(state)).length;
      pieces[i].style.width = `${(100 * n) / whole}%`;
    });
  }

  function draw() {
    drawBar(panel.picture);
    setText(words, inWords(panel.picture.progress));
    words.title = panel.picture.progress.saved;
  }

  return { bar, words, draw };
}

/** @param {Progress} progress */
function inWords({ words, elapsed_s, remaining_s, plan }) {
  const texts = [...words];
  if (elapsed_s !== null) texts.push(duration(elapsed_s));
  if (remaining_s !== null) texts.push(`about ${duration(remaining_s)} left`);
  return [...texts, plan].filter(Boolean).join(" · ");
}
