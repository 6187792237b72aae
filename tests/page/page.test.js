// The built page in Chromium: what a visitor sees, types and switches.
import assert from "node:assert/strict";
import { probability } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import { css, ramp } from "../../web/app/ramp.js";
import * as documents from "../../web/app/state.js";
import {
  causal,
  edit,
  frame,
  hl,
  onPage,
  paste,
  printed,
  shown,
  showsAll,
  textOf,
  three,
  two,
} from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

onPage("opens on the notebook's example, with the core's numbers", async (page) => {
  await showsAll(page, documents.opening());
  assert.deepEqual((await shown(page, "a0"))[0], [
    ".085",
    ".124",
    ".182",
    ".118",
    ".085",
    ".152",
    ".182",
    ".072",
  ]);
  assert.deepEqual((await shown(page, "x"))[3], [".1", ".4", ".7"]);
  assert.deepEqual(await shown(page, "wk"), [
    ["1", "0"],
    ["0", "1"],
    ["1", "1"],
  ]);
  assert.equal(await textOf(page, "h1"), "chat looks mostly at noir and blanche, 25.9% each.");
  const words = await page.$$eval('[data-figure="s"] th', (cells) =>
    cells.map((c) => c.textContent),
  );
  const tokens = ["Le", "chat", "noir", "mange", "la", "souris", "blanche", "."];
  assert.deepEqual(words, [...tokens, ...tokens]);
});

onPage("says a number exactly, under the pointer and by keyboard", async (page) => {
  await page.hover('[data-figure="a0"] tbody tr:nth-child(1) td:nth-of-type(3)');
  await frame(page);
  assert.equal(await textOf(page, ".reading .named"), "weight(Le → noir)");
  assert.equal(await textOf(page, ".reading .value"), ".1822");
  assert.match(await textOf(page, ".reading .detail"), /0\.18222\d+/);
  await page.focus('[data-figure="o0"]');
  await page.keyboard.press("ArrowRight");
  await frame(page);
  assert.equal(await textOf(page, ".reading .named"), "output(Le)1");
  assert.equal(await textOf(page, ".reading .value"), "1.2125");
});

onPage("each head is a picture in the colours of its weights", async (page) => {
  const results = run(hl, documents.opening());
  const colours = ramp("weights", "light");
  for (const head of [0, 1]) {
    const pixels = await page.$eval(`.head [data-figure="a${head}"] canvas`, (element) => {
      const canvas = /** @type {HTMLCanvasElement} */ (element);
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      return Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data);
    });
    const expected = Array.from(sheet(results.weights, head).data, (x) => css(colours, x, 1));
    const painted = expected.map((_, i) => `rgb(${pixels.slice(4 * i, 4 * i + 3).join(", ")})`);
    assert.deepEqual(painted, expected);
  }
});

onPage("words that stand more than once are told apart by their place", async (page) => {
  await paste(page, "chat noir chat");
  assert.equal(await textOf(page, "h1"), "noir looks mostly at itself, 67.0%.");
  await page.click("[data-token='2']");
  await frame(page);
  await page.hover('[data-figure="a0"] tbody tr:nth-child(3) td:nth-of-type(1)');
  await frame(page);
  assert.equal(await textOf(page, ".reading .named"), "weight(chat2 → chat0)");
  assert.match(await textOf(page, ".vectors .rail"), /chat0 and chat2 are one word/);
});

onPage("colours of long sentences end at a weight that stands out", async (page) => {
  const ends = () =>
    page.$$eval(".hero .legend span:not(.legend-label)", (all) => all.map((s) => s.textContent));
  await paste(page, "mot ".repeat(16));
  assert.deepEqual(await ends(), ["0", ".5", "1"]);
  await paste(page, "mot ".repeat(64));
  assert.deepEqual(await ends(), ["0", ".1", ".2"]);
  await causal(page);
  await frame(page);
  assert.deepEqual(await ends(), ["0", ".1", "≥ .2"]);
});

