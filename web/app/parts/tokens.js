// The large tokens: looked from by a click, edited by a double click, moved by dragging.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { probability } from "../format.js";
import { css, INKS, place, ramp } from "../ramp.js";
import { isInvented } from "../state.js";
import { direction, visible } from "../tokens.js";
import { words } from "../words.js";
import { properties } from "./directives.js";
import { fill } from "./text.js";

/** @typedef {import("../model.js").Model} Model */

/** Words of so many letters fit the narrowest window. */
const SHORT = 6;
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
  // One ear for all tokens: there may be hundreds.
  const label = fill(words.tokens.label, { focus: visible(state.tokens[state.focus] ?? "") });
  return html`<ol
    class="tokens ${size}"
    dir=${direction(state.tokens)}
    aria-label=${label}
    @click=${heard((event, _, i) => choose(model, i, event))}
    @dblclick=${heard((_event, _, i) => act.openToken(i))}
    @keydown=${heard((event, _, i) => key(model, i, event))}
    @pointerdown=${heard((event, button, i) => grab(model, i, event, button))}
    @paste=${heard((event, _, i) => {
      event.preventDefault();
      act.retoken(i + 1, 0, event.clipboardData?.getData("text/plain") ?? "");
    })}
  >
    ${repeat(
      items,
      (item) => item?.i ?? `typing ${token?.at}`,
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

/** @param {(event: any, button: HTMLElement, i: number) => void} handle an event of a token
 * @returns {(event: any) => void} */
function heard(handle) {
  return (event) => {
    const button = /** @type {HTMLElement | null} */ (event.target.closest("[data-token]"));
    if (button) handle(event, button, Number(button.dataset.token));
  };
}

/** @param {Model} model @param {string} word @param {number} i */
function one({ state, figures, theme }, word, i) {
  const weights = figures[`a${state.head}`];
  const weight = weights?.sheet.data[state.focus * weights.sheet.cols + i] ?? Number.NaN;
  const known = !Number.isNaN(weight);
  const hidden = !known && weights && !weights.waits;
  const colours = ramp("weights", theme);
  const range = weights?.range ?? 1;
  const ink = known ? INKS[colours.inks[place(colours, weight, range)]] : hidden ? "hidden" : "";
  const ground = known ? css(colours, weight, range) : "transparent";
  const share = known ? probability(weight, 3) : hidden ? words.reading.hidden : "–";
  const focused = i === state.focus;
  const shown = visible(word);
  const long = shown.length > SHORT ? "long" : "";
  const name = `token-button ${ink} ${isInvented(state, word) ? "invented" : ""} ${long}`;
  return guard(
    [word, i, name, ground, share, focused, words],
    () => html`<li>
      <button
        type="button"
        class=${name}
        data-token=${i}
        tabindex=${focused ? 0 : -1}
        aria-pressed=${focused}
        title=${words.tokens.hint}
        ${properties({ "--ground": ground })}
      ><bdi>${shown}</bdi></button>
      <span class="share">${share}</span>
    </li>`,
  );
}

/** @param {Model} model @param {number} i @param {PointerEvent} event */
function choose({ state, act }, i, event) {
  if (carried && event.pointerType !== "") return;
  if (i === state.focus && event.pointerType === "touch") act.openToken(i);
  else act.set("focus", i);
}

/** Arrows look from the next token, with Alt they move it. @param {Model} model @param {number} i
 * @param {KeyboardEvent} event */
function key({ state, act }, i, event) {
  if (event.ctrlKey || event.metaKey) return;
  const last = state.tokens.length - 1;
  const beside = neighbours(state.tokens);
  /** @type {Record<string, number>} */
  const places = { ArrowLeft: beside.left(i), ArrowRight: beside.right(i), Home: 0, End: last };
  const to = places[event.key];
  const ol = /** @type {HTMLElement} */ (event.currentTarget);
  if (to !== undefined) {
    const within = Math.max(0, Math.min(last, to));
    if (event.altKey) act.moveToken(i, within);
    else act.set("focus", within);
    stand(ol, within);
  } else if (event.key === "Enter" || event.key === "F2") act.openToken(i);
  else if (event.key === "Delete" || event.key === "Backspace") {
    act.retoken(i, 1, "");
    stand(ol, i);
  } else return;
  event.preventDefault();
}

/** Which token stands beside another. @param {readonly string[]} tokens */
function neighbours(tokens) {
  const before = (/** @type {number} */ i) => i - 1;
  const after = (/** @type {number} */ i) => i + 1;
  const leftward = direction(tokens) === "rtl";
  return leftward ? { left: after, right: before } : { left: before, right: after };
}

/** Brings the keyboard to a token, or the last one, after the frame that draws it.
 * @param {Element | null} ol @param {number} i */
function stand(ol, i) {
  requestAnimationFrame(() => {
    const open = ol?.querySelector(".token-field input");
    const tokens = ol?.querySelectorAll("[data-token]") ?? [];
    const token = tokens[Math.min(i, tokens.length - 1)] ?? ol?.querySelector(".add");
    /** @type {HTMLElement | undefined} */ (open ?? token)?.focus();
  });
}

/** Whether the last press of a pointer carried a token, so that it was no click. */
let carried = false;

/** A mouse carries a token to another place; on touch screens the same gesture scrolls.
 * @param {Model} model @param {number} from @param {PointerEvent} down @param {HTMLElement} button */
function grab({ act }, from, down, button) {
  carried = false;
  if (down.pointerType === "touch" || down.button !== 0) return;
  const ol = button.closest("ol");
  /** @type {HTMLElement | null | undefined} */
  let over;
  const mark = (/** @type {typeof over} */ token) => {
    over?.classList.remove("before", "behind");
    over = token;
    over?.classList.add(Number(over.dataset.token) < from ? "before" : "behind");
  };
  const move = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    const [x, y] = [clientX - down.clientX, clientY - down.clientY];
    if (!carried && Math.hypot(x, y) < STILL) return;
    carried = true;
    button.setPointerCapture(down.pointerId);
    button.classList.add("carried");
    button.style.translate = `${x}px ${y}px`;
    mark(document.elementFromPoint(clientX, clientY)?.closest("[data-token]"));
  };
  const end = (/** @type {PointerEvent} */ event) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    const to = carried && event.type === "pointerup" ? over?.dataset.token : undefined;
    mark(undefined);
    button.classList.remove("carried");
    button.style.translate = "";
    if (to === undefined) return;
    act.moveToken(from, Number(to));
    stand(ol, Number(to));
  };
  // A quick hand's first step is already one out of the button.
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

/** The field of the tokens that are being typed, as wide as its text.
 * @param {Model} model */
function editor(model) {
  const { token, sentence, state, act } = model;
  if (!token) return nothing;
  const { at, count, text, fresh } = token;
  const { left, right } = neighbours(state.tokens);
  const step = (
    /** @type {string} */ label,
    /** @type {string} */ sign,
    /** @type {number} */ to,
  ) =>
    tool(label, sign, count === 1 && to >= 0 && to < state.tokens.length, () =>
      act.moveToken(at, to),
    );
  const leave = (/** @type {Event} */ event, discard = false) => {
    const ol = item(event).closest("ol");
    act.closeToken(discard);
    stand(ol, at);
  };
  const type = (/** @type {Event} */ event, composing = false) => {
    const { value } = input(event);
    act.typeToken(value);
    // A space at the end goes on to the next token.
    if (!composing && /\S\s$/.test(value)) act.nextToken();
  };
  return html`<li
    class="typing"
    @focusout=${(/** @type {FocusEvent} */ event) => {
      if (!item(event).contains(/** @type {Node | null} */ (event.relatedTarget))) act.closeToken();
    }}
    @keydown=${(/** @type {KeyboardEvent} */ event) => {
      const taken =
        event.key === "Escape" || (event.key === "Enter" && event.target === input(event));
      if (!taken || composes(event)) return;
      event.preventDefault();
      event.stopPropagation();
      leave(event, event.key === "Escape");
    }}
  >
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
        @input=${(/** @type {InputEvent} */ event) => type(event, event.isComposing)}
        @compositionend=${type}
        @paste=${(/** @type {ClipboardEvent} */ event) => {
          const pasted = event.clipboardData?.getData("text/plain") ?? "";
          if (!/[\r\n]/.test(pasted)) return;
          // The field itself would join the words of two lines.
          event.preventDefault();
          const field = input(event);
          const { selectionStart, selectionEnd } = field;
          const line = pasted.replace(/\s+/g, " ");
          field.setRangeText(line, selectionStart ?? 0, selectionEnd ?? 0, "end");
          type(event);
        }}
      />
    </span>
    <span class="token-tools" dir="ltr" role="group" aria-label=${words.tokens.edit}>
      ${step(words.tokens.before, "←", left(at))}
      ${tool(words.tokens.split, "|", graphemes(text).length > 1, (event) => {
        const field = input(event);
        const place = halves(field);
        field.setRangeText(" ", place, place, "end");
        act.typeToken(field.value);
        leave(event);
      })}
      ${tool(words.tokens.remove, "×", count > 0, (event) => {
        act.typeToken("");
        leave(event);
      })}
      ${step(words.tokens.after, "→", right(at))}
    </span>
  </li>`;
}

/** @param {Event} event anywhere in the item of the open field */
const item = (event) =>
  /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (event.currentTarget).closest("li"));

/** @param {Event} event */
const input = (event) => /** @type {HTMLInputElement} */ (item(event).querySelector("input"));

/** Whether a key belongs to an input method; WebKit says so only by its code.
 * @param {KeyboardEvent} event */
const composes = (event) => event.isComposing || event.keyCode === 229;

/** @param {string} label @param {string} sign @param {boolean} possible
 * @param {(event: Event) => void} press */
function tool(label, sign, possible, press) {
  return html`<button type="button" aria-label=${label} title=${label} ?disabled=${!possible}
    @pointerdown=${keepsFocus} @mousedown=${keepsFocus} @click=${press}>${sign}</button>`;
}

/** The field would close before the click. @param {Event} event */
const keepsFocus = (event) => event.preventDefault();

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What a reader takes for letters: accents and the parts of an emoji stay together.
 * @param {string} text */
const graphemes = (text) => Array.from(segmenter.segment(text));

/** Where a field's text is to be split: at the cursor, or in the middle where it stands at an end.
 * @param {HTMLInputElement} field */
function halves({ value, selectionStart, selectionEnd }) {
  const at = selectionStart === selectionEnd ? (selectionStart ?? 0) : 0;
  if (at > 0 && at < value.length) return at;
  const letters = graphemes(value);
  return letters[letters.length >> 1].index;
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
