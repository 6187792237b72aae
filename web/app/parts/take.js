// Buttons that take something along: one per format.
import { html } from "lit";
import { formatsOf, save } from "../exports/formats.js";
import { Refusal } from "../state.js";
import { words } from "../words.js";
import { closePopup } from "./popup.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../exports/formats.js").Subject} Subject */

/** @param {Model} model @param {unknown} label @param {Subject} subject @param {boolean} [waits] */
export function take({ act }, label, subject, waits = false) {
  const press = async (/** @type {import("../exports/formats.js").Format} */ format) => {
    closePopup();
    try {
      await save(subject, format);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      act.refuse(error);
    }
  };
  return html`<div class="row" role="group" aria-label=${label}>
    <span class="what">${label}</span>
    ${formatsOf(subject).map(
      (format) => html`<button
        type="button"
        data-file="${subject.file}.${format.extension}"
        ?disabled=${waits}
        title=${waits ? words.take.waits : ""}
        @click=${() => press(format)}
      >${format.name}</button>`,
    )}
  </div>`;
}
