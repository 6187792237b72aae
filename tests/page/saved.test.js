// Links and files: what they hold comes back, and whatever else they hold changes nothing.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { load } from "../../dist/headlight/headlight.js";
import { figures } from "../../web/app/figures.js";
import { fromFile, toFile } from "../../web/app/file.js";
import { fillMatrix } from "../../web/app/fills.js";
import { fromLink, toLink } from "../../web/app/link.js";
import { run } from "../../web/app/pipeline.js";
import { adopt } from "../../web/app/sentence.js";
import { FIELDS, opening, Refusal, setField, setNumber, setText } from "../../web/app/state.js";

/** @typedef {import("../../web/app/state.js").State} State */

const hl = await load();

/** @param {() => unknown} act @param {string} reason */
function refused(act, reason) {
  assert.throws(act, (error) => {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.reason, reason);
    return true;
  });
}

const cell = fc.oneof(
  fc.record({
    matrix: fc.constant(/** @type {const} */ ("x")),
    head: fc.constant(0),
    row: fc.nat(2),
    col: fc.nat(1),
  }),
  fc.record({
    matrix: fc.constant(/** @type {const} */ ("p")),
    head: fc.constant(0),
    row: fc.nat(9),
    col: fc.nat(5),
  }),
  fc.record({
    matrix: fc.constantFrom(/** @type {const} */ ("wq"), "wk", "wv", "wo"),
    head: fc.nat(1),
    row: fc.nat(1),
    col: fc.nat(1),
  }),
);
const step = fc.oneof(
  fc.tuple(cell, fc.double({ min: -1e6, max: 1e6, noNaN: true })).map(
    ([at, x]) =>
      (/** @type {State} */ s) =>
        setNumber(s, at, x),
  ),
  fc
    .array(fc.string({ unit: "grapheme" }), { minLength: 3 })
    .map((words) => (/** @type {State} */ s) => {
      const next = setText(s, words.join(" "));
      return next.tokens.length < 3 ? s : next;
    }),
  fc
    .constantFrom("__proto__", "chien", "été", "a&b=c#d", "%41", "+")
    .map((word) => (/** @type {State} */ s) => adopt(s, word)),
  fc.integer({ min: 2, max: 8 }).map((n) => (/** @type {State} */ s) => setField(s, "heads", n)),
  fc.integer({ min: 2, max: 9 }).map((n) => (/** @type {State} */ s) => setField(s, "dModel", n)),
  fc.integer({ min: 2, max: 9 }).map((n) => (/** @type {State} */ s) => setField(s, "headDim", n)),
  fc.boolean().map((on) => (/** @type {State} */ s) => setField(s, "positions", on)),
  fc
    .constantFrom(null, 0.5, 30)
    .map((cap) => (/** @type {State} */ s) => setField(s, "softcap", cap)),
  fc.constantFrom(null, 0, 3).map((n) => (/** @type {State} */ s) => setField(s, "window", n)),
  fc.nat(2 ** 32 - 1).map((n) => (/** @type {State} */ s) => setField(s, "seed", n)),
);
const state = fc
  .array(step, { maxLength: 12 })
  .map((steps) => steps.reduce((s, act) => act(s), opening()));

/** All that a page shows of a state. @param {State} state */
function everything(state) {
  const { version, tokens } = state;
  const fields = Object.keys(FIELDS).map((name) => /** @type {any} */ (state)[name]);
  const sheets = Object.entries(figures(state, run(hl, state))).map(([id, { sheet }]) => [
    id,
    sheet,
  ]);
  return { version, tokens, fields, sheets };
}

/** What a smaller page keeps for later is there too. @param {State} state */
const grown = (state) => setField(setField(setField(state, "dModel", 9), "headDim", 9), "heads", 8);

