// The benchmark inside one engine, Node or a page: each case is checked, then timed.
import { cases } from "./cases.js";
import { contenders } from "./contenders.js";
import { openMachine } from "./machine.js";
import { check, interleave, median, warm } from "./measure.js";
import { attentionProblem, backwardProblem, layerProblem, linearProblem } from "./problem.js";

/** @typedef {import("./contenders.js").Host} Host */
/** @typedef {import("./contenders.js").Contender} Contender */
/** @typedef {import("./measure.js").Way} Way */

/**
 * @typedef {{ quick: boolean, relaxed: boolean, only: string }} Options quick: few cases, and little
 *   time for each; relaxed: with relaxed SIMD; only: what names of cases contain
 * @typedef {{ ms: number, way?: string, rounds: number, ratios?: [number, number] }} Figure median
 *   milliseconds of a call; ratios: from where to where they were to ours, over several passes
 * @typedef {object} Result
 * @property {string} name of the case
 * @property {number} flops
 * @property {number} [bytes]
 * @property {Record<string, Figure>} figures by contender; "peak" has the time of this case's flops
 *   at the engine's peak, "plain sum" that of its bytes
 * @property {Record<string, string>} missing who could not compute it, and why
 *
 * @typedef {object} Report
 * @property {Record<string, string>} versions of the contenders
 * @property {Record<string, string>} missing who could not be opened, and why
 * @property {{ name: string, share: number }[]} tiles the core's own, as shares of the peak
 * @property {number} peak in GFLOP/s
 * @property {Result[]} results
 */

/** How long a case is timed in each pass, how long each turn of one contender, and the fewest rounds. */
const FULL = { ms: 1500, slice: 25, rounds: 3, warm: 200 };
const QUICK = { ms: 500, slice: 10, rounds: 3, warm: 40 };

const problems = {
  attention: attentionProblem,
  backward: backwardProblem,
  layer: layerProblem,
  linear: linearProblem,
};

/**
 * @param {Host} host @param {Options} options @param {(line: string) => void} say progress
 * @returns {Promise<Report>}
 */
export async function runCases(host, { quick, relaxed, only }, say) {
  const effort = quick ? QUICK : FULL;
  const machine = await openMachine(await host.peak(relaxed ? "relaxed" : "simd"));
  const chosen = cases.filter(
    (item) => item.relaxed === relaxed && (item.quick || !quick) && item.name.includes(only),
  );
  /** @type {Map<string, Contender>} */
  const open = new Map();
  /** @type {Report} */
  const report = { versions: {}, missing: {}, ...(await atBest(machine, effort)), results: [] };
  for (const name of new Set(chosen.flatMap((item) => item.contenders))) {
    try {
      const contender = await contenders[name](host, { relaxed });
      if (contender === null) continue;
      open.set(name, contender);
      report.versions[name] = contender.version;
    } catch (error) {
      report.missing[name] = String(error);
    }
  }
  for (const item of chosen) {
    const result = await measure(item, machine, open, effort);
    report.results.push(result);
    const times = Object.entries(result.figures).map(
      ([name, { ms }]) => `${name} ${ms.toFixed(4)}`,
    );
    say(`${result.name}: ${times.join(", ")} ms`);
  }
  return report;
}

/**
 * The engine's peak, and the core's tiles beside it, each in its best round: a spilled tile is slow
 * in all of them, and of a millisecond's rounds some have the processor to themselves however busy it is.
 * @param {import("./machine.js").Machine} machine @param {typeof FULL} effort
 * @returns {Promise<Pick<Report, "peak" | "tiles">>}
 */
async function atBest({ peak, peakFlops, tiles }, effort) {
  const ways = [peak, ...tiles.map(({ way }) => way)];
  for (const way of ways) await warm(way, effort.warm);
  const samples = await interleave(ways, { ...effort, slice: 1, ms: effort.ms / 4 });
  const [most, ...rates] = [peakFlops, ...tiles.map(({ flops }) => flops)].map(
    (flops, i) => flops / Math.min(...samples[i]) / 1e6,
  );
  return { peak: most, tiles: tiles.map(({ name }, i) => ({ name, share: rates[i] / most })) };
}

/**
 * One case, by all who can compute it.
 * @param {import("./cases.js").Case} item @param {import("./machine.js").Machine} machine
 * @param {Map<string, Contender>} open @param {typeof FULL} effort
 * @returns {Promise<Result>}
 */
async function measure({ name, kind, size, contenders }, machine, open, effort) {
  const problem = problems[kind](/** @type {any} */ (size));
  const { flops, bytes } = problem;
  /** @type {Map<string, Way>} */
  const racing = new Map([["peak", machine.peak]]);
  if (bytes) racing.set("plain sum", machine.sum(bytes));
  for (const way of racing.values()) await warm(way, effort.warm);
  /** @type {Record<string, string>} */
  const missing = {};
  for (const contender of contenders) {
    const ways = (await open.get(contender)?.[kind]?.(/** @type {any} */ (problem))) ?? [];
    const way = await fastest(contender, ways, problem, effort.warm, missing);
    if (way) racing.set(contender, way);
  }
  const samples = await interleave([...racing.values()], effort);
  const figures = [...racing].map(([who, way], i) => {
    const ms = median(samples[i]) * (who === "peak" ? flops / machine.peakFlops : 1);
    return [who, { ms, way: way.name, rounds: samples[i].length }];
  });
  for (const way of racing.values()) way.free?.();
  return { name, flops, bytes, figures: Object.fromEntries(figures), missing };
}

/**
 * Checks all ways of a contender, warms them up, and keeps the fastest. A wrong result is thrown.
 * @param {string} name @param {Way[]} ways @param {import("./problem.js").Problem} problem
 * @param {number} ms to warm each up
 * @param {Record<string, string>} missing is told of ways that fail themselves
 */
async function fastest(name, ways, problem, ms, missing) {
  /** @type {{ way: Way, time: number }[]} */
  const able = [];
  for (const way of ways) {
    const whole = way.name ? `${name} (${way.name})` : name;
    try {
      await way.run();
    } catch (error) {
      missing[whole] = String(error);
      continue;
    }
    if (way.output) check(problem, way.output(), way.heads, whole);
    able.push({ way, time: await warm(way, ms) });
  }
  able.sort((a, b) => a.time - b.time);
  for (const { way } of able.slice(1)) way.free?.();
  return able[0]?.way;
}
