// The built page in Chromium: what a visitor sees, types, edits, switches and gets wrong.
import assert from "node:assert/strict";
import test from "node:test";
import { probability, short } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { edit, frame, hl, openCell, paste, shown, textOf, visit } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** @param {string} name @param {(page: Page) => Promise<void>} walk
 * @param {Parameters<typeof visit>[0]} [options] */
function onPage(name, walk, options) {
  test(name, async () => {
    const { page, faults, close } = await visit(options);
    try {
      await walk(page);
      assert.deepEqual(faults, []);
    } finally {
      await close();
    }
  });
}

/** @param {import("../../web/app/pipeline.js").Sheet} sheet @param {(x: number) => string} print */
function printed({ data, rows, cols }, print) {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(data.subarray(row * cols, (row + 1) * cols), print),
  );
}

const opening = "Le chat noir mange la souris blanche.";
const two = (/** @type {number} */ x) => short(x, 2);
const three = (/** @type {number} */ x) => probability(x, 3);

/** Every matrix that follows from a state is on the page, number by number.
 * @param {Page} page @param {documents.State} state */
async function showsAll(page, state) {
  const results = run(hl, state);
  const { head } = state;
  const masked = sheet(results.logits, head).data.map((x) => Number(x === -Infinity));
  const hidden = (/** @type {string[][]} */ rows) =>
    rows.map((row, i) => row.map((text, j) => (masked[i * row.length + j] ? "" : text)));
  for (const id of /** @type {const} */ (["q", "k", "v"])) {
    assert.deepEqual(await shown(page, id), printed(sheet(results[id], head), two), id);
  }
  assert.deepEqual(await shown(page, "s"), printed(sheet(results.scores, head), two));
  assert.deepEqual(await shown(page, "l"), hidden(printed(sheet(results.logits, head), two)));
  assert.deepEqual(
    await shown(page, `a${head}`),
    hidden(printed(sheet(results.weights, head), three)),
  );
  assert.deepEqual(await shown(page, `o${head}`), printed(sheet(results.heads, head), two));
  assert.deepEqual(await shown(page, "concat"), printed(sheet(results.concat), two));
  assert.deepEqual(await shown(page, "y"), printed(sheet(results.output), two));
}

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
  assert.equal(await textOf(page, "h1"), "chat looks mostly at noir and blanche, 26% each.");
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
  assert.match(await textOf(page, ".reading .about"), /0\.18222\d+/);
  await page.focus('[data-figure="o0"]');
  await page.keyboard.press("ArrowRight");
  await frame(page);
  assert.equal(await textOf(page, ".reading .named"), "output(Le)1");
  assert.equal(await textOf(page, ".reading .value"), "1.2125");
});

