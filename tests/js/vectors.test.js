// Reference data from PyTorch: tests/vectors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, core, hl } from "./setup.js";
import { readVectors } from "./vectors.js";

const TOLERANCE = 4e-6;

/** @typedef {import("./vectors.js").Case} Case */

/** @param {Case} c @param {string} name */
const mask = (c, name) => c.bools[name] ?? c.floats[name];

/** @type {Record<string, (c: Case) => Record<string, { data: Float32Array, shape: number[] }>>} */
const operations = {
  multihead(c) {
    const { floats, ints } = c;
    const { query, key, value, wq, wk, wv, wo, bq, bk, bv, bo, bias_k, bias_v } = floats;
    const weights = { wq, wk, wv, wo, bq, bk, bv, bo, biasK: bias_k, biasV: bias_v };
    const result = hl.multiHeadAttention(query, key, value, weights, {
      heads: ints.heads,
      causal: Boolean(ints.causal),
      addZeroAttn: Boolean(ints.add_zero_attn),
      averageWeights: Boolean(ints.average_weights),
      mask: mask(c, "mask"),
      keyMask: mask(c, "key_mask"),
      returns: ["weights"],
    });
    return /** @type {Required<typeof result>} */ (result);
  },
  attention(c) {
    const { q, k, v, scale, softcap } = c.floats;
    const result = hl.attention(q, k, v, {
      heads: q.shape.length === 4 ? undefined : c.ints.heads,
      kvHeads: q.shape.length === 4 ? undefined : c.ints.kv_heads,
      scale: scale?.data[0],
      softcap: softcap?.data[0],
      causal: Boolean(c.ints.causal),
      mask: mask(c, "mask"),
      past: c.floats.past_k && { k: c.floats.past_k, v: c.floats.past_v },
      returns: ["scores", "masked", "weights"],
    });
    return /** @type {any} */ (result);
  },
  softmax: ({ floats }) => ({ output: hl.softmax(floats.x) }),
  linear: ({ floats }) => ({ output: hl.linear(floats.x, floats.w, floats.b) }),
};

const RESULTS = ["output", "scores", "masked", "weights"];

for (const c of readVectors()) {
  test(`${c.operation}: ${c.name}`, () => {
    const results = operations[c.operation](c);
    const expected = RESULTS.filter((name) => c.floats[name]);
    assert.ok(expected.length > 0);
    for (const name of expected) {
      const { data, shape } = c.floats[name];
      assert.deepEqual(results[name].shape, shape, name);
      const largest = data.reduce(
        (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
        0,
      );
      assertClose(results[name].data, data, TOLERANCE * largest, name);
    }
    assert.equal(core.liveBlocks, 0);
  });
}
