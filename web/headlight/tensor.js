import { HeadlightError, show } from "./error.js";

/**
 * Numbers and their shape, row by row: the last axis runs fastest.
 * @typedef {{ data: Float32Array, shape: number[] }} Tensor
 */

/**
 * Arrays of numbers in arrays, as deep as you like, each level of one length.
 * @typedef {number[] | NestedNumbers[]} NestedNumbers
 */

/**
 * What is taken wherever a tensor is: a tensor, nested arrays, or a bare array as rank 1. A
 * Float64Array is rounded to float32.
 * @typedef {{ data: Float32Array | Float64Array, shape: readonly number[] } | Float32Array |
 *   Float64Array | NestedNumbers} TensorLike
 */

/** @typedef {boolean[] | NestedBooleans[]} NestedBooleans */

/**
 * Which keys a query may attend to (true, or any byte but 0), or what is added to its logits.
 * Shape (keys), (queries, keys), (heads, queries, keys) or (batch, heads, queries, keys): aligned
 * from the right; size 1 broadcasts but for the keys, where a shorter mask hides the rest.
 * @typedef {NestedBooleans | Uint8Array | { data: Uint8Array, shape: readonly number[] } |
 *   TensorLike} MaskLike
 */

const MAX_RANK = 4;

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
  return withShape(/** @type {Float32Array} */ (flat), shape, "data");
}

/**
 * @param {unknown} value
 * @param {string} argument its name, for messages
 * @returns {Tensor}
 */
export function toTensor(value, argument) {
  if (ArrayBuffer.isView(value)) {
    const data = toFloat32(value, argument);
    return { data, shape: [data.length] };
  }
  if (Array.isArray(value)) {
    const { values, shape } = flatten(value, "number", argument);
    return { data: Float32Array.from(values), shape };
  }
  if (isTensorLike(value)) return withShape(value.data, value.shape, argument);
  throw expected("a tensor or nested arrays of numbers", value, argument);
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @returns {{ data: Uint8Array | Float32Array, shape: number[] }} bytes for a boolean mask
 */
export function toMask(value, argument) {
  if (value instanceof Uint8Array) return { data: value, shape: [value.length] };
  if (isTensorLike(value) && /** @type {unknown} */ (value.data) instanceof Uint8Array) {
    return { data: value.data, shape: checkShape(value.data, value.shape, argument) };
  }
  if (Array.isArray(value) && typeof firstOf(value) === "boolean") {
    const { values, shape } = flatten(value, "boolean", argument);
    return { data: Uint8Array.from(values), shape };
  }
  return toTensor(value, argument);
}

/**
 * @param {unknown} value whole numbers, nested as you like, or one
 * @param {string} argument
 * @returns {{ data: Int32Array, shape: number[] }}
 */
export function toIndices(value, argument) {
  if (value instanceof Int32Array) return { data: value, shape: [value.length] };
  /** @type {ArrayLike<number>} */
  let values;
  /** @type {number[]} */
  let shape;
  if (typeof value === "number") {
    [values, shape] = [[value], []];
  } else if (Array.isArray(value)) {
    ({ values, shape } = flatten(value, "number", argument));
  } else if (isTensorLike(value) && ArrayBuffer.isView(value.data)) {
    values = /** @type {ArrayLike<number>} */ (/** @type {unknown} */ (value.data));
    shape = checkShape(values, value.shape, argument);
  } else {
    throw expected("whole numbers", value, argument);
  }
  for (let i = 0; i < values.length; i++) {
    if (Number.isInteger(values[i]) && values[i] === (values[i] | 0)) continue;
    const problem = `${argument} has ${show(values[i])}, expected whole numbers`;
    throw new HeadlightError("value", argument, problem);
  }
  return { data: Int32Array.from(values), shape };
}

/** @param {readonly number[]} shape */
export function count(shape) {
  return shape.reduce((product, size) => product * size, 1);
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
 * @param {readonly number[]} shape
 * @param {string} argument
 * @returns {Tensor}
 */
function withShape(data, shape, argument) {
  const floats = toFloat32(data, argument);
  return { data: floats, shape: checkShape(floats, shape, argument) };
}

/**
 * @param {unknown} data
 * @param {string} argument
 */
function toFloat32(data, argument) {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  throw expected("a Float32Array or Float64Array", data, argument);
}

/**
 * @param {{ length: number }} data
 * @param {unknown} shape
 * @param {string} argument
 * @returns {number[]} a copy
 */
function checkShape(data, shape, argument) {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    const problem = `the shape of ${argument} is ${show(shape)}, expected an array of whole numbers`;
    throw new HeadlightError("shape", argument, problem);
  }
  if (count(shape) !== data.length) {
    const problem = `${argument} has ${data.length} numbers, expected ${count(shape)} for the shape ${showShape(shape)}`;
    throw new HeadlightError("shape", argument, problem);
  }
  return [...shape];
}

/**
 * @param {string} what
 * @param {unknown} value
 * @param {string} argument
 */
function expected(what, value, argument) {
  return new HeadlightError("type", argument, `${argument} is ${show(value)}, expected ${what}`);
}

/** @param {unknown} value */
function firstOf(value) {
  while (Array.isArray(value)) value = value[0];
  return value;
}

/**
 * @param {unknown[]} nested
 * @param {"number" | "boolean"} type of the innermost values
 * @param {string} argument
 * @returns {{ values: number[], shape: number[] }}
 */
function flatten(nested, type, argument) {
  /** @type {number[]} */
  const shape = [];
  /** @type {unknown} */
  let level = nested;
  for (; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > 2 * MAX_RANK) {
      const problem = `${argument} is nested too deep, expected at most ${MAX_RANK} levels`;
      throw new HeadlightError("shape", argument, problem);
    }
  }
  /** @type {number[]} */
  const values = [];

  /** @type {(value: unknown, axis: number, path: string) => void} */
  const visit = (value, axis, path) => {
    if (axis === shape.length) {
      if (typeof value === type) {
        values.push(Number(value));
        return;
      }
      if (!Array.isArray(value)) {
        const problem = `${path} is ${show(value)}, expected a ${type}`;
        throw new HeadlightError("type", argument, problem);
      }
    }
    if (!Array.isArray(value) || value.length !== shape[axis]) {
      const wanted = axis < shape.length ? `an array of ${shape[axis]}` : `a ${type}`;
      const problem = `${argument} is ragged: ${path} is ${show(value)}, expected ${wanted}`;
      throw new HeadlightError("shape", argument, problem);
    }
    // Not forEach, which passes over holes.
    for (let i = 0; i < value.length; i++) visit(value[i], axis + 1, `${path}[${i}]`);
  };
  visit(nested, 0, argument);
  return { values, shape };
}
