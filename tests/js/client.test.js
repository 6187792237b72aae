// The client of a worker: the same results and errors as here, as promises.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import workerThreads, { Worker } from "node:worker_threads";
import { connect } from "../../dist/headlight/client.js";
import { HeadlightError, load } from "../../dist/headlight/headlight.js";
import { Kept } from "../../web/headlight/kept.js";
import { build, generator, randomTensor, threads } from "./setup.js";

const run = promisify(execFile);
const library = new URL("../../dist/headlight/", import.meta.url);
const hl = await load({ build });
const far = await connect({ build, threads });
after(() => far.dispose());

const random = generator(31);
const x = randomTensor(random, 9, 12);
const w = randomTensor(random, 12, 12);
const square = { wq: w, wk: w, wv: w, wo: w };
const past = { k: randomTensor(random, 1, 1, 2, 12), v: randomTensor(random, 1, 1, 2, 12) };
const returns = /** @type {const} */ (["weights"]);
const forward = hl.attention(x, x, x, { causal: true, returns: ["statistics"] });

/** Every method. @type {((hl: any) => any)[]} */
const calls = [
  (hl) => hl.attention(x, x, x, { causal: true, returns }),
  (hl) => hl.attention(x, x, x, { past }),
  (hl) => hl.attentionBackward(x, x, x, forward, x, { causal: true }),
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
  const gradients = await far.attentionBackward(x, x, x, forward, x, { out: { k: out } });
  assert.equal(gradients.k, out);
  assert.deepEqual(gradients, hl.attentionBackward(x, x, x, forward, x));
  const sums = { data: new Float32Array(9 * 12), shape: [9, 12] };
  assert.equal(await far.linear(x, w, null, { out: sums }), sums);
  assert.deepEqual(sums, hl.linear(x, w));
  const traced = await far.trace({ ...options, out: outs });
  assert.equal(traced.q, outs.q);
  assert.deepEqual(traced, hl.trace(options));
});

test("a tensor in the worker is an argument and an out, and its numbers can be read", async () => {
  const t = await far.alloc([9, 12]);
  assert.deepEqual(t.shape, [9, 12]);
  assert.deepEqual(await t.data, new Float32Array(9 * 12));
  const { output } = await far.attention(x, x, x, { out: t });
  assert.equal(output, t);
  assert.deepEqual(await t.data, hl.attention(x, x, x).output.data);
  assert.deepEqual(await far.linear(t, w), hl.linear(hl.attention(x, x, x).output, w));
  assert.equal(await far.linear(x, w, null, { out: t }), t);
  assert.deepEqual(await t.data, hl.linear(x, w).data);
  const traced = await far.trace({ embeddings: x, wq: w, wk: w, wv: w, out: { concat: t } });
  assert.equal(traced.concat, t);
  assert.deepEqual(await t.data, hl.trace({ embeddings: x, wq: w, wk: w, wv: w }).concat.data);
  t.dispose();
  t.dispose();
  await assert.rejects(t.data, { code: "disposed", argument: "data" });
  await assert.rejects(far.linear(t, w), { code: "disposed", argument: "x" });
});

test("a cache in the worker grows, and is cut", async () => {
  const here = hl.cache({ dim: 12, capacity: 20 });
  const there = await far.cache({ dim: 12, capacity: 20 });
  for (let i = 0; i < 2; i++) {
    const expected = hl.attention(x, x, x, { past: here });
    assert.deepEqual(await far.attention(x, x, x, { past: there }), expected);
  }
  assert.equal(await there.length, 18);
  assert.equal(there.capacity, 20);
  await assert.rejects(far.attention(x, x, x, { past: there }), { code: "memory" });
  await there.truncate(3);
  assert.equal(await there.length, 3);
  await assert.rejects(there.truncate(4), { code: "value", argument: "length" });
  here.dispose();
  there.dispose();
  await assert.rejects(there.length, { code: "disposed" });
  await assert.rejects(far.cache(/** @type {any} */ ({})), { code: "type", argument: "dim" });
});

