// The two ends of a worker, a browser's or Node's.
import { beside, home, homeless, moved } from "./address.js";

/**
 * A worker: browsers' and Node's know postMessage and terminate, and Node's ref and unref.
 * @typedef {any} AnyWorker
 */

/**
 * A module of Node's own, or Deno's: without an import, which bundlers would follow.
 * @param {string} name
 * @returns {any} undefined elsewhere
 */
export const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);

/**
 * Starts a module of this folder as a worker.
 * @param {() => unknown} create for browsers: spelled out where it is called, so that bundlers find the
 *   file
 * @param {string} name of the same file
 * @returns {Promise<AnyWorker>} once it listens
 */
export async function spawn(create, name) {
  if (home === undefined) throw new Error(homeless(name, "bundle it as an ES module"));
  // A worker of Deno's own would keep its process alive.
  const threads =
    (typeof Worker !== "function" || "Deno" in globalThis) && builtin("node:worker_threads");
  /** @type {AnyWorker} */
  let worker;
  if (threads) worker = new threads.Worker(beside(name), { execArgv: [] });
  else worker = moved ? new Worker(beside(name), { type: "module" }) : create();
  /** @type {string | null | undefined} */
  const reason = await new Promise((settle) => {
    const told = () => settle(null);
    listen(worker, { told, garbled: told, ended: settle });
  });
  if (reason === null) return worker;
  worker.terminate();
  const url = threads || moved ? beside(name) : urlOf(create);
  throw new Error(`${url}: ${reason || "it could not be loaded, or something that it imports"}`);
}

/**
 * What a browser's worker is started from. Bundlers put it where `create` has it, so it alone knows: it is
 * called once more, with a Worker that starts none.
 * @param {() => unknown} create
 */
function urlOf(create) {
  const { Worker } = globalThis;
  let url = "";
  globalThis.Worker = /** @type {any} */ (
    class {
      /** @param {URL} from */
      constructor(from) {
        url = String(from);
      }
    }
  );
  try {
    create();
  } finally {
    globalThis.Worker = Worker;
  }
  return url;
}

/**
 * What an end does with what comes.
 * @typedef {object} Ears
 * @property {(message: any) => void} told
 * @property {() => void} garbled is called in its place for a message that cannot be read here
 * @property {(reason?: string) => void} [ended] is called when the other end fails or, under Node, ends;
 *   reason: undefined where none is known, as of a script that is missing
 */

/**
 * @param {any} port a worker, or within one what leads to the other end
 * @param {Ears} ears
 */
export function listen(port, { told, garbled, ended = () => {} }) {
  if (port.on) {
    port.on("message", told);
    port.on("messageerror", garbled);
    port.on("error", (/** @type {unknown} */ error) => ended(String(error)));
    port.on("exit", (/** @type {number} */ code) => ended(`it ended with code ${code}`));
  } else {
    port.addEventListener("message", (/** @type {MessageEvent} */ event) => told(event.data));
    port.addEventListener("messageerror", garbled);
    port.addEventListener("error", (/** @type {ErrorEvent} */ event) => ended(event.message));
  }
}

/**
 * Within a worker: listens to who has started it, and says so, since what is sent to a browser's before
 * that is lost.
 * @param {Ears} ears
 * @returns {(message: unknown, owned?: ArrayBuffer[]) => void} what it answers by
 */
export function attend(ears) {
  const port = builtin("node:worker_threads")?.parentPort ?? globalThis;
  listen(port, ears);
  port.postMessage("listening");
  return (message, owned = []) => port.postMessage(message, owned);
}
