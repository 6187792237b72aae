// Who takes part. Each peer is a module of the same shape: it opens in an engine, and then gives for
// each kind of problem that it can compute the ways in which it may be run.
import { openHeadlight } from "./peers/headlight.js";
import { openLiteRt } from "./peers/litert.js";
import { openLoop } from "./peers/loop.js";
import { openOnnxRuntime } from "./peers/onnxruntime.js";
import { openTfjs } from "./peers/tfjs.js";

/** @typedef {import("./measure.js").Way} Way */
/** @typedef {Way[] | Promise<Way[]>} Ways */

/**
 * Where the benchmark runs, and where it finds what it needs there.
 * @typedef {object} Host
 * @property {string} headlight URL of the library's module
 * @property {string} litert folder of LiteRT.js's wasm files
 * @property {string | { wasm: string }} onnxruntime its wasmPaths
 * @property {string} tfjs folder of its wasm files
 * @property {(build: string) => Promise<BufferSource>} peak the module of peak.c
 * @property {Record<string, string>} versions of the peers' packages
 * @property {<T>(load: () => Promise<T>) => Promise<T>} quietly runs what chats while it loads
 */

/**
 * @typedef {object} Contender
 * @property {string} version
 * @property {(problem: import("./problem.js").Attention) => Ways} [attention]
 * @property {(problem: import("./problem.js").Backward) => Ways} [backward]
 * @property {(problem: import("./problem.js").Layer) => Ways} [layer]
 * @property {(problem: import("./problem.js").Linear) => Ways} [linear]
 */

/** @typedef {(host: Host, options: { relaxed: boolean }) => Promise<Contender | null> | Contender} Open */

/** The fastest build that may be used. @param {import("./peers/headlight.js").Memory} memory
 * @param {number} [threads] @returns {Open} */
const headlight =
  (memory, threads) =>
  (host, { relaxed }) =>
    openHeadlight(host, { build: relaxed ? "relaxed" : "simd", memory, threads });

/** By the name in the tables. `relaxed`: whether relaxed SIMD may be used. @type {Record<string, Open>} */
export const contenders = {
  Headlight: headlight("out"),
  "Headlight, hl.alloc": headlight("alloc"),
  "Headlight, new array": headlight("fresh"),
  "Headlight, hl.cache": headlight("handle"),
  "Headlight, multiHeadLayer": headlight("handle"),
  "Headlight, 2 threads": headlight("out", 2),
  "Headlight, baseline": (host) => openHeadlight(host, { build: "baseline", memory: "out" }),
  "LiteRT.js": openLiteRt,
  "onnxruntime-web": openOnnxRuntime,
  "tfjs-wasm": openTfjs,
  "naive loop": openLoop,
};
