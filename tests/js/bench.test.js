// The benchmark's own arithmetic, and that each contender computes what it is timed with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contenders } from "../bench/contenders.js";
import { check, interleave, median } from "../bench/measure.js";
import { host } from "../bench/node-host.js";
import { assertQuotable, medianPass, quietness, sayQuietness } from "../bench/passes.js";
import { attentionProblem, layerProblem, linearProblem } from "../bench/problem.js";
import { judge, summary } from "../bench/report.js";
import { build, hl } from "./setup.js";

test("a median is the middle, or between the two in the middle", () => {
  assert.equal(median([10, 9, 1]), 9);
  assert.equal(median([4, 1, 100, 2]), 3);
});

test("flops: 4·heads·queries·keys·dim, half for causal, and what a window lets through", () => {
  const size = { heads: 3, queries: 10, dim: 4 };
  assert.equal(attentionProblem(size).flops, 4 * 3 * 100 * 4);
  assert.equal(attentionProblem({ ...size, causal: true }).flops, (4 * 3 * 100 * 4) / 2);
  assert.equal(attentionProblem({ ...size, window: 2 }).flops, 4 * 3 * 20 * 4);
  const { bytes } = attentionProblem({ ...size, queries: 1, keys: 10 });
  assert.equal(bytes, 2 * 3 * 10 * 4 * 4);
  assert.equal(layerProblem({ len: 5, dModel: 6, heads: 2 }).flops, 8 * 5 * 36 + 4 * 25 * 6);
});

test("rows in turns: each way is called as often as its slice asks for", async () => {
  let runs = 0;
  const [samples] = await interleave([{ run: () => void runs++ }], { ms: 0, slice: 0, rounds: 4 });
  assert.equal(samples.length, 4);
  assert.equal(runs, 5);
});

test("a wrong result stops the benchmark", () => {
  const problem = linearProblem({ rows: 3, depth: 5, cols: 2 });
  const { x, w, b } = problem;
  const { data } = hl.linear({ data: x, shape: [3, 5] }, { data: w, shape: [5, 2] }, b);
  check(problem, data);
  data[5] += 1e-3;
  assert.throws(() => check(problem, data, 1, "ours"), /ours is wrong by 0\.001/);
  data[5] = Number.NaN;
  assert.throws(() => check(problem, data), /is wrong by NaN/);
  assert.throws(() => check(problem, data.subarray(1)), /5 numbers, expected 6/);
});

test("targets: what is asked for, what there is, and whether that is enough", () => {
  const figures = { peak: 8, Headlight: 10, "LiteRT.js": 14, "onnxruntime-web": 25 };
  const timed = Object.entries(figures).map(([name, ms]) => [name, { ms, rounds: 1 }]);
  const result = {
    name: "a",
    flops: 1,
    bytes: 3e8,
    missing: {},
    figures: Object.fromEntries(timed),
  };
  const other = { ...result, name: "b", figures: { Headlight: { ms: 20, rounds: 1 } } };
  const report = { versions: {}, missing: {}, tiles: [], peak: 1, results: [result, other] };
  const options = { quick: true, relaxed: true, only: "" };
  const run = { engine: "Node", options, report };
  const of = "Headlight";
  const peers = ["LiteRT.js", "onnxruntime-web"];
  /** @type {[import("../bench/cases.js").Target, string, boolean][]} */
  const expected = [
    [{ of, kind: "times", against: peers, value: 1.4, inChromium: 2 }, "1.40×", true],
    [{ of, kind: "times", against: ["onnxruntime-web"], value: 2.6 }, "2.50×", false],
    [{ of, kind: "peak", against: [], value: 0.86 }, "80 %", false],
    [{ of, kind: "bandwidth", against: [], value: 30 }, "30 GB/s", true],
    [{ of, kind: "ms", against: [], value: 9 }, "10 ms", false],
    [{ of, kind: "case", against: ["b"], value: 0.6 }, "0.50×", true],
  ];
  for (const [target, is, met] of expected) {
    const verdict = judge(target, result, run) ?? assert.fail(target.kind);
    assert.deepEqual({ is: verdict.is, met: verdict.met }, { is, met });
  }
  assert.equal(judge(expected[0][0], result, { ...run, engine: "Chromium 1" })?.met, false);
  assert.equal(judge({ ...expected[0][0], of: "nobody" }, result, run), null);
});

/** A pass of four runs of two cases. @param {number} ours milliseconds @param {number} peer
 * @param {number} peak milliseconds of its flops, of which the best round makes 8 GFLOP/s
 * @param {Partial<import("../bench/engine.js").Options>} [rest] @returns {import("../bench/passes.js").Pass} */
function passOf(ours, peer, peak, rest) {
  const figures = (/** @type {Record<string, number>} */ all) =>
    Object.fromEntries(Object.entries(all).map(([name, ms]) => [name, { ms, rounds: 3 }]));
  const results = [
    { name: "a", flops: 8e6, figures: figures({ peak, Headlight: ours, "LiteRT.js": peer }) },
    { name: "b", flops: 8e6, figures: figures({ peak, Headlight: 10 - ours }) },
  ].map((result) => ({ ...result, missing: {} }));
  const tiles = [{ name: "tile", share: 1 / peak }];
  const versions = { "LiteRT.js": "1", "onnxruntime-web": "2", "tfjs-wasm": "3" };
  const report = { versions, missing: {}, tiles, peak: 8 / peak, results };
  const options = { quick: false, only: "", relaxed: true, ...rest };
  const runs = ["Node 1", "Chromium 1", "Node 1", "Chromium 1"].map((engine, i) => ({
    ...{ engine, report, options: { ...options, relaxed: i < 2 } },
  }));
  return { runs, start: { ms: ours, modules: 1, files: [], brotli: 9 } };
}

