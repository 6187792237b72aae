import { HeadlightError } from "./error.js";
import { checkSizes, count } from "./tensor.js";

/** @typedef {import("./core.js").Core} Core */
/** @typedef {import("./disposable.js").Scoped} Scoped for `using` */

/** A block of wasm memory that its owner keeps until dispose(). */
export class WasmBlock {
  #core;
  #address;

  /**
   * @param {Core} core
   * @param {number} bytes
   * @param {string} argument to blame where there is no memory
   */
  constructor(core, bytes, argument) {
    this.#core = core;
    this.#address = core.alloc(bytes, argument);
  }

  /** Gives its memory back; a second time does nothing. */
  dispose() {
    if (this.#address !== 0 && !this.#core.disposed) this.#core.release(this.#address);
    this.#address = 0;
  }

  /** What `using` calls; an engine that does not know it takes another name, which does no harm. */
  [Symbol.dispose]() {
    this.dispose();
  }

  /**
   * Where it lies in a core's memory; 0 where it is another's.
   * @param {Core} core
   * @param {string} argument to blame
   * @throws {HeadlightError} `disposed`
   */
  addressIn(core, argument) {
    const address = this.address(argument);
    return core === this.#core ? address : 0;
  }

  /**
   * @param {string} argument to blame
   * @throws {HeadlightError} `disposed`
   */
  address(argument) {
    if (this.#address !== 0 && !this.#core.disposed) return this.#address;
    const problem = `${argument} was disposed of: its memory is gone`;
    throw new HeadlightError("disposed", argument, problem);
  }

  /**
   * @param {number} address
   * @param {number} length
   * @returns {Float32Array}
   */
  view(address, length) {
    return new Float32Array(this.#core.views.bytes.buffer, address, length);
  }
}

/**
 * A tensor in wasm memory, from hl.alloc: as an argument and as out it is not copied. It takes up
 * its memory until dispose().
 */
export class WasmTensor extends WasmBlock {
  #shape;
  /** @type {import("./call.js").Operand} */
  #operand;

  /**
   * Use hl.alloc().
   * @param {Core} core
   * @param {unknown} shape
   */
  constructor(core, shape) {
    const sizes = checkSizes(shape, "shape");
    super(core, 4 * count(sizes), "shape");
    this.#shape = sizes;
    // With sizes of its own, since V8 reads frozen arrays ten times as slowly.
    this.#operand = { data: null, shape: [...sizes], address: this.address("shape") };
    Object.freeze(sizes);
    this.data.fill(0);
  }

  /**
   * Itself as an argument of a call, null where its memory is another core's.
   * @param {Core} core
   * @param {string} argument to blame
   * @returns {import("./call.js").Operand | null} the same each time
   * @throws {HeadlightError} `disposed`
   */
  operandIn(core, argument) {
    return this.addressIn(core, argument) === 0 ? null : this.#operand;
  }

  /**
   * Its numbers, as a view that is new at each reading and valid until memory grows, which any call
   * and any alloc may make it do. Read it anew rather than keep it.
   * @returns {Float32Array}
   * @throws {HeadlightError} `disposed`
   */
  get data() {
    return this.view(this.address("data"), count(this.#shape));
  }

  /** @returns {number[]} frozen */
  get shape() {
    return this.#shape;
  }
}
