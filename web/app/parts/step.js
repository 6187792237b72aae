// The text of a step: number, title, sentences in the words of what is on the page, formula, and
// something to try.
import { html, nothing } from "lit";

/** @param {number | undefined} step @param {string} title @param {unknown[]} sentences
 * @param {unknown} [formula] @param {unknown} [suggestion] a sentence with a link that does what it says */
export function text(step, title, sentences, formula = nothing, suggestion = nothing) {
  const ordinal = step === undefined ? nothing : html`<span class="ordinal">${step}</span> `;
  const paragraph = (/** @type {unknown} */ sentence) => html`<p>${sentence}</p>`;
  return html`<div class="rail story-${step ?? "end"}">
    <h2>${ordinal}${title}</h2>
    ${sentences.filter((sentence) => sentence !== nothing).map(paragraph)}
    ${formula === nothing ? nothing : html`<p class="formula">${formula}</p>`}
    ${suggestion === nothing ? nothing : html`<p class="suggestion">${suggestion}</p>`}
  </div>`;
}

/** @param {unknown} text @param {() => void} press */
export function link(text, press) {
  return html`<button type="button" class="try" @click=${press}>${text}</button>`;
}
