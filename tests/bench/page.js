// How fast the built page is, in Chromium: from an input event to the painted result, and from nothing
// to the first picture. Prints a table and writes build/bench/page.json.
//   node tests/bench/page.js [seconds per case, default 5]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { cpus } from "node:os";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { toLink } from "../../web/app/link.js";
import * as documents from "../../web/app/state.js";
import { launch, serve } from "../page/browser.js";
import { median } from "./measure.js";

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {documents.State} State */
/**
 * @typedef {object} Sample milliseconds
 * @property {number} script on the page's thread: the event's handlers and all drawing in frames
 * @property {number} worker from a question to the worker to its answer
 * @property {number} paint style, layout and paint on the page's thread after the drawing
 * @property {number} total from the event to the painted result, waiting for frames included
 */

const SECONDS = Number(process.argv[2] ?? 5);
const FOLDER = "build/bench";

/** @param {number} tokens @param {number} heads @param {number} dModel @param {number} headDim */
function sized(tokens, heads, dModel, headDim) {
  const text = Array.from({ length: tokens }, (_, i) => `mot${i}`).join(" ");
  let state = documents.setText(documents.opening(), text);
  for (const [name, value] of Object.entries({ heads, dModel, headDim })) {
    state = documents.setField(state, name, value);
  }
  return state;
}

/** What is edited, and how long that may take. `of` says which of a sample's times counts.
 * @type {{ name: string, state: State, of: "script" | "total", target: number }[]} */
const CASES = [
  { name: "the notebook", state: documents.opening(), of: "script", target: 4 },
  { name: "64 tokens × 8 heads", state: sized(64, 8, 3, 2), of: "script", target: 8 },
  {
    name: "512 tokens × 8 heads, d_model 64",
    state: sized(512, 8, 64, 8),
    of: "total",
    target: 50,
  },
];

/** Before the page's scripts: times what runs in frames and what the worker takes. */
function instrument() {
  const times = { script: 0, worker: 0, drawn: 0 };
  const request = requestAnimationFrame;
  globalThis.requestAnimationFrame = (run) =>
    request((now) => {
      const start = performance.now();
      run(now);
      times.drawn = performance.now();
      times.script += times.drawn - start;
    });
  const post = Worker.prototype.postMessage;
  const listen = Worker.prototype.addEventListener;
  let asked = 0;
  Object.assign(Worker.prototype, {
    /** @this {Worker} @param {[any]} args */
    postMessage(...args) {
      const start = performance.now();
      post.apply(this, args);
      asked = performance.now();
      times.script += asked - start;
    },
    /** @this {Worker} @param {string} type @param {(event: Event) => void} run */
    addEventListener(type, run) {
      listen.call(this, type, (event) => {
        const start = performance.now();
        if (type === "message") times.worker += start - asked;
        run(event);
        times.drawn = performance.now();
        times.script += times.drawn - start;
      });
    },
  });
  Object.assign(globalThis, { times, request });
}

/** Types numbers into the first cell of X for some time. @param {number} seconds
 * @returns {Promise<Sample[]>} */
async function edits(seconds) {
  const { times, request } = /** @type {any} */ (globalThis);
  const field = /** @type {HTMLInputElement} */ (document.querySelector(".editor"));
  const channel = new MessageChannel();
  const painted = () =>
    new Promise((done) => {
      // A message sent in a frame arrives once the frame has been painted.
      channel.port1.onmessage = () => done(performance.now());
      request(() => channel.port2.postMessage(0));
    });
  const samples = [];
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; performance.now() < end || samples.length < 5; i++) {
    // At all moments between two frames alike.
    await new Promise((done) => setTimeout(done, 5 + 7 * ((i * 0.618) % 1)));
    times.script = times.worker = 0;
    const start = performance.now();
    field.value = `${(i % 90) / 10 + 0.05}`;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    times.script += performance.now() - start;
    let at = await painted();
    while (document.querySelector("main.waiting")) at = await painted();
    const { script, worker, drawn } = times;
    samples.push({ script, worker, paint: at - drawn, total: at - start });
  }
  return samples;
}

