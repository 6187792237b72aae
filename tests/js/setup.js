// The library under test: the build that HEADLIGHT_BUILD names, such as simd or, with two threads,
// simd-threads; on a core whose blocks can be counted. Fails where that build cannot run.
import { Headlight } from "../../web/headlight/headlight.js";
import { loadCore } from "../../web/headlight/load.js";

const [name, threaded] = (process.env.HEADLIGHT_BUILD ?? "baseline").split("-");
export const build = /** @type {import("../../web/headlight/load.js").Build} */ (name);
export const threads = threaded ? 2 : 1;

/** loadCore() of the sources, with the wasm files of dist. @type {typeof loadCore} */
export const openCore = (options) =>
  loadCore({ wasm: new URL("../../dist/headlight/", import.meta.url), ...options });

export const core = await openCore({ build, threads });
if (core.threads !== threads) throw new Error(`${core.threads} threads, expected ${threads}`);
export const hl = new Headlight(core);

/**
 * Small numbers that are the same in every run (mulberry32).
 * @param {number} seed
 */
export function generator(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A tensor of numbers from -1 to 1.
 * @param {() => number} random
 * @param {...number} shape
 */
export function randomTensor(random, ...shape) {
  const length = shape.reduce((product, size) => product * size, 1);
  return { data: Float32Array.from({ length }, () => random() * 2 - 1), shape };
}

/**
 * Numbers that differ by no more than a tolerance; NaN only where NaN is expected.
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 * @param {number} tolerance
 * @param {string} what
 */
export function assertClose(actual, expected, tolerance, what) {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} numbers, expected ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    if (Math.abs(actual[i] - expected[i]) <= tolerance) continue;
    throw new Error(`${what}[${i}] is ${actual[i]}, expected ${expected[i]} within ${tolerance}`);
  }
}
