import { HeadlightError, show, wrong } from "./error.js";
import { isTyped } from "./realm.js";

/**
 * Numbers and their shape, row by row: the last axis runs fastest.
 * @typedef {{ data: Float32Array, shape: number[] }} Tensor
 */

/**
 * Arrays of numbers in arrays, as deep as you like, each level of one length.
 * @typedef {readonly number[] | readonly NestedNumbers[]} NestedNumbers
 */

/**
 * What is taken wherever a tensor is: a tensor, nested arrays, or a bare array as rank 1. A
 * Float64Array is rounded to float32.
 * @typedef {{ data: Float32Array | Float64Array, shape: readonly number[] } | Float32Array |
 *   Float64Array | NestedNumbers} TensorLike
 */

/** @typedef {readonly boolean[] | readonly NestedBooleans[]} NestedBooleans */

/**
 * Whole numbers: one, nested arrays, or a typed array of integers, bare or with a shape.
 * @typedef {Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array} IntegerArray
 * @typedef {number | NestedNumbers | IntegerArray | { data: IntegerArray, shape: readonly number[] }} Indices
 */

/**
 * Which keys a query may attend to (true, or any byte but 0), or what is added to its logits.
 * Shape (keys), (queries, keys), (heads, queries, keys) or (batch, heads, queries, keys): aligned
 * from the right; size 1 broadcasts but for the keys, where a shorter mask hides the rest.
 * @typedef {NestedBooleans | Uint8Array | { data: Uint8Array, shape: readonly number[] } |
 *   TensorLike} MaskLike
 */

/**
 * Makes a tensor of nested arrays of numbers, or of data and a shape. A Float32Array is kept, not
 * copied; other numbers are rounded to float32.
 * @param {TensorLike} data
 * @param {readonly number[]} [shape] the product of its sizes is the number of data
 * @returns {Tensor}
 * @throws {HeadlightError} `type` where something is no number, `shape` where nesting is ragged or
 *   data and shape differ
 */
export function tensor(data, shape) {
  if (shape === undefined) return toTensor(data, "data");
  const flat = ArrayBuffer.isView(data) ? data : toTensor(data, "data").data;
  const floats = toFloat32(flat, "data");
  return { data: floats, shape: checkShape(floats, shape, "data", "shape") };
}

/**
 * @param {unknown} value
 * @param {string} argument its name, for messages
 * @param {string} [name] of the part of the argument that this is
 * @returns {Tensor}
 */
