/** The element that a test mounts a panel in, a fresh one for each test, and what is in it. */
import { afterEach, beforeEach } from "vitest";

/** @type {HTMLElement} */
export let host;

beforeEach(() => {
  globalThis.CSS ??= { escape: (text) => text };
  HTMLCanvasElement.prototype.getContext = () => null;
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(() => host.remove());

/** Look into another element from now on, which a widget has put into the host. */
export const lookInto = (element) => { host = element; };

export const all = (selector) => [...host.shadowRoot.querySelectorAll(selector)];

export const frames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
