import { Cache } from "./cache.js";
import { maskOperand, operand, outOperand, withCall } from "./call.js";
import { HeadlightError, show, wrong } from "./error.js";
import { checkOptions, flag, float32, wholeNumber } from "./options.js";
import { isTyped } from "./realm.js";

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {import("./tensor.js").TensorLike} TensorLike */
/** @typedef {import("./tensor.js").MaskLike} MaskLike */

/**
 * A matrix of attention on its way: Q·Kᵀ, after the scale, after softcap, after the mask (the
 * logits; hidden keys are −Infinity), after softmax.
 * @typedef {"scores" | "scaled" | "capped" | "masked" | "weights"} Stage
 */

/** @type {readonly Stage[]} */
const STAGES = ["scores", "scaled", "capped", "masked", "weights"];
/**
 * Of each row's logits: log Σ exp; or the largest and Σ exp(logit − largest), which attentionBackward
 * takes.
 * @typedef {"logsumexp" | "statistics"} RowSum
 */

/** In the order of attention_call's flags. @type {readonly (Stage | RowSum)[]} */
const RETURNS = [...STAGES, "logsumexp", "statistics"];

/**
 * @typedef {object} AttentionOptions
 * @property {number | null} [heads] query heads, for q of rank 2 and 3; default 1
 * @property {number | null} [kvHeads] key/value heads, a divisor of heads; default heads
 * @property {number | null} [scale] default 1/√qk_dim
 * @property {number | null} [softcap] c: c·tanh(x/c) after the scale, before the mask; 0: none
 * @property {boolean | null} [causal] key j is visible to query i when j ≤ i + offset; the offset is the
 *   length of past, else kvLengths[b] − q_len, else 0
 * @property {readonly [left: number, right: number] | null} [window] visible when
 *   i + offset − left ≤ j ≤ i + offset + right; whole numbers or Infinity
 * @property {MaskLike | null} [mask] booleans: true = may attend; numbers are added to the logits
 * @property {readonly number[] | Int32Array | null} [kvLengths] one per batch, 0 … kv_len; not with past
 * @property {{ k: TensorLike, v: TensorLike } | Cache | null} [past] (batch, kv_heads, len, dim) each, to be
 *   returned with the new keys and values as present; or a cache, which takes those in itself
 * @property {readonly (Stage | RowSum)[] | null} [returns] matrices (batch, heads, queries, keys);
 *   logsumexp (batch, heads, queries), −Infinity where a row sees no key; statistics (batch, heads,
 *   queries, 2), there −Infinity and 0; for rank 2 without heads all without batch and heads
 * @property {Tensor | null} [out] of the output's shape: is written and returned as output
 */

/**
 * @typedef {{ output: Tensor, present?: { k: Tensor, v: Tensor } } &
 *   Partial<Record<Stage | RowSum, Tensor>>} AttentionResult
 */

const OPTIONS = [
  "heads",
  "kvHeads",
  "scale",
  "softcap",
  "causal",
  "window",
  "mask",
  "kvLengths",
  "past",
  "returns",
  "out",
];

const UNLIMITED = 0x7fffffff;

/** @param {unknown} window @returns {{ use: number, left: number, right: number }} */
function checkWindow(window) {
  if (window === undefined || window === null) return { use: 0, left: 0, right: 0 };
  if (!Array.isArray(window) || window.length !== 2) {
    throw wrong("type", "window", window, "[left, right]");
  }
  const limit = (/** @type {unknown} */ value) =>
    value === Infinity ? UNLIMITED : wholeNumber(value, "window", 0);
  return { use: 1, left: limit(window[0]), right: limit(window[1]) };
}

/** @param {unknown} value @param {string} argument */
const optionalHeads = (value, argument) =>
  value === undefined || value === null ? 0 : wholeNumber(value, argument, 1);

/**
 * The options that attention and trace share, checked.
 * @param {import("./core.js").Core} core
 * @param {Omit<AttentionOptions, "returns" | "out">} options
 */
export function checkShared(core, { heads, kvHeads, scale, softcap, causal, window, mask }) {
  return {
    heads: optionalHeads(heads, "heads"),
    kvHeads: optionalHeads(kvHeads, "kvHeads"),
    useScale: scale === undefined || scale === null ? 0 : 1,
    scale: float32(scale ?? 0, "scale"),
    softcap: float32(softcap ?? 0, "softcap"),
    causal: flag(causal, "causal"),
    window: checkWindow(window),
    mask: maskOperand(core, mask),
  };
}

