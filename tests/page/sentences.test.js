// The sentences of the steps in states that a visitor may reach: true, whole, and in both languages.
import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { load } from "../../dist/headlight/headlight.js";
import { figures } from "../../web/app/figures.js";
import { layout } from "../../web/app/layout.js";
import { createModel } from "../../web/app/model.js";
import { run, tries } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { heads } from "../../web/app/views/heads.js";
import { hero } from "../../web/app/views/hero.js";
import { mix } from "../../web/app/views/mix.js";
import { scores } from "../../web/app/views/scores.js";
import { softmax } from "../../web/app/views/softmax.js";
import { translation } from "../../web/app/views/translation.js";
import { vectors } from "../../web/app/views/vectors.js";
import { speak } from "../../web/app/words.js";

const hl = await load();
const steps = { vectors, scores, softmax, mix, heads, translation };
afterEach(() => speak("en"));

/** @param {documents.State} state @param {boolean} [computed] whether the numbers are there */
function modelOf(state, computed = true) {
  return {
    ...createModel(() => {}),
    state,
    figures: figures(state, computed ? run(hl, state) : undefined),
    tries: computed ? tries(hl, state) : undefined,
    layout: layout(1440, documents.sizes(state)),
    slant: () => false,
  };
}

/** @param {string} html */
const plain = (html) =>
  html
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ")
    .trim();

/** The paragraphs of a step, as text. @param {keyof typeof steps} step
 * @param {documents.State} state @param {boolean} [computed] whether the numbers are there */
function told(step, state, computed) {
  const html = markup(steps[step](modelOf(state, computed)));
  return (html.match(/<p[ >].*?<\/p>/gs) ?? []).map(plain);
}

/** The sentence over the tokens, and what is said of the weights. @param {documents.State} state */
function head(state) {
  const html = markup(hero(modelOf(state)));
  const [lead, truth] = [/<h1>(.*?)<\/h1>/s, /class="truth">(.*?)<button/s].map((part) =>
    plain(part.exec(html)?.[1] ?? ""),
  );
  return { lead, truth };
}

/** What a template says, its listeners and directives left out. @param {unknown} value @returns {string} */
function markup(value) {
  if (Array.isArray(value)) return value.map(markup).join("");
  if (typeof value === "object" && value !== null && "strings" in value && "values" in value) {
    const { strings, values } = /** @type {{ strings: string[], values: unknown[] }} */ (value);
    return strings.map((text, i) => text + markup(values[i])).join("");
  }
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
}

/** @param {Record<string, boolean | number | null>} fields @param {string} [text] */
function state(fields, text) {
  let next = documents.opening();
  if (text !== undefined) next = documents.setText(next, text);
  for (const [name, value] of Object.entries(fields)) next = documents.setField(next, name, value);
  return next;
}

const states = {
  notebook: state({}),
  "every switch": state({ positions: true, causal: true, scale: false, window: 2, softcap: 3 }),
  "a temperature": state({ temperature: 0.5, padding: 1 }),
  "queries that do not exist": state({ transposed: true }),
  "a square turned round": state({ headDim: 3, transposed: true }),
  "tokens that see themselves": state({ window: 0 }),
  "all keys hidden": state({ padding: 8 }),
  "one key left": state({ padding: 7 }),
  "one head": state({ heads: 1 }),
  "eight heads": state({ heads: 8, head: 7 }),
  "one dimension": state({ dModel: 1, headDim: 1 }),
  "one token": state({}, "seul"),
  "one word": state({}, "chat chat chat"),
  marks: state({}, "… , ."),
  "many tokens": state({}, "mot ".repeat(100)),
  "code-like words": state({}, "{focus} __proto__ constructor"),
};

