// What is computed: operands that are the same in every run, each row of the result in float64, and
// what it costs.

/**
 * @typedef {object} Problem
 * @property {number} flops
 * @property {number} [bytes] that have to be read, where reading is what takes the time
 * @property {number} rows of the result
 * @property {number} cols
 * @property {(row: number) => Float64Array} expected
 */

/**
 * Attention: q (heads, queries, dim), k and v (kvHeads, keys, dim), result as q.
 * @typedef {object} AttentionSize
 * @property {number} heads
 * @property {number} [kvHeads] default heads
 * @property {number} queries
 * @property {number} [keys] default queries
 * @property {number} dim
 * @property {boolean} [causal]
 * @property {number} [window] so many keys up to the query's own
 * @property {boolean} [masked] by a boolean mask that lets two of three keys through
 *
 * @typedef {Problem & Required<AttentionSize> & { q: Float32Array, k: Float32Array, v: Float32Array,
 *   mask: Uint8Array | null, sees: ((query: number, key: number) => boolean) | null }} Attention
 */

/** Its backward pass: dOutput as the result. @typedef {Attention & { dOutput: Float32Array }} Backward */

/**
 * x·w + b: x (rows, depth), w (depth, cols), b (cols).
 * @typedef {{ rows: number, depth: number, cols: number }} LinearSize
 * @typedef {Problem & LinearSize & Record<"x" | "w" | "b", Float32Array>} Linear
 */

/**
 * Self-attention with its projections: x (len, dModel), matrices (dModel, dModel) as (in, out),
 * biases (dModel); result as x.
 * @typedef {{ len: number, dModel: number, heads: number }} LayerSize
 * @typedef {"wq" | "wk" | "wv" | "wo" | "bq" | "bk" | "bv" | "bo"} Weight
 * @typedef {Problem & LayerSize & { x: Float32Array, weights: Record<Weight, Float32Array> }} Layer
 */

/**
 * Numbers of variance 1, which are the same in every run (mulberry32).
 * @param {number} length @param {number} seed @param {number} [size] their standard deviation
 */
function numbers(length, seed, size = 1) {
  let state = seed | 0;
  const most = size * Math.sqrt(3);
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1) * most;
  });
}

/** @param {AttentionSize} size @returns {Attention} */
export function attentionProblem(size) {
  const { heads, kvHeads = heads, queries, keys = queries, dim } = size;
  const { causal = false, window = Infinity, masked = false } = size;
  const mask = masked ? new Uint8Array(queries * keys).map((_, i) => Number(i % 3 > 0)) : null;
  const limited = causal || masked || window < Infinity;
  const sees = (/** @type {number} */ query, /** @type {number} */ key) =>
    (!causal || key <= query) &&
    (window === Infinity || (key <= query && key > query - window)) &&
    mask?.[query * keys + key] !== 0;
  const q = numbers(heads * queries * dim, 1);
  const k = numbers(kvHeads * keys * dim, 2);
  const v = numbers(kvHeads * keys * dim, 3);
  const pairs = Math.min(window, causal ? keys / 2 : keys) * queries;
  return {
    ...{ heads, kvHeads, queries, keys, dim, causal, window, masked, q, k, v, mask },
    sees: limited ? sees : null,
    flops: 4 * heads * pairs * dim,
    bytes: queries === 1 ? 8 * kvHeads * keys * dim : undefined,
    rows: heads * queries,
    cols: dim,
    expected(row) {
      const head = Math.floor(row / queries);
      const first = Math.floor((head * kvHeads) / heads) * keys * dim;
      const part = q.subarray(row * dim, (row + 1) * dim);
      const visible = limited
        ? (/** @type {number} */ key) => sees(row % queries, key)
        : () => true;
      return attend(part, k.subarray(first), v.subarray(first), keys, visible);
    },
  };
}

/**
 * The gradients of Σ dOutput · attention by q, k and v; the rows of the result are those of q's.
 * @param {AttentionSize} size without kvHeads
 * @returns {Backward}
 */
export function backwardProblem(size) {
  const forward = attentionProblem(size);
  const { queries, keys, dim, q, k, v, sees } = forward;
  const dOutput = numbers(q.length, 4);
  return {
    ...forward,
    dOutput,
    flops: 2.5 * forward.flops,
    expected(row) {
      const first = Math.floor(row / queries) * keys * dim;
      const [ownK, ownV] = [k.subarray(first), v.subarray(first)];
      const part = (/** @type {Float32Array} */ x) => x.subarray(row * dim, (row + 1) * dim);
      const weights = weightsOf(part(q), ownK, keys, (key) => sees?.(row % queries, key) ?? true);
      const byWeights = Array.from(weights, (_, key) => dot(part(dOutput), ownV, key * dim));
      const mean = dot(weights, byWeights, 0);
      const byScores = weights.map((p, key) => (p * (byWeights[key] - mean)) / Math.sqrt(dim));
      return mix(byScores, ownK, dim);
    },
  };
}

