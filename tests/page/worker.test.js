// Long sentences: a worker computes, what follows is marked as waiting, and the newest state wins.
import assert from "node:assert/strict";
import test from "node:test";
import { probability } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { edit, frame, hl, openCell, paste, shown, textOf, visit } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

const long = Array.from({ length: 200 }, (_, i) => `mot${i}`).join(" ");
const sentence = documents.setText(documents.opening(), long);

/** Opens the page with a worker that gets nothing to do before release(). @param {Page} page */
const held = async (page) => {
  await page.evaluateOnNewDocument(() => {
    const post = Worker.prototype.postMessage;
    /** @type {(() => void)[]} */
    const waiting = [];
    const count = { posts: 0 };
    Worker.prototype.postMessage = /** @type {any} */ (
      /** @this {Worker} @param {[any]} args */ function (...args) {
        count.posts++;
        waiting.push(() => post.apply(this, args));
      }
    );
    const release = () => {
      for (const send of waiting.splice(0)) send();
    };
    Object.assign(globalThis, { release, count });
  });
};

/** @param {Page} page @returns {Promise<number>} */
const posts = (page) => page.evaluate(() => /** @type {any} */ (globalThis).count.posts);
/** @param {Page} page */
const release = (page) => page.evaluate(() => /** @type {any} */ (globalThis).release());

/** @param {Page} page */
const once = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));

/** @param {Page} page @param {string} text */
async function write(page, text) {
  if (!(await page.$(".sentence textarea"))) await page.click(".as-text");
  await page.$eval(
    ".sentence textarea",
    (area, text) => {
      area.value = text;
      area.dispatchEvent(new InputEvent("input", { bubbles: true }));
    },
    text,
  );
  await once(page);
}

/** Keeps how thick the veil is whenever that changes. @param {Page} page */
const watch = (page) =>
  page.$eval("main", (main) => {
    /** @type {string[]} */
    const veils = [];
    const look = () => {
      const { opacity } = getComputedStyle(
        /** @type {Element} */ (main.querySelector(".loom")),
        "::after",
      );
      if (opacity !== (veils.at(-1) ?? "0")) veils.push(opacity);
    };
    new MutationObserver(look).observe(main, { attributeFilter: ["class"] });
    Object.assign(globalThis, { veils });
  });
/** @param {Page} page @returns {Promise<string[]>} */
const veils = (page) => page.evaluate(() => /** @type {any} */ (globalThis).veils);

/** The row of the focus token's weights, as the hero shows it. @param {Page} page */
const shares = (page) =>
  page.$$eval(".tokens .share", (all) => all.map((share) => share.textContent));

/** @param {documents.State} state */
function expected(state) {
  const { data, cols } = sheet(run(hl, state).weights, state.head);
  const row = data.subarray(state.focus * cols, (state.focus + 1) * cols);
  return Array.from(row, (x) => probability(x, 3));
}

/** Whether any pixel of any picture of a matrix is set. @param {Page} page @param {string} id */
const pictured = (page, id) =>
  page.$$eval(`[data-figure="${id}"] canvas`, (all) =>
    all.some((canvas) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d", { willReadFrequently: true });
      context?.drawImage(canvas, 0, 0);
      const pixels = context?.getImageData(0, 0, copy.width, copy.height).data;
      return pixels?.some((x) => x > 0);
    }),
  );

test("what follows waits, is blank meanwhile, and the newest state wins", async () => {
  const { page, faults, close } = await visit({ before: held });
  try {
    await page.waitForSelector(".strip");
    await write(page, long);
    assert.ok(await page.$('main.waiting[aria-busy="true"]'));
    assert.deepEqual(await shares(page), Array(200).fill("–"));
    assert.equal(await textOf(page, "h1"), "mot1 is being computed …");
    assert.equal(await textOf(page, ".reading .value"), "–");
    for (const id of ["s", "a0", "a1"]) assert.equal(await pictured(page, id), false, id);
    assert.deepEqual(new Set((await shown(page, "q")).flat()), new Set([""]));

    // The inputs stay, and stay editable; of three edits the worker sees none but the last.
    await openCell(page, "wq", 0, 0);
    await page.keyboard.type("5");
    await page.keyboard.press("Enter");
    await once(page);
    assert.equal((await shown(page, "wq"))[0][0], "5");
    await page.select("select[name=causal]", "causal");
    await page.select("select[name=causal]", "none");
    assert.equal(await posts(page), 1);
    await release(page);
    await page.waitForFunction(() => /** @type {any} */ (globalThis).count.posts === 2);
    assert.ok(await page.$("main.waiting"), "the first answer is not shown any more");
    await release(page);
    await frame(page);
    const cell = /** @type {const} */ ({ matrix: "wq", head: 0, row: 0, col: 0 });
    const state = documents.setNumber(sentence, cell, 5);
    assert.deepEqual(await shares(page), expected(state));

    // Large pictures out of sight follow in a pause, and are hidden until then.
    await page.waitForFunction(() =>
      Array.from(document.querySelectorAll("canvas")).every(({ style }) => style.visibility === ""),
    );
    assert.ok(await pictured(page, "s"));

    // An edit of a number moves nothing: what is shown is veiled, and goes where its successor is late.
    await watch(page);
    await edit(page, "wq", 0, 0, "6");
    assert.ok(await page.$('main.waiting[aria-busy="true"]'));
    await page.waitForFunction(() => document.querySelector(".share")?.textContent === "–");
    assert.equal(await pictured(page, "s"), false);
    await release(page);
    await frame(page);
    const again = documents.setNumber(state, cell, 6);
    assert.deepEqual(await shares(page), expected(again));
    assert.deepEqual(await veils(page), ["0.9", "0"]);

    // What is only looked at needs no new numbers.
    await page.click('.tokens [data-token="3"]');
    await frame(page);
    assert.deepEqual(await shares(page), expected(documents.setField(again, "focus", 3)));
    assert.equal(await posts(page), 3);

    // A short sentence is computed at once, whatever the worker is at.
    await page.click("input[name=scale]");
    await write(page, "chat noir");
    assert.equal(await page.$("main.waiting"), null);
    const short = await shown(page, "y");
    assert.equal(short.length, 2);
    await release(page);
    await frame(page);
    assert.deepEqual(await shown(page, "y"), short);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
});

test("where no worker starts, the page computes itself", async () => {
  const { page, close } = await visit({
    before: async (page) => {
      await page.setRequestInterception(true);
      page.on("request", (request) => {
        if (request.url().endsWith("worker.js")) request.abort("failed");
        else request.continue();
      });
    },
  });
  try {
    await page.waitForSelector(".strip");
    await paste(page, long);
    assert.deepEqual(await shares(page), expected(sentence));
    await edit(page, "wq", 0, 0, "5");
    const cell = /** @type {const} */ ({ matrix: "wq", head: 0, row: 0, col: 0 });
    assert.deepEqual(await shares(page), expected(documents.setNumber(sentence, cell, 5)));
  } finally {
    await close();
  }
});
