// The same tests in each browser, every one on a page of its own that must show no fault.
import assert from "node:assert/strict";
import test from "node:test";
import { serve } from "../browser.js";
import { frame } from "./hands.js";
import { NAMES, start } from "./index.js";

/** @typedef {import("./index.js").Tab} Tab */
/** @typedef {import("./index.js").Window} Window */
/** @typedef {(tab: Tab, t: import("node:test").TestContext) => Promise<void>} Walk */
/** @typedef {(name: string, walk: Walk, at?: Partial<Window> & { link?: string }) => Promise<void>} OnTab */

/** @param {string} what @param {(onTab: OnTab) => Promise<void>} tests */
export function inEach(what, tests) {
  for (const name of NAMES) {
    test(`${what} in ${name}`, async (t) => {
      const browser = start(name);
      const server = await serve("dist/site", { watched: name === "webkit" });
      try {
        await tests((name, walk, { link = "", ...given } = {}) =>
          t.test(name, async (t) => {
            const window = {
              width: 1440,
              height: 900,
              touch: false,
              theme: /** @type {const} */ ("light"),
            };
            const tab = await browser.open(`${server.url}${link && `#${link}`}`, {
              ...window,
              ...given,
            });
            try {
              await tab.evaluate(ready);
              await tab.evaluate(frame);
              await walk(tab, t);
              assert.deepEqual(await tab.faults(), []);
            } finally {
              await tab.close();
            }
          }),
        );
      } finally {
        await browser.close();
        await server.close();
      }
    });
  }
}

/** Waits until the page computes. @returns {Promise<void>} */
async function ready() {
  while (!document.querySelector(".strip")) await new Promise((done) => setTimeout(done, 20));
}
