// What a person asks the kernel to do, and what came of it.

import { SILENT_MS } from "./connection.js";

/** @import { ActionInputs, Answer, Options, PanelState, Redraw } from "./types.js" */

const WAIT_MS = 4000; // how long a button looks pressed when nobody answers

/** @param {PanelState} state @param {Redraw} redraw @param {Options["send"]} send @param {(text: string) => void} say */
export function actions(state, redraw, send, say) {
  /** @param {string} action @param {string|null} [run] */
  const keyOf = (action, run) => (run ? `${action}:${run}` : action);
  /** @param {string} key */
  const end = (key) => {
    state.waiting.delete(key);
    redraw("draw");
  };
  let silence = 0;
  /** @param {boolean} isSilent */
  const hear = (isSilent) => {
    clearTimeout(silence);
    silence = 0;
    if (state.isSilent !== isSilent) redraw("draw");
    state.isSilent = isSilent;
  };
  return {
    /** @param {string} action @param {ActionInputs} [inputs] */
    steer(action, inputs = {}) {
      if (!send) return;
      const key = keyOf(action, inputs.run);
      state.waiting.add(key);
      setTimeout(end, WAIT_MS, key);
      silence ||= setTimeout(hear, SILENT_MS, true);
      send({ kind: "steer", action, ...inputs });
      say("requested");
      redraw("draw");
    },
    /** @param {Answer} answer */
    answered({ action, run, ok, text }) {
      hear(false);
      if (ok && text) say(text);
      end(keyOf(action, run));
    },
  };
}
