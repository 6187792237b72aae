// Runs the linters and all tests, adds up what passed and failed, and says so in the last line.
//   node tests/run.js                     everything
//   node tests/run.js lint core js package page   only the suites named
// A test that is skipped, or a suite that finds no tests, counts as failed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { unpack } from "./core/corpus.js";
import { flagsFor } from "./flags.js";
import { announce, progress, slowest, timesOf } from "./times.js";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const cores = availableParallelism();
const builds = ["baseline", "simd", "relaxed"];
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const failures = [];
/** @type {import("./times.js").Time[]} */
const times = [];

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
 * Does something with each of a list, in its order, with so many at a time as there are cores.
 * @template T
 * @param {T[]} list
 * @param {(item: T) => Promise<void>} act
 */
async function together(list, act) {
  const waiting = list.values();
  const one = async () => {
    for (const item of waiting) await act(item);
  };
  await Promise.all(Array.from({ length: cores }, one));
}

/**
 * Runs a command to its end, and tells what it has written.
 * @param {string[]} command
 * @param {{ input?: string, env?: NodeJS.ProcessEnv }} [options]
 */
async function run([file, ...args], { input = "", env } = {}) {
  const begin = performance.now();
  const child = spawn(file, args, { env: { ...process.env, ...env } });
  /** @type {string | undefined} */
  let failure;
  child.on("error", ({ message }) => {
    failure = message;
  });
  child.stdin.on("error", () => {}); // Nobody need read it.
  child.stdin.end(input);
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on("close", resolve)),
  ]);
  const status = failure ?? child.exitCode ?? child.signalCode;
  return { status, output, errors, seconds: (performance.now() - begin) / 1000 };
}

/**
 * Runs a command whose success is one test.
 * @param {string} name
 * @param {string[]} command
 * @param {string} [input]
 */
