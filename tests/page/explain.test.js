// Any number of any state explained: the arithmetic that the inspector prints gives the core's number,
// every term leads on to an explanation of its own, and the NumPy program prints the same number.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import { load } from "../../dist/headlight/headlight.js";
import { explain } from "../../web/app/explain/explain.js";
import { asLatex, asNumPy, asText } from "../../web/app/explain/write.js";
import { figures } from "../../web/app/figures.js";
import { run } from "../../web/app/pipeline.js";
import { rowOf } from "../../web/app/rows.js";
import { opening, PROJECTIONS, setField, setNumber, setText } from "../../web/app/state.js";
import { words } from "../../web/app/words.js";

/** @typedef {import("../../web/app/state.js").State} State */
/** @typedef {import("../../web/app/explain/explain.js").Explanation} Explanation */
/** @typedef {import("../../web/app/explain/explain.js").At} At */

const hl = await load();

/** @param {...[name: string, value: number | boolean | null]} fields */
const set =
  (...fields) =>
  (/** @type {State} */ state) =>
    fields.reduce((s, [name, value]) => setField(s, name, value), state);

/** Every number that a page can show is one of these, in one of these states.
 * @type {Record<string, State>} */
const STATES = {
  "as it opens": opening(),
  causal: set(["causal", true])(opening()),
  "a window": set(["window", 1])(opening()),
  "a softcap": set(["softcap", 1.5])(opening()),
  "a temperature": set(["temperature", 0.5])(opening()),
  "scale off": set(["scale", false])(opening()),
  "scale off, temperature and softcap": set(
    ["scale", false],
    ["temperature", 2],
    ["softcap", 3],
  )(opening()),
  "padding and the mask": set(["padding", 3], ["causal", true])(opening()),
  "no key to see": set(["padding", 8])(opening()),
  "positions, one set by hand": setNumber(
    set(["positions", true])(opening()),
    { matrix: "p", head: 0, row: 2, col: 1 },
    0.25,
  ),
  "the other head": set(["head", 1])(opening()),
  "other sizes": set(["dModel", 12], ["headDim", 9], ["heads", 3], ["head", 2])(opening()),
  "W_Q turned round": set(["dModel", 2], ["transposed", true])(opening()),
  "logits beyond what exp can hold": setNumber(
    opening(),
    { matrix: "wq", head: 0, row: 0, col: 0 },
    900,
  ),
  "huge numbers": setNumber(opening(), { matrix: "wv", head: 0, row: 1, col: 1 }, -1e6),
};

const state = fc
  .record({
    text: fc.constantFrom(
      "Le chat noir",
      "un",
      "a b c d e f g h i j k",
      "עברית 👩‍👩‍👧 é",
      "le le le le",
    ),
    fields: fc.record({
      dModel: fc.integer({ min: 1, max: 10 }),
      headDim: fc.integer({ min: 1, max: 10 }),
      heads: fc.integer({ min: 1, max: 3 }),
      focus: fc.constant(0),
      positions: fc.boolean(),
      scale: fc.boolean(),
      causal: fc.boolean(),
      transposed: fc.boolean(),
      window: fc.option(fc.integer({ min: 0, max: 3 })),
      softcap: fc.option(fc.double({ min: 0.1, max: 50, noNaN: true })),
      temperature: fc.double({ min: 0.1, max: 10, noNaN: true }),
      seed: fc.nat(1000),
    }),
    numbers: fc.array(
      fc.tuple(
        fc.constantFrom(...PROJECTIONS, /** @type {const} */ ("x")),
        fc.double({ min: -30, max: 30, noNaN: true }),
      ),
      { maxLength: 6 },
    ),
  })
  .map(({ text, fields, numbers }) =>
    numbers.reduce(
      (s, [matrix, x]) => setNumber(s, { matrix, head: 0, row: 0, col: 0 }, x),
      set(...Object.entries(fields))(setText(opening(), text)),
    ),
  );

/** A few cells of every figure of a state. @param {ReturnType<typeof figures>} all @returns {At[]} */
function cells(all) {
  return Object.entries(all).flatMap(([figure, { sheet }]) =>
    [0, 0.4, 0.8, 0.999].map((share) => ({
      figure,
      row: Math.floor(share * sheet.rows),
      col: Math.floor((1.7 * share * sheet.cols) % sheet.cols),
    })),
  );
}

