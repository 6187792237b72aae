// Every error: its code, the argument it names, and that nothing is leaked or changed.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { HeadlightError, load, tensor } from "../../web/headlight/headlight.js";
import { core, hl } from "./setup.js";

const x = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const w = [
  [1, 0],
  [0, 1],
];

/** Arguments of any type: what is tested is that wrong ones are refused. @type {any} */
const any = hl;

afterEach(() => assert.equal(core.liveBlocks, 0));

/**
 * @param {() => unknown} call
 * @param {string} code
 * @param {string} argument
 * @param {RegExp | string} message
 */
function fails(call, code, argument, message) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof HeadlightError, String(error));
    assert.equal(error.name, "HeadlightError");
    assert.deepEqual([error.code, error.argument], [code, argument], error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}

test("tensors", () => {
  const q = (/** @type {unknown} */ value) => () => any.attention(value, x, x);
  fails(q(undefined), "type", "q", "q is undefined, expected a tensor or nested arrays of numbers");
  fails(q("text"), "type", "q", /q is "text"/);
  fails(
    q([[1, 2], [3]]),
    "shape",
    "q",
    "q is ragged: q[1] is an array of 1, expected an array of 2",
  );
  fails(q([[1, 2], 3]), "shape", "q", "q is ragged: q[1] is 3, expected an array of 2");
  fails(
    q([
      [1, 2],
      [3, [4]],
    ]),
    "shape",
    "q",
    /q is ragged: q\[1\]\[1\] is an array of 1/,
  );
  fails(q([[1, "2"]]), "type", "q", 'q[0][1] is "2", expected a number');
  fails(q([[1, null]]), "type", "q", "q[0][1] is null, expected a number");
  fails(q([[1, true]]), "type", "q", /q\[0\]\[1\] is true/);
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  fails(q([[1, ,]]), "type", "q", /q\[0\]\[1\] is undefined/);
  fails(q(new Int16Array(4)), "type", "q", /a Int16Array/);
  fails(q({ data: new Float32Array(3), shape: [2, 2] }), "shape", "q", /3 numbers, expected 4/);
  fails(q({ data: new Float32Array(0), shape: [-1, 0] }), "shape", "q", /whole numbers/);
  fails(q({ data: new Float32Array(1), shape: "1" }), "shape", "q", /whole numbers/);
  fails(q({ data: [1], shape: [1] }), "type", "q", /expected a Float32Array/);
  fails(q([[[[[1]]]]]), "shape", "q", "q has rank 5, expected 2 to 4");
  fails(q([1, 2]), "shape", "q", "q has rank 1, expected 2 to 4");
  let deep = /** @type {any} */ (1);
  for (let i = 0; i < 1000; i++) deep = [deep];
  fails(q(deep), "shape", "q", /nested too deep/);
  const cyclic = /** @type {any[]} */ ([]);
  cyclic[0] = cyclic;
  fails(q(cyclic), "shape", "q", /nested too deep/);
  fails(
    () => tensor(new Float32Array(1), new Array(2)),
    "shape",
    "shape",
    /\[undefined, undefined\]/,
  );
  const huge = { data: new Float32Array(0), shape: [2 ** 31, 0] };
  fails(q(huge), "shape", "q", /the shape of q is \[2147483648, 0\]/);
  fails(() => tensor(/** @type {any} */ ("a")), "type", "data", /expected a tensor/);
  fails(() => tensor([1, 2, 3], [2]), "shape", "shape", /3 numbers, expected 2/);
});

test("tensors that no call may hang on", () => {
  const cyclic = /** @type {any[]} */ ([]);
  cyclic[0] = cyclic;
  fails(() => hl.attention(x, x, x, { mask: cyclic }), "shape", "mask", /nested too deep/);
  fails(() => hl.embed(cyclic, w), "shape", "ids", /nested too deep/);
  const empty = (/** @type {number[]} */ ...shape) => ({ data: new Float32Array(0), shape });
  const many = 2 ** 29 - 1;
  assert.deepEqual(hl.attention(empty(many, 1, 0, 1), empty(many, 1, 0, 1), empty(many, 1, 0, 1)), {
    output: empty(many, 1, 0, 1),
  });
  const none = empty(0, 0);
  const layer = { wq: none, wk: none, wv: none, wo: none };
  const keys = empty(many, 0, 0);
  const { output } = hl.multiHeadAttention(empty(many, 1, 0), keys, keys, layer);
  assert.deepEqual(output.shape, [many, 1, 0]);
  assert.deepEqual(hl.positionEncoding(0, many).shape, [0, many]);
  assert.deepEqual(hl.linear(empty(many, 0), empty(0, 0)).shape, [many, 0]);
});

