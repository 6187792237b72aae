// Every exported function, called with each of its words replaced by hostile ones: null, misaligned,
// overlapping, outside of memory, huge and negative. It must come back with a status, and the
// instance must still compute.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Call, maskWords, tensorWords } from "../../dist/headlight/call.js";
import { Headlight } from "../../dist/headlight/headlight.js";
import { loadCore } from "../../dist/headlight/load.js";
import { build } from "./setup.js";

/** @typedef {import("../../dist/headlight/core.js").Core} Core */

const STATUSES = 7;
const X = [1, 0, 0, 1, 1, 1];

/**
 * A valid call: an export's arguments (its error's address is added), and the structs among them,
 * whose words are replaced too.
 * @typedef {{ name: string, words: number[], structs: { address: number, length: number }[] }} Valid
 */

/** @param {Call} call @returns {Valid[]} */
function validCalls(call) {
  const place = () => call.place({ data: Float32Array.from(X), shape: [3, 2] });
  const square = () => call.place({ data: Float32Array.of(1, 0, 0, 1), shape: [2, 2] });
  const room = (bytes = 4096) => call.alloc(bytes);
  const none = tensorWords(null);
  const noMask = maskWords(null);
  const mask = maskWords({
    placed: call.place({ data: Uint8Array.of(1, 1, 1), shape: [3] }),
    boolean: true,
  });
  const struct = (/** @type {number[]} */ words) => ({
    address: call.struct(words),
    length: words.length,
  });
  const options = [1, 1, 0, 0, 0, 0, 0, 0, 0];
  const attention = struct([
    ...[place(), place(), place()].flatMap(tensorWords),
    ...options,
    ...mask,
    ...[call.place({ data: Int32Array.of(3), shape: [1] }).address, 1],
    ...none,
    ...none,
    ...[0, 0, room(), room(), room(), room(), room(), room()],
  ]);
  const weights = [square(), square(), square(), square()].flatMap(tensorWords);
  const multihead = struct([
    ...[place(), place(), place()].flatMap(tensorWords),
    ...weights,
    ...Array(6).fill(none).flat(),
    ...[1, ...noMask, ...mask, 0, 1, 1, room(), room()],
  ]);
  const linear = struct([...tensorWords(place()), ...tensorWords(square()), ...none, room()]);
  const trace = struct([...tensorWords(place()), ...none, 1, ...weights, ...options, ...mask]);
  const table = struct(tensorWords(place()));
  const big = 1 << 18;
  const handle = room();
  return [
    { name: "attention_plan", words: [attention.address, room()], structs: [attention] },
    { name: "attention", words: [attention.address, room(big), big], structs: [attention] },
    { name: "multihead_plan", words: [multihead.address, room()], structs: [multihead] },
    { name: "multihead", words: [multihead.address, room(big), big], structs: [multihead] },
    { name: "linear_plan", words: [linear.address, room()], structs: [linear] },
    { name: "linear", words: [linear.address, room(big), big], structs: [linear] },
    { name: "softmax", words: [table.address, room()], structs: [table] },
    {
      name: "embed",
      words: [
        call.place({ data: Int32Array.of(0, 2), shape: [2] }).address,
        2,
        table.address,
        room(),
      ],
      structs: [table],
    },
    { name: "position_encoding", words: [4, 6, 10000, 0, room()], structs: [] },
    { name: "trace_plan", words: [trace.address, room()], structs: [trace] },
    { name: "trace_run", words: [trace.address, room(big), big, handle], structs: [trace] },
  ];
}

/** @param {Core} core @param {number} own an address of the call's */
function hostile(core, own) {
  const end = core.exports.memory.buffer.byteLength;
  const numbers = [0, 1, 2, 3, -1, -4, 0x7fffffff, -0x80000000, 0x10000, 0x40000000];
  return [...numbers, own, own + 2, own + 4, end - 8, end, end + 16, NaN, Infinity];
}

/** @param {Core} core @param {string} name @param {number[]} words */
function survives(core, name, words) {
  const status = core.exports[name](...words);
  assert.ok(status >= 0 && status < STATUSES, `${name}(${words}) returned ${status}`);
  return status;
}

/** @param {Core} core */
function stillComputes(core) {
  const { output } = new Headlight(core).attention([[1, 2]], [[1, 2]], [[3, 4]]);
  assert.deepEqual([...output.data], [3, 4]);
}

const names = validCalls(new Call(await loadCore({ build }), "test")).map(({ name }) => name);

