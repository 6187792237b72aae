// Numbers as the page prints them: with a true minus sign, in the width that a cell has.

/** @param {string} text */
const minus = (text) => text.replaceAll("-", "−").replace(/^−(0(\.0*)?)$/, "$1");

/** @param {number} x @param {number} decimals */
export function fixed(x, decimals) {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  return minus(x.toFixed(decimals));
}

/** A probability: .259, 1.000. @param {number} x @param {number} decimals */
export function probability(x, decimals) {
  return fixed(x, decimals).replace(/^0\./, ".");
}

/** At most five signs and a minus, whatever the size. @param {number} x @param {number} decimals */
export function short(x, decimals) {
  const size = Math.abs(x);
  if (!Number.isFinite(x) || size < 9.995) return fixed(x, decimals);
  if (size < 99.95) return fixed(x, Math.min(decimals, 1));
  if (size < 9999.5) return fixed(x, 0);
  return minus(x.toExponential(0).replace("+", ""));
}

/** A number as a person would type it: .4, −.4, 1, 1e+21 as 1e21. @param {number} x */
export function typed(x) {
  return minus(
    String(x)
      .replace("e+", "e")
      .replace(/^(-?)0\./, "$1."),
  );
}

/** The shortest decimal that stands for this float32 and no other. @param {number} x */
export function exact(x) {
  if (!Number.isFinite(x)) return fixed(x, 0);
  for (let digits = 1; digits < 9; digits++) {
    const shortest = Number(x.toPrecision(digits));
    if (Math.fround(shortest) === x) return minus(String(shortest).replace("e+", "e"));
  }
  return minus(String(Number(x.toPrecision(9))).replace("e+", "e"));
}

/** A share of the whole: 26%. @param {number} x @param {number} [decimals] */
export function percent(x, decimals = 0) {
  return `${fixed(100 * x, decimals)}%`;
}

/** A vector: (1.00, 1.10), cut after eight numbers. @param {ArrayLike<number>} xs
 * @param {(x: number) => string} format */
export function vector(xs, format) {
  const shown = Array.from(xs).slice(0, 8).map(format);
  return `(${shown.join(", ")}${xs.length > shown.length ? ", …" : ""})`;
}
