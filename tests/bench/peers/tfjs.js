// TensorFlow.js on its wasm backend, without threads. Its fast way is one two-dimensional product a
// head, of keys that were transposed before: only such a product goes to XNNPACK.
import * as wasm from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { additive } from "../problem.js";

/** @typedef {import("../contenders.js").Contender} Contender */

/** @param {import("../contenders.js").Host} host @returns {Promise<Contender>} */
export async function openTfjs(host) {
  wasm.setWasmPaths(host.tfjs);
  wasm.setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) throw new Error("tfjs: without SIMD");
  return {
    version: tf.version_core,
    attention(problem) {
      const { heads, kvHeads, queries, keys, dim, q, k, v } = problem;
      const output = new Float32Array(q.length);
      const sum = additive(problem);
      const mask = sum && tf.tensor2d(sum, [queries, keys]);
      const run = () => {
        for (let head = 0; head < heads; head++) tf.tidy(() => attend(head));
      };
      const attend = (/** @type {number} */ head) => {
        const from = head * queries * dim;
        const first = Math.floor((head * kvHeads) / heads) * keys * dim;
        /** @type {[number, number]} */
        const shape = [keys, dim];
        const query = tf.tensor2d(q.subarray(from, from + queries * dim), [queries, dim]);
        const key = tf.tensor2d(k.subarray(first, first + keys * dim), shape);
        const value = tf.tensor2d(v.subarray(first, first + keys * dim), shape);
        const scaled = tf.mul(tf.matMul(query, tf.transpose(key)), dim ** -0.5);
        const weights = tf.softmax(mask ? tf.add(scaled, mask) : scaled);
        output.set(tf.matMul(weights, value).dataSync(), from);
      };
      return [{ run, output: () => output, free: () => mask?.dispose() }];
    },
  };
}
