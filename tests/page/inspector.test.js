// The inspector by hand, by keyboard and by ear: numbers that lead to numbers, and what is read aloud.
import assert from "node:assert/strict";
import { causal, edit, frame, onPage, textOf } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** @param {Page} page @param {string} key @param {number} [times] */
async function press(page, key, times = 1) {
  for (let i = 0; i < times; i++) {
    await page.keyboard.press(/** @type {import("puppeteer-core").KeyInput} */ (key));
    await frame(page);
  }
}

/** Brings the keyboard to a cell of a matrix, from its corner. @param {Page} page @param {string} id
 * @param {number} row @param {number} col */
async function stand(page, id, row, col) {
  await page.focus(`[data-figure="${id}"]`);
  await press(page, "ArrowUp", 8);
  await press(page, "ArrowLeft", 8);
  await press(page, "ArrowDown", row);
  await press(page, "ArrowRight", col);
}

/** @param {Page} page @param {string} role @returns {Promise<string[]>} names in the accessibility tree */
async function spokenBy(page, role) {
  /** @type {string[]} */
  const names = [];
  /** @param {import("puppeteer-core").SerializedAXNode} node */
  const walk = (node) => {
    if (node.role === role) {
      names.push([node.name, ...(node.children ?? []).map(({ name }) => name)].join(" ").trim());
    }
    for (const child of node.children ?? []) walk(child);
  };
  const tree = await page.accessibility.snapshot({ interestingOnly: false });
  assert.ok(tree);
  walk(tree);
  return names.filter(Boolean);
}

const named = (/** @type {Page} */ page) => textOf(page, ".reading .named");

onPage("a screen reader hears one sentence for the cell under the keyboard", async (page) => {
  await stand(page, "a0", 3, 2);
  assert.deepEqual(await spokenBy(page, "status"), [
    "from mange to noir, 0.2458, largest in its row",
  ]);
  await press(page, "ArrowLeft");
  assert.deepEqual(await spokenBy(page, "status"), ["from mange to chat, 0.1098"]);
  await stand(page, "q", 1, 1);
  assert.deepEqual(await spokenBy(page, "status"), ["query of chat, dimension 1, 1.10"]);
  await stand(page, "kt", 1, 2);
  assert.deepEqual(await spokenBy(page, "status"), ["key of noir, dimension 1, 1.70"]);
  await stand(page, "wq", 2, 1);
  assert.deepEqual(await spokenBy(page, "status"), ["W Q, row 2, column 1, 1"]);
  await causal(page);
  await stand(page, "a0", 1, 5);
  assert.deepEqual(await spokenBy(page, "status"), ["from chat to souris, hidden"]);
  // While one number is held, the keyboard still says where it is.
  await stand(page, "a0", 1, 0);
  await press(page, "Enter");
  await press(page, "ArrowRight");
  assert.match((await spokenBy(page, "status"))[0], /^from chat to chat, 0\.\d{4}, largest/);
  assert.equal(await named(page), "weight(chat → Le)");
});

onPage("from the last number back to the first, by links, and back again", async (page) => {
  await stand(page, "y", 1, 0);
  await press(page, "Enter");
  const way = [await named(page)];
  /** @type {string[]} */
  const kept = [];
  for (let i = 0; i < 8; i++) {
    const links = await page.$$(".reading .detail .go");
    if (links.length === 0) break;
    kept.push(await textOf(page, ".reading .value"));
    await links[0].focus();
    await press(page, "Enter");
    way.push(await named(page));
    assert.equal(
      await page.evaluate(() => document.activeElement?.className),
      "back",
      "the keyboard is where it can go back",
    );
  }
  assert.deepEqual(way, [
    "layer output(chat)0",
    "concat(chat)0",
    "output(chat)0",
    "weight(chat → Le)",
    "score(chat → Le)",
    "query(chat)0",
    "embedding(chat)0",
  ]);
  for (const name of way.slice(0, -1).reverse()) {
    await press(page, "Enter");
    assert.equal(await named(page), name);
    assert.equal(await textOf(page, ".reading .value"), kept.pop());
  }
  const home = () => page.evaluate(() => document.activeElement?.closest(".reading") !== null);
  assert.ok(await home(), "the last step back does not lose the keyboard");
  await press(page, "Escape");
  assert.equal(await page.$(".release"), null);
  assert.ok(await home());
});

/** What is shown beside a number, with a field or a switch turned before. */
const KINDS = /** @type {const} */ ([
  ["x", 1, 0, "embedding(chat)0"],
  ["wq", 0, 0, "WQ[0, 0]"],
  ["q", 1, 0, "query(chat)0"],
  ["kt", 1, 2, "key(noir)1"],
  ["v", 1, 1, "value(chat)1"],
  ["s", 1, 2, "score(chat → noir)"],
  ["a0", 1, 2, "weight(chat → noir)"],
  ["o0", 1, 0, "output(chat)0"],
  ["concat", 1, 3, "concat(chat)3"],
  ["wo", 3, 1, "WO[3, 1]"],
  ["y", 1, 2, "layer output(chat)2"],
]);

