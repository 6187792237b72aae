// Step 4: scores become logits, logits become weights.
import { html, nothing } from "lit";
import { percent } from "../format.js";
import { legend } from "../parts/legend.js";
import { matrix } from "../parts/matrix.js";
import { link, text } from "../parts/step.js";
import { math, number, say, token } from "../parts/text.js";
import { sheet } from "../pipeline.js";
import { largest, rowOf, smallest } from "../rows.js";
import { sizes } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** A smaller change would not show. */
const LEAST = 0.0005;

/** @param {Model} model */
export function softmax(model) {
  const { state, figures, layout } = model;
  const pitch = layout.pitch.s;
  const { l, s } = figures;
  const a = figures[`a${state.head}`];
  const words4 = words.steps.softmax;
  const root = `√${sizes(state).headDim}`;
  const scaled = state.scale ? [math(s.name), ` / ${root}`] : math(s.name);
  const formula = html`${math(a.name)} = softmax(${math(l.name)}), ${math(l.name)} = ${scaled}`;
  const first = say(state.scale ? words4.scaled : words4.unscaled, { root: number(root) });
  const sentences = [
    [first, " ", a.waits ? nothing : gives(model)],
    ...(state.causal ? [words4.causal] : []),
  ];
  const row = /** @type {const} */ ({ pitch, name: "below", rowWords: true, colWords: true });
  return html`<section class="step wide-text">
    ${text(4, words4.title, sentences, formula, a.waits ? nothing : otherScale(model))}
    <div class="figure stages ${model.slant(pitch.c) ? "slanted" : ""}">
      <div class="lane-s">
        ${matrix(model, "l", { ...row, note: html`<span class="shape">= ${scaled}</span>` })}
        ${legend(model, [l])}
      </div>
      <div class="lane-s">
        ${matrix(model, a.id, { ...row, framed: true })} ${legend(model, [a])}
      </div>
    </div>
  </section>`;
}

/** What the scale the other way round makes of the focus row's largest weight. @param {Model} model */
function otherScale({ state, figures, tries, act }) {
  const { on, off, rises, falls, stays, sharper, flatter } = words.steps.softmax;
  const turn = link(state.scale ? off : on, () => act.set("scale", !state.scale));
  if (!tries?.weights) return say(state.scale ? sharper : flatter, { link: turn });
  const { value, at } = largest(figures[`a${state.head}`].sheet, state.focus);
  const other = rowOf(sheet(tries.weights), state.focus)[at[0]];
  const change = Math.abs(other - value) < LEAST ? stays : other > value ? rises : falls;
  return say(change, {
    link: turn,
    token: token(state, at[0]),
    share: number(percent(other, 1)),
  });
}

/** @param {Model} model */
function gives({ state, figures }) {
  const { gives, alone } = words.steps.softmax;
  const { sheet } = figures[`a${state.head}`];
  const most = largest(sheet, state.focus);
  const least = smallest(sheet, state.focus);
  const focus = token(state, state.focus);
  if (most.seen === 1) return say(alone, { focus });
  return say(gives, {
    focus,
    best: token(state, most.at[0]),
    most: number(percent(most.value, 1)),
    worst: token(state, /** @type {number} */ (least.at.at(-1))),
    least: number(percent(least.value, 1)),
  });
}
