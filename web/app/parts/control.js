// Controls of the state's fields: a switch, a number, a choice. Names, limits and kinds come from the
// table in state.js.
import { html } from "lit";
import { live } from "lit/directives/live.js";
import { typed } from "../format.js";
import { fieldOf } from "../saved.js";
import { FIELDS, parseNumber } from "../state.js";
import { decimalSign, words } from "../words.js";
import { scrub, stepOf } from "./scrub.js";

/** @typedef {import("../model.js").Model} Model */

/** @param {Model} model @param {string} name of a field @param {unknown} label */
export function toggle({ state, act }, name, label) {
  return html`<label class="toggle">
    <span>${label}</span>
    <input
      type="checkbox"
      role="switch"
      name=${name}
      .checked=${live(fieldOf(state, name) === true)}
      @change=${(/** @type {Event} */ event) => act.set(name, input(event).checked)}
    />
  </label>`;
}

/** What is being typed into a number's field, which no other change of the page may write over.
 * @type {{ name: string, text: string } | undefined} */
let typing;

/** A number that is typed, stepped or scrubbed; an empty one is off where the field allows it.
 * @param {Model} model @param {string} name of a field @param {unknown} label */
export function numeric({ state, act }, name, label) {
  const { type, optional, min = 0, max = 0, last } = FIELDS[name];
  const whole = type === "integer";
  const value = fieldOf(state, name);
  const inForce = value === null ? words.strip.off : typed(Number(value));
  const text = typing?.name === name ? typing.text : inForce;
  const enter = () => {
    if (typing?.name !== name) return;
    const entered = typing.text.trim();
    typing = undefined;
    const off = optional && (entered === "" || entered === words.strip.off);
    act.read(name, () => (off ? null : parseNumber(entered, decimalSign())));
  };
  const step = (/** @type {number} */ size) => {
    enter();
    act.set(
      name,
      (state) => {
        const next = Number((Number(fieldOf(state, name) ?? min) + size).toFixed(2));
        return Math.min(last?.(state) ?? max, Math.max(min, next));
      },
      name,
    );
  };
  return html`<label class="numeric">
    <span>${label}</span>
    <input
      name=${name}
      inputmode=${whole ? "numeric" : "decimal"}
      autocomplete="off"
      size=${Math.max(1, text.length)}
      .value=${live(text)}
      @focus=${(/** @type {Event} */ event) => input(event).select()}
      @click=${(/** @type {Event} */ event) => {
        // Browsers set the cursor last: on a press on what has the focus, WebKit on any press.
        const field = input(event);
        requestAnimationFrame(() => typing?.name !== name && select(field));
      }}
      @dragstart=${(/** @type {Event} */ event) => event.preventDefault()}
      @pointerdown=${(/** @type {PointerEvent} */ event) => scrub(event, { whole, step })}
      @input=${(/** @type {Event} */ event) => {
        const field = input(event);
        typing = { name, text: field.value };
        field.size = Math.max(1, field.value.length);
      }}
      @blur=${enter}
      @keydown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter") enter();
        else if (event.key === "ArrowUp") step(stepOf(event, whole));
        else if (event.key === "ArrowDown") step(-stepOf(event, whole));
        else if (event.key === "Escape") {
          typing = undefined;
          input(event).value = inForce;
        } else return;
        event.preventDefault();
        // What is typed next takes the number's place, once it is drawn.
        const field = input(event);
        requestAnimationFrame(() => select(field));
      }}
    />
  </label>`;
}

/** To select what has lost the focus would bring it back, and what is typed meanwhile with it.
 * @param {HTMLInputElement} field */
function select(field) {
  if (field === document.activeElement) field.select();
}

/** One of a few, as a plain menu. @param {unknown} label @param {string} name
 * @param {readonly (readonly [value: string, label: string])[]} options @param {string} chosen
 * @param {(value: string) => void} choose */
export function choice(label, name, options, chosen, choose) {
  return html`<label class="choice">
    <span>${label}</span>
    <select name=${name} @change=${(/** @type {Event} */ event) =>
      choose(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${options.map(
        ([value, label]) =>
          html`<option value=${value} .selected=${live(value === chosen)}>${label}</option>`,
      )}
    </select>
  </label>`;
}

/** @param {Event} event */
const input = (event) => /** @type {HTMLInputElement} */ (event.target);
