import { checkReturns, optionalMask, optionWords } from "./attention.js";
import { maskWords, tensorWords, withCall } from "./call.js";
import { checkOptions, checkOut, wholeNumber } from "./options.js";
import { toTensor } from "./tensor.js";

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {import("./tensor.js").TensorLike} TensorLike */

/**
 * @typedef {object} TraceOptions
 * @property {TensorLike} embeddings (len, d_model)
 * @property {TensorLike | boolean | null} [positions] (len, d_model), added to the embeddings; true: the
 *   sinusoidal encoding
 * @property {TensorLike} wq (d_model, heads·qk_dim), head h owns columns h·qk_dim …
 * @property {TensorLike} wk (d_model, heads·qk_dim)
 * @property {TensorLike} wv (d_model, heads·v_dim)
 * @property {TensorLike | null} [wo] (heads·v_dim, d_out)
 * @property {number | null} [heads] default 1
 * @property {number | null} [scale] default 1/√qk_dim
 * @property {number | null} [softcap]
 * @property {boolean | null} [causal]
 * @property {readonly [left: number, right: number] | null} [window]
 * @property {import("./tensor.js").MaskLike | null} [mask] (keys), (queries, keys) or (heads, queries,
 *   keys)
 * @property {readonly (keyof Trace)[] | null} [returns] the names of what is wanted; default all. The five
 *   matrices (heads, len, len) are most of the work of a long trace
 * @property {number | null} [head] whose scores, scaled, capped and logits are wanted, (1, len, len) then;
 *   default every head's
 * @property {Partial<Trace> | null} [out] tensors of the right shapes by name: they are written and
 *   returned, and spare a long trace the fresh memory that costs more than its numbers
 */

/**
 * Every intermediate of the pipeline.
 * @typedef {object} Trace
 * @property {Tensor} x (len, d_model): embeddings + positions
 * @property {Tensor} q (heads, len, qk_dim): x·W_Q
 * @property {Tensor} k (heads, len, qk_dim)
 * @property {Tensor} v (heads, len, v_dim)
 * @property {Tensor} scores (heads, len, len): Q·Kᵀ
 * @property {Tensor} scaled
 * @property {Tensor} capped
 * @property {Tensor} logits after the mask; hidden keys are −Infinity
 * @property {Tensor} weights after softmax
 * @property {Tensor} heads (heads, len, v_dim): weights·V
 * @property {Tensor} concat (len, heads·v_dim)
 * @property {Tensor} output (len, d_out): concat·W_O, concat where wo is absent
 */

/** @type {readonly (keyof Trace)[]} */
const NAMES = [
  "x",
  "q",
  "k",
  "v",
  "scores",
  "scaled",
  "capped",
  "logits",
  "weights",
  "heads",
  "concat",
  "output",
];
/** In the order of hl_trace_omit's bits. @type {readonly (keyof Trace)[]} */
const OMITTABLE = ["scores", "scaled", "capped", "logits", "weights"];
const encoder = new TextEncoder();
const MATRICES = ["embeddings", "wq", "wk", "wv"];
const OPTIONS = [
  "positions",
  "wo",
  "heads",
  "scale",
  "softcap",
  "causal",
  "window",
  "mask",
  "returns",
  "head",
  "out",
];

/**
 * @param {import("./core.js").Core} core
 * @param {TraceOptions} options
 * @returns {Trace}
 */
export function trace(core, options) {
  checkOptions(options, [...MATRICES, ...OPTIONS]);
  const { positions, wo } = options;
  const [embeddings, wq, wk, wv] = MATRICES.map((name) =>
    toTensor(/** @type {Record<string, unknown>} */ (options)[name], name),
  );
  const sinusoidal = positions === true;
  const added =
    sinusoidal || (positions ?? false) === false ? null : toTensor(positions, "positions");
  const output = wo === undefined || wo === null ? null : toTensor(wo, "wo");
  const scalars = optionWords(options);
  const mask = optionalMask(options.mask);
  const head = (options.head ?? null) === null ? null : wholeNumber(options.head, "head", 0);
  const wanted = new Set(
    (options.returns ?? null) === null ? NAMES : checkReturns(options.returns, NAMES),
  );
  const outs = options.out ?? {};
  checkOptions(outs, NAMES, "out");
  const omitted = OMITTABLE.reduce((bits, name, i) => bits | (wanted.has(name) ? 0 : 1 << i), 0);

  return withCall(core, "embeddings", (call) => {
    const args = call.struct([
      ...tensorWords(call.place(embeddings)),
      ...tensorWords(call.placeOptional(added)),
      sinusoidal ? 1 : 0,
      ...[wq, wk, wv].flatMap((matrix) => tensorWords(call.place(matrix))),
      ...tensorWords(call.placeOptional(output)),
      ...scalars,
      ...maskWords(call.placeMask(mask)),
      omitted,
      head === null ? 0 : 1,
      head ?? 0,
    ]);
    const plan = call.alloc(4);
    core.call("trace_plan", args, plan);
    const [bytes] = call.read(plan, 1);
    const memory = call.alloc(bytes >>> 0);
    core.call("trace_run", args, memory, bytes, plan);

    const described = call.alloc(24);
    const find = (/** @type {string} */ name) => {
      const letters = encoder.encode(`${name}\0`);
      const placedName = call.place({ data: letters, shape: [letters.length] }).address;
      core.call("trace_tensor", memory, placedName, described);
      const [address, rank, ...sizes] = call.read(described, 6);
      return { address: address >>> 0, shape: sizes.slice(0, rank) };
    };
    // Nothing is written before all are known to fit.
    const found = NAMES.filter((name) => wanted.has(name)).map((name) => {
      const placed = find(name);
      return { name, placed, out: checkOut(outs[name], placed.shape, `out.${name}`) };
    });
    return /** @type {Trace} */ (
      Object.fromEntries(found.map(({ name, placed, out }) => [name, call.take(placed, out)]))
    );
  });
}
