// Puts the figures of the last `make bench` into the README, between its two marks, and the chart
// beside this file.
//   node tests/bench/readme.js
import { readFileSync, writeFileSync } from "node:fs";
import { chart } from "./chart.js";
import { summary } from "./report.js";

const { machine, runs, start } = JSON.parse(readFileSync("build/bench/attention.json", "utf8"));
if (
  runs.length < 4 ||
  runs.some((/** @type {any} */ { options }) => options.quick || options.only)
) {
  throw new Error("the last run was a part of `make bench` only");
}
const marks = ["<!-- figures of make bench: written by tests/bench/readme.js -->", "<!-- end -->"];
const [before, rest, extra] = readFileSync("README.md", "utf8").split(marks[0]);
const after = rest?.slice(rest.indexOf(marks[1]));
if (!after?.startsWith(marks[1]) || extra) throw new Error("the README has no marks, or too many");
const figures = summary(machine, runs, start);
writeFileSync("README.md", `${before}${marks[0]}\n${figures}\n${after}`);
writeFileSync("tests/bench/chart.svg", chart(runs[1]));
