// Threads: the same bits for any number of them, and one where there can be no more.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { load } from "../../dist/headlight/headlight.js";
import { Headlight } from "../../web/headlight/headlight.js";
import { build, generator, openCore, randomTensor } from "./setup.js";

/** @typedef {import("../../web/headlight/headlight.js").Tensor} Tensor */
/** @typedef {import("../../web/headlight/headlight.js").AttentionOptions} AttentionOptions */

const run = promisify(execFile);
const library = new URL("../../dist/headlight/", import.meta.url);
const file = new URL(`headlight-${build}-threads.wasm`, library);
const flags = process.execArgv.filter((flag) => flag.startsWith("--experimental"));
const threaded = build !== "baseline";
const one = new Headlight(await openCore({ build }));
const cores = await Promise.all([2, 4].map((threads) => openCore({ build, threads })));
const several = cores.map((core) => new Headlight(core));

/** Asserts that all threads compute what one does. @param {(hl: Headlight) => unknown} compute */
function same(compute) {
  const expected = compute(one);
  for (const hl of several) assert.deepEqual(compute(hl), expected, `${hl.threads} threads`);
  for (const core of cores) assert.equal(core.liveBlocks, 0);
}

test("says how many threads compute", () => {
  const counts = several.map((hl) => hl.threads);
  assert.deepEqual(counts, threaded ? [2, 4] : [1, 1]);
  assert.deepEqual(
    several.map((hl) => hl.build),
    [build, build],
  );
});

const returns = /** @type {const} */ (["scores", "scaled", "capped", "masked", "weights"]);

test("the same bits over sizes, masks and layouts", () => {
  const random = generator(21);
  /** @type {[batch: number, heads: number, kvHeads: number, qLen: number, kvLen: number, qkDim: number, vDim: number][]} */
  const sizes = [
    [1, 1, 1, 1, 300, 8, 8],
    [1, 1, 1, 25, 1, 3, 5],
    [1, 1, 1, 500, 500, 63, 63],
    [2, 6, 2, 49, 241, 16, 24],
    [3, 4, 4, 23, 47, 7, 1],
    [1, 12, 3, 100, 100, 64, 64],
    [2, 1, 1, 0, 9, 4, 4],
    [1, 2, 2, 30, 0, 4, 4],
  ];
  for (const [batch, heads, kvHeads, qLen, kvLen, qkDim, vDim] of sizes) {
    const q = randomTensor(random, batch, heads, qLen, qkDim);
    const k = randomTensor(random, batch, kvHeads, kvLen, qkDim);
    const v = randomTensor(random, batch, kvHeads, kvLen, vDim);
    const mask = randomTensor(random, heads, qLen, kvLen);
    const seen = Uint8Array.from(mask.data, (x) => Number(x > 0));
    const lengths = Array.from({ length: batch }, (_, b) => Math.max(0, kvLen - 3 * b));
    const past = {
      k: randomTensor(random, batch, kvHeads, 5, qkDim),
      v: randomTensor(random, batch, kvHeads, 5, vDim),
    };
    /** @type {AttentionOptions[]} */
    const options = [
      {},
      { causal: true, returns },
      { window: [20, 3], softcap: 2, returns: ["weights"] },
      { mask },
      { mask: { data: seen, shape: mask.shape }, returns: ["masked"] },
      { kvLengths: lengths, causal: true },
      { past, causal: true },
    ];
    for (const option of options) same((hl) => hl.attention(q, k, v, option));
    const flat = (/** @type {Tensor} */ { data }, /** @type {number} */ len) => ({
      data,
      shape: [batch, len, batch * len === 0 ? 0 : data.length / batch / len],
    });
    if (qLen * kvLen === 0) continue;
    const three = [flat(q, qLen), flat(k, kvLen), flat(v, kvLen)];
    same((hl) => hl.attention(three[0], three[1], three[2], { heads, kvHeads, returns }));
  }
});

test("the same bits of a layer, a trace and what is around them", () => {
  const random = generator(22);
  const x = randomTensor(random, 2, 90, 36);
  const [wq, wk, wv, wo] = [0, 1, 2, 3].map(() => randomTensor(random, 36, 36));
  const weights = { wq, wk, wv, wo };
  for (const averageWeights of [false, true]) {
    const options = { heads: 4, causal: true, averageWeights, returns: ["weights"] };
    same((hl) => hl.multiHeadAttention(x, x, x, weights, /** @type {any} */ (options)));
  }
  const embeddings = randomTensor(random, 90, 36);
  same((hl) => hl.trace({ embeddings, positions: true, ...weights, heads: 6, causal: true }));
  same((hl) => [hl.linear(x, wq), hl.softmax(x), hl.positionEncoding(40, 9)]);
});

test("the same bits of gradients", () => {
  const random = generator(24);
  // Many heads; one, whose queries are shared out; and one that many query heads share.
  for (const [heads, kvHeads, len] of [
    [6, 3, 131],
    [1, 1, 1100],
    [8, 1, 70],
  ]) {
    const [q, d] = [0, 1].map(() => randomTensor(random, 2, heads, len, 17));
    const [k, v] = [0, 1].map(() => randomTensor(random, 2, kvHeads, 120, 17));
    for (const option of [{}, { causal: true }, { softcap: 1, kvLengths: [100, 40] }]) {
      same((hl) => {
        const forward = hl.attention(q, k, v, { ...option, returns: ["statistics"] });
        return hl.attentionBackward(q, k, v, forward, d, option);
      });
    }
  }
});

