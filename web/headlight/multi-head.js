import { checkReturns } from "./attention.js";
import { maskOperand, operand, optionalOperand, outOperand, withCall } from "./call.js";
import { checkOptions, flag, wholeNumber } from "./options.js";

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

/** Where multihead_call of exports.c has its results' addresses and its shape, in words. */
const OUTPUT = 96;
const SHAPE = 105;
const WORDS = 111;

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
  const input = operand(core, query, "query");
  const tensors = [input, operand(core, key, "key"), operand(core, value, "value")].concat(
    MATRICES.map((name) => operand(core, given[name], name)),
  );
  const biases = BIASES.map((name) => optionalOperand(core, given[name], name));
  const mask = maskOperand(core, options.mask);
  const keyMask = maskOperand(core, options.keyMask, "keyMask");
  const heads = wholeNumber(options.heads ?? 1, "heads", 1);
  const returnsWeights = checkReturns(options.returns, ["weights"]).has("weights");
  const averages = flag(options.averageWeights, "averageWeights");
  const flags = [
    flag(options.causal, "causal"),
    flag(options.addZeroAttn, "addZeroAttn"),
    returnsWeights ? averages : 0,
  ];

  const out = outOperand(core, options.out);

  return withCall(core, "query", (call) => {
    for (const placed of [...tensors, ...biases, mask, keyMask]) call.place(placed);
    const struct = call.struct(WORDS);
    for (const placed of [...tensors, ...biases]) struct.tensor(placed);
    struct.word(heads);
    struct.mask(mask);
    struct.mask(keyMask);
    for (const word of flags) struct.word(word);
    struct.zeros(2);
    struct.tensor(out);
    struct.word(returnsWeights ? 1 : 0);
    struct.zeros(6);
    call.run(core.exports.multihead, struct);

    const { words } = core.views;
    const start = struct.address >>> 2;
    const [batch, , qLen, kvLen, dOut] = words.subarray(start + SHAPE, start + SHAPE + 5);
    const matrix = [
      ...(input.shape.length === 3 ? [batch] : []),
      ...(options.averageWeights ? [] : [heads]),
      qLen,
      kvLen,
    ];
    // The output last: out is written only once nothing can fail any more.
    const weighted = returnsWeights && { weights: call.take(words[start + OUTPUT + 1], matrix) };
    const shape = [...input.shape.slice(0, -1), dOut];
    return { output: call.take(words[start + OUTPUT], shape, out), ...weighted };
  });
}
