import { HeadlightError, wrong } from "./error.js";
import { WasmTensor } from "./memory.js";
import { isTyped } from "./realm.js";
import { count, toMask, toTensor } from "./tensor.js";

/** @typedef {import("./core.js").Core} Core */
/** @typedef {import("./tensor.js").Tensor} Tensor */

/**
 * An argument of a call, checked. Once placed it has an address in wasm memory; what lies there
 * already has one from the start.
 * @typedef {object} Operand
 * @property {Float32Array | Int32Array | Uint8Array | null} data null where the address is all there is
 * @property {readonly number[]} shape
 * @property {number} address 0 until placed
 */

/**
 * @param {Core} core
 * @param {unknown} value
 * @param {string} argument its name, for messages
 * @param {string} [name] of the part of the argument that this is
 * @returns {Operand}
 */
export function operand(core, value, argument, name = argument) {
  const own = value instanceof WasmTensor ? value.operandIn(core, argument) : null;
  if (own !== null) return own;
  const { data, shape } = toTensor(value, argument, name);
  return { data, shape, address: core.addressOf(data) };
}

/**
 * As operand; null where nothing is given.
 * @param {Core} core
 * @param {unknown} value
 * @param {string} argument
 * @param {string} [name]
 */
export function optionalOperand(core, value, argument, name) {
  return value === undefined || value === null ? null : operand(core, value, argument, name);
}

/**
 * @param {Core} core
 * @param {unknown} value
 * @param {string} argument
 * @returns {Operand | null}
 */
export function maskOperand(core, value, argument = "mask") {
  if (value === undefined || value === null) return null;
  if (value instanceof WasmTensor) return operand(core, value, argument);
  const { data, shape } = toMask(value, argument);
  return { data, shape, address: core.addressOf(data) };
}

/**
 * A tensor that a result shall be written into: what the user gave, and where that is. Its shape is
 * still to be compared with the result's.
 * @typedef {Operand & { tensor: Tensor }} Out
 */

/**
 * @param {Core} core
 * @param {unknown} value
 * @param {string} [name] what messages call it
 * @returns {Out | null}
 */
export function outOperand(core, value, name = "out") {
  if (value === undefined || value === null) return null;
  const tensor = /** @type {Tensor} */ (value);
  if (!(tensor instanceof WasmTensor) && !isTyped(tensor.data, "Float32Array")) {
    throw wrong("type", "out", value, "a tensor with a Float32Array", name);
  }
  const { data, shape, address } = operand(core, tensor, "out", name);
  return { tensor, data, shape, address };
}

/**
 * The temporaries of one call into the core: everything placed here is gone when it ends, by
 * return or by throw. The body runs no code of the user's: its arguments were read before.
 * @template T
 * @param {Core} core
 * @param {string} argument to blame where memory runs out
 * @param {(call: Call) => T} body
 * @returns {T}
 */
export function withCall(core, argument, body) {
  const call = new Call(core.alive(), argument);
  try {
    return body(call);
  } catch (error) {
    // A result too large for JavaScript.
    const { name, message } = /** @type {Error} */ (error);
    if (name !== "RangeError") throw error;
    throw new HeadlightError("memory", argument, message, { cause: error });
  } finally {
    call.end();
  }
}

export class Call {
  /**
   * @param {Core} core
   * @param {string} argument to blame where memory runs out
   */
  constructor(core, argument) {
    this.core = core;
    this.argument = argument;
    this.start = core.free;
    /** What did not fit into the arena. @type {number[] | null} */
    this.blocks = null;
  }

  end() {
    this.core.free = this.start;
    if (this.blocks !== null) for (const block of this.blocks) this.core.release(block);
  }

  /** @param {number} bytes @returns {number} the address of a 16-byte aligned block */
  alloc(bytes) {
    const { core } = this;
    const address = core.free;
    if (bytes <= core.end - address) {
      core.free = address + ((bytes + 15) & ~15);
      return address;
    }
    const block = core.alloc(bytes, this.argument);
    this.blocks ??= [];
    this.blocks.push(block);
    return block;
  }

