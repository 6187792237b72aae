// A matrix's name where it stands: the way into the matrix's menu. A dotted underline means, as
// everywhere, that people can change it.
import { html, nothing } from "lit";
import { words } from "../words.js";
import { opens } from "./popup.js";
import { math } from "./text.js";

/** It stands within its matrix, which must not take a press on it for one on a cell. */
const own = (/** @type {Event} */ event) => event.stopPropagation();

/** @param {import("../model.js").Model} model @param {import("../figures.js").Figure} figure
 * @param {string} where @param {string} [sup] @param {unknown} [note] behind
 * the shape */
export function named(model, figure, where, sup, note = nothing) {
  const { id, name, role, sheet, cell } = figure;
  const shown = html`${math([name[0], name[1], sup ?? name[2]], role)}
    <span class="shape">${sheet.rows}×${sheet.cols}</span>
    <span class="said">${words.take.menu}</span>`;
  return html`<div class="name ${where}" @click=${own} @pointerdown=${own} @pointermove=${own}>
    ${opens(model, id, shown, {
      kind: cell ? "changes" : "",
      clear: ".sheet, .lines",
    })}
    ${note}
  </div>`;
}
