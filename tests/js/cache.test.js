// hl.cache: what it gives is what past and present give, bit for bit, in memory that does not grow.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Headlight } from "../../web/headlight/headlight.js";
import { build, core, generator, hl, openCore, randomTensor } from "./setup.js";

/** @typedef {import("../../web/headlight/headlight.js").Tensor} Tensor */
/** @typedef {import("../../web/headlight/headlight.js").AttentionOptions} AttentionOptions */

afterEach(() => assert.equal(core.liveBlocks, 0));

/** The same step with past and present, and with a cache. */
const layouts = {
  "rank 4": (/** @type {number} */ len) => ({
    q: [2, 4, len, 5],
    k: [2, 2, len, 5],
    v: [2, 2, len, 3],
  }),
  "rank 3": (/** @type {number} */ len) => ({ q: [2, len, 20], k: [2, len, 10], v: [2, len, 6] }),
  "rank 2": (/** @type {number} */ len) => ({ q: [len, 20], k: [len, 10], v: [len, 6] }),
};

for (const [name, shapes] of Object.entries(layouts)) {
  test(`steps of ${name} give what past and present give`, () => {
    const random = generator(31);
    const batch = name === "rank 2" ? 1 : 2;
    const heads = name === "rank 4" ? {} : { heads: 4, kvHeads: 2 };
    const cache = hl.cache({ batch, kvHeads: 2, dim: 5, vDim: 3, capacity: 330 });
    /** @type {AttentionOptions["past"]} */
    let past = {
      k: { data: new Float32Array(0), shape: [batch, 2, 0, 5] },
      v: { data: new Float32Array(0), shape: [batch, 2, 0, 3] },
    };
    for (const [i, len] of [3, 1, 1, 260, 7, 1, 0, 30, 1].entries()) {
      const [q, k, v] = Object.values(shapes(len)).map((shape) => randomTensor(random, ...shape));
      /** @type {AttentionOptions} */
      const options = {
        ...heads,
        causal: i % 2 === 0,
        window: i % 3 === 0 ? [4, 2] : undefined,
        returns: i % 4 === 0 ? ["scores", "weights"] : undefined,
      };
      const before = cache.length;
      const { present, ...expected } = hl.attention(q, k, v, { ...options, past });
      const actual = hl.attention(q, k, v, { ...options, past: cache });
      assert.deepEqual(actual, expected, `step ${i}`);
      assert.equal(cache.length, before + len);
      past = present;
    }
    cache.dispose();
  });
}

test("holds its bytes and takes no more", async () => {
  const core = await openCore({ build });
  const hl = new Headlight(core);
  const bytes = () => core.exports.memory.buffer.byteLength;
  const step = (/** @type {any} */ past) => {
    const [q, k, v] = [12, 12, 12].map((heads) => randomTensor(random, 1, heads, 1, 64));
    hl.attention(q, k, v, { past });
  };
  const random = generator(32);
  const start = bytes();
  const cache = hl.cache({ kvHeads: 12, dim: 64, capacity: 1024 });
  const own = 4 * 12 * 1024 * (64 + 64);
  const held = bytes() - start;
  assert.ok(held > own - start && held < own + 2 ** 17, `${held} bytes for ${own}`);
  for (let i = 0; i < 200; i++) step(cache);
  assert.equal(cache.length, 200);
  // Present and past would take more than twice the cache's own.
  assert.ok(bytes() - start < own + 2 ** 18, `${bytes() - start} bytes`);
  assert.equal(core.liveBlocks, 1);
  cache[Symbol.dispose]();
  assert.equal(core.liveBlocks, 0);
});

test("truncate forgets the last keys", () => {
  const random = generator(33);
  const cache = hl.cache({ dim: 4, capacity: 8 });
  const x = () => randomTensor(random, 2, 4);
  const [first, second, third] = [x(), x(), x()];
  hl.attention(first, first, first, { past: cache });
  const expected = hl.attention(third, third, third, { past: cache, causal: true });
  cache.truncate(2);
  hl.attention(second, second, second, { past: cache });
  assert.equal(cache.length, 4);
  cache.truncate(4);
  cache.truncate(2);
  assert.deepEqual(hl.attention(third, third, third, { past: cache, causal: true }), expected);
  for (const [length, code] of /** @type {const} */ ([
    [5, "value"],
    [-1, "value"],
    [1.5, "value"],
    ["2", "type"],
  ])) {
    assert.throws(() => cache.truncate(/** @type {any} */ (length)), { code, argument: "length" });
  }
  assert.equal(cache.length, 4);
  cache.truncate(0);
  assert.deepEqual(
    hl.attention(first, first, first, { past: cache }).output,
    hl.attention(first, first, first).output,
  );
  cache.dispose();
});

