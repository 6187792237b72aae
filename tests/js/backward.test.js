// The gradients of attention: against the definition, in every layout, with every option.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Headlight, HeadlightError } from "../../web/headlight/headlight.js";
import { gradients } from "./oracle.js";
import {
  assertClose,
  build,
  core,
  generator,
  hl,
  openCore,
  randomTensor,
  threads,
} from "./setup.js";

/** @typedef {import("../../web/headlight/headlight.js").Tensor} Tensor */

afterEach(() => assert.equal(core.liveBlocks, 0));

const returns = /** @type {const} */ (["statistics"]);
const random = generator(71);
const [HEADS, KV, Q, K, DIM, V] = [4, 2, 31, 26, 5, 9];
const q = randomTensor(random, 2, HEADS, Q, DIM);
const k = randomTensor(random, 2, KV, K, DIM);
const v = randomTensor(random, 2, KV, K, V);
const d = randomTensor(random, 2, HEADS, Q, V);

/**
 * Forward, then backward.
 * @param {Tensor} q @param {Tensor} k @param {Tensor} v @param {Tensor} d @param {any} [options]
 */
function both(q, k, v, d, options = {}, on = hl) {
  const forward = on.attention(q, k, v, { ...options, returns });
  return on.attentionBackward(q, k, v, forward, d, options);
}

/** Rank 4 as rank 3: heads side by side. @param {Tensor} t @returns {Tensor} */
function flat({ data, shape: [batch, heads, len, dim] }) {
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [c, at, head] = [i % dim, Math.floor(i / dim) % len, Math.floor(i / dim / len) % heads];
    const b = Math.floor(i / dim / len / heads);
    result[((b * len + at) * heads + head) * dim + c] = data[i];
  }
  return { data: result, shape: [batch, len, heads * dim] };
}

const seen = (/** @type {number} */ i, /** @type {number} */ j) => (3 * i + j) % 4 !== 0;
const cells = {
  data: new Uint8Array(Q * K).map((_, i) => +seen(Math.floor(i / K), i % K)),
  shape: [Q, K],
};
/** @type {[name: string, options: any, mask?: (b: number, h: number, i: number, j: number) => number][]} */
const cases = [
  ["nothing", {}],
  ["scale", { scale: -0.7 }],
  ["softcap", { softcap: 0.4 }],
  ["causal", { causal: true }, (_, __, i, j) => (j <= i ? 0 : -Infinity)],
  ["window", { window: [4, 2] }, (_, __, i, j) => (j >= i - 4 && j <= i + 2 ? 0 : -Infinity)],
  ["boolean mask", { mask: cells }, (_, __, i, j) => (seen(i, j) ? 0 : -Infinity)],
  [
    "float mask",
    { mask: Float32Array.from({ length: K }, (_, j) => j / 9) },
    (_, __, ___, j) => j / 9,
  ],
  ["lengths", { kvLengths: [20, K] }, (b, _, __, j) => (j < [20, K][b] ? 0 : -Infinity)],
];

for (const [name, options, mask] of cases) {
  test(`agree with the definition: ${name}`, () => {
    const want = gradients({ q, k, v, mask, ...options, ...(mask && { mask }) }, d.data);
    const got = both(q, k, v, d, options);
    for (const [part, of] of /** @type {const} */ ([
      ["q", q],
      ["k", k],
      ["v", v],
    ])) {
      assert.deepEqual(got[part].shape, of.shape);
      const { value, size } = want[part];
      assert.ok(value.some((x) => Math.abs(x) > 0.01));
      // Weights are within 2e-6 and four roundings of scores of 2, sums within 2e-6, three of them.
      got[part].data.forEach((x, i) => {
        assertClose([x], [value[i]], 1e-5 * size[i], `${part}[${i}]`);
      });
    }
  });
  test(`the same bits in every layout: ${name}`, () => {
    const four = both(q, k, v, d, options);
    const three = both(flat(q), flat(k), flat(v), flat(d), {
      ...options,
      heads: HEADS,
      kvHeads: KV,
    });
    for (const part of /** @type {const} */ (["q", "k", "v"])) {
      assert.deepEqual(three[part], flat(four[part]));
    }
  });
}

