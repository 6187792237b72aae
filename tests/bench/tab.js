// The benchmark as the page of chromium.js sees it.
import { runCases } from "./engine.js";

/** @param {string} name */
const here = (name) => new URL(name, location.href).href;

/** @param {import("./engine.js").Options} options @param {Record<string, string>} versions */
function start(options, versions) {
  const host = {
    headlight: here("headlight/headlight.js"),
    litert: here("litert/"),
    onnxruntime: { wasm: here("onnxruntime/ort-wasm-simd-threaded.wasm") },
    tfjs: here("tfjs/"),
    versions,
    peak: async (/** @type {string} */ build) =>
      (await fetch(here(`peak-${build}.wasm`))).arrayBuffer(),
    quietly: (/** @type {() => Promise<any>} */ load) => load(),
  };
  const { finish } = /** @type {any} */ (globalThis);
  // Not awaited: the page's errors are reported as such.
  void runCases(host, options, (line) => console.log(`bench: ${line}`)).then(finish);
}

Object.assign(globalThis, { start });
