// The strip of settings: typed, stepped, scrubbed, refused, taken back, and all of it in reach.
import assert from "node:assert/strict";
import * as documents from "../../web/app/state.js";
import { frame, onPage, paste, showsAll, textOf } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** @param {Page} page @param {string} name */
const held = (page, name) =>
  page.$eval(`input[name=${name}]`, (field) => /** @type {HTMLInputElement} */ (field).value);

/** Types over a field's number. @param {Page} page @param {string} name @param {string} text */
async function type(page, name, text) {
  await page.focus(`input[name=${name}]`);
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await frame(page);
}

/** @param {Page} page @param {string} key @param {...import("puppeteer-core").KeyInput} modifiers */
async function press(page, key, ...modifiers) {
  for (const each of modifiers) await page.keyboard.down(each);
  await page.keyboard.press(/** @type {import("puppeteer-core").KeyInput} */ (key));
  for (const each of modifiers) await page.keyboard.up(each);
  await frame(page);
}

/** @param {Page} page */
const refusal = async (page) =>
  (await page.$(".strip + .refusal")) ? textOf(page, ".strip + .refusal") : "";

/** @param {...[name: string, value: number | boolean | null]} fields */
const state = (...fields) =>
  fields.reduce((s, [name, value]) => documents.setField(s, name, value), documents.opening());

onPage("numbers are typed, stepped and scrubbed", async (page) => {
  await type(page, "dModel", "5");
  await type(page, "headDim", "3");
  await showsAll(page, state(["dModel", 5], ["headDim", 3]));
  await press(page, "ArrowUp");
  await press(page, "ArrowUp", "Shift");
  await press(page, "ArrowDown");
  assert.equal(await held(page, "headDim"), "13");
  await press(page, "ArrowDown", "Shift");
  await press(page, "ArrowDown", "Shift");
  assert.equal(await held(page, "headDim"), "1", "steps end where the field does");
  await page.click(".strip .more");
  await frame(page);
  await page.focus("input[name=temperature]");
  await press(page, "ArrowUp");
  await press(page, "ArrowUp", "Shift");
  await press(page, "ArrowDown", "Alt");
  assert.equal(await held(page, "temperature"), "2.09");
  await page.keyboard.type("4");
  await press(page, "ArrowUp");
  assert.equal(await held(page, "temperature"), "4.1", "a step goes on from what was typed");
  const field = await page.$("input[name=dModel]");
  const box = await field?.boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 25, y, { steps: 5 });
  await page.mouse.up();
  await frame(page);
  assert.equal(await held(page, "dModel"), "8");
  // One scrub is one step back.
  await page.click("h1");
  await press(page, "z", "Control");
  assert.equal(await held(page, "dModel"), "5");
});

onPage("a refused number is named, and what is being typed is let be", async (page) => {
  for (const [name, text, complaint] of /** @type {const} */ ([
    ["dModel", "65", /model dimension can be from 1 to 64, so not 65/],
    ["dModel", "2.5", /model dimension is a whole number, so not 2\.5/],
    ["headDim", "drei", /“drei” is not a number/],
    ["headDim", "1,5", /“1,5” has a comma/],
    ["headDim", "0", /head dimension can be from 1 to 64, so not 0/],
  ])) {
    await type(page, name, text);
    assert.match(await refusal(page), complaint);
  }
  await showsAll(page, documents.opening());
  await page.focus("input[name=dModel]");
  await page.keyboard.type("4");
  await page.hover('[data-figure="s"]');
  await frame(page);
  assert.equal(await held(page, "dModel"), "4", "another change of the page writes over nothing");
  await press(page, "Escape");
  assert.equal(await held(page, "dModel"), "3");
  await page.keyboard.type("4");
  await page.click("h1");
  await frame(page);
  await showsAll(page, state(["dModel", 4]));
  assert.equal(await refusal(page), "");
});

onPage("optional settings are off, on, and off again", async (page) => {
  await page.click(".strip .more");
  await frame(page);
  for (const [name, text] of /** @type {const} */ ([
    ["window", "1"],
    ["softcap", ".5"],
  ])) {
    assert.equal(await held(page, name), "off");
    await type(page, name, text);
    await showsAll(page, state([name, Number(text)]));
    await press(page, "a", "Control");
    await press(page, "Backspace");
    await press(page, "Enter");
    assert.equal(await held(page, name), "off");
    await type(page, name, "off");
    assert.equal(await refusal(page), "");
  }
  await showsAll(page, documents.opening());
  assert.equal(await page.$eval(".strip .more", (b) => b.getAttribute("aria-expanded")), "true");
  await page.click(".strip .more");
  await frame(page);
  assert.equal(await page.$("input[name=window]"), null);
});

onPage("who goes on before a number is drawn is not called back", async (page) => {
  await page.evaluate(() => {
    const [first, second] = ["dModel", "headDim"].map(
      (name) => /** @type {HTMLInputElement} */ (document.querySelector(`input[name=${name}]`)),
    );
    first.focus();
    first.value = "4";
    first.dispatchEvent(new InputEvent("input", { bubbles: true }));
    first.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    second.focus();
  });
  await frame(page);
  assert.equal(await held(page, "dModel"), "4");
  await page.keyboard.type("3");
  await page.keyboard.press("Enter");
  await frame(page);
  await showsAll(page, state(["dModel", 4], ["headDim", 3]));
});

