import { HeadlightError, show, wrong } from "./error.js";

/**
 * @param {unknown} options
 * @param {readonly string[]} known
 * @param {string} [argument] what they are
 */
export function checkOptions(options, known, argument = "options") {
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    throw wrong("type", argument, options, "an object");
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = known.find((name) => likeness(name, key));
    const problem = `${argument} has ${show(key)}, expected some of ${known.join(", ")}`;
    throw new HeadlightError("value", key, meant ? `${problem}; did you mean ${meant}?` : problem);
  }
}

/**
 * The same letters but for case and separators, or one letter more, fewer or other.
 * @param {string} a
 * @param {string} b
 */
function likeness(a, b) {
  const [x, y] = [a, b].map((name) => name.toLowerCase().replace(/[^a-z]/g, ""));
  let start = 0;
  while (start < x.length && x[start] === y[start]) start++;
  const rest = [x.slice(start), y.slice(start)];
  return (
    rest[0].slice(1) === rest[1].slice(1) ||
    rest[0].slice(1) === rest[1] ||
    rest[0] === rest[1].slice(1) ||
    (x.length > 3 && x.length === y.length && [...x].sort().join() === [...y].sort().join())
  );
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @param {number} least
 * @returns {number} a whole number from least to 2³¹ − 1
 */
export function wholeNumber(value, argument, least) {
  if (typeof value !== "number") throw wrong("type", argument, value, "a whole number");
  if (!Number.isInteger(value) || value < least || value > 0x7fffffff) {
    throw wrong("value", argument, value, `a whole number from ${least} to ${0x7fffffff}`);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} argument
 */
export function finiteNumber(value, argument) {
  if (typeof value !== "number") throw wrong("type", argument, value, "a number");
  if (!Number.isFinite(value)) throw wrong("value", argument, value, "a finite number");
  return value;
}

/**
 * @param {unknown} value
 * @param {string} argument
 */
export function float32(value, argument) {
  const number = finiteNumber(value, argument);
  if (Number.isFinite(Math.fround(number))) return number;
  throw wrong("value", argument, value, "a number within float32");
}

/**
 * A flag's word; absent is false.
 * @param {unknown} value
 * @param {string} argument
 */
export function flag(value, argument) {
  if (value === undefined || value === null || value === false) return 0;
  if (value === true) return 1;
  throw wrong("type", argument, value, "true or false");
}
