// Checks that ways of computing agree with the definition, and times them in turns.

/** @typedef {import("./problem.js").Problem} Problem */
/**
 * One way to compute a problem.
 * @typedef {object} Way
 * @property {string} [name] of the way among several of one contender
 * @property {() => void | Promise<void>} run
 * @property {() => Float32Array} [output] what the last run gave; absent where nothing is computed
 * @property {number} [heads] where the rows of output are (query, head): how many there are
 * @property {() => void} [free]
 */

/** How far a result may be from float64, relative to the largest number in the rows looked at. */
export const TOLERANCE = 2e-5;

/** How many rows are looked at. */
const ROWS = 64;

/**
 * Throws where some row of a result is not what the definition says.
 * @param {Problem} problem @param {Float32Array} output @param {number} [heads] as in Way
 * @param {string} [name] for the message
 */
export function check({ rows, cols, expected }, output, heads = 1, name = "the result") {
  if (output.length !== rows * cols) {
    throw new Error(`${name} has ${output.length} numbers, expected ${rows * cols}`);
  }
  const count = Math.min(ROWS, rows);
  const per = rows / heads;
  let error = 0;
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const row = Math.round((i * (rows - 1)) / Math.max(1, count - 1));
    // Row (head, query) of the problem stands at (query, head) in the output.
    const at = heads === 1 ? row : (row % per) * heads + Math.floor(row / per);
    expected(row).forEach((x, col) => {
      error = Math.max(error, Math.abs(output[at * cols + col] - x)); // a NaN stays
      largest = Math.max(largest, Math.abs(x));
    });
  }
  if (!(error <= TOLERANCE * largest)) {
    throw new Error(`${name} is wrong by ${error}, where numbers are up to ${largest}`);
  }
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Milliseconds a call, over so many calls.
 * @param {Way} way @param {number} calls
 */
async function time({ run }, calls) {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = run();
    if (pending) await pending;
  }
  return (performance.now() - start) / calls;
}

/**
 * Runs until the engine has compiled what is hot. Gives the milliseconds of a call.
 * @param {Way} way @param {number} ms to take at least
 */
export async function warm(way, ms) {
  const end = performance.now() + ms;
  let last = await time(way, 2);
  while (performance.now() < end) {
    last = await time(way, Math.max(1, Math.ceil(ms / 10 / Math.max(last, 1e-4))));
  }
  return last;
}

/**
 * Times ways in turns, each for a slice of time a round, so that what slows the machine down for a
 * while slows all of them. Each round begins with another one.
 * @param {Way[]} ways all warm
 * @param {{ ms: number, slice: number, rounds: number }} effort at least so many rounds, and so long
 * @returns {Promise<number[][]>} each way's milliseconds a call, round by round
 */
export async function interleave(ways, { ms, slice, rounds }) {
  const calls = [];
  for (const way of ways) {
    calls.push(Math.max(1, Math.round(slice / Math.max(await time(way, 1), 1e-4))));
  }
  /** @type {number[][]} */
  const samples = ways.map(() => []);
  const end = performance.now() + ms;
  for (let round = 0; round < rounds || performance.now() < end; round++) {
    for (let i = 0; i < ways.length; i++) {
      const at = (round + i) % ways.length;
      samples[at].push(await time(ways[at], calls[at]));
    }
  }
  return samples;
}
