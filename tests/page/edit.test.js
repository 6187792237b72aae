// The built page in Chromium: numbers edited, refused, kept, taken back.
import assert from "node:assert/strict";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import {
  causal,
  edit,
  frame,
  hl,
  onPage,
  openCell,
  opening,
  paste,
  printed,
  shown,
  showsAll,
  textOf,
  three,
  two,
} from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

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

onPage("a number that is none is named, and the last one stays in force", async (page) => {
  const before = await shown(page, "y");
  await openCell(page, "x", 1, 0);
  await page.keyboard.type("4x");
  await frame(page);
  const complaint =
    "“4x” is not a number. Expected one such as −0.5, .4 or 1e3. The cell stays at .4.";
  assert.equal(await textOf(page, ".complaint"), complaint);
  await page.keyboard.press("Tab");
  await frame(page);
  assert.equal((await shown(page, "x"))[1][0], "4x");
  assert.equal(await textOf(page, ".invalid"), "4x");

  await openCell(page, "x", 1, 0);
  await page.keyboard.press("Escape");
  await frame(page);
  assert.equal((await shown(page, "x"))[1][0], ".4");
  assert.deepEqual(await shown(page, "y"), before, "what was typed on the way is not in force");
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

onPage("a refusal stands above its neighbours, and goes with its cell", async (page) => {
  await edit(page, "x", 0, 2, "7x");
  const above = await page.$eval(".complaint", (complaint) => {
    const style = /** @type {HTMLElement} */ (complaint).style;
    style.pointerEvents = "auto";
    const { left, right, top, bottom } = complaint.getBoundingClientRect();
    const corners = [left + 2, right - 2].flatMap((x) => [top + 2, bottom - 2].map((y) => [x, y]));
    return corners.map(([x, y]) => complaint.contains(document.elementFromPoint(x, y)));
  });
  assert.deepEqual(above, [true, true, true, true]);
  // The link keeps nothing of what was typed on the way.
  await page.waitForFunction(() => location.hash === "");
  await page.focus("input[name=dModel]");
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await frame(page);
  assert.equal(await page.$(".complaint, .invalid"), null);
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
  await causal(page);
  await look('.thumbnail[aria-label="Head 0"]');
  assert.equal(await textOf(page, '[data-figure="wq"] .invalid'), "1,5");
  assert.match(await textOf(page, ".complaint"), /“1,5” has a comma.* The cell stays at 1\./);
  assert.equal(await page.$eval("textarea", (area) => area.value), long);
  assert.match(await textOf(page, ".hero .refusal"), /600 tokens/);
  await edit(page, "wq", 1, 1, "1");
  await paste(page, opening);
  await causal(page, false);
  await showsAll(page, documents.opening());
});

onPage("undo goes back edit by edit, reset to the notebook", async (page) => {
  await edit(page, "wv", 0, 0, "12.5");
  await causal(page);
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

onPage("a complaint steps aside for another number", async (page) => {
  await edit(page, "x", 1, 0, "abc");
  assert.ok(await page.$(".complaint:not(.aside)"));
  await openCell(page, "x", 3, 0);
  assert.ok(await page.$(".complaint.aside"));
  await page.keyboard.press("Escape");
  await page.hover("h1");
  await page.click("h1");
  await frame(page);
  assert.ok(await page.$(".complaint:not(.aside)"));
});

onPage("a long number is short in its cell and whole in its field", async (page) => {
  await edit(page, "wq", 0, 0, "-123.456789");
  assert.equal((await shown(page, "wq"))[0][0], "−123");
  await openCell(page, "wq", 0, 0);
  assert.equal(
    await page.$eval(".editor", (field) => /** @type {any} */ (field).value),
    "−123.456789",
  );
});

onPage("what the keyboard reaches is in view", async (page) => {
  await paste(page, Array.from({ length: 64 }, (_, i) => `mot${i}`).join(" "));
  await page.focus('[data-figure="x"]');
  for (let i = 0; i < 50; i++) await page.keyboard.press("ArrowDown");
  await frame(page);
  assert.equal(await textOf(page, ".reading .named"), "embedding(mot50)0");
  const hit = await page.$eval(".cursor", (cursor) => {
    const { left, top, width, height } = cursor.getBoundingClientRect();
    const element = document.elementFromPoint(left + width / 2, top + height / 2);
    return element?.closest("[data-figure]")?.getAttribute("data-figure");
  });
  assert.equal(hit, "x");
});

onPage(
  "a page that scrolls under a pointer at rest takes no cell from the keyboard",
  async (page) => {
    await paste(page, Array.from({ length: 64 }, (_, i) => `mot${i}`).join(" "));
    const cell = '[data-figure="x"] tbody tr:nth-child(3) td:nth-of-type(1)';
    await page.hover(cell);
    await frame(page);
    await page.focus('[data-figure="x"]');
    await page.keyboard.press("ArrowDown");
    await frame(page);
    assert.equal(await textOf(page, ".reading .named"), "embedding(mot3)0");
    await page.evaluate(async () => {
      const sheet = document.querySelector('[data-figure="x"]');
      const left = new Promise((done) => sheet?.addEventListener("pointerleave", done));
      scrollBy(0, 4000);
      await left;
      await new Promise((done) => requestAnimationFrame(done));
    });
    assert.equal(await textOf(page, ".reading .named"), "embedding(mot3)0");
    // A pointer that moves points again.
    await page.hover(cell);
    await page.hover(cell.replace("child(3)", "child(5)"));
    await frame(page);
    assert.equal(await textOf(page, ".reading .named"), "embedding(mot4)0");
  },
);

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
