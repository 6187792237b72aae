// Where the numbers of a state come from: up to a certain size from the core in the page, in the frame
// that asks; beyond, from a worker, so that nobody's typing waits for them. What the worker is asked, and
// which of its answers is seen, scheduler.js says.
import { alike, run } from "./pipeline.js";
import { abandoned, answered, idle, known, settled, want } from "./scheduler.js";
import { sizes } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./pipeline.js").Results} Results */
/** @typedef {{ results: Results } | { error: string }} Outcome */
/** @typedef {import("./scheduler.js").Schedule<State, Outcome>} Schedule */
/** @typedef {Partial<State>} Question what the worker is sent: how the state whose numbers are asked for
 *   differs from the one before */
/** @typedef {{ ready: false } | Outcome} Answer what the worker sends: that it cannot start, or an outcome */

/** The most weights that are computed in the page. */
const AT_ONCE = 64 * 64 * 8;

/**
 * @typedef {object} Computer
 * @property {(state: State) => { state: State, outcome: Outcome } | undefined} answerTo the newest outcome
 *   there is and whose it is: the state's own, or, while that is on its way, an older one's
 * @property {(state: State) => void} prepare sends a state on its way before anybody asks for its outcome
 */

/** @param {import("./pipeline.js").Core} hl
 * @param {() => void} changed is called when an outcome has come that was not there when asked for
 * @returns {Computer} */
export function createComputer(hl, changed) {
  /** @type {Schedule} */
  let schedule = idle(alike);
  /** undefined where none starts, and until it does. @type {Worker | undefined} */
  let worker;
  /** What the worker was asked last, which it keeps. @type {State | undefined} */
  let sent;

  /** @param {Schedule} next */
  function follow(next) {
    const asks = next.running && next.running.state !== schedule.running?.state;
    schedule = next;
    if (!asks) return;
    const { state } = /** @type {NonNullable<Schedule["running"]>} */ (next.running);
    worker?.postMessage(difference(sent, state));
    sent = state;
  }

  function start() {
    const failed = () => {
      worker?.terminate();
      worker = undefined;
      follow(abandoned(schedule));
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
      follow(answered(schedule, data));
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

  return {
    prepare(state) {
      if (large(state)) follow(want(schedule, state));
    },
    answerTo(state) {
      const coming = known(schedule, state) || large(state);
      follow(
        coming
          ? want(schedule, state)
          : settled(
              schedule,
              state,
              outcome(() => run(hl, state)),
            ),
      );
      return schedule.answers[0];
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
