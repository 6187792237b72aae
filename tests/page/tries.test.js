// The story's links do what they say, and say what then comes.
import assert from "node:assert/strict";
import { percent, vector, worked } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import { rowOf } from "../../web/app/rows.js";
import * as documents from "../../web/app/state.js";
import { edit, frame, hl, onPage, paste, shown, showsAll, textOf } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

const rail = (/** @type {number} */ step) => `.story-${step}`;
const suggestion = (/** @type {Page} */ page, /** @type {number} */ step) =>
  textOf(page, `${rail(step)} .suggestion`);
const follow = async (/** @type {Page} */ page, /** @type {number} */ step, n = 1) => {
  await page.focus(`${rail(step)} .try:nth-of-type(${n})`);
  await page.keyboard.press("Enter");
  await frame(page);
};

onPage("step 1 gives ids, and turns positions on and off", async (page) => {
  assert.match(
    await textOf(page, rail(1)),
    /Le 0 chat 1 noir 2 mange 3 la 4 souris 5 blanche 6 \. 7 It picks a row of 3 numbers/,
  );
  assert.equal(await suggestion(page, 1), "Turn positions on, and a token’s place counts too.");
  await follow(page, 1);
  const state = documents.setField(documents.opening(), "positions", true);
  await showsAll(page, state);
  assert.match(await textOf(page, rail(1)), /chat, at place 1, goes on as/);
  assert.equal(await suggestion(page, 1), "Turn positions off, and only the word counts.");
  await follow(page, 1);
  await showsAll(page, documents.opening());
  await paste(page, "chat noir chat");
  assert.match(await textOf(page, rail(1)), /chat 0 noir 1 chat 0 It/);
});

onPage("step 3 says whether the order of words counts, and shows both orders", async (page) => {
  assert.match(
    await suggestion(page, 3),
    /^chat mange souris and souris mange chat .* Yet chat comes out of step 5 as \(1\.0409, 1\.2828\) both/,
  );
  const rows = [];
  for (const [n, row] of /** @type {const} */ ([
    [1, 0],
    [2, 2],
  ])) {
    await follow(page, 3, n);
    rows.push((await shown(page, "y"))[row]);
  }
  assert.deepEqual(rows[0], rows[1]);
  assert.deepEqual(rows[0].length, 3);
  await follow(page, 1);
  const said = await suggestion(page, 3);
  const outputs = ["chat mange souris", "souris mange chat"].map((text, i) => {
    const state = documents.setText(
      documents.setField(documents.opening(), "positions", true),
      text,
    );
    return vector(rowOf(sheet(run(hl, state).heads), 2 * i), worked);
  });
  assert.ok(said.endsWith(`as ${outputs[0]}, then as ${outputs[1]}.`), said);
});

onPage("step 4 says what the scale the other way round does, and does it", async (page) => {
  const off = documents.setField(documents.opening(), "scale", false);
  const share = percent(sheet(run(hl, off).weights).data[8 + 2]);
  assert.equal(
    await suggestion(page, 4),
    `Turn the scale off and noir rises to ${share}: larger logits, sharper weights.`,
  );
  assert.equal(share, "30.7%");
  await follow(page, 4);
  await showsAll(page, off);
  assert.equal(
    await suggestion(page, 4),
    "Turn the scale on and noir falls to 25.9%: smaller logits, flatter weights.",
  );
  await paste(page, "noir ".repeat(4));
  assert.equal(await suggestion(page, 4), "Turn the scale on, and noir0 stays at 25.0%.");
  await paste(page, "mot ".repeat(65));
  assert.match(await suggestion(page, 4), /^Turn the scale on: smaller logits/);
});

onPage("step 5 looks from another token", async (page) => {
  assert.equal(
    await suggestion(page, 5),
    "Look from Le instead: its weights are flatter and its output is (1.0659, 1.2125).",
  );
  await follow(page, 5);
  assert.match(await textOf(page, "h1"), /^Le looks a little more at/);
  assert.match(await suggestion(page, 5), /^Look from (noir|blanche) instead: .* sharper/);
  await paste(page, "chat");
  assert.equal(await page.$(`${rail(5)} .suggestion`), null);
  await paste(page, "chat . chat");
  assert.equal(await page.$(`${rail(5)} .suggestion`), null);
});

