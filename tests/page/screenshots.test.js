// Pictures of each part of the page, to be looked at: build/screenshots/<part>-<width>-<theme>.png, and
// the window as it opens. Fails where a part is missing or shows nothing.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { onPage } from "./open.js";

const FOLDER = "build/screenshots";
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

/** A picture of one colour is smaller, in bytes. */
const EMPTY = 2000;

/** Each part as a step's numbers or a class. */
const PARTS = ["header", "hero", "strip", "step-1-2", "step-3", "step-4", "step-5", "step-6"];

for (const [width, height, theme] of /** @type {const} */ ([
  [1440, 900, "light"],
  [1440, 900, "dark"],
  [1024, 768, "light"],
  [390, 844, "light"],
  [390, 844, "dark"],
])) {
  const touch = width < 768;
  const shoot = async (/** @type {import("puppeteer-core").Page} */ page) => {
    /** @param {string} part @param {Uint8Array} picture */
    const keep = (part, picture) => {
      writeFileSync(`${FOLDER}/${part}-${width}-${theme}.png`, picture);
      assert.ok(picture.length > EMPTY, `${part} shows nothing`);
    };
    keep("window", await page.screenshot());
    const parts = await page.$$("header, .hero, .strip, .step, .reading, main > section");
    /** @type {string[]} */
    const kept = [];
    for (const element of parts) {
      const part = await element.evaluate(name);
      if (kept.includes(part) || !(await element.isVisible())) continue;
      keep(part, await element.screenshot());
      kept.push(part);
    }
    const wanted = width >= 1240 ? [...PARTS, "reading"] : PARTS;
    assert.deepEqual(
      wanted.filter((part) => !kept.includes(part)),
      [],
    );
  };
  onPage(`screenshots, ${width}×${height}, ${theme}`, shoot, { width, height, theme, touch });
}

/** @param {Element} part */
function name(part) {
  const numbers = Array.from(part.querySelectorAll(".ordinal"), (number) => number.textContent);
  const { className, localName } = part;
  return numbers.length > 0 ? `step-${numbers.join("-")}` : className.split(" ")[0] || localName;
}
