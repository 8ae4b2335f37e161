// The only way in which the panel makes elements: text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const COPIED_MS = 2500;

/** @import { Child, ElementOf, Props, Tag } from "./types.js" */

/**
 * An element. Keys of `props` that begin with "on" are listeners, `class` and everything else
 * attributes; null, undefined and false leave an attribute out.
 * @template {Tag} T
 * @param {T} tag  "svg:rect" for elements of SVG
 * @param {Props} [props]
 * @param {...Child} children
 */
export function h(tag, props = {}, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS(SVG, tag.slice(4))
    : document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  add(element, children);
  return /** @type {ElementOf<T>} */ (element);
}

/** @param {Element} element @param {Child[]} children */
function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(/** @type {Node|string} */ (child));
  }
}

/** Sets text only when it differs, so that nothing is laid out again without need. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Has an element hold these children in this order. Those that are there stay as they are and are
 * moved only where they must be, so that focus, selection and scroll in them survive.
 * @param {Element} parent @param {Element[]} children
 */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let kept = longestInOrder(parent, children, []);
  // Asking for what is selected lays the page out, so only where a child has to be moved.
  if (kept.size < parent.childElementCount) kept = longestInOrder(parent, children, heldIn(parent));
  let next = null;
  for (let i = children.length - 1; i >= 0; i--) {
    if (!kept.has(children[i])) parent.insertBefore(children[i], next);
    next = children[i];
  }
}

/** The child with the focus, and the one with what is selected: moved, they would lose it. @param {Element} parent */
export function heldIn(parent) {
  const root = /** @type {ShadowRoot & {getSelection?: () => Selection|null}} */ (parent.getRootNode());
  const selection = root.getSelection?.();
  return [root.activeElement, selection?.isCollapsed === false ? selection.anchorNode : null].flatMap((node) => {
    while (node && node.parentNode !== parent) node = /** @type {Element|null} */ (node.parentNode);
    return node ? [/** @type {Element} */ (node)] : [];
  });
}

/**
 * As many of the parent's children as are in order already: these need not be moved.
 * @param {Element} parent @param {Element[]} children  wanted @param {Element[]} held  to be among them, the first one in any case
 */
function longestInOrder(parent, children, held) {
  const place = new Map(children.map((child, i) => [child, i]));
  let there = [...parent.children];
  for (const child of held) {
    const at = there.indexOf(child);
    const own = place.get(child) ?? 0;
    if (at >= 0) there = there.filter((other, i) => i === at || i < at === (place.get(other) ?? 0) < own);
  }
  /** @typedef {{child: Element, at: number, before: End|undefined}} End */
  /** @type {End[]} */
  const ends = []; // of the best sequence of each length
  for (const child of there) {
    const at = /** @type {number} */ (place.get(child));
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle].at < at) low = middle + 1;
      else high = middle;
    }
    ends[low] = { child, at, before: ends[low - 1] };
  }
  /** @type {Set<Element>} */
  const kept = new Set();
  for (let end = ends.at(-1); end; end = end.before) kept.add(end.child);
  return kept;
}

/** Focuses the first element that matches. @param {ParentNode} root @param {string} selector */
export function focusOn(root, selector) {
  /** @type {HTMLElement|null} */
  const element = root.querySelector(selector);
  element?.focus();
}

/** Whether an event happened in such an element. @param {Event} event @param {string} selector */
export const isWithin = ({ target }, selector) => target instanceof Element && !!target.closest(selector);

/** Where the pointer is in an element. @param {Element} element @param {PointerEvent} event */
export function pointerIn(element, event) {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** @param {Element} svg @param {number} width @param {number} height */
export function setSize(svg, width, height) {
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
}

/** @param {Child} text @param {() => void} onclick @param {Props} [props] */
export const button = (text, onclick, props = {}) => h("button", { type: "button", onclick, ...props }, text);

/** A button that looks like a link. @param {string} text @param {() => void} onclick @param {Props} [props] */
export const link = (text, onclick, props = {}) => button(text, onclick, { class: "link", ...props });

/**
 * A button that copies a text, and beside it whether that worked.
 * @param {string} label @param {() => string} read @param {string} [title]
 * @returns {[copy: HTMLElement, status: HTMLElement]}
 */
export function copyButton(label, read, title) {
  const status = h("span", { class: "muted small", role: "status" });
  const copy = link(label, async () => {
    status.textContent = (await copyText(read())) ? " copied" : " the browser does not allow copying here";
    setTimeout(() => { status.textContent = ""; }, COPIED_MS);
  }, { title });
  return [copy, status];
}

/** Puts text on the clipboard; whether the browser allowed it. @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // `navigator.clipboard` exists only on pages served by https or from this machine.
    const area = h("textarea", { style: "position:fixed;opacity:0", "aria-hidden": true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand?.("copy") ?? false;
    area.remove();
    return done;
  }
}

/**
 * A canvas of `width` × `height` CSS pixels, sharp on every screen, cleared.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 * @returns {CanvasRenderingContext2D|null}  null where there is no canvas (unit tests)
 */
export function context(canvas, width, height) {
  const scale = globalThis.devicePixelRatio || 1;
  const [w, hgt] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== hgt) canvas.height = hgt;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext?.("2d") ?? null;
  if (!ctx) return null;
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}
