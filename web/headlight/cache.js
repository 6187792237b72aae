import { HeadlightError, wrong } from "./error.js";
import { WasmBlock } from "./memory.js";
import { checkOptions, wholeNumber } from "./options.js";

/** @typedef {import("./core.js").Core} Core */

/**
 * @typedef {object} CacheOptions
 * @property {number | null} [batch] default 1
 * @property {number | null} [kvHeads] default 1
 * @property {number} dim numbers of a key
 * @property {number | null} [vDim] numbers of a value; default dim
 * @property {number} capacity most keys that it can hold, in each head
 */

/**
 * Keys and values in wasm memory, from hl.cache: as attention's past it takes the new ones in behind
 * those that it holds. It takes up its memory, 4 · batch · kvHeads · capacity · (dim + vDim) bytes,
 * until dispose().
 */
export class Cache extends WasmBlock {
  #length = 0;
  #shapes;

  /**
   * Use hl.cache().
   * @param {Core} core
   * @param {CacheOptions} options
   */
  constructor(core, options) {
    checkOptions(options, ["batch", "kvHeads", "dim", "vDim", "capacity"]);
    const batch = wholeNumber(options.batch ?? 1, "batch", 0);
    const kvHeads = wholeNumber(options.kvHeads ?? 1, "kvHeads", 1);
    const dim = wholeNumber(options.dim, "dim", 0);
    const vDim = wholeNumber(options.vDim ?? dim, "vDim", 0);
    const capacity = wholeNumber(options.capacity, "capacity", 0);
    super(core, 4 * batch * kvHeads * capacity * (dim + vDim), "capacity");
    this.#shapes = {
      k: [batch, kvHeads, capacity, dim],
      v: [batch, kvHeads, capacity, vDim],
    };
  }

  /** How many keys each head holds. @throws {HeadlightError} `disposed` */
  get length() {
    this.address("length");
    return this.#length;
  }

  /** How many it can hold. */
  get capacity() {
    return this.#shapes.k[2];
  }

  /**
   * Keeps the first keys and forgets those after them.
   * @param {number} length from 0 to the present length
   * @throws {HeadlightError} `type`, `value` or `disposed`
   */
  truncate(length) {
    this.address("length");
    if (wholeNumber(length, "length", 0) > this.#length) {
      throw wrong("value", "length", length, `a whole number from 0 to ${this.#length}`);
    }
    this.#length = length;
  }

  /**
   * For attention: its blocks, of capacity rows a head.
   * @param {Core} core
   */
  operandsIn(core) {
    const address = this.addressIn(core, "past");
    if (address === 0) {
      const problem = "past is a cache of another instance, expected one of this hl's own";
      throw new HeadlightError("value", "past", problem);
    }
    const { k, v } = this.#shapes;
    const [batch, kvHeads, capacity, dim] = k;
    return {
      k: { data: null, shape: k, address },
      v: { data: null, shape: v, address: address + 4 * batch * kvHeads * capacity * dim },
    };
  }

  /** For attention: so many keys are there now. @param {number} length */
  hold(length) {
    this.#length = length;
  }
}
