// The notebook's numbers, and the names and shapes of every intermediate.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose, hl } from "./setup.js";

const embeddings = [
  [0.1, 0.2, 0.3],
  [0.4, 0.5, 0.6],
  [0.7, 0.8, 0.9],
  [0.1, 0.4, 0.7],
  [0.1, 0.2, 0.3],
  [0.3, 0.6, 0.9],
  [0.7, 0.8, 0.9],
  [0.1, 0.1, 0.1],
];
const w = [
  [1, 0],
  [0, 1],
  [1, 1],
];
// Both heads side by side: head 1 owns columns 2 and 3.
const wq = [
  [1, 0, 1, -1],
  [0, 1, 1, 0],
  [1, 1, 1, 1],
];
const wk = [
  [1, 0, -6, 0],
  [0, 1, 0, 1],
  [1, 1, 3, 0],
];
const wv = [
  [1, 0, 0, 1],
  [0, 1, 1, 0],
  [1, 1, -1, 1],
];
const wo = [
  [0.5, 0, 0.5],
  [0, 0.5, 0.5],
  [1, -1, 0],
  [-1, 0, 1],
];

/**
 * @param {{ data: Float32Array, shape: number[] }} tensor
 * @param {number} row
 */
function rowOf(tensor, row) {
  const width = /** @type {number} */ (tensor.shape.at(-1));
  return tensor.data.subarray(row * width, (row + 1) * width);
}

test("the notebook's row Le", () => {
  const { weights, output } = hl.trace({ embeddings, wq: w, wk: w, wv: w });
  const expected = [0.084909, 0.12439, 0.182228, 0.117548, 0.084909, 0.151625, 0.182228, 0.072164];
  assertClose(rowOf(weights, 0), expected, 1e-6, "weights of Le");
  assertClose(rowOf(output, 0), [1.065866, 1.212484], 1e-6, "output of Le");
});

test("the notebook's row chat, step by step", () => {
  const { q, scores, scaled, weights, heads } = hl.trace({ embeddings, wq: w, wk: w, wv: w });
  assertClose(rowOf(q, 1), [1, 1.1], 1e-6, "query");
  assertClose(rowOf(scores, 1), [0.95, 2.21, 3.47, 2.01, 0.95, 2.85, 3.47, 0.42], 1e-6, "scores");
  assertClose(rowOf(scaled, 1).subarray(2, 3), [3.47 / Math.SQRT2], 1e-6, "logit of noir");
  assertClose(rowOf(weights, 1).subarray(2, 3), [0.2588], 5e-5, "weight of noir");
  assertClose(rowOf(heads, 1), [1.2493, 1.3981], 5e-5, "output");
});

test("two heads, concatenated and projected", () => {
  const { heads, concat, output } = hl.trace({ embeddings, wq, wk, wv, wo, heads: 2 });
  assert.deepEqual(concat.shape, [8, 4]);
  for (let token = 0; token < 8; token++) {
    const both = [...rowOf(heads, token), ...rowOf(heads, 8 + token)];
    assert.deepEqual([...rowOf(concat, token)], both);
    const product = [0, 1, 2].map((col) => both.reduce((sum, x, i) => sum + x * wo[i][col], 0));
    assertClose(rowOf(output, token), product, 1e-6, `output of token ${token}`);
  }
  assertClose(rowOf(output, 0), [-0.47, 0.78, 1.97], 5e-3, "output of Le");
});

test("names and shapes", () => {
  const trace = hl.trace({ embeddings, wq, wk, wv, wo, heads: 2 });
  const shapes = Object.fromEntries(
    Object.entries(trace).map(([name, { shape }]) => [name, shape]),
  );
  assert.deepEqual(shapes, {
    x: [8, 3],
    q: [2, 8, 2],
    k: [2, 8, 2],
    v: [2, 8, 2],
    scores: [2, 8, 8],
    scaled: [2, 8, 8],
    capped: [2, 8, 8],
    logits: [2, 8, 8],
    weights: [2, 8, 8],
    heads: [2, 8, 2],
    concat: [8, 4],
    output: [8, 3],
  });
});

test("without wo the output is concat", () => {
  const { concat, output } = hl.trace({ embeddings, wq, wk, wv, heads: 2 });
  assert.deepEqual(output, concat);
});

