// The inspector's word on W_Qᵀ used on purpose: which two numbers had to be equal, what PyTorch says
// about it, why, and the way out.
import { html } from "lit";
import { sizes } from "../state.js";
import { words } from "../words.js";
import { fill, math, number, say } from "./text.js";

/** @param {import("../model.js").Model} model */
export function mistake({ state, figures, act }) {
  const { tokens, dModel, headDim } = sizes(state);
  const x = math(figures.x.name);
  const wq = math(figures.wq.name, "q");
  const w = words.mistake;
  const shapes = { x: `${tokens}×${dModel}`, wq: `${headDim}×${dModel}` };
  const error = `RuntimeError: mat1 and mat2 shapes cannot be multiplied (${tokens}x${dModel} and ${headDim}x${dModel})`;
  return html`<div class="reading-top">
      <p class="step-of">${w.step}</p>
      <p class="step-of none">${w.none}</p>
      <p class="named">${x} · ${wq}</p>
      <p class="value">${dModel} ≠ ${headDim}</p>
    </div>
    <div class="detail">
      <table class="way">
        <tbody>
          <tr><th scope="row">${say(w.columns, { x, shape: shapes.x })}</th><td>${dModel}</td></tr>
          <tr><th scope="row">${say(w.rows, { wq, shape: shapes.wq })}</th><td>${headDim}</td></tr>
        </tbody>
      </table>
      <p class="part">${w.stops}</p>
      <pre class="error">${error}</pre>
      <p>${say(w.why, { product: html`${x} · ${math(["W"])}`, out: number(shapes.wq), in: number(`${dModel}×${headDim}`) })}</p>
      <button type="button" class="mend" @click=${() => act.set("transposed", false)}>
        ${say(w.mend, { wq: math(["W", "Q"]), shape: fill("{in}", { in: `${dModel}×${headDim}` }) })}
      </button>
    </div>`;
}
