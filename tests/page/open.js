// A page of the built site in Chromium that notes whatever a good page never does.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { load } from "../../dist/headlight/headlight.js";
import { probability, short } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import { launch, serve } from "./browser.js";

/** The library under Node, for the numbers that the page has to show. */
export const hl = await load();

const browser = await launch();
after(() => browser.close());

/**
 * @typedef {object} Visit
 * @property {import("puppeteer-core").Page} page
 * @property {string[]} faults console errors, exceptions, policy violations, foreign requests
 * @property {() => Promise<void>} close
 */

/**
 * @param {{ base?: string, script?: boolean, width?: number, height?: number, touch?: boolean,
 *   theme?: "light" | "dark", before?: (page: import("puppeteer-core").Page) => Promise<void> }} [options]
 * @returns {Promise<Visit>}
 */
export async function visit({
  base = "/",
  script = true,
  width = 1440,
  height = 900,
  touch = false,
  theme = "light",
  before,
} = {}) {
  const server = await serve("dist/site", { base });
  const page = await browser.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !/^(data|blob):/.test(url)) faults.push(`asked for ${url}`);
  });
  await page.setJavaScriptEnabled(script);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  await page.setViewport({ width, height, hasTouch: touch, isMobile: touch });
  await page.evaluateOnNewDocument(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  await before?.(page);
  await page.goto(server.url);
  if (script && !before) await page.waitForSelector(".strip");
  const close = async () => {
    await page.close();
    await server.close();
  };
  return { page, faults, close };
}

/** What a matrix shows, cell by cell, in its n-th place on the page.
 * @param {import("puppeteer-core").Page} page @param {string} id @returns {Promise<string[][]>} */
export function shown(page, id, n = 0) {
  return page.evaluate(
    (id, n) => {
      const places = document.querySelectorAll(`[data-figure="${id}"]`);
      const rows = places[n]?.querySelectorAll("tbody tr") ?? [];
      return Array.from(rows, (row) =>
        Array.from(row.querySelectorAll("td"), (cell) => cell.textContent ?? ""),
      );
    },
    id,
    n,
  );
}

/** What a strip of step 4 shows. @param {import("puppeteer-core").Page} page @param {string} id */
export function strip(page, id) {
  return page.$$eval(`[data-strip="${id}"] tbody td`, (all) =>
    all.map((cell) => cell.textContent ?? ""),
  );
}

/** Opens a cell's field, by mouse. @param {import("puppeteer-core").Page} page
 * @param {string} id @param {number} row @param {number} col */
export async function openCell(page, id, row, col) {
  const cell = `[data-figure="${id}"] tbody tr:nth-child(${row + 1}) td:nth-of-type(${col + 1})`;
  await page.click(cell);
  await page.waitForSelector(`[data-figure="${id}"] .editor`);
}

/** Types a number over the one in a cell and closes the field. @param {import("puppeteer-core").Page} page
 * @param {string} id @param {number} row @param {number} col @param {string} text */
export async function edit(page, id, row, col, text) {
  await openCell(page, id, row, col);
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".editor", { hidden: true });
}

/** Puts a sentence into the field at once, as a paste does; opens the field where it is not. @param {import("puppeteer-core").Page} page
 * @param {string} text */
export async function paste(page, text) {
  if (!(await page.$(".sentence textarea"))) await page.click(".as-text");
  await page.evaluate((text) => {
    const area = /** @type {HTMLTextAreaElement} */ (document.querySelector(".sentence textarea"));
    area.value = text;
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, text);
  await frame(page);
}

/** @param {import("puppeteer-core").Page} page @param {boolean} [on] */
export async function causal(page, on = true) {
  await page.select("select[name=causal]", on ? "causal" : "none");
  await frame(page);
}

/** Waits until the next frame is drawn, and until nothing waits for numbers any more.
 * @param {import("puppeteer-core").Page} page */
export function frame(page) {
  return page.evaluate(async () => {
    do await new Promise((done) => requestAnimationFrame(done));
    while (document.querySelector("main.waiting"));
  });
}

/** @param {import("puppeteer-core").Page} page @param {string} selector */
export function textOf(page, selector) {
  return page.$eval(selector, (element) => (element.textContent ?? "").replace(/\s+/g, " ").trim());
}

/** @param {string} name @param {(page: import("puppeteer-core").Page) => Promise<void>} walk
 * @param {Parameters<typeof visit>[0]} [options] */
export function onPage(name, walk, options) {
  test(name, async () => {
    const { page, faults, close } = await visit(options);
    try {
      await walk(page);
      assert.deepEqual(faults, []);
    } finally {
      await close();
    }
  });
}

/** @param {import("../../web/app/pipeline.js").Sheet} sheet @param {(x: number) => string} print */
export function printed({ data, rows, cols }, print) {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(data.subarray(row * cols, (row + 1) * cols), print),
  );
}

export const two = (/** @type {number} */ x) => short(x, 2);
export const three = (/** @type {number} */ x) => probability(x, 3);

/** Every matrix that follows from a state is on the page, number by number.
 * @param {import("puppeteer-core").Page} page @param {import("../../web/app/state.js").State} state */
export async function showsAll(page, state) {
  const results = run(hl, state);
  const { head } = state;
  const masked = sheet(results.logits).data.map((x) => Number(x === -Infinity));
  const hidden = (/** @type {string[][]} */ rows) =>
    rows.map((row, i) => row.map((text, j) => (masked[i * row.length + j] ? "" : text)));
  for (const id of /** @type {const} */ (["q", "k", "v"])) {
    assert.deepEqual(await shown(page, id), printed(sheet(results[id], head), two), id);
  }
  assert.deepEqual(await shown(page, "s"), printed(sheet(results.scores), two));
  const logits = hidden(printed(sheet(results.logits), two));
  assert.deepEqual(await strip(page, "logit"), logits[state.focus]);
  assert.deepEqual(
    await shown(page, `a${head}`),
    hidden(printed(sheet(results.weights, head), three)),
  );
  assert.deepEqual(await shown(page, `o${head}`), printed(sheet(results.heads, head), two));
  assert.deepEqual(await shown(page, "concat"), printed(sheet(results.concat), two));
  assert.deepEqual(await shown(page, "y"), printed(sheet(results.output), two));
}

export const opening = "Le chat noir mange la souris blanche.";
