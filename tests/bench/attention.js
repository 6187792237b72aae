// How fast attention is, beside its peers, in Node and in Chromium. Prints tables and writes
// build/bench/attention.json.
//   node tests/bench/attention.js [--quick] [what names of cases contain]
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { text } from "node:stream/consumers";
import { flagsFor } from "../flags.js";
import { launch } from "../page/browser.js";
import { runInChromium } from "./chromium.js";
import { print, printStart } from "./report.js";
import { measureStart } from "./start.js";

const FOLDER = "build/bench";
const quick = process.argv.includes("--quick");
const only = process.argv.slice(2).find((word) => word !== "--quick") ?? "";
const say = (/** @type {string} */ line) => console.error(line);

/** In a process of its own, which may need flags.
 * @param {import("./engine.js").Options} options */
async function runInNode(options) {
  const flags = options.relaxed ? flagsFor("relaxed") : [];
  const args = [...flags, "tests/bench/node.js", JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output = await text(child.stdout);
  if (output === "") throw new Error("the benchmark failed in Node");
  return { engine: `Node ${process.versions.node}`, report: JSON.parse(output) };
}

const browser = await launch();
const engines = {
  Node: runInNode,
  Chromium: (/** @type {import("./engine.js").Options} */ options) =>
    runInChromium(browser, options, say),
};
/** @type {import("./report.js").Run[]} */
const runs = [];
try {
  for (const relaxed of quick ? [true] : [true, false]) {
    for (const [name, run] of Object.entries(engines)) {
      say(`${name}${relaxed ? "" : " without relaxed SIMD"}:`);
      const options = { quick, relaxed, only };
      runs.push({ options, ...(await run(options)) });
    }
  }
  const start = await measureStart(browser, quick ? 5 : 15);
  const machine = `${cpus()[0].model.trim()}, ${cpus().length} threads`;
  console.log(machine);
  for (const run of runs) print(run);
  printStart(start);
  mkdirSync(FOLDER, { recursive: true });
  const all = { machine, runs, start };
  writeFileSync(`${FOLDER}/attention.json`, `${JSON.stringify(all, null, 2)}\n`);
  console.log(`written: ${FOLDER}/attention.json`);
} finally {
  await browser.close();
}
