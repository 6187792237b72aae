import { attention, attentionBackward } from "./attention.js";
import { Cache } from "./cache.js";
import { HeadlightError, wrong } from "./error.js";
import { loadCore } from "./load.js";
import { WasmTensor } from "./memory.js";
import { MultiHeadLayer, multiHeadAttention } from "./multi-head.js";
import { checkOptions, wholeNumber } from "./options.js";
import { embed, linear, positionEncoding, softmax } from "./parts.js";
import { isBytes, isURL } from "./realm.js";
import { tensor } from "./tensor.js";
import { trace } from "./trace.js";

export { HeadlightError, tensor };

/** @typedef {import("./error.js").ErrorCode} ErrorCode */
/** @typedef {import("./load.js").Build} Build */
/** @typedef {import("./load.js").LoadOptions} LoadOptions */
/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {import("./tensor.js").TensorLike} TensorLike */
/** @typedef {import("./tensor.js").MaskLike} MaskLike */
/** @typedef {import("./tensor.js").Indices} Indices */
/** @typedef {import("./attention.js").Stage} Stage */
/** @typedef {import("./attention.js").RowSum} RowSum */
/** @typedef {import("./attention.js").Forward} Forward */
/** @typedef {import("./attention.js").AttentionOptions} AttentionOptions */
/** @typedef {import("./attention.js").AttentionResult} AttentionResult */
/** @typedef {import("./attention.js").BackwardOptions} BackwardOptions */
/** @typedef {import("./attention.js").Gradients} Gradients */
/** @typedef {import("./cache.js").CacheOptions} CacheOptions */
/** @typedef {import("./multi-head.js").MultiHeadWeights} MultiHeadWeights */
/** @typedef {import("./multi-head.js").MultiHeadOptions} MultiHeadOptions */
/** @typedef {import("./multi-head.js").MultiHeadResult} MultiHeadResult */
/** @typedef {import("./parts.js").LinearOptions} LinearOptions */
/** @typedef {import("./trace.js").TraceOptions} TraceOptions */
/** @typedef {import("./trace.js").Trace} Trace */

/** @typedef {Map<string, Promise<Headlight>>} Instances by build, threads and URL */

/** @type {Instances} */
const instances = new Map();
/** Those of bytes, which go when the bytes do. @type {WeakMap<object, Instances>} */
const instancesOfBytes = new WeakMap();

/**
 * Loads the core, once per distinct options; after a failure the next call tries again.
 * @param {LoadOptions} [options]
 * @returns {Promise<Headlight>}
 * @throws {HeadlightError} (as a rejection) `unsupported` where the engine cannot run a build named
 *   in options, `load` where the wasm cannot be fetched or started
 */
export async function load(options = {}) {
  checkOptions(options, ["build", "threads", "wasm"]);
  const build = options.build ?? "auto";
  const wasm = options.wasm ?? undefined;
  if (!["auto", "baseline", "simd", "relaxed"].includes(build)) {
    throw wrong("value", "build", build, "auto, baseline, simd or relaxed");
  }
  const threads = wholeNumber(options.threads ?? 1, "threads", 1);
  const known = instancesOf(wasm, build);
  const key = JSON.stringify([build, threads, isBytes(wasm) ? undefined : wasm]);
  let instance = known.get(key);
  if (instance === undefined) {
    const forget = () => known.delete(key);
    instance = loadCore({ build, threads, wasm }).then((core) => new Headlight(core, forget));
    known.set(key, instance);
    instance.catch(forget);
  }
  return instance;
}

/**
 * @param {unknown} wasm
 * @param {string} build
 */
function instancesOf(wasm, build) {
  if (wasm === undefined || typeof wasm === "string" || isURL(wasm)) return instances;
  if (!isBytes(wasm)) throw wrong("type", "wasm", wasm, "a URL, an ArrayBuffer or a Uint8Array");
  if (build === "auto") {
    const problem = "wasm is given as bytes: expected build to name which one it is";
    throw new HeadlightError("value", "build", problem);
  }
  const known = instancesOfBytes.get(wasm) ?? new Map();
  instancesOfBytes.set(wasm, known);
  return known;
}

