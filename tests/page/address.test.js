// The browser's address says what the page shows: written, read, refused, and gone back to.
import assert from "node:assert/strict";
import test from "node:test";
import { toLink } from "../../web/app/link.js";
import * as documents from "../../web/app/state.js";
import { serve } from "./browser.js";
import { NAMES, start } from "./browsers/index.js";
import { causal, edit, frame, onPage, showsAll, textOf } from "./open.js";
import { open, POPUP } from "./popup.js";

/** @typedef {import("puppeteer-core").Page} Page */

const opening = documents.opening();
const put = (/** @type {number} */ value) =>
  documents.setNumber(opening, { matrix: "wq", head: 0, row: 0, col: 0 }, value);

/** @param {Page} page */
const hash = (page) => page.evaluate(() => location.hash);

/** Waits until the address is that of a state. @param {Page} page @param {documents.State} state */
async function addressIs(page, state) {
  const link = toLink(state);
  await page.waitForFunction((link) => location.hash === (link && `#${link}`), {}, link);
}

/** Opens a link while the page is open. @param {Page} page @param {string} link */
async function follow(page, link) {
  await page.evaluate(async (link) => {
    const changed = new Promise((done) => addEventListener("hashchange", done, { once: true }));
    location.hash = link;
    await changed;
  }, link);
  await frame(page);
}

onPage(
  "edits stand in the address, at most twice a second, and a reload shows them",
  async (page) => {
    await page.evaluate(() => {
      /** @type {number[]} */
      const times = [];
      Object.assign(globalThis, { times });
      const { replaceState } = history;
      history.replaceState = (...about) => {
        times.push(performance.now());
        replaceState.apply(history, about);
      };
    });
    await page.focus('[data-figure="wq"]');
    await page.keyboard.press("Enter");
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press("ArrowUp");
      await new Promise((done) => setTimeout(done, 40));
    }
    await addressIs(page, put(4));
    const times = await page.evaluate(() => /** @type {any} */ (globalThis).times);
    assert.ok(times.length >= 2, `${times}`);
    const apart = times
      .slice(1)
      .map((/** @type {number} */ t, /** @type {number} */ i) => t - times[i]);
    assert.ok(Math.min(...apart) >= 495, `${apart}`);
    assert.equal(await page.evaluate(() => history.length), 2, "edits add nothing to the history");
    await page.reload();
    await page.waitForSelector(".strip");
    await showsAll(page, put(4));
  },
);

onPage("what leaves the page is written before it goes", async (page) => {
  await edit(page, "wq", 0, 0, "7");
  await page.reload();
  await page.waitForSelector(".strip");
  await showsAll(page, put(7));
});

onPage("reset is a place in the history, and back and forward lead there", async (page) => {
  await edit(page, "wq", 0, 0, "2");
  await addressIs(page, put(2));
  await page.evaluate(() => {
    const all = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".strip button"));
    [...all].find((button) => button.textContent?.trim() === "Reset")?.click();
  });
  await frame(page);
  assert.equal(await hash(page), "");
  await causal(page);
  const masked = documents.setField(opening, "causal", true);
  await addressIs(page, masked);
  await page.goBack();
  await addressIs(page, put(2));
  await frame(page);
  await showsAll(page, put(2));
  await page.goForward();
  await addressIs(page, masked);
  await frame(page);
  await showsAll(page, masked);
  // Both are edits that can be taken back.
  await page.keyboard.down("Control");
  await page.keyboard.press("z");
  await page.keyboard.up("Control");
  await frame(page);
  await showsAll(page, put(2));
});

onPage("a link is followed while the page is open", async (page) => {
  await follow(page, "1&text=le+chien&causal=1");
  const state = documents.setField(documents.setText(opening, "le chien"), "causal", true);
  await showsAll(page, state);
  assert.equal(await page.$(".refusal"), null);
});

onPage("Share holds the link of the page as it is, and copies it", async (page) => {
  await edit(page, "x", 1, 0, "-.75");
  await open(page, "share");
  const { value, chosen } = await page.$eval("#address", (field) => {
    const input = /** @type {HTMLInputElement} */ (field);
    return {
      value: input.value,
      chosen: input.value.slice(input.selectionStart ?? 0, input.selectionEnd ?? 0),
    };
  });
  assert.match(value, /#1&x\.chat=-\.75$/);
  assert.equal(chosen, value);
  assert.match(await textOf(page, POPUP), new RegExp(`It has ${value.length} characters`));
  await page.evaluate(() => {
    const writeText = async (/** @type {string} */ text) => Object.assign(window, { text });
    Object.defineProperty(navigator, "clipboard", { value: { writeText } });
  });
  await page.click(`${POPUP} button`);
  await page.waitForFunction("window.text");
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).text), value);
});

/** A state that uses all that a link can hold. */
const rich = [
  (/** @type {documents.State} */ s) => documents.setText(s, "L’été, 👩‍👩‍👧 & a+b=c#d %41 שלום"),
  (/** @type {documents.State} */ s) => documents.setField(s, "dModel", 4),
  (/** @type {documents.State} */ s) => documents.setField(s, "heads", 3),
  (/** @type {documents.State} */ s) => documents.setField(s, "head", 2),
  (/** @type {documents.State} */ s) => documents.setField(s, "positions", true),
  (/** @type {documents.State} */ s) => documents.setField(s, "softcap", 2.5),
  (/** @type {documents.State} */ s) => documents.setField(s, "window", 3),
  (/** @type {documents.State} */ s) =>
    documents.setNumber(s, { matrix: "x", head: 0, row: 2, col: 3 }, -1.25e-7),
  (/** @type {documents.State} */ s) =>
    documents.setNumber(s, { matrix: "p", head: 0, row: 1, col: 0 }, 0.5),
  (/** @type {documents.State} */ s) =>
    documents.setNumber(s, { matrix: "wo", head: 2, row: 1, col: 3 }, -99999.5),
].reduce((state, step) => step(state), opening);

test("a link from one browser gives the same numbers in another", async () => {
  const server = await serve("dist/site", { watched: true });
  const window = { width: 1440, height: 900, theme: /** @type {const} */ ("light"), touch: false };
  /** @type {Record<string, string>} */
  const numbers = {};
  let link = `${server.url}#${toLink(rich)}`;
  try {
    for (const name of NAMES) {
      const browser = start(name);
      try {
        const tab = await browser.open(link, window);
        numbers[name] = await tab.evaluate(allNumbers);
        // The next one takes the address that this browser has made of it.
        link = await tab.evaluate(editedLink);
        assert.deepEqual(await tab.faults(), [], name);
        await tab.close();
      } finally {
        await browser.close();
      }
    }
  } finally {
    await server.close();
  }
  assert.ok(numbers.chromium.length > 1000);
  for (const name of NAMES) assert.equal(numbers[name], numbers.chromium, name);
  assert.equal(new URL(link).hash.slice(1), toLink(rich));
});

/** Runs in the page. */
async function allNumbers() {
  while (!document.querySelector(".strip")) await new Promise((done) => setTimeout(done, 20));
  return Array.from(
    document.querySelectorAll("[data-figure] tbody td"),
    (td) => td.textContent,
  ).join(" ");
}

/** The address after an edit and its undoing. Runs in the page. */
async function editedLink() {
  const positions = /** @type {HTMLElement} */ (document.querySelector("input[name=positions]"));
  const wait = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));
  const before = location.hash;
  positions.click();
  while (location.hash === before) await wait(50);
  const between = location.hash;
  positions.click();
  while (location.hash === between) await wait(50);
  return location.href;
}
