// LiteRT.js: XNNPACK behind the graph of attention, or of a layer, as a TensorFlow Lite model.
// Input tensors are made once and written anew each call; results come as its API gives them.
import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { additive } from "../problem.js";
import { tflite } from "./tflite.js";

/** @typedef {import("../contenders.js").Contender} Contender */
/** @typedef {import("../problem.js").Weight} Weight */
/** @typedef {import("./tflite.js").Node} Node */
/** @typedef {import("./tflite.js").TensorSpec} TensorSpec */

/**
 * @param {import("../contenders.js").Host} host @param {{ relaxed: boolean }} options
 * @returns {Promise<Contender>}
 */
export async function openLiteRt(host, { relaxed }) {
  const file = relaxed ? "litert_wasm_internal.js" : "litert_wasm_compat_internal.js";
  /** @type {string[]} */
  const log = [];
  const scope = /** @type {any} */ (globalThis);
  scope.Module = { print: log.push.bind(log), printErr: log.push.bind(log) };
  const litert = await host.quietly(() => loadLiteRt(`${host.litert}${file}`));
  const wasm = litert.liteRtWasm;

  /**
   * @param {Record<string, TensorSpec>} tensors @param {Record<string, Float32Array>} inputs
   * @param {Node[]} nodes whose last gives the result
   * @param {number} [parts] runs that a call takes, each of an equal part of inputs and result
   */
  async function way(tensors, inputs, nodes, parts = 1) {
    const names = Object.keys(inputs);
    const output = nodes[nodes.length - 1].output;
    const model = await loadAndCompile(tflite(tensors, names, nodes, output), {
      accelerator: "wasm",
    });
    if (!model.isFullyAccelerated) {
      throw new Error(`LiteRT.js: XNNPACK did not take the whole graph\n${log.join("\n")}`);
    }
    /** @param {Float32Array} whole @param {number} i */
    const part = ({ buffer, length }, i) =>
      new Float32Array(buffer, (4 * i * length) / parts, length / parts);
    const bytes = Array.from({ length: parts }, (_, i) =>
      names.map((name) => {
        const { buffer, byteOffset, byteLength } = part(inputs[name], i);
        return new Uint8Array(buffer, byteOffset, byteLength);
      }),
    );
    const memory = names.map((name) => new Tensor(part(inputs[name], 0), tensors[name].shape));
    const write = wasm.LiteRtTensorBufferLockMode.WRITE;
    let result = new Float32Array();
    return {
      async run() {
        for (let i = 0; i < parts; i++) {
          memory.forEach(({ liteRtTensorBuffer }, input) => {
            wasm.HEAPU8.set(bytes[i][input], liteRtTensorBuffer.lock(write));
            liteRtTensorBuffer.unlock();
          });
          const [tensor] = await model.run(memory);
          const some = /** @type {Float32Array<ArrayBuffer>} */ (tensor.toTypedArray());
          tensor.delete();
          if (parts === 1) result = some;
          else {
            if (i === 0) result = new Float32Array(parts * some.length);
            result.set(some, i * some.length);
          }
        }
      },
      output: () => result,
      free() {
        for (const tensor of memory) tensor.delete();
        model.delete();
      },
    };
  }

  return {
    version: host.versions["@litertjs/core"],

    async attention(problem) {
      const { heads, kvHeads, queries, keys, dim, q, k, v } = problem;
      // Query heads that share keys are one head of more queries.
      const rows = (heads / kvHeads) * queries;
      // It finds no memory for matrices of 512 MiB, so some heads have to do at a time.
      const parts = heads * queries * keys < 2 ** 27 ? 1 : 2;
      const some = kvHeads / parts;
      const operands = { shape: [some, rows, dim] };
      const matrix = { shape: [some, rows, keys] };
      const mask = additive(problem);
      /** @type {Record<string, TensorSpec>} */
      const tensors = {
        q: operands,
        k: { shape: [some, keys, dim] },
        v: { shape: [some, keys, dim] },
        scale: { shape: [1], data: Float32Array.of(dim ** -0.5) },
        ...{ scores: matrix, scaled: matrix, logits: matrix, weights: matrix, output: operands },
      };
      if (mask) tensors.mask = { shape: [1, queries, keys], data: mask };
      /** @type {Node[]} */
      const nodes = [
        { op: "BATCH_MATMUL", inputs: ["q", "k"], output: "scores", adjY: true },
        { op: "MUL", inputs: ["scores", "scale"], output: "scaled" },
        ...(mask ? [{ op: "ADD", inputs: ["scaled", "mask"], output: "logits" }] : []),
        { op: "SOFTMAX", inputs: [mask ? "logits" : "scaled"], output: "weights" },
        { op: "BATCH_MATMUL", inputs: ["weights", "v"], output: "output" },
      ];
      return [await way(tensors, { q, k, v }, nodes, parts)];
    },

    async layer({ len, dModel, heads, x, weights }) {
      const dim = dModel / heads;
      const flat = { shape: [len, dModel] };
      const split = { shape: [len, heads, dim] };
      const apart = { shape: [heads, len, dim] };
      const matrix = { shape: [heads, len, len] };
      /** @type {Record<string, TensorSpec>} */
      const tensors = {
        x: flat,
        scale: { shape: [1], data: Float32Array.of(dim ** -0.5) },
        byHead: { shape: [3], data: Int32Array.of(1, 0, 2) },
        splitShape: { shape: [3], data: Int32Array.from(split.shape) },
        flatShape: { shape: [2], data: Int32Array.from(flat.shape) },
        ...{ scores: matrix, scaled: matrix, weights: matrix, mixed: apart },
        ...{ together: split, concat: flat, output: flat },
      };
      for (const name of ["q", "k", "v", "o"]) {
        const w = weights[/** @type {Weight} */ (`w${name}`)];
        const b = weights[/** @type {Weight} */ (`b${name}`)];
        tensors[`w${name}`] = { shape: [dModel, dModel], data: transpose(w, dModel) };
        tensors[`b${name}`] = { shape: [dModel], data: b };
      }
      /** @param {"q" | "k" | "v"} name @returns {Node[]} */
      const projection = (name) => {
        Object.assign(tensors, { [`flat${name}`]: flat, [`split${name}`]: split, [name]: apart });
        return [
          { op: "FULLY_CONNECTED", inputs: ["x", `w${name}`, `b${name}`], output: `flat${name}` },
          { op: "RESHAPE", inputs: [`flat${name}`, "splitShape"], output: `split${name}` },
          { op: "TRANSPOSE", inputs: [`split${name}`, "byHead"], output: name },
        ];
      };
      /** @type {Node[]} */
      const nodes = [
        ...projection("q"),
        ...projection("k"),
        ...projection("v"),
        { op: "BATCH_MATMUL", inputs: ["q", "k"], output: "scores", adjY: true },
        { op: "MUL", inputs: ["scores", "scale"], output: "scaled" },
        { op: "SOFTMAX", inputs: ["scaled"], output: "weights" },
        { op: "BATCH_MATMUL", inputs: ["weights", "v"], output: "mixed" },
        { op: "TRANSPOSE", inputs: ["mixed", "byHead"], output: "together" },
        { op: "RESHAPE", inputs: ["together", "flatShape"], output: "concat" },
        { op: "FULLY_CONNECTED", inputs: ["concat", "wo", "bo"], output: "output" },
      ];
      return [await way(tensors, { x }, nodes)];
    },
  };
}

/** @param {Float32Array} matrix (size, size) @param {number} size */
function transpose(matrix, size) {
  return matrix.map((_, i) => matrix[(i % size) * size + Math.floor(i / size)]);
}