/**
 * The core, ready to compute: what load() gives. All calls are synchronous. Tensors are taken as
 * tensors or as nested arrays of numbers; each result is a tensor with memory of its own.
 */
export class Headlight {
  #instance;
  #forget;

  /**
   * Use load().
   * @param {import("./core.js").Core} core
   * @param {() => void} [forget] what dispose() calls, so that load() does not give this one again
   */
  constructor(core, forget = () => {}) {
    this.#instance = core;
    this.#forget = forget;
    /** Which wasm build computes. @type {Build} */
    this.build = core.build;
    /** How many threads compute. */
    this.threads = core.threads;
    /** The core's version. */
    this.version = core.version;
  }

  /** @throws {HeadlightError} `disposed` */
  get #core() {
    return this.#instance.alive();
  }

  /**
   * Ends its threads and frees its memory, with all that alloc, cache and multiHeadLayer made there:
   * what is called then is refused as `disposed`, and load() gives a new instance. A second time does
   * nothing. It is the same instance for everybody who loaded it with the same options.
   */
  dispose() {
    if (this.#instance.disposed) return;
    this.#forget();
    this.#instance.dispose();
  }

  /** What `using` calls; an engine that does not know it takes another name, which does no harm. */
  [Symbol.dispose]() {
    this.dispose();
  }

  /**
   * A tensor of zeros in wasm memory. As an argument, or as out, of this instance it is not copied,
   * and it stays until its dispose(). An out must not overlap what the call reads.
   * @param {readonly number[]} shape
   * @returns {WasmTensor}
   * @throws {HeadlightError} `shape` or `memory`
   */
  alloc(shape) {
    return new WasmTensor(this.#core, shape);
  }

  /**
   * Keeps keys and values in wasm memory from call to call: as attention's past it grows in place.
   * A call with more new ones than there is room for is refused, and changes nothing.
   * @param {CacheOptions} options
   * @returns {Cache}
   * @throws {HeadlightError} `type`, `value` or `memory`
   */
  cache(options) {
    return new Cache(this.#core, options);
  }

  /**
   * softmax(softcap(scale · Q·Kᵀ) + mask) · V. Query head h reads key/value head
   * ⌊h · kv_heads / q_heads⌋. A row that sees no key has weights 0 and output 0; hidden keys are not
   * read for weights and output; otherwise Inf and NaN propagate as in PyTorch.
   * @param {TensorLike} q (batch, heads, q_len, qk_dim), (batch, q_len, heads·qk_dim) or (q_len,
   *   heads·qk_dim)
   * @param {TensorLike} k of the same rank: (batch, kv_heads, kv_len, qk_dim) …
   * @param {TensorLike} v of the same rank: (batch, kv_heads, kv_len, v_dim) …
   * @param {AttentionOptions} [options]
   * @returns {AttentionResult} output in q's layout, and what options ask for
   * @throws {HeadlightError} `type`, `shape`, `value` or `memory`, naming the argument
   */
  attention(q, k, v, options = {}) {
    return attention(this.#core, q, k, v, options);
  }

  /**
   * The gradients of a loss by q, k and v, from the one by attention's output. Hidden keys have
   * none, are not read for the others', and there is none to the mask.
   * @param {TensorLike} q as attention was given it
   * @param {TensorLike} k likewise
   * @param {TensorLike} v likewise
   * @param {Forward} forward what attention made of them, with `returns: ["statistics"]`
   * @param {TensorLike} dOutput the gradient of the loss by output, in its shape
   * @param {BackwardOptions} [options] as attention was given them
   * @returns {Gradients} in the shapes of q, k and v
   * @throws {HeadlightError} `type`, `shape`, `value` or `memory`, naming the argument
   */
  attentionBackward(q, k, v, forward, dOutput, options = {}) {
    return attentionBackward(this.#core, q, k, v, forward, dOutput, options);
  }

  /**
   * Concat(headₕ)·W_O + b_O with headₕ = attention(query·W_Qₕ + b_Qₕ, …): torch.nn.MultiheadAttention
   * without dropout, batch first. A row that sees no key has weights 0 and output b_O.
   * @param {TensorLike} query (q_len, d_query) or (batch, q_len, d_query)
   * @param {TensorLike} key (kv_len, d_key) or (batch, kv_len, d_key)
   * @param {TensorLike} value (kv_len, d_value) or (batch, kv_len, d_value)
   * @param {MultiHeadWeights} weights
   * @param {MultiHeadOptions} [options]
   * @returns {MultiHeadResult} output (…, q_len, d_out); weights (batch, heads, q_len, kv_len),
   *   averaged (batch, q_len, kv_len), without batch where query has none; kv_len counts the keys
   *   that biasK and addZeroAttn add
   * @throws {HeadlightError} `type`, `shape`, `value` or `memory`, naming the argument
   */
  multiHeadAttention(query, key, value, weights, options = {}) {
    return multiHeadAttention(this.#core, query, key, value, weights, options);
  }

  /**
   * A multi-head layer whose weights stay packed in wasm memory, for calls that come again:
   * forward(query, key, value, options) and dispose().
   * @param {MultiHeadWeights} weights
   * @param {{ heads?: number | null }} [options] heads: a divisor of d_qk and d_v; default 1
   * @returns {MultiHeadLayer}
   * @throws {HeadlightError} `type`, `shape`, `value` or `memory`, naming the argument
   */
  multiHeadLayer(weights, options = {}) {
    return new MultiHeadLayer(this.#core, weights, options);
  }

  /**
   * x·w + b.
   * @param {TensorLike} x (…, in)
   * @param {TensorLike} w (in, out)
   * @param {TensorLike | null} [b] (out)
   * @param {LinearOptions} [options]
   * @returns {Tensor} (…, out)
   * @throws {HeadlightError} `type`, `shape`, `value` or `memory`, naming the argument
   */
  linear(x, w, b, options = {}) {
    return linear(this.#core, x, w, b, options);
  }

  /**
   * exp(x − max) / Σ exp(x − max) over the last axis.
   * @param {TensorLike} x rank 1 to 4
   * @returns {Tensor} x's shape
   * @throws {HeadlightError} `type` or `shape`
   */
  softmax(x) {
    return softmax(this.#core, x);
  }

  /**
   * The rows of a table that ids name.
   * @param {Indices} ids whole numbers, nested as you like
   * @param {TensorLike} table (rows, d)
   * @returns {Tensor} shape of ids + [d]
   * @throws {HeadlightError} `value` where an id is no row of table, `type` or `shape`
   */
  embed(ids, table) {
    return embed(this.#core, ids, table);
  }

  /**
   * [p, 2i] = sin(a), [p, 2i+1] = cos(a), a = (first + p) / base^(2i/dModel), the angle in double
   * (Vaswani et al. 2017).
   * @param {number} len positions
   * @param {number} dModel any whole number, odd too
   * @param {{ base?: number | null, first?: number | null }} [options] default base 10000, first position 0
   * @returns {Tensor} (len, dModel)
   * @throws {HeadlightError} `type`, `value` or `memory`
   */
  positionEncoding(len, dModel, options = {}) {
    return positionEncoding(this.#core, len, dModel, options);
  }

  /**
   * The notebook's whole pipeline in one call: embeddings + positions → Q, K, V → scores → scaled →
   * capped → logits → weights → heads → concat → output.
   * @param {TraceOptions} options
   * @returns {Trace} every intermediate by name
   * @throws {HeadlightError} `type`, `shape`, `value` or `memory`, naming the argument
   */
  trace(options) {
    return trace(this.#core, options);
  }
}
