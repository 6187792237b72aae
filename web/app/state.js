// The whole document as one immutable object, and the pure transitions between two of them. What a
// transition cannot accept it refuses, by throwing a Refusal: the old state is still there, whole.
import { keeper } from "./kept.js";
import * as notebook from "./notebook.js";
import { hash, invent, segment, split } from "./tokens.js";

/** @typedef {readonly (readonly number[])[]} Matrix rows of numbers */
/** @typedef {"wq" | "wk" | "wv" | "wo"} Projection */
/** @typedef {{ matrix: "x" | "p" | Projection, head: number, row: number, col: number }} Cell
 *   an editable number; in "x" the row is a token, in "p" a place, and the head is 0 in both; in
 *   "wo" rows count in the head */
/**
 * @typedef {object} State
 * @property {1} version
 * @property {readonly string[]} tokens
 * @property {Readonly<Record<string, readonly number[]>>} vectors of the words that were given one
 * @property {Readonly<Record<string, number>>} frozen positions set by hand, by "row col"
 * @property {readonly Matrix[]} wq per head, at least (d_model, head dimension): heads, rows and
 *   columns that were removed stay at the ends, so that growing again brings their numbers back
 * @property {readonly Matrix[]} wk
 * @property {readonly Matrix[]} wv
 * @property {readonly Matrix[]} wo per head, at least (head dimension, d_model), below each other: W_O
 * @property {number} dModel
 * @property {number} headDim
 * @property {number} heads
 * @property {number} head the head that steps 2 to 5 show
 * @property {number} focus the token whose row the sentences speak of
 * @property {boolean} positions
 * @property {boolean} scale
 * @property {boolean} causal
 * @property {boolean} transposed whether the shown head uses W_Qᵀ on purpose
 * @property {number | null} window how many tokens on either side a token sees
 * @property {number | null} softcap
 * @property {number} temperature
 * @property {number} padding how many of the last tokens are hidden keys
 * @property {number} seed of the numbers that new heads and dimensions are filled with
 * @property {number} randomSeed of the next matrix that is filled at random
 */

/** @type {readonly Projection[]} */
export const PROJECTIONS = ["wq", "wk", "wv", "wo"];

export const LIMITS = { characters: 32768, tokens: 512, dim: 64, heads: 8, value: 1e6 };

/**
 * @typedef {object} Field
 * @property {"boolean" | "integer" | "number"} type
 * @property {string} key what it is called in links
 * @property {boolean | number | null} default null: off
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [optional] whether it can be off
 * @property {(state: State) => number} [last] the highest value that makes sense in a state
 */

/** The scalars: one table for transitions, controls and links. The seed is first, since what grows is
 * filled from it. @type {Record<string, Field>} */
export const FIELDS = {
  seed: { type: "integer", key: "seed", min: 0, max: 2 ** 32 - 1, default: 1 },
  dModel: { type: "integer", key: "d", min: 1, max: LIMITS.dim, default: 3 },
  headDim: { type: "integer", key: "dk", min: 1, max: LIMITS.dim, default: 2 },
  heads: { type: "integer", key: "heads", min: 1, max: LIMITS.heads, default: 2 },
  head: {
    type: "integer",
    key: "head",
    min: 0,
    max: LIMITS.heads - 1,
    default: 0,
    last: (s) => s.heads - 1,
  },
  focus: {
    type: "integer",
    key: "focus",
    min: 0,
    max: LIMITS.tokens - 1,
    default: 1,
    last: (s) => Math.max(0, s.tokens.length - 1),
  },
  positions: { type: "boolean", key: "positions", default: false },
  scale: { type: "boolean", key: "scale", default: true },
  causal: { type: "boolean", key: "causal", default: false },
  transposed: { type: "boolean", key: "transposed", default: false },
  window: {
    type: "integer",
    key: "window",
    min: 0,
    max: LIMITS.tokens - 1,
    optional: true,
    default: null,
  },
  softcap: { type: "number", key: "softcap", min: 0.01, max: 1e6, optional: true, default: null },
  temperature: { type: "number", key: "temperature", min: 0.01, max: 100, default: 1 },
  padding: {
    type: "integer",
    key: "padding",
    min: 0,
    max: LIMITS.tokens,
    default: 0,
    last: (s) => s.tokens.length,
  },
  randomSeed: { type: "integer", key: "random", min: 0, max: 2 ** 32 - 1, default: 1 },
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
    frozen: {},
    ...notebook.projections,
    ...Object.fromEntries(scalars),
  };
}

