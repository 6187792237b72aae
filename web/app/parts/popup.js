// The page's one popup: whatever opens it is a button here, what it holds follows from model.menu. The
// browser closes it by Esc and by a press beside it, and brings the keyboard back.
import { html, nothing } from "lit";

/** @typedef {import("../model.js").Model} Model */

const ID = "popup";
/** From what it belongs to, and from the window's edges, in px. */
const GAP = 12;
const EDGE = 8;

/** What opened it last. @type {Element | undefined} */
let opener;

const popover = () => /** @type {HTMLElement} */ (document.getElementById(ID));

/** @param {Pick<Model, "menu" | "act">} model @param {string} label @param {unknown} contents */
export function popup({ act }, label, contents) {
  return html`<div
    id=${ID}
    class="popup"
    popover
    role="dialog"
    aria-label=${label || nothing}
    @toggle=${() => {
      if (!popover().matches(":popover-open")) act.showMenu();
    }}
    @keydown=${walk}
  >${contents}</div>`;
}

/**
 * A button that opens the popup, or closes it where it is what opened it.
 * @param {Pick<Model, "act">} model @param {string} menu what it is about
 * @param {unknown} content
 * @param {{ kind?: string, clear?: string }} [look] clear: what around the button stays in sight
 */
export function opens({ act }, menu, content, { kind = "", clear } = {}) {
  return html`<button
    type="button"
    class="opens ${kind}"
    popovertarget=${ID}
    aria-haspopup="dialog"
    data-menu=${menu}
    @click=${(/** @type {MouseEvent} */ event) => {
      const button = /** @type {Element} */ (event.currentTarget);
      const open = popover().matches(":popover-open");
      if (open && button === opener) return;
      if (open) popover().hidePopover();
      opener = button;
      popover().classList.remove("placed");
      act.showMenu(menu);
      // The browser opens it after this event; then it has a size.
      requestAnimationFrame(() => place(button, clear ? button.closest(clear) : null));
    }}
  >${content}</button>`;
}

export const closePopup = () => popover().hidePopover();

/** Beside what has to stay in sight, else below the button; within the window.
 * @param {Element} button @param {Element | null} clear */
function place(button, clear) {
  const popup = popover();
  const at = button.getBoundingClientRect();
  const { width, height } = popup.getBoundingClientRect();
  const root = document.documentElement;
  const margin = Number.parseFloat(getComputedStyle(root).getPropertyValue("--margin"));
  const room = root.clientWidth - width - (clear ? EDGE : margin);
  const beside = clear?.getBoundingClientRect();
  let [x, y] = [at.left, at.bottom + GAP];
  if (beside && beside.right + GAP <= room)
    [x, y] = [Math.max(beside.right, at.right) + GAP, at.top];
  else if (beside && beside.left - GAP - width >= EDGE)
    [x, y] = [beside.left - GAP - width, at.top];
  x = Math.max(EDGE, Math.min(x, room));
  y = Math.max(EDGE, Math.min(y, innerHeight - height - EDGE));
  popup.style.setProperty("--x", `${x + scrollX}px`);
  popup.style.setProperty("--y", `${y + scrollY}px`);
  // From now on it goes where the page goes; before, it would draw the page to its last place.
  popup.classList.add("placed");
}

/** @type {Record<string, (at: number, last: number) => number>} */
const STEPS = {
  ArrowDown: (at, last) => (at === last ? 0 : at + 1),
  ArrowUp: (at, last) => (at <= 0 ? last : at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** Arrows go from item to item as Tab does, but within a field. @param {KeyboardEvent} event */
function walk(event) {
  const step = STEPS[event.key];
  if (!step || event.target instanceof HTMLInputElement) return;
  const items = [.../** @type {Element} */ (event.currentTarget).querySelectorAll(":enabled")];
  const at = items.indexOf(/** @type {Element} */ (event.target));
  /** @type {HTMLElement | undefined} */ (items[step(at, items.length - 1)])?.focus();
  event.preventDefault();
}
