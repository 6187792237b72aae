// Attention's options one by one, and all together on generated problems against the oracle.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attend } from "./oracle.js";
import { assertClose, core, generator, hl, randomTensor } from "./setup.js";

/** @typedef {import("../../web/headlight/headlight.js").Tensor} Tensor */

/**
 * (batch, heads, len, dim) → (batch, len, heads·dim)
 * @param {Tensor} tensor
 */
function sideBySide({ data, shape: [batch, heads, len, dim] }) {
  const result = new Float32Array(data.length);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < len; i++) {
        const from = ((b * heads + h) * len + i) * dim;
        result.set(data.subarray(from, from + dim), ((b * len + i) * heads + h) * dim);
      }
    }
  }
  return { data: result, shape: [batch, len, heads * dim] };
}

/** @param {() => number} random @param {number[]} sizes */
function problem(random, [batch, heads, kvHeads, qLen, kvLen, qkDim, vDim]) {
  return {
    q: randomTensor(random, batch, heads, qLen, qkDim),
    k: randomTensor(random, batch, kvHeads, kvLen, qkDim),
    v: randomTensor(random, batch, kvHeads, kvLen, vDim),
  };
}

const cases = fc.record({
  seed: fc.integer(),
  batch: fc.integer({ min: 0, max: 3 }),
  group: fc.integer({ min: 1, max: 3 }),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  qLen: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 22, max: 50 })),
  kvLen: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 230, max: 260 })),
  qkDim: fc.integer({ min: 1, max: 34 }),
  vDim: fc.integer({ min: 0, max: 18 }),
  layout: fc.constantFrom("heads apart", "side by side"),
  scale: fc.option(fc.double({ min: -2, max: 2, noNaN: true }), { nil: undefined }),
  softcap: fc.option(fc.double({ min: 0.5, max: 30, noNaN: true }), { nil: undefined }),
  causal: fc.boolean(),
  window: fc.option(fc.tuple(fc.nat(40), fc.oneof(fc.nat(40), fc.constant(Infinity))), {
    nil: undefined,
  }),
  mask: fc.constantFrom("none", "boolean", "numbers"),
  rank: fc.integer({ min: 1, max: 4 }),
  broadcast: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  shorter: fc.nat(3),
  lengths: fc.boolean(),
});

