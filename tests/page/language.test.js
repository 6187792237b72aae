// The header: language, theme and help, kept on this machine and never in the link.
import assert from "node:assert/strict";
import test from "node:test";
import { edit, frame, openCell, shown, textOf, visit } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** A page whose browser wants these languages, in this order.
 * @param {string} name @param {string[]} languages @param {(page: Page) => Promise<void>} walk
 * @param {Parameters<typeof visit>[0]} [options] */
function inLanguage(name, languages, walk, options = {}) {
  test(name, async () => {
    const before = async (/** @type {Page} */ page) => {
      await page.evaluateOnNewDocument((languages) => {
        Object.defineProperty(navigator, "languages", { value: languages });
      }, languages);
      await options.before?.(page);
    };
    const { page, faults, close } = await visit({ ...options, before });
    try {
      await page.waitForSelector(".strip");
      await walk(page);
      assert.deepEqual(faults, []);
      const address = await page.evaluate(() => location.hash + location.search);
      assert.doesNotMatch(address, /lang|theme|\b(fr|en|dark|light)\b/);
    } finally {
      await close();
    }
  });
}

const lang = (/** @type {Page} */ page) => page.evaluate(() => document.documentElement.lang);
const speak = (/** @type {Page} */ page, /** @type {string} */ tag) =>
  page.click(`.languages [lang=${tag}]`).then(() => frame(page));
const pressed = (/** @type {Page} */ page) =>
  page.$$eval(".languages [aria-pressed=true]", (all) => all.map((b) => b.textContent?.trim()));

inLanguage(
  "French where the browser wants it, with the comma",
  ["de", "fr-CH", "en"],
  async (page) => {
    assert.equal(await lang(page), "fr");
    assert.match(await page.title(), /l’attention, nombre par nombre/);
    assert.equal(
      await textOf(page, "h1"),
      "chat regarde surtout noir et blanche : 25,9 % à chaque fois.",
    );
    assert.match(await page.$eval("h1", (h1) => h1.textContent ?? ""), /\u202f: 25,9\u202f% à/);
    assert.equal((await shown(page, "s"))[1][2], "3,47");
    assert.equal((await shown(page, "a0"))[1][2], "0,259");
    assert.deepEqual((await shown(page, "x"))[1], ["0,4", "0,5", "0,6"]);
    assert.match(await textOf(page, ".vectors"), /\(1,00 ; 1,10\)/);
    assert.deepEqual(await pressed(page), ["FR"]);
    assert.equal(await page.$eval("main", (main) => main.lang), "");
  },
);

inLanguage(
  "English for all others, and French by choice until further notice",
  ["de"],
  async (page) => {
    assert.equal(await lang(page), "en");
    assert.equal((await shown(page, "s"))[1][2], "3.47");
    await edit(page, "x", 1, 0, "7,5");
    assert.match(await textOf(page, ".complaint"), /“7,5” has a comma.*stays at \.4/);
    await edit(page, "x", 1, 1, "sept");
    // What another language reads is in force there, and what none does is told in its words.
    await speak(page, "fr");
    assert.equal(await lang(page), "fr");
    assert.equal((await shown(page, "x"))[1][0], "7,5");
    assert.match(await textOf(page, ".complaint"), /« sept » n’est pas un nombre.*reste à 0,5/);
    await edit(page, "x", 1, 0, "−1,25");
    await edit(page, "x", 1, 1, ".5");
    assert.deepEqual((await shown(page, "x"))[1].slice(0, 2), ["−1,25", "0,5"]);
    await edit(page, "x", 1, 2, "un");
    assert.match(await textOf(page, ".complaint"), /« un » n’est pas un nombre.*reste à 0,6/);
    await openCell(page, "x", 0, 0);
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.$eval(".editor", (field) => /** @type {any} */ (field).value), "0,2");
    await page.keyboard.press("Escape");
    await page.reload();
    await page.waitForSelector(".strip");
    assert.equal(await lang(page), "fr");
    await speak(page, "en");
    assert.deepEqual(await pressed(page), ["EN"]);
    assert.match(await textOf(page, "h1"), /^chat looks /);
  },
);

inLanguage(
  "a browser that forbids its storage still speaks and darkens",
  ["en"],
  async (page) => {
    await speak(page, "fr");
    assert.equal(await lang(page), "fr");
    await page.click(".tools > .icon");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  },
  {
    before: (page) =>
      page
        .evaluateOnNewDocument(() => {
          Object.defineProperty(window, "localStorage", {
            get: () => {
              throw new DOMException("forbidden", "SecurityError");
            },
          });
        })
        .then(() => {}),
  },
);

