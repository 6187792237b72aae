// linear, softmax, embed, positionEncoding, tensor.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tensor } from "../../web/headlight/headlight.js";
import { assertClose, generator, hl, randomTensor } from "./setup.js";

test("linear of every rank, with edges beside every tile", () => {
  const random = generator(1);
  for (const [rows, depth, cols] of [
    [1, 1, 1],
    [7, 16, 8],
    [5, 17, 9],
    [13, 40, 23],
    [0, 3, 2],
    [3, 0, 2],
  ]) {
    const x = randomTensor(random, rows, depth);
    const w = randomTensor(random, depth, cols);
    const b = randomTensor(random, cols);
    const { data, shape } = hl.linear(x, w, b);
    assert.deepEqual(shape, [rows, cols]);
    data.forEach((y, at) => {
      const [row, col] = [Math.floor(at / cols), at % cols];
      let sum = b.data[col];
      for (let k = 0; k < depth; k++) sum += x.data[row * depth + k] * w.data[k * cols + col];
      assert.ok(Math.abs(y - sum) <= 1e-6 * (1 + depth / 4), `${at} of ${rows}×${depth}×${cols}`);
    });
  }
  const x = randomTensor(random, 2, 3, 4, 5);
  const w = randomTensor(random, 5, 6);
  const { data, shape } = hl.linear(x, w);
  assert.deepEqual(shape, [2, 3, 4, 6]);
  assert.deepEqual(data, hl.linear({ data: x.data, shape: [24, 5] }, w).data);
  assert.deepEqual(
    hl.linear(
      [1, 2],
      [
        [1, 0, 1],
        [0, 1, 1],
      ],
    ),
    tensor([1, 2, 3]),
  );
});

test("linear writes into out and returns it, and leaves it alone after an error", () => {
  const w = randomTensor(generator(3), 2, 3);
  const out = tensor([0, 0, 0]);
  assert.equal(hl.linear([1, 2], w, [1, 2, 3], { out }), out);
  assert.deepEqual(out, hl.linear([1, 2], w, [1, 2, 3]));
  const before = out.data.slice();
  /** @type {[any[], string, any][]} */
  const wrong = [
    [[[[3, 4]], w, null, { out }], "shape", "out is 3, expected 1×3"],
    [[[3, 4], w, [1, 2], { out }], "shape", /^b has 2 numbers/],
    [[[3, 4], w, null, { out: out.data }], "type", /^out is a Float32Array, expected a tensor/],
    [[[3, 4], w, null, { into: out }], "value", /^options has "into"/],
    [[[3, 4], w, null, out], "value", /^options has "data"/],
  ];
  for (const [args, code, message] of wrong) {
    assert.throws(() => /** @type {any} */ (hl).linear(...args), { code, message });
  }
  assert.deepEqual(out.data, before);
});

test("softmax over the last axis", () => {
  const random = generator(2);
  for (const width of [1, 2, 3, 4, 5, 63, 64, 65, 300]) {
    const x = randomTensor(random, 3, width);
    const { data, shape } = hl.softmax(x);
    assert.deepEqual(shape, [3, width]);
    for (let row = 0; row < 3; row++) {
      const exps = Array.from(x.data.subarray(row * width, (row + 1) * width), Math.exp);
      const total = exps.reduce((sum, e) => sum + e, 0);
      const expected = exps.map((e) => e / total);
      const own = data.subarray(row * width, (row + 1) * width);
      assertClose(own, expected, 2e-7 * Math.max(...expected), `width ${width}`);
    }
  }
});

