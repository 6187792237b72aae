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
import { mix } from "../../web/app/views/mix.js";
import { scores } from "../../web/app/views/scores.js";
import { softmax } from "../../web/app/views/softmax.js";
import { translation } from "../../web/app/views/translation.js";
import { vectors } from "../../web/app/views/vectors.js";
import { speak } from "../../web/app/words.js";

const hl = await load();
const steps = { vectors, scores, softmax, mix, heads, translation };
afterEach(() => speak("en"));

/** The paragraphs of a step, as text. @param {keyof typeof steps} step
 * @param {documents.State} state @param {boolean} [computed] whether the numbers are there */
function told(step, state, computed = true) {
  const model = {
    ...createModel(() => {}),
    state,
    figures: figures(state, computed ? run(hl, state) : undefined),
    tries: computed ? tries(hl, state) : undefined,
    layout: layout(1440, documents.sizes(state)),
    slant: () => false,
  };
  const paragraphs = markup(steps[step](model)).match(/<p[ >].*?<\/p>/gs) ?? [];
  return paragraphs.map((p) =>
    p
      .replace(/<[^>]*>/g, "")
      .replace(/\s+/g, " ")
      .trim(),
  );
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
  assert.match(said("every switch"), /The mask hides.*farther away than 2.*L = 3 tanh\(S \/ 3\)/);
  assert.match(said("a temperature"), /once more, by \.5.*last keys, 1 in all.*S \/ \(√2 · \.5\)/);
  assert.match(said("tokens that see themselves"), /chat gives itself all of it/);
  assert.match(said("all keys hidden"), /chat sees no token, so all its weights are 0/);
  assert.match(said("one key left"), /chat gives Le all of it/);
  const apart = (/** @type {documents.State} */ state) => told("vectors", state).join(" ");
  assert.match(apart(states.notebook), /nothing below can tell them apart/);
  assert.match(apart(state({ causal: true })), /only what a mask hides tells them apart/);
});

test("a new vector is said to be what it is", () => {
  const said = (/** @type {keyof typeof states} */ name) => told("mix", states[name])[0];
  assert.equal(
    said("notebook"),
    "The new vector of chat is a blend of 8 values by the weights of its row: 25.9% of noir, " +
      "25.9% of blanche, 16.7% of souris, a little of the rest. It comes out as (1.2493, 1.3981).",
  );
  assert.match(said("tokens that see themselves"), /itself all.*that value, \(1\.0000, 1\.1000\)/);
  assert.match(said("one key left"), /gives Le all.*that value, \(0\.4000, 0\.5000\)/);
  assert.match(said("all keys hidden"), /sees no token, so its new vector is \(0\.0000, 0\.0000\)/);
  speak("fr");
  assert.equal(
    said("notebook"),
    "Pour chat, le nouveau vecteur mélange 8 valeurs selon les poids de sa ligne : noir pour 25,9 %, " +
      "blanche pour 25,9 %, souris pour 16,7 %, et un peu du reste. Il en sort (1,2493 ; 1,3981).",
  );
});
