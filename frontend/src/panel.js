// The panel itself: what its parts share, and what Python can do with it.
import { actions } from "./actions.js";
import { newView } from "./axes.js";
import { charts } from "./charts.js";
import { SILENT_MS } from "./connection.js";
import { h } from "./dom.js";
import { drawer } from "./drawer.js";
import { allFailed, failures } from "./failures.js";
import { firstSteps } from "./first_steps.js";
import { furtherCharts } from "./further_charts.js";
import { header } from "./header.js";
import { importance } from "./importance.js";
import { keeping } from "./keeping.js";
import { lanes } from "./lanes.js";
import { chartGrid, lowerRow } from "./layout.js";
import { logPane } from "./log_pane.js";
import { applyDelta, rememberedPositions } from "./model.js";
import { parallel } from "./parallel.js";
import { pointing } from "./pointing.js";
import { redrawing } from "./redraw.js";
import { selecting } from "./selecting.js";
import { progressSpeech } from "./speech.js";
import { table } from "./table.js";
import { colours, watchPage } from "./theme.js";
import { plural } from "./wording.js";
import { trouble } from "./trouble.js";
import styles from "./styles.js";

/** @import { Amount, Answer, Controls, Delta, Detail, Options, Panel, PanelState, Part, Picture, Redraw } from "./types.js" */
/** @typedef {ReturnType<typeof newPanel>} SharedPanel */

/**
 * Puts a panel into a host element.
 * @param {HTMLElement} host
 * @param {Options} options  without `send` nothing can be asked or steered
 */
export function mount(host, options) {
  const { root, frame, say } = newPage(host);
  const redraw = redrawing(paint);
  const panel = newPanel(root, options, redraw, say);
  const parts = newParts(panel, options.log);
  const speak = progressSpeech(say);
  let isClosed = false;
  let width = 0; // when it was last drawn

  /** @param {Amount} amount */
  function paint(amount) {
    if (isClosed || !panel.picture) return;
    if (amount === "draw") draw();
    else if (amount === "mark") for (const part of parts.all) part.mark?.();
    else {
      // The rest follows when the button is up, or the brush would lag behind the pointer.
      panel.select();
      parts.lines.draw();
      parts.curves.drawBrush();
      parts.runs.drawSelected();
    }
  }

  function draw() {
    if (!parts.head.element.parentNode) frame.replaceChildren(...parts.elements);
    width = host.clientWidth;
    panel.byId = new Map(panel.picture.rows.map((row) => [row.id, row]));
    panel.reselect();
    frame.toggleAttribute("data-all-failed", allFailed(panel.picture));
    for (const part of parts.all) part.draw();
    speak(panel.picture);
  }

  const unwatch = watchPage(host, (isDark) => {
    frame.setAttribute("data-theme", isDark ? "dark" : "light");
    panel.colours = colours(isDark);
    panel.isDark = isDark;
    redraw("draw");
  }, () => {
    if (Math.abs(host.clientWidth - width) >= 1) redraw("draw");
  });
  redraw("draw");

  const lost = setTimeout(() => {
    if (!panel.picture) frame.replaceChildren(h("div", { class: "muted" }, "The kernel does not answer. If it was restarted, run nbsweep.show() in a cell."));
  }, SILENT_MS);
  const close = () => {
    isClosed = true;
    clearTimeout(lost);
    unwatch();
  };
  return { panel, ...updates(panel), ...answers(panel, parts), close };
}

/** What the parts share. @param {ShadowRoot} root @param {Options} options @param {Redraw} redraw @param {(text: string) => void} say */
function newPanel(root, options, redraw, say) {
  const state = newState(root, options);
  const send = options.send ?? (() => {});
  return Object.assign(state, selecting(state, redraw, options.onSelect), {
    ...pointing(state, redraw, send), ...actions(state, redraw, options.send, say),
    canAsk: !!options.send, send, say, changed: () => redraw("draw"),
  });
}

