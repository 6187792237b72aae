// The same pipeline in a worker: what a state changes comes in, its numbers go out, their memory with them.
import { load } from "../headlight/headlight.js";
import { buffersOf, outcome } from "./compute.js";
import { run } from "./pipeline.js";

/** @typedef {import("./compute.js").Answer} Answer */
/** @typedef {import("./compute.js").Question} Question */
/** @typedef {import("./state.js").State} State */

/** @type {(answer: Answer, owned?: Transferable[]) => void} */
const answer = (answer, owned = []) => self.postMessage(answer, { transfer: owned });

const core = load().catch(() => undefined);

/** As it was asked about last. @type {State} */
let state;

self.addEventListener("message", async (/** @type {MessageEvent<Question>} */ { data }) => {
  const hl = await core;
  if (!hl) return answer({ ready: false });
  state = { ...state, ...data };
  const found = outcome(() => run(hl, state));
  answer(found, "results" in found ? buffersOf(found.results) : []);
});