test("generated problems agree with the definition", () => {
  fc.assert(
    fc.property(cases, (c) => {
      const random = generator(c.seed);
      const heads = c.kvHeads * c.group;
      const given = problem(random, [c.batch, heads, c.kvHeads, c.qLen, c.kvLen, c.qkDim, c.vDim]);
      const full = [c.batch, heads, c.qLen, Math.max(0, c.kvLen - c.shorter)];
      const maskShape = full.map((size, axis) => (c.broadcast[axis] ? 1 : size)).slice(4 - c.rank);
      const maskLength = maskShape.reduce((product, size) => product * size, 1);
      const maskData =
        c.mask === "boolean"
          ? Uint8Array.from({ length: maskLength }, () => Number(random() < 0.7))
          : Float32Array.from({ length: maskLength }, () =>
              random() < 0.2 ? -Infinity : random() * 4 - 2,
            );
      const kvLengths = c.lengths
        ? Array.from({ length: c.batch }, () => Math.floor(random() * (c.kvLen + 1)))
        : undefined;

      const options = {
        scale: c.scale,
        softcap: c.softcap,
        causal: c.causal,
        window: /** @type {[number, number] | undefined} */ (c.window),
        kvLengths,
        mask:
          c.mask === "none"
            ? undefined
            : /** @type {import("../../web/headlight/headlight.js").MaskLike} */ ({
                data: maskData,
                shape: maskShape,
              }),
        returns: /** @type {const} */ (["scores", "masked", "weights"]),
      };
      const apart = c.layout === "heads apart";
      const result = apart
        ? hl.attention(given.q, given.k, given.v, options)
        : hl.attention(sideBySide(given.q), sideBySide(given.k), sideBySide(given.v), {
            ...options,
            heads,
            kvHeads: c.kvHeads,
          });

      const expected = attend({
        ...given,
        scale: c.scale === undefined ? undefined : Math.fround(c.scale),
        softcap: c.softcap,
        mask(b, h, i, j) {
          const offset = kvLengths ? kvLengths[b] - c.qLen : 0;
          if (kvLengths && j >= kvLengths[b]) return -Infinity;
          if (c.causal && j > i + offset) return -Infinity;
          if (c.window && (j < i + offset - c.window[0] || j > i + offset + c.window[1])) {
            return -Infinity;
          }
          if (c.mask === "none") return 0;
          if (j >= full[3]) return -Infinity;
          let at = 0;
          [b, h, i, j].slice(4 - c.rank).forEach((index, axis) => {
            const broadcast = maskShape[axis] === 1 && axis < c.rank - 1;
            at = at * maskShape[axis] + (broadcast ? 0 : index);
          });
          const value = maskData[at];
          if (c.mask === "boolean") return value ? 0 : -Infinity;
          return value;
        },
      });

      const output = apart ? result.output : undefined;
      const flat = output?.data ?? headsApart(result.output, heads, c.vDim).data;
      const { scores, masked, weights } = /** @type {Required<typeof result>} */ (result);
      expected.forEach((row, r) => {
        const from = r * c.kvLen;
        row.scores.forEach((score, j) => {
          const error = Math.abs(scores.data[from + j] - score);
          assert.ok(error <= row.scoreErrors[j], `score ${r}, ${j}: off by ${error}`);
          assert.equal(masked.data[from + j] === -Infinity, row.logits[j] === -Infinity);
        });
        const own = weights.data.subarray(from, from + c.kvLen);
        assertClose(own, row.weights, row.weightError, `weights of row ${r}`);
        const sum = own.reduce((total, weight) => total + weight, 0);
        if (row.logits.some((x) => x !== -Infinity)) assert.ok(Math.abs(sum - 1) <= 1e-6);
        const out = flat.subarray(r * c.vDim, (r + 1) * c.vDim);
        assertClose(out, row.output, row.outputError, `output of row ${r}`);
      });
      assert.equal(core.liveBlocks, 0);
    }),
    { seed: 7, numRuns: 150 },
  );
});

/**
 * (batch, len, heads·dim) → (batch, heads, len, dim)
 * @param {Tensor} tensor
 * @param {number} heads
 * @param {number} dim
 */
function headsApart({ data, shape: [batch, len] }, heads, dim) {
  const turned = sideBySide({ data, shape: [batch, len, heads, dim] });
  return { data: turned.data, shape: [batch, heads, len, dim] };
}

test("the three layouts give the same bits", () => {
  const { q, k, v } = problem(generator(1), [1, 4, 2, 27, 250, 9, 11]);
  const four = hl.attention(q, k, v, { causal: true, returns: ["weights"] });
  const options = /** @type {const} */ ({
    causal: true,
    heads: 4,
    kvHeads: 2,
    returns: ["weights"],
  });
  const three = hl.attention(sideBySide(q), sideBySide(k), sideBySide(v), options);
  const flat = (/** @type {Tensor} */ t) => ({ data: t.data, shape: t.shape.slice(1) });
  const two = hl.attention(flat(sideBySide(q)), flat(sideBySide(k)), flat(sideBySide(v)), options);
  assert.deepEqual(three.output, sideBySide(four.output));
  assert.deepEqual(two.output, flat(three.output));
  assert.deepEqual(three.weights, four.weights);
  assert.deepEqual(two.weights, four.weights);
});

test("rank 2 without heads returns plain matrices", () => {
  const x = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const { output, weights } = hl.attention(x, x.slice(1), x.slice(1), { returns: ["weights"] });
  assert.deepEqual(output.shape, [3, 2]);
  assert.deepEqual(weights?.shape, [3, 2]);
});

test("null is as good as nothing", () => {
  const { q, k, v } = problem(generator(9), [1, 2, 2, 3, 4, 2, 2]);
  const options = {
    heads: null,
    kvHeads: null,
    scale: null,
    softcap: null,
    causal: null,
    window: null,
    mask: null,
    kvLengths: null,
    past: null,
    returns: null,
    out: null,
  };
  assert.deepEqual(hl.attention(q, k, v, options), hl.attention(q, k, v));
});

