// Tensors in wasm memory: not copied, gone when disposed of, and nothing else kept for long.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Headlight, tensor } from "../../web/headlight/headlight.js";
import { build, core, generator, hl, openCore, randomTensor } from "./setup.js";

/** @typedef {import("../../web/headlight/headlight.js").Tensor} Tensor */

afterEach(() => assert.equal(core.liveBlocks, 0));

/** @param {Tensor} tensor */
function allocated({ data, shape }, on = hl) {
  const result = on.alloc(shape);
  result.data.set(data);
  return result;
}

/** @param {{ dispose(): void }[]} handles */
const dispose = (...handles) => {
  for (const handle of handles) handle.dispose();
};

const bytesOf = (of = core) => of.exports.memory.buffer.byteLength;

test("zeros of a shape, disposed of once or twice", () => {
  const before = core.liveBlocks;
  const t = hl.alloc([2, 3]);
  assert.deepEqual(t.shape, [2, 3]);
  assert.deepEqual([...t.data], [0, 0, 0, 0, 0, 0]);
  assert.notEqual(t.data, t.data);
  t.data[4] = 7;
  assert.deepEqual([...t.data], [0, 0, 0, 0, 7, 0]);
  assert.throws(() => t.shape.push(1), TypeError);
  assert.equal(core.liveBlocks, before + 1);
  t.dispose();
  t.dispose();
  assert.equal(core.liveBlocks, before);
  const again = hl.alloc([2, 3]);
  assert.ok(again.data.every((x) => x === 0));
  again[Symbol.dispose]();
  for (const shape of [[], [0], [3, 0]]) {
    const empty = hl.alloc(shape);
    assert.equal(empty.data.length, shape.length === 0 ? 1 : 0);
    empty.dispose();
  }
});

test("shapes that are none", () => {
  const alloc = (/** @type {any} */ shape) => () => hl.alloc(shape);
  assert.throws(alloc(3), { code: "shape", argument: "shape", message: /^shape is 3, expected/ });
  assert.throws(alloc([2, -1]), { code: "shape", message: /^shape is \[2, -1\]/ });
  assert.throws(alloc([1.5]), { code: "shape", argument: "shape" });
  assert.throws(alloc([2 ** 20, 2 ** 20]), { code: "memory", argument: "shape" });
});

/** Every call, on tensors made by `make`, and each result's numbers. @param {(t: Tensor) => Tensor} make */
function everyCall(make) {
  const random = generator(21);
  const t = (/** @type {number[]} */ ...shape) => make(randomTensor(random, ...shape));
  const [q, k, v, mask] = [t(1, 4, 5, 6), t(1, 2, 7, 6), t(1, 2, 7, 3), t(5, 10)];
  const past = { k: t(1, 2, 3, 6), v: t(1, 2, 3, 3) };
  const x = t(2, 9, 8);
  const [wq, wk, wv, wo] = [t(8, 8), t(8, 8), t(8, 8), t(8, 8)];
  const [bq, bk, bv, bo, biasK, biasV] = [t(8), t(8), t(8), t(8), t(8), t(8)];
  const options = /** @type {const} */ ({ past, mask, returns: ["scores", "weights"] });
  const attended = hl.attention(q, k, v, options);
  const layer = hl.multiHeadAttention(
    x,
    x,
    x,
    { wq, bq, wk, bk, wv, bv, wo, bo, biasK, biasV },
    { heads: 2, keyMask: t(2, 9), returns: ["weights"] },
  );
  const traced = hl.trace({ embeddings: t(4, 8), positions: t(4, 8), wq, wk, wv, wo, heads: 2 });
  return [
    ...[attended.output, attended.present?.k, attended.present?.v, attended.scores],
    ...[attended.weights, layer.output, layer.weights, ...Object.values(traced)],
    ...[hl.linear(x, wq, bq), hl.softmax(x), hl.embed([0, 2], wq)],
  ];
}

test("taken by every call without a copy, to the same bits as arrays", () => {
  /** @type {import("../../web/headlight/memory.js").WasmTensor[]} */
  const made = [];
  const expected = everyCall((t) => t);
  const actual = everyCall((t) => {
    const result = allocated(t);
    made.push(result);
    return result;
  });
  assert.deepEqual(actual, expected);
  const views = everyCall((t) => {
    const result = allocated(t);
    made.push(result);
    return { data: result.data, shape: result.shape };
  });
  assert.deepEqual(views, expected);
  dispose(...made);
});

