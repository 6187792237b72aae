// Numbers as the page prints them: with a true minus sign and with the decimal sign of the language. What
// leaves the page, files and links, prints numbers plainly. There are three styles:
//   typed      as a person gave it, wherever it stands
//   in a cell  and beside a row of cells: two decimals, a weight three (short, probability), fewer where the
//              cell is narrow; a weight in a sentence has the same digits as a share (percent)
//   worked     two decimals where that is all there is, else four (worked, weight): whatever a sentence or
//              the inspector works out
import { language, words } from "./words.js";

/** @param {string} text of a number, as JavaScript prints it */
function local(text) {
  const { decimal } = words.numbers;
  // Most have no minus, and there are many.
  const signed = text.includes("-")
    ? text.replaceAll("-", "−").replace(/^−(0(\.0*)?)$/, "$1")
    : text;
  return decimal === "." ? signed : signed.replace(".", decimal);
}

/** @param {number} x not finite */
const endless = (x) => (Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞");

/** Units in one, by decimals; numbers with more of either are printed anew each time. */
const UNITS = [1, 10, 100, 1000];
const MANY = 10000;

/** A printer that keeps its texts: cells of float32 show the same few again and again.
 * @param {(x: number, decimals: number) => string} print in decimals @returns {typeof print} */
function keeping(print) {
  /** @type {Map<number, string>} */
  const texts = new Map();
  let { decimal } = words.numbers;
  return (x, decimals) => {
    // This product is exact, so that a text's units are those that toFixed() rounds to.
    const units = Math.round(Math.abs(x) * UNITS[decimals]);
    if (!(units < MANY) || Math.fround(x) !== x) return print(x, decimals);
    if (decimal !== words.numbers.decimal) texts.clear();
    decimal = words.numbers.decimal;
    const key = (x < 0 ? -units : units) * UNITS.length + decimals;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const text = print(x, decimals);
    texts.set(key, text);
    return text;
  };
}

/** A number in so many decimals. */
export const fixed = keeping((x, decimals) =>
  Number.isFinite(x) ? local(x.toFixed(decimals)) : endless(x),
);

/** A probability: .259, 1.000; where the language has it, with the zero: 0,259. */
export const probability = keeping((x, decimals) =>
  Number.isFinite(x) ? local(bare(x.toFixed(decimals))) : endless(x),
);

/** Without the zero before the decimals, where the language leaves it out: −.4. @param {string} text */
function bare(text) {
  return words.numbers.leadingZero ? text : text.replace(/^([-−]?)0(?=\.)/, "$1");
}

/** At most five signs and a minus, whatever the size. @param {number} x @param {number} decimals */
export function short(x, decimals) {
  const size = Math.abs(x);
  if (!Number.isFinite(x) || size < 9.995) return fixed(x, decimals);
  if (size < 99.95) return fixed(x, Math.min(decimals, 1));
  if (size < 9999.5) return fixed(x, 0);
  return local(x.toExponential(0).replace("+", ""));
}

/** A number as a person would type it: .4, −.4, 1, 1e+21 as 1e21. @param {number} x */
export function typed(x) {
  return local(bare(String(x).replace("e+", "e")));
}

/** The same where it fits a field, else what does: −.42. Nothing while it waits.
 * @param {number} x @param {number} [signs] that fit @param {number} [decimals] that fit */
export function brief(x, signs = 5, decimals = 2) {
  if (Number.isNaN(x)) return "";
  const text = typed(x);
  if (text.length <= signs) return text;
  return bare(short(x, decimals));
}

/** The shortest decimal that stands for this float32 and no other, for files and programs.
 * @param {number} x finite */
export function plain(x) {
  const digits = [1, 2, 3, 4, 5, 6, 7, 8].find((n) => Math.fround(Number(x.toPrecision(n))) === x);
  return String(Number(x.toPrecision(digits ?? 9))).replace("e+", "e");
}

/** The same for people. @param {number} x */
export function exact(x) {
  return Number.isFinite(x) ? local(plain(x)) : endless(x);
}

/** Whether that decimal is the float32 itself, not only the nearest short one. @param {number} x finite */
export function isExact(x) {
  const [digits, exponent] = plain(x).replace("-", "").split("e");
  const [whole, fraction = ""] = digits.split(".");
  const shift = fraction.length - Number(exponent ?? 0);
  if (shift <= 0) return Number(plain(x)) === x;
  // Five to this power has 28 bits at most, and the float 24: their product is exact.
  return shift <= 12 && Math.abs(x) * 10 ** shift === Number(whole + fraction);
}

/** A float32 to eight digits, one more than it has for sure. @param {number} x finite */
export const eight = (x) => local(x.toPrecision(8).replace("e+", "e"));

/** A large number in groups: 32,768. @param {number} x */
export function grouped(x) {
  if (Math.abs(x) >= 1e15) return typed(x);
  return x.toLocaleString(language, { maximumFractionDigits: 20 }).replaceAll("-", "−");
}

/** A weight in a sentence, with the digits that it has in a cell: 25.9%. @param {number} x */
export function percent(x) {
  return words.numbers.percent.replace("{x}", fixed(100 * x, x === 1 ? 0 : 1));
}

/** A weight that is worked out: .2588. @param {number} x */
export const weight = (x) => probability(x, 4);

/** A vector: (1.00, 1.10), cut after eight numbers. @param {ArrayLike<number>} xs
 * @param {(x: number) => string} format */
export function vector(xs, format) {
  const { separator } = words.numbers;
  const shown = Array.from(xs).slice(0, 8).map(format);
  if (xs.length > shown.length) shown.push("…");
  return `(${shown.join(separator)})`;
}

/** As people work it out: two decimals where that is all there is, else four. @param {number} x */
export function worked(x) {
  if (Math.abs(x) >= 1e5) return exact(Math.fround(x));
  return fixed(x, isBrief(x) ? 2 : 4);
}

/** Whether two decimals say all of a number that the core gave. @param {number} x */
export function isBrief(x) {
  return Math.abs(Number(x.toFixed(2)) - x) <= 1e-6 * Math.abs(x);
}
