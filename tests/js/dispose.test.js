// An instance that is disposed of: its threads end, its memory goes, and all that it had says so.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { load } from "../../dist/headlight/headlight.js";
import { Headlight } from "../../web/headlight/headlight.js";
import { build, openCore, threads } from "./setup.js";

const run = promisify(execFile);
const library = new URL("../../dist/headlight/", import.meta.url);
const square = [
  [1, 2],
  [3, 4],
];
const layer = { wq: square, wk: square, wv: square, wo: square };

/** Every method. @type {Record<string, (hl: any) => unknown>} */
const methods = {
  alloc: (hl) => hl.alloc([1]),
  cache: (hl) => hl.cache({ dim: 1, capacity: 1 }),
  attention: (hl) => hl.attention(square, square, square),
  attentionBackward: (hl) => hl.attentionBackward(square, square, square, square, [0, 0], square),
  multiHeadAttention: (hl) => hl.multiHeadAttention(square, square, square, layer),
  multiHeadLayer: (hl) => hl.multiHeadLayer(layer),
  linear: (hl) => hl.linear(square, square),
  softmax: (hl) => hl.softmax(square),
  embed: (hl) => hl.embed([0], square),
  positionEncoding: (hl) => hl.positionEncoding(1, 2),
  trace: (hl) => hl.trace({ embeddings: square, wq: square, wk: square, wv: square }),
};

test("every method refuses, whatever it is given", async () => {
  const all = Object.getOwnPropertyNames(Headlight.prototype);
  assert.deepEqual(
    all.filter((name) => !["constructor", "dispose"].includes(name)).sort(),
    Object.keys(methods).sort(),
  );
  const hl = new Headlight(await openCore({ build, threads }));
  hl.dispose();
  hl.dispose();
  const gone = { code: "disposed", argument: "hl", message: /load\(\) gives a new one/ };
  for (const [name, call] of Object.entries(methods)) {
    assert.throws(() => call(hl), gone, name);
    assert.throws(() => /** @type {any} */ (hl)[name](), gone, name);
  }
});

test("what was made in its memory is gone with it", async () => {
  const hl = new Headlight(await openCore({ build, threads }));
  const other = new Headlight(await openCore({ build, threads }));
  const kept = hl.alloc([2, 2]);
  const cache = hl.cache({ dim: 2, capacity: 3 });
  const packed = hl.multiHeadLayer(layer);
  hl.dispose();
  assert.throws(() => kept.data, { code: "disposed", argument: "data" });
  assert.throws(() => other.softmax(kept), { code: "disposed", argument: "x" });
  assert.throws(() => cache.length, { code: "disposed", argument: "length" });
  assert.throws(() => cache.truncate(0), { code: "disposed", argument: "length" });
  assert.throws(() => other.attention(square, square, square, { past: cache }), {
    code: "disposed",
    argument: "past",
  });
  assert.throws(() => packed.forward(square, square, square), {
    code: "disposed",
    argument: "layer",
  });
  for (const handle of [kept, cache, packed]) handle.dispose();
  other.dispose();
});

test("an argument whose reading disposes of the instance is refused", async () => {
  for (const part of ["data", "shape"]) {
    const hl = new Headlight(await openCore({ build, threads }));
    const trap = { data: new Float32Array(1), shape: [1] };
    const value = Object.defineProperty({ ...trap }, part, {
      get() {
        hl.dispose();
        return Reflect.get(trap, part);
      },
    });
    assert.throws(() => hl.softmax(value), { code: "disposed", argument: "hl" });
  }
});

test("load() gives a new instance, and only where the old one was disposed of", async () => {
  const [first, same] = await Promise.all([load({ build, threads }), load({ build, threads })]);
  assert.equal(first, same);
  first.dispose();
  const second = await load({ build, threads });
  assert.notEqual(second, first);
  assert.deepEqual([...second.softmax([0, 0]).data], [0.5, 0.5]);
  first.dispose();
  assert.equal(await load({ build, threads }), second);
  second.dispose();
});

test("its threads end", async () => {
  const core = await openCore({ build, threads });
  const { workers } = core;
  assert.equal(workers.length, threads - 1);
  const ends = workers.map((worker) => once(worker, "exit"));
  new Headlight(core).dispose();
  await Promise.all(ends);
});

test("its memory is free, though it and what it made are still held", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const open = async () => {
    const core = await openCore({ build, threads });
    const hl = new Headlight(core);
    const handles = [hl.alloc([4]), hl.cache({ dim: 1, capacity: 1 }), hl.multiHeadLayer(layer)];
    return { hl, handles, memory: new WeakRef(core.exports.memory) };
  };
  const { hl, handles, memory } = await open();
  const collected = async () => {
    // Messages that threads were sent hold it until they have ended.
    for (let round = 0; round < 100 && memory.deref(); round++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
    return memory.deref() === undefined;
  };
  gc();
  assert.notEqual(memory.deref(), undefined);
  hl.dispose();
  assert.ok(await collected());
  assert.throws(() => hl.softmax([1]), { code: "disposed" });
  assert.equal(handles.length, 3);
});

test("a process with threads ends by itself, disposed of or not", async () => {
  for (const end of ["", "hl.dispose();"]) {
    const script = `
      import { load } from ${JSON.stringify(new URL("headlight.js", library).href)};
      const hl = await load({ build: "simd", threads: 3 });
      console.log(hl.threads, ...hl.softmax([0, 0]).data);
      ${end}`;
    const args = ["--input-type=module", "-e", script];
    const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
    assert.equal(stdout, "3 0.5 0.5\n");
  }
});
