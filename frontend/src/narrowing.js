// The brush as a narrower sweep: what it would be, the code for it, and a button that makes it.
import { copyText, h } from "./dom.js";

/** @param {any} panel */
export function narrowing(panel) {
  const ask = h("button", {
    type: "button", class: "link", "data-action": "narrow",
    title: "A new sweep whose ranges are those of the selection; runs inside of them count", onclick: () => request(false),
  }, "narrow the sweep to it…");
  const box = h("section", { class: "child", hidden: true, "aria-label": "A narrower sweep" });
  const request = (create) => panel.steer("narrow", {
    create, brushes: panel.brushes, runs: panel.selected ? [...panel.selected] : [] });

  function receive({ ok, text, code, created }) {
    if (!ok) return;
    const status = h("span", { class: "muted small", role: "status" });
    const make = h("button", { type: "button", "data-action": "create", onclick: () => request(true) }, "Create it");
    const copy = h("button", { type: "button", class: "link", onclick: async () => {
      status.textContent = (await copyText(code)) ? " copied" : " the browser does not allow it here";
    } }, "copy the code");
    box.replaceChildren(
      h("pre", { class: "plain" }, text),
      created ? h("div", { role: "status" }, "Created as ", h("b", {}, created), ": ", h("code", {}, `nbsweep.agent("${created}", train, count=20)`)) : make,
      h("pre", { tabindex: 0, "aria-label": "Code of the narrower sweep" }, code),
      copy, " ", h("button", { type: "button", class: "link", onclick: () => { box.hidden = true; } }, "close"), status);
    box.hidden = false;
  }

  return {
    button: ask, element: box, receive,
    draw() { ask.hidden = !panel.selected?.size || !panel.controls.actions.includes("narrow"); },
  };
}
