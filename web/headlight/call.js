import { HeadlightError } from "./error.js";
import { count } from "./tensor.js";

/** @typedef {import("./core.js").Core} Core */

/**
 * A tensor or mask that lies in wasm memory.
 * @typedef {{ address: number, shape: readonly number[] }} Placed
 */

const float = new Float32Array(1);
const floatWord = new Int32Array(float.buffer);

/**
 * A float's bits as a word.
 * @param {number} value
 */
export function floatBits(value) {
  float[0] = value;
  return floatWord[0];
}

/** An hl_tensor's words: data, rank, four sizes. @param {Placed | null} placed */
export function tensorWords(placed) {
  if (placed === null) return [0, 0, 0, 0, 0, 0];
  const { address, shape } = placed;
  return [address, shape.length, shape[0] ?? 0, shape[1] ?? 0, shape[2] ?? 0, shape[3] ?? 0];
}

/**
 * An hl_mask's words: data, kind, rank, four sizes.
 * @param {{ placed: Placed, boolean: boolean } | null} mask
 */
export function maskWords(mask) {
  if (mask === null) return [0, 0, 0, 0, 0, 0, 0];
  const [address, ...rest] = tensorWords(mask.placed);
  return [address, mask.boolean ? 1 : 2, ...rest];
}

/**
 * The temporaries of one call into the core: everything placed here is gone when it ends, by
 * return or by throw.
 * @template T
 * @param {Core} core
 * @param {string} argument to blame where memory runs out
 * @param {(call: Call) => T} body
 * @returns {T}
 */
export function withCall(core, argument, body) {
  const call = new Call(core, argument);
  try {
    return body(call);
  } catch (error) {
    // A result too large for JavaScript.
    if (!(error instanceof RangeError)) throw error;
    throw new HeadlightError("memory", argument, error.message, { cause: error });
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
    /** @type {number[]} */
    this.blocks = [];
  }

  end() {
    for (const block of this.blocks) this.core.release(block);
  }

  /** @param {number} bytes */
  alloc(bytes) {
    const address = this.core.alloc(bytes, this.argument);
    this.blocks.push(address);
    return address;
  }

  /**
   * Copies data in.
   * @param {{ data: Float32Array | Int32Array | Uint8Array, shape: readonly number[] }} tensor
   * @returns {Placed}
   */
  place({ data, shape }) {
    const address = this.alloc(data.byteLength);
    const { buffer, byteOffset, byteLength } = data;
    this.core.views.bytes.set(new Uint8Array(buffer, byteOffset, byteLength), address);
    return { address, shape };
  }

  /** @param {import("./tensor.js").Tensor | null} tensor */
  placeOptional(tensor) {
    return tensor === null ? null : this.place(tensor);
  }

  /** @param {{ data: Uint8Array | Float32Array, shape: number[] } | null} mask */
  placeMask(mask) {
    if (mask === null) return null;
    return { placed: this.place(mask), boolean: mask.data instanceof Uint8Array };
  }

  /**
   * Room for floats.
   * @param {readonly number[]} shape
   * @returns {Placed}
   */
  room(shape) {
    return { address: this.alloc(4 * count(shape)), shape };
  }

  /**
   * Writes a struct of headlight.h.
   * @param {readonly number[]} words its fields in their order
   * @returns {number} its address
   */
  struct(words) {
    const address = this.alloc(words.length * 4);
    this.core.views.words.set(words, address / 4);
    return address;
  }

  /**
   * Reads words of a struct that a call has filled.
   * @param {number} address
   * @param {number} words
   */
  read(address, words) {
    return Array.from(this.core.views.words.subarray(address / 4, address / 4 + words));
  }

  /**
   * Copies floats out.
   * @param {Placed} placed
   * @param {import("./tensor.js").Tensor | null} [out] of the same shape: is written and returned
   * @returns {import("./tensor.js").Tensor}
   */
  take({ address, shape }, out = null) {
    const from = this.core.views.floats.subarray(address / 4, address / 4 + count(shape));
    if (out === null) return { data: from.slice(), shape: [...shape] };
    out.data.set(from);
    return out;
  }
}
