import { listen, spawn } from "./spawn.js";

/** @typedef {import("./core.js").Core} Core */

/** Bytes of each thread's stack, as build.sh gives the first. */
const STACK = 64 * 1024;

/** The most threads, PARALLEL_MOST of parallel.h. */
export const MOST_THREADS = 64;

// A module with a shared memory of one page.
const probe = [0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1];

/** Whether threads can share memory: in this engine, and in this page. */
export function sharesMemory() {
  return (
    typeof SharedArrayBuffer === "function" &&
    globalThis.crossOriginIsolated !== false &&
    WebAssembly.validate(Uint8Array.from(probe))
  );
}

/**
 * Memory for a module that wants it given, which is one with threads.
 * @param {WebAssembly.Module} module
 */
export function memoryOf(module) {
  if (WebAssembly.Module.imports(module).every(({ kind }) => kind !== "memory")) return undefined;
  const limits = { initial: 16, maximum: 65536, shared: true };
  try {
    return new WebAssembly.Memory(limits);
  } catch {
    // An engine that sets all of it aside may have no 4 GiB.
    return new WebAssembly.Memory({ ...limits, maximum: 16384 });
  }
}

/**
 * Starts threads that help a core.
 * @param {Core} core
 * @param {WebAssembly.Module} module
 * @param {number} threads in all
 * @returns {Promise<boolean>} false where they do not start; then the core is to be thrown away, for
 *   whatever late thread may still find its memory
 */
export async function openPool(core, module, threads) {
  const { memory, open_pool } = core.exports;
  const stacks = core.alloc((threads - 1) * STACK, "threads");
  open_pool(threads, Number(maySleep()));
  const starting = Array.from({ length: threads - 1 }, async (_, i) => {
    const worker = await spawn(
      () => new Worker(new URL("./thread.js", import.meta.url), { type: "module" }),
      "thread.js",
    );
    try {
      await new Promise((ready, failed) => {
        listen(worker, { told: ready, garbled: () => failed(), ended: failed });
        worker.postMessage({ module, memory, stack: stacks + (i + 1) * STACK });
      });
    } catch (error) {
      worker.terminate();
      throw error;
    }
    return worker;
  });
  const started = await Promise.allSettled(starting);
  const workers = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (workers.length < threads - 1) {
    for (const worker of workers) worker.terminate();
    return false;
  }
  // Node's shall not keep the process alive.
  for (const worker of workers) worker.unref?.();
  core.threads = threads;
  core.workers = workers;
  return true;
}

/** Whether this thread may sleep, which a page's own may not. */
function maySleep() {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
