// The same pipeline in a worker: a state comes in, its numbers go out, their memory with them.
import { load } from "../headlight/headlight.js";
import { buffersOf, outcome } from "./compute.js";
import { run } from "./pipeline.js";

/** @typedef {import("./compute.js").Answer} Answer */
/** @typedef {import("./compute.js").Question} Question */

/** @type {(answer: Answer, owned?: Transferable[]) => void} */
const answer = (answer, owned = []) => self.postMessage(answer, { transfer: owned });

const core = load().catch(() => undefined);

self.addEventListener("message", async (/** @type {MessageEvent<Question>} */ { data }) => {
  const hl = await core;
  if (!hl) return answer({ ready: false });
  const found = outcome(() => run(hl, data.state, data.spare));
  answer(found, "results" in found ? buffersOf(found.results) : []);
});