async function step(name, command, input) {
  const { status, output, errors, seconds } = await run(command, { input });
  const passed = status === 0;
  console.log(
    `${output}${errors}${passed ? "ok" : "not ok"} ${name}${passed ? "" : `: ${status}`}`,
  );
  times.push({ name, seconds });
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

async function lint() {
  const c = ["src", "tests/core", "tests/bench"].flatMap((folder) => find(folder, /\.[ch]$/));
  // These are for clang's wasm target only; emcc compiles them with -Wall -Wextra -Werror.
  const tidy = c.filter((path) => path.endsWith(".c") && !/^(src\/wasm|tests\/bench)\//.test(path));
  const tidyOne = 'clang-tidy-19 --quiet "$0" -- -std=c11 -Isrc';
  await step(
    "clang-tidy 19",
    ["xargs", "-n", "1", "-P", String(cores), "sh", "-c", tidyOne],
    tidy.join("\n"),
  );
  /** @type {[name: string, command: string[]][]} */
  const steps = [
    ["tsc --checkJs --strict", ["node_modules/.bin/tsc", "-p", "tsconfig.json"]],
    ["biome", ["node_modules/.bin/biome", "ci", "--colors=off"]],
    ["clang-format 19", ["clang-format-19", "--dry-run", "--Werror", ...c]],
  ];
  await together(steps, ([name, command]) => step(name, command));
}

/**
 * Runs one of the C tests, which prints "ok NAME" or "not ok NAME: why" for each test in it.
 * @param {string} name
 * @param {string[]} command
 */
async function program(name, command) {
  // PyTorch's vectors, which only test_vectors reads, several times over.
  const shell = 'exec "$0" "$@" <tests/vectors/torch.txt';
  const env = { UBSAN_OPTIONS: "print_stacktrace=1" };
  const { status, output, errors, seconds } = await run(["sh", "-c", shell, ...command], { env });
  console.log(`${name}\n${output}${errors}`.trimEnd());
  times.push({ name, seconds });
  const passed = output.match(/^ok /gm)?.length ?? 0;
  const failed = output.match(/^not ok /gm)?.length ?? 0;
  // A crash, or a program that tested nothing, is a failure too.
  const crashed = failed === 0 && (status !== 0 || passed === 0);
  if (crashed) console.log(`not ok ${name}: ${status}`);
  count(name, passed, failed + Number(crashed));
}

async function core() {
  await step("compile the C tests", ["make", "-s", "-j", String(cores), "core-tests"]);
  await step("compile the C tests to wasm", ["./build.sh", "tests"]);
  await step("compile the fuzz targets", ["make", "-s", "-j", String(cores), "fuzzers"]);
  const names = find("tests/core", /\/test_\w+\.c$/).map((path) => basename(path, ".c"));
  if (names.length === 0) count("C tests, of which there are none", 0, 1);
  heading("C core, native, AddressSanitizer and UndefinedBehaviorSanitizer");
  await together(names, (name) => program(`${name}, native`, [`build/native/${name}`]));
  heading("what the fuzzers found worth keeping");
  await together(Object.entries(unpack()), ([name, inputs]) =>
    step(`${inputs.length} inputs for ${name}`, [`build/fuzz/${name}`, ...inputs]),
  );
  for (const build of builds) {
    heading(`C core, ${build} build`);
    await together(names, (name) =>
      program(`${name}, ${build} build`, [
        process.execPath,
        ...flagsFor(build),
        "--no-warnings", // that WASI is experimental
        "tests/core/run.js",
        `build/${build}/tests/${name}.wasm`,
      ]),
    );
  }
}

/**
 * Runs test files under node --test.
 * @param {string} title
 * @param {string[]} files
 * @param {{ build?: string, flags?: string[] }} [options]
 */
async function nodeTests(title, files, { build, flags = [] } = {}) {
  heading(title);
  if (files.length === 0) {
    console.log("not ok: no tests found");
    return count(title, 0, 1);
  }
  const reports = mkdtempSync(join(tmpdir(), "headlight-test-"));
  await together(files, async (file) => {
    const report = join(reports, `${basename(file)}.tap`);
    const command = [
      process.execPath,
      ...flags,
      "--test",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=tap",
      `--test-reporter-destination=${report}`,
      file,
    ];
    const { output, errors, seconds } = await run(command, { env: { HEADLIGHT_BUILD: build } });
    const sums = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*\n/gm;
    console.log(`${file}, ${seconds.toFixed(1)} s\n${output.replace(sums, "")}${errors}`);
    const tap = existsSync(report) ? readFileSync(report, "utf8") : "";
    const name = build ? `${file}, ${build} build` : file;
    const number = (/** @type {string} */ key) =>
      Number(tap.match(new RegExp(`^# ${key} (\\d+)$`, "m"))?.[1] ?? 0);
    const [tests, passed] = [number("tests"), number("pass")];
    times.push(...timesOf(tap).map((time) => ({ ...time, name: `${name}: ${time.name}` })));
    count(name, passed, tests === 0 ? 1 : tests - passed);
  });
  rmSync(reports, { recursive: true });
}

const packageTests = /\/package[-\w]*\.test\.js$/;

async function js() {
  const files = find("tests/js", /\.test\.js$/).filter((path) => !packageTests.test(path));
  for (const build of [...builds, "relaxed-threads"]) {
    await nodeTests(`library, ${build} build`, files, { build, flags: flagsFor(build) });
  }
}

/** Those that go through all browsers take longest, so that they come first. */
function page() {
  const files = find("tests/page", /\.test\.js$/);
  const long = (/** @type {string} */ file) => /\binEach\(/.test(readFileSync(file, "utf8"));
  return nodeTests("page", [...files.filter(long), ...files.filter((file) => !long(file))]);
}

/** The seconds are what each took on two cores; only the estimate at the start is made of them.
 * @type {Record<string, { run: () => Promise<void>, seconds: number }>} */
const suites = {
  lint: { run: lint, seconds: 60 },
  core: { run: core, seconds: 120 },
  js: { run: js, seconds: 60 },
  package: { run: () => nodeTests("npm package", find("tests/js", packageTests)), seconds: 60 },
  page: { run: page, seconds: 300 },
};

const named = process.argv.slice(2);
for (const name of named.filter((name) => !Object.hasOwn(suites, name))) {
  console.error(`no suite ${name}; there are ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}
const chosen = named.length > 0 ? named : Object.keys(suites);
console.log(announce(Object.fromEntries(chosen.map((name) => [name, suites[name]]))));
for (const name of chosen) {
  heading(progress(chosen, name));
  await suites[name].run();
}

console.log(`\nThe ten slowest:\n${slowest(times).join("\n")}`);
console.log(`\n${failures.join("\n")}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