onPage("every kind of number has an explanation, and says that it is held", async (page) => {
  for (const [id, row, col, name] of KINDS) {
    await stand(page, id, row, col);
    assert.equal(await named(page), name);
    assert.notEqual(await textOf(page, ".reading .value"), "");
    assert.equal(await page.$(".reading .value:empty"), null);
  }
  for (const [id, name] of [
    ["logit", "logit(chat → noir)"],
    ["exponential", "exponential(chat → noir)"],
  ]) {
    await page.focus(`[data-strip="${id}"]`);
    await press(page, "ArrowLeft", 8);
    await press(page, "ArrowRight", 2);
    assert.equal(await named(page), name);
  }
  await page.click("input[name=positions]");
  await frame(page);
  await stand(page, "x", 1, 0);
  assert.match(await textOf(page, ".reading .sum-of"), /^\.4 \+ 0\.84\d* = 1\.24\d*$/);
  await stand(page, "p", 1, 0);
  assert.match(await textOf(page, ".reading .sum-of"), /^sin\(1 ÷ 100000\/3\) = 0\.8415$/);
});

onPage("a number says whose it is, and no more digits than are true", async (page) => {
  const detail = () => textOf(page, ".reading .detail");
  await stand(page, "concat", 1, 2);
  assert.match(await detail(), /The same number as output\(chat\)0 of head 1, carried over\./);
  await stand(page, "s", 1, 2);
  assert.match(await detail(), /To eight digits 3\.4700000, as the core holds it\./);
  await edit(page, "wq", 0, 0, "0");
  await edit(page, "wq", 2, 0, "0");
  await stand(page, "q", 1, 0);
  assert.match(await detail(), /Exactly 0, as the core holds it\./);
  assert.equal(
    await page.$eval('[data-figure="a1"]', (sheet) => sheet.getAttribute("aria-label")),
    "A (weight, head 1), 8×8",
  );
});

onPage("the sum that is printed is the number above it", async (page) => {
  await stand(page, "s", 1, 2);
  assert.equal(await textOf(page, ".reading .value"), "3.47");
  assert.equal(await textOf(page, ".terms tfoot td"), "3.47");
  await stand(page, "o0", 1, 0);
  assert.equal(await textOf(page, ".terms tfoot td"), await textOf(page, ".reading .value"));
  await edit(page, "wq", 0, 0, "900");
  await stand(page, "s", 1, 2);
  assert.equal(await textOf(page, ".terms tfoot td"), await textOf(page, ".reading .value"));
});

onPage("a number is copied in three forms, and the page says so", async (page) => {
  await page.evaluate(() => {
    /** @type {string[]} */
    const taken = [];
    Object.assign(globalThis, { taken });
    Object.defineProperty(navigator, "clipboard", {
      value: { writeText: async (/** @type {string} */ text) => taken.push(text) },
    });
  });
  await stand(page, "s", 1, 2);
  await press(page, "Enter");
  for (const button of await page.$$(".reading .actions button:not(.back)")) {
    await button.focus();
    await press(page, "Enter");
    assert.ok((await spokenBy(page, "status")).includes("Copied."));
  }
  const [text, latex, numpy] = await page.evaluate(() => /** @type {any} */ (globalThis).taken);
  assert.equal(text, "score(chat → noir) = 1 × 1.6 + 1.1 × 1.7 = 3.47");
  assert.match(latex, /^\\text\{score\}.* \\cdot 1\.7 = 3\.47$/);
  assert.match(numpy, /^import numpy as np\n(.*\n)*print\(left @ right\)/);
});

onPage("every control has a name, in both languages", async (page) => {
  await page.click(".strip .more");
  await frame(page);
  for (const tag of ["fr", "en"]) {
    await page.$eval(`[lang="${tag}"]`, (button) => /** @type {HTMLElement} */ (button).click());
    await frame(page);
    /** @type {string[]} */
    const nameless = [];
    /** @param {import("puppeteer-core").SerializedAXNode} node */
    const walk = (node) => {
      const control = /button|textbox|switch|checkbox|combobox|link|slider/i.test(node.role);
      if (control && !node.name?.trim()) nameless.push(JSON.stringify(node).slice(0, 200));
      for (const child of node.children ?? []) walk(child);
    };
    const tree = await page.accessibility.snapshot();
    assert.ok(tree);
    walk(tree);
    assert.deepEqual(nameless, [], tag);
  }
});

onPage("the keyboard goes through the page in reading order", async (page) => {
  const backwards = await page.evaluate(() => {
    const all = /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("button, input, select, textarea, [tabindex]")
    );
    return [...all].filter((each) => each.tabIndex > 0).map((each) => each.outerHTML);
  });
  assert.deepEqual(backwards, []);
  /** @type {string[]} */
  const parts = [];
  await page.focus('.tokens [aria-pressed="true"]');
  for (let i = 0; i < 150; i++) {
    const part = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (element?.closest(".reading")) return "reading";
      if (element?.closest(".strip")) return "strip";
      if (element?.closest(".hero")) return "hero";
      const steps = [...document.querySelectorAll(".loom > *:not(svg)")];
      const step = steps.findIndex((each) => each.contains(element));
      return step < 0 ? "" : `${step}`;
    });
    if (parts.at(-1) !== part) parts.push(part);
    if (part === "reading" || part === "") break;
    await page.keyboard.press("Tab");
  }
  const [hero, strip, ...rest] = parts;
  assert.deepEqual([hero, strip], ["hero", "strip"]);
  assert.equal(rest.at(-1), "reading");
  const steps = rest.slice(0, -1).map(Number);
  assert.ok(steps.length >= 4, `${steps}`);
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
});
