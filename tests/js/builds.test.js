// The builds against each other: baseline and simd agree to the bit, relaxed within roundings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Headlight } from "../../web/headlight/headlight.js";
import { assertClose, generator, hl, openCore, randomTensor } from "./setup.js";

const baseline = new Headlight(await openCore({ build: "baseline" }));
const simd = new Headlight(await openCore({ build: "simd" }));

/**
 * @param {Headlight} on
 * @returns {Record<string, import("../../web/headlight/headlight.js").Tensor | undefined>}
 */
function compute(on) {
  const random = generator(11);
  const q = randomTensor(random, 2, 4, 53, 19);
  const k = randomTensor(random, 2, 2, 301, 19);
  const v = randomTensor(random, 2, 2, 301, 21);
  const few = randomTensor(random, 2, 4, 3, 19);
  const x = randomTensor(random, 40, 33);
  const w = randomTensor(random, 33, 27);
  const returns = /** @type {const} */ (["scores", "capped", "masked", "weights"]);
  const options = { softcap: 2, window: /** @type {[number, number]} */ ([250, 7]), returns };
  const attention = on.attention(q, k, v, options);
  const decoded = on.attention(few, k, v, { ...options, window: [5, 222] });
  const square = { wq: x.data.slice(0, 16 * 12), wo: x.data.slice(16 * 12, 2 * 16 * 12) };
  const projection = { data: square.wq, shape: [16, 12] };
  const tokens = randomTensor(random, 9, 16);
  const layer = on.multiHeadAttention(
    tokens,
    tokens,
    tokens,
    { wq: projection, wk: projection, wv: projection, wo: { data: square.wo, shape: [12, 16] } },
    { heads: 3, causal: true, averageWeights: true, returns: ["weights"] },
  );
  const { output, scores, capped, masked, weights } = attention;
  return {
    output,
    scores,
    capped,
    masked,
    weights,
    decoded: decoded.output,
    decodedScores: decoded.scores,
    decodedWeights: decoded.weights,
    layer: layer.output,
    averaged: layer.weights,
    linear: on.linear(x, w),
    softmax: on.softmax(k),
    positions: on.positionEncoding(50, 7, { first: 1e6 }),
  };
}

test("baseline and simd agree to the bit", () => {
  assert.deepEqual(compute(baseline), compute(simd));
});

test("this build agrees with the baseline within roundings", () => {
  const own = compute(hl);
  for (const [name, expected] of Object.entries(compute(baseline))) {
    assert.ok(expected && expected.data.length > 0, name);
    assertClose(own[name]?.data ?? [], expected.data, 2e-6, name);
  }
});
