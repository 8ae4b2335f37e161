// The panel in a saved output: its data lies in the page, and nobody answers.
import { mount } from "./panel.js";

/** @import { Options, Picture, Row } from "./types.js" */

/**
 * Takes the place of the static table and pictures before the script that calls it.
 * @param {HTMLScriptElement|null} script
 * @param {string} id  of the output, when the script is no longer known
 * @param {Pick<Options, "details"|"brushes"|"log"> & {picture: Omit<Picture, "rows"> & {rows: {keys: (keyof Row)[], values: unknown[][]}}}} data
 */
export function show(script, id, data) {
  const box = script?.parentElement?.querySelector("[data-nbsweep]")
    ?? document.querySelector(`[data-nbsweep="${id}"]`);
  if (!box) return;
  const { keys, values } = data.picture.rows;
  const rows = values.map((list) => /** @type {Row} */ (/** @type {unknown} */ (Object.fromEntries(list.map((value, i) => [keys[i], value])))));
  const host = document.createElement("div");
  mount(host, { ...data, picture: { ...data.picture, rows } });
  box.replaceChildren(host);
}
