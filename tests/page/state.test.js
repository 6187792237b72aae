// The page's document without a page: tokens, invented vectors, transitions and refusals.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  embeddings,
  FIELDS,
  isInvented,
  isUnfinished,
  LIMITS,
  numberAt,
  opening,
  originalAt,
  PROJECTIONS,
  parseNumber,
  Refusal,
  setField,
  setNumber,
  setText,
  sizes,
} from "../../web/app/state.js";
import { hash, invent, join, split } from "../../web/app/tokens.js";

/** @param {() => unknown} act @param {string} reason @param {Record<string, unknown>} facts */
function refused(act, reason, facts) {
  assert.throws(act, (error) => {
    assert.ok(error instanceof Refusal);
    assert.equal(error.reason, reason);
    assert.deepEqual(error.facts, facts);
    return true;
  });
}

test("text is split at white space and marks, elisions keep their apostrophe", () => {
  const cases = {
    "Le chat noir mange la souris blanche.": "Le|chat|noir|mange|la|souris|blanche|.",
    "  l'homme\tL’ombre\n\u00a0qu'il n'aime ": "l'|homme|L’|ombre|qu'|il|n'|aime",
    "jusqu'à l'été, aujourd'hui d'abord": "jusqu'|à|l'|été|,|aujourd'hui|d'|abord",
    '« Quoi ? » (non…) "si"; oui:': '«|Quoi|?|»|(|non|…|)|"|si|"|;|oui|:',
    "don't O'Brien l'l'a ...": "don't|O'Brien|l'|l'|a|.|.|.",
    "👩‍👩‍👧 שלום e\u0301": "👩‍👩‍👧|שלום|é",
    " ": "",
  };
  for (const [text, tokens] of Object.entries(cases)) {
    assert.equal(split(text).join("|"), tokens, text);
  }
});

test("the text of tokens splits into the same tokens", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.constantFrom("l'", "qu’", ".", ",", "(", "»", "…", " ", "homme", "l''x", "'"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const tokens = split(pieces.join(" "));
      assert.deepEqual(split(join(tokens)), tokens);
      assert.ok(tokens.every((token) => token === token.normalize("NFC") && !/\s/u.test(token)));
    }),
  );
  assert.equal(join(opening().tokens), "Le chat noir mange la souris blanche.");
});

// Links and habits rest on these: they were computed by another program and never change.
test("invented vectors are the same everywhere and for ever", () => {
  assert.deepEqual(
    [hash("", 0), hash("a", 0), hash("chien", 63)],
    [91794203, 2448022055, 2775776531],
  );
  assert.deepEqual(invent("chien", 4), [-0.9, 0.2, -0.2, -0.6]);
  assert.deepEqual(invent("été", 4), [-0.4, 0.3, -0.2, -0.5]);
  assert.deepEqual(invent("🙂", 4), [0.7, -0.7, -0.9, 0]);
  assert.deepEqual(invent("__proto__", 4), [-0.8, -0.4, 0.7, 0.8]);
  assert.deepEqual(invent("chien", 2), invent("chien", 64).slice(0, 2));
});

test("invented numbers are tenths from −.9 to .9, all of them about as often", () => {
  const counts = new Map();
  for (let word = 0; word < 4000; word++) {
    for (const x of invent(`mot${word}`, 3)) counts.set(x, (counts.get(x) ?? 0) + 1);
  }
  const tenths = Array.from({ length: 19 }, (_, i) => (i - 9) / 10);
  assert.deepEqual(
    [...counts.keys()].sort((a, b) => a - b),
    tenths,
  );
  for (const [x, count] of counts) assert.ok(count > 500 && count < 770, `${x}: ${count}`);
});

test("the page opens on the notebook's example", () => {
  const state = opening();
  assert.deepEqual(sizes(state), { tokens: 8, dModel: 3, headDim: 2, heads: 2 });
  assert.deepEqual(embeddings(state)[3], [0.1, 0.4, 0.7]);
  assert.ok(state.tokens.every((word) => !isInvented(state, word)));
  assert.deepEqual(
    [state.head, state.tokens[state.focus], state.positions, state.scale, state.causal],
    [0, "chat", false, true, false],
  );
});

test("transitions give a new state and leave the old one as it was", () => {
  const before = opening();
  const copy = structuredClone(before);
  const cell = /** @type {const} */ ({ matrix: "wk", head: 1, row: 2, col: 0 });
  const edited = setNumber(before, cell, 4.5);
  assert.equal(numberAt(edited, cell), 4.5);
  assert.equal(originalAt(edited, cell), 3);
  for (const next of [
    edited,
    setText(before, "un chien"),
    setField(before, "heads", 8),
    setField(before, "causal", true),
    setNumber(before, { matrix: "x", head: 0, row: 0, col: 0 }, 7),
  ]) {
    assert.notEqual(next, before);
    assert.deepEqual(before, copy);
  }
});

test("a word keeps the vector that it was given, in all its places and after it was away", () => {
  let state = setText(opening(), "chien chat chien");
  const cell = /** @type {const} */ ({ matrix: "x", head: 0, row: 2, col: 1 });
  assert.ok(isInvented(state, "chien"));
  assert.equal(originalAt(state, cell), 0.2);
  state = setNumber(state, cell, 5);
  assert.ok(!isInvented(state, "chien"));
  assert.deepEqual(embeddings(state)[0], [-0.9, 5, -0.2]);
  assert.deepEqual(embeddings(state)[2], [-0.9, 5, -0.2]);
  state = setText(setText(state, "chat"), "le chien");
  assert.deepEqual(embeddings(state)[1], [-0.9, 5, -0.2]);
});

