import { absolute } from "./address.js";
import { HeadlightError } from "./headlight.js";
import { isURL } from "./realm.js";
import { Handle, RemoteCache, RemoteLayer, RemoteTensor, toMessage } from "./remote.js";
import { listen, spawn } from "./spawn.js";

/** @typedef {import("./headlight.js").Headlight} Headlight */
/** @typedef {import("./headlight.js").LoadOptions} LoadOptions */
/** @typedef {import("./spawn.js").AnyWorker} AnyWorker */

/**
 * What the worker may keep: a part of an argument, such as trace's `out`, …
 * @template T
 * @typedef {T | Handle | (T extends object ? { [P in keyof T]: T[P] | Handle } : T)} FarPart
 */

/**
 * … or an argument.
 * @template T
 * @typedef {T | Handle | (T extends object ? { [P in keyof T]: FarPart<T[P]> } : T)} FarArgument
 */

/**
 * @template {any[]} A
 * @typedef {{ [I in keyof A]: FarArgument<A[I]> }} FarArguments
 */

/**
 * A method, called from outside of its worker.
 * @template F
 * @typedef {F extends (...args: infer A) => infer R ? (...args: FarArguments<A>) => Promise<R> : never} Far
 */

/**
 * Loads the core in a worker of its own, so that a long computation holds nothing up.
 * @param {LoadOptions} [options] as load()'s
 * @returns {Promise<Client>}
 * @throws {HeadlightError} (as a rejection) as load(), and `load` where no worker starts
 */
export async function connect(options = {}) {
  const worker = await spawn(
    () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
    "worker.js",
  ).catch((cause) => {
    const problem = `no worker can be started: ${cause.message}`;
    throw new HeadlightError("load", "worker", problem, { cause });
  });
  const line = new Line(worker);
  try {
    return new Client(line, await line.call("load", [withAddress(options)]));
  } catch (error) {
    line.end();
    throw error;
  }
}

/** Options as they can be sent: a URL means in the worker what it means here. @param {any} options */
function withAddress(options) {
  const wasm = options?.wasm;
  if (typeof wasm !== "string" && !isURL(wasm)) return options;
  try {
    return { ...options, wasm: absolute(wasm).href };
  } catch {
    return options; // load() says what is wrong with it
  }
}

/**
 * The core in a worker: Headlight's methods, with the same arguments, results and errors, as promises.
 * Arguments are copied, but for handles, whose memory is the worker's; that of a result is handed over. Calls are answered in their order.
 */
export class Client {
  #line;

  /**
   * Use connect().
   * @param {Line} line
   * @param {Pick<Headlight, "build" | "threads" | "version">} chosen
   */
  constructor(line, { build, threads, version }) {
    this.#line = line;
    /** Which wasm build computes. */
    this.build = build;
    /** How many threads compute, the worker among them. */
    this.threads = threads;
    /** The core's version. */
    this.version = version;
  }

  /** @type {Far<Headlight["attention"]>} */
  attention(...args) {
    return this.#line.call("attention", args, args[3]);
  }

  /** @type {Far<Headlight["attentionBackward"]>} */
  attentionBackward(q, k, v, forward, dOutput, options) {
    // Of the forward pass's result, only what backward reads is sent.
    const { output, statistics } = /** @type {any} */ (forward ?? {});
    const args = [q, k, v, { output, statistics }, dOutput, options];
    return this.#line.call("attentionBackward", args, options);
  }

  /** @type {Far<Headlight["multiHeadAttention"]>} */
  multiHeadAttention(...args) {
    return this.#line.call("multiHeadAttention", args, args[4]);
  }

  /** @type {Far<Headlight["linear"]>} */
  linear(...args) {
    return this.#line.call("linear", args, args[3]);
  }

  /** @type {Far<Headlight["softmax"]>} */
  softmax(...args) {
    return this.#line.call("softmax", args);
  }

  /** @type {Far<Headlight["embed"]>} */
  embed(...args) {
    return this.#line.call("embed", args);
  }

  /** @type {Far<Headlight["positionEncoding"]>} */
  positionEncoding(...args) {
    return this.#line.call("positionEncoding", args);
  }

