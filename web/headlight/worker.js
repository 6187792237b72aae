// The library in a worker of its own: what connect() of client.js talks to.
import { HeadlightError, load } from "./headlight.js";
import { KEPT } from "./remote.js";

/**
 * A call on its way: first of load, then of a method, or of one of what is kept (`on`).
 * @typedef {{ id: number, method: string, args: any[], on?: number }} Question
 * @typedef {{ code: import("./error.js").ErrorCode, argument: string, message: string }} Failure
 * What it came to: a result, a HeadlightError taken apart, or some other error.
 * @typedef {{ id: number, result?: any, failure?: Failure, error?: unknown }} Answer
 */

/** @type {any} */
let hl;

/** These make what stays here: the client gets the number of the question. */
const MAKERS = ["alloc", "cache", "multiHeadLayer"];
/** What was disposed of stays, without its memory, to say so. @type {Map<number, any>} */
const kept = new Map();

/** An argument with what is kept in its place. @param {any} value @returns {any} */
function revive(value, depth = 2) {
  if (depth < 0 || value === null || typeof value !== "object") return value;
  if (KEPT in value) return kept.get(value[KEPT]);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const [name, part] of Object.entries(value)) value[name] = revive(part, depth - 1);
  return value;
}

/** @param {Question} question @param {(answer: Answer, owned: ArrayBuffer[]) => void} answer */
async function run({ id, method, args, on }, answer) {
  try {
    if (method === "load") {
      hl = await load(...args);
      const { build, threads, version } = hl;
      return answer({ id, result: { build, threads, version } }, []);
    }
    const target = on === undefined ? hl : kept.get(on);
    // Numbers in wasm memory cannot be handed over.
    if (method === "data") return answer({ id, result: target.data.slice() }, []);
    if (method === "length") return answer({ id, result: target.length }, []);
    const result = target[method](...args.map((arg) => revive(arg)));
    if (on === undefined && MAKERS.includes(method)) {
      kept.set(id, result);
      return answer({ id, result: { id, shape: result.shape, capacity: result.capacity } }, []);
    }
    answer({ id, result }, [...new Set(buffersOf(result))]);
  } catch (error) {
    if (!(error instanceof HeadlightError)) return answer({ id, error }, []);
    const { code, argument, message } = error;
    answer({ id, failure: { code, argument, message } }, []);
  }
}

/** The memory of all tensors in a result. @param {any} result @returns {ArrayBuffer[]} */
function buffersOf(result) {
  if (ArrayBuffer.isView(result)) return [/** @type {ArrayBuffer} */ (result.buffer)];
  return typeof result === "object" ? Object.values(result).flatMap(buffersOf) : [];
}

if (typeof postMessage === "function") {
  addEventListener("message", ({ data }) =>
    run(data, (answer, owned) => postMessage(answer, { transfer: owned })),
  );
} else {
  const node = "node:worker_threads";
  import(/* @vite-ignore */ node).then(({ parentPort }) =>
    parentPort.on("message", (/** @type {Question} */ question) =>
      run(question, (answer, owned) => parentPort.postMessage(answer, owned)),
    ),
  );
}
