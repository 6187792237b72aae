// The npm package as its users get it: packed, installed into an empty folder, and run there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createServer } from "vite";
import { isolation, launch, serve } from "../page/browser.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const tool = (/** @type {string} */ name) => join(root, "node_modules/.bin", name);

/** The consumer's folder, with the package as its only dependency, and its installed files. */
let folder = "";
let installed = "";
/** @type {import("puppeteer-core").Browser} */
let chromium;

// What every consumer computes: the notebook's self-attention, row Le.
const notebook = `
const x = [
  [0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9], [0.1, 0.4, 0.7],
  [0.1, 0.2, 0.3], [0.3, 0.6, 0.9], [0.7, 0.8, 0.9], [0.1, 0.1, 0.1],
];
const w = [[1, 0], [0, 1], [1, 1]];
export async function notebook(options) {
  const hl = await load(options);
  const q = hl.linear(x, w);
  const { weights, output } = hl.attention(q, q, q, { returns: ["weights"] });
  return {
    build: hl.build,
    threads: hl.threads,
    weights: Array.from(weights.data.subarray(0, 8)),
    output: Array.from(output.data.subarray(0, 2)),
  };
}
`;
const expected = {
  weights: [0.084909, 0.12439, 0.182228, 0.117548, 0.084909, 0.151625, 0.182228, 0.072164],
  output: [1.065866, 1.212484],
};

/** @typedef {{ build: string, threads: number, weights: number[], output: number[] }} Result */

/**
 * @param {Result} result
 * @param {string} [build]
 */
function check(result, build) {
  if (build) assert.equal(result.build, build);
  for (const key of /** @type {const} */ (["weights", "output"])) {
    assert.equal(result[key].length, expected[key].length);
    for (const [i, value] of expected[key].entries()) {
      assert.ok(Math.abs(result[key][i] - value) < 1e-6, `${key}: ${result[key]}`);
    }
  }
}

/**
 * Writes files below the consumer's folder.
 * @param {Record<string, string>} files
 */
async function write(files) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/**
 * Opens a page, and waits for the result that its script leaves in globalThis.result.
 * @param {string} url
 * @returns {Promise<Result & { isolated: boolean }>}
 */
async function visit(url) {
  const page = await chromium.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  try {
    await page.goto(url);
    const handle = await page.waitForFunction(() => Reflect.get(globalThis, "result"), {
      timeout: 20_000,
    });
    return /** @type {any} */ (await handle.jsonValue());
  } catch (error) {
    throw new Error(`${url}: ${error}\n${complaints.join("\n")}`);
  } finally {
    await page.close();
  }
}

/**
 * Serves a folder of the consumer in turn at the root and in a sub-folder, with and without the
 * isolation headers, and checks the result of each page that is opened, which asks for two threads.
 * @param {string} dir
 * @param {string} [page]
 */
