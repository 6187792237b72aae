// A thread of a pool: starts the module on the pool's memory, says so, and computes within wasm from
// then on. Bundled it imports nothing, so that where a bundler leaves it behind this one file can be copied.
import { attend } from "./spawn.js";

/**
 * What a thread is started with.
 * @typedef {object} Place
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory that all threads share
 * @property {number} stack the upper end of this thread's own
 */

/** @param {Place} place */
function run({ module, memory, stack }) {
  const imports = { env: { memory, emscripten_notify_memory_growth() {} } };
  const { exports } = new WebAssembly.Instance(module, imports);
  const { _emscripten_stack_restore, join_pool } =
    /** @type {Record<string, (...words: number[]) => number>} */ (exports);
  _emscripten_stack_restore(stack);
  say("ready");
  join_pool();
}

const say = attend({
  told: run,
  garbled() {
    throw new Error("the module or its memory cannot be read in a worker");
  },
});