test("what does not fit is refused before anything has changed", () => {
  const random = generator(34);
  const cache = hl.cache({ batch: 2, kvHeads: 2, dim: 5, vDim: 3, capacity: 6 });
  const t = (/** @type {number[]} */ ...shape) => randomTensor(random, ...shape);
  const q = t(2, 2, 4, 5);
  const [k, v] = [t(2, 2, 4, 5), t(2, 2, 4, 3)];
  hl.attention(q, k, v, { past: cache });
  const fails = (/** @type {() => unknown} */ call, /** @type {object} */ error) => {
    assert.throws(call, { name: "HeadlightError", ...error });
    assert.equal(cache.length, 4);
  };
  fails(() => hl.attention(q, k, v, { past: cache }), {
    code: "memory",
    argument: "past",
    message: "past has a capacity of 6 keys: 4 are there, and 4 more do not fit",
  });
  const [k1, v1] = [t(2, 2, 1, 5), t(2, 2, 1, 3)];
  const past = cache;
  fails(() => hl.attention(q, k1, t(2, 2, 1, 4), { past }), { code: "shape", argument: "past" });
  fails(() => hl.attention(t(2, 2, 4, 6), t(2, 2, 1, 6), v1, { past }), { argument: "past" });
  fails(() => hl.attention(t(1, 2, 4, 5), t(1, 2, 1, 5), t(1, 2, 1, 3), { past }), {
    code: "shape",
    argument: "past",
  });
  fails(() => hl.attention(t(2, 4, 4, 5), t(2, 4, 1, 5), t(2, 4, 1, 3), { past }), {
    code: "shape",
    argument: "past",
  });
  fails(() => hl.attention(q, k1, v1, { past, kvLengths: [1, 1] }), { argument: "kvLengths" });
  fails(() => hl.attention(q, k1, v1, { past, mask: Array(9).fill(true) }), { argument: "mask" });
  fails(() => hl.attention(q, k1, v1, { past, out: t(2) }), { argument: "out" });

  const same = () => hl.attention(q, k1, v1, { past, causal: true });
  const expected = same();
  cache.truncate(4);
  assert.deepEqual(same(), expected);
  cache.dispose();
});

test("caches that cannot be, are gone, or belong to another instance", async () => {
  const make = (/** @type {any} */ options) => () => hl.cache(options);
  assert.throws(make({ dim: 4 }), { code: "type", argument: "capacity" });
  assert.throws(make({ capacity: 4 }), { code: "type", argument: "dim" });
  assert.throws(make({ dim: 4, capacity: -1 }), { code: "value", argument: "capacity" });
  assert.throws(make({ dim: 4, capacity: 4, kvHeads: 0 }), { code: "value", argument: "kvHeads" });
  assert.throws(make({ dim: 4, capacty: 4 }), {
    code: "value",
    message: /did you mean capacity/,
  });
  assert.throws(make({ dim: 2 ** 20, capacity: 2 ** 20 }), {
    code: "memory",
    argument: "capacity",
  });
  const cache = hl.cache({ dim: 1, capacity: 4 });
  assert.deepEqual([cache.length, cache.capacity], [0, 4]);
  const other = new Headlight(await openCore({ build }));
  const attend = (on = hl) => on.attention([[1]], [[1]], [[1]], { past: cache });
  assert.throws(() => attend(other), {
    code: "value",
    argument: "past",
    message: /another instance/,
  });
  cache.dispose();
  cache.dispose();
  assert.throws(attend, { code: "disposed", argument: "past" });
  assert.throws(() => cache.length, { code: "disposed", argument: "length" });
  assert.throws(() => cache.truncate(0), { code: "disposed", argument: "length" });
});