for (const [index, name] of names.entries()) {
  test(`${name} survives hostile words`, async () => {
    const core = await loadCore({ build });
    const { words, structs } = validCalls(new Call(core, "test"))[index];
    assert.equal(survives(core, name, [...words, core.error]), 0, "the valid call");
    let refused = 0;
    for (let i = 0; i <= words.length; i++) {
      for (const word of hostile(core, words[0])) {
        const changed = [...words, core.error];
        changed[i] = word;
        refused += Number(survives(core, name, changed) !== 0);
      }
    }
    for (const { address, length } of structs) {
      for (let i = 0; i < length; i++) {
        const at = address / 4 + i;
        const before = core.views.words[at];
        for (const word of hostile(core, address)) {
          core.views.words[at] = word;
          refused += Number(survives(core, name, [...words, core.error]) !== 0);
        }
        core.views.words[at] = before;
      }
    }
    assert.ok(refused > 0);
    assert.equal(survives(core, name, [...words, core.error]), 0, "the valid call again");
    stillComputes(core);
  });
}

test("a handle of the wrong kind, unfinished or none", async () => {
  const core = await loadCore({ build });
  const call = new Call(core, "test");
  const name = call.place({ data: new TextEncoder().encode("weights\0"), shape: [8] }).address;
  const tensor = call.alloc(24);
  const floats = call.place({ data: new Float32Array(1024), shape: [1024] }).address;
  for (const trace of [floats, name, tensor, ...hostile(core, floats)]) {
    assert.notEqual(survives(core, "trace_tensor", [trace, name, tensor, core.error]), 0);
  }
  const run = /** @type {Valid} */ (validCalls(call).find((valid) => valid.name === "trace_run"));
  assert.equal(survives(core, "trace_run", [...run.words, core.error]), 0);
  const trace = run.words[1];
  assert.equal(survives(core, "trace_tensor", [trace, name, tensor, core.error]), 0);
  const other = call.place({ data: new TextEncoder().encode("weight\0\0"), shape: [8] }).address;
  assert.equal(survives(core, "trace_tensor", [trace, other, tensor, core.error]), 2);
  const end = core.exports.memory.buffer.byteLength;
  core.views.bytes.set(new TextEncoder().encode("we"), end - 2);
  assert.equal(survives(core, "trace_tensor", [trace, end - 2, tensor, core.error]), 2);
  for (const word of hostile(core, floats)) {
    survives(core, "trace_tensor", [trace, word, tensor, core.error]);
  }
  assert.equal(core.exports.release(trace), 0);
  assert.notEqual(survives(core, "trace_tensor", [floats, name, tensor, core.error]), 0);
  stillComputes(core);
});

test("an error that lies inside of the arguments", async () => {
  const core = await loadCore({ build });
  const call = new Call(core, "test");
  const place = (/** @type {number[]} */ shape) =>
    tensorWords(call.place({ data: new Float32Array(shape[0] * shape[1]), shape }));
  const args = call.struct([
    ...place([1, 2]),
    ...place([1, 1]),
    ...place([1, 1]),
    ...Array(38).fill(0),
  ]);
  for (let at = 0; at < 224; at += 4) {
    assert.notEqual(survives(core, "attention_plan", [args, call.alloc(32), args + at]), 0);
  }
  stillComputes(core);
});

test("alloc and release refuse what is not theirs", async () => {
  const core = await loadCore({ build });
  const { alloc, release, live_blocks } = core.exports;
  const before = live_blocks();
  for (const size of [-1, -16, 0x7fffffff, -0x80000000, 0xfffffff0]) assert.equal(alloc(size), 0);
  const block = alloc(100);
  assert.equal(block % 16, 0);
  assert.equal(live_blocks(), before + 1);
  for (const address of hostile(core, block + 16)) {
    if (address !== block) assert.notEqual(release(address), 0, `release(${address})`);
  }
  assert.equal(release(block), 0);
  assert.notEqual(release(block), 0, "twice");
  assert.equal(live_blocks(), before);
  stillComputes(core);
});

test("every exported function is tested here", async () => {
  const core = await loadCore({ build });
  const others = ["alloc", "release", "live_blocks", "version", "build", "trace_tensor"];
  const functions = Object.entries(core.exports)
    .filter(([name, value]) => typeof value === "function" && !/^_|^emscripten_/.test(name))
    .map(([name]) => name);
  assert.deepEqual(functions.sort(), [...names, ...others].sort());
});