onPage("long words keep out of the text beside them", async (page) => {
  await paste(page, "anticonstitutionnellement hexakosioihexekontahexaphobie");
  const [words, texts] = await page.evaluate(() =>
    [".x tbody bdi, .gallery .row-words tbody bdi", ".vectors .rail p, .several .rail p"].map(
      (selector) =>
        Array.from(document.querySelectorAll(selector), (element) => {
          const range = document.createRange();
          range.selectNodeContents(element);
          const { left, right, top, bottom } = (
            element.matches("bdi") ? element : range
          ).getBoundingClientRect();
          return { left, right, top, bottom };
        }),
    ),
  );
  assert.equal(words.length, 4);
  assert.ok(texts.length >= 5);
  for (const a of words) {
    for (const b of texts) {
      const meet = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      assert.ok(!meet, `${JSON.stringify(a)} ${JSON.stringify(b)}`);
    }
  }
});

onPage("takes any sentence, and marks invented vectors", async (page) => {
  await page.click(".as-text");
  await page.click(".sentence textarea", { count: 3 });
  await page.keyboard.type("L'homme noir dort");
  await frame(page);
  // While it was typed there was one token, and the focus on it.
  const typed = documents.setText(documents.opening(), "L'homme noir dort");
  const state = documents.setField(typed, "focus", 0);
  await showsAll(page, state);
  const buttons = await page.$$eval(".token-button", (all) =>
    all.map((b) => `${b.textContent?.trim()}${b.classList.contains("invented") ? "*" : ""}`),
  );
  assert.deepEqual(buttons, ["L'*", "homme*", "noir", "dort*"]);
  assert.equal(
    await page.$eval(
      ".sentence textarea",
      (area) => /** @type {HTMLTextAreaElement} */ (area).value,
    ),
    "L'homme noir dort",
  );
  await paste(page, "");
  assert.match(await textOf(page, "h1"), /^No tokens yet/);
  await paste(page, "seul");
  await showsAll(page, documents.setText(documents.opening(), "seul"));
  assert.deepEqual(await shown(page, "a0"), [["1.000"]]);
});

onPage("heads are shown, added and removed, each with its own matrices", async (page) => {
  const picture = () =>
    page.$eval("canvas", () => document.querySelectorAll(".head canvas:not(.changed)").length);
  await page.click('.thumbnail[aria-label="Head 1"]');
  await frame(page);
  let state = documents.setField(documents.opening(), "head", 1);
  await showsAll(page, state);
  assert.deepEqual((await shown(page, "wk"))[0], ["−6", "0"]);
  await edit(page, "wk", 0, 0, "0");
  state = documents.setNumber(state, { matrix: "wk", head: 1, row: 0, col: 0 }, 0);
  await showsAll(page, state);
  assert.equal(await picture(), 4);
  for (let heads = 3; heads <= 8; heads++) {
    await page.click('[aria-label="Add a head"]');
    await frame(page);
    assert.equal(await picture(), 2 * heads);
  }
  await page.click('.thumbnail[aria-label="Head 7"]');
  await frame(page);
  state = documents.setField(documents.setField(state, "heads", 8), "head", 7);
  const results = run(hl, state);
  assert.deepEqual(await shown(page, "a7"), printed(sheet(results.weights, 7), three));
  await page.click('[aria-label="Add a head"]');
  await frame(page);
  assert.match(await textOf(page, ".strip + .refusal"), /from 1 to 8, so not 9/);
  assert.equal(await picture(), 16);
  for (let heads = 7; heads >= 1; heads--) await page.click('[aria-label="Remove the last head"]');
  await frame(page);
  await page.click('[aria-label="Remove the last head"]');
  await frame(page);
  assert.match(await textOf(page, ".strip + .refusal"), /from 1 to 8, so not 0/);
  await showsAll(page, { ...state, heads: 1, head: 0 });
});

