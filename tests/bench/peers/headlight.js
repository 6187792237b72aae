// Headlight itself, in the ways in which it takes and gives memory.

/** @typedef {import("../contenders.js").Contender} Contender */
/** @typedef {import("../problem.js").Attention} Attention */
/** @typedef {import("../../../web/headlight/tensor.js").Tensor} Tensor */

/**
 * `out`: arrays in, an array that is there out. `fresh`: a new array out. `alloc`: tensors in wasm
 * memory, none copied. `handle`: what stays the same from call to call is kept in wasm memory, keys
 * and values by hl.cache, projections by hl.multiHeadLayer; the rest as `out`.
 * @typedef {"out" | "fresh" | "alloc" | "handle"} Memory
 */

/**
 * @param {import("../contenders.js").Host} host
 * @param {{ build: "baseline" | "simd" | "relaxed", memory: Memory, threads?: number }} options
 * @returns {Promise<Contender | null>} null where this engine has no such thing
 */
export async function openHeadlight(host, { build, memory, threads = 1 }) {
  const { load } = await import(/* @vite-ignore */ host.headlight);
  /** @type {import("../../../web/headlight/headlight.js").Headlight} */
  const hl = await load({ build, threads });
  if (threads > 1 && hl.threads !== threads) return null;

  /** What the ways of one problem hold in wasm memory. @type {{ dispose: () => void }[]} */
  const held = [];
  /** @template {{ dispose: () => void }} T @param {T} handle @returns {T} */
  const hold = (handle) => {
    held.push(handle);
    return handle;
  };
  const free = () => {
    for (const handle of held.splice(0)) handle.dispose();
  };
  /** @param {Float32Array} data @param {number[]} shape @returns {Tensor} */
  const operand = (data, shape) => {
    if (memory !== "alloc") return { data, shape };
    const tensor = hold(hl.alloc(shape));
    tensor.data.set(data);
    return tensor;
  };
  /** @param {number[]} shape @param {(out: Tensor | undefined) => Tensor} call given `out` or nothing */
  const way = (shape, call) => {
    const numbers = shape.reduce((a, b) => a * b);
    const out = memory === "fresh" ? undefined : operand(new Float32Array(numbers), shape);
    /** @type {Tensor} */
    let result;
    const run = () => {
      result = call(out);
    };
    return { run, output: () => result.data, free };
  };

  /** All keys but the last are in the cache; each call brings the last, as a new token does.
   * @param {Attention} problem */
  const cached = ({ heads, kvHeads, queries, keys, dim, ...problem }) => {
    const past = hold(hl.cache({ batch: 1, kvHeads, dim, vDim: dim, capacity: keys }));
    /** @param {Float32Array} data (kvHeads, keys, dim) @param {number} start @param {number} end */
    const part = (data, start, end) => {
      const size = (end - start) * dim;
      const result = new Float32Array(kvHeads * size);
      for (let head = 0; head < kvHeads; head++) {
        const from = (head * keys + start) * dim;
        result.set(data.subarray(from, from + size), head * size);
      }
      return { data: result, shape: [1, kvHeads, end - start, dim] };
    };
    const shape = [1, heads, queries, dim];
    const q = { data: problem.q, shape };
    const old = keys - 1;
    hl.attention(q, part(problem.k, 0, old), part(problem.v, 0, old), { past });
    const k = part(problem.k, old, keys);
    const v = part(problem.v, old, keys);
    return way(shape, (out) => {
      past.truncate(old);
      return hl.attention(q, k, v, { past, out }).output;
    });
  };

  return {
    version: hl.version,

    attention(problem) {
      if (memory === "handle") return [cached(problem)];
      const { heads, kvHeads, queries, keys, dim, causal, window, mask } = problem;
      const shape = [1, heads, queries, dim];
      const q = operand(problem.q, shape);
      const k = operand(problem.k, [1, kvHeads, keys, dim]);
      const v = operand(problem.v, [1, kvHeads, keys, dim]);
      /** @type {import("../../../web/headlight/attention.js").AttentionOptions} */
      const options = {
        out: null,
        causal,
        ...(window < Infinity ? { window: /** @type {[number, number]} */ ([window - 1, 0]) } : {}),
        ...(mask ? { mask: { data: mask, shape: [queries, keys] } } : {}),
      };
      return [
        way(shape, (out) => {
          options.out = out;
          return hl.attention(q, k, v, options).output;
        }),
      ];
    },

    backward({ heads, queries, keys, dim, dOutput, ...problem }) {
      const rows = [1, heads, queries, dim];
      const columns = [1, heads, keys, dim];
      const [q, d] = [problem.q, dOutput].map((data) => operand(data, rows));
      const [k, v] = [problem.k, problem.v].map((data) => operand(data, columns));
      const made = hl.attention(q, k, v, { returns: ["statistics"] });
      const statistics = /** @type {Tensor} */ (made.statistics).data;
      const forward = {
        output: operand(made.output.data, rows),
        statistics: operand(statistics, [...rows.slice(0, 3), 2]),
      };
      const [dK, dV] = [0, 1].map(() => operand(new Float32Array(heads * keys * dim), columns));
      return [
        way(rows, (dQ) => {
          const out = dQ && { q: dQ, k: dK, v: dV };
          return hl.attentionBackward(q, k, v, forward, d, { out }).q;
        }),
      ];
    },

    linear({ rows, depth, cols, x, w, b }) {
      const input = operand(x, [rows, depth]);
      const matrix = operand(w, [depth, cols]);
      return [way([rows, cols], (out) => hl.linear(input, matrix, b, { out }))];
    },

    layer({ len, dModel, heads, x, weights }) {
      const shape = [len, dModel];
      const input = operand(x, shape);
      const entries = Object.entries(weights).map(([name, data]) => [
        name,
        { data, shape: name[0] === "w" ? [dModel, dModel] : [dModel] },
      ]);
      const tensors = Object.fromEntries(entries);
      if (memory === "handle") {
        const layer = hold(hl.multiHeadLayer(tensors, { heads }));
        return [way(shape, (out) => layer.forward(input, input, input, { out }).output)];
      }
      return [
        way(
          shape,
          (out) => hl.multiHeadAttention(input, input, input, tensors, { heads, out }).output,
        ),
      ];
    },
  };
}
