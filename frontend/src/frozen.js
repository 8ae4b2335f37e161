// The panel in a saved output: its data lies in the page, and nobody answers.
import { mount } from "./panel.js";

/**
 * Takes the place of the static table and pictures before the script that calls it.
 * @param {HTMLScriptElement|null} script
 * @param {string} id  of the output, when the script is no longer known
 * @param {{picture: any, details: any, brushes: any}} data  rows as {keys, values}
 */
export function show(script, id, data) {
  const box = script?.parentElement?.querySelector("[data-nbsweep]")
    ?? document.querySelector(`[data-nbsweep="${id}"]`);
  if (!box) return;
  const { keys, values } = data.picture.rows;
  const rows = values.map((list) => Object.fromEntries(list.map((value, i) => [keys[i], value])));
  const host = document.createElement("div");
  mount(host, { ...data, picture: { ...data.picture, rows } });
  box.replaceChildren(host);
}
