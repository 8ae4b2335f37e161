// The selection as a narrower sweep: what it would be, the code for it, and a button that creates it.
import { button, copyButton, h, link } from "./dom.js";

/** @import { Answer, Panel } from "./types.js" */

/** @param {Panel} panel */
export function narrowing(panel) {
  /** @param {boolean} create */
  const request = (create) => panel.steer("narrow", {
    create, brushes: panel.brushes, runs: panel.selected ? [...panel.selected] : [] });
  const ask = link("narrow the sweep to it…", () => request(false), {
    "data-action": "narrow", title: "A new sweep with the ranges of the selection; runs inside them count" });
  const box = h("section", { class: "narrower", hidden: true, "aria-label": "A narrower sweep" });

  /** @param {Answer} answer */
  function receive({ ok, text, code = "", created }) {
    if (!ok) return;
    const [copy, status] = copyButton("copy the code", () => code);
    box.replaceChildren(
      h("pre", { class: "plain" }, text),
      created ? h("div", { role: "status" }, "Created as ", h("b", {}, created), ": ", h("code", {}, `nbsweep.agent("${created}", train, count=20)`))
        : button("Create it", () => request(true), { "data-action": "create" }),
      h("pre", { tabindex: 0, "aria-label": "Code of the narrower sweep" }, code),
      copy, " ", link("close", () => { box.hidden = true; }), status);
    box.hidden = false;
  }

  function draw() {
    ask.hidden = !panel.selected?.size || !panel.controls.actions.includes("narrow");
  }

  return { button: ask, element: box, receive, draw };
}
