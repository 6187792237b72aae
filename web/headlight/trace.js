import { checkReturns, checkShared, writeOptions } from "./attention.js";
import { operand, optionalOperand, outOperand, withCall } from "./call.js";
import { HeadlightError } from "./error.js";
import { checkOptions, wholeNumber } from "./options.js";
import { showShape } from "./tensor.js";

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
    operand(core, /** @type {Record<string, unknown>} */ (options)[name], name),
  );
  const sinusoidal = positions === true;
  const added =
    sinusoidal || positions === false ? null : optionalOperand(core, positions, "positions");
  const output = optionalOperand(core, wo, "wo");
  const shared = checkShared(core, options);
  const head = (options.head ?? null) === null ? null : wholeNumber(options.head, "head", 0);
  const wanted = new Set(
    (options.returns ?? null) === null ? NAMES : checkReturns(options.returns, NAMES),
  );
  const given = options.out ?? {};
  checkOptions(given, NAMES, "out");
  const names = NAMES.filter((name) => wanted.has(name));
  const outs = names.map((name) => outOperand(core, given[name], `out.${name}`));
  const omitted = OMITTABLE.reduce((bits, name, i) => bits | (wanted.has(name) ? 0 : 1 << i), 0);

  return withCall(core, "embeddings", (call) => {
    for (const placed of [embeddings, added, wq, wk, wv, output, shared.mask]) call.place(placed);
    const { exports, error } = core;
    const struct = call.struct(56);
    struct.tensor(embeddings);
    struct.tensor(added);
    struct.word(sinusoidal ? 1 : 0);
    for (const matrix of [wq, wk, wv, output]) struct.tensor(matrix);
    writeOptions(struct, shared);
    struct.word(omitted);
    struct.word(head === null ? 0 : 1);
    struct.word(head ?? 0);
    const described = call.alloc(24);
    core.check(exports.trace_plan(struct.address, described, error));
    const bytes = core.views.words[described >>> 2] >>> 0;
    const memory = call.alloc(bytes);
    core.check(exports.trace_run(struct.address, memory, bytes, described, error));

    const letters = call.alloc(16);
    const find = (/** @type {keyof Trace} */ name) => {
      const { bytes } = core.views;
      for (const [i, letter] of [...name, "\0"].entries())
        bytes[letters + i] = letter.charCodeAt(0);
      core.check(exports.trace_tensor(memory, letters, described, error));
      const { words } = core.views;
      const at = described >>> 2;
      const shape = Array.from({ length: words[at + 1] }, (_, axis) => words[at + 2 + axis]);
      return { address: words[at], shape };
    };
    const found = names.map(find);
    // Nothing is written before all are known to fit.
    for (const [i, { shape }] of found.entries()) checkShape(outs[i], shape, names[i]);
    return /** @type {Trace} */ (
      Object.fromEntries(
        found.map(({ address, shape }, i) => [names[i], call.take(address, shape, outs[i])]),
      )
    );
  });
}

/**
 * @param {import("./call.js").Out | null} out
 * @param {readonly number[]} shape of what it is for
 * @param {string} name
 */
function checkShape(out, shape, name) {
  if (out === null || String(out.shape) === String(shape)) return;
  const problem = `out.${name} is ${showShape(out.shape)}, expected ${showShape(shape)}`;
  throw new HeadlightError("shape", "out", problem);
}
