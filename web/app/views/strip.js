// The control strip: heads as live thumbnails, switches, and the way back.
import { html, nothing } from "lit";
import { drawn } from "../parts/matrix.js";
import { complaint, fill } from "../parts/text.js";
import { sizes } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** @param {Model} model */
export function strip(model) {
  const { state, past, refusal, act } = model;
  const { headDim } = sizes(state);
  return html`<div class="strip" role="group" aria-label=${words.strip.label}>
    <span class="heads">
      <span>${words.strip.heads}</span>
      ${Array.from({ length: state.heads }, (_, head) => thumbnail(model, head))}
      <button type="button" class="bare" aria-label=${words.strip.removeHead}
        @click=${() => act.set("heads", ({ heads }) => heads - 1)}>−</button>
      <button type="button" class="bare" aria-label=${words.strip.addHead}
        @click=${() => act.set("heads", ({ heads }) => heads + 1)}>+</button>
    </span>
    ${toggle(model, "positions", words.strip.positions)}
    ${toggle(model, "scale", fill(words.strip.scale, { headDim }))}
    ${toggle(model, "causal", words.strip.causal)}
    <span class="spring"></span>
    <button type="button" class="bare" ?disabled=${past.length === 0} @click=${() => act.undo()}>
      ${words.strip.undo}
    </button>
    <button type="button" class="bare" @click=${() => act.reset()}>${words.strip.reset}</button>
  </div>
  ${refusal ? html`<p class="refusal" role="alert">${complaint(refusal)}</p>` : nothing}`;
}

/** @param {Model} model @param {number} head */
function thumbnail(model, head) {
  const { state, figures, act } = model;
  const weights = figures[`a${head}`];
  return html`<button
    type="button"
    class="thumbnail"
    aria-pressed=${head === state.head}
    aria-label=${fill(words.strip.head, { head })}
    @click=${() => act.set("head", head)}
  >${weights ? drawn(model, weights, "row") : nothing}</button>`;
}

/** @param {Model} model @param {"positions" | "scale" | "causal"} name @param {string} label */
function toggle({ state, act }, name, label) {
  return html`<label class="toggle">
    <span>${label}</span>
    <input
      type="checkbox"
      role="switch"
      name=${name}
      .checked=${state[name]}
      @change=${(/** @type {Event} */ event) =>
        act.set(name, /** @type {HTMLInputElement} */ (event.target).checked)}
    />
  </label>`;
}
