import { operand, optionalOperand, outOperand, withCall } from "./call.js";
import { checkOptions, finiteNumber, wholeNumber } from "./options.js";
import { count, toIndices } from "./tensor.js";

/** @typedef {import("./core.js").Core} Core */
/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {import("./tensor.js").TensorLike} TensorLike */

/**
 * @typedef {object} LinearOptions
 * @property {Tensor | null} [out] of the result's shape: is written and returned
 */

/**
 * @param {Core} core
 * @param {TensorLike} x
 * @param {TensorLike} w
 * @param {TensorLike | null | undefined} b
 * @param {LinearOptions} options
 * @returns {Tensor}
 */
export function linear(core, x, w, b, options) {
  checkOptions(options, ["out"]);
  const input = operand(core, x, "x");
  const matrix = operand(core, w, "w");
  const bias = optionalOperand(core, b, "b");
  const out = outOperand(core, options.out);
  return withCall(core, "x", (call) => {
    call.place(input);
    call.place(matrix);
    call.place(bias);
    const struct = call.struct(26);
    struct.tensor(input);
    struct.tensor(matrix);
    struct.tensor(bias);
    struct.word(0);
    struct.tensor(out);
    struct.word(0);
    call.run(core.exports.linear, struct);
    const output = core.views.words[(struct.address >>> 2) + 18];
    return call.take(output, [...input.shape.slice(0, -1), matrix.shape[1]], out);
  });
}

/**
 * @param {Core} core
 * @param {TensorLike} x
 * @returns {Tensor}
 */
export function softmax(core, x) {
  const input = operand(core, x, "x");
  return withCall(core, "x", (call) => {
    call.place(input);
    const output = call.alloc(4 * count(input.shape));
    const struct = call.struct(6);
    struct.tensor(input);
    core.check(core.exports.softmax(struct.address, output, core.error));
    return call.take(output, input.shape);
  });
}

/**
 * @param {Core} core
 * @param {import("./tensor.js").Indices} ids
 * @param {TensorLike} table
 * @returns {Tensor}
 */
export function embed(core, ids, table) {
  const indices = { ...toIndices(ids, "ids"), address: 0 };
  const rows = operand(core, table, "table");
  return withCall(core, "ids", (call) => {
    call.place(indices);
    call.place(rows);
    // Where table is no matrix there is no width, and the core says so.
    const shape = [...indices.shape, rows.shape[1] ?? 0];
    const output = call.alloc(4 * count(shape));
    const struct = call.struct(6);
    struct.tensor(rows);
    const { exports, error } = core;
    core.check(exports.embed(indices.address, indices.data.length, struct.address, output, error));
    return call.take(output, shape);
  });
}

/**
 * @param {Core} core
 * @param {number} len
 * @param {number} dModel
 * @param {{ base?: number | null, first?: number | null }} options
 * @returns {Tensor}
 */
export function positionEncoding(core, len, dModel, options) {
  checkOptions(options, ["base", "first"]);
  const shape = [wholeNumber(len, "len", 0), wholeNumber(dModel, "dModel", 0)];
  const numbers = [
    finiteNumber(options.base ?? 10000, "base"),
    finiteNumber(options.first ?? 0, "first"),
  ];
  return withCall(core, "len", (call) => {
    const output = call.alloc(4 * count(shape));
    core.check(core.exports.position_encoding(...shape, ...numbers, output, core.error));
    return call.take(output, shape);
  });
}
