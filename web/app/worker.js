// The same pipeline in a worker: a state comes in, its numbers go out, their memory with them.
import { load } from "../headlight/headlight.js";
import { outcome } from "./compute.js";
import { run } from "./pipeline.js";

/** @typedef {import("./compute.js").Answer} Answer */

/** @type {(answer: Answer, owned?: Transferable[]) => void} */
const answer = (answer, owned = []) => self.postMessage(answer, { transfer: owned });

const core = load();
core.catch(() => answer({ ready: false }));

self.addEventListener("message", async (/** @type {MessageEvent<import("./state.js").State>} */ { data }) => {
  const hl = await core;
  const found = outcome(() => run(hl, data));
  const results = "results" in found ? Object.values(found.results) : [];
  answer(found, results.flatMap((tensor) => (tensor ? [tensor.data.buffer] : [])));
});
