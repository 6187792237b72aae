// What leaves the page, in each browser: the same numbers in every format. What a browser does with a
// download is its own; what the page hands to it is caught on the way.
import assert from "node:assert/strict";
import test from "node:test";
import { toFile } from "../../web/app/file.js";
import { opening } from "../../web/app/state.js";
import { serve } from "./browser.js";
import { frame } from "./browsers/hands.js";
import { NAMES, start } from "./browsers/index.js";
import { readCsv, readNpy, sizeOfPng } from "./files.js";

/** @typedef {import("./browsers/index.js").Tab} Tab */

/** Keeps the browser from saving anything. */
function catchFiles() {
  const kept = /** @type {any} */ (window);
  const address = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    kept.blob = blob;
    return address(blob);
  };
  HTMLAnchorElement.prototype.click = function () {
    kept.file = { name: this.download, blob: kept.blob };
  };
}

/** @param {string} menu @param {string} name */
async function fileOf(menu, name) {
  const kept = /** @type {any} */ (window);
  kept.file = undefined;
  const named = /** @type {HTMLElement} */ (document.querySelector(`[data-menu="${menu}"]`));
  named.click();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  /** @type {HTMLElement} */ (document.querySelector(`[data-file="${name}"]`)).click();
  while (!kept.file) await new Promise((done) => setTimeout(done, 10));
  const bytes = new Uint8Array(await kept.file.blob.arrayBuffer());
  return { called: kept.file.name, type: kept.file.blob.type, bytes: [...bytes] };
}

for (const name of NAMES) {
  test(`${name}: files leave the page`, async () => {
    const server = await serve("dist/site", { watched: name === "webkit" });
    const browser = await start(name);
    try {
      const tab = await browser.open(server.url, {
        ...{ width: 1280, height: 800, theme: /** @type {const} */ ("dark"), touch: false },
      });
      await tab.evaluate(async () => {
        while (!document.querySelector(".strip")) await new Promise((done) => setTimeout(done, 20));
      });
      await tab.evaluate(frame);
      await tab.evaluate(catchFiles);
      const take = async (/** @type {string} */ menu, /** @type {string} */ file) => {
        const { called, type, bytes } = await tab.evaluate(fileOf, menu, file);
        assert.equal(called, file);
        return { type, bytes: Uint8Array.from(bytes), text: Buffer.from(bytes).toString() };
      };
      const csv = await take("wk", "headlight-1-W_K-head0.csv");
      assert.deepEqual(readCsv(csv.text), [
        ["W_K", "0", "1"],
        ...[
          ["0", "1", "0"],
          ["1", "0", "1"],
          ["2", "1", "1"],
        ],
      ]);
      const npy = readNpy((await take("wk", "headlight-1-W_K-head0.npy")).bytes);
      assert.deepEqual(
        [npy.shape, [...npy.data]],
        [
          [3, 2],
          [1, 0, 0, 1, 1, 1],
        ],
      );
      const json = await take("export", "headlight-1-state.json");
      assert.deepEqual([json.type, json.text], ["application/json", toFile(opening())]);
      for (const [menu, file] of [
        ["s", "headlight-1-S-head0"],
        ["a1", "headlight-1-lines-head1"],
        ["export", "headlight-1-sentence-head0"],
      ]) {
        const svg = await take(menu, `${file}.svg`);
        const [, width, height] = svg.text.match(/width="(\d+)" height="(\d+)"/) ?? [];
        const png = await take(menu, `${file}.png`);
        assert.deepEqual([svg.type, png.type], ["image/svg+xml", "image/png"]);
        const wanted = { width: 3 * Number(width), height: 3 * Number(height) };
        assert.deepEqual(sizeOfPng(png.bytes), wanted);
      }
      assert.deepEqual(await tab.faults(), []);
      await tab.close();
    } finally {
      await browser.close();
      await server.close();
    }
  });
}
