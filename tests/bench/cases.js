// What is measured, and what it should reach. The rest of this folder reads this table.

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {"attention" | "backward" | "layer" | "linear"} kind
 * @property {object} size as in problem.js
 * @property {string[]} contenders as in contenders.js
 * @property {boolean} relaxed with relaxed SIMD, or without it
 * @property {boolean} quick also where the whole benchmark may take a minute only
 * @property {Target[]} targets
 */

/**
 * What one of our figures should be.
 * @typedef {object} Target
 * @property {string} of whose figure
 * @property {"times" | "peak" | "bandwidth" | "ms" | "case"} kind at least so many times as fast as
 *   the fastest of `against`; at least that share of the peak; GB/s; at most so many milliseconds; at
 *   most so many times what the case `against` takes
 * @property {string[]} against
 * @property {number} value
 * @property {number} [inChromium] where that differs
 */

const PEERS = ["LiteRT.js", "onnxruntime-web", "tfjs-wasm"];
const ALLOC = "Headlight, hl.alloc";
const CACHE = "Headlight, hl.cache";
const LAYER = "Headlight, multiHeadLayer";
const OWN = ["Headlight", ALLOC, "Headlight, new array"];

/** @param {Target["kind"]} kind @returns {(value: number, options?: Partial<Target>) => Target} */
const target = (kind) => (value, options) => ({
  ...{ of: "Headlight", kind, value, against: PEERS },
  ...options,
});
const times = target("times");
const peak = target("peak");
const bandwidth = target("bandwidth");
const most = target("ms");
const ofCase = target("case");

/** @param {number} heads @param {number} queries @param {object} [rest] */
const sdpa = (heads, queries, rest) => ({ heads, queries, dim: 64, ...rest });

const long = [
  times(1.4, { against: ["LiteRT.js"] }),
  times(2, { against: ["onnxruntime-web"] }),
  peak(0.86, { of: ALLOC }),
];
const causal = [times(2.6)];
/** Odd sizes, masks and groups must not fall off a cliff. */
const smooth = [ofCase(1.25, { against: ["12×512×64"] })];
const unrelaxed = [
  times(1.3, { against: ["LiteRT.js"] }),
  times(1.3, { against: ["onnxruntime-web"] }),
  times(3, { against: ["Headlight, baseline"] }),
];

/** @type {(Pick<Case, "name" | "size"> & Partial<Case>)[]} */
const attention = [
  { name: "8×64×64", size: sdpa(8, 64), targets: [times(1.8, { inChromium: 2.5 })] },
  {
    name: "12×128×64",
    size: sdpa(12, 128),
    quick: true,
    targets: [times(1.6, { inChromium: 1.7 })],
  },
  { name: "12×512×64", size: sdpa(12, 512), quick: true, targets: long },
  {
    name: "12×512×64 causal",
    size: sdpa(12, 512, { causal: true }),
    quick: true,
    targets: causal,
  },
  { name: "12×1024×64", size: sdpa(12, 1024), targets: long },
  { name: "12×1024×64 causal", size: sdpa(12, 1024, { causal: true }), targets: causal },
  { name: "12×2048×64", size: sdpa(12, 2048), targets: long },
  { name: "8×4096×64", size: sdpa(8, 4096), targets: long },
  { name: "12×500×63", size: sdpa(12, 500, { dim: 63 }), targets: smooth },
  { name: "12×512×64 boolean mask", size: sdpa(12, 512, { masked: true }), targets: smooth },
  { name: "12 on 3 heads ×512×64", size: sdpa(12, 512, { kvHeads: 3 }), targets: smooth },
  { name: "12×4096×64 causal", size: sdpa(12, 4096, { causal: true }), contenders: ["Headlight"] },
  {
    name: "12×4096×64 window 512",
    size: sdpa(12, 4096, { window: 512 }),
    contenders: ["Headlight"],
  },
  {
    name: "12×4096×64 window 256",
    size: sdpa(12, 4096, { window: 256 }),
    contenders: ["Headlight"],
    targets: [ofCase(0.6, { against: ["12×4096×64 window 512"] })],
  },
  {
    name: "12×4096×64 window 128",
    size: sdpa(12, 4096, { window: 128 }),
    contenders: ["Headlight"],
  },
  {
    name: "1 on 2048 ×12×64",
    size: sdpa(12, 1, { keys: 2048 }),
    contenders: ["Headlight", CACHE, ...PEERS],
    quick: true,
    targets: [times(2, { of: CACHE }), bandwidth(55, { of: CACHE })],
  },
  {
    name: "12×1024×64 by two threads",
    size: sdpa(12, 1024),
    contenders: ["Headlight", "Headlight, 2 threads"],
    targets: [times(1.8, { of: "Headlight, 2 threads", against: ["Headlight"] })],
  },
  {
    name: "1×8×2",
    size: sdpa(1, 8, { dim: 2 }),
    contenders: [...OWN, "naive loop"],
    quick: true,
    targets: [most(0.002, { of: "Headlight, new array" }), most(0.0006, { of: ALLOC })],
  },
];

/** @param {number} len @returns {Pick<Case, "name" | "kind" | "size"> & Partial<Case>} */
const layer = (len) => ({
  name: `layer 12×${len}×64`,
  kind: "layer",
  size: { len, dModel: 768, heads: 12 },
  contenders: ["Headlight", LAYER, "LiteRT.js", "onnxruntime-web"],
  quick: len === 128,
  targets: [times(1.35, { of: LAYER, against: ["LiteRT.js"] }), peak(0.86, { of: LAYER })],
});

/** @param {number} len @returns {Pick<Case, "name" | "kind" | "size"> & Partial<Case>} */
const backward = (len) => ({
  name: `backward of 12×${len}×64`,
  kind: "backward",
  size: sdpa(12, len),
  contenders: OWN,
  quick: len === 512,
  targets: [ofCase(3, { against: [`12×${len}×64`] })],
});

/** @type {(Pick<Case, "name" | "size"> & Partial<Case>)[]} */
const table = [
  ...attention,
  ...[512, 1024].map(backward),
  {
    name: "512×768 · 768×768",
    kind: "linear",
    size: { rows: 512, depth: 768, cols: 768 },
    contenders: ["Headlight", ALLOC],
    targets: [peak(0.92, { of: ALLOC })],
  },
  ...[128, 512, 1024].map(layer),
  ...[128, 512].map((len) => ({
    name: `12×${len}×64 without relaxed SIMD`,
    size: sdpa(12, len),
    relaxed: false,
    contenders: ["Headlight", "Headlight, baseline", ...PEERS],
    targets: unrelaxed,
  })),
];

/** @type {Case[]} */
export const cases = table.map((item) => ({
  kind: "attention",
  contenders: [...OWN, ...PEERS, "naive loop"],
  relaxed: true,
  quick: false,
  targets: [],
  ...item,
}));
