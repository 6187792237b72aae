// Headlight itself, in the ways in which it takes and gives memory.

/** @typedef {import("../contenders.js").Contender} Contender */
/** @typedef {import("../../../web/headlight/headlight.js").Headlight} Headlight */
/** @typedef {import("../../../web/headlight/tensor.js").Tensor} Tensor */

/**
 * `out`: arrays in, an array that is there out. `fresh`: a new array out. `alloc`: tensors in wasm
 * memory, none copied.
 * @typedef {"out" | "fresh" | "alloc"} Memory
 */

/**
 * @param {import("../contenders.js").Host} host
 * @param {{ build: "baseline" | "simd" | "relaxed", memory?: Memory, threads?: number }} options
 * @returns {Promise<Contender | null>} null where this engine or version has no such thing
 */
export async function openHeadlight(host, { build, memory = "out", threads = 1 }) {
  const { load } = await import(/* @vite-ignore */ host.headlight);
  /** @type {Headlight} */
  const hl = await load({ build, threads });
  if (memory === "alloc" && !("alloc" in hl)) return null;
  if (threads > 1 && !("threads" in hl && hl.threads === threads)) return null;

  /** What release() takes back. @type {{ dispose: () => void }[]} */
  const held = [];
  const free = () => {
    for (const handle of held.splice(0)) handle.dispose();
  };
  /** @template T @param {T} handle @returns {T} */
  const hold = (handle) => {
    held.push(/** @type {any} */ (handle));
    return handle;
  };
  /** @param {number[]} shape @returns {Tensor} in wasm memory */
  const alloc = (shape) => hold(/** @type {any} */ (hl).alloc(shape));
  /** @param {Float32Array} data @param {number[]} shape @returns {Tensor} */
  const operand = (data, shape) => {
    if (memory !== "alloc") return { data, shape };
    const tensor = alloc(shape);
    tensor.data.set(data);
    return tensor;
  };
  /** @param {number[]} shape @returns {Tensor | undefined} what a call is given as `out` */
  const target = (shape) => {
    if (memory === "fresh") return undefined;
    if (memory === "alloc") return alloc(shape);
    return { data: new Float32Array(shape.reduce((a, b) => a * b)), shape };
  };
  /** @param {(out: Tensor | undefined) => Tensor} call @param {number[]} shape of the result */
  const way = (call, shape) => {
    const out = target(shape);
    /** @type {Tensor} */
    let result;
    const run = () => {
      result = call(out);
    };
    return { run, output: () => result.data, free };
  };

  return {
    version: hl.version,

    attention(problem) {
      const { heads, kvHeads, queries, keys, dim, causal, window, mask } = problem;
      const shape = [1, heads, queries, dim];
      const q = operand(problem.q, shape);
      const k = operand(problem.k, [1, kvHeads, keys, dim]);
      const v = operand(problem.v, [1, kvHeads, keys, dim]);
      const options = {
        causal,
        ...(window < Infinity ? { window: /** @type {[number, number]} */ ([window - 1, 0]) } : {}),
        ...(mask ? { mask: { data: mask, shape: [queries, keys] } } : {}),
      };
      return [way((out) => hl.attention(q, k, v, { ...options, out }).output, shape)];
    },

    linear({ rows, depth, cols, x, w, b }) {
      const input = operand(x, [rows, depth]);
      const matrix = operand(w, [depth, cols]);
      return [way(() => hl.linear(input, matrix, b), [rows, cols])];
    },
  };
}
