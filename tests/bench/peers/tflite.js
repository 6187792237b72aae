// Writes small TensorFlow Lite models, schema version 3 (tensorflow/compiler/mlir/lite/schema/schema.fbs):
// the numbers below are its slots, types and operators.
import { Builder } from "flatbuffers";

/** @typedef {{ shape: number[], data?: Float32Array | Int32Array }} TensorSpec data makes it a constant */
/**
 * @typedef {object} Node
 * @property {keyof typeof OPERATORS} op
 * @property {string[]} inputs
 * @property {string} output
 * @property {boolean} [adjY] BATCH_MATMUL: the second operand transposed
 * @property {boolean} [keepDims] FULLY_CONNECTED: the output has the rank of the input
 */

const FLOAT32 = 0;
const INT32 = 2;

/** The operator's code, and the type of its options in the union of all.
 * @type {Record<string, { code: number, options: number }>} */
const OPERATORS = {
  ADD: { code: 0, options: 11 },
  FULLY_CONNECTED: { code: 9, options: 8 },
  MUL: { code: 18, options: 21 },
  RESHAPE: { code: 22, options: 17 },
  SOFTMAX: { code: 25, options: 9 },
  TRANSPOSE: { code: 39, options: 26 },
  BATCH_MATMUL: { code: 126, options: 101 },
};

/**
 * A model of one graph, in order of computation.
 * @param {Record<string, TensorSpec>} tensors all that nodes name
 * @param {string[]} inputs @param {Node[]} nodes @param {string} output
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function tflite(tensors, inputs, nodes, output) {
  const builder = new Builder(1024);
  const names = Object.keys(tensors);
  const index = (/** @type {string} */ name) => {
    const at = names.indexOf(name);
    if (at < 0) throw new Error(`no tensor ${name}`);
    return at;
  };

  /** A table of fields by slot. @param {Record<number, (slot: number) => void>} fields */
  const table = (fields) => {
    builder.startObject(8);
    for (const [slot, add] of Object.entries(fields)) add(Number(slot));
    return builder.endObject();
  };
  /** @param {number} x */
  const offset = (x) => (/** @type {number} */ slot) => builder.addFieldOffset(slot, x, 0);
  /** @param {number} x */
  const int8 = (x) => (/** @type {number} */ slot) => builder.addFieldInt8(slot, x, 0);
  /** @param {number} x */
  const int32 = (x) => (/** @type {number} */ slot) => builder.addFieldInt32(slot, x, 0);
  /** @param {number} x */
  const float32 = (x) => (/** @type {number} */ slot) => builder.addFieldFloat32(slot, x, 0);
  /** @param {string} text */
  const string = (text) => offset(builder.createString(text));
  /** @param {number[]} list @param {(x: number) => void} add */
  const vector = (list, add) => {
    builder.startVector(4, list.length, 4);
    for (const x of list.toReversed()) add(x);
    return offset(builder.endVector());
  };
  const ints = (/** @type {number[]} */ list) => vector(list, (x) => builder.addInt32(x));
  const tables = (/** @type {number[]} */ list) => vector(list, (x) => builder.addOffset(x));

  /** @param {Float32Array | Int32Array} data */
  const buffer = (data) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    builder.prep(16, bytes.length);
    return table({ 0: offset(builder.createByteVector(bytes)) });
  };
  // The first buffer is empty by convention: what is not constant has it.
  const constants = names.filter((name) => tensors[name].data);
  const buffers = [
    table({}),
    ...constants.map((name) => buffer(/** @type {Float32Array} */ (tensors[name].data))),
  ];

  const tensorTables = names.map((name) => {
    const { shape, data } = tensors[name];
    return table({
      0: ints(shape),
      1: int8(data instanceof Int32Array ? INT32 : FLOAT32),
      2: int32(constants.indexOf(name) + 1),
      3: string(name),
    });
  });

  const used = [...new Set(nodes.map(({ op }) => op))];
  const operators = nodes.map(({ op, inputs, output, adjY, keepDims }) => {
    /** @type {Record<string, Record<number, (slot: number) => void>>} */
    const options = {
      BATCH_MATMUL: { 1: int8(Number(adjY ?? false)) },
      FULLY_CONNECTED: { 2: int8(Number(keepDims ?? false)) },
      SOFTMAX: { 0: float32(1) },
    };
    return table({
      0: int32(used.indexOf(op)),
      1: ints(inputs.map(index)),
      2: ints([index(output)]),
      3: int8(OPERATORS[op].options),
      4: offset(table(options[op] ?? {})),
    });
  });

  const model = table({
    0: int32(3),
    1: tables(
      used.map((op) => {
        const { code } = OPERATORS[op];
        return table({ 0: int8(code), 2: int32(1), 3: int32(code) });
      }),
    ),
    2: tables([
      table({
        0: tables(tensorTables),
        1: ints(inputs.map(index)),
        2: ints([index(output)]),
        3: tables(operators),
      }),
    ]),
    4: tables(buffers),
  });
  builder.finish(model, "TFL3");
  return builder.asUint8Array().slice();
}
