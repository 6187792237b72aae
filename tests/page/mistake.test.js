// W_Qᵀ used on purpose, as a visitor sees it: what does not meet, what waits for it, and the way back.
import assert from "node:assert/strict";
import { toLink } from "../../web/app/link.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { causal, frame, hl, onPage, printed, shown, showsAll, textOf, two } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** @param {Page} page @param {string} name */
async function turn(page, name = "transposed") {
  await page.click(`input[name=${name}]`);
  await frame(page);
}

/** Everything that a visitor can read. @param {Page} page */
const read = (page) => page.$eval("main", (body) => body.textContent ?? "");

/** What a figure shows wherever it stands: no cell of it may hold anything.
 * @param {Page} page @param {string} id */
async function waits(page, id) {
  const places = await page.$$eval(`.sheet[data-figure="${id}"]`, (all) =>
    all.map((sheet) => ({
      outline: sheet.querySelector(".outline")?.textContent?.trim(),
      cells: Array.from(sheet.querySelectorAll("td"), (cell) => cell.textContent).join(""),
      canvas: sheet.querySelector("canvas:not(.changed)") !== null,
      masked: sheet.querySelector(".masked") !== null,
    })),
  );
  assert.ok(places.length > 0, id);
  for (const place of places) {
    assert.deepEqual(
      place,
      { outline: "waits for Q", cells: "", canvas: false, masked: false },
      id,
    );
  }
}

onPage("W_Qᵀ does not meet X: what is missing is shown, and what follows waits", async (page) => {
  await turn(page);
  assert.equal(await textOf(page, ".story-2 h2"), "2 These two do not meet");
  assert.match(
    await textOf(page, ".story-2"),
    /X has 3 columns, WQT has 2 rows: the third column has no partner, so Q cannot exist\. K and V/,
  );
  assert.equal(await textOf(page, ".row-slot"), "no third row");
  assert.equal(await textOf(page, ".no-result"), "no result 8×3 · 2×3 3 ≠ 2");
  const count = (/** @type {string} */ selector) => page.$$eval(selector, (all) => all.length);
  assert.equal(await count(".vectors .hinge path.pair"), 2);
  assert.equal(await count(".vectors .hinge path.lone"), 1);
  // The frame is the third column of X.
  const [lone, x] = await page.evaluate(() =>
    [".vectors .hinge rect.lone", ".vectors [data-figure=x]"].map((selector) => {
      const box = /** @type {Element} */ (document.querySelector(selector)).getBoundingClientRect();
      return [box.left, box.right, box.top, box.bottom];
    }),
  );
  const third = [x[0] + (2 / 3) * (x[1] - x[0]), x[1], x[2], x[3]];
  lone.forEach((edge, i) => {
    assert.ok(Math.abs(edge - third[i]) <= 2.5, `${lone} ${third}`);
  });
  for (const id of ["s", "a0", "o0", "concat", "y"]) await waits(page, id);
  const strips = await page.$$eval("[data-strip]", (all) => all.map((s) => s.textContent?.trim()));
  assert.equal(strips.length, 4);
  const { k, v, weights } = run(hl, documents.opening());
  assert.deepEqual(await shown(page, "k"), printed(sheet(k), two));
  assert.deepEqual(await shown(page, "v"), printed(sheet(v), two));
  assert.equal(await count(".threads path[data-from=q], .threads path[data-from=s]"), 0);
  assert.equal(await count(".threads path[data-from=v]"), 2);
  assert.equal(await count('[data-figure="a1"] tbody td'), sheet(weights, 1).data.length);
  const shares = await page.$$eval(".share", (all) => all.map((share) => share.textContent));
  assert.deepEqual([...new Set(shares)], ["–"]);
  assert.equal(await count(".gaze path"), 0);
  await page.click(".mend");
  await frame(page);
  await showsAll(page, documents.opening());
  assert.equal(await count(".unmet, .outline, .vectors .hinge path"), 0);
  assert.equal(await textOf(page, ".story-2 h2"), "2 Query, key, value");
});

onPage("rows of W_Qᵀ without a column are framed instead", async (page) => {
  for (const [headDim, said, slot, alone] of /** @type {const} */ ([
    [4, /the fourth row has no partner/, "no fourth column", 1],
    [6, /the last 3 rows have no partner/, "3 without a partner", 3],
  ])) {
    const state = documents.setField(documents.opening(), "headDim", headDim);
    const link = toLink(documents.setField(state, "transposed", true));
    await page.evaluate((link) => {
      location.hash = link;
    }, link);
    await page.waitForFunction((text) => document.body.textContent?.includes(text), {}, slot);
    await frame(page);
    assert.match(await textOf(page, ".story-2"), said);
    assert.equal(await textOf(page, ".column-slot"), slot);
    assert.equal(await page.$$eval(".hinge path.lone", (all) => all.length), alone);
    assert.equal(await page.$$eval(".hinge path.pair", (all) => all.length), 3);
  }
});

onPage("nothing reads NaN while Q is missing, whatever else is on", async (page) => {
  await turn(page);
  const sound = async (/** @type {string} */ what) => {
    await frame(page);
    // The mask's own is no number that is missing.
    const told = (await read(page)).replaceAll(/M (is|vaut) −∞/g, "");
    assert.doesNotMatch(told, /NaN|undefined|Infinity|∞/, what);
    await waits(page, "concat");
    assert.match(await textOf(page, ".scores .rail"), /S waits for Q/, what);
    assert.match(await textOf(page, ".softmax .rail"), /A waits for Q/, what);
    assert.match(await textOf(page, ".mix .rail"), /A and O wait for Q/, what);
    assert.match(await textOf(page, ".several .rail"), /Concat and Y wait for Q/, what);
  };
  await sound("two heads");
  await turn(page, "positions");
  await causal(page);
  await sound("positions and causal");
  await page.click('[aria-label="Remove the last head"]');
  await frame(page);
  assert.doesNotMatch(await read(page), /NaN|undefined|Infinity/, "one head");
  await waits(page, "y");
  for (let heads = 2; heads <= 8; heads++) await page.click('[aria-label="Add a head"]');
  await sound("eight heads");
  await page.$$eval(".views button", ([, lines]) => /** @type {HTMLElement} */ (lines).click());
  await sound("lines");
  await page.click('.thumbnail[aria-label="Head 7"]');
  await sound("the last head");
  await page.$$eval(".languages button", ([, french]) =>
    /** @type {HTMLElement} */ (french).click(),
  );
  await frame(page);
  assert.doesNotMatch(await read(page), /NaN|undefined|Infinity/, "French");
  assert.match(await textOf(page, ".scores .rail"), /S attend Q/);
});

onPage("a square W_Qᵀ runs, and the page says that it is wrong", async (page) => {
  let state = documents.opening();
  for (const [name, value] of /** @type {const} */ ([
    ["headDim", 3],
    ["transposed", true],
  ])) {
    state = documents.setField(state, name, value);
  }
  await page.evaluate((link) => {
    location.hash = link;
  }, toLink(state));
  await page.waitForFunction(() => /without a word/.test(document.body.textContent ?? ""));
  await frame(page);
  await showsAll(page, state);
  assert.match(await textOf(page, ".story-2"), /WQT is square, so the product exists: it runs/);
  assert.equal(await page.$(".no-result"), null);
});
