import { checkReturns, optionalMask } from "./attention.js";
import { maskWords, tensorWords, withCall } from "./call.js";
import { checkOptions, checkOut, flag, wholeNumber } from "./options.js";
import { toTensor } from "./tensor.js";

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {import("./tensor.js").TensorLike} TensorLike */
/** @typedef {import("./tensor.js").MaskLike} MaskLike */

/**
 * The layer's weights, projections as (in, out).
 * @typedef {object} MultiHeadWeights
 * @property {TensorLike} wq (d_query, d_qk)
 * @property {TensorLike | null} [bq] (d_qk)
 * @property {TensorLike} wk (d_key, d_qk)
 * @property {TensorLike | null} [bk] (d_qk)
 * @property {TensorLike} wv (d_value, d_v)
 * @property {TensorLike | null} [bv] (d_v)
 * @property {TensorLike} wo (d_v, d_out)
 * @property {TensorLike | null} [bo] (d_out)
 * @property {TensorLike | null} [biasK] (d_qk), one more key, together with biasV (add_bias_kv)
 * @property {TensorLike | null} [biasV] (d_v)
 */

/**
 * @typedef {object} MultiHeadOptions
 * @property {number | null} [heads] a divisor of d_qk and d_v; default 1
 * @property {MaskLike | null} [mask] as in attention; rank 3 is (heads, queries, keys)
 * @property {MaskLike | null} [keyMask] (keys) or (batch, keys); booleans: true = may be attended to, the
 *   opposite of key_padding_mask
 * @property {boolean | null} [causal]
 * @property {boolean | null} [addZeroAttn] one more key and value of zeros
 * @property {boolean | null} [averageWeights] weights averaged over the heads; default false
 * @property {readonly "weights"[] | null} [returns]
 * @property {Tensor | null} [out] of the output's shape: is written and returned as output
 */

/** @typedef {{ output: Tensor, weights?: Tensor }} MultiHeadResult */

const MATRICES = ["wq", "wk", "wv", "wo"];
const BIASES = ["bq", "bk", "bv", "bo", "biasK", "biasV"];
const OPTIONS = [
  "heads",
  "mask",
  "keyMask",
  "causal",
  "addZeroAttn",
  "averageWeights",
  "returns",
  "out",
];

/**
 * @param {import("./core.js").Core} core
 * @param {TensorLike} query
 * @param {TensorLike} key
 * @param {TensorLike} value
 * @param {MultiHeadWeights} weights
 * @param {MultiHeadOptions} options
 * @returns {MultiHeadResult}
 */
export function multiHeadAttention(core, query, key, value, weights, options) {
  checkOptions(weights, [...MATRICES, ...BIASES], "weights");
  checkOptions(options, OPTIONS);
  const given = /** @type {Record<string, unknown>} */ (weights);
  const inputs = [toTensor(query, "query"), toTensor(key, "key"), toTensor(value, "value")];
  const matrices = MATRICES.map((name) => toTensor(given[name], name));
  const biases = BIASES.map((name) =>
    given[name] === undefined || given[name] === null ? null : toTensor(given[name], name),
  );
  const mask = optionalMask(options.mask);
  const keyMask = optionalMask(options.keyMask, "keyMask");
  const heads = wholeNumber(options.heads ?? 1, "heads", 1);
  const returnsWeights = checkReturns(options.returns, ["weights"]).has("weights");
  const averages = flag(options.averageWeights, "averageWeights");
  const flags = [
    flag(options.causal, "causal"),
    flag(options.addZeroAttn, "addZeroAttn"),
    returnsWeights ? averages : 0,
  ];

  return withCall(core, "query", (call) => {
    const words = [
      ...[...inputs, ...matrices].flatMap((tensor) => tensorWords(call.place(tensor))),
      ...biases.flatMap((tensor) => tensorWords(call.placeOptional(tensor))),
      heads,
      ...maskWords(call.placeMask(mask)),
      ...maskWords(call.placeMask(keyMask)),
      ...flags,
    ];
    const plan = call.alloc(24);
    core.call("multihead_plan", call.struct([...words, 0, 0]), plan);
    const [batch, , qLen, kvLen, dOut, workspaceBytes] = call.read(plan, 6);

    const output = call.room([...inputs[0].shape.slice(0, -1), dOut]);
    const out = checkOut(options.out, output.shape);
    const matrix = [
      ...(inputs[0].shape.length === 3 ? [batch] : []),
      ...(options.averageWeights ? [] : [heads]),
      qLen,
      kvLen,
    ];
    const attended = returnsWeights ? call.room(matrix) : null;
    const workspace = call.alloc(workspaceBytes >>> 0);
    words.push(output.address, attended?.address ?? 0);
    core.call("multihead", call.struct(words), workspace, workspaceBytes);

    // The output last: out is written only once nothing can fail any more.
    const weighted = attended && { weights: call.take(attended) };
    return { output: call.take(output, out), ...weighted };
  });
}
