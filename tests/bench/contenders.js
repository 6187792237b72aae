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
 * @property {(problem: import("./problem.js").Layer) => Ways} [layer]
 * @property {(problem: import("./problem.js").Linear) => Ways} [linear]
 */

/**
 * By the name in the tables. `relaxed`: whether relaxed SIMD may be used.
 * @type {Record<string, (host: Host, options: { relaxed: boolean }) => Promise<Contender | null> | Contender>}
 */
export const contenders = {
  Headlight: (host, { relaxed }) => openHeadlight(host, { build: relaxed ? "relaxed" : "simd" }),
  "Headlight, hl.alloc": (host) => openHeadlight(host, { build: "relaxed", memory: "alloc" }),
  "Headlight, new array": (host) => openHeadlight(host, { build: "relaxed", memory: "fresh" }),
  "Headlight, hl.cache": (host) => openHeadlight(host, { build: "relaxed", memory: "handle" }),
  "Headlight, multiHeadLayer": (host) =>
    openHeadlight(host, { build: "relaxed", memory: "handle" }),
  "Headlight, 2 threads": (host) => openHeadlight(host, { build: "relaxed", threads: 2 }),
  "Headlight, baseline": (host) => openHeadlight(host, { build: "baseline" }),
  "LiteRT.js": openLiteRt,
  "onnxruntime-web": openOnnxRuntime,
  "tfjs-wasm": openTfjs,
  "naive loop": openLoop,
};
