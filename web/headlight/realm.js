// What a value is, wherever it was made: the types of another realm (an iframe, a test's sandbox) are
// not this one's, and instanceof knows only these. Their tags are the same.

/** @typedef {{ Float32Array: Float32Array, Float64Array: Float64Array, Int32Array: Int32Array,
 *   Uint32Array: Uint32Array, Int16Array: Int16Array, Uint16Array: Uint16Array, Int8Array: Int8Array,
 *   Uint8Array: Uint8Array }} TypedArrays */

/**
 * @template {keyof TypedArrays} Type
 * @param {unknown} value
 * @param {Type} type
 * @returns {value is TypedArrays[Type]}
 */
export function isTyped(value, type) {
  return /** @type {any} */ (value)?.[Symbol.toStringTag] === type && ArrayBuffer.isView(value);
}

/** @param {unknown} value @returns {value is ArrayBuffer | Uint8Array} */
export const isBytes = (value) =>
  tagOf(value) === "[object ArrayBuffer]" || isTyped(value, "Uint8Array");

/** @param {unknown} value @returns {value is URL} */
export const isURL = (value) => tagOf(value) === "[object URL]";

/** Whether it is an object of no class. @param {unknown} value @returns {value is object} */
export function isPlain(value) {
  if (tagOf(value) !== "[object Object]") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @param {unknown} value */
const tagOf = (value) => Object.prototype.toString.call(value);
