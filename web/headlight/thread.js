// A thread of a pool: starts the module on the pool's memory, says so, and computes within wasm from
// then on. Imports nothing, so that where a bundler leaves it behind this one file can be copied.

/**
 * What a thread is started with.
 * @typedef {object} Place
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory that all threads share
 * @property {number} stack the upper end of this thread's own
 */

/**
 * @param {Place} place
 * @param {(message: string) => void} say
 */
function run({ module, memory, stack }, say) {
  const imports = { env: { memory, emscripten_notify_memory_growth() {} } };
  const { exports } = new WebAssembly.Instance(module, imports);
  const { _emscripten_stack_restore, join_pool } =
    /** @type {Record<string, (...words: number[]) => number>} */ (exports);
  _emscripten_stack_restore(stack);
  say("ready");
  join_pool();
}

if (typeof postMessage === "function") {
  addEventListener("message", ({ data }) => run(data, (message) => postMessage(message)));
} else {
  const node = "node:worker_threads";
  import(/* @vite-ignore */ node).then(({ parentPort }) =>
    parentPort.once("message", (/** @type {Place} */ place) =>
      run(place, (message) => parentPort.postMessage(message)),
    ),
  );
}
