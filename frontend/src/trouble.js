// What went wrong with a click, at the top of what is seen of the panel, until the next one.
import { h, link, setText } from "./dom.js";

/** @import { Panel } from "./types.js" */

/** @param {Panel} panel */
export function trouble(panel) {
  const words = h("span");
  const close = link("close", () => panel.complain(""), { "aria-label": "Close this message" });
  const element = h("div", { class: "trouble", role: "alert" }, words, " ", close);

  function draw() {
    element.toggleAttribute("data-empty", !panel.trouble);
    close.hidden = !panel.trouble;
    setText(words, panel.trouble ? `⚠ ${panel.trouble.text}` : "");
  }

  return { element, draw };
}
