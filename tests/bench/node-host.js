// Node as a place to run the benchmark in.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { folders, versions } from "./peers/packages.js";

const root = new URL("../../", import.meta.url);

/** Runs a script that was written for a worker of the web as Node would a CommonJS module.
 * @param {string} file */
function importScripts(file) {
  const module = { exports: /** @type {unknown} */ ({}) };
  const names = ["module", "exports", "require", "__dirname", "__filename"];
  compileFunction(
    readFileSync(file, "utf8"),
    names,
  )(...[module, module.exports, createRequire(file), dirname(file), file]);
  Object.assign(globalThis, { ModuleFactory: module.exports });
}

/** @type {import("./contenders.js").Host} */
export const host = {
  headlight: new URL("dist/headlight/headlight.js", root).href,
  litert: fileURLToPath(folders.litert),
  onnxruntime: folders.onnxruntime.href,
  tfjs: fileURLToPath(folders.tfjs),
  versions,
  peak: (build) => readFile(new URL(`build/bench/peak-${build}.wasm`, root)),
  // LiteRT.js loads its wasm by a worker's means, and warns that there is no graphics card.
  async quietly(load) {
    const { warn } = console;
    console.warn = () => {};
    Object.assign(globalThis, { self: globalThis, importScripts });
    try {
      return await load();
    } finally {
      console.warn = warn;
      for (const name of ["self", "importScripts"]) Reflect.deleteProperty(globalThis, name);
    }
  },
};
