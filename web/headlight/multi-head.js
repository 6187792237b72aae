import { checkReturns } from "./attention.js";
import { maskOperand, operand, optionalOperand, outOperand, withCall } from "./call.js";
import { WasmBlock } from "./memory.js";
import { checkOptions, flag, wholeNumber } from "./options.js";
import { count } from "./tensor.js";

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
/** Those of one call; heads are the layer's. */
const OPTIONS = ["mask", "keyMask", "causal", "addZeroAttn", "averageWeights", "returns", "out"];

/** Where multihead_call of exports.c has its results' addresses and its shape, in words. */
const OUTPUT = 97;
const SHAPE = 106;
const WORDS = 112;

/** @typedef {import("./call.js").Operand} Operand */

/**
 * A layer's weights as operands, in the order of hl_multihead_args.
 * @typedef {{ matrices: Operand[], biases: (Operand | null)[], heads: number, packed: boolean }} Layer
 */

/**
 * @param {import("./core.js").Core} core
 * @param {MultiHeadWeights} weights
 * @param {number | null | undefined} heads
 * @returns {Layer}
 */
function layerOf(core, weights, heads) {
  checkOptions(weights, [...MATRICES, ...BIASES], "weights");
  const given = /** @type {Record<string, unknown>} */ (weights);
  return {
    matrices: MATRICES.map((name) => operand(core, given[name], name)),
    biases: BIASES.map((name) => optionalOperand(core, given[name], name)),
    heads: wholeNumber(heads ?? 1, "heads", 1),
    packed: false,
  };
}

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
  checkOptions(options, ["heads", ...OPTIONS]);
  return forward(core, query, key, value, layerOf(core, weights, options.heads), options);
}

/**
 * @param {import("./core.js").Core} core
 * @param {TensorLike} query
 * @param {TensorLike} key
 * @param {TensorLike} value
 * @param {Layer} layer
 * @param {Omit<MultiHeadOptions, "heads">} options
 * @returns {MultiHeadResult}
 */
function forward(core, query, key, value, { matrices, biases, heads, packed }, options) {
  const input = operand(core, query, "query");
  const inputs = [input, operand(core, key, "key"), operand(core, value, "value")];
  const tensors = [...inputs, ...matrices];
  const mask = maskOperand(core, options.mask);
  const keyMask = maskOperand(core, options.keyMask, "keyMask");
  const returnsWeights = checkReturns(options.returns, ["weights"]).has("weights");
  const averages = flag(options.averageWeights, "averageWeights");
  const flags = [
    flag(options.causal, "causal"),
    flag(options.addZeroAttn, "addZeroAttn"),
    returnsWeights ? averages : 0,
    packed ? 1 : 0,
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

/**
 * A multi-head layer that keeps its projections packed in wasm memory, from hl.multiHeadLayer: a call
 * copies no weights. It takes up its memory, that of the weights and a little more, until dispose().
 */
export class MultiHeadLayer {
  #core;
  #block;
  #layer;

  /**
   * Use hl.multiHeadLayer().
   * @param {import("./core.js").Core} core
   * @param {MultiHeadWeights} weights
   * @param {{ heads?: number | null }} options
   */
  constructor(core, weights, options) {
    checkOptions(options, ["heads"]);
    check(core, layerOf(core, weights, options.heads));
    const layer = layerOf(core, weights, options.heads);
    const packed = withCall(core, "weights", (call) => pack(call, layer));
    this.#core = core;
    this.#block = packed.block;
    this.#layer = packed.layer;
  }

  /**
   * As multiHeadAttention, with this layer's weights and heads.
   * @param {TensorLike} query (q_len, d_query) or (batch, q_len, d_query)
   * @param {TensorLike} key (kv_len, d_key) or (batch, kv_len, d_key)
   * @param {TensorLike} value (kv_len, d_value) or (batch, kv_len, d_value)
   * @param {Omit<MultiHeadOptions, "heads">} [options]
   * @returns {MultiHeadResult}
   * @throws {import("./error.js").HeadlightError} `type`, `shape`, `value`, `memory` or `disposed`,
   *   naming the argument
   */
  forward(query, key, value, options = {}) {
    this.#block.address("layer");
    checkOptions(options, OPTIONS);
    return forward(this.#core, query, key, value, this.#layer, options);
  }

  /** Gives its memory back; a second time does nothing. */
  dispose() {
    this.#block.dispose();
  }

  /** What `using` calls; an engine that does not know it takes another name, which does no harm. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/**
 * Whether the weights fit each other: a call without queries and keys says so.
 * @param {import("./core.js").Core} core
 * @param {Layer} layer
 */
function check(core, layer) {
  const [query, key, value] = layer.matrices.map(({ shape }) => ({
    data: new Float32Array(0),
    shape: [0, shape[0] ?? 0],
  }));
  forward(core, query, key, value, layer, {});
}

/**
 * Packs a layer's weights into a block of their own.
 * @param {import("./call.js").Call} call
 * @param {Layer} layer
 * @returns {{ block: WasmBlock, layer: Layer }}
 */
function pack(call, { matrices, biases, heads }) {
  const { core } = call;
  const { exports, error } = core;
  let bytes = 0;
  /** The next place in the block. @param {number} size */
  const next = (size) => {
    const at = bytes;
    bytes += (size + 15) & ~15;
    return at;
  };
  const projections = matrices.map((matrix) => {
    call.place(matrix);
    const struct = call.struct(6);
    struct.tensor(matrix);
    const size = call.alloc(4);
    core.check(exports.pack_plan(struct.address, size, error));
    return { struct, shape: matrix.shape, at: next(core.views.words[size >>> 2] >>> 0) };
  });
  const places = biases.map((bias) => call.place(bias) && next(4 * count(bias?.shape ?? [0])));

  const block = new WasmBlock(core, bytes, "weights");
  const start = block.address("weights");
  for (const { struct, at } of projections) {
    core.check(exports.pack(struct.address, start + at, error));
  }
  const kept = biases.map((bias, i) => {
    if (bias === null) return null;
    const address = start + Number(places[i]);
    const { bytes } = core.views;
    bytes.copyWithin(address, bias.address, bias.address + 4 * count(bias.shape));
    return { data: null, shape: bias.shape, address };
  });
  const packed = projections.map(({ shape, at }) => ({ data: null, shape, address: start + at }));
  return { block, layer: { matrices: packed, biases: kept, heads, packed: true } };
}
