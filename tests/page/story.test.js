// What stands there without scripts, without WebAssembly, without memory, and the ways back.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { fixed, probability, typed } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import { embeddings, opening } from "../../web/app/state.js";
import { causal, frame, hl, openCell, paste, shown, textOf, visit } from "./open.js";

const html = await readFile("web/index.html", "utf8");

test("the policy is the strict one, and no markup needs more", () => {
  const policy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
    "img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'";
  assert.ok(html.includes(`content="${policy}"`));
  assert.doesNotMatch(html, /\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)|https?:/);
});

test("without scripts the notebook's story and numbers stand there", async () => {
  const { page, faults, close } = await visit({ script: false });
  try {
    const tables = await page.$$eval(".story table", (all) =>
      all.map((table) =>
        Array.from(table.querySelectorAll("tr"), (row) =>
          Array.from(row.querySelectorAll("td"), (cell) => cell.textContent ?? ""),
        ).filter((row) => row.some((text) => text !== "")),
      ),
    );
    const state = opening();
    const results = run(hl, state);
    const two = (/** @type {number} */ x) => fixed(x, 2);
    const four = (/** @type {number} */ x) => fixed(x, 4);
    const three = (/** @type {number} */ x) => probability(x, 3);
    /** @type {[import("../../web/app/pipeline.js").Sheet, (x: number) => string][]} */
    const expected = [
      [sheet(results.q), two],
      [sheet(results.scores), two],
      [sheet(results.logits), two],
      [sheet(results.weights), three],
      [sheet(results.heads), four],
      [sheet(results.weights, 1), three],
      [sheet(results.concat), four],
      [sheet(results.output), four],
    ];
    assert.deepEqual(tables, [
      embeddings(state).map((row) => row.map(typed)),
      ...expected.map(([{ data, rows, cols }, print]) =>
        Array.from({ length: rows }, (_, r) =>
          Array.from(data.subarray(r * cols, (r + 1) * cols), print),
        ),
      ),
    ]);
    assert.equal(await textOf(page, "h1"), "chat looks mostly at noir and blanche, 25.9% each.");
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
});

test("a core that does not load says why, leaves the story, and loads on a second try", async () => {
  let broken = true;
  const { page, close } = await visit({
    before: async (page) => {
      await page.setRequestInterception(true);
      page.on("request", (request) => {
        if (broken && request.url().endsWith(".wasm")) request.abort("failed");
        else request.continue();
      });
    },
  });
  try {
    await page.waitForSelector("#notice button");
    assert.match(
      await textOf(page, "#notice"),
      /^The core could not be loaded.*headlight.*Try again$/,
    );
    assert.ok(await page.$(".story table"));
    await page.click("#notice button");
    await page.waitForSelector("#notice button");
    broken = false;
    await page.click("#notice button");
    await page.waitForSelector(".strip");
    assert.equal(await textOf(page, "#notice"), "");
    assert.equal(await page.$(".story"), null);
  } finally {
    await close();
  }
});

test("without WebAssembly the page says so and the story stays", async () => {
  const { page, close } = await visit({
    before: async (page) => {
      await page.evaluateOnNewDocument("delete globalThis.WebAssembly");
    },
  });
  try {
    await page.waitForSelector("#notice button");
    assert.match(await textOf(page, "#notice"), /WebAssembly/);
    assert.ok(await page.$(".story table"));
  } finally {
    await close();
  }
});

/** The same WebAssembly module with another limit for its memory. Section 5 of a module is: its
 * number, its length, one memory, 1 for "has a limit", pages at the start, pages at most; both as
 * LEB128. @param {Uint8Array<ArrayBuffer>} wasm @param {number} pages below 2^14 */
function withMemory(wasm, pages) {
  const uleb = (/** @type {number} */ at) => {
    let end = at;
    while (wasm[end] & 0x80) end++;
    return end + 1;
  };
  let at = 8;
  while (wasm[at] !== 5) {
    const start = uleb(at + 1);
    const length = wasm.subarray(at + 1, start).reduce((n, b, i) => n + (b & 0x7f) * 128 ** i, 0);
    at = start + length;
  }
  const most = uleb(uleb(at + 1) + 2);
  assert.equal(uleb(most) - most, 3);
  wasm.set([(pages & 0x7f) | 0x80, (pages >> 7) | 0x80, 0], most);
  return wasm;
}

// A worker would bring a core of its own, with all the memory it asks for.
test("without memory for the numbers, words stand there and no number does, until there is", async () => {
  const { page, close } = await visit({
    before: async (page) => {
      await page.setRequestInterception(true);
      page.on("request", async (request) => {
        const name = request.url().split("/").at(-1) ?? "";
        if (!name.endsWith(".wasm")) return request.continue();
        const body = withMemory(Uint8Array.from(await readFile(`dist/site/${name}`)), 32);
        request.respond({ contentType: "application/wasm", body });
      });
      await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "Worker"));
    },
  });
  const undo = async () => {
    await page.click(".strip ::-p-text(Undo)");
    await frame(page);
  };
  try {
    await page.waitForSelector(".strip");
    const numbers = await shown(page, "y");
    assert.equal(numbers.length, 8);
    await openCell(page, "wo", 0, 0);
    await paste(page, Array.from({ length: 400 }, (_, i) => `mot${i}`).join(" "));
    assert.match(
      await textOf(page, "main h1"),
      /^The numbers of this sentence could not be computed, so none are shown: .*memory/,
    );
    assert.equal(await page.$(".page, .thumbnail canvas, .legend, td"), null);
    const shares = await page.$$eval(".share", (all) => all.map((share) => share.textContent));
    assert.deepEqual(new Set(shares), new Set(["–"]));
    await causal(page);
    await frame(page);
    assert.match(await textOf(page, "main h1"), /could not be computed/);
    await undo();
    await undo();
    assert.deepEqual(await shown(page, "y"), numbers);
    await paste(page, "chat noir");
    assert.equal((await shown(page, "y")).length, 2);
  } finally {
    await close();
  }
});
