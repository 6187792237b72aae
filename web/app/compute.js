// Where the numbers of a state come from: up to a certain size from the core in the page, in the frame
// that asks; beyond, from a worker, so that nobody's typing waits for them.
import { alike, run } from "./pipeline.js";
import { sizes } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./pipeline.js").Results} Results */
/** @typedef {{ results: Results } | { error: string }} Outcome */
/** @typedef {{ ready: false } | Outcome} Answer what the worker sends: that it cannot start, or an outcome */

/** The most weights that are computed in the page. */
const AT_ONCE = 64 * 64 * 8;

/** @param {import("./pipeline.js").Core} hl
 * @param {() => void} changed is called when an outcome has come that was not there when asked for
 * @returns {(state: State) => Outcome | undefined} the state's outcome, if it is there by now */
export function createComputer(hl, changed) {
  /** The last outcome, and whose it is. @type {{ state: State, outcome: Outcome } | undefined} */
  let last;
  /** undefined where none starts, and until it does. @type {Worker | undefined} */
  let worker;
  /** What the worker is at. @type {State | undefined} */
  let running;
  /** The newest state, for which it was not free yet; those in between are passed over.
   * @type {State | undefined} */
  let next;

  /** @param {State} state */
  function here(state) {
    last = { state, outcome: outcome(() => run(hl, state)) };
    return last.outcome;
  }

  /** @param {State} state */
  function send(state) {
    running = state;
    next = undefined;
    worker?.postMessage(state);
  }

  function start() {
    const failed = () => {
      worker?.terminate();
      worker = undefined;
      running = next = undefined;
      changed();
    };
    try {
      worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    } catch {
      return;
    }
    worker.addEventListener("error", failed);
    worker.addEventListener("message", (/** @type {MessageEvent<Answer>} */ { data }) => {
      if ("ready" in data) return failed();
      if (running) last = { state: running, outcome: data };
      running = undefined;
      if (next) send(next);
      changed();
    });
  }

  // All of the page is there once it has been drawn, so that it works on without a network.
  setTimeout(start);

  return (state) => {
    if (last && alike(last.state, state)) return last.outcome;
    const { tokens, heads } = sizes(state);
    if (tokens * tokens * heads <= AT_ONCE) return here(state);
    if (!worker) return here(state);
    if (!running) send(state);
    else next = alike(running, state) ? undefined : state;
    return undefined;
  };
}

/** @param {() => Results} compute @returns {Outcome} */
export function outcome(compute) {
  try {
    return { results: compute() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
