// The library in a worker of its own: what connect() of client.js talks to.
import { HeadlightError, load } from "./headlight.js";
import { Kept } from "./kept.js";
import { KEPT } from "./remote.js";
import { attend } from "./spawn.js";

/**
 * A call on its way: first of load, then of a method, or of one of what is kept (`on`).
 * @typedef {{ id: number, method: string, args: any[], on?: import("./kept.js").Ticket }} Question
 * @typedef {{ code: import("./error.js").ErrorCode, argument: string, message: string }} Failure
 * What it came to: a result, a HeadlightError taken apart, or some other error. Of a question that could
 * not be read there is no id; answers come in the order of the questions.
 * @typedef {{ id?: number, result?: any, failure?: Failure, error?: unknown }} Answer
 */

/** @type {any} */
let hl;

/** These make what stays here: the client gets a ticket. */
const MAKERS = ["alloc", "cache", "multiHeadLayer"];
const kept = new Kept();

/** An argument with what is kept in its place. @param {any} value @returns {any} */
function revive(value, depth = 2) {
  if (depth < 0 || value === null || typeof value !== "object") return value;
  if (KEPT in value) return kept.get(value[KEPT]);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const [name, part] of Object.entries(value)) value[name] = revive(part, depth - 1);
  return value;
}

/** @param {Question} question */
async function run({ id, method, args, on }) {
  try {
    if (method === "load") {
      hl = await load(...args);
      const { build, threads, version } = hl;
      return answer({ id, result: { build, threads, version } });
    }
    if (on && method === "dispose") return answer({ id, result: kept.dispose(on) });
    const target = on ? kept.get(on) : hl;
    // Numbers in wasm memory cannot be handed over.
    if (method === "data") return answer({ id, result: target.data.slice() });
    if (method === "length") return answer({ id, result: target.length });
    const result = target[method](...args.map((arg) => revive(arg)));
    if (!on && MAKERS.includes(method)) {
      const { shape, capacity } = result;
      return answer({ id, result: { ticket: kept.keep(method, result), shape, capacity } });
    }
    answer({ id, result }, [...new Set(buffersOf(result))]);
  } catch (error) {
    if (!(error instanceof HeadlightError)) return answer({ id, error });
    const { code, argument, message } = error;
    answer({ id, failure: { code, argument, message } });
  }
}

/** The memory of all tensors in a result. @param {any} result @returns {ArrayBuffer[]} */
function buffersOf(result) {
  if (ArrayBuffer.isView(result)) return [/** @type {ArrayBuffer} */ (result.buffer)];
  return typeof result === "object" ? Object.values(result).flatMap(buffersOf) : [];
}

/** @type {(answer: Answer, owned?: ArrayBuffer[]) => void} */
const answer = attend({
  told: run,
  garbled() {
    const message = "the worker could not read what it was sent";
    answer({ failure: { code: "type", argument: "worker", message } });
  },
});
