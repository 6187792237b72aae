// The client of a worker: the same results and errors as here, as promises.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { connect } from "../../dist/headlight/client.js";
import { HeadlightError, load } from "../../dist/headlight/headlight.js";
import { build, generator, randomTensor, threads } from "./setup.js";

const run = promisify(execFile);
const hl = await load({ build });
const far = await connect({ build, threads });
after(() => far.dispose());

const random = generator(31);
const x = randomTensor(random, 9, 12);
const w = randomTensor(random, 12, 12);
const square = { wq: w, wk: w, wv: w, wo: w };
const past = { k: randomTensor(random, 1, 1, 2, 12), v: randomTensor(random, 1, 1, 2, 12) };
const returns = /** @type {const} */ (["weights"]);

/** Every method. @type {((hl: any) => any)[]} */
const calls = [
  (hl) => hl.attention(x, x, x, { causal: true, returns }),
  (hl) => hl.attention(x, x, x, { past }),
  (hl) => hl.multiHeadAttention(x, x, x, square, { heads: 3, returns }),
  (hl) => hl.linear(x, w),
  (hl) => hl.softmax([1, 2, 3]),
  (hl) => hl.embed([1, 0], w),
  (hl) => hl.positionEncoding(3, 4, { first: 2 }),
  (hl) => hl.trace({ embeddings: x, wq: w, wk: w, wv: w, heads: 2 }),
];

test("says what was chosen", () => {
  assert.deepEqual([far.build, far.threads, far.version], [build, threads, hl.version]);
});

test("every method gives what it gives here, many at once too", async () => {
  const expected = calls.map((call) => call(hl));
  assert.deepEqual(await Promise.all(calls.map((call) => call(far))), expected);
});

test("arguments stay as they were", async () => {
  const before = x.data.slice();
  await far.attention(x, x, x);
  assert.deepEqual(x.data, before);
});

test("out is written and returned", async () => {
  const out = { data: new Float32Array(9 * 12), shape: [9, 12] };
  const { output } = await far.attention(x, x, x, { out });
  assert.equal(output, out);
  assert.deepEqual(out, hl.attention(x, x, x).output);
  const outs = { q: { data: new Float32Array(9 * 12), shape: [1, 9, 12] } };
  const options = { embeddings: x, wq: w, wk: w, wv: w };
  const sums = { data: new Float32Array(9 * 12), shape: [9, 12] };
  assert.equal(await far.linear(x, w, null, { out: sums }), sums);
  assert.deepEqual(sums, hl.linear(x, w));
  const traced = await far.trace({ ...options, out: outs });
  assert.equal(traced.q, outs.q);
  assert.deepEqual(traced, hl.trace(options));
});

test("errors are the same", async () => {
  /** @type {((hl: any) => any)[]} */
  const wrong = [
    (hl) => hl.attention(x, x, w.data),
    (hl) => hl.linear(x, [[1, 2]]),
    (hl) => hl.softmax("x"),
    (hl) => hl.attention(x, x, x, { scale: NaN }),
    (hl) => hl.attention(x, x, x, { out: { data: new Float32Array(1), shape: [1] } }),
    (hl) => hl.trace(),
    (hl) => hl.embed([9999], w),
  ];
  for (const call of wrong) {
    /** @type {any} */
    let expected;
    try {
      call(hl);
    } catch (error) {
      expected = error;
    }
    await assert.rejects(call(far), (/** @type {any} */ error) => {
      assert.equal(error instanceof HeadlightError, expected instanceof HeadlightError);
      const { code, argument, message } = expected;
      assert.deepEqual([error.code, error.argument, error.message], [code, argument, message]);
      return true;
    });
  }
  const nothing = /** @type {any} */ (() => {});
  await assert.rejects(far.softmax(nothing), { code: "type", argument: "softmax" });
  assert.equal((await far.softmax([1])).data[0], 1);
});

test("what load() refuses, connect() does", async () => {
  const options = /** @type {any[]} */ ([{ build: "fast" }, { thread: 2 }, { wasm: "gone" }, null]);
  for (const option of options) {
    const { code, argument, message } = await load(option).catch((error) => error);
    await assert.rejects(connect(option), { code, argument, message });
  }
});

test("the URL of a file and of a folder", async () => {
  const folder = new URL("../../dist/headlight/", import.meta.url);
  for (const wasm of [folder, folder.href, new URL(`headlight-${build}.wasm`, folder)]) {
    const hl = await connect({ build, wasm });
    assert.deepEqual([...(await hl.softmax([0, 0])).data], [0.5, 0.5]);
    hl.dispose();
  }
});

test("calls that wait when it is disposed of reject, and so do later ones", async () => {
  const own = await connect({ build });
  const waiting = [own.softmax([1]), own.attention(x, x, x)].map((call) =>
    assert.rejects(call, { code: "disposed", argument: "worker" }),
  );
  own.dispose();
  own.dispose();
  await Promise.all(waiting);
  await assert.rejects(own.softmax([1]), { code: "disposed", argument: "worker" });
});

test("a process ends by itself, but not before its calls are answered", async () => {
  const script = `
    import { connect } from ${JSON.stringify(new URL("../../dist/headlight/client.js", import.meta.url).href)};
    const hl = await connect({ build: "simd" });
    hl.softmax([0, 0]).then(({ data }) => console.log(...data));`;
  const args = ["--input-type=module", "-e", script];
  const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
  assert.equal(stdout, "0.5 0.5\n");
});
