// The benchmark inside one engine, Node or a page: each case is checked, then timed.
import { cases } from "./cases.js";
import { contenders } from "./contenders.js";
import { openMachine } from "./machine.js";
import { check, interleave, median, warm } from "./measure.js";
import { attentionProblem, layerProblem, linearProblem } from "./problem.js";

/** @typedef {import("./contenders.js").Host} Host */
/** @typedef {import("./contenders.js").Contender} Contender */
/** @typedef {import("./measure.js").Way} Way */

/**
 * @typedef {{ quick: boolean, relaxed: boolean, only: string }} Options quick: few cases, and little
 *   time for each; relaxed: with relaxed SIMD; only: what names of cases contain
 * @typedef {{ ms: number, way?: string, rounds: number }} Figure median milliseconds of a call
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

/** How long a case is timed, how long each turn of one contender, and the fewest rounds. */
const FULL = { ms: 4000, slice: 25, rounds: 5, warm: 200 };
const QUICK = { ms: 700, slice: 10, rounds: 3, warm: 60 };

const problems = { attention: attentionProblem, layer: layerProblem, linear: linearProblem };

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
  /** @type {Record<string, Contender>} */
  const open = {};
  /** @type {Report} */
  const report = { versions: {}, missing: {}, tiles: [], peak: 0, results: [] };
  for (const name of new Set(chosen.flatMap((item) => item.contenders))) {
    try {
      const contender = await contenders[name](host, { relaxed });
      if (contender === null) continue;
      open[name] = contender;
      report.versions[name] = contender.version;
    } catch (error) {
      report.missing[name] = String(error);
      say(`${name} does not run here: ${error}`);
    }
  }

  const { peak, peakFlops, tiles } = machine;
  const ways = [peak, ...tiles.map(({ way }) => way)];
  for (const way of ways) await warm(way, effort.warm);
  const [atPeak, ...atTiles] = (await interleave(ways, { ...effort, ms: effort.ms / 4 })).map(
    median,
  );
  report.peak = peakFlops / atPeak / 1e6;
  report.tiles = tiles.map(({ name, flops }, i) => ({
    name,
    share: flops / atTiles[i] / (peakFlops / atPeak),
  }));

  for (const { name, kind, size, contenders } of chosen) {
    const problem = problems[kind](/** @type {any} */ (size));
    const { flops, bytes } = problem;
    /** @type {Record<string, Way>} */
    const racing = { peak };
    if (bytes) racing["plain sum"] = machine.sum(bytes);
    /** @type {Record<string, string>} */
    const missing = {};
    for (const name of contenders) {
      const ways = await open[name]?.[kind]?.(/** @type {any} */ (problem));
      const way = await fastest(name, ways ?? [], problem, effort.warm, missing);
      if (way) racing[name] = way;
    }
    for (const way of Object.values(racing).slice(0, bytes ? 2 : 1)) await warm(way, effort.warm);
    const samples = await interleave(Object.values(racing), effort);
    /** @type {Result} */
    const result = { name, flops, bytes, figures: {}, missing };
    Object.entries(racing).forEach(([name, way], i) => {
      const ms = median(samples[i]) * (way === peak ? flops / peakFlops : 1);
      result.figures[name] = { ms, way: way.name, rounds: samples[i].length };
      way.free?.();
    });
    report.results.push(result);
    say(
      `${name}: ${Object.entries(result.figures)
        .map(([x, { ms }]) => `${x} ${ms.toPrecision(3)}`)
        .join(", ")} ms`,
    );
  }
  return report;
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