test("what is not finite stays where it is seen", () => {
  const random = generator(23);
  const [q, k, v] = [0, 1, 2].map(() => randomTensor(random, 1, 3, 60, 8));
  k.data.fill(NaN, 40 * 8, 41 * 8);
  v.data.fill(Infinity, 41 * 8, 42 * 8);
  same((hl) => hl.attention(q, k, v));
  same((hl) => hl.attention(q, k, v, { causal: true }));
});

test("many calls of one item to many, while memory grows", () => {
  const random = generator(24);
  for (const len of [1, 2000, 3, 24, 25, 700, 1, 200]) {
    const [q, k, v] = [0, 1, 2].map(() => randomTensor(random, 1, 2, len, 4));
    for (let i = 0; i < 20; i++) same((hl) => hl.attention(q, k, v).output);
  }
});

test("results are on memory of their own, of the ordinary kind", () => {
  for (const hl of several) {
    const { output } = hl.attention([[1, 2]], [[1, 2]], [[3, 4]]);
    assert.ok(output.data.buffer instanceof ArrayBuffer);
    assert.equal(output.data.buffer.byteLength, 8);
  }
});

test("after an error nothing has changed", () => {
  const [q, k] = [randomTensor(generator(25), 40, 8), randomTensor(generator(26), 41, 8)];
  for (const [i, hl] of several.entries()) {
    assert.throws(() => hl.attention(q, k, q), { code: "shape", argument: "v" });
    assert.throws(() => hl.attention(q, k, k, { scale: NaN }), { code: "value" });
    assert.equal(cores[i].liveBlocks, 0);
  }
  same((hl) => hl.attention(q, k, k));
});

test("in a worker at the same time as here", async () => {
  const script = `
    import { parentPort } from "node:worker_threads";
    import { load } from ${JSON.stringify(new URL("headlight.js", library).href)};
    const hl = await load({ build: ${JSON.stringify(build)}, threads: 2 });
    parentPort.on("message", ({ q, k, v }) => {
      for (let i = 0; i < 20; i++) hl.attention(q, k, v);
      parentPort.postMessage(hl.attention(q, k, v));
    });
    parentPort.postMessage(hl.threads);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const answer = () => new Promise((resolve) => worker.once("message", resolve));
  try {
    assert.equal(await answer(), threaded ? 2 : 1);
    const random = generator(27);
    const [q, k, v] = [0, 1, 2].map(() => randomTensor(random, 1, 4, 200, 16));
    const there = answer();
    worker.postMessage({ q, k, v });
    for (let i = 0; i < 20; i++) same((hl) => hl.attention(q, k, v).output);
    assert.deepEqual(await there, one.attention(q, k, v));
  } finally {
    await worker.terminate();
  }
});

test("a file with threads runs with one too, a file without has one", async () => {
  if (!threaded) return assert.rejects(readFile(file));
  for (const wasm of [file, await readFile(file)]) {
    assert.equal((await load({ build, wasm })).threads, 1);
    const hl = await load({ build, wasm, threads: 2 });
    assert.equal(hl.threads, 2);
    assert.deepEqual([...hl.softmax([0, 0]).data], [0.5, 0.5]);
  }
  const bytes = await readFile(new URL(`headlight-${build}.wasm`, library));
  assert.equal((await load({ build, wasm: bytes, threads: 2 })).threads, 1);
});

/**
 * Runs a script in a process of its own, which must end by itself.
 * @param {URL} from where the library is
 * @param {string} body is given load and returns what is printed
 */
async function alone(from, body) {
  const script = `
    import { load } from ${JSON.stringify(new URL("headlight.js", from).href)};
    ${body}`;
  const options = { timeout: 60_000 };
  const args = [...flags, "--input-type=module", "-e", script];
  return (await run(process.execPath, args, options)).stdout.trim();
}

const attend = `
  const x = Array.from({ length: 60 }, (_, i) => [i % 7, i % 3]);
  const hl = await load({ build: ${JSON.stringify(build)}, threads: 2 });
  console.log(hl.threads, hl.build, hl.attention(x, x, x).output.data.every(Number.isFinite));`;

test("a process ends by itself, used threads or not", async () => {
  assert.equal(await alone(library, attend), `${threaded ? 2 : 1} ${build} true`);
});

test("a page that is not isolated has one thread", async () => {
  const output = await alone(library, `globalThis.crossOriginIsolated = false;${attend}`);
  assert.equal(output, `1 ${build} true`);
});

test("an engine without shared memory has one thread", async () => {
  const refuse = `const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => bytes[8] !== 5 && validate(bytes);`;
  assert.equal(await alone(library, refuse + attend), `1 ${build} true`);
});

test("where a worker does not start there is one thread", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headlight-threads-"));
  try {
    await cp(fileURLToPath(library), folder, { recursive: true });
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const copy = pathToFileURL(`${folder}/`);
    for (const script of ["throw new Error('no');", "process.exit();", "no script"]) {
      await writeFile(join(folder, "thread.js"), script);
      assert.equal(await alone(copy, attend), `1 ${build} true`, script);
    }
    await rm(join(folder, "thread.js"));
    assert.equal(await alone(copy, attend), `1 ${build} true`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