  /**
   * Copies data in that lies elsewhere.
   * @template {Operand | null} T
   * @param {T} operand
   * @returns {T}
   */
  place(operand) {
    if (operand === null || operand.data === null || operand.address !== 0) return operand;
    const { data } = operand;
    const address = this.alloc(data.byteLength);
    operand.address = address;
    const { views } = this.core;
    if (isTyped(data, "Float32Array")) copy(data, 0, views.floats, address >>> 2, data.length);
    else if (isTyped(data, "Int32Array")) views.words.set(data, address >>> 2);
    else views.bytes.set(data, address);
    return operand;
  }

  /**
   * Room for a struct of exports.c, to be written at once: before anything else is placed.
   * @param {number} words
   */
  struct(words) {
    return new Struct(this.core, this.alloc(words * 4));
  }

  /**
   * Calls an export that carves its results from a room: the arena's rest, or where that is too
   * small a block. The last word of its struct tells what it takes.
   * @param {(...words: number[]) => number} run
   * @param {Struct} struct written to its last word
   * @param {string} [output] what messages call headlight.h's output
   */
  run(run, struct, output) {
    const { core } = this;
    const { address, at } = struct;
    core.check(run(address, core.free, core.end - core.free, core.error), output);
    const bytes = core.views.words[at - 1] >>> 0;
    if (bytes <= core.end - core.free) return;
    core.check(run(address, this.alloc(bytes), bytes, core.error), output);
  }

  /**
   * Copies a result out; not where it was written in place.
   * @param {number} address
   * @param {readonly number[]} shape
   * @param {Out | null} [out]
   * @returns {Tensor}
   */
  take(address, shape, out = null) {
    const { floats } = this.core.views;
    const start = address >>> 2;
    const length = count(shape);
    if (out === null) {
      const data = new Float32Array(length);
      copy(floats, start, data, 0, length);
      return { data, shape: [...shape] };
    }
    if (out.address === 0) copy(floats, start, /** @type {Float32Array} */ (out.data), 0, length);
    else if (out.address >>> 2 !== start)
      floats.copyWithin(out.address >>> 2, start, start + length);
    return out.tensor;
  }
}

/** A struct that is being written, word by word in the order of its fields. */
export class Struct {
  /**
   * @param {Core} core
   * @param {number} address
   */
  constructor(core, address) {
    /** @type {Int32Array} */
    this.words = core.views.words;
    /** @type {Float32Array} */
    this.floats = core.views.floats;
    this.address = address;
    /** The next word. */
    this.at = address >>> 2;
  }

  /** @param {number} value */
  word(value) {
    this.words[this.at++] = value;
  }

  /** @param {number} value */
  float(value) {
    this.floats[this.at++] = value;
  }

  /** @param {number} count */
  zeros(count) {
    const { words, at } = this;
    for (let i = 0; i < count; i++) words[at + i] = 0;
    this.at = at + count;
  }

  /** Rank and four sizes. @param {readonly number[]} shape */
  shape(shape) {
    const { words, at } = this;
    const rank = shape.length;
    words[at] = rank;
    for (let axis = 0; axis < 4; axis++) words[at + 1 + axis] = axis < rank ? shape[axis] : 0;
    this.at = at + 5;
  }

  /** An hl_tensor. @param {{ address: number, shape: readonly number[] } | null} operand */
  tensor(operand) {
    if (operand === null) return this.zeros(6);
    this.word(operand.address);
    this.shape(operand.shape);
  }

  /** An hl_mask. @param {Operand | null} operand */
  mask(operand) {
    if (operand === null) return this.zeros(7);
    this.word(operand.address);
    this.word(isTyped(operand.data, "Uint8Array") ? 1 : 2);
    this.shape(operand.shape);
  }
}

/** Up to so many numbers a loop is faster than a view and a built-in. */
const SHORT = 64;

/**
 * @param {Float32Array} from
 * @param {number} start
 * @param {Float32Array} to
 * @param {number} offset
 * @param {number} length
 */
function copy(from, start, to, offset, length) {
  if (length > SHORT) return to.set(from.subarray(start, start + length), offset);
  for (let i = 0; i < length; i++) to[offset + i] = from[start + i];
}
