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
        const output = new Array(vDim).fill(0);
        let largestValue = 0;
        for (const [j, weight] of weights.entries()) {
          if (exps[j] === 0) continue;
          for (let d = 0; d < vDim; d++) {
            const value = v.data[(kvHead * kvLen + j) * vDim + d];
            output[d] += weight * value;
            largestValue = Math.max(largestValue, Math.abs(value));
          }
        }
        // What four roundings of a score can do to a weight, and thereby to the output.
        const most = Math.max(0, ...sizes) * Math.abs(factor);
        const change = 2e-6 + Math.expm1(8 * ROUNDING * most);
        rows.push({
          scores,
          scoreErrors: sizes.map((size) => 4 * ROUNDING * size),
          logits,
          weights,
          weightError: change * Math.max(0, ...weights),
          output,
          outputError: change * largestValue,
        });
      }
    }
  }
  return rows;
}

/**
 * The gradients of Σ dOutput · attention(q, k, v) in float64, each with the sum of the magnitudes
 * that it is a sum of: what its error is measured by.
 * @param {Problem} problem
 * @param {ArrayLike<number>} dOutput (batch, heads, q_len, v_dim)
 */
export function gradients(problem, dOutput) {
  const { q, k, v, scale, softcap = 0 } = problem;
  const [, heads, qLen, dim] = q.shape;
  const [, kvHeads, kvLen] = k.shape;
  const vDim = v.shape[3];
  const factor = scale ?? 1 / Math.sqrt(dim);
  const [dq, dk, dv] = [q, k, v].map(({ data }) => ({
    value: new Float64Array(data.length),
    size: new Float64Array(data.length),
  }));
  const add = (/** @type {typeof dq} */ to, /** @type {number} */ at, a = 0, size = 0, b = 0) => {
    to.value[at] += a * b;
    to.size[at] += size * Math.abs(b);
  };
  for (const [row, { scores, weights, output }] of attend(problem).entries()) {
    const head = Math.floor(row / qLen);
    const kvHead =
      Math.floor(head / heads) * kvHeads + Math.floor(((head % heads) * kvHeads) / heads);
    const d = output.map((_, c) => dOutput[row * vDim + c]);
    const dot = (/** @type {number[]} */ x) => x.reduce((sum, value, c) => sum + value * d[c], 0);
    const sizes = (/** @type {number[]} */ x) => x.reduce((s, y, c) => s + Math.abs(y * d[c]), 0);
    for (const [j, p] of weights.entries()) {
      if (p === 0) continue;
      const key = kvHead * kvLen + j;
      const value = output.map((_, c) => v.data[key * vDim + c]);
      const slope = softcap ? 1 - Math.tanh((scores[j] * factor) / softcap) ** 2 : 1;
      const ds = factor * slope * p * (dot(value) - dot(output));
      const size = Math.abs(factor) * p * (sizes(value) + sizes(output));
      for (let c = 0; c < vDim; c++) add(dv, key * vDim + c, p, p, d[c]);
      for (let c = 0; c < dim; c++) {
        add(dq, row * dim + c, ds, size, k.data[key * dim + c]);
        add(dk, key * dim + c, ds, size, q.data[row * dim + c]);
      }
    }
  }
  return { q: dq, k: dk, v: dv };
}
