// What screen readers say about the progress, without talking all the time.

/** @import { Picture } from "./types.js" */

const PAUSE_MS = 10000; // between two sentences about progress

/** @param {(text: string) => void} say @returns {(picture: Picture) => void} */
export function progressSpeech(say) {
  let spoken = "";
  let spokenAt = 0;
  return ({ progress, best, metric, sweep, live, standing }) => {
    const text = `${sweep.word}: ${progress.done} of ${progress.total ?? "?"} runs done` +
      (standing ? `. ${standing}` : best && metric ? `, best ${metric.name} ${best.text}` : "");
    if (text === spoken || (live && Date.now() - spokenAt <= PAUSE_MS)) return;
    [spoken, spokenAt] = [text, Date.now()];
    say(text);
  };
}
