// Light or dark, and the colours that canvases need; everything else is CSS.

// Worst to best. ColorBrewer's YlGnBu, readable without colour vision since it runs steadily
// from light to dark; on dark pages from dark to light, without the end that would vanish.
const RAMPS = {
  light: ["#dfe6a5", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58"],
  dark: ["#33478f", "#2f62ab", "#2a80bd", "#2f9fc4", "#53bcc4", "#8ed5bd", "#c9ebb6", "#f2f7c4"],
};
const BINS = 24;

/** @param {boolean} isDark @returns {string[]} one colour a bin, worst to best */
export function ramp(isDark) {
  const stops = RAMPS[isDark ? "dark" : "light"].map((code) =>
    [1, 3, 5].map((i) => parseInt(code.slice(i, i + 2), 16)),
  );
  return Array.from({ length: BINS }, (_, bin) => {
    const at = (bin / (BINS - 1)) * (stops.length - 1);
    const i = Math.min(Math.floor(at), stops.length - 2);
    const mix = stops[i].map((a, k) => Math.round(a + (at - i) * (stops[i + 1][k] - a)));
    return `rgb(${mix.join(",")})`;
  });
}

/** @param {number} quality 0 to 1 */
export const bin = (quality) => Math.min(BINS - 1, Math.max(0, Math.round(quality * (BINS - 1))));

/** Whether the page behind an element is dark. @param {Element|null} element */
export function isDark(element) {
  for (let node = element; node; node = node.parentElement ?? /** @type {any} */ (node.getRootNode())?.host) {
    const found = /rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)(?:[,/ ]+([\d.]+))?/.exec(
      getComputedStyle(node).backgroundColor,
    );
    if (!found || (found[4] !== undefined && Number(found[4]) < 0.5)) continue;
    const [r, g, b] = found.slice(1, 4).map(Number);
    return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return false;
}
