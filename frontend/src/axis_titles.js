// Where the titles of the axes stand, and how far they are cut, so that no two of them overlap:
// in turns on two lines, where they do not fit on one.
import { shorten } from "./wording.js";

const BETWEEN = 8; // pixels from a title to the next
const EDGE = 2; // pixels from the edge
const LEAST = 3; // letters
const LINES = [[14], [12, 27]]; // baselines

/** @typedef {{text: string, x: number, y: number}} Title  x of its middle */

/**
 * @param {{name: string, sign: string, x: number}[]} axes  from left to right; the sign is never cut
 * @param {number} width  of the plot
 * @param {(text: string) => number} measure  pixels of a text
 * @returns {Title[]}
 */
export function placeTitles(axes, width, measure) {
  const names = axes.map(({ name }) => name);
  /** @param {number} letters @param {number[]} lines */
  const at = (letters, lines) => placed(axes, shorten(names, letters), width, measure, lines);
  const most = Math.max(LEAST, ...names.map(({ length }) => length));
  for (let letters = most; letters >= LEAST; letters--)
    for (const lines of LINES) {
      const titles = at(letters, lines);
      if (!isCrowded(titles, lines.length, measure)) return titles;
    }
  return at(LEAST, LINES[1]);
}

/** @param {{sign: string, x: number}[]} axes @param {string[]} names @param {number} width @param {(text: string) => number} measure @param {number[]} lines */
const placed = (axes, names, width, measure, lines) => axes.map(({ sign, x }, k) => {
  const text = names[k] + sign;
  const half = measure(text) / 2;
  return { text, x: Math.max(half + EDGE, Math.min(width - half - EDGE, x)), y: lines[k % lines.length] };
});

/** @param {Title[]} titles @param {number} stride  from a title to the next one on its line @param {(text: string) => number} measure */
const isCrowded = (titles, stride, measure) => titles.some(({ text, x }, k) => {
  const next = titles[k + stride];
  const isWide = x - measure(text) / 2 < 0;
  return isWide || (!!next && x + measure(text) / 2 + BETWEEN > next.x - measure(next.text) / 2);
});
