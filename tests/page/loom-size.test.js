// The loom in every size that a visitor may give it: nothing leaves the window, what does not fit moves
// within itself, and what rows are called stays in sight.
import assert from "node:assert/strict";
import { toLink } from "../../web/app/link.js";
import * as documents from "../../web/app/state.js";
import { frame, onPage } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** @param {Record<string, boolean | number | null>} fields @param {string} [text] */
function state(fields, text) {
  let next = documents.opening();
  if (text !== undefined) next = documents.setText(next, text);
  for (const [name, value] of Object.entries(fields)) next = documents.setField(next, name, value);
  return next;
}

/** @param {Page} page @param {documents.State} state */
async function open(page, state) {
  const link = toLink(state);
  await page.evaluate((link) => {
    location.hash = link;
  }, link);
  await page.waitForFunction(
    (count) => document.querySelectorAll(".token-button").length === count,
    {},
    state.tokens.length,
  );
  await frame(page);
  await frame(page);
}

const states = {
  "eight dimensions": state({ dModel: 8, headDim: 8, heads: 3, positions: true }),
  "64 dimensions": state({ dModel: 64, headDim: 64 }),
  "narrow X, wide heads": state({ dModel: 1, headDim: 8, heads: 8 }),
  "queries that are missing": state({ headDim: 5, transposed: true }),
  "30 tokens": state({ heads: 8 }, "mot chat anticonstitutionnellement ".repeat(10)),
  "64 tokens": state({ heads: 8, positions: true }, "mot chat noir la ".repeat(16)),
  "one token": state({ heads: 1 }, "seul"),
};

for (const [width, height] of [
  [390, 844],
  [360, 740],
]) {
  onPage(
    `no state is wider than a window of ${width}, nor the sheet of a locked cell`,
    async (page) => {
      for (const [name, state] of Object.entries(states)) {
        await open(page, state);
        const wide = () => page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
        assert.deepEqual(await wide(), [width, width], name);
        await page.$eval('.scores [data-figure="kt"]', (sheet) =>
          /** @type {HTMLElement} */ (sheet).focus({ preventScroll: true }),
        );
        await frame(page);
        const sheet = await page.$eval(".reading", (reading) => {
          const { left, right } = reading.getBoundingClientRect();
          return [left, right];
        });
        assert.deepEqual(sheet, [0, width], name);
      }
    },
    { width, height, touch: true },
  );
}

for (const [width, height] of [
  [1440, 900],
  [1024, 768],
  [720, 450],
  [640, 800],
]) {
  onPage(
    `matrices that are wider than a window of ${width} move within it`,
    async (page) => {
      for (const [name, state] of Object.entries(states)) {
        await open(page, state);
        // Every matrix can be brought into the window. The strip has tests of its own.
        const lost = await page.evaluate(() => {
          const strip = /** @type {HTMLElement} */ (document.querySelector(".strip"));
          strip.style.display = "none";
          const lost = [];
          for (const sheet of document.querySelectorAll(".loom .sheet")) {
            sheet.scrollIntoView({ block: "center", inline: "center" });
            const { left, right } = sheet.getBoundingClientRect();
            const middle = (left + right) / 2;
            if (middle < 0 || middle > innerWidth) lost.push(sheet.getAttribute("data-figure"));
          }
          return lost;
        });
        assert.deepEqual(lost, [], name);
        assert.equal(await page.evaluate(() => scrollX), 0, name);
      }
    },
    { width, height },
  );
}

onPage("row words and texts stay in sight while the loom moves sideways", async (page) => {
  await open(page, states["64 dimensions"]);
  const places = () =>
    page.evaluate(() => {
      const box = (/** @type {string} */ selector) => {
        const { left, right } = /** @type {Element} */ (
          document.querySelector(selector)
        ).getBoundingClientRect();
        return { left, right };
      };
      return {
        loom: box(".loom"),
        text: box(".vectors .rail"),
        word: box('[data-figure="x"] tbody bdi'),
        x: box('[data-figure="x"]'),
      };
    });
  const before = await places();
  assert.ok(before.word.right <= before.x.left);
  await page.$eval(".loom", (loom) => {
    loom.scrollLeft = 600;
  });
  await frame(page);
  const { loom, text, word, x } = await places();
  assert.ok(x.left < loom.left, "X has begun to leave");
  assert.ok(Math.abs(text.left - loom.left) <= 1, `${text.left} ${loom.left}`);
  assert.ok(word.left >= text.right - 20 && word.right < loom.right, JSON.stringify(word));
});

onPage("threads of heads in upper rows end above the heads below them", async (page) => {
  await open(page, state({ heads: 8 }));
  const threads = await page.$$eval('.threads path[data-from^="o"]', (paths) =>
    paths.map((path) => ({
      from: path.getAttribute("data-from"),
      height: path.getBoundingClientRect().height,
    })),
  );
  const heights = (/** @type {string} */ id) =>
    threads.filter(({ from }) => from === id).map(({ height }) => height);
  assert.equal(threads.length, 16);
  for (const height of heights("o0")) assert.ok(height <= 24);
  for (const height of heights("o7")) assert.ok(height > 60);
});

onPage(
  "scores, weights and outputs stand beside their texts, however many dimensions",
  async (page) => {
    await open(page, states["64 dimensions"]);
    const loom = await page.$eval(".loom", (loom) => loom.getBoundingClientRect().right);
    for (const figure of [
      ".scores [data-figure=s]",
      ".softmax [data-figure=a0]",
      ".mix [data-figure=o0]",
    ]) {
      const { right } = await page.$eval(figure, (sheet) => sheet.getBoundingClientRect().toJSON());
      assert.ok(right <= loom, `${figure} ${right}`);
    }
  },
);

onPage(
  "only the first head of a row has words, and nothing of the diagram meets them",
  async (page) => {
    await open(page, state({ heads: 3, headDim: 3 }));
    const places = await page.evaluate(() => {
      const boxes = (/** @type {string} */ selector) =>
        Array.from(document.querySelectorAll(selector), (each) => each.getBoundingClientRect());
      const [first, ...others] = boxes(".gallery .pair > :first-child");
      return {
        left: Math.min(...boxes(".gallery .row-words").map(({ left }) => left)),
        right: Math.max(...boxes(".gallery .row-words").map(({ left }) => left)),
        beside: others.filter(({ top }) => top === first.top).length,
        letters: Math.max(...boxes(".diagram button").map(({ right }) => right)),
        words: Math.min(...boxes(".gallery .row-words tbody bdi").map(({ left }) => left)),
      };
    });
    assert.equal(places.left, places.right);
    assert.equal(places.beside, 1);
    assert.ok(places.letters <= places.words, `${places.letters} ${places.words}`);
  },
  { width: 1240, height: 800 },
);

onPage(
  "a fingertip hits the letters of the diagram",
  async (page) => {
    const sizes = () =>
      page.$$eval(".diagram .letter", (letters) =>
        letters.map((letter) => letter.getBoundingClientRect().width),
      );
    assert.deepEqual(await sizes(), Array(6).fill(44));
    await open(page, state({ heads: 3 }));
    for (const width of await sizes()) assert.ok(width > 32, `${width}`);
  },
  { width: 360, height: 740, touch: true },
);
