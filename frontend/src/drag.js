// A pointer that is held down.

/**
 * Follows a pointer until its button is up, also outside the element where it went down.
 * @param {PointerEvent} event  of the main button, or nothing happens
 * @param {(event: PointerEvent) => void} onMove
 * @param {(event: PointerEvent) => void} onEnd
 */
export function follow(event, onMove, onEnd) {
  if (event.button) return;
  event.preventDefault();
  /** @param {PointerEvent} later */
  const move = (later) => {
    if (later.pointerId === event.pointerId) onMove(later);
  };
  /** @param {PointerEvent} later */
  const end = (later) => {
    if (later.pointerId !== event.pointerId) return;
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    onEnd(later);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}
