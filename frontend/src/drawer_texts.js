// The texts of a run's details, each written anew only where it changed.
import { arrange, copyButton, h, setText } from "./dom.js";
import { follow } from "./following.js";
import { isBroken } from "./model.js";

/** @import { Detail, Pairs, Row } from "./types.js" */
/**
 * @typedef {object} DrawerPart
 * @property {HTMLElement} element
 * @property {(row: Row, detail: Detail|undefined) => void} draw
 */

/** What went wrong: the last line, then all of the traceback. @returns {DrawerPart} */
export function traceback() {
  const last = h("b", { class: "error" });
  const text = h("pre", { tabindex: 0, "aria-label": "Traceback" });
  const copy = h("span", {}, copyButton("copy", () => text.textContent || last.textContent || "", "Copy the traceback"));
  const element = h("section", { class: "wrong" }, h("div", {}, last, " ", copy), text);
  return { element, draw(row, detail) {
    const error = detail?.error ?? "";
    element.hidden = !error && !(isBroken(row) && row.note);
    setText(last, isBroken(row) ? row.note : "");
    setText(text, error);
    text.hidden = !error || error === row.note;
  } };
}

/** The end of what it printed, which is followed where it was read to its end. @returns {DrawerPart} */
export function consoleEnd() {
  const text = h("pre", { class: "console", tabindex: 0, "aria-label": "Console" });
  const element = h("section", {}, h("div", { class: "heading" }, "Console"), text);
  let id = "";
  return { element, draw(row, detail) {
    const printed = detail?.console ?? "";
    element.hidden = !printed;
    if (row.id === id) return follow(text, printed);
    id = row.id;
    text.textContent = printed;
    text.scrollTop = text.scrollHeight;
  } };
}

/** @param {string} title @param {(row: Row, detail: Detail|undefined) => string[]|undefined} read @returns {DrawerPart} */
export function sentences(title, read) {
  const box = h("div");
  const element = h("section", { class: "sentences" }, h("div", { class: "heading" }, title), box);
  return { element, draw(row, detail) {
    const texts = read(row, detail) ?? [];
    element.hidden = !texts.length;
    while (box.children.length > texts.length) box.lastElementChild?.remove();
    texts.forEach((text, i) => setText(box.children[i] ?? box.appendChild(h("p")), text));
  } };
}

/** Names with their values. @param {string} title @param {(detail: Detail) => Pairs|undefined} read @returns {DrawerPart} */
export function pairs(title, read) {
  const rows = keyedRows();
  const element = h("section", { class: "pairs" }, h("div", { class: "heading" }, title), h("table", {}, rows.element));
  return { element, draw(_, detail) {
    const list = (detail && read(detail)) ?? [];
    element.hidden = !list.length;
    rows.draw(list.map(([name, text]) => [name, [text]]));
  } };
}

/** A table's rows by name, which keep their elements. */
export function keyedRows() {
  const element = h("tbody");
  /** @type {Map<string, HTMLElement>} */
  let known = new Map();
  /** @param {[name: string, texts: string[], isMarked?: boolean][]} rows */
  function draw(rows) {
    /** @type {Map<string, HTMLElement>} */
    const next = new Map();
    for (const [name, texts, isMarked] of rows) {
      let key = name;
      while (next.has(key)) key += "\0"; // parts of one name
      const tr = known.get(key) ?? h("tr", {}, h("th", { scope: "row" }, name));
      while (tr.children.length - 1 > texts.length) tr.lastElementChild?.remove();
      texts.forEach((text, i) => setText(tr.children[i + 1] ?? tr.appendChild(h("td")), text));
      tr.classList.toggle("differs", !!isMarked);
      next.set(key, tr);
    }
    known = next;
    arrange(element, [...next.values()]);
  }
  return { element, draw };
}
