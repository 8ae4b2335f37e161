// The sweep in four lines: what it is, how far it is, what is best, and the buttons.
import { duration, plural } from "./model.js";
import { copyText, h, setText } from "./dom.js";
import { editForm } from "./edit_form.js";

const BUTTONS = [
  { action: "pause", label: "Pause", title: "Hand out no more runs; those under way finish" },
  { action: "resume", label: "Resume", title: "Hand out runs again" },
  { action: "stop", label: "Stop after current", title: "Let the runs under way finish, then end the agent" },
  { action: "stop_now", label: "Stop now", title: "End the runs under way at their next log, then the agent" },
];
const GROUPS = [
  ["finished", ["finished"]],
  ["stopped", ["stopped"]],
  ["killed", ["killed", "preempted"]],
  ["failed", ["failed", "crashed"]],
  ["running", ["pending", "running", "preempting"]],
];

/** @param {any} panel */
export function header(panel) {
  const name = h("b", { class: "name" });
  const facts = h("span", { class: "muted" });
  const dot = h("span", { class: "dot", "aria-hidden": true }, "●");
  const word = h("span", { class: "word" });
  const message = h("span", { class: "muted" });
  const buttons = Object.fromEntries(
    BUTTONS.map(({ action, label, title }) => [
      action,
      h("button", { type: "button", title, "data-action": action, onclick: () => panel.steer(action) }, label),
    ]),
  );
  const count = h("input", {
    type: "number", min: 1, max: 9999, value: 5, "aria-label": "How many runs to add",
  });
  const extend = h("button", {
    type: "button", title: "Let the agent take more runs than it was asked for", "data-action": "extend",
    onclick: () => panel.steer("extend", { count: Math.max(1, Math.floor(Number(count.value)) || 1) }),
  }, "Add runs");
  const more = h("span", { class: "more" }, count, extend);
  const form = editForm(panel);
  const edit = h("button", {
    type: "button", title: "Change what parameters can be, from the next suggestion on", "data-action": "edit",
    onclick: () => (form.element.hidden ? panel.send({ kind: "space" }) : form.close()),
  }, "Edit ranges…");
  const steering = h("div", { class: "steering", role: "group", "aria-label": "Steer the sweep" },
    Object.values(buttons), more, edit);
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": "Runs done" });
  const words = h("div", { class: "words" });
  const verdict = h("summary");
  const heading = h("ul");
  const outlook = h("details", { class: "outlook", hidden: true }, verdict, heading);
  const best = h("div", { class: "best-run" });
  const notes = h("div", { class: "notes" });
  const blocked = h("div", { class: "muted small" });

  const element = h("header", {},
    h("div", { class: "title" }, h("div", { class: "what" }, name, " ", facts, " ", dot, " ", word, message), steering),
    form.element, bar, words, outlook, best, notes, blocked);
  let shownBest = null;

  function draw() {
    const { picture, controls } = panel;
    const { sweep, progress } = picture;
    setText(name, sweep.name || `Sweep ${sweep.id}`);
    setText(facts, [sweep.method, sweep.name && sweep.id, sweep.project].filter(Boolean).join(" · "));
    dot.setAttribute("data-word", sweep.word);
    setText(word, sweep.word);
    setText(message, sweep.message ? `: ${sweep.message}` : "");
    drawBar(picture);
    const told = [progress.total === null ? plural(progress.done, "run")
      : `${progress.done.toLocaleString("en")} of ${plural(progress.total, "run")}`];
    for (const [state, n] of Object.entries(progress.counts))
      if (state !== "finished") told.push(`${n.toLocaleString("en")} ${state}`);
    if (progress.elapsed_s !== null) told.push(duration(progress.elapsed_s));
    if (progress.remaining_s !== null) told.push(`about ${duration(progress.remaining_s)} left`);
    setText(words, told.join(" · "));
    drawOutlook(picture.outlook);
    drawBest(picture);
    notes.replaceChildren(...picture.notes.map((note) => h("div", { class: "note" }, `⚠ ${note}`)));
    drawButtons(picture, controls);
  }

  /** Whether it is worth going on; where runs are heading on a click. */
  function drawOutlook(found) {
    outlook.hidden = !found;
    if (!found) return;
    setText(verdict, found.verdict);
    outlook.toggleAttribute("data-bare", !found.sentences.length);
    outlook.setAttribute("data-suggestion", found.suggestion);
    if (heading.textContent !== found.sentences.join(""))
      heading.replaceChildren(...found.sentences.map((sentence) => h("li", {}, sentence)));
  }

  function drawButtons({ sweep }, controls) {
    const can = new Set(controls.actions);
    steering.hidden = can.size === 0;
    const isPaused = sweep.state === "PAUSED";
    buttons.pause.hidden = !can.has("pause") || isPaused;
    buttons.resume.hidden = !can.has("resume") || !isPaused;
    buttons.stop.hidden = !can.has("stop");
    buttons.stop_now.hidden = !can.has("stop_now");
    more.hidden = !can.has("extend");
    edit.hidden = !can.has("edit");
    if (edit.hidden) form.close();
    for (const [action, button] of [...Object.entries(buttons), ["extend", extend]])
      button.toggleAttribute("data-waiting", panel.waiting.has(action));
    setText(blocked, can.size && controls.bridge === "none"
      ? "This kernel answers clicks only between cells: to stop now, use the notebook's interrupt button (■)." : "");
  }

  function drawBar({ rows, progress }) {
    bar.hidden = progress.total === null;
    if (progress.total === null) return;
    const newest = new Map(rows.map((row) => [row.number, row.state]));
    const counts = new Map();
    for (const state of newest.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const whole = Math.max(progress.total, newest.size, 1);
    const parts = GROUPS.map(([name, states]) => [name, states.reduce((n, state) => n + (counts.get(state) ?? 0), 0)]);
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", String(progress.total));
    bar.setAttribute("aria-valuenow", String(progress.done));
    while (bar.children.length < parts.length) bar.append(h("span"));
    parts.forEach(([name, n], i) => {
      bar.children[i].setAttribute("data-state", name);
      bar.children[i].style.width = `${(100 * n) / whole}%`;
    });
  }

  function drawBest({ best: found, metric, rows, columns }) {
    const key = found && JSON.stringify([found.id, found.text, metric?.name]);
    if (key === shownBest) return;
    shownBest = key;
    if (!found || !metric) return best.replaceChildren();
    const row = rows.find((candidate) => candidate.id === found.id);
    const values = columns.map((column, i) => [column.name, row?.texts[i]]).filter(([, text]) => text);
    const status = h("span", { class: "muted small" });
    const copy = h("button", {
      type: "button", class: "link", title: "Copy the config of the best run as JSON",
      onclick: async () => {
        const done = await copyText(JSON.stringify(found.config, null, 2));
        status.textContent = done ? " copied" : " the browser does not allow it here";
        setTimeout(() => (status.textContent = ""), 2500);
      },
    }, "copy config");
    best.replaceChildren(
      h("span", {}, "★ Best ", metric.name, " ", h("b", {}, found.text), ` in run ${found.number}`),
      ...values.slice(0, 10).map(([name, text]) => h("span", { class: "pair" }, h("span", { class: "muted" }, name), " ", text)),
      values.length > 10 ? h("span", { class: "muted" }, `and ${values.length - 10} more`) : "",
      h("span", {}, copy, status));
  }

  /** What came of an edit. */
  function receive({ ok }) {
    if (ok) form.close();
  }

  return { element, draw, openEdit: form.open, receive };
}
