// The package in the bundlers and test runners that its users have, which .toolchain/bundlers holds
// (./setup.sh bundlers): each builds the same page, and that page is opened.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { isolation } from "../page/browser.js";
import { Consumer, check, html, main, notebook, page, root, run } from "./consumer.js";

const tools = join(root, ".toolchain/bundlers");
/** A file of what is installed there. @param {...string} names */
const tool = (...names) => join(tools, "node_modules", ...names);

/** @type {Consumer} */
let consumer;

before(async () => {
  consumer = await Consumer.create(tools);
});

after(() => consumer?.remove());

/**
 * Runs a program of Node's in a folder of the consumer.
 * @param {string} dir
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
const node = (dir, args, env = {}) =>
  run(process.execPath, args, { cwd: consumer.path(dir), env: { ...process.env, ...env } }).catch(
    ({ message, stdout, stderr }) => assert.fail(`${message}\n${stdout}\n${stderr}`),
  );

describe("bundlers", { concurrency: 2 }, () => {
  for (const [name, folder] of [
    ["Vite 5", tool("vite5")],
    ["Vite 6", tool("vite6")],
    ["Vite 7", tool("vite")],
    ["Vite 8", join(root, "node_modules/vite")],
  ]) {
    /** @type {() => Promise<typeof import("vite")>} */
    const vite = () => import(pathToFileURL(join(folder, "dist/node/index.js")).href);

    /** Makes a project. @param {string} dir */
    const project = (dir) =>
      consumer.write({ [`${dir}/index.html`]: html, [`${dir}/main.js`]: main });

    /**
     * What its page gets from the development server.
     * @param {string} dir
     * @param {import("vite").InlineConfig} config
     */
    async function develop(dir, config) {
      const { createServer, version } = await vite();
      assert.equal(version.split(".")[0], name.split(" ")[1]);
      const server = await createServer({
        root: consumer.path(dir),
        configFile: false,
        logLevel: "silent",
        server: { host: "127.0.0.1", port: 0, headers: isolation },
        ...config,
      });
      try {
        await server.listen();
        const address = /** @type {import("node:net").AddressInfo} */ (
          server.httpServer?.address()
        );
        return await consumer.visit(`http://127.0.0.1:${address.port}${server.config.base}`);
      } finally {
        await server.close();
      }
    }

    test(`${name} builds it, and its development server serves it, unaided`, async () => {
      const dir = `${name} unaided`;
      await project(dir);
      const { build } = await vite();
      const where = { root: consumer.path(dir), configFile: /** @type {const} */ (false) };
      await build({ ...where, logLevel: "warn", base: "./" });
      await consumer.checkServed(`${dir}/dist`);
      for (const config of [{}, { base: "/sub/", cacheDir: "../node_modules/.cache/vite/deep" }]) {
        const result = await develop(dir, config);
        check(result, "relaxed");
        assert.equal(result.threads, 2);
      }
    });

    test(`${name} with its cache outside node_modules serves it by the README's line`, async () => {
      const dir = `${name} aided`;
      await project(dir);
      const cacheDir = "./cache";
      if (name !== "Vite 8") {
        const { error } = await develop(dir, { cacheDir });
        assert.match(error, /HeadlightError: .*answered with a page; load\(\{ wasm \}\)/);
      }
      const readme = await readFile(join(root, "README.md"), "utf8");
      assert.ok(readme.includes('optimizeDeps: { exclude: ["headlight-attention"] }'));
      check(await develop(dir, { cacheDir, optimizeDeps: { exclude: ["headlight-attention"] } }));
    });
  }

  for (const [kind, config, script] of /** @type {const} */ ([
    ["classic scripts", {}, '<script src="./main.js"></script>'],
    [
      "modules",
      {
        experiments: { outputModule: true },
        output: { module: true, filename: "[name].js", chunkFilename: "[id].js" },
      },
      '<script type="module" src="./main.js"></script>',
    ],
    ["Node", { target: "node20", output: { chunkFormat: "commonjs" } }, ""],
  ])) {
    test(`webpack 5 builds it as ${kind}, without a warning`, async () => {
      const dir = `webpack-${kind.split(" ")[0].toLowerCase()}`;
      await consumer.write({
        [`${dir}/main.js`]: script
          ? main
          : `${page}both().then((result) => console.log(JSON.stringify(result)));`,
        [`${dir}/dist/index.html`]: `<!doctype html><link rel="icon" href="data:,">${script}`,
        [`${dir}/dist/package.json`]: '{ "type": "commonjs" }',
      });
      const webpack = createRequire(import.meta.url)(tool("webpack"));
      const stats = await new Promise((resolve, reject) =>
        webpack(
          {
            mode: "production",
            context: consumer.path(dir),
            entry: "./main.js",
            ...config,
            output: { path: consumer.path(dir, "dist"), .../** @type {any} */ (config).output },
          },
          (/** @type {unknown} */ error, /** @type {any} */ stats) =>
            stats ? resolve(stats) : reject(error),
        ),
      );
      const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
      assert.deepEqual([errors, warnings], [[], []]);
      if (script) return consumer.checkServed(`${dir}/dist`);
      const { stdout } = await node(dir, ["dist/main.js"]);
      const result = JSON.parse(stdout);
      check(result);
      assert.equal(result.threads, 2);
    });
  }

  for (const [bundler, flags] of /** @type {const} */ ([
    ["webpack", []],
    // Which starts workers from blobs.
    ["Turbopack", ["--turbopack"]],
  ])) {
    test(`Next.js 15 builds it with ${bundler}, for a page and for a worker of its own`, async () => {
      const dir = `next-${bundler.toLowerCase()}`;
      await consumer.write({
        [`${dir}/pages/index.js`]: `import { useEffect } from "react";
          ${page}
          export default function Page() {
            useEffect(() => {
              const own = new Worker(new URL("../own.js", import.meta.url), { type: "module" });
              const there = new Promise((resolve, reject) => {
                own.onmessage = ({ data }) => resolve(data);
                own.onerror = reject;
              });
              both().then(async (result) => ({ ...result, there: await there })).then(
                (result) => { globalThis.result = result; },
                (error) => { globalThis.result = { error: String(error.stack) }; },
              );
            }, []);
            return "Headlight";
          }`,
        [`${dir}/own.js`]: `import { load } from "headlight-attention";${notebook}
          notebook({ threads: 2 }).then(postMessage, (error) => postMessage({ error: error.stack }));`,
        // Neither what makes files smaller nor what a server needs to run is wanted here.
        [`${dir}/next.config.mjs`]: `export default {
          output: "export",
          outputFileTracingExcludes: { "*": ["**/*"] },
          turbopack: { root: ${JSON.stringify(tools)} },
          webpack: (config) =>
            Object.assign(config, { cache: false, optimization: { ...config.optimization, minimize: false } }),
        };`,
      });
      const env = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
      const build = [tool("next/dist/bin/next"), "build", ...flags];
      const { stdout, stderr } = await node(dir, build, env);
      assert.doesNotMatch(stdout + stderr, /Critical|compiled with warnings/i);
      // Its pages are of the server's root.
      await consumer.checkServed(`${dir}/out`, "", ["/"]);
      check((await consumer.see(`${dir}/out`)).there, "relaxed");
    });
  }

  test("Parcel builds it", async () => {
    await consumer.write({ "parcel/index.html": html, "parcel/main.js": main });
    const build = ["build", "index.html", "--dist-dir=dist", "--public-url=./", "--no-cache"];
    await node("parcel", [tool("parcel/lib/bin.js"), ...build]);
    await consumer.checkServed("parcel/dist");
  });

  // What a test of theirs does with arrays and URLs that its sandbox makes.
  const tested = `
    const hl = await load({ threads: 2, wasm: new URL(".", FILE) });
    expect([hl.threads, (await load()).build]).toEqual([2, hl.build]);
    expect([...hl.softmax(new Float32Array([0, 0])).data]).toEqual([0.5, 0.5]);
    expect([...hl.softmax(new Float64Array([0, 0])).data]).toEqual([0.5, 0.5]);
    expect([...hl.embed(Int32Array.of(1), [[1], [2]]).data]).toEqual([2]);
    expect(() => hl.linear([[1, 2]], [[1, 2]])).toThrow(/1×2/);
    const out = { data: new Float32Array(2), shape: [1, 2] };
    const mask = { data: Uint8Array.of(1), shape: [1, 1] };
    const far = await connect({ wasm: new URL(FILE), build: "simd" });
    for (const lib of [hl, far]) {
      out.data.fill(0);
      await lib.attention([[1, 2]], [[1, 2]], [[3, 4]], { out, mask, kvLengths: Int32Array.of(1) });
      expect([...out.data]).toEqual([3, 4]);
    }
    const { readFileSync } = process.getBuiltinModule("node:fs");
    const bytes = new Uint8Array(readFileSync(decodeURIComponent(new URL(FILE).pathname)));
    const buffer = new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    for (const wasm of [bytes, buffer]) expect((await load({ wasm, build: "simd" })).build).toBe("simd");
    far.dispose();
    hl.dispose();`;
  const imports = `import { load } from "headlight-attention";
    import { connect } from "headlight-attention/worker";`;

  for (const environment of ["jsdom", "node"]) {
    const sees = `expect(typeof document).toBe("${environment === "jsdom" ? "object" : "undefined"}");`;

    test(`Jest's tests use it, in ${environment}`, async () => {
      const dir = `jest-${environment}`;
      const url = pathToFileURL(join(consumer.installed, "dist/headlight/headlight-simd.wasm"));
      const config = {
        testEnvironment: environment === "jsdom" ? tool("jest-environment-jsdom") : environment,
        transform: {},
        globals: { FILE: url.href },
      };
      await consumer.write({
        [`${dir}/jest.config.json`]: JSON.stringify(config),
        [`${dir}/package.json`]: '{ "type": "module" }',
        [`${dir}/a.test.js`]: `${imports}
          test("it", async () => { ${sees} ${tested} });`,
      });
      await node(dir, ["--experimental-vm-modules", tool("jest/bin/jest.js"), "--ci"]);
    });

    test(`Vitest's tests use it, in ${environment}`, async () => {
      const dir = `vitest-${environment}`;
      await consumer.write({
        [`${dir}/vitest.config.js`]: `export default { test: { environment: "${environment}" } };`,
        [`${dir}/a.test.js`]: `${imports}
          import { expect, test } from "vitest";
          const FILE = import.meta.resolve("headlight-attention/headlight-simd.wasm");
          test("it", async () => { ${sees} ${tested} });`,
      });
      await node(dir, [tool("vitest/vitest.mjs"), "run"]);
    });
  }

  test("Deno runs it, and ends by itself", async () => {
    await consumer.write({
      "deno/main.js": `${page}
        const kept = await load({ threads: 3 });
        const far = await connect({ threads: 2 });
        await far.softmax([0]);
        console.log(JSON.stringify([kept.threads, far.threads, await both()]));`,
    });
    const deno = ["--no-remote", "--no-lock", "--allow-read", "main.js"];
    const { stdout } = await run(await denoCommand(), ["run", ...deno], {
      cwd: consumer.path("deno"),
      timeout: 60_000,
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
    });
    const [kept, far, result] = JSON.parse(stdout);
    assert.deepEqual([kept, far], [3, 2]);
    check(result);
  });
});

/** Deno's program, which its package would link to from a script of its installation. */
async function denoCommand() {
  const [build] = await readdir(tool("@deno"));
  return tool("@deno", build, "deno");
}
