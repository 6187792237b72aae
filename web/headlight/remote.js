import { HeadlightError } from "./headlight.js";
import { isPlain } from "./realm.js";

/**
 * The line to the worker that keeps it: sends a call of a method, or the reading of a property.
 * @typedef {{ call(method: string, args: unknown[], options?: any, on?: Ticket): Promise<any> }} Line
 * @typedef {import("./kept.js").Ticket} Ticket
 */

/** In a message, what stands for something that the worker keeps: its ticket under this name. */
export const KEPT = "headlight:kept";

/** Something that the worker keeps: may be an argument of that worker's calls, which then copy nothing. */
export class Handle {
  #line;
  #ticket;

  /**
   * @param {Line} line
   * @param {Ticket} ticket by which the worker knows it
   */
  constructor(line, ticket) {
    this.#line = line;
    this.#ticket = ticket;
  }

  /**
   * @param {string} method of what is kept, or a property
   * @param {unknown[]} [args]
   * @param {any} [options] the one among them that may have an `out`
   */
  ask(method, args = [], options) {
    return this.#line.call(method, args, options, this.#ticket);
  }

  /**
   * What stands for it in a message.
   * @param {Line} line
   * @param {string} argument to blame
   */
  messageOn(line, argument) {
    if (line === this.#line) return { [KEPT]: this.#ticket };
    const problem = `${argument} is kept by another worker, expected one of this client's own`;
    throw new HeadlightError("value", argument, problem);
  }

  /** Gives its memory back once the calls before are done; a second time does nothing. */
  dispose() {
    // A worker that has ended keeps nothing any more.
    this.ask("dispose").catch(() => {});
  }

  /** What `using` calls; an engine that does not know it takes another name, which does no harm. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/** A tensor in the worker's memory: as argument and as `out` it is not copied. */
export class RemoteTensor extends Handle {
  /** @param {Line} line @param {{ ticket: Ticket, shape: number[] }} kept */
  constructor(line, { ticket, shape }) {
    super(line, ticket);
    this.shape = shape;
  }

  /** A copy of its numbers, once the calls before are done. @returns {Promise<Float32Array>} */
  get data() {
    return this.ask("data");
  }
}

/** hl.cache's in the worker: attention's `past`. */
export class RemoteCache extends Handle {
  /** @param {Line} line @param {{ ticket: Ticket, capacity: number }} kept */
  constructor(line, { ticket, capacity }) {
    super(line, ticket);
    this.capacity = capacity;
  }

  /** How many keys each head holds, once the calls before are done. @returns {Promise<number>} */
  get length() {
    return this.ask("length");
  }

  /** Keeps the first keys. @param {number} length @returns {Promise<void>} */
  truncate(length) {
    return this.ask("truncate", [length]);
  }
}

/** hl.multiHeadLayer's in the worker. */
export class RemoteLayer extends Handle {
  /** @type {import("./client.js").Far<import("./multi-head.js").MultiHeadLayer["forward"]>} */
  forward(...args) {
    return this.ask("forward", args, args[3]);
  }
}

/** Of all typed arrays, since Node's Buffer has one of its own that copies nothing. */
const { slice } = Object.getPrototypeOf(Uint8Array.prototype);

/**
 * An argument as it can be sent: handles in it, itself or among its parts, become what stands for
 * them; of a buffer there goes what the view on it sees. Three levels of plain objects, as of `past`
 * among options, are all that there can be.
 * @param {any} value
 * @param {Line} line
 * @param {string} argument to blame
 * @returns {any}
 */
export function toMessage(value, line, argument, depth = 3) {
  if (value instanceof Handle) return value.messageOn(line, argument);
  if (ArrayBuffer.isView(value)) {
    const partial = "length" in value && value.byteLength < value.buffer.byteLength;
    return partial ? slice.call(value) : value;
  }
  if (depth === 0 || !isPlain(value)) return value;
  const parts = Object.entries(value).map(([name, part]) => [
    name,
    toMessage(part, line, name, depth - 1),
  ]);
  return Object.fromEntries(parts);
}