async function checkServed(dir, page = "") {
  for (const [headers, threads] of /** @type {[Record<string, string>, number][]} */ ([
    [{}, 1],
    [isolation, 2],
  ])) {
    for (const base of ["/", "/some/deep/folder/"]) {
      const server = await serve(join(folder, dir), { headers, base });
      try {
        const result = await visit(server.url + page);
        assert.equal(result.isolated, headers === isolation);
        assert.equal(result.threads, threads);
        check(result, "relaxed");
      } finally {
        await server.close();
      }
    }
  }
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "headlight-package-"));
  await write({ "package.json": '{ "name": "consumer", "private": true, "type": "module" }' });
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
  });
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${stdout.trim()}`], {
    cwd: folder,
  });
  installed = join(folder, "node_modules/headlight-attention");
  await write({
    "notebook.js": `import { load } from "headlight-attention";${notebook}`,
    "main.js": `import { notebook } from "./notebook.js";
      const options = process.argv[2] ? { build: process.argv[2] } : {};
      console.log(JSON.stringify(await notebook(options)));`,
    "client.js": `import { connect } from "headlight-attention/worker";
      const hl = await connect({ build: "simd", threads: 2 });
      const { data } = await hl.softmax([0, 0]);
      console.log(hl.build, hl.threads, ...data);`,
    "threads.js": `import { isMainThread, parentPort, Worker } from "node:worker_threads";
      import { notebook } from "./notebook.js";
      if (isMainThread) new Worker(new URL(import.meta.url)).on("message", (m) => console.log(m));
      else parentPort.postMessage(JSON.stringify(await notebook()));`,
  });
  chromium = await launch();
});

after(async () => {
  await chromium?.close();
  await rm(folder, { recursive: true, force: true });
});

test("the package holds the library, its types, five wasm files and nothing else", async () => {
  assert.deepEqual(await readdir(join(folder, "node_modules")), [
    ".package-lock.json",
    "headlight-attention",
  ]);
  assert.deepEqual((await readdir(installed)).sort(), [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "dist",
    "package.json",
  ]);
  const files = await readdir(join(installed, "dist/headlight"), { recursive: true });
  const wasm = files.filter((name) => name.endsWith(".wasm")).sort();
  assert.deepEqual(
    wasm,
    ["baseline", "relaxed-threads", "relaxed", "simd-threads", "simd"].map(
      (build) => `headlight-${build}.wasm`,
    ),
  );
  assert.deepEqual(files.filter((name) => name.endsWith(".js")).sort(), [
    "client.js",
    "headlight.js",
    "thread.js",
    "worker.js",
  ]);
  for (const types of ["headlight.d.ts", "client.d.ts"]) assert.ok(files.includes(types));
  const resolve = 'console.log(import.meta.resolve("headlight-attention/headlight-simd.wasm"))';
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", resolve], {
    cwd: folder,
  });
  assert.match(stdout, /dist\/headlight\/headlight-simd\.wasm$/m);
});

for (const [version, node] of [
  [process.versions.node.split(".")[0], process.execPath],
  ["22", join(root, "node_modules/node22/bin/node")],
  ["24", join(root, "node_modules/node24/bin/node")],
]) {
  const runNode = async (/** @type {string[]} */ ...args) =>
    (await run(node, args, { cwd: folder })).stdout;

  test(`Node ${version}: every build, and auto`, async () => {
    assert.match(await runNode("--version"), new RegExp(`^v${version}\\.`));
    const flag = "--experimental-wasm-relaxed-simd";
    const flags = (await runNode("--v8-options")).includes(flag) ? [flag] : [];
    for (const build of ["baseline", "simd", "relaxed"]) {
      check(JSON.parse(await runNode(...flags, "main.js", build)), build);
    }
    // Without the flag auto falls back to the best that runs.
    check(JSON.parse(await runNode("main.js")), flags.length > 0 ? "simd" : "relaxed");
  });

  test(`Node ${version}: in a worker thread, and by a client of one`, async () => {
    assert.equal(await runNode("client.js"), "simd 2 0.5 0.5\n");
    check(JSON.parse(await runNode("threads.js")));
  });
}

test("a plain module script in Chromium, and a module worker", async () => {
  await cp(join(installed, "dist/headlight"), join(folder, "plain/vendor"), { recursive: true });
  await write({
    "plain/notebook.js": `import { load } from "./vendor/headlight.js";${notebook}`,
    "plain/index.html": `<!doctype html><link rel="icon" href="data:,"><script type="module">
      import { notebook } from "./notebook.js";
      globalThis.result = { ...(await notebook({ threads: 2 })), isolated: crossOriginIsolated };
    </script>`,
    "plain/worker.js": `import { notebook } from "./notebook.js";
      postMessage({ ...(await notebook({ threads: 2 })), isolated: crossOriginIsolated });`,
    "plain/worker.html": `<!doctype html><link rel="icon" href="data:,"><script type="module">
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => { globalThis.result = data; };
    </script>`,
  });
  await checkServed("plain");
  await checkServed("plain", "worker.html");
});

test("a page whose policy lets no worker start has one thread", async () => {
  const policy = { ...isolation, "Content-Security-Policy": "worker-src 'none'" };
  const server = await serve(join(folder, "plain"), { headers: policy });
  try {
    const result = await visit(server.url);
    assert.ok(result.isolated);
    assert.equal(result.threads, 1);
    check(result, "relaxed");
  } finally {
    await server.close();
  }
});

const html = `<!doctype html><link rel="icon" href="data:,">
  <script type="module" src="./main.js"></script>`;

test("Vite builds it unaided", async () => {
  await write({
    "vite/index.html": html,
    "vite/main.js": `import { load } from "headlight-attention";
      import { connect } from "headlight-attention/worker";${notebook.replace("export", "")}
      const far = connect().then((hl) => hl.linear(x, w)).then(({ data }) => data.length);
      Promise.all([notebook({ threads: 2 }), far]).then(([result, numbers]) => {
        if (numbers !== 16) throw new Error(numbers);
        globalThis.result = { ...result, isolated: crossOriginIsolated };
      });`,
  });
  await run(tool("vite"), ["build", "--base=./"], { cwd: join(folder, "vite") });
  await checkServed("vite/dist");
});

test("Vite's development server serves it unaided", async () => {
  const server = await createServer({
    root: join(folder, "vite"),
    configFile: false,
    logLevel: "silent",
    server: { host: "127.0.0.1", port: 0 },
  });
  try {
    await server.listen();
    const address = /** @type {import("node:net").AddressInfo} */ (server.httpServer?.address());
    check(await visit(`http://127.0.0.1:${address.port}/`), "relaxed");
  } finally {
    await server.close();
  }
});

test("esbuild bundles it, with the wasm files copied and their folder named", async () => {
  await write({
    "esbuild/main.js": `import { load } from "headlight-attention";
      import { connect } from "headlight-attention/worker";${notebook}
      const wasm = new URL("./", import.meta.url);
      const { data } = await (await connect({ wasm })).softmax([0]);
      if (data[0] !== 1) throw new Error(data);
      globalThis.result = { ...(await notebook({ wasm, threads: 2 })), isolated: crossOriginIsolated };`,
    "esbuild/dist/index.html": html,
  });
  for (const source of ["main.js", join(installed, "dist/headlight/worker.js")]) {
    await run(
      tool("esbuild"),
      [source, "--bundle", "--format=esm", "--minify", "--outdir=dist", "--log-level=warning"],
      { cwd: join(folder, "esbuild") },
    );
  }
  for (const name of await readdir(join(installed, "dist/headlight"))) {
    if (!name.endsWith(".wasm") && name !== "thread.js") continue;
    await cp(join(installed, "dist/headlight", name), join(folder, "esbuild/dist", name));
  }
  await checkServed("esbuild/dist");
});

test("TypeScript consumers get the types", async () => {
  await write({
    "typed/main.ts": `import { load, tensor, HeadlightError } from "headlight-attention";
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
      using kept = hl.alloc([8, 2]);
      using cache = hl.cache({ dim: 2, capacity: 8 });
      const next: number[] = hl.attention(kept, kept, kept, { past: cache, out: kept }).output.shape;
      const length: number = cache.length;
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
      console.log(data, shape, row, isShape, next, length);`,
  });
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    await run(
      tool("tsc"),
      ["--noEmit", "--strict", "--target", "es2022", "--types", ""].concat(
        ["--module", module, "--moduleResolution", resolution],
        ["--lib", "es2023,dom", "typed/main.ts"],
      ),
      { cwd: folder },
    ).catch(({ stdout }) => assert.fail(stdout));
  }
});
