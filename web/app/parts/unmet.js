// What stands in step 2 where X and W_Qᵀ do not meet: slots for the rows or columns that are missing, and
// in the place of the queries why there are none.
import { html, nothing } from "lit";
import { meets } from "../pipeline.js";
import { sizes } from "../state.js";
import { words } from "../words.js";
import { properties } from "./directives.js";
import { fill, number } from "./text.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../state.js").State} State */

/** How many columns of X, or rows of W_Qᵀ, have no partner. @param {State} state
 * @returns {{ columns: number, rows: number }} */
export function unpaired(state) {
  const { dModel, headDim } = sizes(state);
  const extra = meets(state) ? 0 : dModel - headDim;
  return { columns: Math.max(0, extra), rows: Math.max(0, -extra) };
}

/** Which columns or rows have no partner, as a clause. @param {State} state */
export function partner(state) {
  const { columns, rows } = unpaired(state);
  const w = words.mistake;
  const count = columns || rows;
  if (count > 1) return fill(columns ? w.lastColumns : w.lastRows, { count });
  return fill(columns ? w.column : w.row, { nth: nth(state) ?? w.last });
}

/** The ordinal of the only one without a partner. @param {State} state */
function nth(state) {
  const { dModel, headDim } = sizes(state);
  return words.mistake.nth[Math.max(dModel, headDim) - 1];
}

/** @param {State} state */
function missing(state) {
  const { columns, rows } = unpaired(state);
  const { without, noRow, noColumn, noSuch } = words.mistake;
  const count = columns || rows;
  if (count > 1) return fill(without, { count });
  const one = nth(state);
  return one ? fill(columns ? noRow : noColumn, { nth: one }) : noSuch;
}

/** Below W_Qᵀ. @param {Model} model */
export function rowSlot({ state }) {
  return unpaired(state).columns ? html`<p class="unmet row-slot">${missing(state)}</p>` : nothing;
}

/** Beside X. @param {Model} model */
export function columnSlot({ state }) {
  return unpaired(state).rows
    ? html`<p class="unmet column-slot"><span>${missing(state)}</span></p>`
    : nothing;
}

/** @param {Model} model */
export function noResult({ state, layout, act }) {
  const { tokens, dModel, headDim } = sizes(state);
  const { h } = layout.pitch.q;
  const focus = () => act.enter("q");
  return html`<div
    class="unmet no-result"
    data-figure="q"
    tabindex="0"
    role="group"
    aria-label=${words.mistake.none}
    ${properties({ "--h": `${h}px`, "--row-count": tokens })}
    @focus=${focus}
    @pointerenter=${focus}
    @blur=${() => act.leave("q")}
    @pointerleave=${() => act.leave("q")}
  >
    <b>${words.mistake.none}</b>
    <span>${number(`${tokens}×${dModel} · ${headDim}×${dModel}`)}</span>
    <span>${number(`${dModel} ≠ ${headDim}`)}</span>
  </div>`;
}
