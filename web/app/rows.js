// What a row of a matrix says: which of its cells are the largest.

/** Beyond this, two numbers that the core gave are different. */
const SAME = 1e-6;

/** The largest number of a row and every place where it stands; NaN marks a hidden cell.
 * @param {import("./pipeline.js").Sheet} sheet @param {number} row */
export function largest(sheet, row) {
  return extreme(rowOf(sheet, row), 1);
}

/** The smallest one, likewise. @param {import("./pipeline.js").Sheet} sheet @param {number} row */
export function smallest(sheet, row) {
  return extreme(rowOf(sheet, row), -1);
}

/** @param {Float32Array} numbers @param {1 | -1} sign of what is wanted: the largest or the smallest */
function extreme(numbers, sign) {
  let best = Number.NaN;
  let seen = 0;
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i];
    if (Number.isNaN(x)) continue;
    seen++;
    if (!(sign * x <= sign * best)) best = x;
  }
  const near = SAME * Math.max(1e-3, Math.abs(best));
  const at = [];
  for (let i = 0; i < numbers.length; i++) if (Math.abs(numbers[i] - best) <= near) at.push(i);
  return { value: best, at, seen };
}

/** From here on a largest weight is a little, or clearly, more than the others are on average. */
const LITTLE = 1.25;
const CLEARLY = 2;
/** From here on what the largest weights take together is most, or nearly all. */
const MOST = 0.5;
const NEARLY = 0.9;

/** How much a row of weights looks at where it looks most, from its shape: nowhere, at all it sees alike, or
 * about evenly; else at its largest weights only, nearly only, mostly (half of it or more), more, or a
 * little more (less than twice as much) than at the average of the others.
 * @param {ReturnType<typeof largest>} row of weights, which add up to 1 */
export function emphasis({ value, at, seen }) {
  if (seen === 0) return "none";
  if (seen === 1) return "only";
  if (at.length === seen) return "alike";
  const together = value * at.length;
  const other = Math.max(0, 1 - together) / (seen - at.length);
  if (value < LITTLE * other) return "evenly";
  if (value < CLEARLY * other) return "little";
  if (together >= NEARLY) return "nearly";
  return together >= MOST ? "mostly" : "more";
}

/** Whether a cell holds a number: a mask leaves NaN, and in a stage's own data −Infinity.
 * @param {number} x */
export function isSeen(x) {
  return x > -Infinity;
}

/** One row as numbers. @param {import("./pipeline.js").Sheet} sheet @param {number} row */
export function rowOf({ data, cols }, row) {
  return data.subarray(row * cols, (row + 1) * cols);
}

/** A matrix never changes. @type {WeakMap<Float32Array, number>} */
const peaks = new WeakMap();

/** The largest number of a matrix of weights, 0 where all are hidden. @param {import("./pipeline.js").Sheet} sheet */
export function peak({ data }) {
  const known = peaks.get(data);
  if (known !== undefined) return known;
  let most = 0;
  for (let i = 0; i < data.length; i++) if (data[i] > most) most = data[i];
  peaks.set(data, most);
  return most;
}

/** @type {WeakMap<Float32Array, import("./pipeline.js").Sheet>} */
const thin = new WeakMap();

/** Every n-th row and column of a square matrix, which is all that a small picture shows of it.
 * @param {import("./pipeline.js").Sheet} sheet @param {number} most rows */
export function thinned(sheet, most) {
  const n = Math.ceil(sheet.rows / most);
  if (n <= 1) return sheet;
  const known = thin.get(sheet.data);
  if (known) return known;
  const size = Math.ceil(sheet.rows / n);
  const data = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    const start = row * n * sheet.cols;
    for (let col = 0; col < size; col++) data[row * size + col] = sheet.data[start + col * n];
  }
  const made = { data, rows: size, cols: size };
  thin.set(sheet.data, made);
  return made;
}
