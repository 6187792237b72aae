// The npm package as its users get it: packed, installed into an empty folder, and run there.
import assert from "node:assert/strict";
import { cp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isolation, serve } from "../page/browser.js";
import { Consumer, check, html, notebook, root, run } from "./consumer.js";

const tool = (/** @type {string} */ name) => join(root, "node_modules/.bin", name);

/** @type {Consumer} */
let consumer;
/** Where it is, and where the package is in it. */
let folder = "";
let installed = "";

before(async () => {
  consumer = await Consumer.create(tmpdir());
  ({ folder, installed } = consumer);
  await consumer.write({
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
  await cp(join(installed, "dist/headlight"), join(folder, "plain/vendor"), { recursive: true });
});

after(() => consumer?.remove());

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
  await consumer.write({
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
  await consumer.checkServed("plain");
  await consumer.checkServed("plain", "worker.html");
});

test("a page whose policy lets no worker start has one thread", async () => {
  const policy = { ...isolation, "Content-Security-Policy": "worker-src 'none'" };
  const result = await consumer.see("plain", "", { headers: policy });
  assert.ok(result.isolated);
  assert.equal(result.threads, 1);
  check(result, "relaxed");
});

test("threads end with their instance, and a client's with its worker", async () => {
  await consumer.write({
    "plain/dispose.html": `<!doctype html><link rel="icon" href="data:,"><script type="module">
      import { load } from "./vendor/headlight.js";
      import { connect } from "./vendor/client.js";
      globalThis.hl = await load({ threads: 3 });
      globalThis.far = await connect({ threads: 2 });
      globalThis.result = hl.threads + far.threads;
    </script>`,
  });
  const server = await serve(join(folder, "plain"), { headers: isolation });
  const page = await (await consumer.chromium()).newPage();
  /** Waits for so many, those that workers have among them. @param {number} count */
  async function workers(count) {
    for (let i = 0; i < 400 && page.workers().length !== count; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(page.workers().length, count);
  }
  try {
    await page.goto(`${server.url}dispose.html`);
    await page.waitForFunction(() => Reflect.get(globalThis, "result") === 5);
    await workers(4);
    await page.evaluate(() => Reflect.get(globalThis, "hl").dispose());
    await workers(2);
    await page.evaluate(() => Reflect.get(globalThis, "far").dispose());
    await workers(0);
  } finally {
    await page.close();
    await server.close();
  }
});

/** A page's script that leaves its promise's value or error. @param {string} body */
const script = (body) => `<!doctype html><link rel="icon" href="data:,"><script type="module">
  const told = ({ code, message }) => ({ code, message });
  globalThis.result = await (async () => { ${body} })().catch(told);
</script>`;

test("a worker's script that is missing is named by its URL", async () => {
  await cp(join(installed, "dist/headlight"), join(folder, "torn/vendor"), { recursive: true });
  await rm(join(folder, "torn/vendor/worker.js"));
  await rm(join(folder, "torn/vendor/thread.js"));
  await consumer.write({
    "torn/index.html": script(`
      const { connect } = await import("./vendor/client.js");
      return connect();`),
    "torn/threads.html": script(`
      const { load } = await import("./vendor/headlight.js");
      return (await load({ threads: 2 })).threads;`),
  });
  const server = await serve(join(folder, "torn"), { headers: isolation });
  try {
    const { code, message } = await consumer.visit(server.url);
    assert.equal(code, "load");
    assert.ok(message.includes(`${server.url}vendor/worker.js`), message);
    assert.equal(await consumer.visit(`${server.url}threads.html`), 1);
  } finally {
    await server.close();
  }
});

test("arrays, buffers and URLs of an iframe are taken", async () => {
  await consumer.write({
    "plain/iframe.html": script(`
      const { load } = await import("./vendor/headlight.js");
      const { connect } = await import("./vendor/client.js");
      const frame = document.body.appendChild(document.createElement("iframe")).contentWindow;
      const file = new frame.URL("vendor/headlight-simd.wasm", location.href);
      const bytes = new frame.Uint8Array(await (await fetch(file)).arrayBuffer());
      const q = { data: frame.Float32Array.of(1, 2), shape: frame.Array.of(1, 2) };
      const mask = frame.Uint8Array.of(1);
      const results = [];
      for (const wasm of [file, bytes, bytes.buffer]) {
        const hl = await load({ build: "simd", wasm });
        const far = await connect({ build: "simd", wasm });
        for (const hl of [await load({ build: "simd", wasm }), far]) {
          const out = { data: new frame.Float32Array(2), shape: [1, 2] };
          await hl.attention(q, q, [[3, 4]], { mask, out, kvLengths: frame.Int32Array.of(1) });
          results.push(...out.data);
        }
        far.dispose();
      }
      return [bytes instanceof Uint8Array, ...results];`),
  });
  const expected = [false, ...Array.from({ length: 6 }, () => [3, 4]).flat()];
  assert.deepEqual(await consumer.see("plain", "iframe.html"), expected);
});

test("in a worker from a blob relative URLs are the origin's", async () => {
  await run(
    tool("esbuild"),
    ["notebook.js", "--bundle", "--format=esm", "--outfile=plain/bundled.js", "--log-level=error"],
    { cwd: folder },
  );
  // What such a worker says to: the library beside the page, or within the blob.
  const ask = (/** @type {string} */ source, /** @type {string} */ options) =>
    script(`
      const bundled = await (await fetch("./bundled.js")).text();
      const source = ${source} + \`
        addEventListener("message", () => notebook(${options}).then(
          (result) => postMessage(result),
          ({ code, message }) => postMessage({ code, message }),
        ));
        postMessage("listening");\`;
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      const worker = new Worker(location.hash ? "data:text/javascript," + encodeURIComponent(source) : url, { type: "module" });
      await new Promise((resolve) => { worker.onmessage = resolve; });
      worker.postMessage("");
      return new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });`);
  const imported =
    "'import { notebook } from \"' + new URL(\"./notebook.js\", location.href) + '\";'";
  await consumer.write({
    "plain/blob-imports.html": ask(imported, ""),
    "plain/blob-relative.html": ask(imported, '{ wasm: "/base/vendor/" }'),
    "plain/blob-bundled.html": ask("bundled", '{ wasm: "/base/vendor/" }'),
    "plain/blob-default.html": ask("bundled", ""),
  });
  const server = await serve(join(folder, "plain"), { base: "/base/" });
  try {
    for (const name of ["blob-imports", "blob-relative", "blob-bundled"]) {
      check(await consumer.visit(`${server.url}${name}.html`), "relaxed");
    }
    const { origin } = new URL(server.url);
    const gone = await consumer.visit(`${server.url}blob-default.html`);
    assert.equal(gone.code, "load");
    assert.ok(gone.message.includes(`${origin}/headlight-relaxed.wasm`), gone.message);
    assert.match(gone.message, /load\(\{ wasm \}\)/);
    // A worker from a data: URL has no origin either.
    const homeless = await consumer.visit(`${server.url}blob-default.html#data`);
    assert.equal(homeless.code, "load");
    assert.match(homeless.message, /load\(\{ wasm \}\)/);
  } finally {
    await server.close();
  }
});

test("esbuild bundles it, with the wasm files copied and their folder named", async () => {
  await consumer.write({
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
  await consumer.checkServed("esbuild/dist");
});

test("esbuild's formats without modules: an error that says what to do, and that does it", async () => {
  await consumer.write({
    "formats/main.js": `import { load } from "headlight-attention";
      import { connect } from "headlight-attention/worker";${notebook}
      const told = ({ code, argument, message }) => ({ code, argument, message });
      export const run = async (wasm) => [
        await load().catch(told),
        await connect({ wasm }).catch(told),
        await notebook({ wasm, threads: 2 }),
      ];`,
    "formats/dist/index.html": `<!doctype html><link rel="icon" href="data:,"><script src="./iife.js"></script>
      <script type="module">
        globalThis.result = await bundle.run(new URL("./", location.href));
      </script>`,
    "formats/dist/package.json": '{ "type": "commonjs" }',
    "formats/dist/run.js": `require("./cjs.js").run(require("node:url").pathToFileURL(__dirname + "/"))
      .then((results) => console.log(JSON.stringify(results)));`,
  });
  for (const args of [
    ["--format=iife", "--global-name=bundle", "--outfile=dist/iife.js"],
    ["--format=cjs", "--platform=node", "--outfile=dist/cjs.js"],
  ]) {
    const always = ["main.js", "--bundle", "--log-level=error"];
    await run(tool("esbuild"), [...always, ...args], { cwd: join(folder, "formats") });
  }
  for (const name of await readdir(join(installed, "dist/headlight"))) {
    if (name.endsWith(".wasm"))
      await cp(join(installed, "dist/headlight", name), join(folder, "formats/dist", name));
  }
  const { stdout } = await run(process.execPath, ["formats/dist/run.js"], { cwd: folder });
  const results = [
    JSON.parse(stdout),
    await consumer.see("formats/dist", "", { headers: isolation }),
  ];
  for (const [unaided, client, aided] of results) {
    assert.deepEqual([unaided.code, unaided.argument], ["load", "wasm"]);
    assert.match(unaided.message, /load\(\{ wasm \}\)/);
    assert.deepEqual([client.code, client.argument], ["load", "worker"]);
    assert.match(client.message, /bundle it as an ES module/);
    assert.equal(aided.threads, 1);
    check(aided);
  }
});
