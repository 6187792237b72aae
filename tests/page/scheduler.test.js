// What is computed and what is seen while edits come faster than results, in any order of edits, answers
// and steps back; without a browser and without a clock.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { load } from "../../dist/headlight/headlight.js";
import { createComputer } from "../../web/app/compute.js";
import { figures } from "../../web/app/figures.js";
import { abandoned, answered, idle, KEPT, settled, want } from "../../web/app/scheduler.js";
import * as documents from "../../web/app/state.js";

/** @typedef {{ value: number, focus: number }} S two are alike where their values are the same */
/** @typedef {{ of: number }} O what follows from a value */
/** @typedef {import("../../web/app/scheduler.js").Schedule<S, O>} Schedule */

const alike = (/** @type {S} */ a, /** @type {S} */ b) => a.value === b.value;
/** @param {number} value @returns {S} */
const state = (value, focus = 0) => ({ value, focus });
/** @param {Schedule} schedule @param {number} value */
const wanted = (schedule, value) => want(schedule, state(value));
/** The worker has computed what it was asked. @param {Schedule} schedule */
const done = (schedule) => answered(schedule, { of: schedule.running?.state.value ?? Number.NaN });
/** @param {Schedule} schedule */
const seen = (schedule) => schedule.answers[0]?.outcome.of;

/** @returns {Schedule} */
const start = () => idle(alike);

test("one is computed at a time, and those that an edit has overtaken are passed over", () => {
  let schedule = start();
  for (const value of [1, 2, 3, 4]) schedule = wanted(schedule, value);
  assert.equal(schedule.running?.state.value, 1);
  assert.equal(schedule.next?.state.value, 4);
  schedule = done(schedule);
  assert.equal(seen(schedule), 1, "an answer is seen although newer states are on their way");
  assert.equal(schedule.running?.state.value, 4);
  schedule = done(schedule);
  assert.equal(seen(schedule), 4);
  assert.equal(schedule.running, undefined);
});

test("fifty edits, each sooner than the worker answers, are as many pictures as answers", () => {
  let schedule = start();
  /** @type {(number | undefined)[]} */
  const pictures = [];
  for (let value = 1; value <= 50; value++) {
    schedule = wanted(schedule, value);
    if (value % 3 !== 0) continue;
    schedule = done(schedule);
    pictures.push(seen(schedule));
  }
  assert.equal(pictures.length, 16);
  assert.equal(new Set(pictures).size, 16);
  assert.deepEqual(
    pictures,
    pictures.toSorted((a = 0, b = 0) => a - b),
  );
});

test("going back to what is seen asks for nothing, and a late answer does not take its place", () => {
  let schedule = done(wanted(start(), 1));
  schedule = wanted(schedule, 2);
  schedule = wanted(schedule, 1);
  assert.equal(seen(schedule), 1);
  assert.equal(schedule.next, undefined);
  schedule = done(schedule);
  assert.equal(seen(schedule), 1, "the answer of 2 came after 1 was wanted again");
  schedule = wanted(schedule, 2);
  assert.equal(seen(schedule), 2, "and is there when 2 is");
  assert.equal(schedule.running, undefined);
});

test("what is wanted again while it runs is not asked twice", () => {
  let schedule = wanted(wanted(wanted(start(), 1), 2), 1);
  assert.equal(schedule.next, undefined);
  schedule = want(schedule, state(1, 7));
  assert.equal(schedule.next, undefined, "nor for another focus");
  schedule = done(schedule);
  assert.equal(seen(schedule), 1);
  assert.equal(schedule.running, undefined);
});

test("where nobody computes any more, what is seen stays", () => {
  const schedule = abandoned(wanted(wanted(done(wanted(start(), 1)), 2), 3));
  assert.equal(seen(schedule), 1);
  assert.deepEqual([schedule.running, schedule.next], [undefined, undefined]);
  assert.equal(answered(schedule, { of: 2 }), schedule, "an answer to nothing is none");
});