/** @param {State} state */
export function sizes({ tokens, dModel, headDim, heads }) {
  return { tokens: tokens.length, dModel, headDim, heads };
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

/** @param {State} state @param {string} word @returns {readonly number[]} (d_model) */
export function vectorOf(state, word) {
  const { dModel } = state;
  if (isInvented(state, word)) return invent(word, dModel);
  const given = state.vectors[word];
  if (given.length === dModel) return given;
  return Array.from({ length: dModel }, (_, col) => given[col] ?? originalOf(state, word, col));
}

/** What a dimension of a word's vector held before anybody edited it.
 * @param {State} state @param {string} word @param {number} col */
export function originalOf({ seed }, word, col) {
  if (!Object.hasOwn(notebook.vectors, word)) return invent(word, LIMITS.dim)[col];
  return notebook.vectors[word][col] ?? seeded(seed, "x", 0, word, col);
}

/** @param {State} state @param {string} word */
export function isInvented(state, word) {
  return !Object.hasOwn(state.vectors, word);
}

/** @type {ReturnType<typeof keeper<Matrix>>} */
const keepEmbeddings = keeper();

/** X before positions are added, (tokens, d_model). @param {State} state @returns {Matrix} */
export function embeddings(state) {
  const { tokens, vectors, dModel, seed } = state;
  return keepEmbeddings([tokens, vectors, dModel, seed], () =>
    tokens.map((word) => vectorOf(state, word)),
  );
}

/** One head's matrix as it is in force: W_Q, W_K, W_V (d_model, head dimension), W_O turned round.
 * @param {State} state @param {Projection} name @param {number} head @returns {Matrix} */
export function projection(state, name, head) {
  const [rows, cols] = shapeOf(state, name);
  const stored = state[name][head];
  const whole = stored.length === rows && stored[0].length === cols;
  return whole ? stored : stored.slice(0, rows).map((row) => row.slice(0, cols));
}

/** @param {State} state @param {Projection} name @returns {[rows: number, cols: number]} */
function shapeOf({ dModel, headDim }, name) {
  return name === "wo" ? [headDim, dModel] : [dModel, headDim];
}

/** A name of the cell, the same wherever it is shown. @param {Cell} cell */
export function cellKey({ matrix, head, row, col }) {
  return `${matrix} ${head} ${row} ${col}`;
}

/** Whether a state has a cell. @param {State} state @param {Cell} cell */
export function exists(state, { matrix, head, row, col }) {
  const { tokens, dModel, heads } = state;
  const ofTokens = matrix === "x" || matrix === "p";
  const [rows, cols] = ofTokens ? [tokens.length, dModel] : shapeOf(state, matrix);
  return head < heads && row < rows && col < cols;
}

/** @param {number} row @param {number} col */
const place = (row, col) => `${row} ${col}`;

/** The number that a person or the notebook gave a cell; NaN for a position that is computed.
 * @param {State} state @param {Cell} cell @returns {number} */
export function numberAt(state, { matrix, head, row, col }) {
  if (matrix === "x") return vectorOf(state, state.tokens[row])[col];
  if (matrix === "p") return state.frozen[place(row, col)] ?? Number.NaN;
  return state[matrix][head][row][col];
}

/** What a cell held before anybody edited it. @param {State} state @param {Cell} cell */
export function originalAt(state, { matrix, head, row, col }) {
  if (matrix === "x") return originalOf(state, state.tokens[row], col);
  if (matrix === "p") return Number.NaN;
  const given = notebook.projections[matrix][head]?.[row]?.[col];
  return given ?? seeded(state.seed, matrix, head, row, col);
}

/** Whether a cell holds something else than before anybody edited it.
 * @param {State} state @param {Cell} cell */
export function isEdited(state, cell) {
  return !Object.is(numberAt(state, cell), originalAt(state, cell));
}

/** Where a head's numbers come from: all from the notebook, all or partly from the seed, or otherwise from
 * people. @param {State} state @param {number} head */
export function originOf(state, head) {
  let [seeded, given, all] = [0, 0, 0];
  for (const matrix of PROJECTIONS) {
    for (const [row, numbers] of projection(state, matrix, head).entries()) {
      const width = notebook.projections[matrix][head]?.[row]?.length ?? 0;
      all += numbers.length;
      for (const [col, x] of numbers.entries()) {
        if (x !== originalAt(state, { matrix, head, row, col })) continue;
        if (col < width) given++;
        else seeded++;
      }
    }
  }
  if (seeded > 0) return seeded === all ? "seed" : "partly";
  return given === all ? "notebook" : "edited";
}

/** Whether some number of a head is still one that the seed gave it.
 * @param {State} state @param {number} head */
export const isSeeded = (state, head) => ["seed", "partly"].includes(originOf(state, head));

/** @param {State} state @param {string} text as people write it @returns {State} */
export function setText(state, text) {
  return setTokens(state, tokensOf(text, segment));
}

/** The tokens of a text that may be long. @param {string} text
 * @param {(text: string) => string[]} [into] how it is taken apart */
export function tokensOf(text, into = split) {
  const characters = [...text].length;
  if (characters > LIMITS.characters) {
    throw new Refusal("characters", { count: characters, limit: LIMITS.characters });
  }
  return into(text);
}

/** Whether a text is one token and nothing else. @param {string} text */
export function isToken(text) {
  const tokens = text.length > LIMITS.characters ? [] : split(text);
  return tokens.length === 1 && tokens[0] === text;
}

/** @param {State} state @param {readonly string[]} tokens
 * @param {number} [focus] @returns {State} */
export function setTokens(state, tokens, focus = state.focus) {
  const count = tokens.length;
  if (count > LIMITS.tokens) throw new Refusal("tokens", { count, limit: LIMITS.tokens });
  const place = Math.max(0, Math.min(focus, count - 1));
  const same = count === state.tokens.length && tokens.every((word, i) => word === state.tokens[i]);
  if (same && place === state.focus) return state;
  return { ...state, tokens, focus: place, padding: Math.min(state.padding, count) };
}

/** A word's vector belongs to the word: all its occurrences change together.
 * @param {State} state @param {Cell} cell @param {number} value @returns {State} */
export function setNumber(state, cell, value) {
  return setNumbers(state, [[cell, value]]);
}

/** Many cells at once, all or none. @param {State} state
 * @param {readonly (readonly [cell: Cell, value: number])[]} entries @returns {State} */
export function setNumbers(state, entries) {
  /** Rows that are this call's own, so that each is copied once. @type {Map<string, number[]>} */
  const rows = new Map();
  /** @type {Record<string, number> | undefined} */
  let frozen;
  let next = state;
  for (const [cell, value] of entries) {
    if (!Number.isFinite(value) || Math.abs(value) > LIMITS.value) {
      throw new Refusal("value", { value, limit: LIMITS.value });
    }
    if (value === numberAt(next, cell)) continue;
    const { matrix, head, row, col } = cell;
    if (matrix === "p") {
      if (!frozen) {
        frozen = { ...next.frozen };
        next = { ...next, frozen };
      }
      frozen[place(row, col)] = value + 0;
      continue;
    }
    const key = matrix === "x" ? next.tokens[row] : `${matrix} ${head} ${row}`;
    let own = rows.get(key);
    if (!own) {
      own = matrix === "x" ? kept(next, key) : [...next[matrix][head][row]];
      rows.set(key, own);
      if (matrix === "x") next = { ...next, vectors: { ...next.vectors, [key]: own } };
      else {
        const edited = next[matrix][head].with(row, own);
        next = { ...next, [matrix]: next[matrix].with(head, edited) };
      }
    }
    own[col] = value + 0; // no −0
  }
  return next;
}

/** A word's vector with what it holds beyond d_model. @param {State} state @param {string} word */
export function kept(state, word) {
  const beyond = isInvented(state, word) ? [] : state.vectors[word].slice(state.dModel);
  return [...vectorOf(state, word), ...beyond];
}

/** Gives cells back what they held before anybody edited them.
 * @param {State} state @param {readonly Cell[]} cells @returns {State} */
export function resetCells(state, cells) {
  const edited = cells.filter((cell) => isEdited(state, cell));
  const places = edited.filter(({ matrix }) => matrix === "p");
  const numbers = edited.filter(({ matrix }) => matrix !== "p");
  let next = setNumbers(
    state,
    numbers.map((cell) => [cell, originalAt(state, cell)]),
  );
  if (places.length > 0) {
    const free = new Set(places.map(({ row, col }) => place(row, col)));
    const frozen = Object.entries(next.frozen).filter(([key]) => !free.has(key));
    next = { ...next, frozen: Object.fromEntries(frozen) };
  }
  // A word whose numbers are all made from its letters again has no vector of its own.
  const words = new Set(cells.flatMap(({ matrix, row }) => (matrix === "x" ? [row] : [])));
  const invented = [...words]
    .map((row) => state.tokens[row])
    .filter((word) => !Object.hasOwn(notebook.vectors, word) && !isInvented(next, word))
    .filter((word) => next.vectors[word].every((x, col) => x === originalOf(next, word, col)));
  if (invented.length === 0) return next;
  const vectors = Object.entries(next.vectors).filter(([word]) => !invented.includes(word));
  return { ...next, vectors: Object.fromEntries(vectors) };
}

/** @param {State} state @param {string} name a key of FIELDS
 * @param {boolean | number | null} value @returns {State} */
export function setField(state, name, value) {
  const field = FIELDS[name];
  if (field.type === "boolean") {
    if (typeof value !== "boolean") throw new Refusal("onOrOff", { name, value: `${value}` });
  } else if (!(value === null && field.optional)) {
    const { type, min = -Infinity, last } = field;
    const max = last ? last(state) : (field.max ?? Infinity);
    if (type === "integer" && !Number.isInteger(value) && Number.isFinite(value)) {
      throw new Refusal("whole", { name, value: Number(value) });
    }
    if (!Number.isFinite(value) || Number(value) < min || Number(value) > max) {
      throw new Refusal("range", { name, value: Number(value), min, max });
    }
  }
  const before = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (state))[name];
  if (value === before) return state;
  return fill({ ...state, [name]: value });
}

