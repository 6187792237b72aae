// The built page for people who want nothing to move: all is there at once, and what changed is still
// marked.
import assert from "node:assert/strict";
import { edit, onPage } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** How long lines take to change, and what bars under changed numbers do meanwhile. @param {Page} page */
function motion(page) {
  return page.evaluate(() => {
    const lines = document.querySelectorAll(".gaze path, .hinge path");
    const bars = document.querySelector(".scores .changed")?.getAnimations() ?? [];
    const frames = /** @type {KeyframeEffect[]} */ (bars.map(({ effect }) => effect));
    return {
      lines: [...new Set(Array.from(lines, (line) => getComputedStyle(line).transitionDuration))],
      bars: frames.map((effect) => effect.getKeyframes().map(({ opacity }) => opacity)),
    };
  });
}

onPage("lines glide and bars fade", async (page) => {
  // So slowly that a machine with other work still meets them.
  const browser = await page.createCDPSession();
  await browser.send("Animation.enable");
  await browser.send("Animation.setPlaybackRate", { playbackRate: 0.01 });
  await edit(page, "x", 1, 0, "2");
  assert.deepEqual(await motion(page), { lines: ["0.18s"], bars: [["1", "0"]] });
});

onPage("with reduced motion lines are there at once and bars do not fade", async (page) => {
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await edit(page, "x", 1, 0, "2");
  assert.deepEqual(await motion(page), { lines: ["0s"], bars: [["1", "1"]] });
});
