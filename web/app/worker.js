// The same pipeline in a worker: a state comes in, its numbers go out, their memory with them.
import { load } from "../headlight/headlight.js";
import { outcome } from "./compute.js";
import { run } from "./pipeline.js";

/** @typedef {import("./compute.js").Answer} Answer */
/** @typedef {import("./state.js").State} State */

/** @type {(answer: Answer, owned?: Transferable[]) => void} */
const answer = (answer, owned = []) => self.postMessage(answer, { transfer: owned });

const core = load().catch(() => undefined);

self.addEventListener("message", async (/** @type {MessageEvent<State>} */ { data }) => {
  const hl = await core;
  if (!hl) return answer({ ready: false });
  const found = outcome(() => run(hl, data));
  const results = "results" in found ? Object.values(found.results) : [];
  const owned = results.flatMap((tensor) => (tensor ? [tensor.data.buffer] : []));
  answer(found, owned);
});
