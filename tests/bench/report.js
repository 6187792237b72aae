// Tables of what was measured, and which targets it meets.
import { cases } from "./cases.js";

/** @typedef {import("./engine.js").Report} Report */
/** @typedef {import("./engine.js").Result} Result */
/** @typedef {import("./cases.js").Target} Target */
/** @typedef {{ engine: string, options: import("./engine.js").Options, report: Report }} Run */

/** A tile that falls under this share of the peak is likely to be spilled by the engine. */
const TILE_SHARE = 0.8;

/** @param {Result} result @param {string} name @returns {number | undefined} */
const milliseconds = (result, name) => result.figures[name]?.ms;
/** @param {Result} result @param {string} name @returns {number} share of the peak */
export const share = ({ figures }, name) => figures.peak.ms / figures[name].ms;

/** @param {number} ms */
const time = (ms) => (ms < 0.1 ? `${+(1000 * ms).toPrecision(3)} µs` : `${+ms.toPrecision(3)} ms`);
/** @param {number} x */
const times = (x) => `${x.toFixed(2)}×`;
/** @param {number} x */
const percent = (x) => `${(100 * x).toFixed(0)} %`;

/** Flops under which a call is all overhead, and shares of the peak say nothing. */
const TOY = 1e5;

/** How near the machine's best somebody is, where that says something.
 * @param {Result} result @param {string} name */
function speed(result, name) {
  const { flops, bytes, figures } = result;
  if (bytes) return [`${(bytes / figures[name].ms / 1e6).toFixed(0)} GB/s`];
  return flops > TOY ? [percent(share(result, name))] : [];
}

/** Ways of ours that are for some cases alone; the others are by `out`. */
const SPECIAL = ["multiHeadLayer", "hl.cache", "2 threads"].map((way) => `Headlight, ${way}`);

/** Which of ours the others are held against. @param {Result} result */
export const ours = ({ figures }) => SPECIAL.find((name) => name in figures) ?? "Headlight";

/** How many times as long somebody takes as ours, and from where to where that was over the passes.
 * @param {Result} result @param {string} name */
function ratio(result, name) {
  const { ms, ratios: [low, high] = [] } = result.figures[name];
  const is = times(ms / result.figures[ours(result)].ms);
  return low === undefined ? is : `${is} (${low.toFixed(2)}–${high?.toFixed(2)})`;
}

/** What each row says, one column a contender; the others' times with how much longer they take.
 * @param {Result} result @returns {Record<string, string>} */
function columns(result) {
  const { flops, bytes, figures } = result;
  /** @type {Record<string, string>} */
  const row = {};
  for (const [name, { ms, way }] of Object.entries(figures)) {
    if (name === "peak") continue;
    if (name === "plain sum" || name.startsWith("Headlight")) {
      const whole = !bytes && flops > TOY && name === "Headlight";
      const rate = whole ? [`${(flops / ms / 1e6).toFixed(1)} GFLOP/s`] : [];
      row[name] = [time(ms), ...rate, ...speed(result, name)].join(", ");
    } else row[name] = `${time(ms)}${way ? ` (${way})` : ""}, ${ratio(result, name)}`;
  }
  return row;
}

/**
 * One target: what it asks for, and what there is.
 * @param {Target} target @param {Result} result @param {Run} run
 * @returns {{ target: string, is: string, met: boolean } | null} null where it was not measured
 */
export function judge(target, result, { engine, report }) {
  const { of, kind, against } = target;
  const value = (engine.startsWith("Chromium") ? target.inChromium : undefined) ?? target.value;
  const ms = milliseconds(result, of);
  if (ms === undefined) return null;
  const who = of === "Headlight" ? "" : `${of.replace("Headlight, ", "")}: `;
  if (kind === "times") {
    const others = against.map((name) => milliseconds(result, name) ?? Infinity);
    const least = Math.min(...others);
    if (least === Infinity) return null;
    const peer = against[others.indexOf(least)];
    const name = against.length > 1 ? `the best peer (${peer})` : peer;
    return { target: `${who}≥ ${value}× ${name}`, is: times(least / ms), met: least / ms >= value };
  }
  if (kind === "peak") {
    const is = share(result, of);
    return { target: `${who}≥ ${percent(value)} of peak`, is: percent(is), met: is >= value };
  }
  if (kind === "bandwidth") {
    const is = (result.bytes ?? 0) / ms / 1e6;
    return { target: `${who}≥ ${value} GB/s`, is: `${is.toFixed(0)} GB/s`, met: is >= value };
  }
  if (kind === "case") {
    const other = report.results.find(({ name }) => name === against[0]);
    const is = ms / (other ? (milliseconds(other, of) ?? Number.NaN) : Number.NaN);
    return { target: `${who}≤ ${value}× ${against[0]}`, is: times(is), met: is <= value };
  }
  return { target: `${who}≤ ${time(value)}`, is: time(ms), met: ms <= value };
}

