// Stands in a saved output for what only a kernel could answer, and for the charts of a front
// where there is none (see build.js).
export const frontFigures = () => ({ figures: {}, draw() {}, drawBrush() {} });
export const furtherCharts = () => ({ element: "", draw() {}, receive() {} });
export const steering = () => ({ element: null, blocked: null, form: { element: null, open() {}, close() {} }, draw() {}, canWiden: () => false, wider: () => null });
export const narrowing = () => ({ button: null, element: null, receive() {}, draw() {} });
export const believeButton = () => null;
export const withdrawButton = () => null;
export const killButton = () => null;
export const againButtons = () => null;
/** @param {import("./types.js").Panel} panel */
export const rankingQuestion = (panel) => ({
  element: null, ask() {}, draw() {}, receive() {}, hasTarget: () => false,
  answer: () => ({ ranking: panel.picture.importance, text: panel.picture.importance?.verdict ?? "", isOld: false }),
});
export const connection = () => ({ element: null, draw() {} });
export const SILENT_MS = 0;
export default ""; // their styles
