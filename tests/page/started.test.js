// A browser, a driver or a session that never answers is ended with all its processes and started afresh.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "./browser.js";
import { start } from "./browsers/index.js";
import { started } from "./started.js";

const folder = await mkdtemp(join(tmpdir(), "headlight-started-"));
const server = await serve("dist/site", { watched: true });
const path = process.env.PATH;
process.env.PATH = folder + delimiter + path;
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Notes the process group. */
const NOTE = `cut -d " " -f 5 /proc/$$/stat >> "$0.hangs"`;
/** A program that does not answer, nor end when it is asked to, and has a child. */
const HANGS = `trap "" TERM; sleep 600 & ${NOTE}; wait`;
/** A driver that answers, but has no session to give. */
const NO_SESSION = `exec "${process.execPath}" -e '
  const [program, port] = process.argv.slice(1);
  require("node:http").createServer(({ method }, response) => {
    if (method === "GET") response.end(JSON.stringify({ value: { ready: true } }));
    else require("node:child_process").execFileSync("sh", ["-c", process.env.NOTE, program]);
  }).listen(port.split("=")[1], "127.0.0.1")' "$0" "$@"`;

/** Puts a program before the one of that name on PATH that hangs the first times, and else is the real
 * one. Gives the deadlines of those times, which pass once it hangs, and of those after, and the process
 * groups that have hung. @param {string} name @param {string} script @param {number} times */
async function spoil(name, script, times) {
  const file = join(folder, name);
  const note = `${file}.hangs`;
  const hung = async () => (await readFile(note, "utf8")).trim().split("\n").map(Number);
  await writeFile(note, "");
  const real = `PATH='${path}' exec ${name} "$@"`;
  const lines = `[ $(wc -l < "$0.hangs") -lt ${times} ]`;
  await writeFile(file, `#!/bin/sh\nexport NOTE='${NOTE}'\n${lines} || ${real}\n${script}\n`);
  await chmod(file, 0o755);
  let tries = 0;
  const deadline = () => {
    if (++tries > times) return AbortSignal.timeout(20_000);
    const passed = new AbortController();
    const count = tries;
    const look = async () => {
      while ((await hung()).filter(Boolean).length < count) await sleep(20);
      passed.abort();
    };
    look();
    return passed.signal;
  };
  return { deadline, hung };
}

/** All processes, but those that have ended and wait to be asked about. */
async function processes() {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = ids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
  // PID (NAME) STATE PARENT GROUP …
  return (await Promise.all(stats)).flatMap((stat) => {
    const [, pid, name, state, parent, group] =
      stat.match(/^(\d+) \((.*)\) (\S) (\d+) (\d+)/s) ?? [];
    if (pid === undefined || "XZ".includes(state)) return [];
    return [{ pid: Number(pid), name, parent: Number(parent), group: Number(group) }];
  });
}

/** @param {number} group */
const members = async (group) => (await processes()).filter((each) => each.group === group);

/** Each of them soon has no process any more. @param {number[]} groups */
async function ended(groups) {
  for (const group of groups) {
    for (let looks = 0; looks < 200 && (await members(group)).length > 0; looks++) await sleep(50);
    assert.deepEqual(await members(group), []);
  }
}

/** Opens the page in a browser, and closes both. @param {import("./browsers/index.js").Name} name
 * @param {import("./started.js").Deadline} deadline */
async function opens(name, deadline) {
  const browser = start(name, deadline);
  try {
    const window = { width: 800, height: 600, theme: /** @type {const} */ ("light"), touch: false };
    const tab = await browser.open(server.url, window);
    assert.match(await tab.evaluate(() => document.title), /Headlight/);
    await tab.close();
  } finally {
    await browser.close();
  }
}