/** @param {Sample[]} samples @returns {Sample} the median of each time */
function medians(samples) {
  const of = (/** @type {keyof Sample} */ name) => median(samples.map((sample) => sample[name]));
  return { script: of("script"), worker: of("worker"), paint: of("paint"), total: of("total") };
}

/** Parts of the script by the source file that they are in; the first that fits.
 * @type {[part: string, source: RegExp][]} */
const PARTS = [
  ["core", /^wasm:/],
  ["copying", /web\/headlight\//],
  ["colouring", /ramp\.js/],
  ["templates", /node_modules\/lit|lit-html/],
  ["figures", /(pipeline|figures|state)\.js/],
  ["views", /web\/app\//],
];

const map = new SourceMap(JSON.parse(readFileSync("dist/site/app.js.map", "utf8")));

/** Where the script's time goes, as shares of what is not idle.
 * @param {import("puppeteer-core").Protocol.Profiler.Profile} profile */
function shares({ nodes, samples = [], timeDeltas = [] }) {
  const time = new Map();
  samples.forEach((id, i) => {
    time.set(id, (time.get(id) ?? 0) + timeDeltas[i]);
  });
  /** @type {Record<string, number>} */
  const parts = {};
  let sum = 0;
  for (const { id, callFrame } of nodes) {
    const { url, functionName, lineNumber, columnNumber } = callFrame;
    if (["(idle)", "(root)", "(program)"].includes(functionName)) continue;
    const entry = url.endsWith("app.js") ? map.findEntry(lineNumber, columnNumber) : undefined;
    const source = entry && "originalSource" in entry ? `${entry.originalSource}` : url;
    const found = PARTS.find(([, pattern]) => pattern.test(source))?.[0];
    const part = functionName === "(garbage collector)" ? "garbage" : (found ?? "browser");
    parts[part] = (parts[part] ?? 0) + (time.get(id) ?? 0);
    sum += time.get(id) ?? 0;
  }
  return Object.fromEntries(
    Object.entries(parts)
      .sort(([, a], [, b]) => b - a)
      .map(([part, x]) => [part, Math.round((100 * x) / sum)]),
  );
}

/** @param {import("puppeteer-core").Browser} browser @param {string} url @param {State} state */
async function measure(browser, url, state) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  await page.evaluateOnNewDocument(instrument);
  await page.goto(`${url}#${toLink(state)}`);
  await page.waitForSelector(".strip");
  const shape = await page.$eval('[data-figure="x"]', (x) => x.getAttribute("aria-label"));
  const { tokens, dModel } = documents.sizes(state);
  if (!shape?.includes(`${tokens}×${dModel}`)) throw new Error(`the page shows ${shape}`);
  await page.waitForFunction(() => !document.querySelector("main.waiting"));
  await page.focus('[data-figure="x"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector(".editor");
  await page.evaluate(edits, 1);
  const session = await page.createCDPSession();
  const used = await processor(session);
  const samples = await page.evaluate(edits, SECONDS);
  const cpu = await used(samples.length);
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 100 });
  await session.send("Profiler.start");
  await page.evaluate(edits, 2);
  const { profile } = await session.send("Profiler.stop");
  await page.close();
  return { count: samples.length, ...medians(samples), cpu, shares: shares(profile) };
}

/** Starts to count the processor's time on the page's thread, which other programs do not lengthen.
 * @param {import("puppeteer-core").CDPSession} session
 * @returns {Promise<(edits: number) => Promise<Record<"script" | "style" | "layout", number>>>} ms an edit */