test("past and new keys are joined, and the diagonal moves by the past", () => {
  const random = generator(2);
  const { q, k, v } = problem(random, [2, 4, 2, 3, 3, 5, 7]);
  const past = { k: randomTensor(random, 2, 2, 6, 5), v: randomTensor(random, 2, 2, 6, 7) };
  const { output, present } = hl.attention(q, k, v, { past, causal: true });
  assert.deepEqual(present?.k.shape, [2, 2, 9, 5]);
  assert.deepEqual(present?.v.shape, [2, 2, 9, 7]);
  for (const [name, fresh] of /** @type {const} */ ([
    ["k", k],
    ["v", v],
  ])) {
    const dim = fresh.shape[3];
    for (let head = 0; head < 4; head++) {
      const expected = [
        ...past[name].data.subarray(head * 6 * dim, (head + 1) * 6 * dim),
        ...fresh.data.subarray(head * 3 * dim, (head + 1) * 3 * dim),
      ];
      assert.deepEqual(
        [...present[name].data.subarray(head * 9 * dim, (head + 1) * 9 * dim)],
        expected,
      );
    }
  }
  const mask = [0, 1, 2].map((i) => Array.from({ length: 9 }, (_, j) => j <= i + 6));
  assert.deepEqual(output, hl.attention(q, present.k, present.v, { mask }).output);

  const row = hl.attention(sideBySide(q), sideBySide(k), sideBySide(v), {
    heads: 4,
    kvHeads: 2,
    past,
    causal: true,
  });
  assert.deepEqual(row.output, sideBySide(output));
  assert.deepEqual(row.present, present);
});

test("out is written and returned, and left alone after an error", () => {
  const { q, k, v } = problem(generator(3), [1, 2, 2, 5, 6, 4, 3]);
  const out = { data: new Float32Array(30).fill(7), shape: [1, 2, 5, 3] };
  assert.throws(() => hl.attention(q, k, v, { out, mask: [[true], [true]] }), { argument: "mask" });
  assert.ok(out.data.every((x) => x === 7));
  const { output } = hl.attention(q, k, v, { out });
  assert.equal(output, out);
  assert.deepEqual(output.data, hl.attention(q, k, v).output.data);
});

test("what is returned does not change the output by a bit", () => {
  const { q, k, v } = problem(generator(4), [1, 2, 2, 30, 300, 8, 8]);
  const options = { causal: true, kvLengths: [290] };
  const plain = hl.attention(q, k, v, options).output;
  const returns = /** @type {const} */ (["scores", "scaled", "capped", "masked", "weights"]);
  for (const stage of returns) {
    assert.deepEqual(hl.attention(q, k, v, { ...options, returns: [stage] }).output, plain);
  }
  assert.deepEqual(hl.attention(q, k, v, { ...options, returns }).output, plain);
});

test("keys hidden by a window, by lengths or by a mask: the same bits", () => {
  for (const queries of [1, 30]) {
    const { q, k, v } = problem(generator(10), [1, 2, 1, queries, 700, 20, 13]);
    const rows = Array.from({ length: queries }, (_, i) => i);
    const visible = (/** @type {(i: number, j: number) => boolean} */ sees) =>
      rows.map((i) => Array.from({ length: 700 }, (_, j) => sees(i, j)));
    const length = 411;
    assert.deepEqual(
      hl.attention(q, k, v, { kvLengths: [length] }),
      hl.attention(q, k, v, { mask: visible((_, j) => j < length) }),
    );
    assert.deepEqual(
      hl.attention(q, k, v, { kvLengths: [length], window: [130, 0] }),
      hl.attention(q, k, v, {
        mask: visible((i, j) => j <= i + length - queries && j >= i + length - queries - 130),
      }),
    );
  }
});