onPage("heads end at one and at eight, and say so", async (page) => {
  await page.focus('[aria-label="Remove the last head"]');
  await press(page, "Enter");
  await press(page, "Enter");
  assert.match(await refusal(page), /number of heads can be from 1 to 8, so not 0/);
  await page.focus('[aria-label="Add a head"]');
  for (let i = 0; i < 8; i++) await press(page, "Enter");
  assert.match(await refusal(page), /number of heads can be from 1 to 8, so not 9/);
  assert.equal(await page.$$eval(".strip .thumbnail", (all) => all.length), 8);
});

onPage("undo and redo by key outside of fields, and the keyboard stays", async (page) => {
  await page.select("select[name=causal]", "causal");
  await frame(page);
  await page.focus('[data-figure="s"]');
  for (const control of /** @type {const} */ (["Control", "Meta"])) {
    await press(page, "z", control);
    await showsAll(page, documents.opening());
    await press(page, "Z", control, "Shift");
    await showsAll(page, state(["causal", true]));
  }
  // Within a field the keys are the field's own.
  await page.click(".as-text");
  await frame(page);
  await page.keyboard.type("x");
  await press(page, "z", "Control");
  await showsAll(page, state(["causal", true]));
  await page.click(".as-text");
  await frame(page);
  const undo = await page.evaluateHandle(() =>
    [...document.querySelectorAll(".strip button")].find((b) => b.textContent?.trim() === "Undo"),
  );
  await /** @type {any} */ (undo).focus();
  for (let i = 0; i < 4; i++) await press(page, "Enter");
  await showsAll(page, documents.opening());
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Undo");
});

onPage("the strip carries the sentence once the hero has left", async (page) => {
  const carried = () => page.$eval(".ribbon", (e) => getComputedStyle(e).display !== "none");
  assert.equal(await carried(), false);
  await page.evaluate(() => scrollTo(0, 1200));
  await page.waitForFunction(() => document.documentElement.classList.contains("stuck"));
  assert.equal(await carried(), true);
  // The strip has grown by the sentence; what was scrolled has to come to rest.
  for (let i = 0; i < 5; i++) await frame(page);
  await page.focus(".ribbon button:nth-child(4)");
  await press(page, "Enter");
  await frame(page);
  await showsAll(page, state(["focus", 3]));
  assert.equal(await textOf(page, '.ribbon [aria-pressed="true"]'), "mange");
  await paste(page, "mot ".repeat(25));
  assert.equal(await page.$(".ribbon"), null);
});

for (const width of [1440, 1280]) {
  onPage(
    `at ${width} px the strip covers neither the reading nor what a term leads to`,
    async (page) => {
      await page.click(".strip .more");
      await frame(page);
      const covered = (/** @type {string} */ selector) =>
        page.evaluate(async (selector) => {
          // What scrolls comes to rest.
          for (let y = -1; y !== scrollY; ) {
            y = scrollY;
            for (let i = 0; i < 12; i++) await new Promise((done) => requestAnimationFrame(done));
          }
          const strip = /** @type {Element} */ (document.querySelector(".strip"));
          const element = /** @type {Element} */ (document.querySelector(selector));
          const { top, bottom } = element.getBoundingClientRect();
          return { over: strip.getBoundingClientRect().bottom - top, under: bottom - innerHeight };
        }, selector);
      const clear = async (/** @type {string} */ selector) => {
        const { over, under } = await covered(selector);
        assert.ok(over <= 0, `${selector} is ${over} px behind the strip`);
        assert.ok(under <= 0, `${selector} is ${under} px below the window`);
      };
      await page.evaluate(() => scrollTo(0, 900));
      await page.waitForFunction(() => document.documentElement.classList.contains("stuck"));
      await clear(".reading .step-of");
      // From the last number back to the first, each number that a term leads to is in sight.
      await page.focus('[data-figure="y"]');
      await press(page, "Enter");
      for (let i = 0; i < 6; i++) {
        await page.focus(".reading .detail .go");
        await press(page, "Enter");
        await clear(".reading .step-of");
        await clear(".loom .frame.locked");
      }
    },
    { width, height: 900 },
  );
}

for (const [width, touch] of /** @type {const} */ ([
  [1440, false],
  [1280, false],
  [1024, false],
  [768, false],
  [390, true],
  [360, true],
])) {
  for (const tag of /** @type {const} */ (["en", "fr"])) {
    onPage(
      `at ${width} px every setting is in reach, in ${tag}`,
      async (page) => {
        await page.evaluate((tag) => {
          /** @type {HTMLElement | null} */ (document.querySelector(`[lang="${tag}"]`))?.click();
        }, tag);
        await frame(page);
        await page.click(".strip .more");
        await frame(page);
        const hidden = await page.$$eval(".settings", async (rows) => {
          /** @type {string[]} */
          const hidden = [];
          for (const row of rows) {
            for (const each of row.querySelectorAll("button, input, select, label, .math")) {
              each.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
              const { left, right, width } = each.getBoundingClientRect();
              if (width === 0 || left < -1 || right > innerWidth + 1) hidden.push(each.outerHTML);
            }
            row.scrollLeft = 0;
          }
          return hidden;
        });
        assert.deepEqual(hidden, []);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      },
      { width, height: 844, touch },
    );
  }
}