test("of each case the pass with our median time is quoted, whole, with the range of all ratios", () => {
  const { runs, start } = medianPass([passOf(3, 9, 1), passOf(2, 8, 2), passOf(4, 4, 1)]);
  const [a, b] = runs[0].report.results;
  assert.deepEqual(a.figures.peak, { ms: 1, rounds: 3, ratios: [0.25, 1] });
  assert.deepEqual(a.figures.Headlight, { ms: 3, rounds: 3, ratios: [1, 1] });
  assert.deepEqual(a.figures["LiteRT.js"], { ms: 9, rounds: 3, ratios: [1, 4] });
  assert.equal(b.figures.Headlight.ms, 7);
  assert.deepEqual([runs[0].report.peak, runs[0].report.tiles[0].share], [8, 1]);
  assert.equal(start.ms, 3);
  const figures = summary("a machine", { runs, start }, "It was quiet");
  assert.match(figures, /^On a machine, .*\nIt was quiet\.\n/);
  assert.match(figures, /\n\| a \| 3 ms \| 33 % \| 3\.00× \(1\.00–4\.00\) \| {2}\| {2}\| 3 ms/);
  // Of one pass there is no range.
  const one = medianPass([passOf(3, 9, 1)]);
  assert.match(summary("a machine", one, ""), /\| 3\.00× \|/);
});

test("a machine is quiet where the peak loop comes near its best beside nearly all cases", () => {
  const quiet = [1.04, 1, 1.02].map((peak) => passOf(3, 9, peak));
  assert.deepEqual(quietness(quiet), { quiet: true, share: 1, least: 1 / 1.04 });
  // One pass of three beside something else, or all but for a moment.
  for (const passes of [
    [1, 1.3, 1],
    [2, 2, 2],
  ].map((all) => all.map((x) => passOf(3, 9, x)))) {
    for (const { report } of passes[0].runs) report.peak = 8;
    assert.equal(quietness(passes).quiet, false);
    assert.throws(
      () => assertQuotable(passes),
      /the machine was busy: beside (67|0) % of the cases/,
    );
  }
  assert.match(sayQuietness(quietness(quiet)), /^The machine was quiet: beside 100 % .* 96 % at/);
  assertQuotable(quiet);
});

test("the README takes figures of whole benchmarks alone", () => {
  const whole = [1, 1, 1].map((peak) => passOf(3, 9, peak));
  const partial = [
    whole.slice(1),
    whole.map((pass) => ({ ...pass, runs: pass.runs.slice(2) })),
    [1, 1, 1].map((peak) => passOf(3, 9, peak, { quick: true })),
    [1, 1, 1].map((peak) => passOf(3, 9, peak, { only: "causal" })),
  ];
  for (const passes of partial) assert.throws(() => assertQuotable(passes), /a part of/);
});

/** Odd sizes, of which none is another. */
const shapes = {
  full: attentionProblem({ heads: 2, queries: 5, keys: 7, dim: 3 }),
  causal: attentionProblem({ heads: 2, queries: 7, dim: 3, causal: true }),
  masked: attentionProblem({ heads: 2, queries: 5, keys: 7, dim: 3, masked: true }),
  grouped: attentionProblem({ heads: 6, kvHeads: 2, queries: 5, keys: 7, dim: 3 }),
  "one query": attentionProblem({ heads: 2, queries: 1, keys: 7, dim: 3 }),
};
const layer = layerProblem({ len: 5, dModel: 6, heads: 2 });
const linear = linearProblem({ rows: 5, depth: 7, cols: 3 });

for (const [name, open] of Object.entries(contenders)) {
  test(`${name} computes what is asked for`, async () => {
    const contender = await open(host, { relaxed: build === "relaxed" });
    if (contender === null) return assert.ok(name.includes("threads"));
    // Handles are for one query more, and for layers.
    const chosen = /cache|Layer/.test(name) ? ["one query"] : Object.keys(shapes);
    for (const shape of /** @type {(keyof typeof shapes)[]} */ (chosen)) {
      const ways = (await contender.attention?.(shapes[shape])) ?? [];
      assert.notEqual(ways.length, 0);
      await verify(ways, shapes[shape], shape);
    }
    await verify((await contender.layer?.(layer)) ?? [], layer, "layer");
    await verify((await contender.linear?.(linear)) ?? [], linear, "linear");
  });
}

/** @param {import("../bench/measure.js").Way[]} ways
 * @param {import("../bench/problem.js").Problem} problem @param {string} what */
async function verify(ways, problem, what) {
  for (const way of ways) {
    await way.run();
    check(problem, way.output?.() ?? assert.fail(), way.heads, `${way.name} ${what}`);
    way.free?.();
  }
}
