// How exact each build is, against the float64 oracle: asserts the bounds, and prints what was found
// (the README's figures).
import assert from "node:assert/strict";
import { test } from "node:test";
import { attend } from "./oracle.js";
import { generator, hl, randomTensor } from "./setup.js";

const ROUNDING = 2 ** -24;

/** @param {ArrayLike<number>} numbers */
const largest = (numbers) =>
  Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

for (const sign of ["both signs", "positive"]) {
  for (const [dim, queries] of [1, 8, 16, 24, 64, 128].flatMap((dim) => [
    [dim, 48],
    [dim, 4],
  ])) {
    test(`attention, ${queries} queries, dimension ${dim}, ${sign}`, (t) => {
      const random = generator(dim);
      const tensors = [queries, 512, 512].map((len) => randomTensor(random, 1, 2, len, dim));
      if (sign === "positive") {
        for (const { data } of tensors) data.set(data.map(Math.abs));
      }
      const [q, k, v] = tensors;
      const result = hl.attention(q, k, v, { returns: ["scores", "weights"] });
      const { output, scores, weights } = /** @type {Required<typeof result>} */ (result);
      const worst = { score: 0, weight: 0, output: 0, sum: 0 };
      attend({ q, k, v }).forEach((row, r) => {
        const keys = row.scores.length;
        const own = weights.data.subarray(r * keys, (r + 1) * keys);
        const off = (/** @type {ArrayLike<number>} */ a, /** @type {number[]} */ b) =>
          largest(b.map((x, i) => a[i] - x));
        row.scores.forEach((score, j) => {
          const error = Math.abs(scores.data[r * keys + j] - score);
          assert.ok(error <= row.scoreErrors[j], `score ${r}, ${j}`);
          worst.score = Math.max(worst.score, error / (row.scoreErrors[j] / 4));
        });
        const weightError = off(own, row.weights);
        assert.ok(weightError <= row.weightError, `weights ${r}`);
        worst.weight = Math.max(worst.weight, weightError / largest(row.weights));
        const out = output.data.subarray(r * dim, (r + 1) * dim);
        const outputError = off(out, row.output);
        assert.ok(outputError <= row.outputError, `output ${r}`);
        worst.output = Math.max(worst.output, outputError / largest(v.data));
        const sum = own.reduce((total, weight) => total + weight, 0);
        assert.ok(Math.abs(sum - 1) <= 1e-6, `weights ${r} sum to ${sum}`);
        worst.sum = Math.max(worst.sum, Math.abs(sum - 1));
      });
      t.diagnostic(
        `scores ${worst.score.toFixed(2)} roundings of Σ|q·k|, weights ${worst.weight.toExponential(1)} of the row's largest, ` +
          `output ${worst.output.toExponential(1)} of the largest value, sums 1 ± ${worst.sum.toExponential(1)}`,
      );
    });
  }
}

test("exp, by way of a softmax of two", (t) => {
  const count = 40000;
  const x = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? (-87 * i) / 2 / count : 0));
  const { data } = hl.softmax({ data: x, shape: [count, 2] });
  let worst = 0;
  for (let i = 0; i < count; i++) {
    const at = x[2 * i + 1];
    const exact = Math.exp(at) / (1 + Math.exp(at));
    const error = Math.abs(data[2 * i + 1] - exact);
    // exp's own, and a rounding each of the sum, its inverse and their product.
    const bound = 1.2e-7 - 7.5e-8 * at + 3 * ROUNDING;
    assert.ok(error <= bound * exact, `off by ${error / exact} at ${at}`);
    worst = Math.max(worst, error);
  }
  t.diagnostic(`softmax of two is off by ${worst.toExponential(1)} at most`);
});

test("weights of long rows", (t) => {
  const random = generator(9);
  let worst = 0;
  for (const spread of [0, 0.01, 1, 20]) {
    const k = {
      data: Float32Array.from({ length: 65536 }, () => random() * spread),
      shape: [65536, 1],
    };
    const { weights } = hl.attention([[1], [-1]], k, k, { returns: ["weights"] });
    for (const row of [0, 65536]) {
      const sum = weights?.data.subarray(row, row + 65536).reduce((total, w) => total + w, 0) ?? 0;
      worst = Math.max(worst, Math.abs(sum - 1));
    }
  }
  assert.ok(worst <= 1e-6, `off by ${worst}`);
  t.diagnostic(`rows of 65,536 weights sum to 1 ± ${worst.toExponential(1)}`);
});
