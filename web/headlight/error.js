/**
 * What a HeadlightError is about: a value of the wrong type, shapes that do not fit, a value out of
 * its range, no memory left, a handle after its dispose(), something this engine or version cannot
 * do, or a core that could not be fetched or started.
 * @typedef {"type" | "shape" | "value" | "memory" | "disposed" | "unsupported" | "load"} ErrorCode
 */

/** Every error of this library. After it nothing has changed and nothing is leaked. */
export class HeadlightError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} argument the argument's name as in the documentation
   * @param {string} message what was wrong and what was expected
   * @param {ErrorOptions} [options]
   */
  constructor(code, argument, message, options) {
    super(message, options);
    this.name = "HeadlightError";
    /** @type {ErrorCode} */
    this.code = code;
    /** @type {string} */
    this.argument = argument;
  }
}

/**
 * A value as it reads well in a message: short, and whatever it is.
 * @param {unknown} value
 */
export function show(value) {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === "object") {
    const name = value.constructor?.name;
    return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
  }
  return String(value);
}

/**
 * @param {ErrorCode} code
 * @param {string} argument
 * @param {unknown} value
 * @param {string} expected
 * @param {string} [name] of the part of the argument that is wrong
 */
export function wrong(code, argument, value, expected, name = argument) {
  return new HeadlightError(code, argument, `${name} is ${show(value)}, expected ${expected}`);
}