/**
 * Writes an hl_attention_options.
 * @param {import("./call.js").Struct} struct
 * @param {ReturnType<typeof checkShared>} options their mask placed
 */
export function writeOptions(struct, options) {
  struct.word(options.heads);
  struct.word(options.kvHeads);
  struct.word(options.useScale);
  struct.float(options.scale);
  struct.float(options.softcap);
  struct.word(options.causal);
  struct.word(options.window.use);
  struct.word(options.window.left);
  struct.word(options.window.right);
  struct.mask(options.mask);
}

/** @type {ReadonlySet<unknown>} */
const NOTHING = new Set();

/**
 * @param {unknown} returns
 * @param {readonly string[]} known
 * @returns {ReadonlySet<unknown>}
 */
export function checkReturns(returns, known) {
  if (returns === undefined || returns === null) return NOTHING;
  if (!Array.isArray(returns)) throw wrong("type", "returns", returns, "an array of names");
  for (const name of returns) {
    if (known.includes(name)) continue;
    const problem = `returns has ${show(name)}, expected some of ${known.join(", ")}`;
    throw new HeadlightError("value", "returns", problem);
  }
  return new Set(returns);
}

/** @param {unknown} lengths @returns {import("./call.js").Operand | null} */
function toLengths(lengths) {
  if (lengths === undefined || lengths === null) return null;
  if (!Array.isArray(lengths) && !isTyped(lengths, "Int32Array")) {
    throw wrong("type", "kvLengths", lengths, "an array of whole numbers");
  }
  const data = Int32Array.from(lengths, (length) => wholeNumber(length, "kvLengths", 0));
  return { data, shape: [data.length], address: 0 };
}

/** @param {import("./core.js").Core} core @param {unknown} past */
function toPast(core, past) {
  if (past === undefined || past === null) return null;
  if (typeof past !== "object" || !("k" in past) || !("v" in past)) {
    throw wrong("type", "past", past, "{ k, v }");
  }
  return {
    k: operand(core, past.k, "past", "past.k"),
    v: operand(core, past.v, "past", "past.v"),
  };
}

/** Where attention_call of exports.c has its results' addresses and its shape, in words. */
const PRESENT = 50;
const OUTPUT = 52;
const STAGE = 53;
const SHAPE = 73;
const WORDS = 81;

/**
 * @param {import("./core.js").Core} core
 * @param {TensorLike} query
 * @param {TensorLike} key
 * @param {TensorLike} value
 * @param {AttentionOptions} options
 * @returns {AttentionResult}
 */
export function attention(core, query, key, value, options) {
  checkOptions(options, OPTIONS);
  const q = operand(core, query, "q");
  const k = operand(core, key, "k");
  const v = operand(core, value, "v");
  const shared = checkShared(core, options);
  const lengths = toLengths(options.kvLengths);
  const cache = options.past instanceof Cache ? options.past : null;
  const past = cache === null ? toPast(core, options.past) : cache.operandsIn(core);
  const returns = checkReturns(options.returns, RETURNS);
  const out = outOperand(core, options.out);

  return withCall(core, "q", (call) => {
    call.place(q);
    call.place(k);
    call.place(v);
    call.place(shared.mask);
    call.place(lengths);
    if (past !== null) {
      call.place(past.k);
      call.place(past.v);
    }
    const struct = call.struct(WORDS);
    struct.tensor(q);
    struct.tensor(k);
    struct.tensor(v);
    writeOptions(struct, shared);
    struct.word(lengths?.address ?? 0);
    struct.word(lengths?.shape[0] ?? 0);
    struct.tensor(past?.k ?? null);
    struct.tensor(past?.v ?? null);
    struct.word(cache === null ? 0 : 1);
    struct.word(cache === null ? 0 : cache.length);
    struct.zeros(10);
    struct.tensor(out);
    if (returns === NOTHING) struct.zeros(RETURNS.length);
    else for (const stage of RETURNS) struct.word(returns.has(stage) ? 1 : 0);
    struct.zeros(8);
    call.run(core.exports.attention, struct);

    const { words } = core.views;
    const start = struct.address >>> 2;
    /** @type {Partial<AttentionResult>} */
    const result = {};
    const heads = words[start + SHAPE + 1];
    const vDim = words[start + SHAPE + 6];
    if (returns !== NOTHING || past !== null) {
      const sizes = words.subarray(start + SHAPE, start + SHAPE + 7);
      const [batch, , kvHeads, qLen, kvLen, qkDim] = sizes;
      const bare = q.shape.length === 2 && shared.heads === 0;
      const rows = bare ? [qLen] : [batch, heads, qLen];
      for (const [i, stage] of RETURNS.entries()) {
        if (!returns.has(stage)) continue;
        const last = stage === "logsumexp" ? [] : [stage === "statistics" ? 2 : kvLen];
        result[stage] = call.take(words[start + STAGE + i], [...rows, ...last]);
      }
      if (past !== null && cache === null) {
        result.present = {
          k: call.take(words[start + PRESENT], [batch, kvHeads, kvLen, qkDim]),
          v: call.take(words[start + PRESENT + 1], [batch, kvHeads, kvLen, vDim]),
        };
      }
    }
    // The output last: out is written only once nothing can fail any more.
    const shape = [...q.shape];
    shape[shape.length - 1] = shape.length === 4 ? vDim : heads * vDim;
    result.output = call.take(words[start + OUTPUT], shape, out);
    cache?.hold(words[start + SHAPE + 4]);
    return /** @type {AttentionResult} */ (result);
  });
}

