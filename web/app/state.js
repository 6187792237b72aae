// The whole document as one immutable object, and the pure transitions between two of them. What a
// transition cannot accept it refuses, by throwing a Refusal: the old state is still there, whole.
import * as notebook from "./notebook.js";
import { hash, invent, split } from "./tokens.js";

/** @typedef {readonly (readonly number[])[]} Matrix rows of numbers */
/** @typedef {"wq" | "wk" | "wv" | "wo"} Projection */
/** @typedef {{ matrix: "x" | Projection, head: number, row: number, col: number }} Cell
 *   an editable number; in "x" the row is a token and the head is 0; in "wo" rows count in the head */
/**
 * @typedef {object} State
 * @property {1} version
 * @property {readonly string[]} tokens
 * @property {Readonly<Record<string, readonly number[]>>} vectors of the words that were given one
 * @property {readonly Matrix[]} wq per head (d_model, head dimension); heads that were removed stay
 *   at the end, so that adding one again brings its numbers back
 * @property {readonly Matrix[]} wk
 * @property {readonly Matrix[]} wv
 * @property {readonly Matrix[]} wo per head (head dimension, d_model), below each other: W_O
 * @property {number} heads
 * @property {number} head the head that steps 2 to 5 show
 * @property {number} focus the token whose row the sentences speak of
 * @property {boolean} positions
 * @property {boolean} scale
 * @property {boolean} causal
 * @property {number} seed of the numbers that a new head is filled with
 */

/** @type {readonly Projection[]} */
export const PROJECTIONS = ["wq", "wk", "wv", "wo"];

export const LIMITS = { characters: 32768, tokens: 512, heads: 8, value: 1e6 };

/**
 * The scalars: one table for transitions, controls and, later, links. `last`, where there is one,
 * is the highest value that makes sense in a state.
 * @type {Record<string, { type: "boolean", default: boolean } | { type: "integer", min: number,
 *   max: number, default: number, last?: (state: State) => number }>}
 */
export const FIELDS = {
  heads: { type: "integer", min: 1, max: LIMITS.heads, default: 2 },
  head: { type: "integer", min: 0, max: LIMITS.heads - 1, default: 0, last: (s) => s.heads - 1 },
  focus: {
    type: "integer",
    min: 0,
    max: LIMITS.tokens - 1,
    default: 1,
    last: (s) => Math.max(0, s.tokens.length - 1),
  },
  positions: { type: "boolean", default: false },
  scale: { type: "boolean", default: true },
  causal: { type: "boolean", default: false },
  seed: { type: "integer", min: 0, max: 2 ** 32 - 1, default: 1 },
};

/** A request that the page's limits or plain sense forbid. `reason` is a key of the words' refusals,
 * `facts` are what its sentence names. */
export class Refusal extends Error {
  /** @param {string} reason @param {Record<string, string | number>} [facts] */
  constructor(reason, facts = {}) {
    super(`${reason} ${JSON.stringify(facts)}`);
    this.name = "Refusal";
    this.reason = reason;
    this.facts = facts;
  }
}

/** The notebook's example. @returns {State} */
export function opening() {
  const scalars = Object.entries(FIELDS).map(([name, field]) => [name, field.default]);
  return {
    version: 1,
    tokens: notebook.tokens,
    vectors: notebook.vectors,
    ...notebook.projections,
    ...Object.fromEntries(scalars),
  };
}

/** @param {State} state */
export function sizes({ tokens, heads, wq }) {
  return { tokens: tokens.length, dModel: wq[0].length, headDim: wq[0][0].length, heads };
}

/** @typedef {"." | ","} DecimalSign the point is always taken too */

/** Whether text may yet become a number: "−", "1e". @param {string} text
 * @param {DecimalSign} [decimal] */
export function isUnfinished(text, decimal) {
  return /^[-+]?(\.?|(\d+\.?\d*|\.\d+)e[-+]?)$/i.test(pointed(text, decimal));
}

/** A number as people type it: .5, −2, 1e3, and 1,5 where the comma is the decimal sign.
 * @param {string} text @param {DecimalSign} [decimal] */
export function parseNumber(text, decimal) {
  const plain = pointed(text, decimal);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) {
    const comma = /^[-+\d.e]*,[-+\d.,e]*$/i.test(plain);
    const reason = plain === "" ? "empty" : comma ? "comma" : "notNumber";
    throw new Refusal(reason, { text: text.trim() });
  }
  return Number(plain);
}

/** With an ASCII minus, and a point for the first comma where that is the decimal sign.
 * @param {string} text @param {DecimalSign} [decimal] */