test("a link gives the page that it was made on", () => {
  fc.assert(
    fc.property(state, (state) => {
      const link = toLink(state);
      assert.match(link, /^[\w.~!*'(),;:@$&=+%/?-]*$/);
      const back = fromLink(link);
      assert.deepEqual(everything(back), everything(state));
      assert.deepEqual(everything(grown(back)), everything(grown(state)));
      assert.equal(toLink(back), link);
    }),
    { numRuns: 150 },
  );
});

test("a file gives the page that it was saved from", () => {
  fc.assert(
    fc.property(state, (state) => {
      const back = fromFile(toFile(state));
      assert.deepEqual(everything(back), everything(state));
      assert.deepEqual(everything(grown(back)), everything(grown(state)));
    }),
    { numRuns: 150 },
  );
});

test("links are short for small changes, and always read the same", () => {
  assert.equal(toLink(opening()), "");
  let state = setNumber(opening(), { matrix: "x", head: 0, row: 1, col: 2 }, -0.5);
  state = setNumber(state, { matrix: "wq", head: 0, row: 1, col: 0 }, 1e21 / 1e18);
  assert.equal(toLink(state), "1&x.chat=,,-.5&wq.0=;1000");
  state = setField(setText(opening(), "Le chien & l'été"), "causal", true);
  assert.equal(toLink(state), "1&text=Le+chien+%26+l'%C3%A9t%C3%A9&causal=1");
  const there = setNumber(opening(), { matrix: "x", head: 0, row: 1, col: 0 }, 2);
  assert.equal(toLink(setNumber(there, { matrix: "x", head: 0, row: 1, col: 0 }, 0.4)), "");
  const grown = setField(setField(opening(), "heads", 8), "dModel", 64);
  assert.equal(toLink(grown), "1&d=64&heads=8");
  // Made by hand, as others may.
  assert.equal(fromLink("1&focus=3&wo.1=,,2&x.mot=1").wo[1][0][2], 2);
});

test("a half of a character, and names that objects have, are words as others are", () => {
  const state = setText(opening(), "a\udc00 __proto__ constructor");
  assert.deepEqual(state.tokens, ["a\ufffd", "__proto__", "constructor"]);
  const edited = setNumber(state, { matrix: "x", head: 0, row: 1, col: 0 }, 0.5);
  assert.deepEqual(everything(fromLink(toLink(edited))), everything(edited));
  assert.deepEqual(everything(fromFile(toFile(edited))), everything(edited));
});

test("a link that was cut short opens, or says what it ends in", () => {
  const link = "1&text=caf%C3%A9+noir&d=4&heads=3&x.noir=,,-.5e-3&wq.1=;,-3&p.2.1=.5";
  for (let length = 0; length < link.length; length++) {
    try {
      fromLink(link.slice(0, length));
    } catch (error) {
      assert.ok(error instanceof Refusal, link.slice(0, length));
    }
  }
  refused(() => fromLink("1&text=caf%C3"), "linkPart");
  refused(() => fromLink("1&x.noir=,,-.5e-"), "notNumber");
});

test("a file is text that people can read", () => {
  const text = toFile(opening());
  assert.match(text, /"format": "headlight-state",\n "version": 1,/);
  assert.match(text, /"chat": \[0\.4, 0\.5, 0\.6\]/);
  assert.deepEqual(fromFile(text), opening());
});

test("a broken or malicious link is refused by what is wrong in it", () => {
  refused(() => fromLink("2&text=a"), "linkVersion");
  refused(() => fromLink("<script>alert(1)</script>"), "linkVersion");
  for (const part of [
    "x",
    "text",
    "=1",
    "constructor=1",
    "__proto__=1",
    "wq=1",
    "wq.0.0=1",
    "text.a=1",
    "wz.0=1",
    "text=%E0%A4%A",
  ]) {
    refused(() => fromLink(`1&${part}`), "linkPart");
  }
  refused(() => fromLink("1&heads=9"), "range");
  refused(() => fromLink("1&heads=off"), "range");
  refused(() => fromLink("1&causal=yes"), "onOrOff");
  refused(() => fromLink("1&wq.8=1"), "beyond");
  refused(() => fromLink("1&wq.-1=1"), "beyond");
  refused(() => fromLink("1&wq.a=1"), "beyond");
  refused(() => fromLink(`1&wq.0=${";".repeat(64)}1`), "beyond");
  refused(() => fromLink(`1&x.a=${",".repeat(64)}1`), "beyond");
  refused(() => fromLink("1&p.600.0=1"), "beyond");
  refused(() => fromLink("1&wq.0=1e7"), "value");
  refused(() => fromLink("1&x.a=1e7"), "value");
  refused(() => fromLink("1&wq.0=1,NaN"), "notNumber");
  refused(() => fromLink("1&x.two+words=1"), "noToken");
  refused(() => fromLink(`1&text=${"a+".repeat(600)}`), "tokens");
  refused(() => fromLink(`1&text=${"a".repeat(100000)}`), "characters");
  refused(() => fromLink(`1&text=${"a".repeat(2 ** 20)}`), "linkLength");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        fromLink(`1&${text}`);
      } catch (error) {
        assert.ok(error instanceof Refusal, String(error));
      }
    }),
  );
  assert.equal(/** @type {any} */ ({}).heads, undefined);
});

test("a broken or malicious file is refused by what is wrong in it", () => {
  const good = JSON.parse(toFile(opening()));
  const file = (/** @type {Record<string, unknown>} */ change) => () =>
    fromFile(JSON.stringify({ ...good, ...change }));
  refused(() => fromFile("{"), "notJson");
  for (const text of ["null", "[]", "3", '"a"']) refused(() => fromFile(text), "filePart");
  refused(file({ format: "other" }), "fileFormat");
  refused(file({ version: 2 }), "fileVersion");
  refused(file({ format: undefined }), "filePart");
  refused(file({ version: "1" }), "filePart");
  refused(file({ tokens: "Le chat" }), "filePart");
  refused(file({ tokens: ["Le chat"] }), "noToken");
  refused(file({ tokens: [3] }), "filePart");
  refused(file({ tokens: ["\ud800a"] }), "noToken");
  refused(file({ tokens: Array(513).fill("a") }), "beyond");
  refused(file({ heads: 9 }), "range");
  refused(file({ heads: "2" }), "filePart");
  refused(file({ temperature: null }), "filePart");
  refused(file({ positions: 1 }), "onOrOff");
  refused(file({ wq: [[["1"]]] }), "filePart");
  refused(file({ wq: Array(9).fill([[1]]) }), "beyond");
  refused(file({ vectors: { chat: [1e9] } }), "value");
  refused(file({ vectors: { "a b": [1] } }), "noToken");
  refused(file({ frozen: { "a b": 1 } }), "beyond");
  refused(() => fromFile(" ".repeat(2 ** 25 + 1)), "fileLength");
});

test("the largest document there can be has a file that opens again", () => {
  let state = setText(opening(), Array.from({ length: 512 }, (_, i) => `mot${i}`).join(" "));
  for (const [name, value] of /** @type {const} */ ([
    ["dModel", 64],
    ["headDim", 64],
    ["heads", 8],
    ["positions", true],
  ])) {
    state = setField(state, name, value);
  }
  for (const id of ["e", "wq", "wk", "wv", "wo"]) {
    const { cell, ...rest } = figures(state, undefined)[id];
    assert.ok(cell);
    state = fillMatrix(state, { ...rest, cell }, "random");
  }
  assert.deepEqual(fromFile(toFile(state)), state);
  assert.deepEqual(fromLink(toLink(state)).wo, state.wo);
});