/**
 * One query's weights from the definition.
 * @param {ArrayLike<number>} q (dim) @param {ArrayLike<number>} k (keys, dim)
 * @param {number} keys @param {(key: number) => boolean} visible
 */
function weightsOf(q, k, keys, visible) {
  const dim = q.length;
  const weights = new Float64Array(keys);
  for (let key = 0; key < keys; key++) {
    if (visible(key)) weights[key] = dot(q, k, key * dim) / Math.sqrt(dim);
    else weights[key] = -Infinity;
  }
  const most = weights.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let key = 0; key < keys; key++) sum += weights[key] = Math.exp(weights[key] - most);
  return weights.map((weight) => weight / sum);
}

/** Σ weights · rows. @param {Float64Array} weights @param {ArrayLike<number>} rows @param {number} dim */
function mix(weights, rows, dim) {
  const output = new Float64Array(dim);
  for (let key = 0; key < weights.length; key++) {
    for (let i = 0; i < dim; i++) output[i] += weights[key] * rows[key * dim + i];
  }
  return output;
}

/**
 * One query's output.
 * @param {ArrayLike<number>} q (dim) @param {ArrayLike<number>} k (keys, dim)
 * @param {ArrayLike<number>} v (keys, dim) @param {number} keys
 * @param {(key: number) => boolean} visible
 */
function attend(q, k, v, keys, visible) {
  return mix(weightsOf(q, k, keys, visible), v, q.length);
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} from */
function dot(a, b, from) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[from + i];
  return sum;
}

/**
 * The mask (queries, keys) to add to logits for peers that know no other, where there is one.
 * @param {Attention} problem
 */
export function additive({ queries, keys, sees }) {
  if (sees === null) return null;
  const at = (/** @type {number} */ i) => sees(Math.floor(i / keys), i % keys);
  return new Float32Array(queries * keys).map((_, i) => (at(i) ? 0 : -Infinity));
}

/**
 * One row of x·w + b.
 * @param {ArrayLike<number>} x (depth) @param {Float32Array} w (depth, cols) @param {Float32Array} b
 */
function project(x, w, b) {
  const sums = Float64Array.from(b);
  for (let i = 0; i < x.length; i++) {
    for (let col = 0; col < b.length; col++) sums[col] += x[i] * w[i * b.length + col];
  }
  return sums;
}

/** @param {LinearSize} size @returns {Linear} */
export function linearProblem({ rows, depth, cols }) {
  const x = numbers(rows * depth, 1);
  const w = numbers(depth * cols, 2, depth ** -0.5);
  const b = numbers(cols, 3);
  return {
    ...{ rows, depth, cols, x, w, b },
    flops: 2 * rows * depth * cols,
    expected: (row) => project(x.subarray(row * depth, (row + 1) * depth), w, b),
  };
}

/** @param {LayerSize} size @returns {Layer} */
export function layerProblem({ len, dModel, heads }) {
  const x = numbers(len * dModel, 1);
  const weights = /** @type {Layer["weights"]} */ ({});
  for (const [i, name] of ["q", "k", "v", "o"].entries()) {
    weights[/** @type {Weight} */ (`w${name}`)] = numbers(dModel * dModel, 2 + i, dModel ** -0.5);
    weights[/** @type {Weight} */ (`b${name}`)] = numbers(dModel, 6 + i, 0.1);
  }
  const dim = dModel / heads;
  const token = (/** @type {number} */ row) => x.subarray(row * dModel, (row + 1) * dModel);
  /** All tokens' keys or values, (heads, len, dim); for no more than is asked for.
   * @param {Float32Array} w @param {Float32Array} b */
  const all = (w, b) => {
    const result = Array.from({ length: heads }, () => new Float64Array(len * dim));
    for (let row = 0; row < len; row++) {
      const whole = project(token(row), w, b);
      result.forEach((part, head) => {
        part.set(whole.subarray(head * dim, (head + 1) * dim), row * dim);
      });
    }
    return result;
  };
  /** @type {{ k: Float64Array[], v: Float64Array[] } | undefined} */
  let cache;
  return {
    ...{ len, dModel, heads, x, weights },
    flops: 8 * len * dModel ** 2 + 4 * len ** 2 * dModel,
    rows: len,
    cols: dModel,
    expected(row) {
      const { wq, bq, wk, bk, wv, bv, wo, bo } = weights;
      cache ??= { k: all(wk, bk), v: all(wv, bv) };
      const { k, v } = cache;
      const q = project(token(row), wq, bq);
      const concat = new Float64Array(dModel);
      for (let head = 0; head < heads; head++) {
        const part = q.subarray(head * dim, (head + 1) * dim);
        concat.set(
          attend(part, k[head], v[head], len, () => true),
          head * dim,
        );
      }
      return project(concat, wo, bo);
    },
  };
}
