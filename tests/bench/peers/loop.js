// What one writes first: three loops and Math.exp, in JavaScript, in float32.

/** @typedef {import("../contenders.js").Contender} Contender */

/** @returns {Contender} */
export function openLoop() {
  return {
    version: "",
    attention(problem) {
      const { heads, kvHeads, queries, keys, dim, q, k, v, sees } = problem;
      // Seconds a call would say no more.
      if (problem.flops > 1e8) return [];
      const output = new Float32Array(q.length);
      const weights = new Float32Array(keys);
      const scale = 1 / Math.sqrt(dim);
      const run = () => {
        for (let row = 0; row < heads * queries; row++) {
          const first = Math.floor((Math.floor(row / queries) * kvHeads) / heads) * keys;
          let most = -Infinity;
          for (let key = 0; key < keys; key++) {
            let sum = 0;
            for (let i = 0; i < dim; i++) sum += q[row * dim + i] * k[(first + key) * dim + i];
            weights[key] = sees === null || sees(row % queries, key) ? sum * scale : -Infinity;
            most = Math.max(most, weights[key]);
          }
          let sum = 0;
          for (let key = 0; key < keys; key++) {
            weights[key] = Math.exp(weights[key] - most);
            sum += weights[key];
          }
          const to = output.subarray(row * dim, (row + 1) * dim).fill(0);
          for (let key = 0; key < keys; key++) {
            const weight = weights[key] / sum;
            for (let i = 0; i < dim; i++) to[i] += weight * v[(first + key) * dim + i];
          }
        }
      };
      return [{ run, output: () => output }];
    },
  };
}
