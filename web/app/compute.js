// Where the numbers of a state come from: up to a certain size from the core in the page, in the frame
// that asks; beyond, from a worker, so that nobody's typing waits for them.
import { alike, run } from "./pipeline.js";
import { sizes } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./pipeline.js").Results} Results */
/** @typedef {{ results: Results } | { error: string }} Outcome */
/** @typedef {{ change: Partial<State>, spare: Results | undefined }} Question what the worker is sent: how
 *   the state whose numbers are asked for differs from the one before, and tensors to write them into,
 *   where they fit */
/** @typedef {{ ready: false } | Outcome} Answer what the worker sends: that it cannot start, or an outcome */

/** The most weights that are computed in the page. */
const AT_ONCE = 64 * 64 * 8;

/**
 * @typedef {object} Computer
 * @property {(state: State) => Outcome | undefined} outcomeOf what follows from a state, if it is there
 *   by now; if not, it is on its way
 * @property {(state: State) => void} prepare sends a state on its way before anybody asks for its outcome
 */

/** @param {import("./pipeline.js").Core} hl
 * @param {() => void} changed is called when an outcome has come that was not there when asked for
 * @returns {Computer} */
export function createComputer(hl, changed) {
  /** The last outcome, and whose it is. @type {{ state: State, outcome: Outcome } | undefined} */
  let last;
  /** undefined where none starts, and until it does. @type {Worker | undefined} */
  let worker;
  /** What the worker is at. @type {State | undefined} */
  let running;
  /** What it was at last, which it keeps. @type {State | undefined} */
  let sent;
  /** The newest state, for which it was not free yet; those in between are passed over.
   * @type {State | undefined} */
  let next;
  /** Results that nobody looks at any more: their memory is filled again, since fresh memory costs more
   * than filling it. @type {Outcome | undefined} */
  let spare;

  /** Results whose memory may be filled again. */
  function freed() {
    const results = spare && "results" in spare ? spare.results : undefined;
    spare = undefined;
    return results;
  }

  /** @param {State} state */
  function here(state) {
    const results = freed();
    spare = last?.outcome;
    last = { state, outcome: outcome(() => run(hl, state, results)) };
    return last.outcome;
  }

  /** @param {State} state */
  function send(state) {
    running = state;
    next = undefined;
    const results = freed();
    const change = difference(sent, state);
    sent = state;
    worker?.postMessage({ change, spare: results }, buffersOf(results));
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
      if (next) {
        spare = data;
        return send(next);
      }
      spare = last?.outcome;
      if (running) last = { state: running, outcome: data };
      running = undefined;
      changed();
    });
  }

  // All of the page is there once it has been drawn, so that it works on without a network.
  setTimeout(start);

  /** Whether a state is for the worker. @param {State} state */
  function large(state) {
    const { tokens, heads } = sizes(state);
    return worker !== undefined && tokens * tokens * heads > AT_ONCE;
  }

  /** @param {State} state */
  function prepare(state) {
    if (!large(state) || (last && alike(last.state, state))) return;
    if (!running) send(state);
    else next = alike(running, state) ? undefined : state;
  }

  return {
    prepare,
    outcomeOf(state) {
      if (last && alike(last.state, state)) return last.outcome;
      if (!large(state)) return here(state);
      prepare(state);
      return undefined;
    },
  };
}

/** What an edit makes different is a small part of a state. @param {State | undefined} before
 * @param {State} state @returns {Partial<State>} */
function difference(before, state) {
  const names = /** @type {(keyof State)[]} */ (Object.keys(state));
  return Object.fromEntries(
    names.filter((name) => state[name] !== before?.[name]).map((name) => [name, state[name]]),
  );
}

/** What is handed over with results. @param {Results | undefined} results @returns {ArrayBuffer[]} */
export function buffersOf(results) {
  return Object.values(results ?? {}).flatMap((tensor) =>
    tensor ? [/** @type {ArrayBuffer} */ (tensor.data.buffer)] : [],
  );
}

/** @param {() => Results} compute @returns {Outcome} */
export function outcome(compute) {
  try {
    return { results: compute() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