export function toTensor(value, argument, name = argument) {
  if (ArrayBuffer.isView(value)) {
    const data = toFloat32(value, argument, name);
    return { data, shape: [data.length] };
  }
  if (Array.isArray(value)) return flatten(value, "number", Float32Array, argument, name);
  if (isTensorLike(value)) {
    const data = toFloat32(value.data, argument, name);
    return { data, shape: checkShape(data, value.shape, name, argument) };
  }
  throw wrong("type", argument, value, "a tensor or nested arrays of numbers", name);
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @returns {{ data: Uint8Array | Float32Array, shape: number[] }} bytes for a boolean mask
 */
export function toMask(value, argument) {
  if (isTyped(value, "Uint8Array")) return { data: value, shape: [value.length] };
  if (isTensorLike(value) && isTyped(value.data, "Uint8Array")) {
    return { data: value.data, shape: checkShape(value.data, value.shape, argument) };
  }
  if (Array.isArray(value) && typeof leafOf(value) === "boolean") {
    return flatten(value, "boolean", Uint8Array, argument);
  }
  return toTensor(value, argument);
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @returns {{ data: Int32Array, shape: number[] }}
 */
export function toIndices(value, argument) {
  const { data, shape } = numbers(value, argument);
  for (const [i, id] of data.entries()) {
    if (Number.isInteger(id) && id === (id | 0)) continue;
    throw wrong("value", argument, id, `a whole number from 0 to ${MAX_SIZE}`, `${argument}[${i}]`);
  }
  return { data: isTyped(data, "Int32Array") ? data : Int32Array.from(data), shape };
}

/** @type {readonly (keyof import("./realm.js").TypedArrays)[]} */
const INTEGERS = [
  "Int32Array",
  "Uint32Array",
  "Int16Array",
  "Uint16Array",
  "Int8Array",
  "Uint8Array",
];

/**
 * @param {unknown} value
 * @param {string} argument
 * @returns {{ data: Float64Array | import("./tensor.js").IntegerArray, shape: number[] }}
 */
function numbers(value, argument) {
  if (typeof value === "number") return { data: Float64Array.of(value), shape: [] };
  if (Array.isArray(value)) return flatten(value, "number", Float64Array, argument);
  const bare = !isTensorLike(value);
  const data = bare ? value : value.data;
  if (!INTEGERS.some((type) => isTyped(data, type))) {
    throw wrong("type", argument, data, "whole numbers or a typed array of integers");
  }
  return { data, shape: bare ? [data.length] : checkShape(data, value.shape, argument) };
}

/** How many numbers a shape holds. @param {readonly number[]} shape */
export function count(shape) {
  let product = 1;
  for (let axis = 0; axis < shape.length; axis++) product *= shape[axis];
  return product;
}

/** @param {readonly number[]} shape */
export function showShape(shape) {
  return shape.length === 0 ? "a single number" : shape.join("×");
}

/**
 * @param {unknown} value
 * @returns {value is { data: any, shape: readonly number[] }}
 */
function isTensorLike(value) {
  return value !== null && typeof value === "object" && "data" in value && "shape" in value;
}

/**
 * @param {unknown} data
 * @param {string} argument
 * @param {string} [name]
 */
function toFloat32(data, argument, name = argument) {
  if (isTyped(data, "Float32Array")) return data;
  if (isTyped(data, "Float64Array")) return Float32Array.from(data);
  throw wrong("type", argument, data, "a Float32Array or Float64Array", name);
}

const MAX_SIZE = 0x7fffffff;

/**
 * @param {unknown} shape
 * @param {string} name of what has it
 * @param {string} [argument] to blame
 * @returns {number[]} a copy
 */
export function checkSizes(shape, name, argument = name) {
  if (Array.isArray(shape)) {
    /** @type {number[]} */
    const sizes = [];
    for (let axis = 0; axis < shape.length; axis++) {
      const size = shape[axis];
      if (!isSize(size)) break;
      sizes.push(size);
    }
    if (sizes.length === shape.length) return sizes;
  }
  // Spread, so that holes count as undefined.
  const given = Array.isArray(shape) ? `[${[...shape].map(show).join(", ")}]` : show(shape);
  const what = name === "shape" ? name : `the shape of ${name}`;
  const problem = `${what} is ${given}, expected an array of whole numbers`;
  throw new HeadlightError("shape", argument, problem);
}

/** @param {unknown} size */
const isSize = (size) => Number.isInteger(size) && Number(size) >= 0 && Number(size) <= MAX_SIZE;

/**
 * @param {{ length: number }} data
 * @param {unknown} shape
 * @param {string} name of the data
 * @param {string} [argument] to blame
 * @returns {number[]} a copy
 */
function checkShape(data, shape, name, argument = name) {
  const sizes = checkSizes(shape, name, argument);
  if (count(sizes) !== data.length) {
    const wanted = `expected ${count(sizes)} for the shape ${showShape(sizes)}`;
    throw new HeadlightError("shape", argument, `${name} has ${data.length} numbers, ${wanted}`);
  }
  return sizes;
}

const MAX_DEPTH = 8;

/** The first value inside nested arrays. @param {unknown} value */
function leafOf(value) {
  for (let depth = 0; Array.isArray(value) && depth <= MAX_DEPTH; depth++) value = value[0];
  return value;
}

/**
 * Nested arrays as a flat one, and their shape.
 * @template {Float32Array | Float64Array | Uint8Array} T
 * @param {unknown[]} nested
 * @param {"number" | "boolean"} type of the innermost values
 * @param {new (length: number) => T} Data
 * @param {string} argument
 * @param {string} [name]
 * @returns {{ data: T, shape: number[] }}
 */
function flatten(nested, type, Data, argument, name = argument) {
  /** @type {number[]} */
  const shape = [];
  /** @type {unknown} */
  let level = nested;
  for (; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length <= MAX_DEPTH) continue;
    const problem = `${name} is nested too deep, expected at most 4 levels`;
    throw new HeadlightError("shape", argument, problem);
  }
  const data = new Data(count(shape));
  fill({ data, shape, path: shape.map(() => 0), type, argument, name }, nested, 0, 0);
  return { data, shape };
}

/**
 * Nested arrays on their way into a flat one.
 * @typedef {object} Filling
 * @property {Float32Array | Float64Array | Uint8Array} data
 * @property {number[]} shape
 * @property {number[]} path indices of the part that is being filled in
 * @property {"number" | "boolean"} type
 * @property {string} argument
 * @property {string} name
 */

/**
 * Fills in a row, checked.
 * @param {Filling} filling
 * @param {unknown} row of an axis
 * @param {number} axis
 * @param {number} filled so many numbers before
 * @returns {number} and so many with them
 */
function fill(filling, row, axis, filled) {
  const { data, shape, path, type, argument, name } = filling;
  const size = shape[axis];
  if (!Array.isArray(row) || row.length !== size) {
    const problem = `${name} is ragged: ${place(filling, axis)} is ${show(row)}, expected an array of ${size}`;
    throw new HeadlightError("shape", argument, problem);
  }
  const innermost = axis === shape.length - 1;
  // Not forEach, which passes over holes.
  for (let i = 0; i < size; i++) {
    const value = row[i];
    path[axis] = i;
    if (!innermost) {
      filled = fill(filling, value, axis + 1, filled);
    } else if (typeof value === type) {
      data[filled++] = value;
    } else if (Array.isArray(value)) {
      const problem = `${name} is ragged: ${place(filling, axis + 1)} is ${show(value)}, expected a ${type}`;
      throw new HeadlightError("shape", argument, problem);
    } else {
      throw wrong("type", argument, value, `a ${type}`, place(filling, axis + 1));
    }
  }
  return filled;
}

/** The name of a part: name[i][j]… @param {Filling} filling @param {number} depth indices */
const place = ({ name, path }, depth) =>
  name +
  path
    .slice(0, depth)
    .map((index) => `[${index}]`)
    .join("");