function pointed(text, decimal = ".") {
  return text.trim().replaceAll("−", "-").replace(decimal, ".");
}

/** @param {State} state @param {string} word @returns {readonly number[]} */
export function vectorOf(state, word) {
  return isInvented(state, word) ? invent(word, sizes(state).dModel) : state.vectors[word];
}

/** @param {State} state @param {string} word */
export function isInvented(state, word) {
  return !Object.hasOwn(state.vectors, word);
}

/** X before positions are added, (tokens, d_model). @param {State} state @returns {Matrix} */
export function embeddings(state) {
  return state.tokens.map((word) => vectorOf(state, word));
}

/** A name of the cell, the same wherever it is shown. @param {Cell} cell */
export function cellKey({ matrix, head, row, col }) {
  return `${matrix} ${head} ${row} ${col}`;
}

/** @param {State} state @param {Cell} cell @returns {number} */
export function numberAt(state, { matrix, head, row, col }) {
  if (matrix === "x") return vectorOf(state, state.tokens[row])[col];
  return state[matrix][head][row][col];
}

/** What a cell held before anybody edited it. @param {State} state @param {Cell} cell */
export function originalAt(state, { matrix, head, row, col }) {
  if (matrix === "x") {
    const word = state.tokens[row];
    const given = Object.hasOwn(notebook.vectors, word) ? notebook.vectors[word] : undefined;
    return (given ?? invent(word, sizes(state).dModel))[col];
  }
  const given = notebook.projections[matrix][head];
  return given ? given[row][col] : seeded(state.seed, matrix, head, row, col);
}

/** @param {State} state @param {string} text @returns {State} */
export function setText(state, text) {
  const characters = [...text].length;
  if (characters > LIMITS.characters) {
    throw new Refusal("characters", { count: characters, limit: LIMITS.characters });
  }
  return setTokens(state, split(text));
}

/** @param {State} state @param {readonly string[]} tokens @returns {State} */
export function setTokens(state, tokens) {
  if (tokens.length > LIMITS.tokens) {
    throw new Refusal("tokens", { count: tokens.length, limit: LIMITS.tokens });
  }
  return { ...state, tokens, focus: Math.max(0, Math.min(state.focus, tokens.length - 1)) };
}

/** A word's vector belongs to the word: all its occurrences change together.
 * @param {State} state @param {Cell} cell @param {number} value @returns {State} */
export function setNumber(state, { matrix, head, row, col }, value) {
  if (!Number.isFinite(value) || Math.abs(value) > LIMITS.value) {
    throw new Refusal("value", { value, limit: LIMITS.value });
  }
  if (value === numberAt(state, { matrix, head, row, col })) return state;
  if (matrix === "x") {
    const word = state.tokens[row];
    const vector = vectorOf(state, word).with(col, value);
    return { ...state, vectors: { ...state.vectors, [word]: vector } };
  }
  const rows = state[matrix][head];
  const edited = rows.with(row, rows[row].with(col, value));
  return { ...state, [matrix]: state[matrix].with(head, edited) };
}

/** @param {State} state @param {string} name a key of FIELDS
 * @param {boolean | number} value @returns {State} */
export function setField(state, name, value) {
  const field = FIELDS[name];
  if (field.type === "boolean") {
    if (typeof value !== "boolean") throw new Refusal("onOrOff", { name, value });
  } else {
    const { min, last } = field;
    const max = last ? last(state) : field.max;
    const whole = typeof value === "number" && Number.isInteger(value);
    if (!whole || value < min || value > max) {
      throw new Refusal("range", { name, value: Number(value), min, max });
    }
  }
  const before = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (state))[name];
  if (value === before) return state;
  const next = { ...state, [name]: value };
  return name === "heads" ? fill(next) : next;
}

/** Makes the matrices of heads that are new, and keeps the shown head among those that exist.
 * @param {State} state @returns {State} */
function fill(state) {
  const grown = { ...state, head: Math.min(state.head, state.heads - 1) };
  for (const name of PROJECTIONS) {
    const like = state[name][0];
    const missing = Array.from({ length: state.heads - state[name].length }, (_, i) =>
      like.map((row, r) =>
        row.map((_, c) => seeded(state.seed, name, state[name].length + i, r, c)),
      ),
    );
    grown[name] = [...state[name], ...missing];
  }
  return grown;
}

/** A small number for a cell that nobody has set: one of the tenths −.5 … .5.
 * @param {number} seed @param {Projection} name
 * @param {number} head @param {number} row @param {number} col */
function seeded(seed, name, head, row, col) {
  return ((hash(`${seed} ${name} ${head} ${row}`, col) % 11) - 5) / 10;
}
