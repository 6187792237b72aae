// What a page loads before its first result, and how long that takes, in Chromium.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { serve } from "../page/browser.js";
import { median } from "./measure.js";

/** In the page, where nothing is there yet: modules one by one, wasm, and eight words attended to. */
async function visit() {
  const start = performance.now();
  const url = new URL("headlight.js", location.href).href;
  const { load } = await import(url);
  const modules = performance.now() - start;
  const hl = await load();
  const x = Array.from({ length: 8 }, (_, i) => [i / 8, 1 - i / 8]);
  const { output } = hl.attention(x, x, x);
  if (!(output.data[0] > 0)) throw new Error("no result");
  const all = performance.now() - start;
  const files = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  return { modules, all, files: files.filter((name) => /\.(js|wasm)$/.test(name)) };
}

/**
 * @typedef {object} Start
 * @property {number} ms from the import of the first module to the first result
 * @property {number} modules of these until all modules are there
 * @property {string[]} files
 * @property {number} brotli bytes of these files
 */

/**
 * @param {import("puppeteer-core").Browser} browser @param {number} visits with nothing kept
 * @returns {Promise<Start>}
 */
export async function measureStart(browser, visits) {
  const folder = "dist/headlight";
  const server = await serve(folder);
  const samples = [];
  for (let i = 0; i < visits; i++) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.goto(`${server.url}headlight.js`); // shown as text, which runs nothing
    samples.push(await page.evaluate(visit));
    await context.close();
  }
  await server.close();
  const [{ files }] = samples;
  const bytes = files.map((name) => brotliCompressSync(readFileSync(folder + name)).length);
  return {
    ms: median(samples.map(({ all }) => all)),
    modules: median(samples.map(({ modules }) => modules)),
    files: files.map((name) => name.slice(1)).sort(),
    brotli: bytes.reduce((a, b) => a + b),
  };
}