/** The page around the parts. @param {HTMLElement} host */
function newPage(host) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  host.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take typed letters as commands
  const live = h("div", { class: "sr", role: "status", "aria-live": "polite" });
  const frame = h("div", { class: "panel" }, h("div", { class: "muted" }, "Waiting for the kernel…"));
  root.replaceChildren(h("style", {}, styles), frame, live);
  /** @param {string} text */
  const say = (text) => { live.textContent = text; };
  return { root, frame, say };
}

/** @param {ShadowRoot} root @param {Options} options @param {ReturnType<typeof keeping>} kept @returns {PanelState} */
const newState = (root, { picture, controls, details, brushes }, kept = keeping()) => ({
  root,
  whole: /** @type {Picture} */ (picture),
  get picture() { return kept(this.whole, this.view.cut); },
  controls: controls ?? { actions: [], bridge: "", charts: [] },
  details: new Map(Object.entries(details ?? {})),
  byId: new Map(),
  brushes: { ranges: brushes?.ranges ?? {}, invert: !!brushes?.invert },
  view: newView(brushes?.view),
  selected: null,
  chosen: null,
  hovered: null,
  parameter: null,
  opened: null,
  listed: [],
  query: "",
  sort: { key: "number", direction: -1 },
  waiting: new Set(),
  trouble: "",
  isGone: false,
  isSilent: false,
  colours: colours(false),
  isDark: false,
  positions: rememberedPositions(),
});

/** @param {Panel} panel @param {Options["log"]} log */
function newParts(panel, log) {
  const [head, curves, lines, side] = [header(panel), charts(panel), parallel(panel), importance(panel)];
  const [wrong, workers, further, runs] = [failures(panel), lanes(panel), furtherCharts(panel), table(panel)];
  const [details, prints, wentWrong, first] = [drawer(panel), logPane(panel, log), trouble(panel), firstSteps(panel)];
  const grid = chartGrid(panel, { ...curves.figures, lines: lines.element });
  const lower = lowerRow(panel, runs.element, side.element);
  const elements = [wentWrong.element, head.element, h("div", { class: "body" },
    h("div", { class: "main" }, first.element, wrong.element, grid.element, lower.element,
      workers.element, further.element, prints.element),
    details.element)];
  /** @type {Part[]} */
  const all = [wentWrong, head, details, first, wrong, grid, curves, lines, curves.scatter, side, lower, workers, further, runs];
  return { all, elements, head, curves, lines, side, further, prints, runs };
}

/** What Python sends by itself. @param {SharedPanel} panel */
const updates = (panel) => ({
  /** @param {Picture} picture */
  setPicture(picture) {
    panel.whole = picture;
    panel.changed();
  },
  /** Whether it followed the picture that is shown. @param {Delta} delta */
  applyDelta(delta) {
    const next = applyDelta(panel.whole, delta);
    if (!next) return false;
    panel.whole = next;
    panel.outdate(delta.rows.map(({ id }) => id));
    panel.changed();
    return true;
  },
  /** @param {Controls} controls */
  setControls(controls) {
    panel.controls = controls;
    panel.changed();
  },
  /** Whether the kernel is gone. @param {boolean} isGone */
  setGone(isGone) {
    if (panel.isGone === isGone) return;
    Object.assign(panel, { isGone, isSilent: false });
    panel.waiting.clear(); // nobody will answer
    panel.changed();
  },
  /** Runs chosen in Python. @param {string[]} ids */
  choose(ids) {
    if (panel.choose(ids)) panel.say(`${plural(ids.length, "run")} selected`);
  },
});

/** What Python sends when it was asked. @param {SharedPanel} panel @param {ReturnType<typeof newParts>} parts */
const answers = (panel, { curves, side, head, further, prints, runs }) => ({
  /** @param {string} id @param {Detail} detail */
  setDetail(id, detail) {
    panel.details.set(id, detail);
    panel.changed();
  },
  setAnalysis: side.receive,
  setChart: further.receive,
  setSeries: curves.receive,
  addToLog: prints.receive,
  askForLog: prints.ask,
  setSpace: head.form.open,
  /** @param {Answer} answer */
  answer(answer) {
    const { action, ok } = answer;
    if (action === "narrow") runs.receive(answer);
    if (action === "edit" && ok) head.form.close();
    panel.answered(answer);
  },
});
