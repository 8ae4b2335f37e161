// Stands in a saved output for what only a kernel could answer, and for the charts of a front
// where there is none (see build.js).
export const frontFigures = () => ({ elements: [], draw() {}, drawBrush() {} });
export const steering = () => ({ element: null, blocked: null, form: { element: null, open() {}, close() {} }, draw() {}, canWiden: () => false, wider: () => null });
export const narrowing = () => ({ button: null, element: null, receive() {}, draw() {} });
export const believeButton = () => null;
export const withdrawButton = () => null;
export const killButton = () => null;
export const againButtons = () => null;