/**
 * What attention was given, but for `past` and `returns`.
 * @typedef {Omit<AttentionOptions, "past" | "returns" | "out"> &
 *   { out?: Partial<Gradients> | null }} BackwardOptions out: tensors of q's, k's and v's shape, which
 *   are written and returned
 */

/**
 * The gradients of loss by q, k and v, in their shapes.
 * @typedef {{ q: Tensor, k: Tensor, v: Tensor }} Gradients
 */

/** @type {readonly (keyof Gradients)[]} */
const GRADIENTS = ["q", "k", "v"];
const BACKWARD_OPTIONS = OPTIONS.filter((name) => name !== "past" && name !== "returns");

/**
 * What backward reads of attention's result, made with `returns: ["statistics"]`.
 * @typedef {{ output: TensorLike, statistics?: TensorLike }} Forward
 */

/** @param {unknown} forward @returns {Forward} */
function checkForward(forward) {
  const made = /** @type {Partial<Forward> | null | undefined} */ (forward);
  if (made?.output !== undefined && made.statistics !== undefined)
    return /** @type {Forward} */ (made);
  const expected = 'what attention gave with returns: ["statistics"]';
  if (made?.output === undefined) throw wrong("type", "forward", forward, expected);
  throw wrong("type", "forward", made.statistics, expected, "forward.statistics");
}

/** Where backward_call of exports.c has the gradients' addresses, and how many words. */
const GRADIENT = 54;
const BACKWARD_WORDS = 76;

/**
 * @param {import("./core.js").Core} core
 * @param {TensorLike} query
 * @param {TensorLike} key
 * @param {TensorLike} value
 * @param {Forward} forward
 * @param {TensorLike} dOutput
 * @param {BackwardOptions} options
 * @returns {Gradients}
 */
export function attentionBackward(core, query, key, value, forward, dOutput, options) {
  checkOptions(options, BACKWARD_OPTIONS);
  const inputs = [operand(core, query, "q"), operand(core, key, "k"), operand(core, value, "v")];
  const made = checkForward(forward);
  const given = [
    operand(core, made.output, "forward", "forward.output"),
    operand(core, made.statistics, "forward", "forward.statistics"),
    operand(core, dOutput, "dOutput"),
  ];
  const shared = checkShared(core, options);
  const lengths = toLengths(options.kvLengths);
  const out = options.out ?? {};
  checkOptions(out, GRADIENTS, "out");
  const outs = GRADIENTS.map((name) => outOperand(core, out[name], `out.${name}`));

  return withCall(core, "q", (call) => {
    for (const placed of [...inputs, ...given, shared.mask, lengths]) call.place(placed);
    const struct = call.struct(BACKWARD_WORDS);
    for (const input of inputs) struct.tensor(input);
    writeOptions(struct, shared);
    struct.word(lengths?.address ?? 0);
    struct.word(lengths?.shape[0] ?? 0);
    for (const input of given) struct.tensor(input);
    struct.zeros(3);
    for (const each of outs) struct.tensor(each);
    struct.zeros(1);
    call.run(core.exports.attention_backward, struct, "forward.output");
    const start = (struct.address >>> 2) + GRADIENT;
    const results = GRADIENTS.map((name, i) => {
      const address = core.views.words[start + i];
      return [name, call.take(address, inputs[i].shape, outs[i])];
    });
    return /** @type {Gradients} */ (Object.fromEntries(results));
  });
}
