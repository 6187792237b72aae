// What a row of a matrix says: which of its cells are the largest.

/** Beyond this, two numbers that the core gave are different. */
const SAME = 1e-6;

/** The largest number of a row and every place where it stands; NaN marks a hidden cell.
 * @param {import("./pipeline.js").Sheet} sheet @param {number} row */
export function largest(sheet, row) {
  return extreme(rowOf(sheet, row), (a, b) => a > b);
}

/** The smallest one, likewise. @param {import("./pipeline.js").Sheet} sheet @param {number} row */
export function smallest(sheet, row) {
  return extreme(rowOf(sheet, row), (a, b) => a < b);
}

/** @param {Float32Array} numbers @param {(a: number, b: number) => boolean} beats */
function extreme(numbers, beats) {
  let best = Number.NaN;
  let seen = 0;
  for (const x of numbers) {
    if (Number.isNaN(x)) continue;
    seen++;
    if (Number.isNaN(best) || beats(x, best)) best = x;
  }
  const same = (/** @type {number} */ x) =>
    Math.abs(x - best) <= SAME * Math.max(1e-3, Math.abs(best));
  const at = Array.from(numbers.keys()).filter((i) => same(numbers[i]));
  return { value: best, at, seen };
}

/** One row as numbers. @param {import("./pipeline.js").Sheet} sheet @param {number} row */
export function rowOf({ data, cols }, row) {
  return data.subarray(row * cols, (row + 1) * cols);
}

/** @type {WeakMap<Float32Array, Float32Array>} */
const shares = new WeakMap();

/** Each row divided by its largest number, so that a small picture shows its pattern.
 * @param {import("./pipeline.js").Sheet} sheet @returns {import("./pipeline.js").Sheet} */
export function relative(sheet) {
  const known = shares.get(sheet.data);
  if (known) return { ...sheet, data: known };
  const data = new Float32Array(sheet.data.length);
  for (let row = 0; row < sheet.rows; row++) {
    const numbers = rowOf(sheet, row);
    let most = 0;
    for (const x of numbers) if (x > most) most = x;
    for (let col = 0; col < numbers.length; col++)
      data[row * sheet.cols + col] = numbers[col] / most;
  }
  shares.set(sheet.data, data);
  return { ...sheet, data };
}