test("no sentence has a hole", () => {
  for (const language of /** @type {const} */ (["en", "fr"])) {
    speak(language);
    for (const [name, state] of Object.entries(states)) {
      for (const step of /** @type {(keyof typeof steps)[]} */ (Object.keys(steps))) {
        for (const computed of [true, false]) {
          for (const sentence of told(step, state, computed)) {
            const where = `${language}, ${name}, ${step}: ${sentence}`;
            assert.doesNotMatch(sentence, /undefined|NaN|\[object|^$|\(\)/, where);
            if (name !== "code-like words") assert.doesNotMatch(sentence, /[{}]/, where);
          }
        }
      }
    }
  }
});

test("while numbers are not there, no sentence has one that follows from them", () => {
  for (const step of /** @type {const} */ (["scores", "mix"])) {
    assert.doesNotMatch(told(step, states.notebook, false).join(" "), /\d/, step);
    assert.doesNotMatch(told(step, states["queries that do not exist"]).join(" "), /\d/, step);
  }
  assert.doesNotMatch(told("softmax", states.notebook, false).join(" "), /%/);
  assert.doesNotMatch(told("vectors", state({ positions: true }), false).join(" "), /place 1/);
});

test("what is hidden, and by what, is said", () => {
  const said = (/** @type {keyof typeof states} */ name) => told("softmax", states[name]).join(" ");
  assert.match(said("notebook"), /chat gives noir 25\.9% and the full stop 3\.0%/);
  assert.match(
    said("every switch"),
    /The mask hides.*farther away than 2.*M is −∞ where.*L = 3 tanh\(S \/ 3\) \+ M/,
  );
  assert.match(
    said("a temperature"),
    /once more, by \.5: more.*Padding hides the last key\..*S \/ \(√2 · \.5\) \+ M/,
  );
  assert.match(said("tokens that see themselves"), /chat gives itself all of it/);
  assert.match(said("all keys hidden"), /chat sees no token, so all its weights are 0/);
  assert.match(said("one key left"), /chat gives Le all of it/);
  const apart = (/** @type {documents.State} */ state) => told("vectors", state).join(" ");
  assert.match(apart(states.notebook), /nothing below can tell them apart/);
  assert.match(apart(state({ causal: true })), /only what a mask hides tells them apart/);
});

/** A causal sentence of two words whose second looks at itself with the weight that a score of so much over
 * the other's gives. @param {number} score */
function itself(score) {
  let next = state({ dModel: 1, headDim: 1, focus: 1 }, "a b");
  for (const [matrix, row, value] of /** @type {const} */ ([
    ["x", 0, 0],
    ["x", 1, 1],
    ["wq", 0, score],
    ["wk", 0, 1],
  ])) {
    next = documents.setNumber(next, { matrix, head: 0, row, col: 0 }, value);
  }
  return next;
}

test("how much a token looks is said by a word for it, in each language", () => {
  const leads = () => [
    head(states.notebook).lead,
    head(state({ focus: 0 })).lead,
    head(itself(4)).lead,
    head(itself(1)).lead,
    head(itself(0.5)).lead,
    head(itself(0.1)).lead,
    head(itself(0)).lead,
    head(states["tokens that see themselves"]).lead,
    head(states["one key left"]).lead,
    head(states["all keys hidden"]).lead,
    head(state({ causal: true, focus: 2 })).lead,
  ];
  assert.deepEqual(leads(), [
    "chat looks mostly at noir and blanche, 25.9% each.",
    "Le looks a little more at noir and blanche than elsewhere, 18.2% each.",
    "b looks nearly only at itself, 98.2%.",
    "b looks mostly at itself, 73.1%.",
    "b looks a little more at itself than elsewhere, 62.2%.",
    "b looks about evenly at 2 tokens, 52.5% at most.",
    "b looks at all 2 tokens alike, 50.0% each.",
    "chat sees only itself, 100%.",
    "chat sees only Le, 100%.",
    "chat sees no token at all.",
    "noir looks mostly at itself, 76.5%.",
  ]);
  speak("fr");
  assert.deepEqual(leads(), [
    "chat regarde surtout noir et blanche : 25,9 % à chaque fois.",
    "Le regarde noir et blanche un peu plus que le reste : 18,2 % à chaque fois.",
    "b ne regarde presque que lui-même : 98,2 %.",
    "b se regarde surtout lui-même : 73,1 %.",
    "b se regarde lui-même un peu plus que le reste : 62,2 %.",
    "b regarde à peu près également 2 tokens : 52,5 % au plus.",
    "b regarde les 2 tokens à parts égales : 50,0 % à chaque fois.",
    "chat ne voit que lui-même : 100 %.",
    "chat voit seulement Le : 100 %.",
    "chat ne voit aucun token.",
    "noir se regarde surtout lui-même : 76,5 %.",
  ]);
  const said = told("softmax", itself(4)).join(" ");
  assert.match(said, /b met 98,2 % de son poids sur lui-même et 1,8 % sur a\./);
});

test("itself stands last among others, and six percent is not most", () => {
  const words = Array.from({ length: 64 }, (_, i) => `w${i}`).join(" ");
  let next = state({ dModel: 1, headDim: 1, focus: 1 }, words);
  for (let row = 0; row < 64; row++) {
    next = documents.setNumber(next, { matrix: "x", head: 0, row, col: 0 }, row === 1 ? 1 : 0);
  }
  for (const matrix of /** @type {const} */ (["wq", "wk"])) {
    const value = matrix === "wq" ? 1.5 : 1;
    next = documents.setNumber(next, { matrix, head: 0, row: 0, col: 0 }, value);
  }
  assert.equal(head(next).lead, "w1 looks more at itself than elsewhere, 6.6%.");
  next = documents.setNumber(next, { matrix: "x", head: 0, row: 5, col: 0 }, 1);
  assert.equal(head(next).lead, "w1 looks more at w5 and itself than elsewhere, 6.3% each.");
});

test("where a head's weights come from is said", () => {
  assert.equal(head(states.notebook).truth, "Head 0. Weights set by hand, not trained.");
  const seeded = "Head 7. Small random weights from seed 1, not trained.";
  assert.equal(head(states["eight heads"]).truth, seeded);
  assert.match(head(state({ dModel: 4 })).truth, /^Head 0\. Weights partly random, from seed 1,/);
  const cell = /** @type {const} */ ({ matrix: "wq", head: 0, row: 0, col: 0 });
  const edited = documents.setNumber(states.notebook, cell, 9);
  assert.equal(head(edited).truth, "Head 0. Weights set on this page, not trained.");
  speak("fr");
  assert.match(head(states["eight heads"]).truth, /tirés au hasard, graine 1, sans entraînement/);
});

test("what the scale does beside a softcap is what it does", () => {
  const said = (/** @type {documents.State} */ state) => told("softmax", state).at(-1) ?? "";
  assert.match(
    said(state({ softcap: 1 })),
    /falls to .*: larger logits, yet flatter weights, since the softcap bends them together\.$/,
  );
  assert.match(
    said(state({ softcap: 1, scale: false })),
    /rises to .*: smaller logits, yet sharper weights, since the softcap bends them less\.$/,
  );
  assert.match(said(states["one dimension"]), /√1 is 1, so nothing changes\.$/);
  const long = "mot ".repeat(65);
  assert.match(said(state({ softcap: 1 }, long)), /^Turn the scale off: larger logits\.$/);
  assert.match(said(state({}, long)), /^Turn the scale off: larger logits, sharper weights\.$/);
  const both = told("softmax", state({ softcap: 1, temperature: 2 })).join(" ");
  assert.match(both, /divides once more, by 2, before the softcap\./);
});

test("a formula that leaves the mask out is that of scores without one", () => {
  const formula = (/** @type {documents.State} */ state) =>
    told("softmax", state).find((p) => p.startsWith("A = ")) ?? "";
  assert.equal(formula(states.notebook), "A = softmax(L), L = S / √2");
  for (const [name, value] of /** @type {const} */ ([
    ["causal", true],
    ["window", 1],
    ["padding", 2],
  ])) {
    assert.equal(formula(state({ [name]: value })), "A = softmax(L), L = S / √2 + M");
  }
});

test("a count of one has its own form", () => {
  const numbers = (/** @type {number} */ dModel) => told("vectors", state({ dModel })).join(" ");
  assert.match(numbers(1), /a row of 1 number,/);
  assert.match(numbers(2), /a row of 2 numbers,/);
  const unmet = (/** @type {Record<string, number | boolean>} */ fields) =>
    told("vectors", state({ ...fields, transposed: true })).join(" ");
  assert.match(unmet({ dModel: 1 }), /X has 1 column, WQT has 2 rows:/);
  assert.match(unmet({ headDim: 1 }), /X has 3 columns, WQT has 1 row:/);
  assert.match(told("softmax", state({ padding: 2 })).join(" "), /hides the last 2 keys\./);
  speak("fr");
  assert.match(unmet({ dModel: 1 }), /X a 1 colonne, WQT a 2 lignes :/);
  assert.match(told("softmax", state({ padding: 1 })).join(" "), /cache la dernière clé\./);
});

test("a legend says of every matrix beside it whether its colours end too early", () => {
  const legends = (/** @type {keyof typeof steps} */ step, /** @type {documents.State} */ state) =>
    Array.from(
      markup(steps[step](modelOf(state))).matchAll(/class="legend">(.*?)<\/div>/gs),
      ([, html]) => plain(html.replaceAll("</span>", " ")),
    );
  assert.deepEqual(legends("vectors", states.notebook), ["−2 0 2"]);
  const cell = (/** @type {documents.Projection} */ matrix) =>
    /** @type {const} */ ({ matrix, head: 0, row: 0, col: 0 });
  for (const matrix of /** @type {const} */ (["wq", "wk", "wv"])) {
    const weights = documents.setNumber(states.notebook, cell(matrix), 2.5);
    assert.deepEqual(legends("vectors", weights), ["−2 0 ≥ 2"], matrix);
    const products = documents.setNumber(
      documents.setNumber(states.notebook, cell(matrix), -2),
      { ...cell(matrix), row: 1 },
      -2,
    );
    assert.deepEqual(legends("vectors", products), ["≤ −2 0 2"], matrix);
  }
  const mixing = documents.setNumber(states.notebook, cell("wo"), 3);
  assert.ok(legends("heads", mixing).at(-1)?.endsWith("≥ 2.5"));
});

test("a vector has the same digits in every sentence", () => {
  const [, alone] =
    told("vectors", states.notebook)
      .join(" ")
      .match(/all three are (\([^)]*\))/) ?? [];
  const mixed = told("mix", state({ window: 0 })).join(" ");
  assert.equal(alone, "(1.00, 1.10)");
  assert.ok(mixed.includes(alone), mixed);
});

test("a new vector is said to be what it is", () => {
  const said = (/** @type {keyof typeof states} */ name) => told("mix", states[name])[0];
  assert.equal(
    said("notebook"),
    "The new vector of chat is a blend of 8 values by the weights of its row: 25.9% of noir, " +
      "25.9% of blanche, 16.7% of souris, a little of the rest. It comes out as (1.2493, 1.3981).",
  );
  assert.match(said("tokens that see themselves"), /itself all.*that value, \(1\.00, 1\.10\)/);
  assert.match(said("one key left"), /gives Le all.*that value, \(0\.40, 0\.50\)/);
  assert.match(said("all keys hidden"), /sees no token, so its new vector is \(0\.00, 0\.00\)/);
  speak("fr");
  assert.equal(
    said("notebook"),
    "Pour chat, le nouveau vecteur mélange 8 valeurs selon les poids de sa ligne : noir pour 25,9 %, " +
      "blanche pour 25,9 %, souris pour 16,7 %, et un peu du reste. Il en sort (1,2493 ; 1,3981).",
  );
});
