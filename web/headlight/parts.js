import { tensorWords, withCall } from "./call.js";
import { checkOptions, finiteNumber, wholeNumber } from "./options.js";
import { toIndices, toTensor } from "./tensor.js";

/** @typedef {import("./core.js").Core} Core */
/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {import("./tensor.js").TensorLike} TensorLike */

/**
 * @param {Core} core
 * @param {TensorLike} x
 * @param {TensorLike} w
 * @param {TensorLike | null} [b]
 * @returns {Tensor}
 */
export function linear(core, x, w, b) {
  const [input, matrix] = [toTensor(x, "x"), toTensor(w, "w")];
  const bias = b === undefined || b === null ? null : toTensor(b, "b");
  return withCall(core, "x", (call) => {
    const words = [
      ...tensorWords(call.place(input)),
      ...tensorWords(call.place(matrix)),
      ...tensorWords(call.placeOptional(bias)),
    ];
    const plan = call.alloc(4);
    core.call("linear_plan", call.struct([...words, 0]), plan);
    const [workspaceBytes] = call.read(plan, 1);
    const output = call.room([...input.shape.slice(0, -1), matrix.shape[1]]);
    const workspace = call.alloc(workspaceBytes >>> 0);
    core.call("linear", call.struct([...words, output.address]), workspace, workspaceBytes);
    return call.take(output);
  });
}

/**
 * @param {Core} core
 * @param {TensorLike} x
 * @returns {Tensor}
 */
export function softmax(core, x) {
  const input = toTensor(x, "x");
  return withCall(core, "x", (call) => {
    const placed = call.place(input);
    core.call("softmax", call.struct(tensorWords(placed)), placed.address);
    return call.take(placed);
  });
}

/**
 * @param {Core} core
 * @param {import("./tensor.js").Indices} ids
 * @param {TensorLike} table
 * @returns {Tensor}
 */
export function embed(core, ids, table) {
  const [indices, rows] = [toIndices(ids, "ids"), toTensor(table, "table")];
  return withCall(core, "ids", (call) => {
    const placedIds = call.place(indices).address;
    const placedTable = call.struct(tensorWords(call.place(rows)));
    // Where table is no matrix there is no width, and the core says so.
    const output = call.room([...indices.shape, rows.shape[1] ?? 0]);
    core.call("embed", placedIds, indices.data.length, placedTable, output.address);
    return call.take(output);
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
    const output = call.room(shape);
    core.call("position_encoding", ...shape, ...numbers, output.address);
    return call.take(output);
  });
}
