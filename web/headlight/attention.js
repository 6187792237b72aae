import { floatBits, maskWords, tensorWords, withCall } from "./call.js";
import { HeadlightError, show, wrong } from "./error.js";
import { checkOptions, checkOut, flag, float32, wholeNumber } from "./options.js";
import { toMask, toTensor } from "./tensor.js";

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
 * @property {{ k: TensorLike, v: TensorLike } | null} [past] (batch, kv_heads, len, dim) each
 * @property {readonly Stage[] | null} [returns] matrices (batch, heads, queries, keys); for rank 2 without
 *   heads (queries, keys)
 * @property {Tensor | null} [out] of the output's shape: is written and returned as output
 */

/**
 * @typedef {{ output: Tensor, present?: { k: Tensor, v: Tensor } } &
 *   Partial<Record<Stage, Tensor>>} AttentionResult
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

/** @param {unknown} window */
function windowWords(window) {
  if (window === undefined || window === null) return [0, 0, 0];
  if (!Array.isArray(window) || window.length !== 2) {
    throw wrong("type", "window", window, "[left, right]");
  }
  const limit = (/** @type {unknown} */ value) =>
    value === Infinity ? UNLIMITED : wholeNumber(value, "window", 0);
  return [1, limit(window[0]), limit(window[1])];
}

/** @param {unknown} value @param {string} argument */
const optionalHeads = (value, argument) =>
  value === undefined || value === null ? 0 : wholeNumber(value, argument, 1);

/**
 * hl_attention_options' words but for the mask, which stands last.
 * @param {Omit<AttentionOptions, "returns" | "out">} options
 */
export function optionWords({ heads, kvHeads, scale, softcap, causal, window }) {
  return [
    optionalHeads(heads, "heads"),
    optionalHeads(kvHeads, "kvHeads"),
    scale === undefined || scale === null ? 0 : 1,
    floatBits(float32(scale ?? 0, "scale")),
    floatBits(float32(softcap ?? 0, "softcap")),
    flag(causal, "causal"),
    ...windowWords(window),
  ];
}

/** @param {unknown} mask */
export const optionalMask = (mask, argument = "mask") =>
  mask === undefined || mask === null ? null : toMask(mask, argument);

/**
 * @param {unknown} returns
 * @param {readonly string[]} known
 */
export function checkReturns(returns, known) {
  if (returns === undefined || returns === null) return new Set();
  if (!Array.isArray(returns)) throw wrong("type", "returns", returns, "an array of names");
  for (const name of returns) {
    if (known.includes(name)) continue;
    const problem = `returns has ${show(name)}, expected some of ${known.join(", ")}`;
    throw new HeadlightError("value", "returns", problem);
  }
  return new Set(returns);
}

/** @param {unknown} lengths */
function toLengths(lengths) {
  if (lengths === undefined || lengths === null) return null;
  if (!Array.isArray(lengths) && !(lengths instanceof Int32Array)) {
    throw wrong("type", "kvLengths", lengths, "an array of whole numbers");
  }
  const data = Int32Array.from(lengths, (length) => wholeNumber(length, "kvLengths", 0));
  return { data, shape: [data.length] };
}

/** @param {unknown} past */
function toPast(past) {
  if (past === undefined || past === null) return null;
  if (typeof past !== "object" || !("k" in past) || !("v" in past)) {
    throw wrong("type", "past", past, "{ k, v }");
  }
  return { k: toTensor(past.k, "past", "past.k"), v: toTensor(past.v, "past", "past.v") };
}

/**
 * @param {import("./core.js").Core} core
 * @param {TensorLike} q
 * @param {TensorLike} k
 * @param {TensorLike} v
 * @param {AttentionOptions} options
 * @returns {AttentionResult}
 */
export function attention(core, q, k, v, options) {
  checkOptions(options, OPTIONS);
  const inputs = [toTensor(q, "q"), toTensor(k, "k"), toTensor(v, "v")];
  const scalars = optionWords(options);
  const mask = optionalMask(options.mask);
  const lengths = toLengths(options.kvLengths);
  const past = toPast(options.past);
  const returns = checkReturns(options.returns, STAGES);

  return withCall(core, "q", (call) => {
    const words = [
      ...inputs.flatMap((tensor) => tensorWords(call.place(tensor))),
      ...scalars,
      ...maskWords(call.placeMask(mask)),
      lengths === null ? 0 : call.place(lengths).address,
      lengths === null ? 0 : lengths.data.length,
      ...tensorWords(call.placeOptional(past?.k ?? null)),
      ...tensorWords(call.placeOptional(past?.v ?? null)),
    ];
    const plan = call.alloc(32);
    core.call("attention_plan", call.struct([...words, 0, 0, 0, 0, 0, 0, 0, 0]), plan);
    const [batch, heads, kvHeads, qLen, kvLen, qkDim, vDim, workspaceBytes] = call.read(plan, 8);

    const rank = inputs[0].shape.length;
    const row = rank === 4 ? vDim : heads * vDim;
    const output = call.room([...inputs[0].shape.slice(0, -1), row]);
    const out = checkOut(options.out, output.shape);
    const present = past && {
      k: call.room([batch, kvHeads, kvLen, qkDim]),
      v: call.room([batch, kvHeads, kvLen, vDim]),
    };
    const bare = rank === 2 && (options.heads ?? null) === null;
    const matrix = bare ? [qLen, kvLen] : [batch, heads, qLen, kvLen];
    const stages = STAGES.map((stage) => (returns.has(stage) ? call.room(matrix) : null));
    const workspace = call.alloc(workspaceBytes >>> 0);
    words.push(present?.k.address ?? 0, present?.v.address ?? 0, output.address);
    words.push(...stages.map((stage) => stage?.address ?? 0));
    core.call("attention", call.struct(words), workspace, workspaceBytes);

    // The output last: out is written only once nothing can fail any more.
    const taken = STAGES.flatMap((name, i) => {
      const stage = stages[i];
      return stage ? [[name, call.take(stage)]] : [];
    });
    const joined = present && { present: { k: call.take(present.k), v: call.take(present.v) } };
    return { output: call.take(output, out), ...joined, ...Object.fromEntries(taken) };
  });
}
