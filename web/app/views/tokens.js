// The large tokens: looked from by a click, edited by a double click, moved by dragging.
import { html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { probability } from "../format.js";
import { properties } from "../parts/directives.js";
import { fill } from "../parts/text.js";
import { css, INKS, place, ramp } from "../ramp.js";
import { isInvented } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** A pointer that moves less has clicked, in px. */
const STILL = 6;

/** @param {Model} model */
export function tokens(model) {
  const { state, token, act } = model;
  const count = state.tokens.length;
  const size = count > 64 ? "crowd" : count > 12 ? "many" : "";
  const typed = (/** @type {number} */ i) => token && i >= token.at && i < token.at + token.count;
  const shown = state.tokens.map((word, i) => ({ word, i })).filter(({ i }) => !typed(i));
  /** @type {({ word: string, i: number } | undefined)[]} */
  const items = token ? shown.toSpliced(token.at, 0, /** @type {any} */ (undefined)) : shown;
  return html`<ol class="tokens ${size}" aria-label=${fill(words.tokens.label, {
    focus: state.tokens[state.focus] ?? "",
  })}>
    ${repeat(
      items,
      (item) => item?.i ?? "typing",
      (item) => (item ? one(model, item.word, item.i) : editor(model)),
    )}
    ${
      token?.at === count && token.count === 0
        ? nothing
        : html`<li class="more">
            <button type="button" class="add" aria-label=${words.tokens.add} title=${words.tokens.add}
              @click=${() => act.openToken(count, 0)}>+</button>
          </li>`
    }
  </ol>`;
}

/** @param {Model} model @param {string} word @param {number} i */
function one(model, word, i) {
  const { state, figures, theme, act } = model;
  const weights = figures[`a${state.head}`];
  const weight = weights?.sheet.data[state.focus * weights.sheet.cols + i] ?? Number.NaN;
  const known = !Number.isNaN(weight);
  const hidden = !known && weights && !weights.waits;
  const colours = ramp("weights", theme);
  const range = weights?.range ?? 1;
  const ink = known ? INKS[colours.inks[place(colours, weight, range)]] : hidden ? "hidden" : "";
  const ground = known ? css(colours, weight, range) : "transparent";
  return html`<li>
    <button
      type="button"
      class="token-button ${ink} ${isInvented(state, word) ? "invented" : ""}"
      data-token=${i}
      tabindex=${i === state.focus ? 0 : -1}
      aria-pressed=${i === state.focus}
      title=${words.tokens.hint}
      @click=${(/** @type {PointerEvent} */ event) => {
        if (carried) return;
        const again = i === state.focus && event.pointerType === "touch";
        if (again) act.openToken(i);
        else act.set("focus", i);
      }}
      @dblclick=${() => act.openToken(i)}
      @keydown=${(/** @type {KeyboardEvent} */ event) => key(model, i, event)}
      @pointerdown=${(/** @type {PointerEvent} */ event) => grab(model, i, event)}
      @paste=${(/** @type {ClipboardEvent} */ event) => {
        event.preventDefault();
        act.retoken(i + 1, 0, event.clipboardData?.getData("text/plain") ?? "");
      }}
      ${properties({ "--ground": ground })}
    ><bdi>${word}</bdi></button>
    <span class="share">${known ? probability(weight, 3) : hidden ? words.reading.hidden : "–"}</span>
  </li>`;
}

/** Arrows look from the next token, with Alt they move it. @param {Model} model @param {number} i
 * @param {KeyboardEvent} event */
function key({ state, act }, i, event) {
  if (event.ctrlKey || event.metaKey) return;
  const last = state.tokens.length - 1;
  /** @type {Record<string, number>} */
  const places = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: last };
  const to = places[event.key];
  const ol = /** @type {HTMLElement} */ (event.currentTarget).closest("ol");
  if (to !== undefined) {
    const within = Math.max(0, Math.min(last, to));
    if (event.altKey) act.moveToken(i, within);
    act.set("focus", within);
    stand(ol, within);
  } else if (event.key === "Enter" || event.key === "F2") act.openToken(i);
  else if (event.key === "Delete" || event.key === "Backspace") {
    act.retoken(i, 1, "");
    stand(ol, Math.min(i, last - 1));
  } else return;
  event.preventDefault();
}

/** Brings the keyboard to a token, after the frame that draws it.
 * @param {Element | null} ol @param {number} i */
function stand(ol, i) {
  requestAnimationFrame(() => {
    const button = ol?.querySelector(`[data-token="${i}"]`) ?? ol?.querySelector(".add");
    /** @type {HTMLElement | null | undefined} */ (button)?.focus();
  });
}

/** Whether the last press of a pointer carried a token, so that it was no click. */
let carried = false;

