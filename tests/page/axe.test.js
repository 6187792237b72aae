// axe-core finds nothing in the states that a visitor meets, on a desktop and a phone, light and dark.
import assert from "node:assert/strict";
import axe from "axe-core";
import { causal, edit, frame, onPage, paste } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** One after the other, each on from the one before. @type {Record<string, (page: Page) => Promise<unknown>>} */
const STATES = {
  opening: async () => {},
  "a complaint": (page) => edit(page, "wq", 0, 0, "4x"),
  "positions on": async (page) => {
    await edit(page, "wq", 0, 0, "1");
    await page.click("input[name=positions]");
  },
  "a locked number": async (page) => {
    await page.evaluate(() => {
      const cells = document.querySelectorAll(".scores [data-figure=s] td");
      const { left, top } = cells[2].getBoundingClientRect();
      const at = { clientX: left + 5, clientY: top + 5, bubbles: true };
      cells[2].dispatchEvent(new MouseEvent("click", at));
    });
    await frame(page);
    await page.waitForSelector(".reading .release");
  },
  "all settings": (page) => press(page, ".more[aria-expanded=false]"),
  "W_Q turned round": async (page) => {
    await page.keyboard.press("Escape");
    await page.click("input[name=transposed]");
  },
  "and mended": (page) => page.click("input[name=transposed]"),
  "a token that is being edited": async (page) => {
    await page.focus("[data-token='1']");
    await page.keyboard.press("Enter");
  },
  "in French": async (page) => {
    await page.keyboard.press("Escape");
    await press(page, "[lang=fr]");
  },
  "in English": (page) => press(page, "[lang=en]"),
  "how to read the page": (page) =>
    page.evaluate(() => document.querySelector("dialog")?.showModal()),
  "and read on": (page) => page.keyboard.press("Escape"),
  "causal mask": (page) => causal(page),
  "64 tokens": (page) => paste(page, Array.from({ length: 64 }, (_, i) => `mot${i}`).join(" ")),
  "one token": (page) => paste(page, "chat"),
  "no tokens": (page) => paste(page, ""),
};

/** Presses what may be folded away on a phone. @param {Page} page @param {string} selector */
function press(page, selector) {
  return page.$eval(`button${selector}`, (button) => /** @type {HTMLElement} */ (button).click());
}

for (const [width, height, touch] of /** @type {const} */ ([
  [1440, 900, false],
  [390, 844, true],
])) {
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const look = async (/** @type {Page} */ page) => {
      await page.evaluate(axe.source);
      for (const [name, go] of Object.entries(STATES)) {
        await go(page);
        await frame(page);
        assert.deepEqual(await page.evaluate(violations), [], name);
      }
    };
    onPage(`axe, ${width}×${height}, ${theme}`, look, { width, height, touch, theme });
  }
}

async function violations() {
  const { violations } = await /** @type {any} */ (globalThis).axe.run({
    resultTypes: ["violations"],
  });
  return violations.map((/** @type {import("axe-core").Result} */ { id, help, nodes }) => ({
    rule: `${id}: ${help}`,
    where: nodes.slice(0, 5).map(({ target, any }) => `${target}: ${any[0]?.message ?? ""}`),
    count: nodes.length,
  }));
}