test("large ones take no memory beside themselves", async () => {
  const core = await openCore({ build });
  const hl = new Headlight(core);
  const [x, w, out] = [hl.alloc([1, 1, 2048, 512]), hl.alloc([1, 1, 2, 512]), [1, 1, 2048, 512]];
  x.data.fill(1);
  const output = hl.alloc(out);
  hl.attention(x, w, w, { out: output });
  const before = bytesOf(core);
  for (let i = 0; i < 3; i++) hl.attention(x, w, w, { out: output });
  assert.equal(bytesOf(core), before);
  // Three tensors of 4 MiB or less, and less than one of them to work in.
  assert.ok(before < 2 * 2 ** 22 + 2 ** 21, `${before} bytes`);
});

test("as out they are written in place and returned", () => {
  const random = generator(22);
  const [q, k, v] = [1, 2, 3].map(() => randomTensor(random, 2, 3, 7, 4));
  const out = hl.alloc([2, 3, 7, 4]);
  const expected = hl.attention(q, k, v).output;
  assert.equal(hl.attention(q, k, v, { out }).output, out);
  assert.deepEqual(out.data, expected.data);
  out.data.fill(0);
  const view = { data: out.data, shape: [2, 3, 7, 4] };
  assert.equal(hl.attention(q, k, v, { out: view }).output, view);
  assert.deepEqual(out.data, expected.data);

  const x = randomTensor(random, 5, 8);
  const weights = { wq: hl.alloc([8, 8]), wk: hl.alloc([8, 8]), wv: hl.alloc([8, 8]) };
  for (const w of Object.values(weights)) w.data.set(randomTensor(random, 8, 8).data);
  const layer = { ...weights, wo: weights.wv };
  const rows = hl.alloc([5, 8]);
  const { output } = hl.multiHeadAttention(x, x, x, layer, { heads: 2, out: rows });
  assert.equal(output, rows);
  assert.deepEqual(rows.data, hl.multiHeadAttention(x, x, x, layer, { heads: 2 }).output.data);
  assert.equal(hl.linear(x, weights.wq, null, { out: rows }), rows);
  assert.deepEqual(rows.data, hl.linear(x, weights.wq).data);
  const traced = hl.trace({ embeddings: x, ...weights, out: { output: rows } });
  assert.equal(traced.output, rows);
  assert.deepEqual(rows.data, hl.trace({ embeddings: x, ...weights }).output.data);
  dispose(out, rows, ...Object.values(weights));
});

test("an out that does not fit or overlaps what is read, with nothing written", () => {
  const t = allocated(randomTensor(generator(23), 4, 6));
  const before = t.data.slice();
  const message = /^out overlaps (q|k|v)$/;
  assert.throws(() => hl.attention(t, t, t, { out: t }), {
    code: "value",
    argument: "out",
    message,
  });
  const part = { data: t.data.subarray(4, 16), shape: [2, 6] };
  const x = part.data.slice();
  const other = { data: x, shape: [2, 6] };
  assert.throws(() => hl.attention(other, t, t, { out: part }), { code: "value", argument: "out" });
  const eye = { wq: [[1]], wk: [[1]], wv: [[1]], wo: [[1]] };
  const column = { data: t.data, shape: [24, 1] };
  assert.throws(() => hl.multiHeadAttention(column, column, column, eye, { out: column }), {
    code: "value",
    argument: "out",
    message: /^out overlaps/,
  });
  const first = { data: t.data.subarray(0, 1), shape: [1, 1] };
  const linears = /** @type {const} */ ([
    [column, [[1]], column],
    [[[1]], first, first],
  ]);
  for (const [x, w, out] of linears) {
    assert.throws(() => hl.linear(x, w, null, { out }), {
      code: "value",
      argument: "out",
      message: /^out overlaps [xw]$/,
    });
  }
  const short = hl.alloc([4, 5]);
  assert.throws(() => hl.linear(column, [[1, 2]], null, { out: short }), {
    code: "shape",
    argument: "out",
    message: "out is 4×5, expected 24×2",
  });
  assert.throws(() => hl.attention(t, t, t, { out: short }), {
    code: "shape",
    argument: "out",
    message: "out is 4×5, expected 4×6",
  });
  assert.throws(() => hl.attention(t, t, [[1]], { out: short }), { argument: "v" });
  assert.deepEqual(t.data, before);
  assert.ok(short.data.every((x) => x === 0));
  dispose(t, short);
});