test("sizes whose results cannot be addressed", () => {
  const tall = { data: new Float32Array(30000), shape: [30000, 1] };
  const flat = { data: tall.data, shape: [1, 30000] };
  fails(() => hl.attention(tall, [[1]], flat), "memory", "q", /q asks for more memory/);
  fails(() => hl.linear(tall, flat), "memory", "x", /x asks for more memory/);
  const one = { wq: [[1]], wk: [[1]], wv: [[1]] };
  fails(() => hl.trace({ embeddings: tall, ...one }), "memory", "embeddings", /asks for more/);
  const wide = { ...one, wo: flat };
  fails(() => hl.multiHeadAttention(tall, [[1]], [[1]], wide), "memory", "query", /asks for more/);
});

test("attention: shapes", () => {
  fails(() => hl.attention(x, [[1, 2, 3]], x), "shape", "k", /k is 1×3 but q is 3×2/);
  fails(() => hl.attention(x, x, x.slice(1)), "shape", "v", /v is 2×2 but k is 3×2/);
  fails(() => hl.attention(x, [x], x), "shape", "k", "k is 1×3×2, expected rank 2 as q has");
  fails(() => hl.attention(x, x, x, { heads: 3 }), "shape", "q", /2 is not a multiple of 3/);
  const many = { heads: 2, kvHeads: 4 };
  fails(() => hl.attention([x], [[[1, 2, 3]]], [x], many), "shape", "k", /kvHeads is 4/);
  const q4 = [[x, x, x]];
  fails(
    () => hl.attention(q4, [[x, x]], [[x, x]]),
    "shape",
    "kvHeads",
    /3 query heads cannot share 2/,
  );
  fails(
    () => hl.attention(q4, q4, q4, { heads: 2 }),
    "shape",
    "heads",
    /heads is 2 but q is 1×3×3×2/,
  );
});

