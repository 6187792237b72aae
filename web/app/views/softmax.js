// Step 4: scores become logits, logits become weights.
import { html, nothing } from "lit";
import { softmaxRow } from "../explain/softmax-row.js";
import { fixed, percent, short, typed } from "../format.js";
import { legend } from "../parts/legend.js";
import { matrix } from "../parts/matrix.js";
import { link, text } from "../parts/step.js";
import { fill, math, number, plural, say, seen, token, waiting } from "../parts/text.js";
import { hides, sheet } from "../pipeline.js";
import { largest, rowOf, smallest } from "../rows.js";
import { sizes } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** A smaller change would not show. */
const SHOWS = 0.0005;
/** How low a strip may get, in px. */
const LOWEST = 16;

/** @param {Model} model */
export function softmax(model) {
  const { state, figures, layout } = model;
  const pitch = layout.pitch.s;
  const { l } = figures;
  const a = figures[`a${state.head}`];
  const words4 = words.steps.softmax;
  const root = `√${sizes(state).headDim}`;
  const formula = html`${math(a.name)} = softmax(${math(l.name)}), ${math(l.name)} = ${logits(model)}`;
  const first = say(state.scale ? words4.scaled : words4.unscaled, { root: number(root) });
  const sentences = [
    [first, " ", a.waits ? waiting(state, math(a.name)) : gives(model)],
    ...settings(state),
  ];
  return html`<section class="step wide-text softmax">
    ${text(4, words4.title, sentences, formula, a.waits ? nothing : otherScale(model))}
    <div class="figure stages ${model.slant(pitch.c) ? "slanted" : ""}">
      <div class="lane-s strips">${strips(model)}</div>
      <div class="lane-s">
        ${matrix(model, a.id, { pitch, name: "below", rowWords: true, framed: true })}
        ${legend(model, [a])}
      </div>
    </div>
  </section>`;
}

/** The way from a score to a logit, in short. @param {import("../state.js").State} state */
function scaling(state) {
  const { divided, cap } = words.steps.softmax;
  const by = divisor(state);
  return [
    by === undefined ? "" : fill(divided, { by }),
    state.softcap === null ? "" : fill(cap, { cap: typed(state.softcap) }),
  ]
    .filter(Boolean)
    .join(", ");
}

/** What scores are divided by. @param {import("../state.js").State} state */
function divisor(state) {
  const { scale, temperature } = state;
  const by = [
    ...(scale ? [`√${sizes(state).headDim}`] : []),
    ...(temperature === 1 ? [] : [typed(temperature)]),
  ];
  return by.length > 1 ? `(${by.join(" · ")})` : by[0];
}

/** The mask, in formulas. */
const MASK = () => math(["M"]);

/** What becomes of S on its way to L, as a formula. @param {Model} model */
function logits({ state, figures }) {
  const { softcap } = state;
  const by = divisor(state);
  const scaled = [math(figures.s.name), by === undefined ? "" : ` / ${by}`];
  const capped =
    softcap === null ? scaled : [`${typed(softcap)} tanh(`, scaled, ` / ${typed(softcap)})`];
  return hides(state) ? [capped, " + ", MASK()] : capped;
}

/** What else shapes the logits and hides keys. @param {import("../state.js").State} state */
function settings(state) {
  const { causal, window, padding, temperature, softcap } = state;
  const told = words.steps.softmax;
  const set = (/** @type {number} */ x) => number(typed(x));
  const divides = softcap === null ? told.temperature : told.capped;
  return [
    temperature === 1 ? nothing : say(divides, { temperature: set(temperature) }),
    softcap === null ? nothing : say(told.softcap, { softcap: set(softcap) }),
    causal ? told.causal : nothing,
    window === null ? nothing : say(told.window, { window: set(window) }),
    padding === 0 ? nothing : say(plural(told.padding, padding), { count: set(padding) }),
    hides(state) ? say(told.hides, { m: MASK() }) : nothing,
  ];
}

/** What the scale the other way round makes of the focus row's largest weight. It makes all logits larger,
 * or all smaller; so weights become sharper, or flatter, unless a softcap bends them. @param {Model} model */
function otherScale({ state, figures, tries, act }) {
  const { on, off, same, rises, falls, stays, follows, larger, smaller } = words.steps.softmax;
  const turn = link(state.scale ? off : on, () => act.set("scale", !state.scale));
  if (sizes(state).headDim === 1) return say(same, { link: turn });
  const logits = state.scale ? larger : smaller;
  if (!tries?.weights) {
    const known = state.scale ? logits.sharper : logits.flatter;
    return say(follows, { link: turn, why: state.softcap === null ? known : logits.unknown });
  }
  const { value, at } = largest(figures[`a${state.head}`].sheet, state.focus);
  if (at.length === 0) return nothing;
  const other = rowOf(sheet(tries.weights), state.focus)[at[0]];
  const change = Math.abs(other - value) < SHOWS ? stays : other > value ? rises : falls;
  return say(change, {
    link: turn,
    token: token(state, at[0]),
    share: number(percent(other)),
    why: other > value ? logits.sharper : logits.flatter,
  });
}

/** The focus row, worked out: score, logit, exponential, weight. @param {Model} model */
function strips(model) {
  const { state, figures, layout } = model;
  const { row, total, divided, shifted, strips } = words.steps.softmax;
  const { sum, shift } = softmaxRow(figures.logit.sheet.data);
  const pitch = { c: layout.pitch.s.c, h: Math.max(LOWEST, layout.pitch.s.h) };
  const strip = (/** @type {keyof typeof strips} */ id, how = "", after = "", more = {}) =>
    html`<div class="strip-row">
      <span class="strip-label"><span>${how}</span> ${strips[id]}</span>
      ${matrix(model, id, { pitch, ...more })}
      <span class="strip-sum">${after}</span>
    </div>`;
  /** Where nothing is seen, or nothing is there yet, nothing adds up. */
  const sums = (/** @type {number} */ x) =>
    sum > 0 ? fill(total, { sum: x === 1 ? typed(1) : summed(x, 2) }) : "";
  const exp = shift === 0 ? "" : fill(shifted, { shift: summed(shift, 2) });
  return [
    html`<span class="strip-label row-of">
      ${say(row, { token: html`<b>${token(state, state.focus)}</b>` })}
    </span>`,
    strip("score", "", "", { colWords: true }),
    strip("logit", scaling(state)),
    strip("exponential", exp, sums(sum), { print: summed }),
    strip("weight", sum > 0 ? fill(divided, { by: summed(sum, 2) }) : "", sums(1), {
      framed: true,
    }),
  ];
}

/** Exponentials are sums in the making: two decimals as long as they fit. @param {number} x
 * @param {number} decimals */
function summed(x, decimals) {
  return Math.abs(x) < 99.995 ? fixed(x, decimals) : short(x, decimals);
}

/** @param {Model} model */
function gives({ state, figures }) {
  const { gives, alone, none } = words.steps.softmax;
  const { sheet } = figures[`a${state.head}`];
  const most = largest(sheet, state.focus);
  const least = smallest(sheet, state.focus);
  const focus = token(state, state.focus);
  if (most.seen === 0) return say(none, { focus });
  if (most.seen === 1) return say(alone, { focus, a: seen(state, most.at[0]) });
  return say(gives, {
    focus,
    best: seen(state, most.at[0]),
    most: number(percent(most.value)),
    worst: seen(state, /** @type {number} */ (least.at.at(-1))),
    least: number(percent(least.value)),
  });
}
