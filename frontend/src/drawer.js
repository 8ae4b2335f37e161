// All there is to know of the run that is open: what went wrong first, then what it printed, why
// it has its parameters, and how these differ from the best run's. Its parts stay while it is
// open, and only what changed in them is written, so that focus, selection and scroll survive.
import { h, isWithin } from "./dom.js";
import { drawerConfig } from "./drawer_config.js";
import { drawerCurve } from "./drawer_curve.js";
import { drawerHead } from "./drawer_head.js";
import { placing } from "./drawer_place.js";
import { consoleEnd, pairs, sentences, traceback } from "./drawer_texts.js";
import { isBroken } from "./model.js";

/** @import { Panel } from "./types.js" */

/** @param {Panel} panel */
export function drawer(panel) {
  const head = drawerHead(panel);
  const missing = h("div", { class: "muted" });
  const story = [
    traceback(), sentences("Why it was stopped", (row, detail) => (detail ? detail.stopped : isBroken(row) || !row.note ? [] : [row.note])),
    drawerCurve(panel), consoleEnd(), sentences("Why these parameters", (_, detail) => detail?.why)];
  const values = [
    drawerConfig(panel), pairs("Metrics", (detail) => detail.metrics), pairs("Continued", (detail) => detail.continued),
    pairs("Parts", (detail) => detail.parts), pairs("More", (detail) => detail.facts)];
  const parts = [head, ...story, ...values];
  const [left, right] = [story, values].map((list) => h("div", {}, list.map((part) => part.element)));
  const element = h("aside", { class: "drawer", hidden: true }, head.element, h("div", { class: "drawer-body" }, left, right), missing);
  const place = placing(panel, element);
  /** @type {string|null} */
  let shown = null;
  /** @type {Element|null} */
  let opener = null;

  function draw() {
    const row = panel.byId.get(panel.opened ?? "");
    if (row ? row.id !== shown : shown !== null) change(row?.id ?? null);
    if (!row) return;
    const detail = panel.details.get(row.id);
    element.setAttribute("aria-label", `Run ${row.number}`);
    for (const part of parts) part.draw(row, detail);
    missing.hidden = !!detail;
    missing.textContent = detail ? "" : panel.canAsk && !panel.isGone ? "…" : "What it printed and logged is not kept in this page.";
    place.draw();
  }

  /** Opens, closes, or goes to another run. @param {string|null} id */
  function change(id) {
    const { activeElement } = panel.root;
    const isFocused = element.contains(activeElement);
    if (shown === null) opener = activeElement;
    if (id === null && isFocused) giveBack(opener, shown);
    element.closest(".panel")?.toggleAttribute("data-open", id !== null);
    element.hidden = id === null;
    element.scrollTop = 0;
    shown = id;
    if (id === null) return place.close();
    place.open();
    // A click on a drawing focuses nothing, and Escape would not be heard.
    if (!isFocused && (place.isByKey() || !activeElement)) head.title.focus({ preventScroll: true });
  }

  /** Focuses what opened the run, or the run in the table. @param {Element|null} before @param {string|null} id */
  function giveBack(before, id) {
    const line = [...panel.root.querySelectorAll("[data-run]")].find((each) => each.getAttribute("data-run") === id);
    const target = before?.isConnected ? before : line?.querySelector("button");
    /** @type {HTMLElement|null|undefined} */ (target)?.focus({ preventScroll: true });
  }

  panel.root.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key !== "Escape" || !panel.opened || event.defaultPrevented) return;
    if (isWithin(event, "form, .menu") || (isWithin(event, "input") && !element.contains(panel.root.activeElement))) return;
    event.preventDefault();
    event.stopPropagation();
    panel.open(null);
  });
  return { element, draw };
}
