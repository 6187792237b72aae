// Hostile input, in each browser: it changes nothing, and the page says why. What the policy forbids,
// errors in the console and requests to another origin fail these tests as they do all others.
import assert from "node:assert/strict";
import { LARGEST, toFile } from "../../web/app/file.js";
import * as documents from "../../web/app/state.js";
import { inEach } from "./browsers/each.js";
import { frame, hands, writeSentence } from "./browsers/hands.js";

/** @typedef {import("./browsers/index.js").Tab} Tab */
/** @typedef {readonly (readonly [given: string, said: RegExp])[]} Cases */

const HERO = ".hero .refusal";
const STRIP = ".strip + .refusal";
const MATRIX = "[data-figure] .complaint";

const MARKUP =
  '<img src=x onerror="document.title=1"> <script>document.title=2</script> {focus} &lt; \u202eabc __proto__ "style=';

/** @type {Cases} */
const TEXTS = [
  ["mot ".repeat(513), /513 tokens. The page takes at most 512. The last sentence stays/],
  ["x".repeat(100_000), /100,000 characters. The page takes at most 32,768/],
  ["<b> ".repeat(25_000), /100,000 characters/],
];

/** @type {Cases} */
const BLOCKS = [
  ["1\t2\t3", /pasted block is 1×3, .* room for 3×2/],
  ["1\tNaN", /“NaN” is not a number/],
  ["1\t1e999", /Infinity is too large/],
  ["<b>1</b>", /“<b>1<\/b>” is not a number/],
  [`1\t${"1 ".repeat(50_000)}`, /100,002 characters/],
];

/** @type {Cases} */
const LINKS = [
  ["2&text=a", /version “2”\. This page reads version 1/],
  ["<script>alert(1)</script>", /version “/],
  ["1&x", /holds “x”/],
  ["1&text=%E0%A4%A", /which this page does not know/],
  ["1&__proto__=1", /holds “__proto__=1”/],
  ["1&heads=99", /number of heads can be from 1 to 8, so not 99/],
  ["1&heads=1.5", /number of heads is a whole number, so not 1\.5/],
  ["1&d=1e9", /model dimension can be from 1 to 64/],
  ["1&wq.0=1e7", /too large/],
  ["1&wq.0=NaN", /“NaN” is not a number/],
  ["1&x.chat=,,-.5&wq.0=;1e", /“1e” is not a number/],
  ["1&x.two+words=1", /not one token/],
  [`1&text=${"a".repeat(100_000)}`, /100,000 characters.*at most 32,768/],
  [`1&text=${"a+".repeat(600)}`, /600 tokens.*at most 512/],
];

const whole = toFile(documents.opening());
const good = JSON.parse(whole);
const file = (/** @type {object} */ change) => JSON.stringify({ ...good, ...change });

