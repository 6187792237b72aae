// From a state to every number that follows from it. The only caller of the library.
import { keeper } from "./kept.js";
import { ordered, orders } from "./notebook.js";
import { embeddings, FIELDS, PROJECTIONS, projection, setText, sizes } from "./state.js";
import { split } from "./tokens.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Matrix} Matrix */
/** @typedef {import("./state.js").Projection} Projection */
/** @typedef {{ data: Float32Array, shape: number[] }} Tensor */
/** @typedef {{ data: Float32Array, rows: number, cols: number, blank?: boolean }} Sheet a matrix ready to
 *   draw; blank where it has no number at all */
/** @typedef {Pick<import("../headlight/headlight.js").Headlight, "trace" | "positionEncoding">} Core */
/** @typedef {import("../headlight/headlight.js").Trace} Trace */
/** @typedef {Trace & { positions: Tensor | undefined }} Results */

/** What the page shows of a trace, scores and logits of the shown head alone.
 * @type {readonly (keyof Trace)[]} */
const SHOWN = ["x", "q", "k", "v", "scores", "logits", "weights", "heads", "concat", "output"];

/** @param {Core} hl @param {State} state
 * @param {readonly (keyof Trace)[]} [returns] what is wanted, as each takes its time
 * @returns {Results} */
export function run(hl, state, returns = SHOWN) {
  const { tokens, dModel, headDim, heads } = sizes(state);
  const positions = state.positions ? encoding(hl, state) : undefined;
  const all = (/** @type {Projection} */ name) =>
    Array.from({ length: heads }, (_, head) => projection(state, name, head));
  const wq = all("wq");
  if (state.transposed && meets(state)) wq[state.head] = turned(wq[state.head]);
  const trace = hl.trace({
    embeddings: tensor(embeddings(state), dModel),
    positions,
    wq: laid("wq", wq, beside),
    wk: laid("wk", all("wk"), beside),
    wv: laid("wv", all("wv"), beside),
    wo: laid("wo", all("wo"), below),
    heads,
    scale: 1 / ((state.scale ? Math.sqrt(headDim) : 1) * state.temperature),
    softcap: state.softcap,
    causal: state.causal,
    window: state.window === null ? undefined : [state.window, state.window],
    mask: state.padding > 0 ? unpadded(tokens, state.padding) : undefined,
    returns,
    // In a long sentence these of all heads would take most of the time.
    head: state.head,
  });
  return { ...trace, positions };
}

/** For longer sentences nothing is computed that might not be looked at. */
const TRIED = 64;

/** The words of the two orders, and the outputs that most edits leave as they are. */
const ORDERED = split(orders[0]);
/** @type {ReturnType<typeof keeper<Float32Array[]>>} */
const keepOrders = keeper();

/** What the tries of the story lead to, in the shown head alone: its weights with the scale the other
 * way round (1, tokens, tokens), and the output of one word in two orders of the same words.
 * @param {Core} hl @param {State} state */
export function tries(hl, state) {
  const { head, tokens, frozen, vectors } = state;
  const only = (/** @type {Projection} */ name) => [state[name][head]];
  const projections = { wq: only("wq"), wk: only("wk"), wv: only("wv"), wo: only("wo") };
  const alone = { ...state, ...projections, heads: 1, head: 0 };
  return {
    weights:
      tokens.length <= TRIED
        ? run(hl, { ...alone, scale: !state.scale }, ["weights"]).weights
        : undefined,
    orders: keepOrders(
      [
        hl,
        frozen,
        ...PROJECTIONS.flatMap(only),
        ...Object.values({ ...scalars(state), focus: 0 }),
        ...ORDERED.map((word) => vectors[word]),
      ],
      () => orders.map((text) => outputOf(hl, setText(alone, text), ordered)),
    ),
  };
}

/** @param {State} state @returns {Record<string, unknown>} */
function scalars(state) {
  const all = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (state));
  return Object.fromEntries(Object.keys(FIELDS).map((name) => [name, all[name]]));
}

/** What the only head makes of a word. @param {Core} hl @param {State} state @param {string} word */
function outputOf(hl, state, word) {
  const { data, cols } = sheet(run(hl, state, ["heads"]).heads);
  const row = state.tokens.indexOf(word);
  return data.subarray(row * cols, (row + 1) * cols);
}

