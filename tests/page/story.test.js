// What stands there without scripts or without WebAssembly, and the way back from a failed load.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { fixed, probability, typed } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import { embeddings, opening } from "../../web/app/state.js";
import { hl, textOf, visit } from "./open.js";

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
    assert.equal(await textOf(page, "h1"), "chat looks mostly at noir and blanche, 26% each.");
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
