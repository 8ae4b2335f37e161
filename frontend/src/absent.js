// Stands in a saved output for what only a kernel could answer (see build.js).
export const steering = () => ({ element: null, blocked: null, form: { element: null, open() {}, close() {} }, draw() {} });
export const narrowing = () => ({ button: null, element: null, receive() {}, draw() {} });
export const killButton = () => null;
export const againButtons = () => null;
