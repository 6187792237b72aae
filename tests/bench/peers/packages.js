// Where the peers' packages lie, and which versions they are.
import { readFileSync } from "node:fs";

const modules = new URL("../../../node_modules/", import.meta.url);
const names = ["@litertjs/core", "onnxruntime-web", "@tensorflow/tfjs-backend-wasm"];

/** Their wasm files. */
export const folders = {
  litert: new URL("@litertjs/core/wasm/", modules),
  onnxruntime: new URL("onnxruntime-web/dist/", modules),
  tfjs: new URL("@tensorflow/tfjs-backend-wasm/dist/", modules),
};

/** @type {Record<string, string>} */
export const versions = Object.fromEntries(
  names.map((name) => {
    const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), "utf8"));
    return [name, version];
  }),
);
