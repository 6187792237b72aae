/**
 * A worker, a browser's or Node's: both know postMessage and terminate, and Node's ref and unref.
 * @typedef {any} AnyWorker
 */

/**
 * Starts a module of this folder as a worker.
 * @param {() => Worker} create for browsers: spelled out where it is called, so that bundlers find the
 *   file
 * @param {string} name of the same file, for Node
 * @returns {Promise<AnyWorker>}
 */
export async function spawn(create, name) {
  if (typeof Worker === "function") return create();
  const node = "node:worker_threads";
  const here = import.meta.url;
  const threads = await import(/* @vite-ignore */ node);
  return new threads.Worker(new URL(name, here), { execArgv: [] });
}

/**
 * @param {AnyWorker} worker
 * @param {(message: any) => void} told is given each message of the worker
 * @param {(reason: unknown) => void} ended is called when it fails or, under Node, ends
 */
export function listen(worker, told, ended) {
  if (worker.addEventListener) {
    worker.addEventListener("message", (/** @type {MessageEvent} */ event) => told(event.data));
    worker.addEventListener("error", (/** @type {ErrorEvent} */ event) => ended(event.message));
  } else {
    worker.on("message", told);
    worker.on("error", ended);
    worker.on("exit", ended);
  }
}
