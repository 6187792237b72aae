// The benchmark inside a page of Chromium, which is cross-origin isolated and has the processor's
// better clock for it.
import { copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { isolation, serve } from "../page/browser.js";
import { folders, versions } from "./peers/packages.js";

const root = new URL("../../", import.meta.url);
const site = new URL("build/bench/site/", root);

/** Lays out what the page loads: the benchmark in one module, everybody's wasm as it was published. */
async function layOut() {
  await rm(site, { recursive: true, force: true });
  await mkdir(site, { recursive: true });
  const linked = { ...folders, headlight: new URL("dist/headlight/", root) };
  for (const [name, folder] of Object.entries(linked)) {
    await symlink(fileURLToPath(folder), new URL(name, site));
  }
  for (const name of ["peak-simd.wasm", "peak-relaxed.wasm"]) {
    await copyFile(new URL(`build/bench/${name}`, root), new URL(name, site));
  }
  const icon = '<link rel="icon" href="data:,">';
  const script = '<script type="module" src="tab.js"></script>';
  await writeFile(new URL("index.html", site), `<!doctype html>${icon}<body>${script}</body>`);
  await build({
    entryPoints: [fileURLToPath(new URL("tab.js", import.meta.url))],
    outdir: fileURLToPath(site),
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
}

/**
 * @param {import("puppeteer-core").Browser} browser
 * @param {import("./engine.js").Options} options @param {(line: string) => void} say progress
 * @returns {Promise<{ engine: string, report: import("./engine.js").Report }>}
 */
export async function runInChromium(browser, options, say) {
  await layOut();
  const server = await serve(fileURLToPath(site), { headers: isolation });
  try {
    const page = await browser.newPage();
    page.on("console", (message) => {
      if (message.text().startsWith("bench: ")) say(message.text().slice(7));
    });
    const finished = new Promise((resolve, reject) => {
      page.on("pageerror", reject);
      page.on("error", reject);
      void page.exposeFunction("finish", resolve);
    });
    await page.goto(server.url);
    await page.waitForFunction("globalThis.start");
    await page.evaluate(
      (options, versions) => /** @type {any} */ (globalThis).start(options, versions),
      ...[options, versions],
    );
    const report = await finished;
    await page.close();
    const [version] = (await browser.version()).match(/[\d.]+/) ?? ["of some version"];
    return { engine: `Chromium ${version}`, report };
  } finally {
    await server.close();
  }
}
