// Every matrix on the page, by id: what it is called, what it holds and how to colour it. Views place
// them, the reading names their cells; none of them needs to know the other.
import { softmaxRow } from "./explain/softmax-row.js";
import { keeper } from "./kept.js";
import { hides, meets, packed, sheet, transposed, turned } from "./pipeline.js";
import { isSeen, peak, rowOf } from "./rows.js";
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
 * @property {(cell: Cell) => [row: number, col: number] | undefined} [place] where such a cell stands in it,
 *   if it does
 * @property {Matrix} [given] the numbers that people gave: a row stays the same until one of them changes
 * @property {{ of: string, row: number }} [strip] where it is only one row of another figure
 */

/** @param {State} state
 * @param {Results | undefined} results undefined while they are not there
 * @param {boolean} [fitted] whether the largest weight of all heads has the darkest colour
 * @returns {Record<string, Figure>} */
export function figures(state, results, fitted = false) {
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
   * @param {string} id @param {(results: Results) => Sheet} find @param {number} cols
   * @param {boolean} [asks] whether it follows from the shown head's queries */
  const computed = (id, find, cols, asks = false) =>
    results && (meets(state) || !asks)
      ? { sheet: once(results, `${id} ${head}`, () => find(results)) }
      : { sheet: nothing(tokens, cols), waits: true };
  /** The same of pairs. @param {string} id @param {(results: Results) => Sheet} find
   * @param {boolean} asks */
  const seen = (id, find, asks) =>
    computed(id, (r) => visible(find(r), r.logits, hides(state)), tokens, asks);

  /** @param {"x" | "p"} matrix @returns {Pick<Figure, "cell" | "place">} */
  const ofTokens = (matrix) => ({
    cell: (row, col) => ({ matrix, head: 0, row, col }),
    place: (cell) => (cell.matrix === matrix ? [cell.row, cell.col] : undefined),
  });
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
      place: (/** @type {Cell} */ cell) => {
        if (cell.matrix !== matrix || cell.head !== head) return undefined;
        return /** @type {[number, number]} */ (turn ? [cell.col, cell.row] : [cell.row, cell.col]);
      },
    };
  };

  const logits = seen("l", (r) => sheet(r.logits), true);
  const k = computed("k", (r) => sheet(r.k, head), headDim);
  /** @type {Record<string, Omit<Figure, "id">>} */
  const all = {
    e: { ...vectors, name: ["E"], kind: "embedding", step: 1, ...x, ...ofTokens("x") },
    x: positions
      ? {
          ...vectors,
          name: ["X"],
          kind: "input",
          step: 1,
          sum: ["e", "p"],
          ...computed("x", (r) => sheet(r.x), dModel),
        }
      : { ...vectors, name: ["X"], kind: "embedding", step: 1, ...x, ...ofTokens("x") },
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
      ...computed("q", (r) => sheet(r.q, head), headDim, true),
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
      ...computed("v", (r) => sheet(r.v, head), headDim),
    },
    kt: {
      ...vectors,
      name: ["K", undefined, "T"],
      head,
      kind: "key",
      step: 3,
      role: "k",
      ...k,
      ...(k.waits
        ? { sheet: nothing(headDim, tokens) }
        : computed("kt", () => transposed(k.sheet), tokens)),
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
      ...computed("s", (r) => sheet(r.scores), tokens, true),
    },
    l: { ...pairs, name: ["L"], head, kind: "logit", step: 4, ...logits },
    exp: {
      ...pairs,
      name: ["exp"],
      head,
      kind: "exponential",
      step: 4,
      waits: logits.waits,
      sheet: keepExponentials([logits.sheet, focus], () => exponentials(logits.sheet, focus)),
    },
    concat: {
      ...vectors,
      name: ["Concat"],
      kind: "concat",
      step: 6,
      range: 2.5,
      ...computed("concat", (r) => sheet(r.concat), heads * headDim, true),
    },
    wo: {
      ...dims,
      name: ["W", "O"],
      kind: "projection",
      step: 6,
      range: 2.5,
      ...steady("wo", Array.from({ length: heads }, (_, h) => projection(state, "wo", h)).flat()),
      cell: (row, col) => ({
        matrix: "wo",
        head: Math.floor(row / headDim),
        row: row % headDim,
        col,
      }),
      place: ({ matrix, head, row, col }) =>
        matrix === "wo" ? [head * headDim + row, col] : undefined,
    },
    y: {
      ...vectors,
      name: ["Y"],
      kind: "result",
      step: 6,
      product: ["concat", "wo"],
      range: 2.5,
      ...computed("y", (r) => sheet(r.output), dModel, true),
    },
  };
  if (positions) {
    all.p = {
      ...vectors,
      name: ["P"],
      kind: "position",
      step: 1,
      ...computed("p", (r) => sheet(/** @type {Results["x"]} */ (r.positions)), dModel),
      ...ofTokens("p"),
    };
  }
  for (let h = 0; h < heads; h++) {
    all[`a${h}`] = {
      ...weights,
      name: ["A"],
      head: h,
      kind: "weight",
      step: 4,
      ...seen(`a${h}`, (r) => sheet(r.weights, h), h === head),
    };
    all[`o${h}`] = {
      ...vectors,
      name: ["O"],
      head: h,
      kind: "output",
      step: 5,
      // The page shows no other head's values.
      product: h === head ? [`a${h}`, "v"] : undefined,
      ...computed(`o${h}`, (r) => sheet(r.heads, h), headDim, h === head),
    };
  }
  if (fitted) {
    const range = largestOf(Array.from({ length: heads }, (_, h) => all[`a${h}`]));
    for (let h = 0; range > 0 && h < heads; h++) all[`a${h}`].range = range;
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

/** The largest of all heads' weights, 0 where there are none. @param {{ sheet: Sheet }[]} heads */
export const largestOf = (heads) => Math.max(0, ...heads.map(({ sheet }) => peak(sheet)));

/** The weight that has the darkest colour, one that reads well in a legend. @param {number} tokens */
export function full(tokens) {
  const most = WHOLE / tokens;
  return [1, 0.5, 0.2, 0.1, 0.05].find((range) => range <= most) ?? 0.02;
}

/** The sheets of results, by figure: as long as the results are the same they are too, and whoever draws
 * them has nothing to do. @type {WeakMap<Results, Map<string, Sheet>>} */
const known = new WeakMap();

/** @param {Results} results @param {string} id @param {() => Sheet} make */
function once(results, id, make) {
  const sheets = known.get(results) ?? new Map();
  known.set(results, sheets);
  const sheet = sheets.get(id) ?? make();
  sheets.set(id, sheet);
  return sheet;
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

/** @type {ReturnType<typeof keeper<Sheet>>} */
const keepExponentials = keeper();

/** Of one row of logits; the page works out no other. @param {Sheet} logits @param {number} row
 * @returns {Sheet} */
function exponentials(logits, row) {
  const { rows, cols } = logits;
  const data = new Float32Array(rows * cols).fill(Number.NaN);
  data.set(softmaxRow(rowOf(logits, row)).exps, row * cols);
  return { data, rows, cols };
}
