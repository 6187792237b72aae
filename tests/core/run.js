// Runs a C test that ./build.sh tests compiled to wasm:
//   node --no-warnings tests/core/run.js build/simd/tests/test_exp.wasm
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

// Node 20 may crash where a program's end is thrown through wasm, so that it ends the process itself.
const wasi = new WASI({ version: "preview1", returnOnExit: false });
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {
  .../** @type {WebAssembly.Imports} */ (wasi.getImportObject()),
  env: { emscripten_notify_memory_growth() {} },
});
wasi.start(instance);
