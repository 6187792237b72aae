// Values of another realm, as an iframe or a test's sandbox hands them over, are as good as one's own;
// and what a sandbox lacks is not needed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { createContext, runInContext, runInThisContext } from "node:vm";
import { connect } from "../../dist/headlight/client.js";
import { HeadlightError, load, tensor } from "../../dist/headlight/headlight.js";
import { build } from "./setup.js";

const run = promisify(execFile);
const library = new URL("../../dist/headlight/", import.meta.url);
const file = new URL(`headlight-${build}.wasm`, library);
const elsewhere = createContext({});
/** What an expression is in another realm. @param {string} expression @returns {any} */
const foreign = (expression) => runInContext(`(${expression})`, elsewhere);
/** @param {string} expression @returns {any} */
const own = (expression) => runInThisContext(`(${expression})`);

const hl = await load({ build });
const far = await connect({ build });
after(() => far.dispose());

/** The same call on arguments of that realm and of this one. @type {((make: (expression: string) => any) => (hl: any) => any)[]} */
const calls = [
  (make) => (hl) => hl.softmax(make("Float32Array.of(1, 2)")),
  (make) => (hl) => hl.softmax(make("Float64Array.of(1, 2)")),
  (make) => (hl) => hl.softmax(make("[[1, 2], [3, 4]]")),
  (make) => (hl) => hl.softmax(make("{ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }")),
  (make) => (hl) => hl.linear([[1, 2]], make("[[1], [2]]"), make("Float32Array.of(3)")),
  (make) => (hl) =>
    hl.attention([[1, 2]], [[1, 2]], [[3, 4]], make("{ mask: Uint8Array.of(1), scale: 2 }")),
  (make) => (hl) =>
    hl.attention([[1, 2]], [[1, 2]], [[3, 4]], {
      mask: make("{ data: Uint8Array.of(0), shape: [1, 1] }"),
      kvLengths: make("Int32Array.of(1)"),
      returns: make('["weights"]'),
      out: make("{ data: new Float32Array(2), shape: [1, 2] }"),
    }),
  (make) => (hl) =>
    hl.attention([[1, 2]], [[1, 2]], [[3, 4]], {
      past: make(`{
        k: { data: Float32Array.of(1, 1), shape: [1, 1, 1, 2] },
        v: { data: Float32Array.of(1, 1), shape: [1, 1, 1, 2] } }`),
    }),
  ...["Int32Array", "Uint32Array", "Int16Array", "Uint16Array", "Int8Array", "Uint8Array"].flatMap(
    (type) => [
      (/** @type {(expression: string) => any} */ make) => (/** @type {any} */ hl) =>
        hl.embed(make(`${type}.of(1, 0)`), [[1], [2]]),
      (/** @type {(expression: string) => any} */ make) => (/** @type {any} */ hl) =>
        hl.embed(make(`{ data: ${type}.of(1, 0), shape: [2, 1] }`), [[1], [2]]),
    ],
  ),
  (make) => (hl) =>
    hl.trace(make("{ embeddings: [[1, 2]], wq: [[1], [0]], wk: [[1], [0]], wv: [[1], [0]] }")),
];

test("typed arrays, arrays and objects of another realm are taken", async () => {
  assert.ok(!(foreign("new Float32Array(1)") instanceof Float32Array));
  for (const call of calls) {
    const expected = call(own)(hl);
    assert.deepEqual(numbers(call(foreign)(hl)), numbers(expected), String(call));
    assert.deepEqual(numbers(await call(foreign)(far)), numbers(expected), String(call));
  }
});

/** A result's numbers, whose realm may be out's. @param {any} result @returns {any} */
function numbers(result) {
  if (ArrayBuffer.isView(result)) return Array.from(/** @type {Float32Array} */ (result));
  if (typeof result !== "object") return result;
  return Object.entries(result).map(([name, part]) => [name, numbers(part)]);
}

test("a client finds handles in objects of another realm", async () => {
  const kept = await far.alloc([1, 2]);
  const options = foreign("{ out: null }");
  options.out = kept;
  const { output } = await far.attention([[1, 2]], [[1, 2]], [[3, 4]], options);
  assert.equal(output, kept);
  assert.deepEqual([...(await kept.data)], [3, 4]);
  kept.dispose();
});

test("a tensor of another realm's array keeps it", () => {
  const data = foreign("new Float32Array(4)");
  assert.equal(tensor(data, [2, 2]).data, data);
});

test("what is no array is not taken for one by its tag", () => {
  const spoof = { [Symbol.toStringTag]: "Float32Array", length: 2, 0: 1, 1: 2 };
  for (const value of [
    spoof,
    { data: spoof, shape: [2] },
    foreign("new DataView(new ArrayBuffer(8))"),
  ]) {
    assert.throws(
      () => hl.softmax(value),
      (error) => error instanceof HeadlightError && error.code === "type",
    );
  }
});

test("the wasm's URL and its bytes may be another realm's", async () => {
  const bytes = await readFile(file);
  const buffer = foreign(`new ArrayBuffer(${bytes.length})`);
  const array = foreign("(buffer) => new Uint8Array(buffer)")(buffer);
  array.set(bytes);
  // As jsdom has one: a class of its own.
  class URL {
    href = file.href;
    get [Symbol.toStringTag]() {
      return "URL";
    }
    toString() {
      return this.href;
    }
    toJSON() {
      return this.href;
    }
  }
  for (const wasm of [buffer, array, new URL()]) {
    const loaded = await load({ build, wasm });
    assert.deepEqual([...loaded.softmax([0, 0]).data], [0.5, 0.5]);
    assert.equal(await load({ build, wasm }), loaded);
    const client = await connect({ build, wasm });
    assert.deepEqual([...(await client.softmax([0, 0])).data], [0.5, 0.5]);
    client.dispose();
  }
});

test("neither importing nor computing needs TextEncoder and TextDecoder", async () => {
  const script = `
    delete globalThis.TextEncoder;
    delete globalThis.TextDecoder;
    const { load } = await import(${JSON.stringify(new URL("headlight.js", library).href)});
    const hl = await load({ build: "simd" });
    const w = [[1]];
    const { output } = hl.trace({ embeddings: w, wq: w, wk: w, wv: w });
    try {
      hl.linear([[1, 2]], w);
    } catch (error) {
      console.log(hl.build, hl.version.length > 0, ...output.data, error.message.split(":")[0]);
    }`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
  assert.match(stdout, /^simd true 1 .*1×2/);
});

test("importing constructs nothing", async () => {
  // Every constructor that a sandbox may lack throws.
  const script = `
    for (const name of ["TextEncoder", "TextDecoder", "Worker", "SharedArrayBuffer", "WebAssembly", "URL"]) {
      globalThis[name] = class { constructor() { throw new Error(name) } };
    }
    await import(${JSON.stringify(new URL("headlight.js", library).href)});
    await import(${JSON.stringify(new URL("client.js", library).href)});
    console.log("imported");`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(stdout, "imported\n");
});
