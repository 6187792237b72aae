import { HeadlightError } from "./error.js";

/** @typedef {import("./load.js").Build} Build */
/** @typedef {import("./error.js").ErrorCode} ErrorCode */

/**
 * The exports of src/wasm/exports.c. Addresses and byte counts are unsigned 32-bit numbers.
 * @typedef {{ memory: { buffer: ArrayBuffer } } & Record<string, (...words: number[]) => number>} Exports
 */

/** hl_status of headlight.h as a code. @type {ErrorCode[]} */
const CODES = ["load", "shape", "value", "memory", "value", "memory", "disposed"];

/** headlight.h's names that are spelled otherwise here. @type {Record<string, string>} */
const NAMES = {
  kv_heads: "kvHeads",
  kv_lengths: "kvLengths",
  past_k: "past.k",
  past_v: "past.v",
  bias_k: "biasK",
  bias_v: "biasV",
  key_mask: "keyMask",
  d_model: "dModel",
  d_output: "dOutput",
  statistics: "forward.statistics",
  d_q: "out.q",
  d_k: "out.k",
  d_v: "out.v",
};

const ERROR_BYTES = 256;

/**
 * What an instance keeps for its calls, however large they were: a call that needs more takes blocks
 * of its own and gives them back when it ends.
 */
const ARENA_BYTES = 1 << 16;

/**
 * One instance of the wasm module and its memory. Views never outlive a call: memory may have
 * grown, and then the old ones are empty.
 */
export class Core {
  /** @param {{ exports: object }} instance of WebAssembly */
  constructor(instance) {
    this.exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    this.exports._initialize();
    /** Memory as it is now. */
    this.views = viewsOf(this.exports.memory.buffer);
    /** @type {Build} */
    this.build = /** @type {Build} */ (this.string(this.exports.build(), 16));
    this.version = this.string(this.exports.version(), 16);
    this.error = this.alloc(ERROR_BYTES + ARENA_BYTES, "wasm");
    /** The arena's first free byte, a multiple of 16, and its end. */
    this.free = this.error + ERROR_BYTES;
    this.end = this.free + ARENA_BYTES;
    /** How many threads compute, and the workers of all but the caller's. */
    this.threads = 1;
    /** @type {readonly import("./spawn.js").AnyWorker[]} */
    this.workers = [];
    this.disposed = false;
  }

  /**
   * @returns itself
   * @throws {HeadlightError} `disposed`
   */
  alive() {
    if (!this.disposed) return this;
    const problem = "this instance was disposed of: load() gives a new one";
    throw new HeadlightError("disposed", "hl", problem);
  }

  /** Ends its threads and lets go of its memory, which is then the engine's to free. */
  dispose() {
    this.disposed = true;
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
    this.exports = /** @type {any} */ (null);
    this.views = viewsOf(new ArrayBuffer(0));
  }

  /** Blocks that were given out and not yet taken back, the instance's own left aside. */
  get liveBlocks() {
    return this.exports.live_blocks() - (this.threads > 1 ? 2 : 1);
  }

  /**
   * @param {number} bytes
   * @param {string} argument to blame where there is no memory
   * @returns {number} the address of a 16-byte aligned block
   */
  alloc(bytes, argument) {
    this.alive();
    // Beyond 32 bits the number would be cut on its way into wasm.
    const address = bytes < 2 ** 31 ? this.exports.alloc(bytes) >>> 0 : 0;
    // Here alone memory grows.
    const { buffer } = this.exports.memory;
    if (buffer !== this.views.bytes.buffer) this.views = viewsOf(buffer);
    if (address !== 0) return address;
    const problem = `${argument} needs more memory than there is: ${bytes} bytes at once, where less than 2 GiB can be had, and 4 GiB in all`;
    throw new HeadlightError("memory", argument, problem);
  }

  /** @param {number} address */
  release(address) {
    this.exports.release(address);
  }

  /**
   * Where in this instance's memory data lies, 0 if elsewhere.
   * @param {{ buffer: ArrayBufferLike, byteOffset: number }} data
   */
  addressOf(data) {
    // Small arrays get a buffer only when asked for it; those in memory have an offset.
    const { byteOffset } = data;
    return byteOffset !== 0 && data.buffer === this.views.bytes.buffer ? byteOffset : 0;
  }

  /**
   * Throws what an export has reported.
   * @param {number} status that it returned
   * @param {string} [output] what headlight.h's output is called here
   */
  check(status, output = "out") {
    if (status === 0) return;
    const name = (/** @type {string} */ word) =>
      word === "output" ? output : (NAMES[word] ?? word);
    const [argument] = name(this.string(this.error + 4, 16)).split(".");
    const message = this.string(this.error + 20, ERROR_BYTES - 20);
    throw new HeadlightError(CODES[status], argument, message.replace(/\w+/g, name));
  }

  /**
   * @param {number} address of a zero-terminated string
   * @param {number} most bytes
   */
  string(address, most) {
    // Not by TextDecoder: not every sandbox has it, and it refuses shared memory.
    let escaped = "";
    for (const byte of this.views.bytes.subarray(address, address + most)) {
      if (byte === 0) break;
      escaped += `%${byte.toString(16).padStart(2, "0")}`;
    }
    return decodeURIComponent(escaped);
  }
}

/** @typedef {{ floats: Float32Array, words: Int32Array, bytes: Uint8Array }} Views */

/** @param {ArrayBuffer} buffer @returns {Views} */
function viewsOf(buffer) {
  return {
    floats: new Float32Array(buffer),
    words: new Int32Array(buffer),
    bytes: new Uint8Array(buffer),
  };
}
