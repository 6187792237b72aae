// onnxruntime-web, on its wasm backend: the fused operators that it has for attention and the plain
// graph, of which the benchmark quotes the fastest.
import * as ort from "onnxruntime-web/wasm";
import { additive } from "../problem.js";
import { onnx } from "./onnx.js";

/** @typedef {import("../contenders.js").Contender} Contender */
/** @typedef {import("../problem.js").Weight} Weight */
/** @typedef {import("./onnx.js").Node} Node */
/** @typedef {import("./onnx.js").Constants} Constants */
/** @typedef {{ data: Float32Array, shape: number[] }} Input */

/** @param {import("../contenders.js").Host} host @returns {Promise<Contender>} */
export async function openOnnxRuntime(host) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = host.onnxruntime;

  /**
   * @param {string} name @param {Record<string, Input>} inputs @param {Constants} constants
   * @param {Node[]} nodes whose last gives the result @param {number[]} shape of the result
   * @param {number} [heads] as in Way
   */
  async function way(name, inputs, constants, nodes, shape, heads) {
    const shapes = Object.entries(inputs).map(([input, { shape }]) => [input, shape]);
    const model = onnx(Object.fromEntries(shapes), constants, nodes, { output: shape });
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
    });
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([input, { data, shape }]) => [
        input,
        new ort.Tensor("float32", data, shape),
      ]),
    );
    let result = new Float32Array();
    return {
      name,
      heads,
      async run() {
        const { output } = await session.run(feeds);
        result = /** @type {Float32Array<ArrayBuffer>} */ (output.data);
      },
      output: () => result,
      free() {
        void session.release();
      },
    };
  }

  return {
    version: host.versions["onnxruntime-web"],

    async attention(problem) {
      const { heads, kvHeads, queries, keys, dim, causal, mask, q, k, v } = problem;
      const sum = additive(problem);
      // What the operators call causal; any other mask is given.
      const given = causal ? null : mask;
      const apart = {
        q: { data: q, shape: [1, heads, queries, dim] },
        k: { data: k, shape: [1, kvHeads, keys, dim] },
        v: { data: v, shape: [1, kvHeads, keys, dim] },
      };
      const together = {
        q: { data: tokensFirst(q, heads, queries, dim), shape: [1, queries, heads * dim] },
        k: { data: tokensFirst(k, kvHeads, keys, dim), shape: [1, keys, kvHeads * dim] },
        v: { data: tokensFirst(v, kvHeads, keys, dim), shape: [1, keys, kvHeads * dim] },
      };
      const ways = [
        await way(
          "Attention",
          apart,
          given ? { mask: { shape: [queries, keys], data: given } } : {},
          [
            {
              op: "Attention",
              inputs: given ? ["q", "k", "v", "mask"] : ["q", "k", "v"],
              output: "output",
              attributes: { is_causal: Number(causal) },
            },
          ],
          apart.q.shape,
        ),
      ];
      // Its keys and values are of as many heads as its queries.
      if (kvHeads < heads) return ways;
      /** @type {Constants} */
      const bias = sum && !causal ? { bias: { shape: [1, 1, queries, keys], data: sum } } : {};
      ways.push(
        await way(
          "MultiHeadAttention",
          together,
          bias,
          [
            {
              op: "MultiHeadAttention",
              domain: "com.microsoft",
              inputs: ["q", "k", "v", ...("bias" in bias ? ["", "", "bias"] : [])],
              output: "output",
              attributes: { num_heads: heads, unidirectional: Number(causal) },
            },
          ],
          together.q.shape,
          heads,
        ),
        await way(
          "plain graph",
          apart,
          {
            scale: { shape: [1], data: Float32Array.of(dim ** -0.5) },
            ...(sum ? { mask: { shape: [queries, keys], data: sum } } : {}),
          },
          [
            { op: "Transpose", inputs: ["k"], output: "kt", attributes: { perm: [0, 1, 3, 2] } },
            { op: "MatMul", inputs: ["q", "kt"], output: "scores" },
            { op: "Mul", inputs: ["scores", "scale"], output: "scaled" },
            ...(sum ? [{ op: "Add", inputs: ["scaled", "mask"], output: "logits" }] : []),
            { op: "Softmax", inputs: [sum ? "logits" : "scaled"], output: "weights" },
            { op: "MatMul", inputs: ["weights", "v"], output: "output" },
          ],
          apart.q.shape,
        ),
      );
      return ways;
    },

    async layer({ len, dModel, heads, x, weights }) {
      /** @type {Constants} */
      const constants = {};
      for (const [name, data] of Object.entries(weights)) {
        constants[name] = { shape: name[0] === "w" ? [dModel, dModel] : [dModel], data };
      }
      const shape = [1, len, dModel];
      /** @param {"q" | "k" | "v" | "o"} name @param {string} input @returns {Node[]} */
      const projection = (name, input) => [
        { op: "MatMul", inputs: [input, `w${name}`], output: `product${name}` },
        { op: "Add", inputs: [`product${name}`, `b${name}`], output: name },
      ];
      const inputs = { x: { data: x, shape } };
      const projections = [
        ...projection("q", "x"),
        ...projection("k", "x"),
        ...projection("v", "x"),
      ];
      const end = projection("o", "concat").map((node) =>
        node.output === "o" ? { ...node, output: "output" } : node,
      );
      const operator = (/** @type {Partial<Node>} */ node) => [
        ...projections,
        { op: "Attention", inputs: ["q", "k", "v"], output: "concat", ...node },
        ...end,
      ];
      const attention = operator({ attributes: { q_num_heads: heads, kv_num_heads: heads } });
      const multiHead = operator({
        op: "MultiHeadAttention",
        domain: "com.microsoft",
        attributes: { num_heads: heads },
      });
      return [
        await way("Attention", inputs, constants, attention, shape),
        await way("MultiHeadAttention", inputs, constants, multiHead, shape),
      ];
    },
  };
}

/**
 * (heads, len, dim) as (len, heads, dim).
 * @param {Float32Array} data @param {number} heads @param {number} len @param {number} dim
 */
export function tokensFirst(data, heads, len, dim) {
  const result = new Float32Array(data.length);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < len; i++) {
      const row = (head * len + i) * dim;
      result.set(data.subarray(row, row + dim), (i * heads + head) * dim);
    }
  }
  return result;
}
