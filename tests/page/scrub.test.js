// Numbers of matrices that change under a dragged mouse, and fingers that tap or scroll.
import assert from "node:assert/strict";
import * as documents from "../../web/app/state.js";
import { causal, frame, onPage, shown, showsAll, textOf } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** The middle of a cell, scrolled to where it can be hit. @param {Page} page @param {string} id
 * @param {number} row @param {number} col */
async function place(page, id, row, col) {
  const cell = await page.waitForSelector(
    `[data-figure="${id}"] tbody tr:nth-child(${row + 1}) td:nth-of-type(${col + 1})`,
  );
  await cell?.evaluate((td) => td.scrollIntoView({ block: "center" }));
  await frame(page);
  const { x, y, width, height } = (await cell?.boundingBox()) ?? assert.fail("not there");
  return { x: x + width / 2, y: y + height / 2 };
}

/** @param {Page} page @param {{ x: number, y: number }} from @param {number[]} stops in px from there */
async function drag(page, { x, y }, stops) {
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (const stop of stops) await page.mouse.move(x + stop, y + 2);
  await page.mouse.up();
  await frame(page);
}

/** @param {Page} page @param {string} text */
const press = (page, text) =>
  page.$$eval(
    ".strip .bare",
    (all, text) =>
      /** @type {HTMLElement} */ (all.find((b) => b.textContent?.trim() === text)).click(),
    text,
  );

const cell = /** @type {const} */ ({ matrix: "wq", head: 0, row: 1, col: 0 });

onPage("dragging scrubs a cell, a step per 8 px, and is one step back", async (page) => {
  let state = documents.opening();
  const from = await place(page, "wq", 1, 0);
  await drag(page, from, [4, 12, 20, 40]);
  assert.equal(await page.$(".editor"), null);
  state = documents.setNumber(state, cell, 0.5);
  await showsAll(page, state);
  assert.equal((await shown(page, "wq"))[1][0], ".5");
  await page.keyboard.down("Shift");
  await drag(page, from, [-8, -24]);
  await page.keyboard.up("Shift");
  assert.equal((await shown(page, "wq"))[1][0], "−2.5");
  await page.keyboard.down("Alt");
  await drag(page, from, [8]);
  await page.keyboard.up("Alt");
  assert.equal((await shown(page, "wq"))[1][0], "−2.49");
  for (const before of ["−2.5", ".5", "0"]) {
    await press(page, "Undo");
    await frame(page);
    assert.equal((await shown(page, "wq"))[1][0], before);
  }
  await showsAll(page, documents.opening());
});

onPage("a click that hardly moves opens the field, and no drag leaves it open", async (page) => {
  await drag(page, await place(page, "x", 1, 1), [3, -4]);
  assert.ok(await page.$('[data-figure="x"] .editor'));
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await drag(page, await place(page, "x", 1, 1), [80]);
  assert.equal(await page.$(".editor"), null);
  assert.equal((await shown(page, "x"))[1][1], "3");
  // A word's vector is the word's: the drag changed one word, and nothing of the others.
  assert.deepEqual((await shown(page, "x"))[0], [".1", ".2", ".3"]);
});

onPage("a drag beyond the largest number leaves the last one in force", async (page) => {
  await page.click('[data-figure="wv"] tbody td:nth-of-type(1)');
  await page.keyboard.type("999999.5");
  await page.keyboard.press("Enter");
  await page.keyboard.down("Shift");
  await drag(page, await place(page, "wv", 0, 0), [16]);
  await page.keyboard.up("Shift");
  await causal(page);
  const value = documents.setNumber(
    documents.opening(),
    { ...cell, matrix: "wv", row: 0 },
    999999.5,
  );
  assert.deepEqual((await page.$$(".refusal")).length, 0);
  await showsAll(page, documents.setField(value, "causal", true));
});

onPage(
  "a first tap shows a field's number, a second one edits, and a finger that drags scrolls",
  async (page) => {
    const { x, y } = await place(page, "x", 2, 1);
    assert.match(await textOf(page, ".figure.x .hint"), /^tap a number twice to change it$/);
    await page.touchscreen.tap(x, y);
    await frame(page);
    assert.equal(await page.$(".editor"), null);
    assert.ok(await page.$('[data-figure="x"] .frame.locked'));
    await page.touchscreen.tap(x, y);
    await page.waitForSelector('[data-figure="x"] .editor');
    await page.keyboard.press("Escape");
    const before = await page.evaluate(() => scrollY);
    await page.touchscreen.touchStart(x, y);
    for (let way = 10; way <= 120; way += 10) await page.touchscreen.touchMove(x, y - way);
    await page.touchscreen.touchEnd();
    await frame(page);
    assert.ok((await page.evaluate(() => scrollY)) > before);
    assert.equal(await page.$(".editor"), null);
  },
  { width: 390, height: 844, touch: true },
);

onPage("the page stands still under the pointer while the hero leaves", async (page) => {
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const whole = await height();
  await page.evaluate(() => scrollTo(0, 700));
  await page.waitForSelector(".stuck");
  await frame(page);
  assert.equal(await height(), whole);
  const boxes = await page.evaluate(() =>
    [".ribbon", ".settings"].map((selector) => {
      const { top, bottom } = /** @type {Element} */ (
        document.querySelector(selector)
      ).getBoundingClientRect();
      return { top, bottom };
    }),
  );
  assert.ok(boxes[0].top <= 0 && Math.abs(boxes[0].bottom - boxes[1].top) <= 2, `${boxes}`);
});
