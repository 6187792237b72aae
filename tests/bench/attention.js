// How fast attention is, beside its peers, in Node and in Chromium. Makes three passes, prints tables
// of the median one, says whether the machine was quiet, and writes build/bench/attention.json.
//   node tests/bench/attention.js [--quick] [what names of cases contain]
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { text } from "node:stream/consumers";
import { flagsFor } from "../flags.js";
import { launch } from "../page/browser.js";
import { runInChromium } from "./chromium.js";
import { medianPass, quietness, sayQuietness } from "./passes.js";
import { print, printStart } from "./report.js";
import { measureStart } from "./start.js";

const FOLDER = "build/bench";
const PASSES = 3; // of the quick benchmark one
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
/** @param {string} label @returns {Promise<import("./passes.js").Pass>} */
async function pass(label) {
  const runs = [];
  for (const relaxed of quick ? [true] : [true, false]) {
    for (const [name, run] of Object.entries(engines)) {
      say(`${label}, ${name}${relaxed ? "" : " without relaxed SIMD"}:`);
      const options = { quick, relaxed, only };
      runs.push({ options, ...(await run(options)) });
    }
  }
  return { runs, start: await measureStart(browser, quick ? 5 : 15) };
}

try {
  const passes = [];
  const count = quick ? 1 : PASSES;
  for (let i = 1; i <= count; i++) passes.push(await pass(`pass ${i} of ${count}`));
  const machine = `${cpus()[0].model.trim()}, ${cpus().length} threads`;
  console.log(machine);
  const { runs, start } = medianPass(passes);
  for (const run of runs) print(run);
  printStart(start);
  console.log(sayQuietness(quietness(passes)));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/attention.json`, `${JSON.stringify({ machine, passes }, null, 2)}\n`);
  console.log(`written: ${FOLDER}/attention.json`);
} finally {
  await browser.close();
}
