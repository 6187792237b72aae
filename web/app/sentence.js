// Transitions that edit the sentence token by token. The focus stays with its token.

import { isInvented, LIMITS, setTokens, tokensOf } from "./state.js";
import { invent, segment } from "./tokens.js";

/** @typedef {import("./state.js").State} State */

/** Puts a text, of as many tokens as it splits into, in the place of `count` tokens.
 * @param {State} state @param {number} at @param {number} count @param {string} text
 * @returns {State} */
export function replaceTokens(state, at, count, text) {
  const fresh = tokensOf(text, segment);
  const { tokens, focus } = state;
  if (fresh.length === count && fresh.every((word, i) => word === tokens[at + i])) return state;
  const next = tokens.toSpliced(at, count, ...fresh);
  if (focus < at) return setTokens(state, next, focus);
  if (focus >= at + count) return setTokens(state, next, focus + fresh.length - count);
  return setTokens(state, next, Math.min(focus, at + Math.max(0, fresh.length - 1)));
}

/** @param {State} state @param {number} from @param {number} to its place afterwards
 * @returns {State} */
export function moveToken(state, from, to) {
  const { tokens, focus } = state;
  const place = Math.max(0, Math.min(to, tokens.length - 1));
  if (place === from) return state;
  const next = tokens.toSpliced(from, 1).toSpliced(place, 0, tokens[from]);
  const passed = focus > from && focus <= place ? -1 : focus < from && focus >= place ? 1 : 0;
  return setTokens(state, next, focus === from ? place : focus + passed);
}

/** Gives a word the vector that was made from its letters, so that it is its own from now on.
 * @param {State} state @param {string} word @returns {State} */
export function adopt(state, word) {
  if (!isInvented(state, word)) return state;
  return { ...state, vectors: { ...state.vectors, [word]: invent(word, LIMITS.dim) } };
}
