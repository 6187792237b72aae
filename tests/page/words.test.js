// The words and numbers of each language, and what the story says about the state; without a browser.
import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import fc from "fast-check";
import { load } from "../../dist/headlight/headlight.js";
import * as format from "../../web/app/format.js";
import { plural } from "../../web/app/parts/text.js";
import { run, sheet, tries } from "../../web/app/pipeline.js";
import { emphasis, largest } from "../../web/app/rows.js";
import * as documents from "../../web/app/state.js";
import { languages, speak, words } from "../../web/app/words.js";

const hl = await load();
const { fixed } = format;
afterEach(() => speak("en"));

/** Every text of a table by its path. @param {object} table @returns {[path: string, text: string][]} */
function texts(table, path = "") {
  return Object.entries(table).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${path}${key}`, value]] : texts(value, `${path}${key} `),
  );
}

const names = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();

test("both languages have the same texts, with the same names in each", () => {
  const shape = (/** @type {object} */ table) =>
    texts(table).map(([path, text]) => [path, [...new Set(names(text))]]);
  assert.deepEqual(shape(languages.fr), shape(languages.en));
  assert.ok(texts(languages.en).every(([, text]) => text.trim() !== ""));
});

test("French is set as French is", () => {
  for (const [path, text] of texts(languages.fr)) {
    if (path.startsWith("marks ") || path === "numbers separator") continue;
    assert.doesNotMatch(text, /'|"/, `${path}: straight quotes`);
    assert.doesNotMatch(text, /(^|[^\u202f])[;:!?»%]/u, `${path}: no narrow space before a mark`);
    assert.doesNotMatch(text, /«(?!\u202f)/u, `${path}: no narrow space after «`);
  }
});

test("no word that is filled in needs an elision or an article", () => {
  // "of chat" would have to be "de chat" or "d’Alice", "to the full stop" "à le point".
  const glued = /(?:^|[\s’(])(?:de|du|des|que|le|la|ce|se|ne|me|te|je|si|à|au)\s\{(\w+)\}/gu;
  const plain =
    /^(n|x|q|k|v|wq|wk|wv|wo|product|in|out|columns|shape|head|other|step|count|row|min|max|limit|rows|cols|numbers|value|seed|share|chat|roomRows|nth)$/;
  for (const [path, text] of texts(languages.fr)) {
    for (const [, name] of text.matchAll(glued)) assert.match(name, plain, `${path}: ${text}`);
  }
});

test("French prints a decimal comma, and spaces where French has them", () => {
  speak("fr");
  assert.equal(words, languages.fr);
  assert.equal(fixed(-1.005, 1), "−1,0");
  assert.equal(fixed(-0.001, 2), "0,00");
  assert.equal(format.probability(0.2588, 3), "0,259");
  assert.equal(format.weight(0.2588), "0,2588");
  assert.equal(format.brief(-0.4251), "−0,43");
  assert.equal(format.short(-99.949, 2), "−99,9");
  assert.deepEqual([0.4, -0.4, 1, 1e21, 10.5].map(format.typed), [
    "0,4",
    "−0,4",
    "1",
    "1e21",
    "10,5",
  ]);
  assert.equal(format.exact(Math.fround(0.1)), "0,1");
  assert.equal(format.percent(0.2588), "25,9\u202f%");
  const two = (/** @type {number} */ x) => fixed(x, 2);
  assert.equal(format.vector([1, 1.1], two), "(1,00\u202f; 1,10)");
  assert.match(format.vector(Array(9).fill(1), two), /\u202f; …\)$/);
  assert.equal(format.grouped(32768), "32\u202f768");
  assert.equal(format.grouped(-1234567.5), "−1\u202f234\u202f567,5");
});

test("a float32 is said to be exact where its short decimal is the number itself", () => {
  for (const x of [0, 1, -2.5, 0.375, 1e6, 16777216, -0.0625, 4097.25]) {
    assert.ok(format.isExact(x), `${x}`);
  }
  for (const x of [0.1, 3.47, 0.2588, 1e-7, 1e10 / 3, 1e-30]) {
    assert.ok(!format.isExact(Math.fround(x)), `${x}`);
  }
  assert.equal(format.eight(Math.fround(3.47)), "3.4700000");
  assert.equal(format.eight(Math.fround(0.2588)), "0.25880000");
  assert.equal(format.eight(Math.fround(-1e-7)), "−1.0000000e−7");
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      if (!format.isExact(x)) return;
      // A decimal with d places is the float where the float times 10 to the d is whole: in exact arithmetic.
      const [digits, exponent = "0"] = format.plain(Math.abs(x)).split("e");
      const [whole, fraction = ""] = digits.split(".");
      const places = BigInt(fraction.length) - BigInt(exponent);
      const [numerator, denominator] = places < 0n ? [10n ** -places, 1n] : [1n, 10n ** places];
      // x is m · 2^e.
      let [m, e] = [Math.abs(x), 0n];
      while (!Number.isInteger(m)) [m, e] = [m * 2, e + 1n];
      assert.equal(BigInt(m) * denominator, BigInt(whole + fraction) * numerator * 2n ** e);
    }),
  );
});

test("a count picks its form by the rules of the language", () => {
  const forms = { one: "one", other: "other" };
  const chosen = () => [0, 1, 2, 1000000].map((count) => plural(forms, count));
  assert.deepEqual(chosen(), ["other", "one", "other", "other"]);
  speak("fr");
  assert.deepEqual(chosen(), ["one", "one", "other", "other"]);
});

test("how a row looks where it looks most follows from its shape", () => {
  const shape = (/** @type {number[]} */ ...row) => {
    const data = Float32Array.from(row);
    return emphasis(largest({ data, rows: 1, cols: row.length }, 0));
  };
  const hidden = Number.NaN;
  for (const [how, ...row] of /** @type {[string, ...number[]][]} */ ([
    ["none", hidden, hidden],
    ["only", hidden, 1],
    ["alike", 0.25, 0.25, 0.25, 0.25],
    ["evenly", 0.26, 0.25, 0.245, 0.245],
    ["evenly", 0.55, 0.45, hidden],
    ["little", 0.4, 0.35, 0.25],
    ["little", 0.6, 0.4],
    ["more", 0.4, 0.2, 0.2, 0.2],
    ["more", 0.3, ...Array(7).fill(0.1)],
    ["mostly", 0.5, 0.25, 0.25],
    ["mostly", 0.26, 0.26, 0.12, 0.12, 0.12, 0.12],
    ["nearly", 0.92, 0.04, 0.04],
    ["little", 0.26, 0.26, 0.16, 0.16, 0.16],
    ["nearly", 0.47, 0.47, 0.06],
  ])) {
    assert.equal(shape(...row), how, `${row}`);
  }
});

test("English groups by commas; what is too long to group has an exponent", () => {
  assert.equal(format.grouped(32768), "32,768");
  assert.equal(format.grouped(-1000000), "−1,000,000");
  assert.equal(format.grouped(1e300), "1e300");
});

test("what leaves the page has the point and the hyphen in any language", () => {
  for (const language of /** @type {const} */ (["en", "fr"])) {
    speak(language);
    assert.equal(format.plain(Math.fround(-0.1)), "-0.1");
    assert.equal(format.plain(Math.fround(1e21)), "1e21");
  }
});

test("the comma is taken where it is the decimal sign, and the point always", () => {
  const { parseNumber, isUnfinished } = documents;
  for (const [text, value] of /** @type {const} */ ([
    ["1,5", 1.5],
    ["−,5", -0.5],
    ["1.5", 1.5],
    ["2,", 2],
    ["1,5e3", 1500],
  ])) {
    assert.equal(parseNumber(text, ","), value, text);
  }
  for (const text of ["1,2,3", "1.234,5", "1 000,5", "a,b", ",", "1,5,"]) {
    assert.throws(() => parseNumber(text, ","), documents.Refusal, text);
  }
  for (const text of ["", "−", ",", "1e", "−,"]) assert.ok(isUnfinished(text, ","), text);
  assert.ok(!isUnfinished(",", "."));
  const reason = (/** @type {string} */ text) => {
    try {
      parseNumber(text, ".");
    } catch (error) {
      return error instanceof documents.Refusal && error.reason;
    }
  };
  assert.equal(reason("1,5"), "comma");
  assert.equal(reason("a,b"), "notNumber");
});

test("what the page prints as typed, it reads as the same number, in each language", () => {
  for (const language of /** @type {const} */ (["en", "fr"])) {
    speak(language);
    const decimal = /** @type {documents.DecimalSign} */ (words.numbers.decimal);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        assert.equal(documents.parseNumber(format.typed(x), decimal) + 0, x + 0);
      }),
    );
  }
});

test("a head is seeded as long as one of its numbers is", () => {
  const two = documents.opening();
  assert.ok(!documents.isSeeded(two, 0));
  assert.ok(!documents.isSeeded(two, 1));
  let state = documents.setField(two, "heads", 3);
  for (const matrix of documents.PROJECTIONS) {
    documents.projection(state, matrix, 2).forEach((numbers, row) => {
      numbers.forEach((_, col) => {
        assert.ok(documents.isSeeded(state, 2));
        state = documents.setNumber(state, { matrix, head: 2, row, col }, 7);
      });
    });
  }
  assert.ok(!documents.isSeeded(state, 2));
  assert.ok(documents.isSeeded(documents.setField(two, "dModel", 4), 0));
});

test("without positions or masks the order of words does not count", () => {
  const state = documents.opening();
  const near = (/** @type {documents.State} */ state) => {
    const [a, b] = tries(hl, state).orders;
    assert.equal(a.length, state.headDim);
    return a.every((x, i) => Math.abs(x - b[i]) < 1e-6);
  };
  assert.ok(near(state));
  assert.ok(near(documents.setField(state, "head", 1)));
  assert.ok(!near(documents.setField(state, "positions", true)));
  assert.ok(!near(documents.setField(state, "causal", true)));
  assert.ok(!near(documents.setField(state, "padding", 1)));
});

test("a try leads where the page then goes", () => {
  let state = documents.setField(documents.opening(), "heads", 3);
  for (const head of [0, 1, 2]) {
    state = documents.setField(state, "head", head);
    const { weights, orders } = tries(hl, state);
    const there = run(hl, documents.setField(state, "scale", false));
    assert.ok(weights);
    assert.deepEqual(sheet(weights).data, sheet(there.weights, head).data);
    const turned = documents.setText(state, "souris mange chat");
    const { data, cols } = sheet(run(hl, turned).heads, head);
    assert.deepEqual(orders[1], data.subarray(2 * cols, 3 * cols));
  }
  const long = documents.setText(state, "mot ".repeat(65));
  assert.equal(tries(hl, long).weights, undefined);
});
