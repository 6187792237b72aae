// Every matrix on the page, by id: what it is called, what it holds and how to colour it. Views place
// them, the reading names their cells; none of them needs to know the other.
import { sheet, transposed } from "./pipeline.js";
import { embeddings, sizes } from "./state.js";

/** Up to this many tokens a weight of 1 has the darkest colour; beyond, where equal weights would be
 * next to nothing, a weight that stands out as much has it. */
const WHOLE = 16;

/** @typedef {import("./pipeline.js").Sheet} Sheet */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Cell} Cell */
/** @typedef {"q" | "k" | "v" | ""} Role */
/**
 * @typedef {object} Figure
 * @property {string} id
 * @property {[letter: string, sub?: string, sup?: string]} name
 * @property {string} kind a key of the words' kinds
 * @property {number} step
 * @property {number} [head] where each head has its own
 * @property {Sheet} sheet NaN where a mask hides the cell
 * @property {"token" | "dim"} rows what an index along this axis means
 * @property {"token" | "dim"} cols
 * @property {Role} role
 * @property {import("./ramp.js").RampName} ramp
 * @property {number} range where the colour clips
 * @property {(row: number, col: number) => Cell} [cell] only where people can edit
 */

/** @param {State} state @param {import("./pipeline.js").Results} results
 * @returns {Record<string, Figure>} */
export function figures(state, results) {
  const { head, heads, positions } = state;
  const { headDim, tokens } = sizes(state);
  const given = fromRows(embeddings(state));
  const k = sheet(results.k, head);
  const dims = /** @type {const} */ ({
    rows: "dim",
    cols: "dim",
    role: "",
    ramp: "signed",
    range: 2,
  });
  const vectors = /** @type {const} */ ({ ...dims, rows: "token" });
  const pairs = /** @type {const} */ ({ ...vectors, cols: "token", range: 6 });
  const weights = /** @type {const} */ ({ ...pairs, ramp: "weights", range: full(tokens) });

  /** @param {number} row @param {number} col @returns {Cell} */
  const embedding = (row, col) => ({ matrix: "x", head: 0, row, col });
  /** @param {"wq" | "wk" | "wv"} matrix @param {Role} role */
  const projection = (matrix, role) => ({
    ...dims,
    head,
    name: /** @type {[string, string]} */ (["W", role.toUpperCase()]),
    kind: "projection",
    step: 2,
    role,
    sheet: fromRows(state[matrix][head]),
    cell: (/** @type {number} */ row, /** @type {number} */ col) => ({ matrix, head, row, col }),
  });

  /** @type {Record<string, Omit<Figure, "id">>} */
  const all = {
    e: { ...vectors, name: ["E"], kind: "embedding", step: 1, sheet: given, cell: embedding },
    x: positions
      ? { ...vectors, name: ["X"], kind: "input", step: 1, sheet: sheet(results.x) }
      : { ...vectors, name: ["X"], kind: "embedding", step: 1, sheet: given, cell: embedding },
    wq: projection("wq", "q"),
    wk: projection("wk", "k"),
    wv: projection("wv", "v"),
    q: {
      ...vectors,
      name: ["Q"],
      head,
      kind: "query",
      step: 2,
      role: "q",
      sheet: sheet(results.q, head),
    },
    k: { ...vectors, name: ["K"], head, kind: "key", step: 2, role: "k", sheet: k },
    v: {
      ...vectors,
      name: ["V"],
      head,
      kind: "value",
      step: 2,
      role: "v",
      sheet: sheet(results.v, head),
    },
    kt: {
      ...vectors,
      name: ["K", undefined, "T"],
      head,
      kind: "key",
      step: 3,
      role: "k",
      sheet: transposed(k),
      rows: "dim",
      cols: "token",
    },
    s: { ...pairs, name: ["S"], head, kind: "score", step: 3, sheet: sheet(results.scores, head) },
    l: {
      ...pairs,
      name: ["L"],
      head,
      kind: "logit",
      step: 4,
      sheet: visible(results.logits, results.logits, head, state.causal),
    },
    concat: {
      ...vectors,
      name: ["Concat"],
      kind: "concat",
      step: 6,
      range: 2.5,
      sheet: sheet(results.concat),
    },
    wo: {
      ...dims,
      name: ["W", "O"],
      kind: "projection",
      step: 6,
      sheet: fromRows(state.wo.slice(0, heads).flat()),
      cell: (row, col) => ({
        matrix: "wo",
        head: Math.floor(row / headDim),
        row: row % headDim,
        col,
      }),
    },
    y: {
      ...vectors,
      name: ["Y"],
      kind: "result",
      step: 6,
      range: 2.5,
      sheet: sheet(results.output),
    },
  };
  if (results.positions) {
    all.p = { ...vectors, name: ["P"], kind: "position", step: 1, sheet: sheet(results.positions) };
  }
  for (let h = 0; h < heads; h++) {
    all[`a${h}`] = {
      ...weights,
      name: ["A"],
      head: h,
      kind: "weight",
      step: 4,
      sheet: visible(results.weights, results.logits, h, state.causal),
    };
    all[`o${h}`] = {
      ...vectors,
      name: ["O"],
      head: h,
      kind: "output",
      step: 5,
      sheet: sheet(results.heads, h),
    };
  }
  return Object.fromEntries(Object.entries(all).map(([id, figure]) => [id, { id, ...figure }]));
}

/** The weight that has the darkest colour, one that reads well in a legend. @param {number} tokens */
function full(tokens) {
  const most = WHOLE / tokens;
  return [1, 0.5, 0.2, 0.1, 0.05].find((range) => range <= most) ?? 0.02;
}

/** @param {import("./state.js").Matrix} rows @returns {Sheet} */
function fromRows(rows) {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, cols: rows[0]?.length ?? 0 };
}

/** One head of a stage, with NaN where the mask hides the pair, so that nobody takes it for a zero.
 * @param {import("./pipeline.js").Tensor} stage @param {import("./pipeline.js").Tensor} logits
 * @param {number} head @param {boolean} masked @returns {Sheet} */
function visible(stage, logits, head, masked) {
  const whole = sheet(stage, head);
  if (!masked) return whole;
  const { data } = sheet(logits, head);
  const shown = whole.data.map((value, i) => (data[i] === -Infinity ? Number.NaN : value));
  return { ...whole, data: shown };
}
