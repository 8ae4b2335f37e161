// The only way in which the panel makes elements: text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Keys of `props` that begin with "on" are listeners, `class` and everything else
 * attributes; null, undefined and false leave an attribute out.
 * @param {string} tag  "svg:rect" for elements of SVG
 * @param {Object<string, any>} [props]
 * @param {...(Node|string|null|undefined|false|any[])} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS(SVG, tag.slice(4))
    : document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/** @param {Element} element @param {any[]} children */
function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child);
  }
}

/** Sets text only when it differs, so that nothing is laid out anew without need. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts text on the clipboard; whether the browser let it. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are not served by https have no clipboard of the new kind.
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
 * @param {HTMLCanvasElement} canvas
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
