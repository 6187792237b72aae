// Runs the linters and all tests, adds up what passed and failed, and says so in the last line.
//   node tests/run.js                     everything
//   node tests/run.js lint core js package page   only the suites named
// A test that is skipped, or a suite that finds no tests, counts as failed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { flagsFor } from "./flags.js";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const cores = availableParallelism();
const builds = ["baseline", "simd", "relaxed"];
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const failures = [];

/** @param {string} title */
const heading = (title) => console.log(`\n== ${title} ==`);

/**
 * @param {string} name
 * @param {number} passed
 * @param {number} failed
 */
function count(name, passed, failed) {
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) failures.push(`${name}: ${failed} failed`);
}

/**
 * Runs a command whose success is one test.
 * @param {string} name
 * @param {string[]} command
 * @param {string} [input]
 */
function step(name, [file, ...args], input = "") {
  const { status, error } = spawnSync(file, args, { input, stdio: ["pipe", "inherit", "inherit"] });
  if (error) console.log(error.message);
  const passed = status === 0;
  console.log(`${passed ? "ok" : "not ok"} ${name}`);
  count(name, Number(passed), Number(!passed));
}

/**
 * The files below a folder whose paths match.
 * @param {string} folder
 * @param {RegExp} pattern
 */
function find(folder, pattern) {
  if (!existsSync(folder)) return [];
  const names = /** @type {string[]} */ (readdirSync(folder, { recursive: true }));
  return names
    .map((name) => join(folder, name))
    .filter((path) => pattern.test(path))
    .sort();
}

function lint() {
  const c = ["src", "tests/core", "tests/bench"].flatMap((folder) => find(folder, /\.[ch]$/));
  // These are for clang's wasm target only; emcc compiles them with -Wall -Wextra -Werror.
  const tidy = c.filter((path) => path.endsWith(".c") && !/^(src\/wasm|tests\/bench)\//.test(path));
  heading("lint");
  step("clang-format 19", ["clang-format-19", "--dry-run", "--Werror", ...c]);
  const tidyOne = 'clang-tidy-19 --quiet "$0" -- -std=c11 -Isrc';
  step(
    "clang-tidy 19",
    ["xargs", "-n", "1", "-P", String(cores), "sh", "-c", tidyOne],
    tidy.join("\n"),
  );
  step("biome", ["node_modules/.bin/biome", "ci", "--colors=off"]);
  step("tsc --checkJs --strict", ["node_modules/.bin/tsc", "-p", "tsconfig.json"]);
}

/**
 * The C tests as programs, so many at a time as there are cores. Each prints "ok NAME" or
 * "not ok NAME: why" for each test.
 * @param {string} title
 * @param {(name: string) => string[]} command that runs a test
 */
async function programs(title, command) {
  heading(title);
  const names = find("tests/core", /\/test_\w+\.c$/).map((path) => basename(path, ".c"));
  if (names.length === 0) count(`${title}, of which there are none`, 0, 1);
  const waiting = names.values();
  await Promise.all(
    Array.from({ length: cores }, async () => {
      for (const name of waiting) await program(`${title}: ${name}`, command(name));
    }),
  );
}

/**
 * One of them; its standard input are PyTorch's vectors, which only test_vectors reads.
 * @param {string} name
 * @param {string[]} command
 */
async function program(name, command) {
  const shell = 'exec "$0" "$@" <tests/vectors/torch.txt';
  const child = spawn("sh", ["-c", shell, ...command], {
    env: { ...process.env, UBSAN_OPTIONS: "print_stacktrace=1" },
  });
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on("close", resolve)),
  ]);
  const status = child.exitCode ?? child.signalCode;
  console.log(`${name}\n${output}${errors}`.trimEnd());
  const passed = output.match(/^ok /gm)?.length ?? 0;
  const failed = output.match(/^not ok /gm)?.length ?? 0;
  // A crash, or a program that tested nothing, is a failure too.
  const crashed = failed === 0 && (status !== 0 || passed === 0);
  if (crashed) console.log(`not ok ${name}: exit status ${status}`);
  count(name, passed, failed + Number(crashed));
}

async function core() {
  heading("C core, compiling");
  step("compile the C tests", ["make", "-s", "-j", String(cores), "core-tests"]);
  step("compile the C tests to wasm", ["./build.sh", "tests"]);
  await programs("C core, native, AddressSanitizer and UndefinedBehaviorSanitizer", (name) => [
    `build/native/${name}`,
  ]);
  for (const build of builds) {
    await programs(`C core, ${build} build`, (name) => [
      process.execPath,
      ...flagsFor(build),
      "--no-warnings", // that WASI is experimental
      "tests/core/run.js",
      `build/${build}/tests/${name}.wasm`,
    ]);
  }
}

/**
 * Runs test files under node --test.
 * @param {string} title
 * @param {string[]} files
 * @param {{ build?: string, flags?: string[] }} [options]
 */
function nodeTests(title, files, { build, flags = [] } = {}) {
  heading(title);
  if (files.length === 0) {
    console.log("not ok: no tests found");
    return count(title, 0, 1);
  }
  const reports = mkdtempSync(join(tmpdir(), "headlight-test-"));
  const report = join(reports, "report.tap");
  spawnSync(
    process.execPath,
    [
      ...flags,
      "--test",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=tap",
      `--test-reporter-destination=${report}`,
      ...files,
    ],
    { stdio: "inherit", env: { ...process.env, HEADLIGHT_BUILD: build } },
  );
  const tap = existsSync(report) ? readFileSync(report, "utf8") : "";
  rmSync(reports, { recursive: true });
  const number = (/** @type {string} */ key) =>
    Number(tap.match(new RegExp(`^# ${key} (\\d+)$`, "m"))?.[1] ?? 0);
  const [tests, passed] = [number("tests"), number("pass")];
  count(title, passed, tests === 0 ? 1 : tests - passed);
}

const packageTests = /\/package\w*\.test\.js$/;

function js() {
  const files = find("tests/js", /\.test\.js$/).filter((path) => !packageTests.test(path));
  for (const build of [...builds, "relaxed-threads"]) {
    nodeTests(`library, ${build} build`, files, { build, flags: flagsFor(build) });
  }
}

/** @type {Record<string, () => void | Promise<void>>} */
const suites = {
  lint,
  core,
  js,
  package: () => nodeTests("npm package", find("tests/js", packageTests)),
  page: () => nodeTests("page", find("tests/page", /\.test\.js$/)),
};

const chosen = process.argv.slice(2);
for (const name of chosen.length > 0 ? chosen : Object.keys(suites)) {
  if (!Object.hasOwn(suites, name)) {
    console.error(`no suite ${name}; there are ${Object.keys(suites).join(", ")}`);
    process.exit(2);
  }
  await suites[name]();
}

console.log(`\n${failures.join("\n")}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
