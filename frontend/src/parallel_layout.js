// Where things lie in the plot of parallel coordinates, in pixels.
import { SHOWN_AXES, drawnAt, drawnTicks, isPlain, isStillOrder, positionAt, shownAxes } from "./axes.js";
import { pointerIn } from "./dom.js";
import { MISSING, byImportance, hasBrush } from "./model.js";

/** @import { Axis, DrawnAxis, Panel } from "./types.js" */
/** @typedef {ReturnType<typeof newLayout>} Layout */

export const HEIGHT = 270;
export const MARGIN = { top: 38, right: 70, bottom: 36, left: 50 };

const NARROWEST = 60; // pixels between two axes, unless more axes were asked for
export const LETTER = 6.6; // pixels
export const MOST_LETTERS = 18; // of a tick

export const LENGTH = HEIGHT - MARGIN.top - MARGIN.bottom; // of an axis

/** How far below the lowest value a brush can reach: beyond the runs without one. */
export const LOWEST = MISSING - 0.04;

/** @param {number} drawn  0 at the bottom of an axis, 1 at its top */
export const yAt = (drawn) => MARGIN.top + (1 - drawn) * LENGTH;

/** @param {Panel} panel @param {HTMLElement} plot */
export function newLayout(panel, plot) {
  /** The x of the k-th of n axes. @param {number} k @param {number} n */
  const xAt = (k, n) => (n < 2 ? layout.width / 2 : MARGIN.left + k * layout.gap(n));

  const layout = {
    width: 0,
    right: MARGIN.right, // with room for the labels of the last axis

    /** The parameters by importance, as they are drawn; [] before they have been ranked. @type {string[]} */
    ranked: [],
    isSettled: false, // whether that was asked for once
    isLate: false, // whether it waits for people to be done

    /** Follows a new ranking, where that matters and nobody is at work on the plot. @param {boolean} isBusy */
    settle(isBusy) {
      const { picture, brushes } = panel;
      const { importance } = picture;
      const isNew = !!importance?.is_ranked && !isStillOrder(layout.ranked, importance);
      layout.isLate = isNew && layout.isSettled && (isBusy || hasBrush(brushes));
      if (isNew && !layout.isLate) layout.ranked = byImportance(picture);
      layout.isSettled = true;
    },

    /** Follows the newest ranking at once. */
    follow() {
      if (panel.picture.importance?.is_ranked) layout.ranked = byImportance(panel.picture);
    },

    /** Parameters for whose axes there is room. */
    most: () => (layout.width ? Math.min(SHOWN_AXES, Math.max(3, Math.floor((layout.width - 120) / NARROWEST))) : SHOWN_AXES),

    /** The axes that are drawn, from left to right. @returns {DrawnAxis[]} */
    axes() {
      const shown = shownAxes(panel.picture, panel.view, layout.most(), layout.ranked);
      const last = shown[shown.length - 1]?.axis;
      const letters = last ? drawnTicks(last, panel.view).map(([, label]) => label.length) : [];
      layout.right = Math.max(MARGIN.right, 12 + LETTER * Math.min(MOST_LETTERS, Math.max(...letters)));
      return shown.map(({ axis, i }, k) => ({ axis, i, x: xAt(k, shown.length) }));
    },

    /** Pixels from one axis to the next. @param {number} n  axes */
    gap: (n) => (n > 1 ? (layout.width - MARGIN.left - layout.right) / (n - 1) : layout.width),

    /** Letters of a tick for which there is room. @param {number} n  axes */
    tickLetters: (n) => Math.max(5, Math.min(Math.floor(layout.gap(n) / LETTER) - 2, MOST_LETTERS - 2)),

    /** @param {Axis} axis @param {number} position */
    y: (axis, position) => yAt(isPlain(axis, panel.view) ? position : drawnAt(axis, position, panel.view)),

    /** The position at a pixel; the inverse of `y`. @param {Axis} axis @param {number} pixel */
    position: (axis, pixel) =>
      positionAt(axis, Math.min(1, Math.max(LOWEST, 1 - (pixel - MARGIN.top) / LENGTH)), panel.view),

    /** @param {PointerEvent} event */
    pointer: (event) => pointerIn(plot, event),
  };
  return layout;
}
