// A matrix's name where it stands: the way into the matrix's menu. A dotted underline means, as
// everywhere, that people can change it.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
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
  const [letter, sub, above = name[2]] = [name[0], name[1], sup];
  const { rows, cols } = sheet;
  const kind = cell ? "changes" : "";
  const button = guard([id, letter, sub, above, rows, cols, kind, words], () => {
    const shown = html`${math([letter, sub, above], role)}
      <span class="shape">${rows}×${cols}</span>
      <span class="said">${words.take.menu}</span>`;
    return opens(model, id, shown, { kind, clear: ".sheet, .lines" });
  });
  return html`<div class="name ${where}" @click=${own} @pointerdown=${own} @pointermove=${own}>
    ${button} ${note}
  </div>`;
}
