// Puts the figures of the last `make bench` into the README, between its two marks, and the chart
// beside this file, if that was on a quiet machine.
//   node tests/bench/readme.js
import { readFileSync, writeFileSync } from "node:fs";
import { chart } from "./chart.js";
import { assertQuotable, medianPass, quietness, sayQuietness } from "./passes.js";
import { summary } from "./report.js";

const { machine, passes } = JSON.parse(readFileSync("build/bench/attention.json", "utf8"));
assertQuotable(passes);
const median = medianPass(passes);
const marks = ["<!-- figures of make bench: written by tests/bench/readme.js -->", "<!-- end -->"];
const [before, rest, extra] = readFileSync("README.md", "utf8").split(marks[0]);
const after = rest?.slice(rest.indexOf(marks[1]));
if (!after?.startsWith(marks[1]) || extra) throw new Error("the README has no marks, or too many");
const figures = summary(machine, median, sayQuietness(quietness(passes)));
writeFileSync("README.md", `${before}${marks[0]}\n${figures}\n${after}`);
writeFileSync("tests/bench/chart.svg", chart(median.runs[1]));
