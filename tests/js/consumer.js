// A folder that has installed the npm package as its users do, and what they compute with it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isolation, launch, serve } from "../page/browser.js";

export const run = promisify(execFile);
export const root = fileURLToPath(new URL("../..", import.meta.url));

// The notebook's self-attention, row Le.
export const notebook = `
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

// The same, and on the way a client of a worker with as many threads, which computes it too.
export const page = `import { load } from "headlight-attention";
import { connect } from "headlight-attention/worker";${notebook.replace("export", "")}
async function both() {
  const result = await notebook({ threads: 2 });
  const far = await connect({ threads: 2 });
  if (far.threads !== result.threads) throw new Error("the client has " + far.threads);
  const q = await far.linear(x, w);
  const { output } = await far.attention(q, q, q);
  if (result.output.some((value, i) => value !== output.data[i])) throw new Error("unlike");
  far.dispose();
  return { ...result, isolated: globalThis.crossOriginIsolated };
}
`;
/** The script of a page that leaves it where visit() finds it. */
export const main = `${page}both().then(
  (result) => { globalThis.result = result; },
  (error) => { globalThis.result = { error: String(error.stack) }; },
);`;

export const html = `<!doctype html><link rel="icon" href="data:,">
  <script type="module" src="./main.js"></script>`;

const expected = {
  weights: [0.084909, 0.12439, 0.182228, 0.117548, 0.084909, 0.151625, 0.182228, 0.072164],
  output: [1.065866, 1.212484],
};

/** @typedef {{ build: string, threads: number, weights: number[], output: number[] }} Result */

/**
 * @param {Result} result
 * @param {string} [build]
 */
export function check(result, build) {
  if ("error" in result) throw new Error(String(result.error));
  if (build) assert.equal(result.build, build);
  for (const key of /** @type {const} */ (["weights", "output"])) {
    assert.equal(result[key].length, expected[key].length);
    for (const [i, value] of expected[key].entries()) {
      assert.ok(Math.abs(result[key][i] - value) < 1e-6, `${key}: ${result[key]}`);
    }
  }
}

/** A folder with the package as its only dependency, and a browser to see its pages in. */
export class Consumer {
  /** Once a page is seen. @type {ReturnType<typeof launch> | undefined} */
  #chromium;

  /** Use create(). @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** The package's own, installed. */
    this.installed = join(folder, "node_modules/headlight-attention");
  }

  chromium() {
    this.#chromium ??= launch();
    return this.#chromium;
  }

  /** Packs and installs. @param {string} parent */
  static async create(parent) {
    const folder = await mkdtemp(join(parent, "headlight-package-"));
    const consumer = new Consumer(folder);
    await consumer.write({
      "package.json": '{ "name": "consumer", "private": true, "type": "module" }',
    });
    const pack = ["pack", "--silent", "--pack-destination", folder];
    const { stdout } = await run("npm", pack, { cwd: root });
    const install = ["install", "--offline", "--no-audit", "--no-fund", `./${stdout.trim()}`];
    await run("npm", install, { cwd: folder });
    return consumer;
  }

  async remove() {
    await (await this.#chromium)?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A file below the folder. @param {...string} names */
  path(...names) {
    return join(this.folder, ...names);
  }

  /** Writes files below the folder. @param {Record<string, string>} files */
  async write(files) {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(this.path(name, ".."), { recursive: true });
      await writeFile(this.path(name), content);
    }
  }

  /**
   * Opens a page, and waits for the result that its script leaves in globalThis.result.
   * @param {string} url
   * @returns {Promise<any>}
   */
  async visit(url) {
    const page = await (await this.chromium()).newPage();
    /** @type {string[]} */
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
    try {
      await page.goto(url);
      const handle = await page.waitForFunction(() => Reflect.get(globalThis, "result"), {
        timeout: 60_000,
      });
      return await handle.jsonValue();
    } catch (error) {
      throw new Error(`${url}: ${error}\n${complaints.join("\n")}`);
    } finally {
      await page.close();
    }
  }

  /**
   * The result of a page of a folder below, which is served for it.
   * @param {string} dir
   * @param {string} [page]
   * @param {Parameters<typeof serve>[1]} [options]
   */
  async see(dir, page = "", options) {
    const server = await serve(this.path(dir), options);
    try {
      return await this.visit(server.url + page);
    } finally {
      await server.close();
    }
  }

  /**
   * Serves a folder in turn at the root and in a sub-folder, with and without the isolation headers,
   * and checks the result of each page that is opened, which asks for two threads.
   * @param {string} dir
   * @param {string} [page]
   * @param {string[]} [bases]
   */
  async checkServed(dir, page = "", bases = ["/", "/some/deep/folder/"]) {
    for (const [headers, threads] of /** @type {[Record<string, string>, number][]} */ ([
      [{}, 1],
      [isolation, 2],
    ])) {
      for (const base of bases) {
        const result = await this.see(dir, page, { headers, base });
        check(result, "relaxed");
        assert.equal(result.isolated, headers === isolation);
        assert.equal(result.threads, threads);
      }
    }
  }
}
