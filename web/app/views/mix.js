// Step 5: the weights mix the values.
import { html, nothing } from "lit";
import { percent, vector, worked } from "../format.js";
import { legend } from "../parts/legend.js";
import { matrix } from "../parts/matrix.js";
import { link, text } from "../parts/step.js";
import { list, seen as looksAt, math, number, say, token, waiting } from "../parts/text.js";
import { largest, rowOf } from "../rows.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** A sentence names this many shares, largest first. */
const NAMED = 3;
/** Only so many tokens are looked at for one that differs. */
const FIRST = 64;
/** Less would read 0.0%. */
const LEAST = 0.0005;
/** What the name of a matrix takes with its shape, in px. */
const NAME = 56;

/** @param {Model} model */
export function mix(model) {
  const { state, figures, layout } = model;
  const pitch = layout.pitch.s;
  const a = figures[`a${state.head}`];
  const o = figures[`o${state.head}`];
  const { v } = figures;
  // On a phone the arcs themselves lead from A's columns to their words.
  const colWords = layout.mode !== "phone";
  const narrow = layout.pitch.v.c * v.sheet.cols < NAME;
  const formula = [math(o.name), " = ", math(a.name), " ", math(v.name, "v")];
  return html`<section class="step wide-text mix">
    ${text(5, words.steps.mix.title, [sentence(model, a, o)], formula, another(model, a, o))}
    <div class="figure product hinged ${colWords && model.slant(pitch.c) ? "slanted" : ""} ${narrow ? "narrow" : ""}">
      <svg class="hinge" aria-hidden="true"></svg>
      <svg class="guides" aria-hidden="true"></svg>
      <div class="lane-v upper">
        ${matrix(model, "v", { pitch: layout.pitch.v, name: "above", bracket: true })}
      </div>
      <div class="lane-s lower">
        ${matrix(model, a.id, { pitch, name: "corner", rowWords: true, colWords, framed: true })}
        ${legend(model, [a], math(a.name))}
        <div class="second">${legend(model, [v, o], [math(v.name), ", ", math(o.name)])}</div>
      </div>
      <div class="lane-v lower">
        ${matrix(model, o.id, { pitch: layout.pitch.v, name: "below", framed: true })}
      </div>
    </div>
  </section>`;
}

/** @param {Model} model @param {import("../figures.js").Figure} a @param {import("../figures.js").Figure} o */
function sentence({ state }, a, o) {
  const { rule, none, alone, lead, share, rest } = words.steps.mix;
  if (o.waits) return [rule, " ", waiting(state, math(a.name), math(o.name))];
  const weights = rowOf(a.sheet, state.focus);
  const seen = Array.from(weights.keys())
    .filter((i) => !Number.isNaN(weights[i]))
    .sort((i, j) => weights[j] - weights[i]);
  const parts = {
    focus: token(state, state.focus),
    vector: number(vector(rowOf(o.sheet, state.focus), worked)),
  };
  if (seen.length === 0) return say(none, parts);
  if (seen.length === 1) return say(alone, { ...parts, a: looksAt(state, seen[0]) });
  const named = seen.filter((i, order) => order < NAMED && weights[i] >= LEAST);
  const shares = named.map((i) =>
    say(share, { share: number(percent(weights[i])), token: token(state, i) }),
  );
  const left = named.reduce((sum, i) => sum - weights[i], 1);
  if (left >= LEAST) shares.push([rest]);
  return say(lead, { ...parts, count: seen.length, shares: list(shares).flat() });
}

/** Another token to look from. @param {Model} model
 * @param {import("../figures.js").Figure} a @param {import("../figures.js").Figure} o */
function another({ state, act }, a, o) {
  const i = o.waits ? undefined : contrast(state, a.sheet);
  if (i === undefined) return nothing;
  const { from, flatter, sharper, alike } = words.steps.mix;
  const change = largest(a.sheet, i).value - largest(a.sheet, state.focus).value;
  return say(Math.abs(change) < LEAST ? alike : change < 0 ? flatter : sharper, {
    link: link(say(from, { token: token(state, i) }), () => act.set("focus", i)),
    vector: number(vector(rowOf(o.sheet, i), worked)),
  });
}

/** The word, among the first ones, whose largest weight differs most from the focus token's.
 * @param {import("../state.js").State} state @param {import("../pipeline.js").Sheet} sheet */
function contrast({ tokens, focus }, sheet) {
  const most = tokens.slice(0, FIRST).map((_, i) => largest(sheet, i).value);
  const here = largest(sheet, focus).value;
  const differs = (/** @type {number} */ i) => Math.abs(most[i] - here);
  return [...most.keys()]
    .filter((i) => tokens[i] !== tokens[focus] && !Object.hasOwn(words.marks, tokens[i]))
    .filter((i) => !Number.isNaN(differs(i)))
    .sort((i, j) => differs(j) - differs(i))
    .at(0);
}
