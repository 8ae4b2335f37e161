// A text that goes on while it is read.

const NEAR_END = 8; // pixels from the end of a text that count as its end
const HEAD = 200; // letters by which an old text is found again in a new one

/**
 * Makes a text that was added to at its end, and cut at its beginning, that of an element, such
 * that what is selected stays so and what is read stays where it is.
 * @param {Element} element @param {string} text
 */
export function follow(element, text) {
  const node = element.firstChild;
  if (node instanceof Text && node.data === text) return;
  const isAtEnd = !(node instanceof Text) || element.scrollTop + element.clientHeight >= element.scrollHeight - NEAR_END;
  if (node instanceof Text) change(element, node, text);
  else element.textContent = text;
  if (isAtEnd) element.scrollTop = element.scrollHeight;
}

/** Cuts what has gone from its beginning, and writes anew only what follows the first difference. @param {Element} element @param {Text} node @param {string} text */
function change(element, node, text) {
  const cut = node.data.indexOf(text.slice(0, HEAD));
  if (cut > 0) {
    const before = element.scrollHeight;
    node.deleteData(0, cut);
    element.scrollTop -= before - element.scrollHeight;
  }
  let same = 0;
  while (same < text.length && node.data[same] === text[same]) same++;
  node.replaceData(same, node.length - same, text.slice(same));
}
