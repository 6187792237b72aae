import { absolute, beside, homeless, moved } from "./address.js";
import { Core } from "./core.js";
import { HeadlightError, show } from "./error.js";
import { MOST_THREADS, memoryOf, openPool, sharesMemory } from "./pool.js";
import { isBytes } from "./realm.js";
import { builtin } from "./spawn.js";

/** @typedef {"baseline" | "simd" | "relaxed"} Build */

/**
 * @typedef {object} LoadOptions
 * @property {"auto" | Build | null} [build] `auto` takes the fastest that this engine runs; a build named
 *   here that it cannot run is an error
 * @property {number | null} [threads] how many compute, the calling one among them; default 1, at most
 *   64. More than 1 need Node or a page that is cross-origin isolated, and the simd or relaxed build;
 *   elsewhere, and where workers do not start, it is 1. The instance's `threads` tells
 * @property {string | { readonly href: string } | ArrayBuffer | Uint8Array | null} [wasm] where the wasm is: the URL of one file,
 *   or of a folder (with a slash at its end) that holds `headlight-<build>.wasm` or, for threads,
 *   `headlight-<build>-threads.wasm`; or the bytes of one file, together with `build`. A file without
 *   threads has 1. Default: beside this module. A relative URL needs a page or a
 *   worker to be relative to
 */

/** @type {readonly Build[]} */
const BUILDS = ["relaxed", "simd", "baseline"];

/** Where the files are. Spelled out so that bundlers find them. @type {Record<string, () => URL>} */
const files = {
  baseline: () => new URL("./headlight-baseline.wasm", import.meta.url),
  simd: () => new URL("./headlight-simd.wasm", import.meta.url),
  relaxed: () => new URL("./headlight-relaxed.wasm", import.meta.url),
  "simd-threads": () => new URL("./headlight-simd-threads.wasm", import.meta.url),
  "relaxed-threads": () => new URL("./headlight-relaxed-threads.wasm", import.meta.url),
};

// The smallest modules that only engines with the instructions accept: i8x16.splat, and three of
// it into f32x4.relaxed_madd.
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const splat = [65, 0, 253, 15];
/** @type {Record<Build, number[] | null>} */
const probes = {
  baseline: null,
  simd: [...header, 8, 1, 6, 0, ...splat, 11],
  relaxed: [...header, 19, 1, 17, 0, ...splat, ...splat, ...splat, 253, 133, 2, 11],
};

/** @param {Build} build */
function runs(build) {
  const probe = probes[build];
  return probe === null || WebAssembly.validate(Uint8Array.from(probe));
}

/**
 * @param {{ build: "auto" | Build, threads?: number, wasm?: LoadOptions["wasm"] }} options
 * @returns {Promise<Core>}
 */
export async function loadCore({ build, threads = 1, wasm }) {
  if (typeof WebAssembly !== "object") {
    throw new HeadlightError("unsupported", "build", "this engine has no WebAssembly");
  }
  const chosen =
    build === "auto" ? /** @type {Build} */ (BUILDS.find((candidate) => runs(candidate))) : build;
  if (!runs(chosen)) {
    const problem = `this engine cannot run the ${chosen} build: it lacks ${chosen === "simd" ? "SIMD" : "relaxed SIMD"}`;
    throw new HeadlightError("unsupported", "build", problem);
  }
  const most = sharesMemory() ? Math.min(threads, MOST_THREADS) : 1;
  const name = most > 1 && chosen !== "baseline" ? `${chosen}-threads` : chosen;
  const module = await (wasm === undefined || wasm === null
    ? compile(ownFile(name), name, `; ${REMEDY}`)
    : compile(wasm, name));
  const core = await start(module, most);
  if (build !== "auto" && core.build !== build) {
    const problem = `wasm holds the ${core.build} build, expected ${build}`;
    throw new HeadlightError("load", "wasm", problem);
  }
  return core;
}

const REMEDY = "load({ wasm }) takes the URL of the file or its folder, or its bytes";

/** Where the file of a build is by default. @param {string} build */
function ownFile(build) {
  const name = `headlight-${build}.wasm`;
  if (moved) return beside(name);
  try {
    return files[build]();
  } catch (cause) {
    // A module from a blob has an origin. One that was bundled in a format without modules has nothing.
    const origin = import.meta.url && globalThis.location?.origin;
    if (origin && origin !== "null") return new URL(name, origin);
    throw new HeadlightError("load", "wasm", homeless(name, REMEDY), { cause });
  }
}

/**
 * @param {NonNullable<LoadOptions["wasm"]>} source
 * @param {string} build whose file is wanted where source is a folder
 * @param {string} [hint] what to do where it fails
 */
async function compile(source, build, hint) {
  if (isBytes(source)) {
    return WebAssembly.compile(/** @type {BufferSource} */ (source)).catch((cause) => {
      throw failed("the bytes", cause);
    });
  }
  let name = show(String(source));
  try {
    let url = absolute(source);
    if (/^(https?|file):/.test(url.protocol) && url.pathname.endsWith("/")) {
      url = new URL(`headlight-${build}.wasm`, url);
    }
    name = url.href;
    // Node's fetch reads no files.
    const files = url.protocol === "file:" && builtin("node:fs/promises");
    if (files) return await WebAssembly.compile(await files.readFile(url));
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const type = response.headers.get("content-type");
    if (type?.startsWith("text/html")) throw new Error("the server answered with a page");
    return type?.startsWith("application/wasm")
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw failed(name, cause, hint);
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {number} threads
 * @returns {Promise<Core>}
 */
async function start(module, threads) {
  try {
    const memory = memoryOf(module);
    // Views of memory are made anew after it grew (Core), so there is nothing to be told.
    const env = { emscripten_notify_memory_growth() {}, ...(memory && { memory }) };
    const core = new Core(await WebAssembly.instantiate(module, { env }));
    if (!memory || threads === 1 || (await openPool(core, module, threads))) return core;
  } catch (cause) {
    throw failed("the module", cause);
  }
  return start(module, 1);
}

/**
 * @param {string} what
 * @param {unknown} cause
 * @param {string} [hint]
 */
function failed(what, cause, hint = "") {
  const reason = /** @type {Error} */ (cause)?.message ?? show(cause);
  return new HeadlightError("load", "wasm", `${what} could not be loaded: ${reason}${hint}`, {
    cause,
  });
}