/** A mouse carries a token to another place; on touch screens the same gesture scrolls.
 * @param {Model} model @param {number} from @param {PointerEvent} down */
function grab({ act }, from, down) {
  carried = false;
  if (down.pointerType === "touch" || down.button !== 0) return;
  const button = /** @type {HTMLElement} */ (down.currentTarget);
  const place = ({ clientX, clientY } = down) =>
    document
      .elementFromPoint(clientX, clientY)
      ?.closest("[data-token]")
      ?.getAttribute("data-token");
  const move = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    const [x, y] = [clientX - down.clientX, clientY - down.clientY];
    if (!carried && Math.hypot(x, y) < STILL) return;
    carried = true;
    button.setPointerCapture(down.pointerId);
    button.classList.add("carried");
    button.style.translate = `${x}px ${y}px`;
  };
  const end = (/** @type {PointerEvent} */ event) => {
    button.removeEventListener("pointermove", move);
    const to = carried && event.type === "pointerup" ? place(event) : undefined;
    button.classList.remove("carried");
    button.style.translate = "";
    if (to) act.moveToken(from, Number(to));
  };
  button.addEventListener("pointermove", move);
  button.addEventListener("pointerup", end, { once: true });
  button.addEventListener("pointercancel", end, { once: true });
}

/** The field of the tokens that are being typed, as wide as its text.
 * @param {Model} model */
function editor(model) {
  const { token, sentence, state, act } = model;
  if (!token) return nothing;
  const { at, count, text, fresh } = token;
  const input = (/** @type {Event} */ event) =>
    /** @type {HTMLInputElement} */ (
      /** @type {HTMLElement} */ (event.currentTarget).closest("li")?.querySelector("input")
    );
  const leave = (/** @type {HTMLElement} */ from, /** @type {boolean} */ discard) => {
    const ol = from.closest("ol");
    act.closeToken(discard);
    stand(ol, Math.min(at, state.tokens.length - 1));
  };
  return html`<li class="typing">
    <span class="token-field ${sentence ? "invalid" : ""}">
      <span aria-hidden="true">${text || "\u00a0\u00a0"}</span>
      <input
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        dir="auto"
        aria-label=${fresh ? words.tokens.add : words.tokens.edit}
        aria-invalid=${sentence !== undefined}
        ${ref((element) => begin(/** @type {HTMLInputElement | undefined} */ (element), text))}
        @input=${(/** @type {InputEvent} */ event) => {
          const { value } = input(event);
          act.typeToken(value);
          // A space at the end goes on to the next token.
          if (!event.isComposing && /\S\s$/.test(value)) act.nextToken();
        }}
        @blur=${(/** @type {FocusEvent} */ event) => {
          const to = /** @type {Node | null} */ (event.relatedTarget);
          if (!input(event).closest("li")?.contains(to)) act.closeToken();
        }}
        @keydown=${(/** @type {KeyboardEvent} */ event) => {
          if (event.isComposing) return;
          if (event.key === "Enter" || event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            leave(input(event), event.key === "Escape");
          }
        }}
      />
    </span>
    <span class="share" role="group" aria-label=${words.tokens.edit}>
      ${tool(words.tokens.before, "←", at > 0 && count > 0, () => act.moveToken(at, at - 1))}
      ${tool(words.tokens.split, "|", text.length > 1, (event) => splitHere(model, input(event)))}
      ${tool(words.tokens.remove, "×", count > 0, (event) => {
        input(event).value = "";
        act.typeToken("");
        leave(input(event), false);
      })}
      ${tool(words.tokens.after, "→", count > 0 && at + count < state.tokens.length, () => act.moveToken(at, at + 1))}
    </span>
  </li>`;
}

/** @param {string} label @param {string} sign @param {boolean} possible
 * @param {(event: Event) => void} press */
function tool(label, sign, possible, press) {
  return html`<button type="button" aria-label=${label} title=${label} ?disabled=${!possible}
    @pointerdown=${(/** @type {Event} */ event) => event.preventDefault()} @click=${press}>${sign}</button>`;
}

/** @param {Model} model @param {HTMLInputElement} input */
function splitHere({ act }, input) {
  const { value, selectionStart } = input;
  const at = selectionStart && selectionStart < value.length ? selectionStart : value.length >> 1;
  input.value = `${value.slice(0, at)} ${value.slice(at)}`;
  act.typeToken(input.value);
  act.closeToken();
}

/** The element is given before it stands in the document, where alone it can take the focus.
 * @param {HTMLInputElement | undefined} element @param {string} text */
function begin(element, text) {
  if (!element || element.isConnected) return;
  element.value = text;
  queueMicrotask(() => {
    element.focus();
    element.select();
  });
}