/** All targets of a run. @param {Run} run */
function verdicts(run) {
  return run.report.results.flatMap((result) => {
    const targets = cases.find(({ name }) => name === result.name)?.targets ?? [];
    return targets.flatMap((target) => {
      const verdict = judge(target, result, run);
      return verdict ? [{ name: result.name, ...verdict }] : [];
    });
  });
}

/** Prints a run. @param {Run} run */
export function print(run) {
  const { engine, options, report } = run;
  const simd = options.relaxed ? "relaxed SIMD" : "SIMD without relaxed SIMD";
  const versions = Object.entries(report.versions)
    .filter(([name, version]) => version && !name.includes(","))
    .map(([name, version]) => `${name} ${version}`);
  console.log(
    `\n${engine}, ${simd}, peak ${report.peak.toFixed(1)} GFLOP/s; ${versions.join(", ")}`,
  );
  for (const [name, why] of Object.entries(report.missing))
    console.log(`not here: ${name}: ${why}`);
  console.table(Object.fromEntries(report.results.map((result) => [result.name, columns(result)])));
  console.table(
    verdicts(run).map(({ name, target, is, met }) => ({
      case: name,
      target,
      is,
      "": met ? "met" : "missed",
    })),
  );
  for (const { name, share } of report.tiles) {
    const text = `${name}: ${percent(share)} of the peak`;
    console.log(
      share >= TILE_SHARE ? text : `WARNING: ${text}; is it spilled? (src/kernels/tile.c)`,
    );
  }
}

/** What load() may fetch, in bytes of brotli, and milliseconds to the first result. */
const START = { brotli: 40 * 1024, ms: 30 };

/** @param {import("./start.js").Start} start */
export function printStart({ ms, modules, brotli, files }) {
  console.log(
    `\nA page's first result in Chromium: ${files.length} files, modules by ${time(modules)}`,
  );
  const row = (
    /** @type {string} */ is,
    /** @type {string} */ target,
    /** @type {boolean} */ met,
  ) => ({
    is,
    target,
    "": met ? "met" : "missed",
  });
  console.table({
    "start to first result": row(time(ms), `≤ ${START.ms} ms`, ms <= START.ms),
    "download, brotli": row(`${brotli} bytes`, `≤ ${START.brotli} bytes`, brotli <= START.brotli),
  });
}

/** The figures for the README, in Markdown.
 * @param {string} machine @param {import("./passes.js").Pass} pass the median one
 * @param {string} quietness what is to be said of it */
export function summary(machine, { runs, start }, quietness) {
  const shown = runs.filter(({ options }) => options.relaxed).reverse();
  const peers = ["LiteRT.js", "onnxruntime-web", "tfjs-wasm"];
  const { versions } = shown[0].report;
  const head = shown.flatMap(({ engine }) => [engine, "of peak", ...peers]);
  const rows = shown[0].report.results.map(({ name }, row) => {
    const cells = shown.flatMap(({ report }) => {
      const result = report.results.find((result) => result.name === name);
      if (!result) return ["", "", ...peers.map(() => "")];
      const own = ours(result);
      const { ms } = result.figures[own];
      const ratios = peers.map((peer) => (result.figures[peer] ? ratio(result, peer) : ""));
      return [time(ms), speed(result, own).join(), ...ratios];
    });
    const way = ours(shown[0].report.results[row]).split(", ")[1];
    return `| ${name}${way && !name.includes("threads") ? `, by ${way}` : ""} | ${cells.join(" | ")} |`;
  });
  const who = peers.map((name) => `${name} ${versions[name]}`).join(", ");
  const peaks = shown.map(({ engine, report }) => `${report.peak.toFixed(1)} in ${engine}`);
  return `On ${machine}, beside ${who}.
${quietness}.
The peak, one thread: ${peaks.join(", ")} GFLOP/s.
A page's first result: ${time(start.ms)} from the import on, ${start.brotli} bytes of brotli, in Chromium.

| heads × length × dim | ${head.join(" | ")} |
|---|${head.map(() => "---:").join("|")}|
${rows.join("\n")}`;
}
