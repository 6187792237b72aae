// Long sentences: a worker computes, what follows is marked as waiting, and the newest state wins.
import assert from "node:assert/strict";
import test from "node:test";
import { probability } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { causal, edit, frame, hl, openCell, paste, shown, textOf, visit } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

const long = Array.from({ length: 200 }, (_, i) => `t${i}`).join(" ");
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

/** Keeps each picture that has numbers: the first number of W_Q, and the row of weights. @param {Page} page */
const watch = (page) =>
  page.evaluate(() => {
    /** @type {{ input: string, row: string[] }[]} */
    const pictures = [];
    const look = () => {
      const row = Array.from(
        document.querySelectorAll(".tokens .share"),
        (share) => share.textContent ?? "",
      );
      const input = document.querySelector('[data-figure="wq"] tbody td')?.textContent ?? "";
      if (row[0] !== "–" && `${row}` !== `${pictures.at(-1)?.row}`) pictures.push({ input, row });
    };
    look();
    const about = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(
      /** @type {Element} */ (document.querySelector("main")),
      about,
    );
    Object.assign(globalThis, { pictures });
  });
/** @param {Page} page @returns {Promise<{ input: string, row: string[] }[]>} */
const pictures = (page) => page.evaluate(() => /** @type {any} */ (globalThis).pictures);

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

/** @param {Page} page */
const blank = (page) => page.waitForSelector('.sheet.waits[data-figure="s"]');

/** @param {Page} page @param {number} count of questions to the worker */
const asked = (page, count) =>
  page.waitForFunction((count) => /** @type {any} */ (globalThis).count.posts === count, {}, count);

const cell = /** @type {const} */ ({ matrix: "wq", head: 0, row: 0, col: 0 });
const withNumber = (/** @type {number} */ value) => documents.setNumber(sentence, cell, value);

test("what follows waits, is blank meanwhile, and the newest state wins", async () => {
  const { page, faults, close } = await visit({ before: held });
  try {
    await page.waitForSelector(".strip");
    await write(page, long);
    assert.ok(await page.$('main.waiting[aria-busy="true"]'));
    assert.deepEqual(await shares(page), Array(200).fill("–"));
    assert.equal(await textOf(page, "h1"), "t1 is being computed …");
    await blank(page);
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
    await watch(page);
    await release(page);
    await asked(page, 2);
    assert.ok(await page.$("main.waiting"), "the first answer is not the last");
    await release(page);
    await frame(page);
    const state = withNumber(5);
    assert.deepEqual(await shares(page), expected(state));
    // The first answer was seen too, with the input that it belongs to.
    assert.deepEqual(await pictures(page), [
      { input: "1", row: expected(sentence) },
      { input: "5", row: expected(state) },
    ]);

    // Large pictures out of sight follow in a pause, and are hidden until then.
    await page.waitForFunction(() =>
      Array.from(document.querySelectorAll("canvas")).every(({ style }) => style.visibility === ""),
    );
    assert.ok(await pictured(page, "s"));

    // What is shown stays for a moment, and goes where its successor is late.
    await edit(page, "wq", 0, 0, "6");
    assert.ok(await page.$('main.waiting[aria-busy="true"]'));
    await blank(page);
    assert.equal((await shown(page, "wq"))[0][0], "6", "the newest inputs are there");
    assert.deepEqual(await shares(page), Array(200).fill("–"));
    assert.equal(await pictured(page, "s"), false);
    await release(page);
    await frame(page);
    const again = withNumber(6);
    assert.deepEqual(await shares(page), expected(again));

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

test("of quick edits every answer is drawn, with the state that it belongs to", async () => {
  const { page, faults, close } = await visit({ before: held });
  try {
    await page.waitForSelector(".strip");
    await write(page, long);
    await release(page);
    await frame(page);
    await openCell(page, "wq", 0, 0);
    await watch(page);
    const type = (/** @type {number} */ value) =>
      page.$eval(
        ".editor",
        (field, value) => {
          /** @type {HTMLInputElement} */ (field).value = `${value}`;
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        },
        value,
      );
    const drawn = (/** @type {number} */ count) =>
      page.waitForFunction(
        (count) => /** @type {any} */ (globalThis).pictures.length === count,
        {},
        count,
      );
    // Three edits for each answer; those in between are passed over.
    for (const [i, value] of [2, 3, 4].entries()) {
      await type(value);
      await type(value + 0.25);
      await type(value + 0.5);
      await release(page);
      await drawn(i + 2);
    }
    await release(page);
    await frame(page);
    const seen = [1, 2, 2.5, 3.5, 4.5].map((value) => ({
      input: documents.numberAt(withNumber(value), cell).toString(),
      row: expected(withNumber(value)),
    }));
    assert.deepEqual(await pictures(page), seen);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
});

test("going back to what is shown blanks nothing and asks for nothing", async () => {
  const { page, faults, close } = await visit({ before: held });
  const step = async (/** @type {"Undo" | "Redo"} */ name) => {
    await page.click(`.strip ::-p-text(${name})`);
    await once(page);
  };
  try {
    await page.waitForSelector(".strip");
    await write(page, long);
    await release(page);
    await frame(page);
    await edit(page, "wq", 0, 0, "5");
    assert.ok(await page.$("main.waiting"));
    await step("Undo");
    assert.equal(await page.$("main.waiting"), null);
    assert.deepEqual(await shares(page), expected(sentence));
    // The answer that nobody waits for any more is kept for redo.
    await watch(page);
    await release(page);
    for (let i = 0; i < 5; i++) await once(page);
    assert.deepEqual(await shares(page), expected(sentence));
    await step("Redo");
    assert.equal(await page.$("main.waiting"), null);
    assert.deepEqual(await shares(page), expected(withNumber(5)));
    await step("Undo");
    assert.equal(await page.$("main.waiting"), null);
    assert.equal(await posts(page), 2);
    const rows = [sentence, withNumber(5), sentence].map(expected);
    assert.deepEqual(
      (await pictures(page)).map(({ row }) => row),
      rows,
    );
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
});

test("another focus paints nothing but the strips that show its row", async () => {
  const { page, faults, close } = await visit();
  try {
    await paste(page, Array.from({ length: 60 }, (_, i) => `mot${i}`).join(" "));
    await causal(page);
    const painted = await page.evaluate(async () => {
      /** @type {string[]} */
      const painted = [];
      const put = CanvasRenderingContext2D.prototype.putImageData;
      CanvasRenderingContext2D.prototype.putImageData = /** @type {any} */ (
        /** @this {CanvasRenderingContext2D} @param {any[]} args */ function (...args) {
          const sheet = /** @type {HTMLElement | null} */ (this.canvas.closest(".sheet"));
          painted.push(sheet?.dataset.strip ?? sheet?.dataset.figure ?? "elsewhere");
          Reflect.apply(put, this, args);
        }
      );
      const focus = /** @type {HTMLElement} */ (document.querySelector('[data-token="40"]'));
      focus.click();
      await new Promise((done) => requestAnimationFrame(done));
      return painted;
    });
    // The exponentials' cells have no picture on this screen.
    assert.deepEqual(painted.sort(), ["exponential", "logit", "score", "weight"]);
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
    assert.deepEqual(await shares(page), expected(withNumber(5)));
  } finally {
    await close();
  }
});