test("a layer in the worker", async () => {
  const here = hl.multiHeadLayer(square, { heads: 3 });
  const wq = await far.alloc([12, 12]);
  await far.linear(
    w,
    Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 }, (_, j) => +(i === j))),
    null,
    { out: wq },
  );
  const there = await far.multiHeadLayer({ ...square, wq }, { heads: 3 });
  wq.dispose();
  const expected = here.forward(x, x, x, { causal: true, returns });
  assert.deepEqual(await there.forward(x, x, x, { causal: true, returns }), expected);
  const out = await far.alloc([9, 12]);
  await there.forward(x, x, x, { out });
  assert.deepEqual(await out.data, here.forward(x, x, x).output.data);
  out.dispose();
  here.dispose();
  there.dispose();
  await assert.rejects(there.forward(x, x, x), { code: "disposed", argument: "layer" });
});

test("what another worker keeps is refused", async () => {
  const other = await connect({ build });
  const past = await other.cache({ dim: 12, capacity: 9 });
  await assert.rejects(far.attention(x, x, x, { past }), { code: "value", argument: "past" });
  other.dispose();
  past.dispose();
  await assert.rejects(past.length, { code: "disposed", argument: "worker" });
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

/** What is posted to workers while something runs. @param {() => Promise<unknown>} body */
async function posted(body) {
  const { postMessage } = Worker.prototype;
  /** @type {any[]} */
  const messages = [];
  Worker.prototype.postMessage = function (message, ...rest) {
    messages.push(message);
    return postMessage.call(this, message, ...rest);
  };
  try {
    await body();
  } finally {
    Worker.prototype.postMessage = postMessage;
  }
  return messages;
}

/** All buffers in a message. @param {any} value @returns {ArrayBufferLike[]} */
function buffersIn(value) {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (value instanceof ArrayBuffer) return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(buffersIn) : [];
}

test("of a large buffer only what a view sees is copied", async () => {
  const large = new ArrayBuffer(1 << 24);
  const numbers = (/** @type {number[]} */ ...values) => {
    const data = new Float32Array(large, 4096, values.length);
    data.set(values);
    return data;
  };
  const [one, two] = [numbers(1, 1), { data: numbers(1, 1), shape: [1, 2] }];
  const past = { k: { data: one, shape: [1, 1, 1, 2] }, v: { data: one, shape: [1, 1, 1, 2] } };
  const bytes = new Uint8Array(large, 64, 1).fill(1);
  const mask = { data: bytes, shape: [1, 1] };
  const ids = new Int32Array(large, 128, 1);
  const square = { data: numbers(1, 1, 1, 1), shape: [2, 2] };
  const layer = { wq: square, wk: square, wv: square, wo: square };
  /** @type {((hl: any) => any)[]} */
  const sent = [
    (hl) => hl.softmax(one),
    (hl) => hl.attention(two, two, two, { past }),
    (hl) => hl.attention(two, two, two, { mask }),
    (hl) => hl.embed(ids, two),
    (hl) => hl.embed({ data: ids, shape: [1, 1] }, two),
    (hl) => hl.multiHeadAttention(two, two, two, layer),
    (hl) => hl.trace({ embeddings: two, wq: square, wk: square, wv: square }),
    (hl) => hl.trace({ embeddings: two, wq: square, wk: square, wv: square, out: { x: two } }),
    // Node's Buffer, whose own slice copies nothing.
    (hl) =>
      hl.attention(two, two, two, { mask: { data: Buffer.from(large, 64, 1), shape: [1, 1] } }),
  ];
  for (const call of sent) {
    const expected = call(hl);
    const messages = await posted(async () => assert.deepEqual(await call(far), expected));
    const buffers = messages.flatMap(buffersIn);
    assert.ok(buffers.length > 0);
    for (const { byteLength } of buffers) assert.ok(byteLength <= 64, `${call}: ${byteLength}`);
  }
  assert.equal(one.buffer, large);
});

test("a buffer in wasm memory is not shared with the worker", async () => {
  const shared = new Float32Array(new SharedArrayBuffer(1 << 16), 256, 2);
  const messages = await posted(() => far.softmax(shared));
  const buffers = messages.flatMap(buffersIn);
  assert.deepEqual(
    buffers.map((buffer) => [buffer.constructor, buffer.byteLength]),
    [[ArrayBuffer, 8]],
  );
});

test("a worker's script that is missing is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headlight-client-"));
  try {
    for (const name of ["client.js", "headlight.js"]) {
      await cp(new URL(name, library), join(folder, name));
    }
    const { connect } = await import(pathToFileURL(join(folder, "client.js")).href);
    const script = pathToFileURL(join(folder, "worker.js")).href;
    await assert.rejects(connect(), (/** @type {any} */ error) => {
      assert.deepEqual([error.code, error.argument], ["load", "worker"]);
      assert.ok(error.message.includes(script), error.message);
      return true;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

/**
 * What the body connects, and the worker that it then has.
 * @template T
 * @param {import("node:worker_threads").WorkerOptions & { url?: URL }} options that the worker has beside
 *   its own, and what it is started from instead
 * @param {() => Promise<T>} body
 * @returns {Promise<[T, Worker]>}
 */
async function withWorker({ url, ...options }, body) {
  /** @type {Worker | undefined} */
  let started;
  workerThreads.Worker = class extends Worker {
    /** @param {URL} script @param {import("node:worker_threads").WorkerOptions} own */
    constructor(script, own) {
      super(url ?? script, { ...own, ...options });
      started = this;
    }
  };
  try {
    return [await body(), /** @type {Worker} */ (/** @type {unknown} */ (started))];
  } finally {
    workerThreads.Worker = Worker;
  }
}

test("handles made and disposed of again and again take up no room in the worker", async () => {
  // Kept, they would need some 14 MB.
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 };
  const [far] = await withWorker({ resourceLimits }, () => connect({ build }));
  const first = await far.alloc([1]);
  first.dispose();
  for (let batch = 0; batch < 200; batch++) {
    const handles = await Promise.all(Array.from({ length: 100 }, () => far.alloc([1])));
    for (const handle of handles) handle.dispose();
  }
  const cache = await far.cache({ dim: 1, capacity: 1 });
  const second = await far.alloc([1]);
  second.dispose();
  for (const handle of [first, second]) {
    await assert.rejects(handle.data, { code: "disposed", argument: "data" });
    await assert.rejects(far.softmax(handle), { code: "disposed", argument: "x" });
  }
  assert.equal(await cache.length, 0);
  far.dispose();
});

test("a ticket of what was disposed of stands for the first of its kind that was", () => {
  const kept = new Kept();
  const things = ["alloc", "alloc", "cache"].map((kind) => ({ kind, dispose() {} }));
  const tickets = things.map((thing) => kept.keep(thing.kind, thing));
  assert.equal(kept.size, 3);
  for (const ticket of [tickets[1], tickets[0], tickets[0]]) kept.dispose(ticket);
  assert.equal(kept.size, 1);
  assert.deepEqual(
    tickets.map((ticket) => kept.get(ticket)),
    [things[1], things[1], things[2]],
  );
});

test("an answer that cannot be read rejects the call that waits for it", async () => {
  const [far, worker] = await withWorker({}, () => connect({ build }));
  const calls = [far.softmax([0]), far.softmax([0, 0])];
  worker.emit("messageerror", new Error("as of a message that cannot be deserialised"));
  await assert.rejects(calls[0], {
    code: "memory",
    argument: "worker",
    message: /could not be read/,
  });
  assert.deepEqual([...(await calls[1]).data], [0.5, 0.5]);
  far.dispose();
});

test("a question that cannot be read is answered, and rejects its call", async () => {
  // The worker's script, to which one method cannot be delivered.
  const script = `
    import { parentPort } from "node:worker_threads";
    const { on } = parentPort;
    parentPort.on = (event, heard) => on.call(parentPort, event, event !== "message" ? heard :
      (question) => question.method === "positionEncoding"
        ? parentPort.emit("messageerror", new Error("as of a message that cannot be deserialised"))
        : heard(question));
    await import(${JSON.stringify(new URL("worker.js", library).href)});`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const [far] = await withWorker({ url }, () => connect({ build }));
  const [before, garbled, behind] = [
    far.softmax([0]),
    far.positionEncoding(1, 2),
    far.softmax([0, 0]),
  ];
  await assert.rejects(garbled, { code: "type", argument: "worker", message: /could not read/ });
  assert.deepEqual([...(await before).data], [1]);
  assert.deepEqual([...(await behind).data], [0.5, 0.5]);
  far.dispose();
});