test("attention: options", () => {
  const option = (/** @type {any} */ options) => () => any.attention(x, x, x, options);
  fails(option(null), "type", "options", /options is null/);
  fails(option(7), "type", "options", /options is 7/);
  fails(option({ casual: true }), "value", "casual", /did you mean causal\?/);
  fails(option({ kv_heads: 1 }), "value", "kv_heads", /did you mean kvHeads\?/);
  fails(option({ heads: 0 }), "value", "heads", /heads is 0, expected a whole number from 1/);
  fails(option({ heads: 1.5 }), "value", "heads", /heads is 1.5/);
  fails(option({ heads: "2" }), "type", "heads", /heads is "2"/);
  fails(option({ kvHeads: -1 }), "value", "kvHeads", /kvHeads is -1/);
  fails(
    option({ scale: Infinity }),
    "value",
    "scale",
    /scale is Infinity, expected a finite number/,
  );
  fails(option({ scale: 1e39 }), "value", "scale", /within float32/);
  fails(option({ scale: "1" }), "type", "scale", /expected a number/);
  fails(option({ softcap: -1 }), "value", "softcap", "softcap is -1, expected 0 or more");
  fails(option({ softcap: NaN }), "value", "softcap", /softcap is NaN/);
  fails(option({ causal: 1 }), "type", "causal", "causal is 1, expected true or false");
  fails(option({ window: 3 }), "type", "window", /expected \[left, right\]/);
  fails(option({ window: [1] }), "type", "window", /expected \[left, right\]/);
  fails(option({ window: [1, -1] }), "value", "window", /window is -1/);
  fails(option({ window: [0.5, 1] }), "value", "window", /window is 0.5/);
  fails(option({ mask: [true, 1] }), "type", "mask", "mask[1] is 1, expected a boolean");
  fails(option({ mask: [0, true] }), "type", "mask", "mask[1] is true, expected a number");
  fails(
    option({ mask: [[true], [true]] }),
    "shape",
    "mask",
    "mask is 2×1: 2 for the queries, expected 1 or 3",
  );
  fails(
    option({ mask: [0, 0, 0, 0] }),
    "shape",
    "mask",
    "mask is 4: 4 for the keys, expected at most 3",
  );
  fails(option({ kvLengths: 3 }), "type", "kvLengths", /expected an array/);
  fails(
    option({ kvLengths: [1, 2] }),
    "shape",
    "kvLengths",
    /kvLengths has 2 numbers, expected one per batch: 1/,
  );
  fails(option({ kvLengths: [4] }), "value", "kvLengths", "kvLengths[0] is 4, expected 0 to 3");
  fails(option({ kvLengths: [-1] }), "value", "kvLengths", /kvLengths is -1/);
  fails(option({ past: [] }), "type", "past", /expected \{ k, v \}/);
  fails(option({ past: { k: x, v: x } }), "shape", "past", "past.k has rank 2, expected 4");
  const past = { k: [[[[1, 2]]]], v: [[[[1, 2]]]] };
  fails(
    option({ past: { ...past, v: [[[[1]]]] } }),
    "shape",
    "past",
    /past.v is 1×1×1×1, expected/,
  );
  fails(
    option({
      past: {
        ...past,
        v: [
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
      },
    }),
    "shape",
    "past",
    /same length/,
  );
  fails(option({ past, kvLengths: [1] }), "value", "kvLengths", "kvLengths cannot go with past");
  fails(option({ returns: "weights" }), "type", "returns", /expected an array of names/);
  fails(option({ returns: ["weight"] }), "value", "returns", /returns has "weight"/);
  fails(option({ out: new Float32Array(6) }), "type", "out", /expected a tensor/);
  fails(option({ out: tensor([1, 2]) }), "shape", "out", "out is 2, expected 3×2");
  const short = { data: new Float32Array(5), shape: [3, 2] };
  fails(option({ out: short }), "shape", "out", /out has 5 numbers, expected 6 for the shape 3×2/);
});

test("multiHeadAttention", () => {
  const weights = { wq: w, wk: w, wv: w, wo: w };
  const call =
    (/** @type {any} */ more, /** @type {any} */ options = {}) =>
    () =>
      any.multiHeadAttention(x, x, x, { ...weights, ...more }, options);
  fails(call({ wq: undefined }), "type", "wq", /wq is undefined/);
  fails(call({ wx: w }), "value", "wx", /weights has "wx"/);
  const across = [
    [1, 0, 1, 0],
    [0, 1, 1, 0],
    [0, 1, 1, 0],
  ];
  fails(call({ wq: across }), "shape", "wq", "wq is 3×4 but query is 3×2: query·wq needs 2 rows");
  const turned = [
    [1, 0],
    [0, 1],
    [1, 1],
  ];
  fails(
    call({ wk: turned }),
    "shape",
    "wk",
    "wk is 3×2 but key is 3×2: key·wk needs 2 rows; did you pass wkᵀ?",
  );
  fails(call({ wk: [[1], [1]] }), "shape", "wk", /same number of columns/);
  fails(call({ wo: turned }), "shape", "wo", /concat·wo needs 2 rows/);
  fails(call({ bq: [1] }), "shape", "bq", "bq has 1 numbers, expected 2 as wq has columns");
  fails(call({ biasK: [1, 2] }), "shape", "biasV", "biasK and biasV go together, found only biasK");
  fails(call({ biasK: [1], biasV: [1, 2] }), "shape", "biasK", /biasK has 1 numbers/);
  fails(call({}, { heads: 3 }), "shape", "wq", /heads is 3/);
  fails(
    call({}, { keyMask: [[[true]]] }),
    "shape",
    "keyMask",
    /keyMask is 1×1×1, expected \(keys\)/,
  );
  fails(call({}, { keyMask: [true, true, true, true] }), "shape", "keyMask", /3 keys/);
  fails(call({}, { addZeroAttn: 1 }), "type", "addZeroAttn", /expected true or false/);
  fails(call({}, { returns: ["scores"] }), "value", "returns", /expected some of weights/);
  const keyMask = [
    [true, true, true],
    [true, true, true],
  ];
  fails(call({}, { keyMask }), "shape", "keyMask", /keyMask is 2×3, expected \(keys\) or/);
  const missing = () => any.multiHeadAttention(x, x, x);
  fails(missing, "type", "weights", "weights is undefined, expected an object");
  fails(() => hl.multiHeadAttention(x, [x], [x], weights), "shape", "key", /same rank/);
  fails(() => hl.multiHeadAttention(x, x, x.slice(1), weights), "shape", "value", /same length/);
});

test("linear, softmax, positionEncoding", () => {
  fails(
    () => hl.linear(x, x),
    "shape",
    "w",
    "w is 3×2 but x is 3×2: x·w needs 2 rows; did you pass wᵀ?",
  );
  fails(() => hl.linear(x, w, [1, 2, 3]), "shape", "b", /b has 3 numbers/);
  fails(() => hl.linear(x, [1, 2]), "shape", "w", "w has rank 1, expected 2");
  fails(() => any.softmax(3), "type", "x", /x is 3/);
  fails(() => hl.positionEncoding(-1, 2), "value", "len", /len is -1/);
  fails(() => hl.positionEncoding(2, 2.5), "value", "dModel", /dModel is 2.5/);
  fails(() => any.positionEncoding("2", 2), "type", "len", /len is "2"/);
  fails(
    () => hl.positionEncoding(2, 2, { base: 0 }),
    "value",
    "base",
    "base is 0, expected more than 0",
  );
  fails(() => hl.positionEncoding(2, 2, { base: NaN }), "value", "base", /base is NaN/);
  fails(
    () => hl.positionEncoding(3, 4, { base: 5e-324, first: 1e300 }),
    "value",
    "first",
    /within double/,
  );
  fails(() => hl.positionEncoding(2, 2, { base: -2.5e-6 }), "value", "base", /base is -2.5e-6/);
  fails(() => hl.positionEncoding(2 ** 30, 2 ** 30), "memory", "len", /len needs more memory/);
});

test("trace", () => {
  const right = { embeddings: x, wq: w, wk: w, wv: w };
  const call = (/** @type {any} */ more) => () => any.trace({ ...right, ...more });
  fails(() => any.trace(), "type", "options", /options is undefined/);
  fails(call({ embeddings: undefined }), "type", "embeddings", /embeddings is undefined/);
  fails(call({ positions: [[1, 2]] }), "shape", "positions", /expected the same shape/);
  fails(
    call({
      wq: [
        [1, 0, 1],
        [0, 1, 1],
        [1, 1, 1],
      ],
    }),
    "shape",
    "wq",
    "wq is 3×3 but x is 3×2: x·wq needs 2 rows",
  );
  fails(call({ wo: [[1]] }), "shape", "wo", "wo is 1×1 but concat is 3×2: concat·wo needs 2 rows");
  fails(call({ heads: 3 }), "shape", "wq", /heads is 3/);
  fails(call({ mask: [[true], [true]] }), "shape", "mask", /2 for the queries, expected 1 or 3/);
  fails(call({ positions: 0 }), "type", "positions", /positions is 0/);
  fails(call({ embedding: x }), "value", "embedding", /did you mean embeddings\?/);
});

test("memory that is not there", () => {
  const before = core.exports.memory.buffer.byteLength;
  const shape = [1, 1, 3, 2];
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const q = { data, shape };
  const long = { data: new Float32Array(2 ** 16), shape: [1, 1, 2 ** 15, 2] };
  fails(
    () => hl.attention(long, long, long, { returns: ["scores", "weights"] }),
    "memory",
    "q",
    /q asks for more memory than can be addressed/,
  );
  assert.ok(core.exports.memory.buffer.byteLength < before + 2 ** 26);
  assert.equal(hl.attention(q, q, q).output.data.length, 6);
});

test("load", async () => {
  const rejects = async (/** @type {any} */ options, /** @type {object} */ expected) =>
    assert.rejects(load(options), expected);
  await rejects({ build: "fast" }, { code: "value", argument: "build" });
  await rejects({ threads: 0 }, { code: "value", argument: "threads" });
  await rejects({ thread: 2 }, { code: "value", message: /did you mean threads\?/ });
  await rejects({ wasm: 7 }, { code: "type", argument: "wasm" });
  await rejects({ wasm: new Uint8Array(8) }, { code: "value", argument: "build" });
  for (const wasm of ["", "headlight.wasm", "./folder/", "http://["]) {
    await rejects({ wasm }, { code: "load", argument: "wasm" });
  }
  await rejects({ wasm: new Uint8Array(8), build: "simd" }, { code: "load", argument: "wasm" });
});
