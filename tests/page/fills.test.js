// Whole matrices and pasted blocks of them, without a page.
import assert from "node:assert/strict";
import test from "node:test";
import { parseBlock } from "../../web/app/block.js";
import { figures } from "../../web/app/figures.js";
import { FILLS, fillMatrix, idOf, setBlock } from "../../web/app/fills.js";
import {
  embeddings,
  opening,
  parseNumber,
  projection,
  Refusal,
  setField,
  setText,
} from "../../web/app/state.js";

/** @typedef {import("../../web/app/state.js").State} State */

/** @param {State} state @param {string} id */
function target(state, id) {
  const { cell, ...rest } = figures(state, undefined)[id];
  assert.ok(cell);
  return { ...rest, cell };
}

/** @param {State} state @param {string} id @param {string} kind */
const filled = (state, id, kind) => fillMatrix(state, target(state, id), kind);

test("a matrix is filled whole, and only that one", () => {
  const state = opening();
  const identity = filled(state, "wk", "identity");
  assert.deepEqual(projection(identity, "wk", 0), [
    [1, 0],
    [0, 1],
    [0, 0],
  ]);
  assert.deepEqual({ ...identity, wk: state.wk }, state);
  assert.deepEqual(projection(identity, "wk", 1), projection(state, "wk", 1));
  assert.deepEqual(embeddings(filled(state, "x", "zeros")).flat(), Array(24).fill(0));
  const out = filled(state, "wo", "identity");
  assert.deepEqual(
    [0, 1].flatMap((h) => projection(out, "wo", h)),
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ],
  );
  for (const kind of FILLS.filter((kind) => kind !== "transposed")) {
    const back = filled(filled(state, "wq", kind), "wq", "original");
    assert.deepEqual({ ...back, randomSeed: 1 }, state, kind);
  }
});

test("the identity gives each different word its own dimension", () => {
  const state = setField(setText(opening(), "un chat un chien"), "dModel", 4);
  assert.deepEqual(
    [0, 1, 2, 3].map((row) => idOf(state, row)),
    [0, 1, 0, 2],
  );
  const rows = embeddings(filled(state, "x", "identity"));
  assert.deepEqual(rows, [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 1, 0],
  ]);
});

test("a random matrix follows from its seed, and the next one is another", () => {
  const first = filled(opening(), "wv", "random");
  assert.equal(first.randomSeed, 2);
  assert.deepEqual(filled(opening(), "wv", "random"), first);
  const second = filled(first, "wv", "random");
  assert.notDeepEqual(second.wv[0], first.wv[0]);
  const numbers = projection(
    setField(filled(setField(opening(), "dModel", 64), "wv", "random"), "headDim", 2),
    "wv",
    0,
  ).flat();
  assert.ok(numbers.every((x) => Math.abs(x) <= 1) && new Set(numbers).size > 12);
});

test("only a square matrix can be turned round in place", () => {
  assert.throws(
    () => filled(opening(), "wq", "transposed"),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual([error.reason, error.facts], ["notSquare", { rows: 3, cols: 2 }]);
      return true;
    },
  );
  const square = setField(opening(), "headDim", 3);
  const turned = filled(square, "wk", "transposed");
  const before = projection(square, "wk", 0);
  assert.deepEqual(
    projection(turned, "wk", 0),
    before.map((_, c) => before.map((row) => row[c])),
  );
});

test("numbers are found in what spreadsheets, CSV files and NumPy give", () => {
  const two = [
    [1, -0.5],
    [2000, 0],
  ];
  for (const text of [
    "1\t-.5\n2e3\t0",
    "1,-.5\r\n2e3,0\r\n",
    "[[ 1.e+00 -5.e-01]\n [ 2.e+03  0.e+00]]",
    "array([[1., -0.5],\n       [2000., 0.]])",
    "[[1, -0.5], [2000, 0]]",
    "1 −.5\n2000 0",
    "1;-.5\n2000;0",
  ]) {
    assert.deepEqual(parseBlock(text, ".", parseNumber), two, text);
  }
  assert.deepEqual(parseBlock("[1. 2.\n 3.]", ".", parseNumber), [[1, 2, 3]]);
  assert.equal(parseBlock(" 1.5 ", ".", parseNumber), undefined);
  assert.equal(parseBlock("1,5", ".", parseNumber), undefined);
  assert.throws(() => parseBlock("1 2\n3", ".", parseNumber), { reason: "ragged" });
  assert.throws(() => parseBlock("1 x\n3 4", ".", parseNumber), { reason: "notNumber" });
  assert.throws(() => parseBlock("[[1. 2. ... 3.]]", ".", parseNumber), { reason: "notNumber" });
  for (const [text, beside] of [
    ["array([[1., 2.],\n       ...,\n       [5., 6.]])", "..."],
    ["[[1 2]\n ..., \n [5 6]]", "..."],
    ["[[1 2]\n [3 4", "3"],
    ["x = [[1, 2]]", "x"],
    ["[1 2] 7", "7"],
  ]) {
    assert.throws(() => parseBlock(text, ".", parseNumber), {
      reason: "beside",
      facts: { text: beside },
    });
  }
  for (const text of [
    "array([[1., -0.5],\n       [2000., 0.]], dtype=float32)",
    "tensor([[1., -0.5],\n        [2000., 0.]], device='cuda:0', requires_grad=True)",
    "[ [1, -.5],\n  [2e3, 0], ]",
  ]) {
    assert.deepEqual(parseBlock(text, ".", parseNumber), two, text);
  }
  assert.throws(() => parseBlock("1 ".repeat(20000), ".", parseNumber), { reason: "characters" });
});

test("a block goes in where it fits, whole", () => {
  const state = opening();
  const block = [
    [5, 6],
    [7, 8],
  ];
  const next = setBlock(state, target(state, "wq"), 1, 0, block);
  assert.deepEqual(projection(next, "wq", 0), [
    [1, 0],
    [5, 6],
    [7, 8],
  ]);
  assert.throws(
    () => setBlock(state, target(state, "wq"), 2, 1, block),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual(error.facts, { rows: 2, cols: 2, roomRows: 1, roomCols: 1 });
      return true;
    },
  );
  const out = setBlock(state, target(state, "wo"), 1, 1, block);
  assert.deepEqual(
    [projection(out, "wo", 0)[1], projection(out, "wo", 1)[0]],
    [
      [0, 5, 6],
      [1, 7, 8],
    ],
  );
});
