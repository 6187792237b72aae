// What a link or a file holds of the document, and the document that it gives back. Whatever is not
// there is as the page opens; whatever is wrong is refused by name, before anything has changed.
import {
  extend,
  FIELDS,
  isToken,
  LIMITS,
  opening,
  originalAt,
  originalOf,
  PROJECTIONS,
  Refusal,
  setField,
  setNumbers,
  setTokens,
} from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Projection} Projection */
/** @typedef {readonly (number | undefined)[]} Sparse undefined: what stands there before any edit */
/**
 * @typedef {object} Saved
 * @property {readonly string[]} tokens
 * @property {readonly (readonly [word: string, vector: Sparse])[]} vectors
 * @property {readonly (readonly [row: number, col: number, value: number])[]} frozen
 * @property {readonly { name: Projection, head: number, rows: readonly Sparse[] }[]} matrices
 * @property {readonly (readonly [name: string, value: boolean | number | null])[]} fields
 */

/** What differs from the page as it opens. @param {State} state @returns {Saved} */
export function differences(state) {
  const start = opening();
  const changed = (/** @type {string} */ name) => fieldOf(state, name) !== fieldOf(start, name);
  return {
    tokens: state.tokens,
    vectors: Object.entries(state.vectors)
      .filter(([word, vector]) => start.vectors[word] !== vector)
      .map(([word, vector]) => {
        const own = sparse(
          vector,
          (col) => originalOf(state, word, col),
          `${state.seed} x ${word}`,
        );
        // An invented word is given its vector without an edit, too: a number of it says so.
        const given = own.length > 0 || Object.hasOwn(start.vectors, word);
        return /** @type {const} */ ([word, given ? own : [originalOf(state, word, 0)]]);
      })
      .filter(([, own]) => own.length > 0),
    frozen: Object.entries(state.frozen).map(([place, value]) => {
      const [row, col] = place.split(" ").map(Number);
      return [row, col, value];
    }),
    matrices: PROJECTIONS.flatMap((name) =>
      state[name].map((matrix, head) => ({
        name,
        head,
        rows: trimmed(
          matrix.map((numbers, row) =>
            sparse(
              numbers,
              (col) => originalAt(state, { matrix: name, head, row, col }),
              `${state.seed} ${name} ${head} ${row}`,
            ),
          ),
          (row) => row.length === 0,
        ),
      })),
    ).filter(({ rows }) => rows.length > 0),
    fields: Object.keys(FIELDS)
      .filter(changed)
      .map((name) => [name, fieldOf(state, name)]),
  };
}

/** @param {State} state @param {string} name of a field @returns {boolean | number | null} */
export function fieldOf(state, name) {
  return /** @type {Record<string, boolean | number | null>} */ (/** @type {unknown} */ (state))[
    name
  ];
}

/** A row never changes, and an edit leaves most rows alone. @type {WeakMap<readonly number[], { place: string, own: Sparse }>} */
const known = new WeakMap();

/** @param {readonly number[]} numbers @param {(col: number) => number} original
 * @param {string} place what the original depends on */
function sparse(numbers, original, place) {
  const before = known.get(numbers);
  if (before?.place === place) return before.own;
  const own = trimmed(
    numbers.map((x, col) => (x === original(col) ? undefined : x)),
    (x) => x === undefined,
  );
  known.set(numbers, { place, own });
  return own;
}

/** @template T @param {T[]} items @param {(item: T) => boolean} isEmpty */
function trimmed(items, isEmpty) {
  return items.slice(0, items.findLastIndex((item) => !isEmpty(item)) + 1);
}

/** @param {Saved} saved @returns {State} */
export function restored({ tokens, vectors, frozen, matrices, fields }) {
  const wrong = tokens.find((token) => !isToken(token));
  if (wrong !== undefined) throw new Refusal("noToken", { text: wrong });
  let state = setTokens(opening(), tokens);
  const given = new Map(fields);
  // In the table's order, since the shown head depends on how many there are.
  for (const name of Object.keys(FIELDS)) {
    const value = given.get(name);
    if (value !== undefined) state = setField(state, name, value);
  }
  for (const { name, head, rows } of matrices) {
    const cols = Math.max(0, ...rows.map((row) => row.length));
    within(name, [head, LIMITS.heads - 1], [rows.length, LIMITS.dim], [cols, LIMITS.dim]);
    state = { ...state, [name]: extend(state, name, head + 1, rows.length, cols) };
    state = setNumbers(
      state,
      rows.flatMap((numbers, row) =>
        numbers.flatMap((x, col) =>
          x === undefined ? [] : [/** @type {const} */ ([{ matrix: name, head, row, col }, x])],
        ),
      ),
    );
  }
  for (const [row, col] of frozen) within("p", [row, LIMITS.tokens - 1], [col, LIMITS.dim - 1]);
  state = setNumbers(
    state,
    frozen.map(([row, col, value]) => [{ matrix: "p", head: 0, row, col }, value]),
  );
  return { ...state, vectors: { ...state.vectors, ...vectorsOf(state, vectors) } };
}

/** @param {State} state @param {Saved["vectors"]} vectors */
function vectorsOf(state, vectors) {
  if (vectors.length > LIMITS.characters) {
    throw new Refusal("words", { count: vectors.length, limit: LIMITS.characters });
  }
  return Object.fromEntries(
    vectors.map(([word, vector]) => {
      if (!isToken(word)) throw new Refusal("noToken", { text: word });
      within(word, [vector.length, LIMITS.dim]);
      const large = vector.find((x) => x !== undefined && !(Math.abs(x) <= LIMITS.value));
      if (large !== undefined) throw new Refusal("value", { value: large, limit: LIMITS.value });
      return [word, vector.map((x, col) => x ?? originalOf(state, word, col))];
    }),
  );
}

/** @param {string} name @param {...[count: number, limit: number]} counts */
function within(name, ...counts) {
  for (const [count, limit] of counts) {
    if (!Number.isInteger(count) || count < 0 || count > limit) {
      throw new Refusal("beyond", { part: name, count, limit });
    }
  }
}
