/// <reference lib="esnext.disposable" preserve="true" />
import { HeadlightError } from "./error.js";
import { checkSizes, count } from "./tensor.js";

/** @typedef {import("./core.js").Core} Core */

/**
 * A tensor in wasm memory, from hl.alloc: as an argument and as out it is not copied. It takes up
 * its memory until dispose().
 */
export class WasmTensor {
  #core;
  #address;
  #shape;

  /**
   * Use hl.alloc().
   * @param {Core} core
   * @param {unknown} shape
   */
  constructor(core, shape) {
    const sizes = checkSizes(shape, "shape");
    this.#core = core;
    this.#shape = sizes;
    this.#address = core.alloc(4 * count(sizes), "shape");
    Object.freeze(sizes);
    this.data.fill(0);
  }

  /**
   * Its numbers, as a view that is new at each reading: it is valid until the next call that may
   * make memory grow, which is any call but with all tensors small or in wasm memory. Read it anew
   * rather than keep it.
   * @throws {HeadlightError} `disposed`
   */
  get data() {
    this.#check("data");
    const { buffer } = this.#core.views.bytes;
    return new Float32Array(buffer, this.#address, count(this.#shape));
  }

  /** @returns {number[]} frozen */
  get shape() {
    return this.#shape;
  }

  /** Gives its memory back; a second time does nothing. */
  dispose() {
    if (this.#address !== 0) this.#core.release(this.#address);
    this.#address = 0;
  }

  /** What `using` calls; an engine that does not know it takes another name, which does no harm. */
  [Symbol.dispose]() {
    this.dispose();
  }

  /**
   * Where it lies in a core's memory; 0 where it is another's.
   * @param {Core} core
   * @param {string} argument
   */
  addressIn(core, argument) {
    this.#check(argument);
    return core === this.#core ? this.#address : 0;
  }

  /** @param {string} argument */
  #check(argument) {
    if (this.#address !== 0) return;
    const problem = `${argument} was disposed of: its memory is gone`;
    throw new HeadlightError("disposed", argument, problem);
  }
}
