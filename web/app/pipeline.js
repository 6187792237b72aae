// From a state to every number that follows from it. The only caller of the library.
import { embeddings, sizes } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Matrix} Matrix */
/** @typedef {{ data: Float32Array, shape: number[] }} Tensor */
/** @typedef {{ data: Float32Array, rows: number, cols: number }} Sheet a matrix ready to draw */
/** @typedef {Pick<import("../headlight/headlight.js").Headlight, "trace" | "positionEncoding">} Core */
/** @typedef {ReturnType<typeof run>} Results */

/** @param {Core} hl @param {State} state */
export function run(hl, state) {
  const { tokens, dModel, heads } = sizes(state);
  const trace = hl.trace({
    embeddings: tensor(embeddings(state), dModel),
    positions: state.positions || undefined,
    wq: beside(state.wq.slice(0, heads)),
    wk: beside(state.wk.slice(0, heads)),
    wv: beside(state.wv.slice(0, heads)),
    wo: below(state.wo.slice(0, heads)),
    heads,
    scale: state.scale ? undefined : 1,
    causal: state.causal,
  });
  const positions = state.positions ? hl.positionEncoding(tokens, dModel) : undefined;
  return { ...trace, positions };
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
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, cols] };
}

/** Per-head matrices side by side: head h owns columns h·head_dim … @param {readonly Matrix[]} heads */
function beside(heads) {
  const rows = heads[0].map((_, row) => heads.flatMap((head) => head[row]));
  return tensor(rows, rows[0].length);
}

/** Per-head matrices below each other: head h owns rows h·head_dim … @param {readonly Matrix[]} heads */
function below(heads) {
  return tensor(heads.flat(), heads[0][0].length);
}