/** @type {Cases} */
const FILES = [
  ["<html><script>alert(1)</script>", /The file is no JSON/],
  [whole.slice(0, whole.length / 2), /The file is no JSON/],
  ["\u0089PNG\u0000\uffff", /The file is no JSON/],
  ["[".repeat(100_000), /The file is no JSON/],
  ["{}", /“format” is not what it should be. Expected "headlight-state"/],
  [`{"__proto__":${whole}}`, /“format” is not what it should be. Expected "headlight-state"/],
  [file({ format: "<img src=x onerror=alert(1)>" }), /its format is “<img src=x/],
  [file({ version: 2 }), /of version “2”/],
  [file({ wq: "no" }), /“wq” is not what it should be/],
  [file({ wk: [[["<b>1</b>"]]] }), /“wk” is not what it should be. Expected 0\.5/],
  [file({ wq: [[[7777]]] }).replace("7777", "1e999"), /Infinity is too large/],
  [file({ wv: Array(1000).fill([[1]]) }), /wv holds 1,000, beyond the page's limit of 8/],
  [file({ dModel: 1e9 }), /model dimension can be from 1 to 64/],
  [file({ heads: "2" }), /“heads” is not what it should be. Expected 2/],
  [file({ temperature: 0 }), /temperature can be from/],
  [file({ positions: "<script>" }), /on or off, so not <script>/],
  [file({ tokens: Array(513).fill("a") }), /tokens holds 513/],
  [file({ tokens: ["x".repeat(100_000)] }), /“x+…” is not one token/],
  [file({ tokens: ["\ud800"] }), /is not one token/],
  [file({ vectors: { "a b": [1] } }), /“a b” is not one token/],
  [file({ frozen: { __proto__: null, constructor: 1 } }), /beyond the page's limit/],
];

inEach("hostile input", async (onTab) => {
  await onTab("text is only ever text", async (tab) => {
    await tab.evaluate(writeSentence, MARKUP);
    await tab.evaluate(frame);
    const { tokens } = documents.setText(documents.opening(), MARKUP);
    assert.deepEqual((await tab.evaluate(everything)).tokens, tokens);
  });

  await onTab("too much text", (tab) => changeNothing(tab, TEXTS, HERO, writeSentence));

  await onTab("what is no number, in a cell and in a setting", async (tab) => {
    await changeNothing(tab, BLOCKS, MATRIX, pasteBlock);
    const { press } = hands(tab).mouse;
    const before = await tab.evaluate(everything);
    for (const [text, said] of /** @type {Cases} */ ([
      ["<b>", /“<b>” is not a number/],
      ["1e9", /model dimension can be from 1 to 64/],
      ["-Infinity", /“-Infinity” is not a number/],
    ])) {
      await press("input[name=dModel]");
      await tab.evaluate(frame);
      await tab.type(text);
      await tab.key("Enter");
      assert.match(await tab.evaluate(complaint, STRIP, said.source), said);
      assert.deepEqual(await tab.evaluate(everything), before, text);
    }
  });

  await onTab("links, followed while the page is open", async (tab) => {
    await hands(tab).mouse.edit("wq", 0, 0, "3");
    await tab.evaluate(frame);
    await changeNothing(tab, LINKS, STRIP, follow);
    await tab.evaluate(follow, "1&focus=2");
    assert.equal(await tab.evaluate(complaint, STRIP, "^$"), "", "a good link follows");
  });

  for (const [link, said] of /** @type {Cases} */ ([
    ["1&text=<img src=x onerror=alert(1)>&heads=0", /heads can be from 1 to 8, so not 0/],
    ["1&text=%3Cimg+src=x+onerror=alert(1)%3E", /^$/],
  ])) {
    const opens = async (/** @type {Tab} */ tab) => {
      assert.match(await tab.evaluate(complaint, STRIP, said.source), said);
      const opened = documents.setText(documents.opening(), "<img src=x onerror=alert(1)>");
      const { tokens } = said.test("") ? opened : documents.opening();
      assert.deepEqual((await tab.evaluate(everything)).tokens, tokens);
      await tab.evaluate(writeSentence, "un deux");
      await tab.evaluate(frame);
      assert.deepEqual((await tab.evaluate(everything)).tokens, ["un", "deux"], "the page works");
    };
    await onTab(`the page opened by ${link}`, opens, { link });
  }

  await onTab("files", async (tab) => {
    await changeNothing(tab, FILES, STRIP, drop);
    const before = await tab.evaluate(everything);
    await tab.evaluate(drop, " ", LARGEST + 1);
    assert.match(await tab.evaluate(complaint, STRIP, "bytes"), /takes 33,554,433 bytes/);
    assert.deepEqual(await tab.evaluate(everything), before);
    await tab.evaluate(drop, file({ tokens: ["chat", "noir"], focus: 0 }));
    assert.equal(await tab.evaluate(complaint, STRIP, "^$"), "", "a good file opens");
    assert.deepEqual((await tab.evaluate(everything)).tokens, ["chat", "noir"]);
  });
});

/** @param {Tab} tab @param {Cases} cases @param {string} where the page says why
 * @param {(given: string) => unknown} give in the page */
async function changeNothing(tab, cases, where, give) {
  const before = await tab.evaluate(everything);
  for (const [given, said] of cases) {
    await tab.evaluate(give, given);
    assert.match(await tab.evaluate(complaint, where, said.source), said);
    assert.deepEqual(await tab.evaluate(everything), before, given.slice(0, 60));
  }
}

// What runs in the page.

/** Whatever a visitor can read off the page, and no element that only markup in a text could make. */
function everything() {
  const texts = (/** @type {string} */ selector) =>
    Array.from(document.querySelectorAll(selector), (each) => each.textContent?.trim() ?? "");
  return {
    title: document.title,
    tokens: texts(".tokens [data-token] bdi"),
    numbers: texts("[data-figure] tbody td").join(" "),
    settings: Array.from(
      /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(".settings input")),
      ({ name, value, checked }) => `${name} ${value} ${checked}`,
    ),
    foreign: texts(":is(main, #notice) :is(img, script, iframe, object, b)"),
  };
}

/** What the page complains of, as soon as it is what is waited for. @param {string} where
 * @param {string} source */
async function complaint(where, source) {
  const said = () => document.querySelector(where)?.textContent?.trim() ?? "";
  for (let tries = 0; tries < 200 && !new RegExp(source).test(said()); tries++) {
    await new Promise((done) => requestAnimationFrame(done));
  }
  return said();
}

/** Not every browser lets a script make a clipboard. @param {string} text */
function pasteBlock(text) {
  /** @type {HTMLElement | null} */ (document.querySelector('[data-figure="wq"]'))?.focus();
  const paste = new Event("paste", { bubbles: true, cancelable: true });
  const clipboardData = { getData: () => text };
  document.activeElement?.dispatchEvent(Object.assign(paste, { clipboardData }));
}

/** @param {string} link */
async function follow(link) {
  const changed = new Promise((done) => addEventListener("hashchange", done, { once: true }));
  location.hash = link;
  await changed;
}

/** @param {string} text @param {number} [times] */
function drop(text, times) {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text.repeat(times ?? 1)], "page.json"));
  const about = { dataTransfer, bubbles: true, cancelable: true };
  document.querySelector("h1")?.dispatchEvent(new DragEvent("drop", about));
}