test("what fails to load is told in the language of the moment", async () => {
  const { page, close } = await visit({
    before: async (page) => {
      await page.evaluateOnNewDocument("delete globalThis.WebAssembly");
    },
  });
  try {
    await page.waitForSelector("#notice button");
    await speak(page, "fr");
    assert.match(
      await textOf(page, "#notice"),
      /^Le noyau n’a pas pu être chargé.* WebAssembly est désactivé.*Réessayer$/,
    );
    assert.equal(await page.$eval("main", (main) => main.lang), "en");
  } finally {
    await close();
  }
});

/** Theme, paper, and the colour of a weight of zero on a canvas. @param {Page} page */
const look = (page) =>
  page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (
      document.querySelector(".hero .legend canvas")
    );
    const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const context = /** @type {CanvasRenderingContext2D} */ (copy);
    context.drawImage(canvas, 0, 0);
    const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
    const { backgroundColor, colorScheme } = getComputedStyle(document.body);
    return [document.documentElement.dataset.theme, backgroundColor, colorScheme, `${r} ${g} ${b}`];
  });
/** The browser knows, and with the second frame has told the page. @param {Page} page
 * @param {string} query */
async function told(page, query) {
  await page.waitForFunction((query) => matchMedia(query).matches, {}, query);
  await frame(page);
  await frame(page);
}

const light = ["light", "rgb(251, 251, 249)", "light", "255 255 255"];
const dark = ["dark", "rgb(19, 21, 24)", "dark", "22 25 29"];

inLanguage("the theme follows the system until one is chosen", ["en"], async (page) => {
  const system = async (/** @type {string} */ value) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    await page.waitForFunction(
      (v) => matchMedia(`(prefers-color-scheme: ${v})`).matches,
      {},
      value,
    );
    await frame(page);
    await frame(page);
  };
  const turn = () => page.click(".tools > .icon").then(() => frame(page));
  assert.deepEqual(await look(page), light);
  await system("dark");
  assert.deepEqual(await look(page), dark);
  await turn();
  assert.deepEqual(await look(page), light);
  await page.reload();
  await page.waitForSelector(".strip");
  assert.deepEqual(await look(page), light);
  await turn();
  await system("light");
  assert.deepEqual(await look(page), light);
});

inLanguage("paper is light", ["en"], async (page) => {
  await page.click(".tools > .icon");
  await frame(page);
  assert.deepEqual(await look(page), dark);
  await page.emulateMediaType("print");
  await told(page, "print");
  assert.deepEqual(await look(page), light.with(1, "rgb(255, 255, 255)"));
  await page.emulateMediaType("screen");
  await told(page, "screen");
  assert.deepEqual(await look(page), dark);
});

inLanguage("help opens, says how to read the page, and closes again", ["en"], async (page) => {
  const isOpen = () => page.$eval(".help", (help) => /** @type {HTMLDialogElement} */ (help).open);
  const opener = ".tools > .icon:last-child";
  await page.focus(opener);
  await page.keyboard.press("Enter");
  assert.ok(await isOpen());
  assert.match(await textOf(page, ".help"), /Rows ask, columns answer.*dotted underline.*Shift/);
  await page.keyboard.press("Escape");
  assert.ok(!(await isOpen()));
  assert.ok(await page.$eval(opener, (button) => button === document.activeElement));
  await page.click(opener);
  await page.click(".help .close");
  assert.ok(!(await isOpen()));
  await page.click(opener);
  await page.mouse.click(20, 300);
  assert.ok(!(await isOpen()));
});

inLanguage(
  "a phone keeps the tools behind a button",
  ["en"],
  async (page) => {
    const visible = () => page.$eval("#tools", (tools) => tools.checkVisibility());
    assert.ok(!(await visible()));
    await page.tap(".menu");
    assert.ok(await visible());
    const small = await page.$$eval("header button", (all) =>
      all
        .filter((button) => button.checkVisibility())
        .map((button) => button.getBoundingClientRect())
        .filter(({ width, height }) => width < 44 || height < 44),
    );
    assert.deepEqual(small, []);
    await page.tap(".languages [lang=fr]");
    await frame(page);
    assert.equal(await lang(page), "fr");
    assert.match(await textOf(page, "#tools"), /Thème sombre Comment lire cette page$/);
    await page.tap(".tools > .icon:last-child");
    assert.ok(await page.$eval(".help", (help) => help.checkVisibility()));
  },
  { width: 390, height: 844, touch: true },
);
