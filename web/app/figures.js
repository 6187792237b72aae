// Every matrix on the page, by id: what it is called, what it holds and how to colour it. Views place
// them, the reading names their cells; none of them needs to know the other.
import { softmaxRow } from "./explain/softmax-row.js";
import { hides, meets, packed, sheet, transposed, turned } from "./pipeline.js";
import { isSeen, rowOf } from "./rows.js";
import { embeddings, numberAt, projection, sizes } from "./state.js";

/** Up to this many tokens a weight of 1 has the darkest colour; beyond, where equal weights would be
 * next to nothing, a weight that stands out as much has it. */
const WHOLE = 16;

/** So many sizes of matrices that wait are kept; a state has fewer. */
const SIZES = 8;

/** @typedef {import("./pipeline.js").Sheet} Sheet */
/** @typedef {import("./pipeline.js").Results} Results */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Cell} Cell */
/** @typedef {import("./state.js").Matrix} Matrix */
/** @typedef {"q" | "k" | "v" | ""} Role */
/**
 * @typedef {object} Figure
 * @property {string} id
 * @property {[letter: string, sub?: string, sup?: string]} name
 * @property {string} kind a key of the words' kinds
 * @property {number} step
 * @property {number} [head] where each head has its own
 * @property {Sheet} sheet NaN where a mask hides the cell, and everywhere while it waits
 * @property {boolean} [waits] whether its numbers are not there, or not there yet
 * @property {"token" | "dim"} rows what an index along this axis means
 * @property {"token" | "dim"} cols
 * @property {Role} role
 * @property {import("./ramp.js").RampName} ramp
 * @property {number} range where the colour clips
 * @property {[left: string, upper: string]} [product] ids of its operands: cell (i, j) is row i of
 *   the left one times column j of the upper one
 * @property {[string, string]} [sum] ids of its summands, cell by cell
 * @property {(row: number, col: number) => Cell} [cell] only where people can edit
 * @property {Matrix} [given] the numbers that people gave: a row stays the same until one of them changes
 * @property {{ of: string, row: number }} [strip] where it is only one row of another figure
 */

/** @param {State} state
 * @param {Results | undefined} results undefined while they are not there
 * @returns {Record<string, Figure>} */
export function figures(state, results) {
  const { focus, head, positions } = state;
  const { tokens, dModel, headDim, heads } = sizes(state);
  const x = steady("x", embeddings(state), dModel);
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

  /** What the core computed, unless W_Qᵀ on purpose left this head without its queries.
   * @param {(results: Results) => Sheet} find @param {number} cols
   * @param {boolean} [asks] whether it follows from the shown head's queries */
  const computed = (find, cols, asks = false) =>
    results && (meets(state) || !asks)
      ? { sheet: find(results) }
      : { sheet: nothing(tokens, cols), waits: true };
  /** The same of pairs. @param {(results: Results) => Sheet} find @param {boolean} asks */
  const seen = (find, asks) =>
    computed((r) => visible(find(r), r.logits, hides(state)), tokens, asks);

  /** @param {number} row @param {number} col @returns {Cell} */
  const embedding = (row, col) => ({ matrix: "x", head: 0, row, col });
  /** @param {"wq" | "wk" | "wv"} matrix @param {Role} role */
  const weightsOf = (matrix, role) => {
    const turn = matrix === "wq" && state.transposed;
    const rows = projection(state, matrix, head);
    return {
      ...dims,
      head,
      name: /** @type {[string, string, string?]} */ ([
        "W",
        role.toUpperCase(),
        turn ? "T" : undefined,
      ]),
      kind: "projection",
      step: 2,
      role,
      ...steady(matrix, turn ? turned(rows) : rows),
      cell: (/** @type {number} */ row, /** @type {number} */ col) =>
        turn ? { matrix, head, row: col, col: row } : { matrix, head, row, col },
    };
  };

  const logits = seen((r) => sheet(r.logits), true);
  const k = computed((r) => sheet(r.k, head), headDim);
  /** @type {Record<string, Omit<Figure, "id">>} */
  const all = {
    e: { ...vectors, name: ["E"], kind: "embedding", step: 1, ...x, cell: embedding },
    x: positions
      ? {
          ...vectors,
          name: ["X"],
          kind: "input",
          step: 1,
          sum: ["e", "p"],
          ...computed((r) => sheet(r.x), dModel),
        }
      : { ...vectors, name: ["X"], kind: "embedding", step: 1, ...x, cell: embedding },
    wq: weightsOf("wq", "q"),
    wk: weightsOf("wk", "k"),
    wv: weightsOf("wv", "v"),
    q: {
      ...vectors,
      name: ["Q"],
      head,
      kind: "query",
      step: 2,
      role: "q",
      product: ["x", "wq"],
      ...computed((r) => sheet(r.q, head), headDim, true),
    },
    k: {
      ...vectors,
      name: ["K"],
      head,
      kind: "key",
      step: 2,
      role: "k",
      product: ["x", "wk"],
      ...k,
    },
    v: {
      ...vectors,
      name: ["V"],
      head,
      kind: "value",
      step: 2,
      role: "v",
      product: ["x", "wv"],
      ...computed((r) => sheet(r.v, head), headDim),
    },
    kt: {
      ...vectors,
      name: ["K", undefined, "T"],
      head,
      kind: "key",
      step: 3,
      role: "k",
      ...k,
      sheet: transposed(k.sheet),
      rows: "dim",
      cols: "token",
    },
    s: {
      ...pairs,
      name: ["S"],
      head,
      kind: "score",
      step: 3,
      product: ["q", "kt"],
      ...computed((r) => sheet(r.scores), tokens, true),
    },
    l: { ...pairs, name: ["L"], head, kind: "logit", step: 4, ...logits },
    exp: {
      ...pairs,
      name: ["exp"],
      head,
      kind: "exponential",
      step: 4,
      waits: logits.waits,
      sheet: exponentials(logits.sheet, focus),
    },
    concat: {
      ...vectors,
      name: ["Concat"],
      kind: "concat",
      step: 6,
      range: 2.5,
      ...computed((r) => sheet(r.concat), heads * headDim, true),
    },
    wo: {
      ...dims,
      name: ["W", "O"],
      kind: "projection",
      step: 6,
      ...steady("wo", Array.from({ length: heads }, (_, h) => projection(state, "wo", h)).flat()),
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
      product: ["concat", "wo"],
      range: 2.5,
      ...computed((r) => sheet(r.output), dModel, true),
    },
  };
  if (positions) {
    all.p = {
      ...vectors,
      name: ["P"],
      kind: "position",
      step: 1,
      ...computed((r) => sheet(/** @type {Results["x"]} */ (r.positions)), dModel),
      cell: (row, col) => ({ matrix: "p", head: 0, row, col }),
    };
  }
  for (let h = 0; h < heads; h++) {
    all[`a${h}`] = {
      ...weights,
      name: ["A"],
      head: h,
      kind: "weight",
      step: 4,
      ...seen((r) => sheet(r.weights, h), h === head),
    };
    all[`o${h}`] = {
      ...vectors,
      name: ["O"],
      head: h,
      kind: "output",
      step: 5,
      // The page shows no other head's values.
      product: h === head ? [`a${h}`, "v"] : undefined,
      ...computed((r) => sheet(r.heads, h), headDim, h === head),
    };
  }
  for (const [id, of] of [
    ["score", "s"],
    ["logit", "l"],
    ["exponential", "exp"],
    ["weight", `a${head}`],
  ]) {
    const row = hidden(rowOf(all[of].sheet, focus), rowOf(logits.sheet, focus));
    const one = { data: row, rows: 1, cols: tokens };
    all[id] = { ...all[of], product: undefined, sheet: one, strip: { of, row: focus } };
  }
  return Object.fromEntries(Object.entries(all).map(([id, figure]) => [id, { id, ...figure }]));
}