test("rank 2, with heads and without", () => {
  const rows = randomTensor(random, 12, 6);
  const [dRows, bare] = [randomTensor(random, 12, 6), { data: rows.data, shape: [1, 1, 12, 6] }];
  const one = both(rows, rows, rows, dRows);
  const four = both(bare, bare, bare, { data: dRows.data, shape: bare.shape });
  assert.deepEqual(one.q.data, four.q.data);
  assert.deepEqual(one.q.shape, [12, 6]);
  const all = hl.attention(rows, rows, rows, { returns: ["statistics", "logsumexp"] });
  assert.deepEqual(all.statistics?.shape, [12, 2]);
  assert.deepEqual(all.logsumexp?.shape, [12]);
  const three = both(rows, rows, rows, dRows, { heads: 3 });
  assert.deepEqual(three.v.shape, [12, 6]);
  assert.notDeepEqual(three.q.data, one.q.data);
});

test("logsumexp is log Σ exp of the logits, −Infinity where a row sees nothing", () => {
  const mask = Uint8Array.of(0, 0);
  const x = [[1], [2]];
  const { logsumexp } = hl.attention(x, x, x, { returns: ["logsumexp"] });
  assertClose(
    /** @type {Tensor} */ (logsumexp).data,
    [Math.log(Math.E + Math.E ** 2), Math.log(Math.E ** 2 + Math.E ** 4)],
    1e-6,
    "logsumexp",
  );
  const none = hl.attention(x, x, x, { mask, returns: ["logsumexp"] }).logsumexp;
  assert.deepEqual(none?.data, Float32Array.of(-Infinity, -Infinity));
});

test("statistics are each row's largest logit and Σ exp relative to it, −Infinity and 0 of nothing", () => {
  const x = [[1], [2]];
  const { statistics } = hl.attention(x, x, x, { returns });
  const want = [2, 1 + Math.exp(-1), 4, 1 + Math.exp(-2)];
  assertClose(/** @type {Tensor} */ (statistics).data, want, 1e-6, "statistics");
  const none = hl.attention(x, x, x, { mask: Uint8Array.of(0, 0), returns }).statistics;
  assert.deepEqual(none?.data, Float32Array.of(-Infinity, 0, -Infinity, 0));
});

test("masks of −1e9 and the least number, as for padding, leave gradients as they are", () => {
  for (const far of [-1e2, -1e4, -1e9, -3.4028234663852886e38]) {
    const got = both(
      { data: Float32Array.of(2 ** -20), shape: [1, 1] },
      { data: Float32Array.of(0, 1), shape: [2, 1] },
      { data: Float32Array.of(1, 3), shape: [2, 1] },
      { data: Float32Array.of(1), shape: [1, 1] },
      { mask: Float32Array.of(far, far) },
    );
    assertClose(got.v.data, [0.5, 0.5], 2e-6, `v under ${far}`);
    assertClose(got.k.data, [-0.5 * 2 ** -20, 0.5 * 2 ** -20], 2e-12, `k under ${far}`);
    assertClose(got.q.data, [0.5], 2e-6, `q under ${far}`);
  }
});

test("out is written, not added to, and returned; some of it too", () => {
  const want = both(q, k, v, d);
  const forward = hl.attention(q, k, v, { returns });
  const held = { q: hl.alloc(q.shape), k: { data: k.data.slice(), shape: k.shape } };
  held.q.data.fill(7);
  const got = hl.attentionBackward(q, k, v, forward, d, { out: held });
  assert.equal(got.q, held.q);
  assert.equal(got.k, held.k);
  for (const part of /** @type {const} */ (["q", "k", "v"])) {
    assert.deepEqual(got[part].data, want[part].data);
  }
  const inMemory = hl.alloc(d.shape);
  inMemory.data.set(d.data);
  assert.deepEqual(hl.attentionBackward(q, k, v, forward, inMemory), want);
  held.q.dispose();
  inMemory.dispose();
});

