// The panel itself: what the parts share (hover, selection, sorting), and when they are drawn.
import { applyDelta, brushed, hasBrush, plural } from "./model.js";
import { charts } from "./curves.js";
import { h } from "./dom.js";
import { header } from "./header.js";
import { importance } from "./importance.js";
import { lanes } from "./lanes.js";
import { newView } from "./axes.js";
import { parallel } from "./parallel.js";
import { table } from "./table.js";
import { isDark, ramp } from "./theme.js";
import css from "./panel.css";

const WAIT_MS = 4000; // how long a button looks pressed when nobody answers
const ORDER = ["mark", "brush", "draw"]; // from the least to the most that is drawn anew
const SPOKEN_MS = 10000; // between two sentences about progress for screen readers

/**
 * Puts a panel into a host element.
 * @param {HTMLElement} host
 * @param {{
 *   picture: any, controls?: {actions: string[], bridge: string}, details?: Object<string, any>,
 *   brushes?: any, send?: (message: any) => void, onSelect?: (ids: string[], brushes: any) => void,
 * }} options  without `send` nothing can be asked or steered
 */
export function mount(host, options) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  host.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take typed letters as commands
  const live = h("div", { class: "sr", role: "status", "aria-live": "polite" });
  const trouble = h("div", { class: "error", role: "alert" });
  const waitText = h("div", { class: "muted" }, "Waiting for the kernel…");
  const frame = h("div", { class: "panel" }, waitText);
  const style = h("style");
  style.textContent = css;
  root.replaceChildren(style, frame, live, trouble);

  const panel = {
    root,
    picture: options.picture ?? null,
    controls: options.controls ?? { actions: [], bridge: "" },
    details: new Map(Object.entries(options.details ?? {})),
    byId: new Map(),
    brushes: { ranges: options.brushes?.ranges ?? {}, invert: !!options.brushes?.invert },
    view: newView(options.brushes?.view),
    /** @type {Set<string>|null} */ selected: null,
    /** @type {Set<string>|null} */ chosen: null, // by Python, until the next brush
    /** @type {string|null} */ hovered: null,
    /** @type {string|null} */ parameter: null, // that the pointer is on
    /** @type {string|null} */ opened: null,
    query: "",
    sort: { key: "number", direction: -1 },
    waiting: new Set(),
    canAsk: !!options.send,
    colours: colours(false),
    isDark: false,
    send: (message) => options.send?.(message),

    isOut: (id) => panel.selected !== null && !panel.selected.has(id),
    hover(id) {
      if (id === panel.hovered) return;
      panel.hovered = id;
      schedule("mark");
    },
    /** @param {string|null} name */
    hoverParameter(name) {
      if (name === panel.parameter) return;
      panel.parameter = name;
      schedule("mark");
    },
    /** Look at the axes in another way. @param {any} change  some keys of a View */
    look(change) {
      panel.view = { ...panel.view, ...change };
      tell();
      schedule("draw");
    },
    open(id) {
      panel.opened = id;
      if (id && !panel.details.get(id)) options.send?.({ kind: "detail", run: id });
      schedule("draw");
    },
    brush(brushes, isFinal) {
      panel.brushes = brushes;
      panel.chosen = null;
      schedule(isFinal ? "draw" : "brush");
      if (!isFinal) return;
      select();
      tell();
    },
    clear: () => panel.brush({ ranges: {}, invert: false }, true),
    invert() {
      if (hasBrush(panel.brushes)) panel.brush({ ...panel.brushes, invert: !panel.brushes.invert }, true);
    },
    steer(action, more = {}) {
      if (!options.send) return;
      const key = action === "kill" || action === "retry" ? `${action}:${more.run}` : action;
      panel.waiting.add(key);
      setTimeout(() => { panel.waiting.delete(key); schedule("draw"); }, WAIT_MS);
      options.send({ kind: "steer", action, ...more });
      panel.say("asked");
      schedule("draw");
    },
    changed: () => schedule("draw"),
    say(text) { live.textContent = text; },
  };

  const parts = [header(panel), charts(panel), parallel(panel), importance(panel), lanes(panel), table(panel)];
  const [head, curves, lines, side, workers, runs] = /** @type {any[]} */ (parts);
  const body = [head.element, curves.element, h("div", { class: "middle" }, lines.element, side.element),
    workers.element, runs.element];

  /** @type {string|null} */
  let pending = null;
  let isClosed = false;
  function schedule(what) {
    pending = ORDER[Math.max(ORDER.indexOf(what), ORDER.indexOf(pending))];
    if (schedule.frame) return;
    schedule.frame = requestAnimationFrame(() => {
      schedule.frame = 0;
      const now = pending;
      pending = null;
      if (isClosed || !panel.picture) return;
      if (now === "draw") draw();
      else if (now === "brush") {
        // The rest follows when the button is up, or the brush would lag behind the mouse.
        select();
        lines.draw();
        runs.count();
      } else {
        curves.draw();
        lines.mark();
        side.mark();
        workers.mark();
        runs.mark();
      }
    });
  }
  schedule.frame = 0;

  /** Tells Python what is selected, and how the axes are looked at. */
  function tell() {
    told = panel.selected ? [...panel.selected] : [];
    options.onSelect?.(told, { ...panel.brushes, view: panel.view });
  }
  /** @type {string[]|null} */
  let told = null;

  function select() {
    const { picture } = panel;
    panel.selected = hasBrush(panel.brushes)
      ? brushed(picture.rows, picture.axes, panel.brushes, lines.positions) : panel.chosen;
  }

  function draw() {
    if (waitText.isConnected) frame.replaceChildren(...body);
    width = host.clientWidth;
    panel.byId = new Map(panel.picture.rows.map((row) => [row.id, row]));
    select();
    // Runs that ended inside of the brushes belong to them.
    if (hasBrush(panel.brushes) && told && !sameIds(told, panel.selected)) tell();
    else told ??= panel.selected ? [...panel.selected] : [];
    for (const part of parts) part.draw();
    speak();
  }

  let spoken = "";
  let spokenAt = 0;
  function speak() {
    const { progress, best, metric, sweep } = panel.picture;
    const text = `${sweep.word}: ${progress.done} of ${progress.total ?? "?"} runs done` +
      (best && metric ? `, best ${metric.name} ${best.text}` : "");
    const isNew = text !== spoken && (Date.now() - spokenAt > SPOKEN_MS || !panel.picture.live);
    if (!isNew) return;
    [spoken, spokenAt] = [text, Date.now()];
    panel.say(text);
  }

  function retheme() {
    const dark = isDark(host);
    if (frame.getAttribute("data-theme") === (dark ? "dark" : "light")) return;
    frame.setAttribute("data-theme", dark ? "dark" : "light");
    panel.colours = colours(dark);
    panel.isDark = dark;
    schedule("draw");
  }
  const themes = new MutationObserver(retheme);
  for (const node of [document.documentElement, document.body])
    themes.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light", "data-theme", "theme"] });
  const preferred = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  preferred?.addEventListener?.("change", retheme);
  let width = 0;
  const sizes = globalThis.ResizeObserver && new ResizeObserver(() => {
    retheme();
    if (Math.abs(host.clientWidth - width) < 1) return;
    width = host.clientWidth;
    schedule("draw");
  });
  sizes?.observe(host);
  retheme();
  schedule("draw");

  return {
    panel,
    setPicture(picture) {
      panel.picture = picture;
      schedule("draw");
    },
    /** Whether it followed the picture that is shown. */
    applyDelta(delta) {
      const next = applyDelta(panel.picture, delta);
      if (!next) return false;
      for (const { id, state } of delta.rows) if (state) panel.details.delete(id); // it has ended: ask anew
      panel.picture = next;
      if (panel.opened && !panel.details.get(panel.opened)) options.send?.({ kind: "detail", run: panel.opened });
      schedule("draw");
      return true;
    },
    setControls(controls) {
      panel.controls = controls;
      schedule("draw");
    },
    setDetail(id, detail) {
      panel.details.set(id, { ...detail, seq: `${Date.now()}${panel.details.size}` });
      schedule("draw");
    },
    /** Runs chosen in Python. @param {string[]} ids */
    choose(ids) {
      if (sameIds(ids, panel.selected)) return;
      panel.brushes = { ranges: {}, invert: false };
      panel.chosen = ids.length ? new Set(ids) : null;
      schedule("draw");
      panel.say(`${plural(ids.length, "run")} selected`);
    },
    setAnalysis: (message) => side.receive(message),
    setSpace: (specs) => head.openEdit(specs),
    answer(message) {
      const { action, run, ok, text } = message;
      if (action === "narrow") runs.receive(message);
      if (action === "edit") head.receive(message);
      panel.waiting.delete(run ? `${action}:${run}` : action);
      trouble.textContent = ok ? "" : text;
      if (ok && text) panel.say(text);
      schedule("draw");
    },
    close() {
      isClosed = true;
      themes.disconnect();
      sizes?.disconnect();
      preferred?.removeEventListener?.("change", retheme);
    },
  };
}

const sameIds = (ids, selected) =>
  ids.length === (selected?.size ?? 0) && ids.every((id) => selected?.has(id));

/** Colours for canvases; CSS has the others. @param {boolean} dark */
function colours(dark) {
  return dark
    ? { ramp: ramp(true), line: "#c9c9c9", faint: "#8a8a8a", active: "#6cb0ff", bad: "#e08a64", hover: "#ffb454", halo: "rgba(17,17,17,.8)" }
    : { ramp: ramp(false), line: "#4a4a4a", faint: "#9a9a9a", active: "#2f7fd6", bad: "#d9480f", hover: "#e8590c", halo: "rgba(255,255,255,.85)" };
}