test("in any order of edits, steps back and answers the newest that can be is seen", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("want"), value: fc.nat(5) }),
    fc.record({ kind: fc.constant("settle"), value: fc.nat(5) }),
    fc.record({ kind: fc.constant("answer"), value: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let schedule = start();
      /** The last time that each value was wanted. @type {Map<number, number>} */
      const times = new Map();
      /** What has an outcome by now. */
      const known = new Set();
      let newest = -1;
      let time = 0;
      for (const { kind, value } of steps) {
        const before = schedule;
        const frozen = { ...before, answers: [...before.answers] };
        if (kind === "answer") {
          if (schedule.running) known.add(schedule.running.state.value);
          schedule = done(schedule);
        } else {
          newest = value;
          times.set(value, ++time);
          if (kind === "want") schedule = wanted(schedule, value);
          else {
            schedule = settled(schedule, state(value), { of: value });
            known.add(value);
          }
        }
        assert.deepEqual(before, frozen, "a schedule never changes");
        // What is seen was wanted later than anything else that is known.
        const latest = [...known].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0))[0];
        assert.equal(seen(schedule), latest);
        const { running, next, answers } = schedule;
        assert.ok(answers.length <= KEPT);
        assert.equal(new Set(answers.map(({ outcome }) => outcome.of)).size, answers.length);
        if (newest < 0) continue;
        const coming = seen(schedule) === newest || (next ?? running)?.state.value === newest;
        assert.ok(coming, `${newest} is neither seen nor on its way`);
        if (next) assert.notEqual(next.state.value, running?.state.value);
        // What is not seen may be let go, once it has been too long ago.
        for (const value of known) {
          if (!answers.some(({ outcome }) => outcome.of === value)) known.delete(value);
        }
      }
      for (let i = 0; i < 2; i++) schedule = done(schedule);
      if (newest >= 0) assert.equal(seen(schedule), newest, "the last edit is seen at last");
      assert.equal(schedule.running, undefined);
    }),
    { numRuns: 500 },
  );
});

const hl = await load();

/** Every array of numbers behind figures. @param {ReturnType<typeof figures>} all */
const arrays = (all) =>
  Object.values(all).map(({ id, sheet }) => /** @type {const} */ ([id, sheet.data]));

test("results that were shown are never written into again, nor share memory", () => {
  const { answerTo } = createComputer(hl, () => {});
  const edit = fc.record({
    matrix: fc.constantFrom(...documents.PROJECTIONS, /** @type {const} */ ("x")),
    value: fc.integer({ min: -20, max: 20 }),
    causal: fc.boolean(),
    focus: fc.nat(7),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 2, maxLength: 8 }), (edits) => {
      let state = documents.opening();
      /** @type {{ id: string, data: Float32Array, copy: Float32Array, of: unknown }[]} */
      const kept = [];
      for (const { matrix, value, causal, focus } of edits) {
        state = documents.setNumber(state, { matrix, head: 0, row: 0, col: 0 }, value / 10);
        state = documents.setField(state, "causal", causal);
        state = documents.setField(state, "focus", focus);
        const answer = answerTo(state);
        assert.ok(answer && "results" in answer.outcome);
        const { results } = answer.outcome;
        for (const [id, data] of arrays(figures(state, results))) {
          kept.push({ id, data, copy: data.slice(), of: results });
        }
      }
      for (const { id, data, copy } of kept) assert.deepEqual(data, copy, id);
      // Computed ones of two results are never the same memory.
      /** @type {Map<ArrayBufferLike, unknown>} */
      const owners = new Map();
      for (const { id, data, of } of kept) {
        if (["x", "e", "wq", "wk", "wv", "wo"].includes(id)) continue;
        assert.ok([undefined, of].includes(owners.get(data.buffer)), id);
        owners.set(data.buffer, of);
      }
    }),
    { numRuns: 30 },
  );
});

test("two results are looked at side by side, exponentials too", () => {
  const { answerTo } = createComputer(hl, () => {});
  const two = [documents.opening(), documents.setField(documents.opening(), "scale", false)].map(
    (state) => {
      const answer = answerTo(state);
      assert.ok(answer && "results" in answer.outcome);
      return { state, all: figures(state, answer.outcome.results) };
    },
  );
  for (const { state, all } of two) {
    const { exp, l } = all;
    const { cols } = exp.sheet;
    for (let col = 0; col < cols; col++) {
      const i = state.focus * cols + col;
      assert.equal(exp.sheet.data[i], Math.fround(Math.exp(l.sheet.data[i])));
    }
  }
});

test("another focus gives other strips, and every other sheet is the same one", () => {
  for (const fields of [{}, { causal: true }, { positions: true, padding: 2 }]) {
    let state = documents.opening();
    for (const [name, value] of Object.entries(fields)) {
      state = documents.setField(state, name, value);
    }
    const { answerTo } = createComputer(hl, () => {});
    const at = (/** @type {number} */ focus) => {
      const looked = documents.setField(state, "focus", focus);
      const answer = answerTo(looked);
      assert.ok(answer && "results" in answer.outcome);
      return figures(looked, answer.outcome.results);
    };
    const [before, after] = [at(1), at(4)];
    const changed = Object.keys(after).filter(
      (id) => after[id].sheet.data !== before[id].sheet.data,
    );
    assert.deepEqual(changed.sort(), ["exp", "exponential", "logit", "score", "weight"]);
  }
});
