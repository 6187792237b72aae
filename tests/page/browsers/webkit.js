// WebKit: Debian's WebKitWebDriver and MiniBrowser on a screen in memory. WebDriver is one HTTP request
// per command, so there is no library between.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { started } from "../started.js";

/** @typedef {import("./index.js").Window} Window */
/** @typedef {import("./index.js").Tab} Tab */
/** @typedef {(method: "GET" | "POST" | "DELETE", path: string, body?: object, signal?: AbortSignal)
 *   => Promise<any>} Command */
/** @typedef {{ command: Command, failure: () => Error | undefined,
 *   end: (signal?: NodeJS.Signals) => void }} Driver ends with all that it has started */
/** @typedef {{ ask: Command, windows: string }} Session */

const MINI_BROWSERS = ["4.1", "4.0", "6.0"].map(
  (version) =>
    `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit${
      version === "6.0" ? "gtk" : "2gtk"
    }-${version}/MiniBrowser`,
);

/** WebDriver's names of keys that have no letter. @type {Record<string, string>} */
const KEYS = {
  Enter: "\uE007",
  Escape: "\uE00C",
  Tab: "\uE004",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Backspace: "\uE003",
  Delete: "\uE017",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  Home: "\uE011",
  End: "\uE010",
};

/** @param {string} key */
const named = (key) => KEYS[key] ?? key;

/** @param {import("../started.js").Deadline} [deadline] @returns {import("./index.js").Browser} */
export function start(deadline) {
  const binary = MINI_BROWSERS.find((path) => existsSync(path));
  if (!binary) throw new Error("no WebKit: MiniBrowser is missing (./setup.sh browsers)");
  /** @type {Driver | undefined} */
  let driver;
  /** The one that a driver has at a time, kept for tabs of the same windows. @type {Session | undefined} */
  let session;

  /** Of another session with a new one, or else of another driver, ends what there is.
   * @param {Window} window @param {string} windows */
  const begin = ({ width, height, theme }, windows) =>
    started(
      "WebKit",
      async (ended) => {
        ended.addEventListener("abort", () => {
          driver?.end("SIGKILL");
          driver = session = undefined;
        });
        await session?.ask("DELETE", "", undefined, ended);
        session = undefined;
        driver ??= drive(await freePort());
        await ready(driver, ended);
        const args = ["--automation", ...(theme === "dark" ? ["--dark-mode"] : [])];
        const options = { "webkitgtk:browserOptions": { binary, args } };
        const capabilities = { alwaysMatch: options };
        const { command } = driver;
        const { sessionId } = await command("POST", "/session", { capabilities }, ended);
        /** @type {Command} */
        const ask = (method, path, ...rest) =>
          command(method, `/session/${sessionId}${path}`, ...rest);
        await resize(ask, width, height);
        session = { windows, ask };
        return session;
      },
      deadline,
    );
  return {
    open: async (url, window) => {
      const windows = [window.width, window.height, window.theme].join();
      const { ask } = session?.windows === windows ? session : await begin(window, windows);
      await ask("POST", "/url", { url });
      const tab = tabOf(ask);
      const close = async () => {
        try {
          await leave(tab, ask);
        } catch {
          if (session) session.windows = "of no tab any more";
        }
      };
      return { ...tab, close };
    },
    close: async () => driver?.end(),
  };
}

/** What ends the drivers that run, also where this process is ended.
 * @type {Set<Driver["end"]>} */
const running = new Set();
process.on("exit", () => {
  for (const end of running) end();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/** @param {number} port @returns {Driver} */
function drive(port) {
  const screen = ["-a", "-s", "-screen 0 1920x1600x24"];
  const driver = spawn("xvfb-run", [...screen, "WebKitWebDriver", `--port=${port}`], {
    detached: true, // a process group of its own, which ends as a whole
    stdio: "ignore",
    env: {
      ...process.env,
      LANG: "en_US.UTF-8",
      NO_AT_BRIDGE: "1",
      // Without a graphics card it computes each pixel of each layer twice.
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      // As root, and in containers, there are no namespaces to make a sandbox of.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    },
  });
  const end = (/** @type {NodeJS.Signals} */ signal = "SIGTERM") => {
    running.delete(end);
    try {
      process.kill(-(driver.pid ?? Number.NaN), signal);
    } catch {} // It has ended.
  };
  running.add(end);
  /** @type {Error | undefined} */
  let failure;
  driver.on("error", (error) => {
    failure = error;
  });
  driver.on("exit", (code) => {
    failure ??= new Error(`WebKitWebDriver ended with ${code} (./setup.sh browsers)`);
  });
  return {
    end,
    failure: () => failure,
    command: async (method, path, body, signal) => {
      const init = { method, body: body && JSON.stringify(body), signal };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init).catch((error) => {
        throw new Error(`${method} ${path}: ${error.cause ?? error}`);
      });
      const { value } = /** @type {{ value: any }} */ (await response.json());
      if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
      return value;
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  const server = createServer();
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => done(port));
    });
  });
}

