// What is computed next, and which results are seen, while edits come faster than results do. Pure: a
// schedule never changes, and knows no clock, no worker and no page; compute.js does what it says.

/**
 * @template S
 * @typedef {{ state: S, turn: number }} Question `turn`: how many edits had been made when its state was
 *   wanted last
 */
/**
 * @template S, O
 * @typedef {Question<S> & { outcome: O }} Answer
 */
/**
 * @template S, O
 * @typedef {object} Schedule
 * @property {(a: S, b: S) => boolean} alike whether the same outcome follows from two states
 * @property {number} turn how many edits have been made
 * @property {Question<S> | undefined} running what is being computed
 * @property {Question<S> | undefined} next the newest state, for which the computer was not free yet; those
 *   in between are passed over
 * @property {readonly Answer<S, O>[]} answers the last ones; first the one to be seen, whose state was
 *   wanted last
 */
/** So many answers are kept: the one that is seen, and those that undo is likely to come back to. */
export const KEPT = 3;

/** @template S, O @param {(a: S, b: S) => boolean} alike @returns {Schedule<S, O>} */
export const idle = (alike) => ({
  alike,
  turn: 0,
  running: undefined,
  next: undefined,
  answers: [],
});

/** A state's answer, if it is still there. @template S, O @param {Schedule<S, O>} schedule
 * @param {S} state */
export const known = ({ alike, answers }, state) =>
  answers.find((answer) => alike(answer.state, state));

/** A state is wanted now. Where its answer is still there that one is seen, and nothing is asked.
 * @template S, O @param {Schedule<S, O>} schedule @param {S} state @returns {Schedule<S, O>} */
export function want(schedule, state) {
  const turn = schedule.turn + 1;
  const { alike, running } = schedule;
  const answer = known(schedule, state);
  if (answer) return { ...see(schedule, { ...answer, turn }), turn, next: undefined };
  if (!running) return { ...schedule, turn, running: { state, turn } };
  if (!alike(running.state, state)) return { ...schedule, turn, next: { state, turn } };
  return { ...schedule, turn, running: { ...running, turn }, next: undefined };
}

/** What was running has its outcome. It is seen unless a newer state's is.
 * @template S, O @param {Schedule<S, O>} schedule @param {O} outcome @returns {Schedule<S, O>} */
export function answered(schedule, outcome) {
  const { running, next } = schedule;
  if (!running) return schedule;
  return { ...see(schedule, { ...running, outcome }), running: next, next: undefined };
}

/** A state has its outcome at once, whatever is running.
 * @template S, O @param {Schedule<S, O>} schedule @param {S} state @param {O} outcome
 * @returns {Schedule<S, O>} */
export function settled(schedule, state, outcome) {
  const turn = schedule.turn + 1;
  return { ...see(schedule, { state, outcome, turn }), turn, next: undefined };
}

/** Nobody computes any more. @template S, O @param {Schedule<S, O>} schedule
 * @returns {Schedule<S, O>} */
export const abandoned = (schedule) => ({ ...schedule, running: undefined, next: undefined });

/** @template S, O @param {Schedule<S, O>} schedule @param {Answer<S, O>} one new, or wanted again
 * @returns {Schedule<S, O>} */
function see(schedule, one) {
  const before = known(schedule, one.state);
  const turn = Math.max(one.turn, before?.turn ?? 0);
  const answers = [...schedule.answers.filter((answer) => answer !== before), { ...one, turn }];
  return { ...schedule, answers: answers.sort((a, b) => b.turn - a.turn).slice(0, KEPT) };
}
