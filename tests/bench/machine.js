// What the engine can do at best, by the loops of peak.c; in turns with what is held against it.

/** @typedef {import("./measure.js").Way} Way */

/** Multiply-adds a step of peak(): chains × lanes. */
const PRODUCTS = 12 * 4;
const STEPS = 200_000;

/** The heads' dimension of most cases, and the keys of one step of the core (panel.h). */
const DOT_DEPTH = 64;
const MIX_DEPTH = 48;
const TILES = 2000;

/**
 * @typedef {object} Machine
 * @property {Way} peak multiply-adds from registers
 * @property {number} peakFlops of one run of it
 * @property {{ name: string, way: Way, flops: number }[]} tiles the core's, alone
 * @property {(bytes: number) => Way} sum of so many bytes, whole rows of 24 floats
 */

/** @param {BufferSource} bytes of peak-*.wasm @returns {Promise<Machine>} */
export async function openMachine(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: { emscripten_notify_memory_growth() {} },
  });
  const exports = /** @type {Record<string, (...words: number[]) => number>} */ (instance.exports);
  exports._initialize();
  const tile = (/** @type {"dot" | "mix"} */ name, /** @type {number} */ depth) => ({
    name: `tile_${name}`,
    way: { run: () => void exports[name](TILES, depth) },
    flops: exports[name](TILES, depth),
  });
  return {
    peak: { run: () => void exports.peak(STEPS, 0.5, 1) },
    peakFlops: 2 * PRODUCTS * STEPS,
    tiles: [tile("dot", DOT_DEPTH), tile("mix", MIX_DEPTH)],
    sum(bytes) {
      const floats = Math.floor(bytes / 96) * 24;
      const data = exports.reserve(floats);
      return { run: () => void exports.read_all(data, floats) };
    },
  };
}
