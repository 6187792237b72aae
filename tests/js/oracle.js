// Attention from its definition, in float64, as plainly as can be. Never shipped.

/** One rounding of float32. */
const ROUNDING = 2 ** -24;

/**
 * @typedef {object} Problem
 * @property {{ data: ArrayLike<number>, shape: number[] }} q (batch, heads, q_len, qk_dim)
 * @property {{ data: ArrayLike<number>, shape: number[] }} k (batch, kv_heads, kv_len, qk_dim)
 * @property {{ data: ArrayLike<number>, shape: number[] }} v (batch, kv_heads, kv_len, v_dim)
 * @property {number} [scale]
 * @property {number} [softcap]
 * @property {(batch: number, head: number, query: number, key: number) => number} [mask] what is
 *   added to a logit; -Infinity hides the key
 */

/**
 * The stages of every row with the error that each may have.
 * @param {Problem} problem
 */
export function attend({ q, k, v, scale, softcap = 0, mask = () => 0 }) {
  const [batches, heads, qLen, dim] = q.shape;
  const [, kvHeads, kvLen] = k.shape;
  const vDim = v.shape[3];
  const factor = scale ?? 1 / Math.sqrt(dim);
  const rows = [];
  for (let b = 0; b < batches; b++) {
    for (let h = 0; h < heads; h++) {
      const kvHead = b * kvHeads + Math.floor((h * kvHeads) / heads);
      for (let i = 0; i < qLen; i++) {
        const scores = [];
        const sizes = [];
        const logits = [];
        for (let j = 0; j < kvLen; j++) {
          let sum = 0;
          let size = 0;
          for (let d = 0; d < dim; d++) {
            const term =
              q.data[((b * heads + h) * qLen + i) * dim + d] *
              k.data[(kvHead * kvLen + j) * dim + d];
            sum += term;
            size += Math.abs(term);
          }
          const x = sum * factor;
          const hidden = mask(b, h, i, j);
          scores.push(sum);
          sizes.push(size);
          logits.push(
            hidden === -Infinity
              ? hidden
              : (softcap ? softcap * Math.tanh(x / softcap) : x) + hidden,
          );
        }
        const max = Math.max(...logits);
        const exps = logits.map((x) => (x === -Infinity ? 0 : Math.exp(x - max)));
        const total = exps.reduce((sum, e) => sum + e, 0);
        const weights = exps.map((e) => (total === 0 ? 0 : e / total));
        const output = Array.from({ length: vDim }, (_, d) =>
          weights.reduce((sum, w, j) => sum + w * v.data[(kvHead * kvLen + j) * vDim + d], 0),
        );
        // What four roundings of a score can do to a weight, and thereby to the output.
        const most = Math.max(0, ...sizes) * Math.abs(factor);
        const change = 2e-6 + Math.expm1(8 * ROUNDING * most);
        const largest = (/** @type {number[]} */ xs) => Math.max(0, ...xs.map(Math.abs));
        const values = exps.flatMap((e, j) =>
          e === 0
            ? []
            : Array.from({ length: vDim }, (_, d) => v.data[(kvHead * kvLen + j) * vDim + d]),
        );
        rows.push({
          scores,
          scoreErrors: sizes.map((size) => 4 * ROUNDING * size),
          logits,
          weights,
          weightError: change * largest(weights),
          output,
          outputError: change * largest(values),
        });
      }
    }
  }
  return rows;
}
