// The popup that a matrix's name opens, and Share and Export in the header, in Chromium.
import { figures } from "../../web/app/figures.js";
import { run } from "../../web/app/pipeline.js";
import { frame, hl } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

export const POPUP = ".popup:popover-open";
export const isOpen = async (/** @type {Page} */ page) => (await page.$(POPUP)) !== null;

/** Presses a name where nothing lies above it and nothing moves any more.
 * @param {Page} page @param {string} menu @param {number} [n] its place on the page */
export async function press(page, menu, n = 0, by = "click") {
  const button = (await page.$$(`[data-menu="${menu}"]`))[n];
  await button.evaluate((button) => button.scrollIntoView({ block: "center" }));
  for (let i = 0; i < 3; i++) await frame(page);
  if (by === "tap") await button.tap();
  else await button.click();
  await frame(page);
}

/** @param {Page} page @param {string} menu @param {number} [n] */
export async function open(page, menu, n = 0, by = "click") {
  await press(page, menu, n, by);
  await page.waitForSelector(POPUP);
}

/** A matrix as what fills it takes it. @param {import("../../web/app/state.js").State} state
 * @param {string} id */
export function target(state, id) {
  const figure = figures(state, run(hl, state))[id];
  return /** @type {import("../../web/app/fills.js").Target} */ (figure);
}
