// hl.multiHeadLayer: what multiHeadAttention gives, bit for bit, from weights that are kept packed.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { core, generator, hl, randomTensor } from "./setup.js";

afterEach(() => assert.equal(core.liveBlocks, 0));

const random = generator(77);
const matrix = (/** @type {number[]} */ ...shape) => randomTensor(random, ...shape);

const weights = {
  ...{ wq: matrix(7, 12), wk: matrix(5, 12), wv: matrix(6, 9), wo: matrix(9, 11) },
  ...{ bq: matrix(12), bk: matrix(12), bv: matrix(9), bo: matrix(11) },
  ...{ biasK: matrix(12), biasV: matrix(9) },
};
const { wq, wk, wv, wo } = weights;
const batch = /** @type {const} */ ([matrix(2, 8, 7), matrix(2, 10, 5), matrix(2, 10, 6)]);
const single = /** @type {const} */ ([matrix(8, 7), matrix(10, 5), matrix(10, 6)]);

for (const [name, given] of Object.entries({ biased: weights, bare: { wq, wk, wv, wo } })) {
  test(`forward is multiHeadAttention, ${name}`, () => {
    const layer = hl.multiHeadLayer(given, { heads: 3 });
    for (const inputs of [batch, single, batch]) {
      for (const options of [
        {},
        { causal: true, returns: /** @type {const} */ (["weights"]) },
        { averageWeights: true, addZeroAttn: true, returns: /** @type {const} */ (["weights"]) },
        { keyMask: [true, true, false, true, true, true, true, false, true, true] },
      ]) {
        const expected = hl.multiHeadAttention(...inputs, given, { ...options, heads: 3 });
        assert.deepEqual(layer.forward(...inputs, options), expected);
      }
    }
    const out = { data: new Float32Array(88), shape: [8, 11] };
    assert.equal(layer.forward(...single, { out }).output, out);
    assert.deepEqual(out, hl.multiHeadAttention(...single, given, { heads: 3 }).output);
    layer.dispose();
  });
}

test("weights may lie in wasm memory or be nested, and may go or change afterwards", () => {
  const nested = Array.from({ length: 7 }, (_, i) => [...wq.data.subarray(12 * i, 12 * (i + 1))]);
  const kept = hl.alloc([5, 12]);
  kept.data.set(wk.data);
  const bias = hl.alloc([12]);
  bias.data.set(weights.bq.data);
  const layer = hl.multiHeadLayer({ wq: nested, wk: kept, wv, wo, bq: bias });
  kept.dispose();
  bias.data.fill(NaN);
  nested[0].fill(NaN);
  const expected = hl.multiHeadAttention(...single, { wq, wk, wv, wo, bq: weights.bq });
  assert.deepEqual(layer.forward(...single), expected);
  bias.dispose();
  layer.dispose();
});

test("weights that do not fit are refused when the layer is made, and nothing is kept", () => {
  const refused = (/** @type {any} */ change, /** @type {object} */ error, heads = 3) =>
    assert.throws(() => hl.multiHeadLayer({ ...weights, ...change }, { heads }), error);
  refused({ wk: matrix(5, 9) }, { code: "shape", argument: "wk" });
  refused({ wo: matrix(8, 11) }, { code: "shape", argument: "wo" });
  refused({ bq: matrix(11) }, { code: "shape", argument: "bq" });
  refused({ biasV: undefined }, { code: "shape", argument: "biasV" });
  refused({ wq: matrix(7) }, { code: "shape", argument: "wq" });
  refused({ wq: undefined }, { code: "type", argument: "wq" });
  refused({ wz: wq }, { code: "value", argument: "wz" });
  refused({}, { code: "shape", argument: "wq" }, 5);
  refused({}, { code: "value", argument: "heads" }, 0);
  assert.throws(() => hl.multiHeadLayer(weights, /** @type {any} */ ({ head: 3 })), {
    code: "value",
    message: /did you mean heads/,
  });
});

test("inputs that do not fit, and calls after dispose, are refused", () => {
  const layer = hl.multiHeadLayer(weights, { heads: 3 });
  assert.throws(() => layer.forward(matrix(8, 6), single[1], single[2]), { code: "shape" });
  assert.throws(() => layer.forward(...single, /** @type {any} */ ({ heads: 3 })), {
    code: "value",
    message: /heads/,
  });
  const expected = hl.multiHeadAttention(...single, weights, { heads: 3 });
  assert.deepEqual(layer.forward(...single), expected);
  layer.dispose();
  layer.dispose();
  assert.throws(() => layer.forward(...single), { code: "disposed", argument: "layer" });
});
