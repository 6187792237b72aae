// Links and files: what they hold comes back, and whatever else they hold changes nothing.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { load } from "../../dist/headlight/headlight.js";
import { figures } from "../../web/app/figures.js";
import { fromFile, toFile } from "../../web/app/file.js";
import { fillMatrix } from "../../web/app/fills.js";
import { fromLink, LONGEST, toLink } from "../../web/app/link.js";
import { run } from "../../web/app/pipeline.js";
import { adopt } from "../../web/app/sentence.js";
import {
  embeddings,
  FIELDS,
  isInvented,
  opening,
  originalOf,
  Refusal,
  setField,
  setNumber,
  setText,
} from "../../web/app/state.js";
import { invent } from "../../web/app/tokens.js";
import { full } from "./full.js";

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
      assert.match(link, /^([\w.~!*'(),;&=%-]*[0-9A-Za-z])?$/);
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
  assert.equal(toLink(state), "1&text=Le%20chien%20%26%20l'%C3%A9t%C3%A9&causal=1");
  const there = setNumber(opening(), { matrix: "x", head: 0, row: 1, col: 0 }, 2);
  assert.equal(toLink(setNumber(there, { matrix: "x", head: 0, row: 1, col: 0 }, 0.4)), "");
  const grown = setField(setField(opening(), "heads", 8), "dModel", 64);
  assert.equal(toLink(grown), "1&d=64&heads=8");
  // Made by hand, as others may.
  assert.equal(fromLink("1&focus=3&wo.1=,,2&x.mot=1").wo[1][0][2], 2);
});

/** What programs do to a link on its way, given which of its characters they choose.
 * @type {Record<string, (link: string, chosen: (at: number) => boolean) => string>} */
const passedOn = {
  "commas and semicolons escaped": (link) => link.replaceAll(",", "%2C").replaceAll(";", "%3B"),
  "plus for space": (link) => link.replaceAll("%20", "+"),
  "escapes in lower case": (link) => link.replace(/%../g, (code) => code.toLowerCase()),
  "some escapes in lower case": (link, chosen) =>
    link.replace(/%../g, (code, at) => (chosen(at) ? code.toLowerCase() : code)),
  "escaped without need": (link, chosen) =>
    link.replace(/(%..)|[^0-9&=]/g, (mark, code, at) =>
      code || at === 0 || !chosen(at) ? mark : `%${mark.charCodeAt(0).toString(16)}`,
    ),
  "unescaped where nothing depends on it": (link) =>
    link.replace(/(%[89A-F].)+/g, (escapes) => decodeURI(escapes)),
  "escaped as a whole": (link) => encodeURIComponent(link),
  "escaped for HTML": (link) => link.replaceAll("&", "&amp;").replaceAll("'", "%27"),
  "without the marks at its end": (link) => link.replace(/[^0-9A-Za-z]+$/, ""),
};

for (const [name, pass] of Object.entries(passedOn)) {
  test(`a link opens the same page as other programs pass it on: ${name}`, () => {
    fc.assert(
      fc.property(state, fc.array(fc.boolean(), { minLength: 1 }), (state, choices) => {
        const link = toLink(state);
        const back = fromLink(pass(link, (at) => choices[at % choices.length]));
        assert.deepEqual(back, fromLink(link));
        assert.equal(toLink(back), link);
      }),
      { numRuns: 30 },
    );
  });
}

test("a link keeps the mark that its sentence ends in", () => {
  for (const mark of ". , ; : ! ? … ( ) « » \" ' ’ * _ ~ - — + = & % # / \\ | ] } >".split(" ")) {
    const said = setText(opening(), `Le chat dort ${mark}`);
    const link = toLink(said);
    assert.match(link, /[0-9A-Za-z]$/);
    assert.doesNotMatch(link, /\+/);
    assert.deepEqual(fromLink(link), said);
  }
  const own = adopt(setText(opening(), "chien"), "chien");
  assert.equal(toLink(own), "1&text=chien&focus=0&x.chien=-.9");
  assert.ok(!isInvented(fromLink(toLink(own)), "chien"));
  // Nothing at all, and a word that was given the vector that it had.
  for (const said of [setText(opening(), ""), own]) {
    assert.match(toLink(said), /[0-9A-Za-z]$/);
    assert.deepEqual(everything(fromLink(toLink(said))), everything(said));
  }
});

// As pages wrote them before: with "+" for a space, marks at the end, nothing after "=". The numbers are
// those that these pages showed.
const old = /** @type {const} */ ([
  ["", "Le chat noir mange la souris blanche .", [-0.4702, 0.7774, 1.9711]],
  ["1&text=Le+chat+dort.", "Le chat dort .", [-0.2359, 0.4641, 1.4781]],
  [
    "1&text=Quoi+%3F+(non+!)+C'est+l'%C3%A9t%C3%A9%2C+*hein*+%3B+a%2Bb_c~d",
    "Quoi ? ( non ! ) C' est l' été , *hein* ; a+b_c~d",
    [-0.076, -0.1406, 0.1115],
  ],
  ["1&text=&focus=0", "", []],
  [
    "1&text=a%3Db+a%26b.%2C+%3B+%2B+%2541+a%2Bb&x..=,-2&x.a%3Db=.5&x.%2B=,,1e-7",
    "a=b a&b . , ; + %41 a+b",
    [-0.3806, -0.2896, -0.2919],
  ],
  ["1&text=chien+chat&x.chien=", "chien chat", [-1.4083, 0.1764, 0.6547]],
  [
    "1&text=caf%C3%A9+noir&d=4&heads=3&positions=1&causal=1&x.noir=,,-.0005&wq.1=;-3&p.2.1=.5",
    "café noir",
    [0.843, -0.03, 1.993],
  ],
  [
    "1&seed=7&dk=5&scale=0&window=2&softcap=2.5&temperature=.3&padding=2",
    "Le chat noir mange la souris blanche .",
    [-0.3944, 0.219, 1.8623],
  ],
  [
    "1&transposed=1&wv.0=;;,123456&wo.1=;,,-99999.5",
    "Le chat noir mange la souris blanche .",
    [-0.4702, 41947.7695, -41240.6445],
  ],
]);

test("older links keep opening, and show what they showed", () => {
  for (const [link, tokens, output] of old) {
    const state = fromLink(link);
    assert.equal(state.tokens.join(" "), tokens);
    const found = run(hl, state).output.data.slice(0, 3);
    assert.equal(found.length, output.length);
    for (const [i, x] of output.entries()) {
      assert.ok(Math.abs(found[i] - x) <= 6e-5 * Math.max(1, Math.abs(x)), `${link}: ${found}`);
    }
    assert.deepEqual(everything(fromLink(toLink(state))), everything(state));
  }
});

test("older files keep opening, without what is written by now", () => {
  for (const [link] of old) {
    const state = fromLink(link);
    const { invented: _, ...file } = JSON.parse(toFile(state));
    const said = fromFile(JSON.stringify({ ...file, vectors: state.vectors }));
    assert.deepEqual(everything(said), everything(state));
  }
  const small = `{ "format": "headlight-state", "version": 1, "tokens": ["chat", "chien"], "dModel": 4,
    "vectors": { "chat": [0.4, 9] }, "frozen": { "1 0": 3 }, "wq": [[[2, 0], [0, 1]]] }`;
  const state = fromFile(small);
  assert.deepEqual(embeddings(state), [
    [0.4, 9, 0.6, originalOf(state, "chat", 3)],
    invent("chien", 4),
  ]);
  assert.equal(state.wq[0][0][0], 2);
});

/**
 * The output that follows from a file, in float64, by nothing but what stands in it and the formulas.
 * @param {any} file
 */
function recomputed(file) {
  const { tokens, vectors, invented, dModel, headDim, heads, head } = file;
  /** @type {number[][]} */
  const embeddings = tokens.map((/** @type {string} */ word) => vectors[word] ?? invented[word]);
  const x = embeddings.map((row, at) =>
    row.slice(0, dModel).map((number, dim) => {
      if (!file.positions) return number;
      const angle = at / 10000 ** ((dim - (dim % 2)) / dModel);
      return (
        number + (file.frozen[`${at} ${dim}`] ?? (dim % 2 ? Math.cos(angle) : Math.sin(angle)))
      );
    }),
  );
  const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const columns = (/** @type {number[][]} */ matrix) =>
    matrix[0].map((_, c) => matrix.map((row) => row[c]));
  const times = (/** @type {number[][]} */ a, /** @type {number[][]} */ b) =>
    a.map((row) => columns(b).map((column) => dot(row, column)));
  const cut = (
    /** @type {number[][]} */ matrix,
    /** @type {number} */ rows,
    /** @type {number} */ cols,
  ) => matrix.slice(0, rows).map((row) => row.slice(0, cols));
  const output = x.map(() => Array(dModel).fill(0));
  for (let h = 0; h < heads; h++) {
    const [wq, wk, wv] = ["wq", "wk", "wv"].map((name) => cut(file[name][h], dModel, headDim));
    const turned = file.transposed && h === head && dModel === headDim;
    const [q, k, v] = [times(x, turned ? columns(wq) : wq), times(x, wk), times(x, wv)];
    const mixed = q.map((query, i) => {
      const logits = k.map((key, j) => {
        const scaled = dot(query, key) / (file.scale ? Math.sqrt(headDim) : 1) / file.temperature;
        const hidden =
          (file.causal && j > i) ||
          (file.window !== null && Math.abs(j - i) > file.window) ||
          j >= x.length - file.padding;
        if (hidden) return -Infinity;
        return file.softcap === null ? scaled : file.softcap * Math.tanh(scaled / file.softcap);
      });
      const most = Math.max(...logits);
      const weights = logits.map((x) => (most === -Infinity ? 0 : Math.exp(x - most)));
      const sum = dot(
        weights,
        weights.map(() => 1),
      );
      return columns(v).map((column) => (sum === 0 ? 0 : dot(weights, column) / sum));
    });
    for (const [i, row] of times(mixed, cut(file.wo[h], headDim, dModel)).entries()) {
      for (const [dim, value] of row.entries()) output[i][dim] += value;
    }
  }
  return output.flat();
}

test("a file is whole: what the page shows follows from it alone", () => {
  const settings = fc.record({
    dModel: fc.integer({ min: 1, max: 9 }),
    headDim: fc.integer({ min: 1, max: 9 }),
    heads: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(9),
    positions: fc.boolean(),
    scale: fc.boolean(),
    causal: fc.boolean(),
    transposed: fc.boolean(),
    window: fc.constantFrom(null, 0, 2),
    softcap: fc.constantFrom(null, 0.5, 30),
    temperature: fc.constantFrom(1, 0.5, 4),
    padding: fc.nat(2),
  });
  const text = fc.constantFrom(
    "Le chien dort.",
    "chat chien chat été 🙂",
    "Le chat noir mange la souris blanche.",
  );
  const edits = fc.array(fc.tuple(cell, fc.double({ min: -2, max: 2, noNaN: true })));
  fc.assert(
    fc.property(text, settings, edits, (text, settings, edits) => {
      let state = setText(opening(), text);
      for (const [name, value] of Object.entries(settings)) state = setField(state, name, value);
      const { dModel, headDim } = state;
      for (const [at, x] of edits) {
        if (at.matrix !== "p" && at.row >= (at.matrix === "wo" ? headDim : dModel)) continue;
        if (at.col < Math.min(dModel, headDim) && at.head < state.heads)
          state = setNumber(state, at, x);
      }
      const expected = recomputed(JSON.parse(toFile(state)));
      const found = run(hl, state).output.data;
      const largest = Math.max(1, ...expected.map(Math.abs));
      assert.equal(found.length, expected.length);
      for (const [i, x] of expected.entries()) {
        assert.ok(Math.abs(found[i] - x) < 1e-4 * largest, `${i}: ${found[i]}, ${x}`);
      }
      assert.deepEqual(everything(fromFile(toFile(state))), everything(state));
    }),
    { numRuns: 150 },
  );
});

test("a file leaves to the letters and the seed what nobody gave", () => {
  const said = setField(setText(opening(), "chat chien"), "dModel", 5);
  const file = JSON.parse(toFile(said));
  assert.deepEqual(file.vectors.chat, embeddings(said)[0]);
  assert.deepEqual(file.invented, { chien: invent("chien", 5) });
  const back = fromFile(toFile(said));
  assert.deepEqual(back, said);
  const [before, after] = [said, back].map((state) => setField(state, "seed", 9));
  assert.notDeepEqual(embeddings(after)[0], embeddings(said)[0]);
  assert.deepEqual(embeddings(after), embeddings(before));
  // Words of a file are changed by hand, too.
  file.tokens[1] = "chiens";
  assert.deepEqual(embeddings(fromFile(JSON.stringify(file)))[1], invent("chiens", 5));
  file.tokens[1] = "chien";
  file.invented.chien[4] = 7;
  assert.deepEqual(embeddings(fromFile(JSON.stringify(file)))[1], [...invent("chien", 4), 7]);
  refused(() => fromFile(JSON.stringify({ ...file, invented: [] })), "filePart");
  refused(() => fromFile(JSON.stringify({ ...file, invented: { chien: ["1"] } })), "filePart");
  refused(() => fromFile(JSON.stringify({ ...file, invented: { "a b": [1] } })), "noToken");
});

test("links are read up to the length up to which they are given away", () => {
  const longest = `1&dk=002${"&d=3".repeat((LONGEST - 8) / 4)}`;
  assert.equal(longest.length, LONGEST);
  assert.deepEqual(fromLink(longest), opening());
  refused(() => fromLink(`${longest}0`), "linkLength");
  const long = toLink(full());
  assert.ok(long.length > LONGEST);
  refused(() => fromLink(long), "linkLength");
  assert.deepEqual(fromFile(toFile(full())), full());
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
