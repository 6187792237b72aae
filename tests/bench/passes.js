// What is quoted of several passes over the same cases, and whether the machine had nothing else to do.
import { ours } from "./report.js";

/** @typedef {import("./engine.js").Result} Result */
/** @typedef {import("./report.js").Run} Run */
/** @typedef {import("./start.js").Start} Start */
/** @typedef {{ runs: Run[], start: Start }} Pass runs are of the same engines and cases in all passes */

/** How near to its best the peak loop comes beside a case, where the machine is quiet. */
const NEAR = 0.95;
/** In how many of all cases of all passes that has to be so. */
const MOST = 0.9;

/**
 * The one in the middle, or before it where two are.
 * @template T
 * @param {T[]} list @param {(item: T) => number} of
 */
function middle(list, of) {
  return list.toSorted((a, b) => of(a) - of(b))[(list.length - 1) >> 1];
}

/** @param {number[]} numbers @returns {[low: number, high: number]} */
const range = (numbers) => [Math.min(...numbers), Math.max(...numbers)];

/**
 * Of each case the pass in which ours took the median time, whole, with the range over all passes of how
 * many times as long each of the others took.
 * @param {Result[]} results of one case in one engine, pass by pass
 * @returns {Result}
 */
function medianResult(results) {
  if (results.length === 1) return results[0];
  const own = ours(results[0]);
  const time = (/** @type {Result} */ result, /** @type {string} */ name) =>
    result.figures[name]?.ms ?? Number.NaN;
  const median = middle(results, (result) => time(result, own));
  const figures = Object.entries(median.figures).map(([name, figure]) => {
    const ratios = results.map((result) => time(result, name) / time(result, own));
    return [name, { ...figure, ratios: range(ratios.filter(Number.isFinite)) }];
  });
  return { ...median, figures: Object.fromEntries(figures) };
}

/**
 * @param {Pass[]} passes
 * @returns {Pass} its peaks and tiles are the best ones of all passes, which noise only lowers
 */
export function medianPass(passes) {
  const runs = passes[0].runs.map((run, at) => {
    const reports = passes.map(({ runs }) => runs[at].report);
    const results = run.report.results.map((_, i) =>
      medianResult(reports.map(({ results }) => results[i])),
    );
    const tiles = run.report.tiles.map(({ name }, i) => ({
      name,
      share: Math.max(...reports.map(({ tiles }) => tiles[i].share)),
    }));
    const peak = Math.max(...reports.map(({ peak }) => peak));
    return { ...run, report: { ...run.report, peak, tiles, results } };
  });
  return {
    runs,
    start: middle(
      passes.map(({ start }) => start),
      ({ ms }) => ms,
    ),
  };
}

/**
 * @typedef {object} Quietness
 * @property {boolean} quiet whether figures may be quoted
 * @property {number} share of the cases, beside which the peak loop came near its best
 * @property {number} least how near to its best it came in the worst of them
 */

/**
 * Whether the peak loop, which runs in turns with each case, ran about as fast as it can. Its best is of
 * the best round of any pass, since a short one finds the processor free now and then.
 * @param {Pass[]} passes
 * @returns {Quietness}
 */
export function quietness(passes) {
  const nearness = passes[0].runs.flatMap((_, at) => {
    const reports = passes.map(({ runs }) => runs[at].report);
    const best = Math.max(...reports.map(({ peak }) => peak));
    return reports.flatMap(({ results }) =>
      results.map(({ flops, figures }) => flops / figures.peak.ms / 1e6 / best),
    );
  });
  const share = nearness.filter((near) => near >= NEAR).length / nearness.length;
  return { quiet: share >= MOST, share, least: Math.min(...nearness) };
}

/** @param {Quietness} quietness */
export function sayQuietness({ quiet, share, least }) {
  const percent = (/** @type {number} */ x) => `${(100 * x).toFixed(0)} %`;
  return (
    `${quiet ? "The machine was quiet" : "WARNING: the machine was busy"}: beside ${percent(share)} of the cases the peak loop ran ` +
    `at ${percent(NEAR)} of its best or more (of ${percent(MOST)} it has to), and at ${percent(least)} at worst`
  );
}

/**
 * Throws where figures are not what the README may quote.
 * @param {Pass[]} passes
 */
export function assertQuotable(passes) {
  const partial = passes.some(({ runs }) =>
    runs.some(({ options }) => options.quick || options.only !== ""),
  );
  if (passes.length < 3 || passes[0].runs.length < 4 || partial) {
    throw new Error("the last run was a part of `make bench` only");
  }
  const found = quietness(passes);
  if (!found.quiet) throw new Error(`${sayQuietness(found)}; run \`make bench\` on a quiet one`);
}
