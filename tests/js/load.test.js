// Which build is taken, from where, and how often.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { test } from "node:test";
import { load } from "../../dist/headlight/headlight.js";
import { build } from "./setup.js";

const folder = new URL("../../dist/headlight/", import.meta.url);
const file = new URL(`headlight-${build}.wasm`, folder);
const { version } = JSON.parse(
  await readFile(new URL("../../package.json", import.meta.url), "utf8"),
);

/** @param {import("../../dist/headlight/headlight.js").Headlight} hl */
const works = (hl) => assert.deepEqual([...hl.softmax([0, 0]).data], [0.5, 0.5]);

test("says what was chosen", async () => {
  const hl = await load({ build });
  assert.equal(hl.build, build);
  assert.equal(hl.threads, 1);
  assert.equal(hl.version, version);
  works(hl);
});

test("auto takes the fastest build that runs", async () => {
  const hl = await load();
  const relaxed = await load({ build: "relaxed" }).then(
    () => true,
    () => false,
  );
  assert.equal(hl.build, relaxed ? "relaxed" : "simd");
});

test("one instance per distinct options", async () => {
  assert.equal(await load({ build }), await load({ build, threads: 1 }));
  assert.notEqual(await load({ build }), await load({ build, threads: 2 }));
  const bytes = await readFile(file);
  const first = await load({ build, wasm: bytes });
  assert.equal(await load({ build, wasm: bytes }), first);
  assert.notEqual(await load({ build, wasm: Uint8Array.from(bytes) }), first);
  works(first);
});

test("wasm from a file, a folder and bytes", async () => {
  for (const wasm of [file, file.href, folder]) {
    const hl = await load({ build, wasm });
    assert.equal(hl.build, build);
    works(hl);
  }
  assert.equal((await load({ wasm: file })).build, build);
  const { buffer } = Uint8Array.from(await readFile(file));
  works(await load({ build, wasm: buffer }));
});

test("a file of another build than the named one is refused", async () => {
  const other = build === "simd" ? "baseline" : "simd";
  await assert.rejects(load({ build: other, wasm: file }), {
    code: "load",
    message: `wasm holds the ${build} build, expected ${other}`,
  });
});

test("from a server, whatever it calls the file; after a failure the next call tries again", async () => {
  const bytes = await readFile(file);
  let status = 503;
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const type = request.url?.includes("typed") ? "application/wasm" : "text/plain";
    response.writeHead(status, { "content-type": type }).end(status === 200 ? bytes : "busy");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    for (const name of ["typed.wasm", "plain.wasm"]) {
      const wasm = `http://127.0.0.1:${port}/${name}`;
      status = 503;
      await assert.rejects(load({ build, wasm }), { code: "load", message: /answered 503/ });
      status = 200;
      works(await load({ build, wasm }));
      requests = 0;
      await load({ build, wasm });
      assert.equal(requests, 0);
    }
  } finally {
    server.close();
  }
  await assert.rejects(load({ build, wasm: `http://127.0.0.1:${port}/gone.wasm` }), {
    code: "load",
  });
});

test("an engine without relaxed SIMD refuses it, and auto falls back", () => {
  const script = `
    import { load } from ${JSON.stringify(new URL("headlight.js", folder).href)};
    WebAssembly.validate = (bytes) => bytes.length < 35;
    const auto = await load();
    const code = await load({ build: "relaxed" }).catch((error) => error.code);
    console.log(auto.build, code);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(String(output), "simd unsupported\n");
});