onPage("step 6 shows another head, or adds one", async (page) => {
  assert.match(await suggestion(page, 6), /^Show head 1 in steps 2 to 5/);
  await follow(page, 6);
  let state = documents.setField(documents.opening(), "head", 1);
  await showsAll(page, state);
  assert.match(await suggestion(page, 6), /^Show head 0/);
  await page.click('[aria-label="Remove the last head"]');
  await frame(page);
  assert.match(await textOf(page, rail(6)), /One head is all there is now\. Add another, and/);
  await page.click(`${rail(6)} .try`);
  await frame(page);
  state = documents.opening();
  await showsAll(page, state);
});

onPage("a head is said to be seeded while it is", async (page) => {
  const said = () => page.$$eval(".head-title .footnote", (all) => all.map((e) => e.textContent));
  assert.deepEqual(await said(), []);
  await page.click('[aria-label="Add a head"]');
  await frame(page);
  assert.deepEqual(await said(), ["small numbers from seed 1"]);
  await page.click('.thumbnail[aria-label="Head 2"]');
  await frame(page);
  for (const id of ["wq", "wk", "wv"]) {
    for (const cell of [0, 1, 2, 3, 4, 5]) await edit(page, id, cell >> 1, cell % 2, "3");
  }
  assert.equal((await said()).length, 1);
  for (const row of [4, 5]) for (const col of [0, 1, 2]) await edit(page, "wo", row, col, "3");
  assert.deepEqual(await said(), []);
});

onPage("the line diagram names every shape and leads to every matrix", async (page) => {
  const said = () => textOf(page, ".diagram");
  assert.equal(
    await said(),
    "X 8×3 Q0 K0 V0 8×2 A0 V0 8×2 Q1 K1 V1 8×2 A1 V1 8×2 Concat 8×4 WO 4×3 Y 8×3",
  );
  const reached = async () => {
    await frame(page);
    return page.evaluate(() => {
      const { dataset } = /** @type {HTMLElement} */ (document.activeElement);
      const head = document.querySelector(".thumbnail[aria-pressed=true]");
      return `${dataset.figure} ${head?.getAttribute("aria-label")}`;
    });
  };
  const buttons = await page.$$(".diagram button");
  const ends = [];
  for (const button of buttons) {
    await button.focus();
    await page.keyboard.press("Enter");
    ends.push(await reached());
  }
  assert.deepEqual(ends, [
    "x Head 0",
    ...["q", "k", "v", "o0"].map((id) => `${id} Head 0`),
    ...["q", "k", "v", "o1"].map((id) => `${id} Head 1`),
    ...["concat", "wo", "y"].map((id) => `${id} Head 1`),
  ]);
  for (let heads = 3; heads <= 4; heads++) await page.click('[aria-label="Add a head"]');
  await frame(page);
  assert.match(await said(), /V0 8×2 … ?and the heads between Q3/);
});

onPage("translation is drawn by hand, and says so", async (page) => {
  const said = await textOf(page, ".translation");
  assert.match(said, /Le chat noir becomes the cat black\. English says the black cat/);
  assert.match(said, /drawn by hand, not computed/);
  assert.deepEqual(
    await page.$$eval(".alignments svg", (all) => all.map((svg) => svg.getAttribute("aria-label"))),
    [
      "word by word: the looks at Le, cat looks at chat, black looks at noir",
      "in English order: the looks at Le, black looks at noir, cat looks at chat",
    ],
  );
});

onPage("the mark of an invented word stands where the word ends", async (page) => {
  await paste(page, "homme שלום عالم");
  const ends = (/** @type {string} */ selector) =>
    page.$$eval(selector, (all) =>
      all.map((word) => {
        const { direction } = getComputedStyle(word);
        const { left, right } = getComputedStyle(word, "::after");
        return [direction, left === "0px", right === "0px"];
      }),
    );
  assert.deepEqual(await ends(".x tbody bdi.invented"), [
    ["ltr", false, true],
    ["rtl", true, false],
    ["rtl", true, false],
  ]);
  assert.deepEqual(
    (await ends(".token-button.invented bdi")).map(([direction]) => direction),
    ["ltr", "rtl", "rtl"],
  );
});
