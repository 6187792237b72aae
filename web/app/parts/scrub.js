// Numbers that change as a pointer drags across them, and step by the arrow keys.

/** A drag of this many px is one step. */
const STEP = 8;

const ENDS = /** @type {const} */ (["pointerup", "pointercancel"]);

/** What one step adds: .1, with Shift 1, with Alt .01; whole numbers go by 1, with Shift 10.
 * @param {{ shiftKey: boolean, altKey: boolean }} event @param {boolean} [whole] */
export function stepOf({ shiftKey, altKey }, whole = false) {
  if (whole) return shiftKey ? 10 : 1;
  return shiftKey ? 1 : altKey ? 0.01 : 0.1;
}

/**
 * Follows a pointer that was pressed on a number. A mouse scrubs to the left and right; on touch
 * screens the same gesture scrolls until the element says otherwise (touch-action).
 * @param {PointerEvent} down
 * @param {{ whole?: boolean, begin?: () => void, step: (size: number) => void, end?: () => void }} to
 */
export function scrub(down, { whole, begin, step, end }) {
  if (down.button !== 0) return;
  const element = /** @type {HTMLElement} */ (down.currentTarget);
  let from = down.clientX;
  let scrubs = false;
  const move = (/** @type {PointerEvent} */ event) => {
    const steps = Math.trunc((event.clientX - from) / STEP);
    if (steps === 0) return;
    if (!scrubs) {
      scrubs = true;
      element.setPointerCapture(down.pointerId);
      document.documentElement.classList.add("scrubbing");
      begin?.();
    }
    from += steps * STEP;
    step(steps * stepOf(event, whole));
  };
  const stop = () => {
    removeEventListener("pointermove", move);
    for (const type of ENDS) removeEventListener(type, stop);
    document.documentElement.classList.remove("scrubbing");
    if (scrubs) end?.();
    // The click that ends a scrub opens nothing.
    if (scrubs) element.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => element.removeEventListener("click", swallow, { capture: true }));
  };
  // The first step may already be one out of the element.
  addEventListener("pointermove", move);
  for (const type of ENDS) addEventListener(type, stop);
}

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}
