// The page's document without a page: tokens, invented vectors, transitions and refusals.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { fromLink, toLink } from "../../web/app/link.js";
import { adopt, moveToken, replaceTokens } from "../../web/app/sentence.js";
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
  projection,
  Refusal,
  resetCells,
  setField,
  setNumber,
  setNumbers,
  setText,
  sizes,
} from "../../web/app/state.js";
import {
  direction,
  hash,
  invent,
  isSegmented,
  join,
  segment,
  split,
  visible,
} from "../../web/app/tokens.js";

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

test("Chinese and Japanese without spaces are split as the browser tells words apart", () => {
  for (const [text, tokens] of Object.entries({
    我爱北京: "我|爱|北京",
    "黒い猫は眠る。": "黒い|猫|は|眠る|。",
    カタカナのテスト: "カタカナ|の|テスト",
    "Le chat 猫が好き, non?": "Le|chat|猫|が|好き|,|non|?",
    GPU加速: "GPU|加速",
    // Spaces that are there say where words end.
    "北京大学 我爱北京": "北京大学|我爱北京",
    "שלום 👩‍👩‍👧": "שלום|👩‍👩‍👧",
    ไม่มีช่องว่าง: "ไม่มีช่องว่าง",
  })) {
    assert.equal(segment(text).join("|"), tokens, text);
  }
  assert.ok(isSegmented(["chat", "猫"]));
  assert.ok(!isSegmented(["chat", "한국어", "…"]));
  const signs = "我爱北京大学猫が好きですカタカナー、。々は一二の x, l'é\u0301 ".split("");
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...signs), { maxLength: 24 }), (text) => {
      const tokens = segment(text.join(""));
      assert.deepEqual(split(join(tokens)), tokens);
    }),
  );
});

test("a link holds the tokens, whatever a browser would make of them", () => {
  const whole = fromLink(
    `1&text=${encodeURIComponent("我爱北京")}&x.${encodeURIComponent("我爱北京")}=1,2`,
  );
  assert.deepEqual(whole.tokens, ["我爱北京"]);
  const typed = setText(opening(), "我爱北京");
  assert.deepEqual(fromLink(toLink(typed)).tokens, typed.tokens);
  const { tokens } = replaceTokens(typed, 3, 0, "大学生");
  assert.deepEqual(fromLink(toLink({ ...typed, tokens })).tokens, tokens);
});

test("a token that nobody sees shows what it is", () => {
  for (const [word, shown] of Object.entries({
    "\u200b": "U+200B",
    "\u200b\u00ad": "U+200B U+00AD",
    "\u2060\ufeff": "U+2060 U+FEFF",
    "\u{e0041}": "U+E0041",
    "\u0007": "U+0007",
    "\u3164": "U+3164",
    "a\u200bb": "a\u200bb",
    "👩‍👩‍👧": "👩‍👩‍👧",
    "…": "…",
    é: "é",
  })) {
    assert.equal(visible(word), shown, JSON.stringify(word));
  }
});