test("positions are added, given or sinusoidal", () => {
  const encoding = hl.positionEncoding(8, 3);
  const added = hl.trace({ embeddings, positions: encoding, wq: w, wk: w, wv: w });
  const sinusoidal = hl.trace({ embeddings, positions: true, wq: w, wk: w, wv: w });
  assert.deepEqual(sinusoidal, added);
  const sum = embeddings.flat().map((x, i) => Math.fround(Math.fround(x) + encoding.data[i]));
  assert.deepEqual([...added.x.data], sum);
  const without = hl.trace({ embeddings, positions: false, wq: w, wk: w, wv: w });
  assert.deepEqual([...without.x.data], embeddings.flat().map(Math.fround));
});

test("softcap, causal mask and scale reach their stages", () => {
  const trace = hl.trace({ embeddings, wq: w, wk: w, wv: w, scale: 2, softcap: 3, causal: true });
  trace.scores.data.forEach((score, i) => {
    const visible = i % 8 <= Math.floor(i / 8);
    assert.equal(trace.scaled.data[i], Math.fround(score * 2));
    const capped = 3 * Math.tanh(trace.scaled.data[i] / 3);
    assert.ok(Math.abs(trace.capped.data[i] - capped) <= 1e-6);
    assert.equal(trace.logits.data[i], visible ? trace.capped.data[i] : -Infinity);
    assert.equal(trace.weights.data[i] > 0, visible);
  });
});

test("returns names what is wanted, and leaves the rest out", () => {
  const options = { embeddings, wq, wk, wv, wo, heads: 2, causal: true };
  const whole = hl.trace(options);
  /** @type {(keyof typeof whole)[]} */
  const names = ["x", "logits", "weights", "output"];
  const some = hl.trace({ ...options, returns: names });
  assert.deepEqual(Object.keys(some), names);
  for (const name of names) assert.deepEqual(some[name], whole[name], name);
  const { output } = hl.trace({ ...options, returns: ["output"] });
  assertClose(output.data, whole.output.data, 1e-6, "output without the matrices");
  assert.deepEqual(hl.trace({ ...options, returns: [] }), {});
  assert.deepEqual(hl.trace({ ...options, returns: null }), whole);
  const wrong = /** @type {any} */ (["weight"]);
  assert.throws(() => hl.trace({ ...options, returns: wrong }), {
    code: "value",
    argument: "returns",
    message: /returns has "weight", expected some of x, q, k/,
  });
});

test("head: the matrices before the weights are of one head alone, the rest of all", () => {
  const options = { embeddings, wq, wk, wv, wo, heads: 2, softcap: 3, causal: true };
  const whole = hl.trace(options);
  for (const head of [0, 1]) {
    const traced = hl.trace({ ...options, head });
    for (const name of /** @type {(keyof typeof whole)[]} */ (Object.keys(whole))) {
      const { data, shape } = whole[name];
      const of = ["scores", "scaled", "capped", "logits"].includes(name);
      const expected = of
        ? { data: data.slice(64 * head, 64 * (head + 1)), shape: [1, 8, 8] }
        : { data, shape };
      assert.deepEqual(traced[name], expected, `${name} of head ${head}`);
    }
  }
  assert.deepEqual(hl.trace({ ...options, head: null }), whole);
  const refused = { code: "value", argument: "head" };
  assert.throws(() => hl.trace({ ...options, head: 2 }), { ...refused, message: /2.*0 to 1/ });
  assert.throws(() => hl.trace({ ...options, head: -1 }), refused);
});

test("out takes what fits, by name, and writes nothing where one does not fit", () => {
  const options = { embeddings, wq, wk, wv, wo, heads: 2 };
  const whole = hl.trace(options);
  const room = (/** @type {number[]} */ ...shape) => {
    const size = shape.reduce((a, b) => a * b);
    return { data: new Float32Array(size).fill(7), shape };
  };
  const out = { weights: room(2, 8, 8), output: room(8, 3) };
  const { data } = out.weights;
  const traced = hl.trace({ ...options, out });
  assert.equal(traced.weights, out.weights);
  assert.equal(traced.weights.data, data);
  assert.deepEqual(traced, whole);
  assert.deepEqual(hl.trace({ ...options, out: null }), whole);

  const wrong = { weights: room(2, 8, 8), output: room(8, 4) };
  assert.throws(() => hl.trace({ ...options, out: wrong }), {
    code: "shape",
    argument: "out",
    message: "out.output is 8×4, expected 8×3",
  });
  assert.ok(wrong.weights.data.every((x) => x === 7));
  assert.throws(() => hl.trace({ ...options, out: /** @type {any} */ ({ weight: room(1) }) }), {
    code: "value",
    message: /out has "weight", .*did you mean weights/,
  });
});
