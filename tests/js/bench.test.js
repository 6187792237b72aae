// The benchmark's own arithmetic, and that each contender computes what it is timed with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contenders } from "../bench/contenders.js";
import { check, interleave, median } from "../bench/measure.js";
import { host } from "../bench/node-host.js";
import { attentionProblem, layerProblem, linearProblem } from "../bench/problem.js";
import { judge } from "../bench/report.js";
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
