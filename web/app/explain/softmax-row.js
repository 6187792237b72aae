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
  const largest = Array.from(logits)
    .filter(isSeen)
    .reduce((a, b) => Math.max(a, b), -Infinity);
  const shift = Number.isFinite(largest) && Math.abs(largest) > READABLE ? largest : 0;
  const exps = Float64Array.from(logits, (x) => (isSeen(x) ? Math.exp(x - shift) : Number.NaN));
  return { exps, sum: exps.filter(isSeen).reduce((a, b) => a + b, 0), shift };
}
