// Stands in a saved output for what only a kernel could answer, and for the charts of a front
// where there is none (see build.js).
export const frontFigures = () => ({ figures: {}, draw() {}, mark() {}, drawBrush() {} });
/** The curves in a saved output are those of the metric over steps. */
export const series = () => ({ names: () => [], note: () => "", offered: () => ({ xs: [], ys: [] }), of: () => new Map(), receive() {} });
export const furtherCharts = () => ({ element: "", draw() {}, receive() {} });
export const steering = () => ({ element: null, blocked: null, confirm: null, form: { element: null, open() {}, close() {} }, draw() {}, canWiden: () => false, wider: () => null });
export const narrowing = () => ({ button: null, element: null, receive() {}, draw() {} });
export const believeButton = () => null;
export const withdrawButton = () => null;
export const killButton = () => null;
export const againButtons = () => null;
/** @param {import("./types.js").Panel} panel */
export const rankingQuestion = (panel) => ({
  element: null, ask() {}, draw() {}, receive() {}, hasTarget: () => false,
  answer: () => ({ ranking: panel.picture.importance, text: `${panel.picture.importance?.verdict ?? ""}${panel.picture.importance && panel.view.cut ? " (over all runs)" : ""}`, isOld: false }),
});
export const trouble = () => ({ element: "", draw() {} });
export const connection = () => ({ element: null, draw() {} });
export const SILENT_MS = 0;
/** @param {Element} element @param {string} text */
export const follow = (element, text) => { if (element.textContent !== text) element.textContent = text; };
export default ""; // their styles
