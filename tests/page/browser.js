// What every browser test needs: a browser with a fresh profile, and a static file server.
import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { delimiter, extname, join, normalize, resolve, sep } from "node:path";
import puppeteer from "puppeteer-core";
import { started } from "./started.js";

/** The two headers that make a page cross-origin isolated. */
export const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Commands to look for on PATH, and the arguments that keep each browser to itself. */
const browsers = {
  chromium: {
    commands: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
  firefox: { commands: ["firefox-esr", "firefox"], args: [] },
};

/** @param {string[]} commands */
function findCommand(commands) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const command of commands) {
    for (const folder of folders) {
      const file = join(folder, command);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {}
    }
  }
  throw new Error(`no browser: none of ${commands.join(", ")} is on PATH (./setup.sh browsers)`);
}

/**
 * Starts a headless browser with a profile of its own, which goes when the browser is closed.
 * @param {{ browser?: "chromium" | "firefox", args?: string[], theme?: "light" | "dark",
 *   deadline?: import("./started.js").Deadline }} [options]
 *   theme: of Firefox, which has it from the start; in Chromium each page has its own
 * @returns {Promise<import("puppeteer-core").Browser>}
 */
export async function launch({ browser = "chromium", args = [], theme = "light", deadline } = {}) {
  const { commands, args: usual } = browsers[browser];
  const executablePath = findCommand(commands);
  const launched = (/** @type {AbortSignal} */ signal) =>
    puppeteer.launch({
      browser: browser === "chromium" ? "chrome" : browser,
      executablePath,
      headless: true,
      args: [...usual, ...args],
      extraPrefsFirefox: {
        "layout.css.prefers-color-scheme.content-override": theme === "dark" ? 0 : 1,
        "dom.w3c_touch_events.enabled": 1,
      },
      timeout: 0, // started() has the deadline
      signal,
    });
  return started(browser, launched, deadline);
}

/** @type {Record<string, string>} */
const mediaTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/**
 * Serves the files of a folder on a free port of this machine, with no cache.
 * @param {string} dir
 * @param {{ headers?: Record<string, string>, base?: string, watched?: boolean }} [options]
 *   headers are sent with every answer; base is the sub-folder of the URL, such as "/deep/folder/";
 *   watched: pages run browsers/watch.js first
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} url ends with base
 */
export async function serve(dir, { headers = {}, base = "/", watched = false } = {}) {
  const watch = await readFile(new URL("browsers/watch.js", import.meta.url));
  const root = resolve(dir) + sep;
  const server = createServer(async (request, response) => {
    const send = (/** @type {number} */ status, /** @type {string} */ type, body = Buffer.of()) =>
      response
        .writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...headers })
        .end(body);
    try {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
      if (!path.startsWith(base)) return send(404, "text/plain");
      const name = path.slice(base.length);
      const file = normalize(
        root + (name === "" || name.endsWith("/") ? `${name}index.html` : name),
      );
      if (!file.startsWith(root)) return send(403, "text/plain");
      const type = mediaTypes[extname(file)] ?? "application/octet-stream";
      if (watched && name === "watch.js") return send(200, type, watch);
      const content = await readFile(file);
      send(200, type, watched && file.endsWith(".html") ? watchedPage(content) : content);
    } catch {
      send(404, "text/plain");
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}${base}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** The page with watch.js before its own script, which the strict policy lets pass as one of its own.
 * @param {Buffer} html */
function watchedPage(html) {
  const script = '<script src="watch.js"></script>';
  return Buffer.from(html.toString().replace("<script ", `${script}<script `));
}