test("a sentence runs to where most of its letters do", () => {
  for (const [text, way] of /** @type {const} */ ([
    ["Le chat noir", "ltr"],
    ["החתול השחור", "rtl"],
    ["القط الأسود نائم (the cat)", "rtl"],
    ["Le mot שלום", "ltr"],
    ["שלום 2024 !!! … 👩‍👩‍👧", "rtl"],
    ["12, 34.", "ltr"],
    ["", "ltr"],
  ])) {
    assert.equal(direction(split(text)), way, text);
  }
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
  refused(() => setField(state, "head", 1.5), "whole", { name: "head", value: 1.5 });
  refused(() => setField(state, "focus", 8), "range", { name: "focus", value: 8, min: 0, max: 7 });
  refused(() => setField(state, "scale", 1), "onOrOff", { name: "scale", value: "1" });

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

test("every field of the table takes its default and its ends, and nothing beyond", () => {
  const state = opening();
  for (const [name, field] of Object.entries(FIELDS)) {
    const { type, min = 0, max = 0, optional, last } = field;
    const most = last ? last(state) : max;
    const ends = type === "boolean" ? [true, false] : [min, most];
    for (const value of [...ends, ...(optional ? [null] : []), field.default]) {
      const next = setField(state, name, value);
      assert.equal(/** @type {Record<string, unknown>} */ ({ ...next })[name], value);
    }
    const beyond = type === "boolean" ? ["true", 1, null] : [min - 1, most + 1, Number.NaN, "1"];
    for (const value of [...beyond, ...(optional || type === "boolean" ? [] : [null])]) {
      assert.throws(() => setField(state, name, /** @type {any} */ (value)), Refusal, name);
    }
  }
  const keys = Object.values(FIELDS).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test("dimensions grow by small seeded numbers, and shrinking and growing brings all back", () => {
  const grown = setField(setField(opening(), "dModel", 5), "headDim", 4);
  assert.deepEqual(sizes(grown), { tokens: 8, dModel: 5, headDim: 4, heads: 2 });
  for (const name of PROJECTIONS) {
    const matrix = projection(grown, name, 1);
    assert.deepEqual([matrix.length, matrix[0].length], name === "wo" ? [4, 5] : [5, 4]);
    assert.ok(matrix.flat().every((x) => Number.isFinite(x)));
    assert.deepEqual(projection(grown, name, 0)[0].slice(0, 2), opening()[name][0][0].slice(0, 2));
  }
  assert.deepEqual(embeddings(grown)[1].slice(0, 3), [0.4, 0.5, 0.6]);
  assert.ok(embeddings(grown)[1].every((x) => Math.abs(x) <= 0.9));

  const cells = /** @type {const} */ ([
    { matrix: "x", head: 0, row: 1, col: 4 },
    { matrix: "wq", head: 0, row: 4, col: 3 },
    { matrix: "wo", head: 1, row: 3, col: 4 },
  ]);
  let state = cells.reduce((s, cell, i) => setNumber(s, cell, 7 + i), grown);
  const before = state;
  state = setField(setField(state, "dModel", 1), "headDim", 1);
  assert.deepEqual(embeddings(state)[1], [0.4]);
  state = setNumber(state, { matrix: "x", head: 0, row: 1, col: 0 }, -1);
  state = setNumber(state, { matrix: "x", head: 0, row: 1, col: 0 }, 0.4);
  state = setField(setField(state, "dModel", 5), "headDim", 4);
  cells.forEach((cell, i) => {
    assert.equal(numberAt(state, cell), 7 + i);
  });
  assert.deepEqual(embeddings(state), embeddings(before));
});

test("many numbers are set together or not at all", () => {
  const state = opening();
  const cell = (/** @type {number} */ row, /** @type {number} */ col) =>
    /** @type {const} */ ({ matrix: "x", head: 0, row, col });
  const next = setNumbers(state, [
    [cell(1, 0), 5],
    [cell(1, 1), 6],
    [{ matrix: "p", head: 0, row: 2, col: 1 }, 3],
  ]);
  assert.deepEqual(embeddings(next)[1], [5, 6, 0.6]);
  assert.deepEqual(next.frozen, { "2 1": 3 });
  assert.deepEqual(state, opening());
  assert.throws(
    () =>
      setNumbers(state, [
        [cell(1, 0), 5],
        [cell(1, 1), 1e7],
      ]),
    Refusal,
  );
  const back = resetCells(next, [cell(1, 0), cell(1, 1), { matrix: "p", head: 0, row: 2, col: 1 }]);
  assert.deepEqual(back, opening());
});

test("a word that was given numbers forgets them when they are reset", () => {
  const said = setText(opening(), "chien");
  const cells = [0, 1, 2].map(
    (col) => /** @type {const} */ ({ matrix: "x", head: 0, row: 0, col }),
  );
  const given = setNumber(said, cells[1], 5);
  assert.deepEqual(resetCells(given, cells), said);
  const own = adopt(said, "chien");
  assert.ok(!isInvented(own, "chien"));
  assert.deepEqual(embeddings(own), embeddings(said));
  assert.deepEqual(resetCells(own, cells), said);
});

test("tokens are replaced, split, added, removed and moved, and the focus goes with its token", () => {
  const state = setText(opening(), "a b c d");
  const said = (/** @type {import("../../web/app/state.js").State} */ { tokens, focus }) =>
    `${tokens.join(" ")} ${focus}`;
  const at = (/** @type {number} */ focus) => setField(state, "focus", focus);
  assert.equal(said(replaceTokens(at(2), 1, 1, "x y z")), "a x y z c d 4");
  assert.equal(said(replaceTokens(at(0), 1, 1, "x y")), "a x y c d 0");
  assert.equal(said(replaceTokens(at(1), 1, 1, "l'eau")), "a l' eau c d 1");
  assert.equal(said(replaceTokens(at(3), 1, 1, "")), "a c d 2");
  assert.equal(said(replaceTokens(at(3), 3, 1, "")), "a b c 2");
  assert.equal(said(replaceTokens(at(3), 4, 0, "e.")), "a b c d e . 3");
  assert.equal(replaceTokens(state, 1, 1, " b "), state);
  assert.equal(said(moveToken(at(1), 1, 3)), "a c d b 3");
  assert.equal(said(moveToken(at(2), 0, 3)), "b c d a 1");
  assert.equal(said(moveToken(at(1), 3, 0)), "d a b c 2");
  assert.equal(moveToken(state, 0, -5), state);
  assert.equal(said(replaceTokens(setText(state, ""), 0, 0, "mot")), "mot 0");
  refused(() => replaceTokens(state, 0, 1, "m ".repeat(510)), "tokens", { count: 513, limit: 512 });
});
