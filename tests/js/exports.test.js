// Every exported function, called with each of its words replaced by hostile ones: null, misaligned,
// overlapping, outside of memory, huge and negative. It must come back with a status, and the
// instance must still compute.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Call } from "../../web/headlight/call.js";
import { Headlight } from "../../web/headlight/headlight.js";
import { build, openCore, threads } from "./setup.js";

/** @typedef {import("../../web/headlight/core.js").Core} Core */

const STATUSES = 7;
const X = [1, 0, 0, 1, 1, 1];

/**
 * A valid call: an export's arguments (its error's address is added), and the structs among them,
 * whose words are replaced too.
 * @typedef {{ name: string, words: number[], structs: { address: number, length: number }[] }} Valid
 */

/** @param {Call} call @param {(struct: import("../../web/headlight/call.js").Struct) => void} write */
function struct(call, write) {
  const written = call.struct(128);
  const start = written.at;
  write(written);
  return { address: written.address, length: written.at - start };
}

/** @param {Call} call @param {Float32Array | Uint8Array | Int32Array} data @param {number[]} shape */
const place = (call, data, ...shape) => call.place({ data, shape, address: 0 });

/** @param {Call} call @returns {Valid[]} */
function validCalls(call) {
  const tall = () => place(call, Float32Array.from(X), 3, 2);
  const square = () => place(call, Float32Array.of(1, 0, 0, 1), 2, 2);
  const room = (bytes = 4096) => call.alloc(bytes);
  const mask = place(call, Uint8Array.of(1, 1, 1), 3);
  const operands = Array.from({ length: 3 }, tall);
  const squares = Array.from({ length: 4 }, square);
  const lengths = place(call, Int32Array.of(3), 1);
  const out = tall();
  /** What both passes of attention begin with. @param {import("../../web/headlight/call.js").Struct} s */
  const begin = (s) => {
    for (const operand of operands) s.tensor(operand);
    s.word(1);
    s.word(1);
    s.zeros(7);
    s.mask(mask);
    s.word(lengths.address);
    s.word(1);
  };
  const attention = struct(call, (s) => {
    begin(s);
    s.zeros(24);
    s.tensor(out);
    for (let result = 0; result < 7; result++) s.word(1);
    s.zeros(8);
  });
  const made = [tall(), place(call, Float32Array.of(1, 1, 1, 1, 1, 1), 3, 2), tall()];
  const backward = struct(call, (s) => {
    begin(s);
    for (const operand of made) s.tensor(operand);
    s.zeros(3);
    s.tensor(out);
    s.zeros(13);
  });
  const multihead = struct(call, (s) => {
    for (const operand of [...operands, ...squares]) s.tensor(operand);
    s.zeros(36);
    s.word(1);
    s.mask(null);
    s.mask(mask);
    for (const word of [0, 1, 1, 0, 0, 0]) s.word(word);
    s.tensor(out);
    s.word(1);
    s.zeros(6);
  });
  const linear = struct(call, (s) => {
    s.tensor(operands[0]);
    s.tensor(squares[0]);
    s.zeros(7);
    s.tensor(out);
    s.zeros(1);
  });
  const trace = struct(call, (s) => {
    s.tensor(operands[0]);
    s.tensor(null);
    s.word(1);
    for (const operand of squares) s.tensor(operand);
    s.word(1);
    s.word(1);
    s.zeros(7);
    s.mask(mask);
    s.zeros(3);
  });
  const table = struct(call, (s) => s.tensor(operands[0]));
  const ids = place(call, Int32Array.of(0, 2), 2).address;
  // One for all: in a larger memory a hostile length would fit, and overwrite what lies behind.
  const big = 1 << 18;
  const shared = room(big);
  const handle = room();
  return [
    { name: "attention", words: [attention.address, shared, big], structs: [attention] },
    { name: "attention_backward", words: [backward.address, shared, big], structs: [backward] },
    { name: "multihead", words: [multihead.address, shared, big], structs: [multihead] },
    { name: "linear", words: [linear.address, shared, big], structs: [linear] },
    { name: "pack_plan", words: [table.address, room()], structs: [table] },
    { name: "pack", words: [table.address, shared], structs: [table] },
    { name: "softmax", words: [table.address, room()], structs: [table] },
    { name: "embed", words: [ids, 2, table.address, room()], structs: [table] },
    { name: "position_encoding", words: [8, 6, 10000, 0, room()], structs: [] },
    { name: "trace_plan", words: [trace.address, room()], structs: [trace] },
    { name: "trace_run", words: [trace.address, shared, big, handle], structs: [trace] },
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

const names = validCalls(new Call(await openCore({ build, threads }), "test")).map(
  ({ name }) => name,
);

for (const [index, name] of names.entries()) {
  test(`${name} survives hostile words`, async () => {
    const core = await openCore({ build, threads });
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
  const core = await openCore({ build, threads });
  const call = new Call(core, "test");
  const name = place(call, new TextEncoder().encode("weights\0"), 8).address;
  const tensor = call.alloc(24);
  const floats = place(call, new Float32Array(2 ** 15), 2 ** 15).address;
  for (const trace of [floats, name, tensor, ...hostile(core, floats)]) {
    assert.notEqual(survives(core, "trace_tensor", [trace, name, tensor, core.error]), 0);
  }
  const run = /** @type {Valid} */ (validCalls(call).find((valid) => valid.name === "trace_run"));
  assert.equal(survives(core, "trace_run", [...run.words, core.error]), 0);
  const trace = run.words[1];
  assert.equal(survives(core, "trace_tensor", [trace, name, tensor, core.error]), 0);
  const other = place(call, new TextEncoder().encode("weight\0\0"), 8).address;
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
  const core = await openCore({ build, threads });
  const call = new Call(core, "test");
  const operands = [
    [1, 2],
    [1, 1],
    [1, 1],
  ].map(([rows, cols]) => place(call, new Float32Array(rows * cols), rows, cols));
  const args = struct(call, (s) => {
    for (const operand of operands) s.tensor(operand);
    s.zeros(61);
  });
  const room = call.alloc(1 << 16);
  for (let at = 0; at < args.length; at++) {
    const error = args.address + 4 * at;
    assert.notEqual(survives(core, "attention", [args.address, room, 1 << 16, error]), 0);
  }
  stillComputes(core);
});

test("alloc and release refuse what is not theirs", async () => {
  const core = await openCore({ build, threads });
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

test("a pool is opened once", async () => {
  const core = await openCore({ build, threads });
  const { open_pool } = core.exports;
  if (threads === 1) return assert.equal(open_pool, undefined);
  for (const count of hostile(core, 4)) assert.notEqual(open_pool(count, 1), 0);
  stillComputes(core);
});

test("every exported function is tested here", async () => {
  const core = await openCore({ build, threads });
  const others = ["alloc", "release", "live_blocks", "version", "build", "trace_tensor"];
  if (threads > 1) others.push("open_pool", "join_pool"); // which does not return
  const functions = Object.entries(core.exports)
    .filter(([name, value]) => typeof value === "function" && !/^_|^emscripten_/.test(name))
    .map(([name]) => name);
  assert.deepEqual(functions.sort(), [...names, ...others].sort());
});
