// What a test stands on, a browser say, is ended and started afresh where it does not answer in time.
import { setTimeout as sleep } from "node:timers/promises";

const DEADLINE = 20_000;
const TRIES = 3;

/** Until when a browser, a driver or a session has to have started. @typedef {() => AbortSignal} Deadline */

/**
 * @template T
 * @param {string} what starts, for the log
 * @param {(ended: AbortSignal) => Promise<T>} start ends its whole process group once it is aborted
 * @param {Deadline} [deadline] of each try
 * @returns {Promise<T>}
 */
export async function started(what, start, deadline = () => AbortSignal.timeout(DEADLINE)) {
  for (let tries = 1; ; tries++) {
    const end = new AbortController();
    const attempt = start(end.signal);
    try {
      return await Promise.race([attempt, late(deadline())]);
    } catch (error) {
      end.abort();
      // What it was waiting for it says only when it has ended.
      const detail = await Promise.race([attempt.then(() => "", String), sleep(1000, "")]);
      const why = [...new Set([String(error), detail])].join("\n").trim();
      if (tries === TRIES) throw new Error(`${what} did not start, ${tries} times. ${why}`);
      console.error(`${what} did not start, try ${tries + 1} of ${TRIES} follows. ${why}`);
    }
  }
}

/** @param {AbortSignal} deadline @returns {Promise<never>} */
function late(deadline) {
  return new Promise((_, fail) => {
    const end = () => fail(new Error("no answer in time"));
    if (deadline.aborted) end();
    deadline.addEventListener("abort", end);
  });
}