/** The number that a cell holds: as it was given where people can edit, else as the core computed it.
 * @param {State} state @param {Figure} figure @param {number} row @param {number} col */
export function valueAt(state, { cell, sheet }, row, col) {
  const given = cell ? numberAt(state, cell(row, col)) : Number.NaN;
  return Number.isNaN(given) ? sheet.data[row * sheet.cols + col] : given;
}

/** The weight that has the darkest colour, one that reads well in a legend. @param {number} tokens */
function full(tokens) {
  const most = WHOLE / tokens;
  return [1, 0.5, 0.2, 0.1, 0.05].find((range) => range <= most) ?? 0.02;
}

/** As they were last. @type {Map<string, { given: Matrix, sheet: Sheet }>} */
const inputs = new Map();

/** The same sheet as before where no number has changed, which spares whoever draws it the work.
 * @param {string} name @param {Matrix} given @param {number} [cols] where there may be no rows */
function steady(name, given, cols = given[0].length) {
  const before = inputs.get(name);
  if (before?.sheet.cols === cols && equal(given, before.given)) return before;
  const made = { given, sheet: { data: packed(given, cols), rows: given.length, cols } };
  inputs.set(name, made);
  return made;
}

/** Most rows are the same arrays as before. @param {Matrix} a @param {Matrix} b as wide */
function equal(a, b) {
  return (
    a.length === b.length &&
    a.every((row, i) => row === b[i] || row.every((x, col) => x === b[i][col]))
  );
}

/** By size, so that what waited stays the same to whoever draws it. @type {Map<string, Sheet>} */
const blanks = new Map();

/** @param {number} rows @param {number} cols @returns {Sheet} */
function nothing(rows, cols) {
  const size = `${rows} ${cols}`;
  const blank = blanks.get(size) ?? {
    data: new Float32Array(rows * cols).fill(Number.NaN),
    rows,
    cols,
    blank: true,
  };
  if (!blanks.has(size) && blanks.size === SIZES) blanks.clear();
  blanks.set(size, blank);
  return blank;
}

/** One head of a stage, with NaN where the mask hides the pair, so that nobody takes it for a zero.
 * @param {Sheet} whole @param {import("./pipeline.js").Tensor} logits of any head: all have one mask
 * @param {boolean} masked @returns {Sheet} */
function visible(whole, logits, masked) {
  return masked ? { ...whole, data: hidden(whole.data, logits.data) } : whole;
}

/** @param {Float32Array} numbers @param {Float32Array} logits */
function hidden(numbers, logits) {
  return numbers.map((x, i) => (isSeen(logits[i]) ? x : Number.NaN));
}

/** What exponentials() filled last: the same memory serves all states, only one of which is shown.
 * @type {{ data: Float32Array, row: Float32Array } | undefined} */
let filled;

/** Of one row of logits; the page works out no other. @param {Sheet} logits @param {number} row
 * @returns {Sheet} */
function exponentials(logits, row) {
  const { rows, cols } = logits;
  filled?.row.fill(Number.NaN);
  const data =
    filled?.data.length === rows * cols
      ? filled.data
      : new Float32Array(rows * cols).fill(Number.NaN);
  filled = { data, row: rowOf({ data, rows, cols }, row) };
  filled.row.set(softmaxRow(rowOf(logits, row)).exps);
  return { data, rows, cols };
}
