// The benchmark inside a Node process of its own; attention.js starts it, and gets the report.
//   node tests/bench/node.js '{"quick":true,"relaxed":true,"only":"causal"}'
import { runCases } from "./engine.js";
import { host } from "./node-host.js";

const report = await runCases(host, JSON.parse(process.argv[2]), (line) => console.error(line));
process.stdout.write(JSON.stringify(report), () => process.exit()); // threads may still wait
