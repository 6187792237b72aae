// How fast attention is, beside its peers, in Node and in Chromium. Prints tables and writes
// build/bench/attention.json.
//   node tests/bench/attention.js [--quick]
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { promisify } from "node:util";
import { flagsFor } from "../flags.js";
import { runInChromium } from "./chromium.js";
import { print } from "./report.js";

const FOLDER = "build/bench";
const quick = process.argv.includes("--quick");
const say = (/** @type {string} */ line) => console.error(line);

/** @param {import("./engine.js").Options} options */
async function runInNode(options) {
  const flags = options.relaxed ? flagsFor("relaxed") : [];
  const args = [...flags, "tests/bench/node.js", JSON.stringify(options)];
  const child = promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  child.child.stderr?.pipe(process.stderr);
  const { stdout } = await child;
  return { engine: `Node ${process.versions.node}`, report: JSON.parse(stdout) };
}

/** @type {import("./report.js").Run[]} */
const runs = [];
for (const run of [runInNode, runInChromium]) {
  const options = { quick, relaxed: true };
  say(`${run === runInNode ? "Node" : "Chromium"}:`);
  runs.push({ options, ...(await run(options, say)) });
}
const machine = `${cpus()[0].model.trim()}, ${cpus().length} threads`;
console.log(machine);
for (const run of runs) print(run);
mkdirSync(FOLDER, { recursive: true });
writeFileSync(`${FOLDER}/attention.json`, `${JSON.stringify({ machine, runs }, null, 2)}\n`);
console.log(`written: ${FOLDER}/attention.json`);