test("after dispose each use is refused by name", () => {
  const gone = hl.alloc([2, 2]);
  gone.dispose();
  const w = tensor([
    [1, 0],
    [0, 1],
  ]);
  /** @type {[string, () => unknown][]} */
  const uses = [
    ["data", () => gone.data],
    ["q", () => hl.attention(gone, w, w)],
    ["v", () => hl.attention(w, w, gone)],
    ["mask", () => hl.attention(w, w, w, { mask: gone })],
    ["out", () => hl.attention(w, w, w, { out: gone })],
    ["past", () => hl.attention(w, w, w, { past: { k: gone, v: gone } })],
    ["wo", () => hl.multiHeadAttention(w, w, w, { wq: w, wk: w, wv: w, wo: gone })],
    ["x", () => hl.softmax(gone)],
    ["b", () => hl.linear(w, w, gone)],
    ["table", () => hl.embed([0], gone)],
    ["positions", () => hl.trace({ embeddings: w, wq: w, wk: w, wv: w, positions: gone })],
  ];
  for (const [argument, use] of uses) {
    assert.throws(use, { name: "HeadlightError", code: "disposed", argument });
  }
});

test("a tensor of another instance is copied", async () => {
  const other = new Headlight(await openCore({ build }));
  const random = generator(24);
  const [q, k, v] = [1, 2, 3].map(() => randomTensor(random, 8, 3));
  const expected = hl.attention(q, k, v).output;
  const [a, b, c] = [q, k, v].map((t) => allocated(t, other));
  const out = other.alloc([8, 3]);
  assert.deepEqual(hl.attention(a, b, c).output, expected);
  assert.equal(hl.attention(a, b, c, { out }).output, out);
  assert.deepEqual(out.data, expected.data);
  c.dispose();
  assert.throws(() => hl.attention(a, b, c), { code: "disposed", argument: "v" });
});

test("a call that makes memory grow under its own arguments", async () => {
  const core = await openCore({ build });
  const hl = new Headlight(core);
  const x = allocated(randomTensor(generator(25), 3, 4), hl);
  const many = 2 ** 17;
  const keys = { data: new Float32Array(4 * many), shape: [many, 4] };
  keys.data.fill(1);
  const view = { data: x.data, shape: [3, 4] };
  const before = bytesOf(core);
  const out = hl.alloc([3, 4]);
  const written = { data: out.data, shape: [3, 4] };
  const { output } = hl.attention(view, keys, keys, { out: written });
  assert.ok(bytesOf(core) > before);
  assert.equal(output, written);
  assert.equal(view.data.length, 0, "the old view is gone");
  assert.ok(out.data.every((x) => Math.abs(x - 1) < 1e-6));
});

test("what calls have worked in is given back, but for 64 KiB", async () => {
  const core = await openCore({ build });
  const hl = new Headlight(core);
  const first = core.free;
  const x = { data: new Float32Array(2 ** 20), shape: [2 ** 12, 2 ** 8] };
  hl.attention(x, x, x);
  const grown = bytesOf(core);
  assert.ok(grown > 2 ** 24, "the call took memory");
  assert.equal(core.liveBlocks, 0);
  assert.equal(core.free, first);
  assert.equal(core.end - core.free, 2 ** 16);
  // Memory cannot shrink, but all of it is free for what comes.
  const all = hl.alloc([(grown - 2 ** 21) / 4]);
  assert.equal(bytesOf(core), grown);
  all.dispose();
});

test("attention takes memory by its length, not by the square of it", async () => {
  const core = await openCore({ build });
  const [len, dim] = [4096, 16];
  const random = generator(5);
  const [q, k, v] = [0, 1, 2].map(() => randomTensor(random, 1, 1, len, dim));
  const before = bytesOf(core);
  new Headlight(core).attention(q, k, v);
  // q, k, v, the output, the packed keys and a few tiles; the scores alone would take 64 MiB.
  assert.ok(bytesOf(core) - before <= 2 ** 20 + 8 * 4 * len * dim, `${bytesOf(core) - before}`);
});
