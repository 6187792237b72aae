// The library in a worker of its own: what connect() of client.js talks to.
import { HeadlightError, load } from "./headlight.js";

/**
 * A call on its way: of a method, or first of load.
 * @typedef {{ id: number, method: string, args: any[] }} Question
 * @typedef {{ code: import("./error.js").ErrorCode, argument: string, message: string }} Failure
 * What it came to: a result, a HeadlightError taken apart, or some other error.
 * @typedef {{ id: number, result?: any, failure?: Failure, error?: unknown }} Answer
 */

/** @type {any} */
let hl;

/** @param {Question} question @param {(answer: Answer, owned: ArrayBuffer[]) => void} answer */
async function run({ id, method, args }, answer) {
  try {
    if (method === "load") {
      hl = await load(...args);
      const { build, threads, version } = hl;
      return answer({ id, result: { build, threads, version } }, []);
    }
    const result = hl[method](...args);
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