/** @param {number} actual @param {number} expected @param {number} size what went into it @param {string} what */
function near(actual, expected, size, what) {
  const slack = 2e-6 * Math.max(size, Math.abs(expected), 1e-6);
  assert.ok(Math.abs(actual - expected) <= slack, `${what}: ${actual}, expected ${expected}`);
}

/** Works the number out from what is printed. @param {Explanation} explanation @param {State} state
 * @param {ReturnType<typeof figures>} all */
function worksOut({ at, figure, value, products, addends, same, wave, stages }, state, all) {
  const what = `${figure.id}[${at.row}, ${at.col}]`;
  if (figure.waits) return assert.ok(Number.isNaN(value), what);
  if (products) {
    const size = products.reduce((sum, { product }) => sum + Math.abs(product), 0);
    near(
      products.reduce((sum, { left, right }) => sum + left.value * right.value, 0),
      value,
      size,
      what,
    );
  }
  if (addends) {
    near(
      addends.reduce((sum, term) => sum + term.value, 0),
      value,
      1,
      what,
    );
  }
  if (same) assert.equal(same.value, value, what);
  if (wave) {
    const angle = wave.place / 10000 ** (wave.pair / wave.dModel);
    near(wave.odd ? Math.cos(angle) : Math.sin(angle), value, 1, what);
  }
  if (!stages) return;
  // The core scales the query, not the sum of its products: the two differ by roundings of all of them.
  const query = rowOf(all.q.sheet, at.row);
  const key = rowOf(all.k.sheet, at.col);
  let size = query.reduce((sum, x, i) => sum + Math.abs(x * key[i]), 0);
  let x = Number.NaN;
  let power = 0;
  for (const { name, value: shown, by = 0 } of stages) {
    if (name === "score") x = shown;
    if (name === "scaled") x /= by;
    if (name === "capped") x = by * Math.tanh(x / by);
    if (name === "exponential") x = Math.exp(x - by);
    if (name === "weight") x /= by;
    // What exp makes of the rounding of a float32 before it.
    if (name === "exponential") power = Math.max(1, Math.abs(Math.log(shown || 1)));
    if (name === "scaled") size /= by;
    const capped = name === "scaled" || name === "capped";
    near(x, shown, capped ? size : Math.abs(shown) * Math.max(1, power) * 3, `${what} ${name}`);
    x = shown;
  }
  const here = {
    logit: ["scaled", "capped", "score"],
    exponential: ["exponential"],
    weight: ["weight"],
  };
  const names = here[/** @type {"logit"} */ (figure.kind)];
  const last = stages.findLast(({ name }) => names?.includes(name));
  if (last && !Number.isNaN(value)) near(last.value, value, 1, `${what} of ${state.tokens}`);
}

/** Explains a number, and whatever it leads to. @param {State} state
 * @param {(explanation: Explanation, all: ReturnType<typeof figures>) => void} seen */
function walk(state, seen) {
  const all = figures(state, run(hl, state));
  const waiting = cells(all);
  const known = new Set();
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    const explanation = explain(state, all, at);
    const key = JSON.stringify(explanation.at);
    if (known.has(key)) continue;
    known.add(key);
    seen(explanation, all);
    const { products = [], addends = [], same, stages = [] } = explanation;
    const terms = [
      ...products.flatMap(({ left, right }) => [left, right]),
      ...addends,
      ...(same ? [same] : []),
      ...stages.flatMap(({ at, value }) => (at ? [{ at, value }] : [])),
    ];
    for (const term of terms) {
      const { value } = explain(state, all, term.at);
      assert.ok(Object.is(value, term.value), `${key} says ${term.value}, it is ${value}`);
      waiting.push(term.at);
    }
  }
  return known;
}

test("the arithmetic of every kind of number gives the core's number", () => {
  const kinds = new Set();
  for (const [name, state] of Object.entries(STATES)) {
    walk(state, (explanation, all) => {
      kinds.add(explanation.figure.kind);
      worksOut(explanation, state, all);
    });
    assert.ok(name);
  }
  assert.deepEqual([...kinds].sort(), Object.keys(words.kinds).sort());
});

test("the arithmetic of any number of any state gives the core's number", () => {
  fc.assert(
    fc.property(state, (state) => {
      walk(state, (explanation, all) => worksOut(explanation, state, all));
    }),
    { numRuns: 60 },
  );
});

