// The text of a step: number, title, sentences in the words of what is on the page, formula.
import { html, nothing } from "lit";

/** @param {number} step @param {string} title @param {unknown[]} sentences @param {unknown} [formula] */
export function text(step, title, sentences, formula = nothing) {
  return html`<div class="rail">
    <h2><span class="ordinal">${step}</span> ${title}</h2>
    ${sentences.filter((sentence) => sentence !== nothing).map((sentence) => html`<p>${sentence}</p>`)}
    ${formula === nothing ? nothing : html`<p class="formula">${formula}</p>`}
  </div>`;
}
