// Step 3: every query meets every key.
import { html, nothing } from "lit";
import { vector, worked } from "../format.js";
import { ordered, orders } from "../notebook.js";
import { legend } from "../parts/legend.js";
import { matrix } from "../parts/matrix.js";
import { link, text } from "../parts/step.js";
import { list, math, number, plural, say, token, waiting } from "../parts/text.js";
import { largest, rowOf } from "../rows.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** Sums of the same terms in another order may differ by less. */
const SAME = 5e-5;
/** Longer sums are not written out in a sentence. */
const TERMS = 3;

/** @param {Model} model */
export function scores(model) {
  const { q, kt, s } = model.figures;
  const { layout } = model;
  const pitch = layout.pitch.s;
  const formula = [math(s.name), " = ", math(q.name, "q"), " ", math(kt.name, "k")];
  return html`<section class="step wide-text scores">
    ${text(3, words.steps.scores.title, [sentence(model)], formula, order(model))}
    <div class="figure product ${model.slant(pitch.c) ? "slanted" : ""} ${pitch.c < 28 ? "dense" : ""}">
      <svg class="guides" aria-hidden="true"></svg>
      <div class="lane-s upper">
        ${matrix(model, "kt", { pitch: layout.pitch.kt, name: "right", bracket: true, colWords: true })}
        <span class="axis to">${words.axes.to}</span>
      </div>
      <div class="lane-q lower">
        ${matrix(model, "q", { pitch: layout.pitch.v, name: "above", bracket: true, rowWords: true })}
        <span class="axis from">${words.axes.from}</span>
      </div>
      <div class="lane-s lower">
        ${matrix(model, "s", { pitch, name: "below" })} ${legend(model, [s])}
      </div>
    </div>
  </section>`;
}

/** @param {Model} model */
function sentence({ state, figures }) {
  const { lead, shared, others } = words.steps.scores;
  const { k, kt } = figures;
  const rule = say(words.steps.scores.rule, { k: math(k.name, "k"), kt: math(kt.name, "k") });
  if (figures.s.waits) return [rule, " ", waiting(state, math(figures.s.name))];
  const { focus } = state;
  const best = largest(figures.s.sheet, focus);
  const [first, ...rest] = best.at;
  const key = rowOf(k.sheet, first);
  const products = Array.from(
    rowOf(figures.q.sheet, focus),
    (x, i) => `${worked(x)} × ${worked(key[i])}`,
  );
  const terms = products.length <= TERMS ? `${products.join(" + ")} = ` : "";
  const parts = {
    focus: token(state, focus),
    best: token(state, first),
    sum: number(`${terms}${worked(best.value)}`),
  };
  if (rest.length === 0) return [rule, " ", say(lead, parts)];
  const named =
    rest.length <= 3
      ? list(rest.map((i) => token(state, i)))
      : say(plural(others, rest.length), { count: rest.length });
  return [rule, " ", say(shared, { ...parts, others: named.flat() })];
}

/** Two sentences of the same words, and what becomes of one word in both. @param {Model} model */
function order({ figures, tries, act }) {
  if (!tries || figures.s.waits) return nothing;
  const { order, keeps, differs } = words.steps.scores;
  const [a, b] = orders.map((text) =>
    link(html`<bdi class="token">${text}</bdi>`, () => act.text(text)),
  );
  const [first, second] = tries.orders;
  const same = first.every((x, i) => Math.abs(x - second[i]) < SAME);
  const told = (/** @type {Float32Array} */ xs) => number(vector(xs, worked));
  const parts = { word: html`<bdi class="token">${ordered}</bdi>`, vector: told(first) };
  return [
    say(order, { a, b }),
    " ",
    same ? say(keeps, parts) : say(differs, { ...parts, first: told(first), second: told(second) }),
  ];
}