  /** @type {Far<Headlight["trace"]>} */
  trace(...args) {
    return this.#line.call("trace", args, args[0]);
  }

  /**
   * As hl.alloc: a tensor of zeros in the worker's memory.
   * @param {number[]} shape
   */
  async alloc(shape) {
    return new RemoteTensor(this.#line, await this.#line.call("alloc", [shape]));
  }

  /**
   * As hl.cache: keys and values in the worker's memory.
   * @param {import("./cache.js").CacheOptions} options
   */
  async cache(options) {
    return new RemoteCache(this.#line, await this.#line.call("cache", [options]));
  }

  /**
   * As hl.multiHeadLayer: projections packed in the worker's memory.
   * @type {(...args: FarArguments<Parameters<Headlight["multiHeadLayer"]>>) => Promise<RemoteLayer>}
   */
  async multiHeadLayer(...args) {
    const { ticket } = await this.#line.call("multiHeadLayer", args);
    return new RemoteLayer(this.#line, ticket);
  }

  /** Ends the worker. Calls that wait for it, and later ones, reject with `disposed`. */
  dispose() {
    this.#line.end();
  }

  /** What `using` calls; an engine that does not know it takes another name, which does no harm. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/** The line to a worker: calls go out, and settle when their answers come. */
class Line {
  #worker;
  #calls = 0;
  /** Why there is no worker any more. @type {HeadlightError | undefined} */
  #over;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: unknown) => void }>} */
  #waiting = new Map();

  /** @param {AnyWorker} worker */
  constructor(worker) {
    this.#worker = worker;
    listen(worker, {
      told: (answer) => this.#settle(answer),
      garbled: () => {
        const message = "the answer of the worker could not be read";
        this.#settle({ failure: { code: "memory", argument: "worker", message } });
      },
      ended: (reason) =>
        this.end(new HeadlightError("load", "worker", `the worker has ended: ${reason}`)),
    });
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {any} [options] the one among them that may have an `out`
   * @param {import("./kept.js").Ticket} [on] what the worker keeps, whose method it is
   * @returns {Promise<any>}
   */
  async call(method, args, options, on) {
    const sent = args.map((arg) => toMessage(arg, this, method));
    const result = await new Promise((resolve, reject) => {
      if (this.#over) throw this.#over;
      const id = this.#calls++;
      try {
        this.#worker.postMessage({ id, method, args: sent, on });
      } catch (cause) {
        const problem = `an argument of ${method} cannot be sent to a worker: ${cause}`;
        throw new HeadlightError("type", method, problem, { cause });
      }
      this.#waiting.set(id, { resolve, reject });
      // A call keeps Node's process alive, a worker at rest does not.
      this.#worker.ref?.();
    });
    return options?.out ? written(method, result, options.out) : result;
  }

  /** @param {import("./worker.js").Answer} answer */
  #settle({ id, result, failure, error }) {
    // Where a message could not be read it is the oldest call's, since they are answered in their order.
    id ??= [...this.#waiting.keys()][0];
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref?.();
    if (failure) call?.reject(new HeadlightError(failure.code, failure.argument, failure.message));
    else if (error) call?.reject(error);
    else call?.resolve(result);
  }

  /** @param {HeadlightError} [why] */
  end(why = new HeadlightError("disposed", "worker", "the worker was ended by dispose()")) {
    if (this.#over) return;
    this.#over = why;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
  }
}

/**
 * A result whose tensors are in `out`, where the call had one: the worker wrote into a copy. That of
 * linear is a tensor itself.
 * @param {string} method
 * @param {any} result
 * @param {any} out a tensor for the output, or for trace and gradients tensors by name
 * @returns {any}
 */
function written(method, result, out) {
  if (method === "linear") return written("", { output: result }, out).output;
  const named = method === "trace" || method === "attentionBackward";
  const outs = named ? out : { output: out };
  for (const [name, tensor] of Object.entries(outs)) {
    if (!tensor || !result[name]) continue;
    if (!(tensor instanceof Handle)) tensor.data.set(result[name].data);
    result[name] = tensor;
  }
  return result;
}