test("words that name parts of JavaScript are words", () => {
  let state = setText(opening(), "__proto__ constructor toString");
  assert.deepEqual(embeddings(state)[0], invent("__proto__", 3));
  for (const row of [0, 1, 2]) state = setNumber(state, { matrix: "x", head: 0, row, col: 0 }, row);
  assert.deepEqual(
    embeddings(state).map((vector) => vector[0]),
    [0, 1, 2],
  );
  assert.equal(/** @type {Record<string, unknown>} */ ({}).x, undefined);
});

test("a new head is filled from the seed, and a removed one comes back as it was", () => {
  const grown = setField(opening(), "heads", 4);
  for (const name of PROJECTIONS) {
    assert.equal(grown[name].length, 4);
    const fresh = grown[name].slice(2).flat(2);
    assert.ok(fresh.every((x) => Math.abs(x) <= 0.5 && Number.isInteger(Math.round(x * 10))));
    assert.ok(new Set(fresh).size > 3, `${name} is not one number over and over`);
  }
  assert.deepEqual(setField(opening(), "heads", 4), grown);
  const other = setField(setField(opening(), "seed", 2), "heads", 4);
  assert.notDeepEqual(other.wq[3], grown.wq[3]);

  const cell = /** @type {const} */ ({ matrix: "wv", head: 3, row: 0, col: 0 });
  assert.equal(numberAt(grown, cell), originalAt(grown, cell));
  const edited = setField(setNumber(grown, cell, 9), "head", 3);
  const back = setField(setField(edited, "heads", 1), "heads", 4);
  assert.equal(numberAt(back, cell), 9);
  assert.equal(setField(edited, "heads", 2).head, 1);
});

test("limits are refused with what was asked and what is allowed", () => {
  const state = opening();
  const many = "mot ".repeat(513);
  const cell = /** @type {const} */ ({ matrix: "wo", head: 0, row: 0, col: 0 });
  refused(() => setText(state, many), "tokens", { count: 513, limit: 512 });
  refused(() => setText(state, "🙂".repeat(32769)), "characters", { count: 32769, limit: 32768 });
  refused(() => setNumber(state, cell, 1000001), "value", { value: 1000001, limit: 1e6 });
  refused(() => setNumber(state, cell, Number.NaN), "value", { value: Number.NaN, limit: 1e6 });
  refused(() => setField(state, "heads", 9), "range", { name: "heads", value: 9, min: 1, max: 8 });
  refused(() => setField(state, "heads", 0), "range", { name: "heads", value: 0, min: 1, max: 8 });
  refused(() => setField(state, "head", 1.5), "range", {
    name: "head",
    value: 1.5,
    min: 0,
    max: 1,
  });
  refused(() => setField(state, "focus", 8), "range", { name: "focus", value: 8, min: 0, max: 7 });
  refused(() => setField(state, "scale", 1), "onOrOff", { name: "scale", value: 1 });

  assert.equal(setText(state, many.slice(4)).tokens.length, LIMITS.tokens);
  assert.equal(setText(state, "🙂".repeat(32768)).tokens.length, 1);
  assert.equal(numberAt(setNumber(state, cell, -1e6), cell), -1e6);
});

test("an empty sentence is a sentence", () => {
  const state = setText(opening(), " \n ");
  assert.deepEqual([state.tokens, state.focus], [[], 0]);
  assert.deepEqual(embeddings(state), []);
});

test("the focus stays on a token that exists", () => {
  const far = setField(opening(), "focus", 7);
  assert.equal(setText(far, "un deux trois").focus, 2);
});

test("numbers are read as people write them, and nothing else is", () => {
  const numbers = {
    ".5": 0.5,
    "-2": -2,
    "−.25": -0.25,
    "+3.": 3,
    " 1e3 ": 1000,
    "1E-2": 0.01,
    "007": 7,
  };
  for (const [text, value] of Object.entries(numbers)) assert.equal(parseNumber(text), value);
  for (const text of [
    "4x",
    "4x,5",
    "--1",
    "0x10",
    "Infinity",
    "NaN",
    ".",
    "e3",
    "1 2",
    "1e",
    "−",
  ]) {
    refused(() => parseNumber(text), "notNumber", { text });
  }
  refused(() => parseNumber("  "), "empty", { text: "" });
  refused(() => parseNumber("1,5"), "comma", { text: "1,5" });
});

test("a number in the making is told from a wrong one", () => {
  for (const text of ["", "-", "−", "+", ".", "-.", "1e", ".5E-"])
    assert.ok(isUnfinished(text), text);
  for (const text of ["4x", "e", "1", "-.5", "--", "1ee"]) assert.ok(!isUnfinished(text), text);
});

test("what changes nothing gives the same state", () => {
  const state = opening();
  assert.equal(setNumber(state, { matrix: "wq", head: 0, row: 0, col: 0 }, 1), state);
  assert.equal(setField(state, "scale", true), state);
});

test("every field of the table takes its default and its ends", () => {
  for (const [name, field] of Object.entries(FIELDS)) {
    const last = field.type === "integer" && (field.last ? field.last(opening()) : field.max);
    const values = field.type === "boolean" ? [true, false] : [field.min, Number(last)];
    for (const value of [...values, field.default]) {
      const state = setField(opening(), name, value);
      assert.equal(
        /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (state))[name],
        value,
      );
    }
  }
});