/** Whether the same numbers follow from two states: they differ at most in where one looks from.
 * @param {State} a @param {State} b */
export function alike(a, b) {
  return same(a, b, ["focus"]);
}

/** Whether two states differ in nothing else than some fields.
 * @param {State} a @param {State} b @param {(keyof State)[]} fields */
export function same(a, b, fields) {
  const names = /** @type {(keyof State)[]} */ (Object.keys(a));
  return names.every((name) => fields.includes(name) || a[name] === b[name]);
}

/** Whether X has as many columns as W_Q, turned round or not, has rows. @param {State} state */
export function meets({ transposed, dModel, headDim }) {
  return !transposed || dModel === headDim;
}

/** Whether some pair of tokens may be hidden. @param {State} state */
export function hides({ causal, window, padding }) {
  return causal || window !== null || padding > 0;
}

/** P, (tokens, d_model): sinusoids, and what was set by hand. @param {Core} hl @param {State} state
 * @returns {Tensor} */
function encoding(hl, { tokens, dModel, frozen }) {
  const encoding = hl.positionEncoding(tokens.length, dModel);
  for (const [place, value] of Object.entries(frozen)) {
    const [row, col] = place.split(" ").map(Number);
    if (row < tokens.length && col < dModel) encoding.data[row * dModel + col] = value;
  }
  return encoding;
}

/** Which keys may be seen: all but the last ones. @param {number} tokens @param {number} padding */
function unpadded(tokens, padding) {
  return { data: new Uint8Array(tokens).fill(1, 0, tokens - padding), shape: [tokens] };
}

/** One head of a tensor (heads, rows, cols), or a tensor (rows, cols) whole.
 * @param {Tensor} tensor @param {number} [head] @returns {Sheet} */
export function sheet({ data, shape }, head = 0) {
  const [rows, cols] = shape.slice(-2);
  return { data: data.subarray(head * rows * cols, (head + 1) * rows * cols), rows, cols };
}

/** @param {Sheet} sheet @returns {Sheet} */
export function transposed({ data, rows, cols }) {
  const turned = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) turned[c * rows + r] = data[r * cols + c];
  }
  return { data: turned, rows: cols, cols: rows };
}

/** @param {Matrix} rows @param {number} cols needed where there are no rows @returns {Tensor} */
function tensor(rows, cols) {
  return { data: packed(rows, cols), shape: [rows.length, cols] };
}

/** Rows one after the other. @param {Matrix} rows @param {number} cols */
export function packed(rows, cols) {
  const data = new Float32Array(rows.length * cols);
  for (let i = 0; i < rows.length; i++) write(rows[i], data, i * cols);
  return data;
}

/** @param {Matrix} rows @returns {Matrix} */
export function turned(rows) {
  return rows[0].map((_, col) => rows.map((row) => row[col]));
}

/** What set() does, for rows so short that a loop is faster.
 * @param {readonly number[]} row @param {Float32Array} data @param {number} at */
function write(row, data, at) {
  for (let i = 0; i < row.length; i++) data[at + i] = row[i];
}

/** By name and number of heads. @type {Map<string, ReturnType<typeof keeper<Tensor>>>} */
const keepers = new Map();

/** Per-head matrices as one tensor, which edits of others leave as it is. @param {Projection} name
 * @param {Matrix[]} heads @param {(heads: readonly Matrix[]) => Tensor} lay */
function laid(name, heads, lay) {
  const key = `${name} ${heads.length}`;
  const keep = keepers.get(key) ?? keeper();
  keepers.set(key, keep);
  return keep(heads, () => lay(heads));
}

/** Per-head matrices side by side: head h owns columns h·head_dim … @param {readonly Matrix[]} heads */
function beside(heads) {
  const [rows, cols] = [heads[0].length, heads[0][0].length];
  const width = heads.length * cols;
  const data = new Float32Array(rows * width);
  for (const [h, head] of heads.entries()) {
    for (const [i, row] of head.entries()) write(row, data, i * width + h * cols);
  }
  return { data, shape: [rows, width] };
}

/** Per-head matrices below each other: head h owns rows h·head_dim … @param {readonly Matrix[]} heads */
function below(heads) {
  return tensor(heads.flat(), heads[0][0].length);
}