for (const [browser, program, script, what] of /** @type {const} */ ([
  ["chromium", "chromium", HANGS, "a browser"],
  ["firefox", "firefox-esr", HANGS, "a browser"],
  ["webkit", "WebKitWebDriver", HANGS, "a driver"],
  ["webkit", "WebKitWebDriver", NO_SESSION, "a session"],
])) {
  test(`${browser}: ${what} that does not answer is ended and started afresh`, async (t) => {
    const log = t.mock.method(console, "error", () => {});
    const { deadline, hung } = await spoil(program, script, 1);
    await opens(browser, deadline);
    const groups = await hung();
    assert.equal(groups.length, 1);
    await ended(groups);
    assert.equal(log.mock.callCount(), 1);
    const [line] = log.mock.calls[0].arguments;
    assert.match(line, /^\w+ did not start, try 2 of 3 follows\. Error: no answer in time/);
    if (script === NO_SESSION) assert.match(line, /POST \/session/);
  });

  test(`${browser}: ${what} that never answers is started three times`, async (t) => {
    const log = t.mock.method(console, "error", () => {});
    const { deadline, hung } = await spoil(program, script, 3);
    await assert.rejects(opens(browser, deadline), /did not start, 3 times\. Error: no answer/);
    const groups = await hung();
    assert.equal(new Set(groups).size, 3);
    await ended(groups);
    assert.equal(log.mock.callCount(), 2);
  });
}

test("webkit: a session is kept for tabs of the same window and theme, and remembers nothing", async () => {
  const browser = start("webkit");
  /** What a tab is in, and what it finds. @param {"light" | "dark"} theme */
  const look = async (theme) => {
    const tab = await browser.open(server.url, { width: 800, height: 600, theme, touch: false });
    const seen = await tab.evaluate(() => {
      const kept = [localStorage.getItem("kept"), sessionStorage.getItem("kept")];
      for (const storage of [localStorage, sessionStorage]) storage.setItem("kept", "yes");
      return { kept, dark: matchMedia("(prefers-color-scheme: dark)").matches };
    });
    const all = await processes();
    const drivers = all.filter(({ parent, name }) => parent === process.pid && name === "xvfb-run");
    const windows = all.filter(
      ({ group, name }) => name === "MiniBrowser" && drivers.some(({ pid }) => pid === group),
    );
    await tab.close();
    return { ...seen, windows: windows.map(({ pid }) => pid) };
  };
  try {
    const [first, second, third] = [await look("light"), await look("light"), await look("dark")];
    assert.deepEqual(first.kept, [null, null]);
    assert.deepEqual(second, first);
    assert.equal(first.dark, false);
    assert.equal(third.dark, true);
    assert.deepEqual([first.windows.length, third.windows.length], [1, 1]);
    assert.notDeepEqual(third.windows, first.windows);
  } finally {
    await browser.close();
  }
});

test("webkit: a driver ends with the tests that started it, also where they are ended", async () => {
  const { deadline, hung } = await spoil("WebKitWebDriver", HANGS.replace('trap "" TERM;', ""), 1);
  const { href } = new URL("browsers/index.js", import.meta.url);
  const script = `import { start } from "${href}";
    await start("webkit").open("about:blank", { width: 9, height: 9, theme: "light", touch: false });`;
  const tests = spawn(process.execPath, ["--input-type=module", "-e", script]);
  await once(deadline(), "abort");
  tests.kill("SIGTERM");
  await once(tests, "close");
  await ended(await hung());
});

test("each try has twenty seconds", async (t) => {
  t.mock.method(console, "error", () => {});
  const timeout = t.mock.method(AbortSignal, "timeout", () => AbortSignal.abort());
  const never = () => new Promise(() => {});
  await assert.rejects(started("it", never), /it did not start, 3 times/);
  assert.deepEqual(
    timeout.mock.calls.map((call) => call.arguments),
    [[20_000], [20_000], [20_000]],
  );
});

test("what starts in time is left alone", async () => {
  const signals = new Set();
  const value = await started("it", async (ended) => signals.add(ended) && "it");
  assert.equal(value, "it");
  assert.deepEqual(
    [...signals].map((signal) => signal.aborted),
    [false],
  );
});