onPage("takes any sentence, and marks invented vectors", async (page) => {
  await page.click(".sentence textarea", { count: 3 });
  await page.keyboard.type("L'homme noir dort");
  await frame(page);
  const state = documents.setText(documents.opening(), "L'homme noir dort");
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

onPage("every edited cell changes all that follows from it", async (page) => {
  let state = documents.opening();
  for (const [id, row, col, text] of /** @type {const} */ ([
    ["x", 1, 0, "-.75"],
    ["wq", 2, 1, "−3"],
    ["wk", 0, 0, "2e-1"],
    ["wv", 1, 1, "40"],
  ])) {
    await edit(page, id, row, col, text);
    const value = Number(text.replace("−", "-"));
    state = documents.setNumber(state, { matrix: id, head: 0, row, col }, value);
    const results = run(hl, state);
    assert.deepEqual((await shown(page, "s"))[1], printed(sheet(results.scores), two)[1], id);
    assert.deepEqual(await shown(page, "a0"), printed(sheet(results.weights), three), id);
  }
  await edit(page, "wo", 3, 0, "0");
  state = documents.setNumber(state, { matrix: "wo", head: 1, row: 1, col: 0 }, 0);
  const results = run(hl, state);
  assert.equal((await shown(page, "y"))[0][1], two(sheet(results.output).data[1]));
  assert.equal(await page.$$eval(".edited", (marks) => marks.length), 5);
});

onPage("what follows is drawn in the frame of the edit", async (page) => {
  await openCell(page, "x", 1, 0);
  const [before, after] = await page.evaluate(async () => {
    const read = () => document.querySelector('[data-figure="y"] tbody td')?.textContent;
    const was = read();
    const field = /** @type {HTMLInputElement} */ (document.querySelector(".editor"));
    field.value = "3";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(done));
    return [was, read()];
  });
  const cell = /** @type {const} */ ({ matrix: "x", head: 0, row: 1, col: 0 });
  const { output } = run(hl, documents.setNumber(documents.opening(), cell, 3));
  assert.equal(before, "−0.47");
  assert.equal(after, two(output.data[0]));
});

onPage("heads are shown, added and removed, each with its own matrices", async (page) => {
  const picture = () =>
    page.$eval("canvas", () => document.querySelectorAll(".head canvas").length);
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
    await page.click(`input[name=${name}]`);
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

onPage("a number that is none is named, and the last one stays in force", async (page) => {
  const before = await shown(page, "y");
  await openCell(page, "x", 1, 0);
  await page.keyboard.type("4x");
  await frame(page);
  const complaint =
    "“4x” is not a number. Expected one such as −0.5, .4 or 1e3. The cell stays at 4.";
  assert.equal(await textOf(page, ".complaint"), complaint);
  await page.keyboard.press("Tab");
  await frame(page);
  assert.equal((await shown(page, "x"))[1][0], "4x");
  assert.equal(await textOf(page, ".invalid"), "4x");

  await openCell(page, "x", 1, 0);
  await page.keyboard.press("Escape");
  await frame(page);
  assert.equal((await shown(page, "x"))[1][0], "4");
  assert.equal(await page.$(".complaint"), null);

  await openCell(page, "x", 1, 0);
  await page.keyboard.type("−");
  await frame(page);
  assert.equal(await page.$(".complaint"), null, "a number in the making is let be");
  await page.keyboard.press("Enter");
  await frame(page);
  assert.match(await textOf(page, ".complaint"), /^“−” is not a number/);

  await edit(page, "x", 1, 0, ".4");
  assert.deepEqual(await shown(page, "y"), before);
  await openCell(page, "wq", 0, 0);
  await page.keyboard.type("1000001");
  await frame(page);
  assert.match(
    await textOf(page, ".complaint"),
    /1,000,001 is too large.* −1,000,000 to 1,000,000/,
  );
});

onPage("what was refused is not lost by looking elsewhere", async (page) => {
  const look = async (/** @type {string} */ selector) => {
    await page.click(selector);
    await frame(page);
  };
  await edit(page, "wq", 1, 1, "1,5");
  const long = "mot ".repeat(600);
  await paste(page, long);
  await look('.thumbnail[aria-label="Head 1"]');
  assert.equal(await page.$('[data-figure="wq"] .invalid, .complaint'), null);
  await look("input[name=causal]");
  await look('.thumbnail[aria-label="Head 0"]');
  assert.equal(await textOf(page, '[data-figure="wq"] .invalid'), "1,5");
  assert.match(await textOf(page, ".complaint"), /“1,5” is not a number.* The cell stays at 1\./);
  assert.equal(await page.$eval("textarea", (area) => area.value), long);
  assert.match(await textOf(page, ".hero .refusal"), /600 tokens/);
  await edit(page, "wq", 1, 1, "1");
  await paste(page, opening);
  await look("input[name=causal]");
  await showsAll(page, documents.opening());
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

onPage("undo goes back edit by edit, reset to the notebook", async (page) => {
  await edit(page, "wv", 0, 0, "12.5");
  await page.click("input[name=causal]");
  await paste(page, "un deux");
  const undo = async () => {
    await page.evaluate(() => {
      const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (
        document.querySelectorAll(".strip button")
      );
      Array.from(buttons)
        .find((button) => button.textContent?.trim() === "Undo")
        ?.click();
    });
    await frame(page);
  };
  await undo();
  const cell = /** @type {const} */ ({ matrix: "wv", head: 0, row: 0, col: 0 });
  const edited = documents.setNumber(documents.opening(), cell, 12.5);
  await showsAll(page, documents.setField(edited, "causal", true));
  await undo();
  await showsAll(page, edited);
  await undo();
  await showsAll(page, documents.opening());
});

onPage("works by keyboard alone", async (page) => {
  await page.focus('[data-figure="wq"]');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".editor");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.down("Shift");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.up("Shift");
  await page.keyboard.press("Enter");
  await frame(page);
  assert.equal((await shown(page, "wq"))[1][1], "2.1");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.type("-5");
  await page.keyboard.press("Enter");
  await frame(page);
  assert.equal((await shown(page, "wq"))[2][1], "−5");
});

onPage("512 tokens and 8 heads are pictures, with their numbers at hand", async (page) => {
  for (let heads = 3; heads <= 8; heads++) await page.click('[aria-label="Add a head"]');
  const text = Array.from({ length: 512 }, (_, i) => `mot${i}`).join(" ");
  await paste(page, text);
  let state = documents.setField(documents.opening(), "heads", 8);
  state = documents.setText(state, text);
  const results = run(hl, state);
  const size = await page.$eval('[data-figure="a7"] canvas', (canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    return [width, height];
  });
  assert.deepEqual(size, [512, 512]);
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
