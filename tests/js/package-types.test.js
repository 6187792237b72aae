// The package's types, checked with its users' code by the compilers and settings that they have.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Consumer, root, run } from "./consumer.js";

const bundlers = join(root, ".toolchain/bundlers/node_modules");
/** The compiler of a version. @param {string} version */
const compiler = (version) =>
  join(
    version === "7"
      ? join(root, "node_modules/typescript")
      : join(bundlers, `typescript${version}`),
    "bin/tsc",
  );

/** @type {Consumer} */
let consumer;

before(async () => {
  consumer = await Consumer.create(join(bundlers, ".."));
  await consumer.write({
    "main.ts": `import { load, tensor, HeadlightError } from "headlight-attention";
      import { connect, type Client } from "headlight-attention/worker";
      const hl = await load({ build: "simd" });
      const far: Client = await connect({ threads: 2 });
      const there: Float32Array = (await far.attention([[1, 2]], [[1, 2]], [[3, 4]])).output.data;
      // @ts-expect-error: a promise
      far.softmax([1]).data;
      const q = tensor(new Float32Array(16), [8, 2]);
      const { output, weights } = hl.attention(q, [[1, 2]], [[3, 4]], { returns: ["weights"] });
      const data: Float32Array = output.data;
      const shape: number[] = output.shape;
      const row: Float32Array | undefined = weights?.data;
      const isShape = (error: HeadlightError) => error.code === "shape" && error.argument === "q";
      const kept = hl.alloc([8, 2]);
      const view: Float32Array = kept.data;
      const cache = hl.cache({ dim: 2, capacity: 8 });
      const next: number[] = hl.attention(kept, kept, kept, { past: cache, out: kept }).output.shape;
      const length: number = cache.length;
      const distant = await far.alloc([8, 2]);
      const answer: Float32Array = (await far.softmax(distant)).data;
      const alone: Float32Array = hl.linear(q, [[1], [2]], null, { out: q }).data;
      // @ts-expect-error: a capacity is needed
      hl.cache({ dim: 2 });
      // @ts-expect-error: no such build
      load({ build: "fastest" });
      // @ts-expect-error: no such option
      hl.attention(q, q, q, { casual: true });
      // @ts-expect-error: no such stage
      hl.attention(q, q, q, { returns: ["weight"] });
      // @ts-expect-error: a tensor has no such member
      output.size;
      // @ts-expect-error: not where wasm is
      load({ wasm: 1 });
      hl.dispose();
      export { there, data, shape, row, isShape, view, next, length, answer, alone };`,
    "urls.ts": `import { load } from "headlight-attention";
      export const hl = await load({ wasm: new URL("https://example.org/") });
      export const again = load({ wasm: new Uint8Array(1), build: "simd" });`,
    "using.ts": `import { load } from "headlight-attention";
      import { connect } from "headlight-attention/worker";
      using hl = await load();
      using far = await connect();
      using kept = hl.alloc([8, 2]);
      using cache = hl.cache({ dim: 2, capacity: 8 });
      using distant = await far.alloc([8, 2]);
      export const shapes = [kept.shape, cache.length, distant.shape];`,
  });
});

after(() => consumer?.remove());

const es = ["es2022"];
const dom = ["es2022", "dom"];

describe("TypeScript checks it, its own declarations too", { concurrency: 2 }, () => {
  for (const [version, resolution, lib, files, more] of /** @type {const} */ ([
    ["5.0", "nodenext", es, ["main.ts"], {}],
    ["5.0", "node", dom, ["main.ts", "urls.ts"], {}],
    ["5.6", "bundler", es, ["main.ts", "using.ts"], {}],
    ["5.6", "node", dom, ["main.ts", "urls.ts", "using.ts"], {}],
    ["5.6", "nodenext", ["esnext"], ["main.ts", "urls.ts", "using.ts"], { types: ["node"] }],
    ["7", "nodenext", dom, ["main.ts", "urls.ts", "using.ts"], {}],
    ["7", "bundler", es, ["main.ts", "using.ts"], {}],
    ["7", "nodenext", ["esnext"], ["main.ts", "urls.ts", "using.ts"], { types: ["node"] }],
  ])) {
    const types = "types" in more ? more.types : [];
    test(`${version}, resolution ${resolution}, ${[...lib, ...types].join(", ")}`, async () => {
      const module = resolution === "nodenext" ? "nodenext" : "esnext";
      const project = `tsconfig-${version}-${resolution}-${lib.length}.json`;
      const compilerOptions = {
        ...{ module, moduleResolution: resolution, lib, target: "es2022", strict: true },
        ...{ noEmit: true, types, typeRoots: [join(root, "node_modules/@types")] },
      };
      await consumer.write({ [project]: JSON.stringify({ compilerOptions, files }) });
      await run(process.execPath, [compiler(version), "-p", project], {
        cwd: consumer.folder,
      }).catch(({ stdout }) => assert.fail(stdout));
    });
  }
});
