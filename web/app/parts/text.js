// Sentences with live parts: tokens in serif, numbers in ink, formula letters in italics.
import { html, nothing } from "lit";
import { grouped } from "../format.js";
import { meets } from "../pipeline.js";
import { visible } from "../tokens.js";
import { language, words } from "../words.js";

/** @typedef {unknown} Piece what a template takes: text, a template, nothing, or a list of them */

/** A sentence of the words table with templates for its {names}.
 * @param {string} text @param {Record<string, Piece>} [parts] @returns {Piece[]} */
export function say(text, parts = {}) {
  return piecesOf(text).map((piece, i) => (i % 2 ? parts[piece] : piece));
}

/** Sentences taken to pieces already: there are only so many. @type {Map<string, string[]>} */
const known = new Map();

/** Text and names in turn. @param {string} text of the words table */
function piecesOf(text) {
  const pieces = known.get(text) ?? text.split(/\{(\w+)\}/);
  known.set(text, pieces);
  return pieces;
}

/** The same where only plain text can stand. @param {string} text
 * @param {Record<string, string | number>} [facts] */
export function fill(text, facts = {}) {
  return say(text, facts).join("");
}

/** A token as it can be seen, cut where it is long. @param {string} token @param {number} [most] letters */
export function clip(token, most = 12) {
  const word = visible(token);
  if (word.length <= most) return word;
  const letters = [...word];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : word;
}

/** A token in a sentence, a mark by its name. @param {import("../state.js").State} state
 * @param {number} i */
export function token(state, i) {
  const word = state.tokens[i];
  const mark = words.marks[/** @type {keyof typeof words.marks} */ (word)];
  return Object.hasOwn(words.marks, word) ? html`${mark}${place(state, i)}` : bare(state, i);
}

/** What the focus token looks at, which may be itself. @param {import("../state.js").State} state
 * @param {number} i */
export function seen(state, i) {
  return i === state.focus ? words.lead.itself : token(state, i);
}

/** A token as it is; isolated, since it may run from right to left.
 * @param {import("../state.js").State} state @param {number} i */
export function bare(state, i) {
  return html`<bdi class="token">${clip(state.tokens[i], 24)}</bdi>${place(state, i)}`;
}

/** Where a word stands more than once, its place tells which is meant.
 * @param {import("../state.js").State} state @param {number} i */
function place({ tokens }, i) {
  const word = tokens[i];
  return tokens.indexOf(word) === tokens.lastIndexOf(word) ? nothing : html`<sub>${i}</sub>`;
}

/** @param {Piece} text */
export function number(text) {
  return html`<span class="number">${text}</span>`;
}

/** "3 numbers". @param {number} n */
export function numbers(n) {
  return say(plural(words.numbers.count, n), { count: number(n) });
}

/** @typedef {{ one: string, other: string }} Plural a text of the words table that depends on a count */

/** @type {Map<string, Intl.PluralRules>} */
const rules = new Map();

/** The form that a language has for a count. @param {Plural} forms @param {number} count */
export function plural(forms, count) {
  const rule = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, rule);
  return rule.select(count) === "one" ? forms.one : forms.other;
}

/** A matrix's name in a formula. @param {import("../figures.js").Figure["name"]} name
 * @param {import("../figures.js").Role} [role] */
export function math([letter, sub, sup], role = "") {
  const small = [sub ? html`<sub>${sub}</sub>` : nothing, sup ? html`<sup>${sup}</sup>` : nothing];
  return letter.length > 1
    ? html`<span class="plain">${letter}</span>`
    : html`<span class="math ${role}"><var>${letter}</var>${small}</span>`;
}

/** What a number is missing for: the queries that W_Qᵀ does not give, or time.
 * @param {import("../state.js").State} state */
export function waitsFor(state) {
  return meets(state) ? words.waits.time : say(words.waits.for, { q: math(["Q"], "q") });
}

/** The same as a sentence about what waits. @param {import("../state.js").State} state
 * @param {Piece[]} names */
export function waiting(state, ...names) {
  const { computed, single, both } = words.waits;
  const [a, b] = names;
  const parts = { a, b, q: math(["Q"], "q") };
  return meets(state) ? computed : say(b === undefined ? single : both, parts);
}

/** Items with commas between them. @template T
 * @param {T[]} items @returns {(T | string)[]} */
export function list(items) {
  return items.flatMap((item, i) => (i === 0 ? [item] : [", ", item]));
}

/** Why something was refused, as a sentence. @param {import("../state.js").Refusal} refusal */
export function complaint({ reason, facts }) {
  const found = words.refusals[/** @type {keyof typeof words.refusals} */ (reason)];
  const text = typeof found === "string" ? found : plural(found, Number(facts.count));
  const shown = Object.entries(facts).map(([name, fact]) => [
    name,
    typeof fact === "number" ? grouped(fact) : clip(fact, 24),
  ]);
  const field = words.fields[/** @type {keyof typeof words.fields} */ (facts.name)] ?? "";
  return fill(text, { ...Object.fromEntries(shown), field });
}