onPage("positions, scale and causal mask go on and off", async (page) => {
  let state = documents.opening();
  for (const [name, value] of /** @type {const} */ ([
    ["positions", true],
    ["causal", true],
    ["scale", false],
    ["positions", false],
    ["causal", false],
  ])) {
    if (name === "causal") await causal(page, value);
    else await page.click(`input[name=${name}]`);
    await frame(page);
    state = documents.setField(state, name, value);
    await showsAll(page, state);
    const results = run(hl, state);
    assert.equal((await shown(page, "p")).length, state.positions ? 8 : 0);
    if (state.positions) {
      assert.deepEqual(await shown(page, "x"), printed(sheet(results.x), two));
      assert.deepEqual((await shown(page, "e"))[1], [".4", ".5", ".6"]);
    }
  }
});

onPage("too much text is refused whole, and stays in the field", async (page) => {
  for (const [text, reason] of [
    ["mot ".repeat(513), /513 tokens. The page takes at most 512. The last sentence stays/],
    ["x".repeat(100000), /100,000 characters. The page takes at most 32,768/],
  ]) {
    await paste(page, `${text}`);
    assert.match(await textOf(page, ".refusal"), /** @type {RegExp} */ (reason));
    const area = await page.$eval(".sentence textarea", (a) => /** @type {any} */ (a).value.length);
    assert.equal(area, `${text}`.length);
    await showsAll(page, documents.opening());
  }
  await paste(page, "chat noir");
  assert.equal(await page.$(".refusal"), null);
});

onPage("text is only ever text", async (page) => {
  const hostile =
    '<img src=x onerror="document.title=1"> <script>document.title=2</script> {focus} &lt; \u202eabc __proto__ "style=';
  await paste(page, hostile);
  const { tokens } = documents.setText(documents.opening(), hostile);
  const buttons = await page.$$eval(".token-button bdi", (all) => all.map((b) => b.textContent));
  assert.deepEqual(buttons, [...tokens]);
  assert.equal(await page.$("main img, main script"), null);
  assert.match(await page.title(), /^Headlight/);
});

onPage("512 tokens and 8 heads are pictures, with their numbers at hand", async (page) => {
  for (let heads = 3; heads <= 8; heads++) await page.click('[aria-label="Add a head"]');
  const text = Array.from({ length: 512 }, (_, i) => `mot${i}`).join(" ");
  await paste(page, text);
  let state = documents.setField(documents.opening(), "heads", 8);
  state = documents.setText(state, text);
  const results = run(hl, state);
  // Out of sight it is painted in a pause.
  await page.waitForSelector('[data-figure="a7"] canvas[width="512"][height="512"]');
  assert.deepEqual(await shown(page, "a7"), []);
  await page.focus('[data-figure="a7"]');
  await page.keyboard.press("ArrowRight");
  await frame(page);
  assert.equal(await textOf(page, ".reading .named"), "weight(mot0 → mot1)");
  assert.equal(
    await textOf(page, ".reading .value"),
    probability(sheet(results.weights, 7).data[1], 4),
  );
  await edit(page, "x", 1, 0, "1");
});

for (const [width, height, touch] of /** @type {const} */ ([
  [1440, 900, false],
  [1280, 800, false],
  [1024, 768, false],
  [390, 844, true],
  [360, 740, true],
])) {
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const walk = async (/** @type {Page} */ page) => {
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(await wide(), width);
      const shownDigits = width < 768 ? ".11" : width === 1280 ? ".11" : ".106";
      assert.equal((await shown(page, "a0"))[1][1], shownDigits);
      await page.click("input[name=positions]");
      await frame(page);
      assert.equal(await wide(), width);
      await paste(page, "anticonstitutionnellement ".repeat(40));
      assert.equal(await wide(), width);
    };
    onPage(`fits ${width}×${height}, ${theme}`, walk, { width, height, touch, theme });
  }
}

onPage("works in a sub-folder", (page) => showsAll(page, documents.opening()), {
  base: "/deep/folder/",
});
