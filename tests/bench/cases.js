// What is measured, and what it should reach. One table; the rest of this folder reads it.

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {"attention" | "layer" | "linear"} kind
 * @property {object} size as in problem.js
 * @property {string[]} contenders as in contenders.js
 * @property {boolean} relaxed with relaxed SIMD, or without it
 * @property {boolean} [quick] also where the whole benchmark may take a minute only
 * @property {Target[]} targets
 */

/**
 * One that our figures should reach.
 * @typedef {object} Target
 * @property {string} of whose figure
 * @property {"times" | "peak" | "bandwidth" | "ms"} kind times as fast as `against`; share of the peak; GB/s; at most ms
 * @property {string[]} [against] the fastest of them
 * @property {number} value
 * @property {number} [inChromium] where that differs
 */

const PEERS = ["LiteRT.js", "onnxruntime-web", "tfjs-wasm"];
const ALL = ["Headlight", "Headlight, hl.alloc", "Headlight, new array", ...PEERS, "naive loop"];

/** @param {number} value @param {string | string[]} against @param {number} [inChromium] @returns {Target} */
const faster = (value, against, inChromium) => ({
  of: "Headlight",
  kind: "times",
  against: [against].flat(),
  value,
  inChromium,
});
/** @param {number} value @param {string} [of] @returns {Target} */
const ofPeak = (value, of = "Headlight, hl.alloc") => ({ of, kind: "peak", value });

const long = [faster(1.4, "LiteRT.js"), faster(2, "onnxruntime-web"), ofPeak(0.86)];

/** @param {number} heads @param {number} queries @param {number} [dim] */
const sdpa = (heads, queries, dim = 64) => ({ heads, queries, dim });

/** @type {Omit<Case, "relaxed" | "contenders"> & Partial<Case>[]} */
const table = /** @type {any} */ ([
  { name: "8×64×64", size: sdpa(8, 64), targets: [faster(1.8, PEERS, 2.5)] },
  { name: "12×128×64", size: sdpa(12, 128), quick: true, targets: [faster(1.6, PEERS, 1.7)] },
  { name: "12×512×64", size: sdpa(12, 512), quick: true, targets: long },
  {
    name: "12×512×64 causal",
    size: { ...sdpa(12, 512), causal: true },
    quick: true,
    targets: [faster(2.6, PEERS)],
  },
]);

/** @type {Case[]} */
export const cases = table.map((/** @type {any} */ item) => ({
  kind: "attention",
  contenders: ALL,
  relaxed: true,
  ...item,
}));
