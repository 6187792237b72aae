// What people can ask for, without a page: what is refused or taken back leaves no trace.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../dist/headlight/headlight.js";
import { figures } from "../../web/app/figures.js";
import { createModel } from "../../web/app/model.js";
import { run } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";

const hl = await load();

/** A model whose figures follow at once, as if each change were drawn. */
function opened() {
  const model = createModel(() => draw());
  const draw = () => {
    model.drawn = model.state;
    model.figures = figures(model.state, run(hl, model.state));
    model.act.settle();
  };
  draw();
  return model;
}

/** @param {ReturnType<typeof opened>} model @param {string} figure @param {number} row
 * @param {number} col @param {string} text typed sign by sign */
function type(model, figure, row, col, text) {
  model.act.open(figure, row, col);
  for (let i = 1; i <= text.length; i++) model.act.type(text.slice(0, i));
}

/** @param {ReturnType<typeof opened>} model */
const history = ({ state, past, future }) => ({ state, past, future });

/** A model with something to undo and something to redo. */
function used() {
  const model = opened();
  model.act.set("causal", true);
  model.act.set("positions", true);
  model.act.set("scale", false);
  model.act.undo();
  return model;
}

const CELLS = /** @type {const} */ ([
  ["e", 1, 0],
  ["p", 2, 1],
  ["wq", 0, 1],
  ["wo", 3, 2],
]);

test("a number that is refused changes nothing, nor does what was typed on the way", () => {
  for (const [figure, row, col] of CELLS) {
    for (const text of ["7x", "1e10", "1e", "5-", "3,1", "2 3"]) {
      const model = used();
      const before = history(model);
      type(model, figure, row, col, text);
      model.act.close();
      assert.deepEqual(history(model), before, `${figure} ${text}`);
      const [draft] = model.drafts.values();
      assert.equal(draft.text, text);
      model.act.redo();
      assert.equal(model.state.scale, false);
    }
  }
});

test("a refused number that is mended is one step, and the refusal is gone", () => {
  const model = used();
  const { past } = model;
  type(model, "wq", 0, 1, "7x");
  model.act.type("75");
  model.act.close();
  assert.equal(model.drafts.size, 0);
  assert.equal(model.state.wq[0][0][1], 75);
  assert.equal(model.past.length, past.length + 1);
  model.act.undo();
  assert.equal(model.state.wq[0][0][1], 0);
});

test("Esc leaves a field as it was, and undo and redo too", () => {
  for (const [figure, row, col] of CELLS) {
    const model = used();
    const before = history(model);
    type(model, figure, row, col, "42");
    model.act.step(1);
    assert.notDeepEqual(model.state, before.state);
    model.act.close(true);
    assert.deepEqual(history(model), before, figure);
  }
});

test("a word without a vector has none after what was typed is taken back", () => {
  const model = opened();
  model.act.text("chien noir");
  type(model, "x", 0, 0, "4y");
  model.act.close();
  assert.ok(documents.isInvented(model.state, "chien"));
});

test("a refusal goes with its cell", () => {
  for (const [figure, row, col, field, value] of /** @type {const} */ ([
    ["x", 0, 2, "dModel", 2],
    ["wq", 0, 1, "headDim", 1],
    ["wo", 2, 0, "heads", 1],
  ])) {
    const model = opened();
    type(model, figure, row, col, "no");
    model.act.close();
    assert.equal(model.drafts.size, 1);
    model.act.set("positions", true);
    assert.equal(model.drafts.size, 1, "and stays as long as that is there");
    model.act.set(field, value);
    assert.equal(model.drafts.size, 0, figure);
  }
});

test("a refusal is said where its cell stands by now", () => {
  const model = opened();
  type(model, "wo", 3, 1, "no");
  model.act.close();
  model.act.set("headDim", 3);
  const [{ cell }] = model.drafts.values();
  assert.deepEqual(model.figures.wo.place?.(cell), [4, 1]);
  assert.equal(model.figures.wq.place?.(cell), undefined);
  model.act.set("transposed", true);
  const turned = /** @type {const} */ ({ matrix: "wq", head: 0, row: 2, col: 1 });
  assert.deepEqual(model.figures.wq.place?.(turned), [1, 2]);
  assert.equal(model.figures.wq.place?.({ ...turned, head: 1 }), undefined);
});

test("Esc out of a token that was typed into leaves redo as it was", () => {
  const model = used();
  const before = history(model);
  model.act.openToken(1);
  model.act.typeToken("chien");
  model.act.typeToken("chien gris");
  model.act.set("focus", 3);
  model.act.closeToken(true);
  assert.deepEqual(history(model), before);
  model.act.redo();
  assert.equal(model.state.scale, false);
});

test("what else changed while a token was open stays, and is a step of its own", () => {
  const model = opened();
  model.act.openToken(1);
  model.act.typeToken("chien");
  model.act.set("causal", true);
  model.act.closeToken(true);
  assert.equal(model.state.tokens[1], "chat");
  assert.equal(model.state.causal, true);
  model.act.undo();
  assert.deepEqual([model.state.tokens[1], model.state.causal], ["chien", true]);
});

test("each sentence that a try puts in is a step of its own", () => {
  const model = opened();
  for (const text of ["chat mange", "mange chat", "noir chat"]) model.act.text(text);
  model.act.text("noir chats", "text");
  model.act.text("noir chatte", "text");
  model.act.text("chat mange");
  const back = [];
  while (model.past.length > 0) {
    model.act.undo();
    back.push(model.state.tokens.join(" "));
  }
  assert.deepEqual(back, [
    "noir chatte",
    "noir chat",
    "mange chat",
    "chat mange",
    documents.opening().tokens.join(" "),
  ]);
});

test("a sentence that is there already is no step", () => {
  const model = opened();
  model.act.text("Le chat noir mange la souris blanche.");
  assert.equal(model.past.length, 0);
});

test("nothing is edited where it is not seen any more", () => {
  const model = opened();
  const { drawn } = model;
  const all = model.figures;
  model.act.text("noir chat");
  Object.assign(model, { drawn, figures: all });
  const before = history(model);
  model.act.open("x", 5, 0);
  assert.equal(model.editing, undefined);
  model.act.scrub({ figure: "x", row: 0, col: 0 }, 1);
  model.act.fill("x", "zeros");
  assert.deepEqual(history(model), before);
});
