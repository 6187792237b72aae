// The document as a JSON file, readable and whole: all that is computed follows from it alone. "vectors"
// are those of the words that were given one, "invented" of the sentence's others.
import { fieldOf, restored } from "./saved.js";
import {
  FIELDS,
  isInvented,
  kept,
  LIMITS,
  opening,
  originalOf,
  PROJECTIONS,
  Refusal,
  vectorOf,
} from "./state.js";

/** @typedef {import("./state.js").State} State */

const FORMAT = "headlight-state";
const VERSION = 1;
/** More than the largest document there can be takes, in bytes. */
export const LARGEST = 2 ** 25;

/** The vectors of the notebook's words. */
const START = opening().vectors;

/** @param {State} state */
export function toFile(state) {
  const { tokens, vectors, frozen, wq, wk, wv, wo } = state;
  const fields = Object.keys(FIELDS).map((name) => [name, fieldOf(state, name)]);
  const all = {
    format: FORMAT,
    version: VERSION,
    tokens,
    ...Object.fromEntries(fields),
    vectors: Object.fromEntries(Object.keys(vectors).map((word) => [word, kept(state, word)])),
    invented: Object.fromEntries(
      tokens.filter((word) => isInvented(state, word)).map((word) => [word, vectorOf(state, word)]),
    ),
    frozen,
    wq,
    wk,
    wv,
    wo,
  };
  // One row of numbers per line.
  const text = JSON.stringify(all, null, 1);
  return `${text.replace(/\[\s+(-?\d[^[\]]*?)\s+\]/g, (_, row) => `[${row.replace(/\s+/g, " ")}]`)}\n`;
}

/** @param {string} text @returns {State} */
export function fromFile(text) {
  if (text.length > LARGEST)
    throw new Refusal("fileLength", { count: text.length, limit: LARGEST });
  // Of what is no object, no part is what it should be.
  const file = /** @type {Record<string, unknown>} */ (Object(parse(text)));
  const { format, version } = file;
  if (typeof format !== "string") wrong("format", `"${FORMAT}"`);
  if (format !== FORMAT) throw new Refusal("fileFormat", { text: format, format: FORMAT });
  if (typeof version !== "number") wrong("version", `${VERSION}`);
  if (version !== VERSION) {
    throw new Refusal("fileVersion", { text: `${version}`, version: VERSION });
  }
  const fields = Object.keys(FIELDS)
    .filter((name) => file[name] !== undefined)
    .map((name) => /** @type {const} */ ([name, scalar(file[name], name)]));
  /** @type {State} */
  const unedited = { ...opening(), ...Object.fromEntries(fields) };
  const vectors = (/** @type {string} */ part) =>
    Object.entries(object(file[part] ?? {}, part)).map(
      ([word, vector]) => /** @type {const} */ ([word, numbers(vector, `${part}.${word}`)]),
    );
  return restored({
    tokens: array(file.tokens, "tokens", LIMITS.tokens).map((token) => string(token, "tokens")),
    vectors: [
      // Whose numbers somebody has changed in the file.
      ...vectors("invented").filter(([word, vector]) =>
        vector.some((x, col) => x !== originalOf(unedited, word, col)),
      ),
      ...vectors("vectors").map(
        ([word, vector]) => /** @type {const} */ ([word, given(word, vector, unedited)]),
      ),
    ],
    frozen: Object.entries(object(file.frozen ?? {}, "frozen")).map(([place, value]) => {
      const [row, col] = place.split(" ").map(Number);
      return [row, col, number(value, "frozen")];
    }),
    matrices: PROJECTIONS.flatMap((name) =>
      array(file[name] ?? [], name, LIMITS.heads).map((matrix, head) => ({
        name,
        head,
        rows: array(matrix, name, LIMITS.dim).map((row) => numbers(row, name)),
      })),
    ),
    fields,
  });
}

/** A vector without what the seed gave a word of the notebook at its end: that goes with the seed.
 * @param {string} word @param {readonly number[]} vector @param {State} unedited */
function given(word, vector, unedited) {
  const least = Object.hasOwn(START, word) ? START[word].length : vector.length;
  const isGiven = (/** @type {number} */ x, /** @type {number} */ col) =>
    col < least || x !== originalOf(unedited, word, col);
  return vector.slice(0, vector.findLastIndex(isGiven) + 1);
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal("notJson", { text: /** @type {Error} */ (error).message });
  }
}

/** @param {string} part @param {string} expected @returns {never} */
function wrong(part, expected) {
  throw new Refusal("filePart", { part, expected });
}

/** @param {unknown} value @param {string} part @returns {Record<string, unknown>} */
function object(value, part) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(part, "{ … }");
  return /** @type {Record<string, unknown>} */ (value);
}

/** @param {unknown} value @param {string} part @param {number} limit @returns {unknown[]} */
function array(value, part, limit) {
  if (!Array.isArray(value)) return wrong(part, "[ … ]");
  if (value.length > limit) throw new Refusal("beyond", { part, count: value.length, limit });
  return value;
}

/** @param {unknown} value @param {string} part @returns {string} */
function string(value, part) {
  return typeof value === "string" ? value : wrong(part, '"…"');
}

/** @param {unknown} value @param {string} part @returns {number} */
function number(value, part) {
  return typeof value === "number" ? value : wrong(part, "0.5");
}

/** Limits are the fields' own, but "3" is no number that they could compare.
 * @param {unknown} value @param {string} name @returns {any} */
function scalar(value, name) {
  const { type, optional } = FIELDS[name];
  if (type === "boolean" || (value === null && optional) || typeof value === "number") return value;
  return wrong(name, type === "integer" ? "2" : "0.5");
}

/** @param {unknown} value @param {string} part */
function numbers(value, part) {
  return array(value, part, LIMITS.dim).map((x) => number(x, part));
}