/** Makes the numbers of heads and dimensions that are new, and keeps the shown head among those that
 * exist. @param {State} state @returns {State} */
function fill(state) {
  const grown = { ...state, head: Math.min(state.head, state.heads - 1) };
  for (const name of PROJECTIONS) {
    const [rows, cols] = shapeOf(state, name);
    grown[name] = extend(state, name, state.heads, rows, cols);
  }
  return grown;
}

/** The stored matrices of all heads, with seeded numbers where they end too early.
 * @param {State} state @param {Projection} name @param {number} heads
 * @param {number} rows @param {number} cols @returns {readonly Matrix[]} */
export function extend(state, name, heads, rows, cols) {
  const stored = state[name];
  const enough = (/** @type {Matrix} */ matrix) =>
    matrix.length >= rows && matrix.every((row) => row.length >= cols);
  if (stored.length >= heads && stored.every(enough)) return stored;
  return Array.from({ length: Math.max(heads, stored.length) }, (_, head) => {
    const matrix = stored[head] ?? [];
    if (enough(matrix)) return matrix;
    return Array.from({ length: Math.max(rows, matrix.length) }, (_, r) => {
      const row = matrix[r] ?? [];
      if (row.length >= cols) return row;
      const more = Array.from({ length: cols - row.length }, (_, i) =>
        seeded(state.seed, name, head, r, row.length + i),
      );
      return [...row, ...more];
    });
  });
}

/** A small number for a cell that nobody has set: one of the tenths −.5 … .5.
 * @param {number} seed @param {Projection | "x"} name
 * @param {number} head @param {number | string} row a word in "x" @param {number} col */
function seeded(seed, name, head, row, col) {
  return ((hash(`${seed} ${name} ${head} ${row}`, col) % 11) - 5) / 10;
}