test("links lead from the last number back to the first ones", () => {
  const all = figures(opening(), run(hl, opening()));
  const kinds = [];
  let at = { figure: "y", row: 1, col: 0 };
  for (;;) {
    const { figure, products, same, stages } = explain(opening(), all, at);
    kinds.push(figure.kind);
    const next = same ?? products?.[0].left ?? stages?.[0];
    if (!next?.at) break;
    at = next.at;
  }
  const way = ["result", "concat", "output", "weight", "score", "query", "embedding"];
  assert.deepEqual(kinds, way);
});

/** @param {State} state @param {At} at */
function written(state, at) {
  const all = figures(state, run(hl, state));
  const explanation = explain(state, all, at);
  const context = {
    state,
    figures: all,
    nameOf: (/** @type {string} */ kind) => words.kinds[/** @type {"query"} */ (kind)],
  };
  return {
    explanation,
    texts: [asText, asLatex, asNumPy].map((form) => form(context, explanation)),
  };
}

test("a number is taken along as text, as LaTeX and as NumPy", () => {
  const [text, latex, numpy] = written(opening(), { figure: "s", row: 1, col: 2 }).texts;
  assert.equal(text, "score(chat → noir) = 1 × 1.6 + 1.1 × 1.7 = 3.47");
  assert.equal(
    latex,
    "\\text{score}(\\text{chat} \\to \\text{noir}) = 1 \\cdot 1.6 + 1.1 \\cdot 1.7 = 3.47",
  );
  assert.match(numpy, /^import numpy as np\n\nleft = np\.array\(\[1, 1\.1\]/);
  const hostile = setText(opening(), "a_b% $x\\y{ </math>");
  const [, escaped] = written(hostile, { figure: "s", row: 0, col: 1 }).texts;
  assert.match(escaped, /\\text\{a\\_b\\%\} \\to \\text\{\\\$x\\textbackslash\{\}y\\\{\}/);
  const weight = { figure: "a0", row: 1, col: 2 };
  assert.match(
    written(opening(), weight).texts[0],
    /^weight\(chat → noir\) = exp\(2\.45366\d*\) ÷ /,
  );
  const hidden = written(STATES.causal, weight).texts[0];
  assert.equal(hidden, "weight(chat → noir) = 0");
});

/** Debian's own, which has python3-numpy beside it; another Python may come first on PATH. */
const PYTHON = ["/usr/bin/python3", "python3"].find(
  (python) =>
    (python === "python3" || existsSync(python)) &&
    spawnSync(python, ["-c", "import numpy"]).status === 0,
);

/** Runs each program by itself, and gives the last line that it prints. */
const RUNNER = `
import contextlib, io, json, sys
for code in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    print(float(out.getvalue().splitlines()[-1]))
`;

test("NumPy prints the same numbers", () => {
  assert.ok(PYTHON, "no Python with NumPy (./setup.sh browsers)");
  /** @type {string[]} */
  const programs = [];
  /** @type {{ value: number, size: number, what: string }[]} */
  const wanted = [];
  for (const [name, state] of Object.entries(STATES)) {
    const all = figures(state, run(hl, state));
    for (const at of cells(all)) {
      const { explanation, texts } = written(state, at);
      const { figure, value, products = [] } = explanation;
      programs.push(texts[2]);
      const hidden = figure.kind === "logit" ? -Infinity : 0;
      // What exp makes of the rounding of the logits before it.
      const power = Math.max(0, ...all.l.sheet.data.filter(Number.isFinite).map(Math.abs));
      const size = products.reduce((sum, { product }) => sum + Math.abs(product), 0);
      const what = `${name}, ${figure.id}[${explanation.at.row}, ${explanation.at.col}]\n${texts[2]}`;
      const x = Number.isNaN(value) ? hidden : value;
      wanted.push({ value: x, size: Math.max(size, (3 + power) * Math.abs(x)), what });
    }
  }
  const { stdout, stderr } = spawnSync(PYTHON, ["-W", "error", "-c", RUNNER], {
    input: JSON.stringify(programs),
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  assert.equal(stderr, "");
  const printed = stdout
    .trim()
    .split("\n")
    .map((x) => Number(x.replace("inf", "Infinity")));
  assert.equal(printed.length, wanted.length);
  wanted.forEach(({ value, size, what }, i) => {
    if (value === -Infinity) assert.equal(printed[i], value, what);
    else near(printed[i], value, size, what);
  });
});

test("what waits is blank, whatever was shown before", () => {
  figures(opening(), run(hl, opening()));
  for (const [id, { sheet, waits }] of Object.entries(figures(opening(), undefined))) {
    if (waits) assert.ok(sheet.data.every(Number.isNaN), id);
  }
});
