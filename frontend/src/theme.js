// Light or dark, and the colours that canvases need; everything else is CSS.
/** @import { Colours } from "./types.js" */

// Worst to best. ColorBrewer's YlGnBu, readable without colour vision since it runs steadily
// from light to dark; on dark pages from dark to light, without the end that would vanish.
const RAMPS = {
  light: ["#dfe6a5", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58"],
  dark: ["#33478f", "#2f62ab", "#2a80bd", "#2f9fc4", "#53bcc4", "#8ed5bd", "#c9ebb6", "#f2f7c4"],
};
const BINS = 24;

/** @param {boolean} isDark @returns {string[]} one colour for each bin, worst to best */
function ramp(isDark) {
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
function isDark(element) {
  for (let node = element; node; node = node.parentElement ?? hostOf(node)) {
    const parts = /rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)(?:[,/ ]+([\d.]+))?/.exec(
      getComputedStyle(node).backgroundColor,
    );
    if (!parts || (parts[4] !== undefined && Number(parts[4]) < 0.5)) continue;
    const [r, g, b] = parts.slice(1, 4).map(Number);
    return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return saysDark();
}

/** What a page without a ground of its own says of the one behind it, as outputs in VS Code and Colab do. */
function saysDark() {
  const kind = document.body.getAttribute("data-vscode-theme-kind") ?? document.documentElement.getAttribute("theme") ?? "";
  return /dark$|^vscode-high-contrast$/.test(kind);
}

/** The element whose shadow an element lies in. @param {Element} element */
function hostOf(element) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/**
 * Told apart with every kind of colour vision, as are the colours of states in styles/base.css: at
 * least 15 in CIELAB under deuteranopia and protanopia (Machado, Oliveira & Fernandes, 2009).
 * @param {boolean} dark @returns {Colours}
 */
export function colours(dark) {
  return dark
    ? { ramp: ramp(true), line: "#c9c9c9", faint: "#8a8a8a", active: "#6cb0ff", bad: "#ff5252", hover: "#ef3fc6", front: "#ee8f4f", halo: "rgba(17,17,17,.8)" }
    : { ramp: ramp(false), line: "#4a4a4a", faint: "#9a9a9a", active: "#2f7fd6", bad: "#8c1127", hover: "#a3178f", front: "#d9730d", halo: "rgba(255,255,255,.85)" };
}

/**
 * Watches whether the page is dark, and the size of the panel.
 * @param {HTMLElement} host
 * @param {(isDark: boolean) => void} onTheme  called at once, and when the page changes its theme
 * @param {() => void} onSize
 * @returns {() => void}  ends it
 */
export function watchPage(host, onTheme, onSize) {
  /** @type {boolean|null} */
  let wasDark = null;
  const retheme = () => {
    const dark = isDark(host);
    if (dark !== wasDark) onTheme((wasDark = dark));
  };
  const themes = new MutationObserver(retheme);
  for (const node of [document.documentElement, document.body])
    themes.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light", "data-vscode-theme-kind", "data-theme", "theme"] });
  const preferred = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  preferred?.addEventListener?.("change", retheme);
  const sizes = globalThis.ResizeObserver && new ResizeObserver(() => {
    retheme();
    onSize();
  });
  sizes?.observe(host);
  retheme();
  return () => {
    themes.disconnect();
    sizes?.disconnect();
    preferred?.removeEventListener?.("change", retheme);
  };
}