test("hidden NaN leaves no trace", () => {
  const options = { causal: true };
  const want = both(q, k, v, d, options);
  const [k2, v2] = [k, v].map(({ data, shape }) => ({ data: data.slice(), shape }));
  // The last queries alone see the last key.
  k2.data.fill(NaN, (K - 1) * DIM, K * DIM);
  v2.data.fill(NaN, (K - 1) * V, K * V);
  const got = both(q, k2, v2, d, options);
  const before = (/** @type {Tensor} */ { data }) => data.slice(0, (K - 1) * DIM);
  assertClose(before(got.q), before(want.q), 1e-6, "q");
  assert.ok(Number.isNaN(got.q.data[(K - 1) * DIM]));
});

test("what does not fit is refused by name", () => {
  const made = hl.attention(q, k, v, { returns });
  const { output, statistics } = made;
  /** @type {any} */
  const any = hl;
  const small = { data: new Float32Array(6), shape: [1, 1, 2, 3] };
  const t = hl.alloc(q.shape);
  t.data.set(q.data);
  /** @type {[code: string, argument: string, message: RegExp, ...args: any[]][]} */
  const wrong = [
    ["shape", "k", /k is 1×1×2×3 but q is/, q, small, v, made, d],
    [
      "shape",
      "forward",
      /^forward.output is 1×1×2×3, expected 2×4×31×9$/,
      q,
      k,
      v,
      { output: small, statistics },
      d,
    ],
    [
      "shape",
      "forward",
      /^forward.statistics is 1×1×2×3, expected 2×4×31×2$/,
      q,
      k,
      v,
      { output, statistics: small },
      d,
    ],
    ["type", "forward", /^forward.statistics is undefined.*returns/, q, k, v, { output }, d],
    ["type", "forward", /^forward is undefined.*returns/, q, k, v, undefined, d],
    ["shape", "dOutput", /^dOutput is 1×1×2×3, expected 2×4×31×9$/, q, k, v, made, small],
    ["type", "dOutput", /dOutput is undefined/, q, k, v, made, undefined],
    ["value", "past", /options has "past"/, q, k, v, made, d, { past: { k, v } }],
    ["value", "returns", /options has "returns"/, q, k, v, made, d, { returns: [] }],
    ["value", "casual", /did you mean causal/, q, k, v, made, d, { casual: true }],
    ["value", "x", /out has "x", expected some of q, k, v/, q, k, v, made, d, { out: { x: t } }],
    [
      "shape",
      "out",
      /^out.v is 1×1×2×3, expected 2×2×26×9$/,
      q,
      k,
      v,
      made,
      d,
      { out: { v: small } },
    ],
    ["value", "out", /^out.q overlaps q$/, t, k, v, made, d, { out: { q: t } }],
    ["value", "kvLengths", /kvLengths\[0\] is 27/, q, k, v, made, d, { kvLengths: [27, 1] }],
  ];
  for (const [code, argument, message, ...args] of wrong) {
    assert.throws(
      () => any.attentionBackward(...args),
      (error) => {
        assert.ok(error instanceof HeadlightError, String(error));
        assert.deepEqual([error.code, error.argument], [code, argument], error.message);
        assert.match(error.message, message);
        return true;
      },
    );
  }
  assert.deepEqual(t.data, q.data);
  t.dispose();
});

test("takes memory by its length, not by the square of it", async () => {
  const core = await openCore({ build, threads });
  const [len, dim] = [4096, 16];
  const [q, k, v, d] = [0, 1, 2, 3].map(() => randomTensor(random, 1, 1, len, dim));
  const { byteLength } = core.exports.memory.buffer;
  both(q, k, v, d, { causal: true }, new Headlight(core));
  const taken = core.exports.memory.buffer.byteLength - byteLength;
  // Five arrays in, three out, and to work in five for each thread and two for all; the weights alone
  // would take 64 MiB.
  assert.ok(taken <= 2 ** 20 + (12 + 6 * threads) * 4 * len * dim, `${taken} bytes`);
});