/** @param {Driver} driver @param {AbortSignal} ended */
async function ready({ command, failure }, ended) {
  for (;;) {
    try {
      return await command("GET", "/status", undefined, ended);
    } catch (error) {
      const reason = failure();
      if (reason || ended.aborted) throw reason ?? error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** Leaves nothing of a page for the next one. @param {Omit<Tab, "close">} tab @param {Command} ask */
async function leave(tab, ask) {
  await tab.evaluate(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
  await ask("DELETE", "/actions");
  await ask("POST", "/url", { url: "about:blank" });
}

/** @param {Command} ask @returns {Omit<Tab, "close">} */
function tabOf(ask) {
  /** @type {Tab["evaluate"]} */
  const evaluate = async (run, ...args) => {
    const { value, error } = await ask("POST", "/execute/async", {
      script: `const done = arguments[1];
        new Promise((end) => end((${run})(...arguments[0]))).then(
          (value) => done({ value: JSON.stringify(value) }), (error) => done({ error: String(error?.stack ?? error) }));`,
      args: [args],
    });
    if (error) throw new Error(error);
    return value && JSON.parse(value);
  };
  const actions = (/** @type {object[]} */ list) => ask("POST", "/actions", { actions: list });
  const down = { type: "pointerDown", button: 0 };
  const up = { type: "pointerUp", button: 0 };
  /** @param {import("./index.js").Point} point */
  const to = ({ x, y }) => ({
    ...{ type: "pointerMove", duration: 0, x: Math.round(x), y: Math.round(y) },
  });
  /** @param {...object} steps */
  const mouse = (...steps) => actions([{ type: "pointer", id: "mouse", actions: steps }]);
  /** @param {string[]} held @param {string[]} keys */
  const keys = (held, keys) =>
    actions([
      {
        type: "key",
        id: "keyboard",
        actions: [
          ...held.map((value) => ({ type: "keyDown", value })),
          ...keys.flatMap((value) => [
            { type: "keyDown", value },
            { type: "keyUp", value },
          ]),
          ...held.map((value) => ({ type: "keyUp", value })),
        ],
      },
    ]);
  return {
    faults: () => evaluate(faultsOf),
    evaluate,
    click: (point, times = 1) => mouse(to(point), ...Array(times).fill([down, up]).flat()),
    drag: (from, on) => mouse(to(from), down, to(on), up),
    touches: false,
    tap: (point) => evaluate(tapped, point),
    type: (text) => keys([], [...text]),
    key: (key, ...held) => keys(held.map(named), [named(key)]),
    screenshot: async () => Buffer.from(await ask("GET", "/screenshot"), "base64"),
  };
}

/** Gives the page the size, which is that of the window without its bars.
 * @param {Command} ask @param {number} width @param {number} height */
async function resize(ask, width, height) {
  await ask("POST", "/window/rect", { width, height });
  const [w, h] = await ask("POST", "/execute/sync", {
    script: "return [innerWidth, innerHeight]",
    args: [],
  });
  await ask("POST", "/window/rect", { width: 2 * width - w, height: 2 * height - h });
}

/** What watch.js has noted, and which other origins were asked. */
function faultsOf() {
  const { faults } = /** @type {{ faults?: string[] }} */ (/** @type {unknown} */ (globalThis));
  if (!faults) return ["watch.js did not run"];
  const foreign = performance
    .getEntriesByType("resource")
    .filter(({ name }) => !name.startsWith(location.origin) && !/^(data|blob):/.test(name));
  return [...faults, ...foreign.map(({ name }) => `asked for ${name}`)];
}

/** The events of a tap, which this driver would send as a mouse's.
 * @param {import("./index.js").Point} point */
function tapped({ x, y }) {
  const target = document.elementFromPoint(x, y);
  const about = {
    ...{ bubbles: true, cancelable: true, composed: true, clientX: x, clientY: y },
    ...{ pointerType: "touch", pointerId: 2, isPrimary: true },
  };
  const types = ["over", "enter", "down", "up", "out", "leave"];
  for (const type of types) target?.dispatchEvent(new PointerEvent(`pointer${type}`, about));
  const focusable = "button, input, textarea, select, a[href], summary, [tabindex]";
  const active = /** @type {HTMLElement | null | undefined} */ (target?.closest(focusable));
  if (active) active.focus({ preventScroll: true });
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  target?.dispatchEvent(new PointerEvent("click", about));
}
