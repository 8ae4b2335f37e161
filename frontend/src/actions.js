// What a person asks the kernel to do, and what came of it.

import { SILENT_MS } from "./connection.js";

/** @import { ActionInputs, Answer, Options, PanelState, Redraw } from "./types.js" */

/** @param {PanelState} state @param {Redraw} redraw @param {Options["send"]} send @param {(text: string) => void} say */
export function actions(state, redraw, send, say) {
  /** @param {string} action @param {string|null} [run] */
  const keyOf = (action, run) => (run ? `${action}:${run}` : action);
  let silence = 0;
  /** @param {boolean} isSilent */
  const hear = (isSilent) => {
    clearTimeout(silence);
    silence = 0;
    if (state.isSilent !== isSilent) redraw("draw");
    state.isSilent = isSilent;
    // What nobody answers may be asked again; a kernel that answers between cells has it still.
    if (isSilent && state.controls.bridge !== "none") state.waiting.clear();
  };
  /** What is wrong, where one looks; "" takes it away. @param {string} text @param {string} [about] */
  const complain = (text, about = "") => {
    state.trouble = text && { text, about };
    redraw("draw");
  };
  return {
    complain,
    /** Once only until it is answered: a second click on "Add runs" would add them twice. @param {string} action @param {ActionInputs} [inputs] */
    steer(action, inputs = {}) {
      const key = keyOf(action, inputs.run);
      if (!send || state.waiting.has(key)) return;
      state.waiting.add(key);
      silence ||= setTimeout(hear, SILENT_MS, true);
      send({ kind: "steer", action, ...inputs });
      say("requested");
      complain("");
    },
    /** @param {Answer} answer */
    answered({ action, run, ok, text }) {
      hear(false);
      const key = keyOf(action, run);
      state.waiting.delete(key);
      if (ok && text) say(text);
      if (!ok) complain(text, key);
      else if (state.trouble && state.trouble.about === key) complain("");
      redraw("draw");
    },
  };
}