test("softmax of large, equal, infinite and no numbers", () => {
  assert.deepEqual([...hl.softmax([1e4, -1e4, 1e4]).data], [0.5, 0, 0.5]);
  assert.deepEqual([...hl.softmax([7, 7, 7, 7]).data], [0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual([...hl.softmax([0, -Infinity, 0]).data], [0.5, 0, 0.5]);
  assert.ok(hl.softmax([-Infinity, -Infinity]).data.every(Number.isNaN));
  assert.ok(hl.softmax([1, NaN, 2, 3, 4]).data.every(Number.isNaN));
  assert.ok(hl.softmax([1, Infinity]).data.every(Number.isNaN));
  assert.deepEqual(hl.softmax([]), { data: new Float32Array(0), shape: [0] });
  const even = hl.softmax(new Float32Array(65536).fill(-3)).data;
  assert.ok(Math.abs(even.reduce((sum, x) => sum + x, 0) - 1) <= 1e-6);
});

test("embed gives the rows that ids name", () => {
  const table = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  assert.deepEqual(
    hl.embed([2, 0, 2], table),
    tensor([
      [5, 6],
      [1, 2],
      [5, 6],
    ]),
  );
  assert.deepEqual(hl.embed([[1], [0]], table), tensor([[[3, 4]], [[1, 2]]]));
  assert.deepEqual(hl.embed(1, table), tensor([3, 4]));
  assert.deepEqual(hl.embed(Int32Array.of(1), table), tensor([[3, 4]]));
  for (const Integers of [Uint32Array, Int16Array, Uint8Array]) {
    assert.deepEqual(hl.embed(Integers.of(1), table), tensor([[3, 4]]));
    const ids = { data: Integers.of(1, 0), shape: [2, 1] };
    assert.deepEqual(hl.embed(ids, table), tensor([[[3, 4]], [[1, 2]]]));
  }
  assert.deepEqual(hl.embed([], table).shape, [0, 2]);
  assert.throws(() => hl.embed([0, 3], table), {
    code: "value",
    argument: "ids",
    message: "ids[1] is 3 but table has 3 rows",
  });
  assert.throws(() => hl.embed([-1], table), { code: "value", argument: "ids" });
  for (const [ids, id] of /** @type {const} */ ([
    [[0, 0.5], 0.5],
    [Uint32Array.of(0, 4294967295), 4294967295],
    [[0, -2147483649], -2147483649],
    [[0, Number.NaN], Number.NaN],
  ])) {
    assert.throws(() => hl.embed(ids, table), {
      code: "value",
      argument: "ids",
      message: `ids[1] is ${id}, expected a whole number from 0 to 2147483647`,
    });
  }
});

test("position encoding interleaves sine and cosine of an angle in double", () => {
  for (const dModel of [1, 2, 3, 6, 7, 64]) {
    for (const [base, first] of [
      [10000, 0],
      [500, 123456789],
    ]) {
      const { data, shape } = hl.positionEncoding(5, dModel, { base, first });
      assert.deepEqual(shape, [5, dModel]);
      data.forEach((x, at) => {
        const [p, i] = [Math.floor(at / dModel), at % dModel];
        const angle = (first + p) / base ** ((i - (i % 2)) / dModel);
        const expected = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
        // One rounding of float32, and what an ulp of the angle in double is worth.
        const tolerance = 2 ** -24 + Math.abs(angle) * 2 ** -51;
        assert.ok(Math.abs(x - expected) <= tolerance, `${at} of d_model ${dModel}: ${x}`);
      });
    }
  }
});

test("tensor keeps a Float32Array, rounds numbers and checks shapes", () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const kept = tensor(data, [2, 3]);
  assert.equal(kept.data, data);
  assert.deepEqual(
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    kept,
  );
  assert.deepEqual(tensor([1, 2, 3, 4, 5, 6], [2, 3]), kept);
  assert.deepEqual(tensor(Float64Array.from(data), [2, 3]), kept);
  assert.deepEqual(tensor(data), { data, shape: [6] });
  assert.deepEqual(tensor([[], []]).shape, [2, 0]);
  assert.equal(tensor([0.1]).data[0], Math.fround(0.1));
  const frozen = Object.freeze([Object.freeze([1, 2, 3]), Object.freeze([4, 5, 6])]);
  assert.deepEqual(tensor(frozen), kept);
});
