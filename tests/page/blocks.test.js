// Blocks of numbers from the clipboard and to it, in Chromium.
import assert from "node:assert/strict";
import { setBlock } from "../../web/app/fills.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { frame, hl, onPage, openCell, showsAll, textOf } from "./open.js";
import { open, POPUP, target } from "./popup.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** Pastes a text where the keyboard is. @param {Page} page @param {string} text */
async function pasteText(page, text) {
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const about = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement?.dispatchEvent(new ClipboardEvent("paste", about));
  }, text);
  await frame(page);
}

onPage(
  "a block is pasted from the cell that has the keyboard, and from an open field",
  async (page) => {
    let state = documents.opening();
    await page.focus('[data-figure="x"]');
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await pasteText(page, "1\t-2\r\n.5\t1e1\r\n");
    state = setBlock(state, target(state, "x"), 1, 1, [
      [1, -2],
      [0.5, 10],
    ]);
    await showsAll(page, state);
    await page.keyboard.press("ArrowDown");
    await pasteText(page, "7");
    state = setBlock(state, target(state, "x"), 2, 1, [[7]]);
    await showsAll(page, state);
    await openCell(page, "wq", 0, 0);
    await pasteText(page, "[[1. 2.]\n [3. 4.]\n [5. 6.]]");
    assert.equal(await page.$(".editor"), null);
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute("data-figure")),
      "wq",
    );
    state = setBlock(state, target(state, "wq"), 0, 0, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    await showsAll(page, state);
    await page.keyboard.press("Escape");
    const undo = async () => {
      await page.evaluate(() => {
        const all = [...document.querySelectorAll(".strip button")];
        /** @type {HTMLElement} */ (all.find((b) => b.textContent === "Undo")).click();
      });
      await frame(page);
    };
    for (let i = 0; i < 3; i++) await undo();
    await showsAll(page, documents.opening());
  },
);

onPage("a block that does not fit changes nothing and says why", async (page) => {
  await page.focus('[data-figure="wq"]');
  for (const [text, said] of [
    ["1\t2\t3", /pasted block is 1×3, .* room for 3×2/],
    ["1\t2\n3", /Row 2 of the pasted block has 1 number, the first has 2/],
    ["1\tfour", /“four” is not a number/],
    ["1\t1e9", /1,000,000,000 is too large/],
    ["<b>1</b>", /“<b>1<\/b>” is not a number/],
    [`1\t${"1 ".repeat(50000)}`, /100,002 characters/],
  ]) {
    await pasteText(page, String(text));
    assert.match(await textOf(page, '[data-figure="wq"] .complaint'), /** @type {RegExp} */ (said));
    await showsAll(page, documents.opening());
  }
  await page.keyboard.press("Escape");
  await frame(page);
  assert.equal(await page.$(".complaint"), null);
});

onPage("a matrix is copied by the keys and from its menu, and pasted back", async (page) => {
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", {
      value: {
        writeText: async (/** @type {string} */ text) => Object.assign(window, { text }),
        readText: async () => "0\t1\n1\t0\n0\t0",
      },
    });
  });
  await open(page, "q");
  await page.click(`${POPUP} button`);
  await page.waitForFunction(
    () => document.querySelector(".popup [role=status]")?.textContent === "Copied",
  );
  const text = await page.evaluate(() => /** @type {any} */ (window).text);
  const { data } = sheet(run(hl, documents.opening()).q, 0);
  const rows = text.split("\n").map((/** @type {string} */ row) => row.split("\t").map(Number));
  assert.deepEqual(rows.flat().map(Math.fround), [...data]);
  await page.keyboard.press("Escape");
  await page.focus('[data-figure="q"]');
  const copied = await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    const about = { clipboardData, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new ClipboardEvent("copy", about));
    return clipboardData.getData("text/plain");
  });
  assert.equal(copied, text);
  await open(page, "wv");
  await page.evaluate(() => {
    const all = [...document.querySelectorAll(".popup button")];
    /** @type {HTMLElement} */ (all.find((b) => b.textContent?.trim() === "Paste")).click();
  });
  await frame(page);
  const start = documents.opening();
  const block = [
    [0, 1],
    [1, 0],
    [0, 0],
  ];
  await showsAll(page, setBlock(start, target(start, "wv"), 0, 0, block));
});