async function processor(session) {
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (/** @type {string} */ name) =>
      1000 * (metrics.find((metric) => metric.name === name)?.value ?? Number.NaN);
  };
  const before = await read();
  return async (edits) => {
    const after = await read();
    const each = (/** @type {string} */ name) => (after(name) - before(name)) / edits;
    return {
      script: each("ScriptDuration"),
      style: each("RecalcStyleDuration"),
      layout: each("LayoutDuration"),
    };
  };
}

/** Everything that a first visit loads, in bytes as a server may send it. */
function sizes() {
  const names = readdirSync("dist/site").filter((name) => !name.endsWith(".map"));
  // Of the three cores a browser fetches one: the relaxed one, where it can.
  const loaded = names.filter((name) => !/-(baseline|simd)\.wasm$/.test(name));
  const sum = (/** @type {(content: Buffer) => Buffer} */ encode) =>
    loaded.reduce((sum, name) => sum + encode(readFileSync(`dist/site/${name}`)).length, 0);
  return { files: loaded, brotli: sum(brotliCompressSync), gzip: sum(gzipSync) };
}

/** From the start of a visit, with nothing kept, to the first paint and to the core's first numbers.
 * @param {import("puppeteer-core").Browser} browser @param {string} url */
async function firstPicture(browser, url) {
  /** @type {number[][]} */
  const samples = [];
  for (let i = 0; i < 9; i++) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.goto(url);
    const handle = await page.waitForFunction(() => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      return document.querySelector(".strip") && paint && [paint.startTime, performance.now()];
    });
    samples.push(/** @type {number[]} */ (await handle.jsonValue()));
    await context.close();
  }
  const [paint, numbers] = [0, 1].map((i) => median(samples.map((sample) => sample[i])));
  return { paint, numbers };
}

/** @param {number} x */
const ms = (x) => `${x.toFixed(1)} ms`;
/** @param {number} x @param {number} target */
const against = (x, target) => (x <= target ? "met" : `missed by ${(x / target).toFixed(2)}×`);

const server = await serve("dist/site");
const browser = await launch();
const version = await browser.version();
const machine = `${cpus()[0].model.trim()}, ${cpus().length} threads, ${version}`;
const rows = [];
for (const { name, state, of, target } of CASES) {
  const found = await measure(browser, server.url, state);
  rows.push({ name, of, target, ...found });
}
const start = await firstPicture(browser, server.url);
const size = sizes();
await browser.close();
await server.close();

console.log(`${machine}\nAn edit of one embedding cell, medians:`);
console.table(
  Object.fromEntries(
    rows.map(({ name, of, target, count, script, worker, paint, total, cpu, ...rest }) => [
      name,
      {
        edits: count,
        script: ms(script),
        worker: ms(worker),
        paint: ms(paint),
        "event to painted": ms(total),
        "processor: script, style, layout": [cpu.script, cpu.style, cpu.layout].map(ms).join(", "),
        target: `${of} ≤ ${target} ms`,
        is: against({ script, total }[of], target),
        "script goes to": Object.entries(rest.shares)
          .slice(0, 5)
          .map(([part, share]) => `${part} ${share}%`)
          .join(", "),
      },
    ]),
  ),
);
console.log("script: handlers and drawing on the page's thread; worker: from question to answer;");
console.log("paint: style, layout and paint after the drawing; the rest waits for frames.");
console.log("processor: the same on the page's thread whatever else the machine does; a mean.\n");
console.table({
  "first load, brotli": { is: `${size.brotli} bytes`, target: "150 KB" },
  "first load, gzip": { is: `${size.gzip} bytes`, target: "" },
  "first picture": { is: ms(start.paint), target: "500 ms" },
  "first numbers of the core": { is: ms(start.numbers), target: "" },
});
mkdirSync(FOLDER, { recursive: true });
const report = { machine, edits: rows, start, size };
writeFileSync(`${FOLDER}/page.json`, `${JSON.stringify(report, null, 2)}\n`);
console.log(`written: ${FOLDER}/page.json`);