test("NaN and Inf behind a mask do no harm, in sight they propagate", () => {
  const { q, k, v } = problem(generator(5), [1, 1, 1, 30, 60, 8, 8]);
  const mask = Array.from({ length: 60 }, (_, j) => j !== 40);
  const clean = hl.attention(q, k, v, { mask, returns: ["weights"] });
  for (const poison of [NaN, Infinity, -Infinity]) {
    const dirtyK = { ...k, data: k.data.slice().fill(poison, 40 * 8, 41 * 8) };
    const dirtyV = { ...v, data: v.data.slice().fill(poison, 40 * 8, 41 * 8) };
    const { output, weights } = hl.attention(q, dirtyK, dirtyV, { mask, returns: ["weights"] });
    assertClose(output.data, clean.output.data, 1e-6, "output");
    assert.deepEqual(weights, clean.weights);
    assert.ok(hl.attention(q, dirtyK, dirtyV).output.data.every(Number.isNaN));
    // Query 29 sees 29 keys only; the poison at key 40 is beyond its diagonal.
    const causal = hl.attention(q, dirtyK, dirtyV, { causal: true }).output;
    assert.ok(causal.data.every(Number.isFinite));
  }
  const inValue = { ...v, data: v.data.slice() };
  inValue.data[40 * 8] = Infinity;
  const { output } = hl.attention(q, k, inValue);
  assert.deepEqual(
    Array.from(output.data, (x) => x === Infinity),
    Array.from(output.data, (_, i) => i % 8 === 0),
  );
});

test("a stage before the mask shows hidden keys, NaN included", () => {
  const { q, k, v } = problem(generator(6), [1, 1, 1, 2, 3, 4, 4]);
  k.data.fill(NaN, 8);
  const { scores, masked } = hl.attention(q, k, v, {
    mask: [true, true, false],
    returns: ["scores", "masked"],
  });
  assert.deepEqual([...(scores?.data ?? [])].map(Number.isNaN), [0, 0, 1, 0, 0, 1].map(Boolean));
  assert.equal(masked?.data[2], -Infinity);
});

test("rows that see nothing are zero", () => {
  const { q, k, v } = problem(generator(7), [2, 2, 2, 4, 5, 3, 3]);
  for (const options of [
    { mask: [false, false, false, false, false] },
    { mask: [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity] },
    { kvLengths: [0, 0] },
  ]) {
    const { output, weights } = hl.attention(q, k, v, { ...options, returns: ["weights"] });
    assert.ok(output.data.every((x) => x === 0));
    assert.ok(weights?.data.every((x) => x === 0));
  }
});

test("a row whose visible scores are all -Inf is NaN, as in PyTorch", () => {
  const q = [[1], [-1]];
  const k = [[-Infinity], [-Infinity]];
  const { output } = hl.attention(q, k, [[1], [2]]);
  assert.ok(output.data.every(Number.isNaN));
});

test("values near the end of float32 are averaged without overflow", () => {
  const k = Array.from({ length: 50 }, () => [0]);
  const v = Array.from({ length: 50 }, () => [3e38]);
  const { output } = hl.attention([[1]], k, v);
  assert.ok(Math.abs(output.data[0] / 3e38 - 1) < 1e-6);
});

test("scores of ±10,000 and rows of 65,536 keys", () => {
  const random = generator(8);
  const length = 65536;
  for (const size of [0, 1, 100]) {
    const q = [[size, 0]];
    const k = {
      data: Float32Array.from({ length: 2 * length }, () => random() * 200 - 100),
      shape: [length, 2],
    };
    const v = { data: Float32Array.from({ length }, (_, i) => i % 5), shape: [length, 1] };
    const { weights, output } = hl.attention(q, k, v, { scale: 1, returns: ["weights"] });
    const sum = weights?.data.reduce((total, x) => total + x, 0) ?? 0;
    assert.ok(Math.abs(sum - 1) <= 1e-6, `the weights of size ${size} sum to ${sum}`);
    const logits = Array.from({ length }, (_, j) => size * k.data[2 * j]);
    const max = logits.reduce((a, b) => Math.max(a, b));
    const exps = logits.map((x) => Math.exp(x - max));
    const total = exps.reduce((a, b) => a + b);
    const expected = exps.reduce((a, e, j) => a + (e / total) * (j % 5), 0);
    const tolerance = 4 * (2e-6 + Math.expm1(8 * 2 ** -24 * size * 100));
    assert.ok(Math.abs(output.data[0] - expected) <= tolerance);
  }
});
