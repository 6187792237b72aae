// One row of a softmax as a person works it out: each logit's exponential, and their sum.
import { isSeen } from "../rows.js";

/** Exponentials of logits beyond this are not numbers that anybody reads, and at last none at all. */
const READABLE = 80;

/**
 * @param {ArrayLike<number>} logits of one query; −Infinity or NaN where a mask hides the key
 * @returns {{ exps: Float64Array, sum: number, shift: number }} exps: exp(logit − shift), NaN where
 *   hidden. Weights are exps ÷ sum, whatever the shift: 0, or the largest logit where that is needed.
 */
export function softmaxRow(logits) {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i] > largest) largest = logits[i];
  const shift = Number.isFinite(largest) && Math.abs(largest) > READABLE ? largest : 0;
  const exps = new Float64Array(logits.length).fill(Number.NaN);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    if (!isSeen(logits[i])) continue;
    exps[i] = Math.exp(logits[i] - shift);
    sum += exps[i];
  }
  return { exps, sum, shift };
}
