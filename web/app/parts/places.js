// Where matrices stand once the page is laid out, for what is drawn between them.

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box in px */
/** @typedef {import("../figures.js").Figure} Figure */

/** @param {Element} element @param {Element} from whose corner is the origin @returns {Box} */
export function boxOf(element, from) {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const origin = from.getBoundingClientRect();
  const [x, y] = [origin.left, origin.top];
  return { left: left - x, top: top - y, right: right - x, bottom: bottom - y };
}

/** The row of a matrix that stands in a box. @param {Box} box @param {number} rows
 * @param {number} row @returns {Box} */
export function rowIn({ left, top, right, bottom }, rows, row) {
  const h = (bottom - top) / rows;
  return { left, top: top + row * h, right, bottom: top + (row + 1) * h };
}

/** @param {Box} box @param {number} cols @param {number} col @returns {Box} */
export function colIn({ left, top, right, bottom }, cols, col) {
  const c = (right - left) / cols;
  return { left: left + col * c, top, right: left + (col + 1) * c, bottom };
}

/** @param {Box} box */
export const middle = ({ left, top, right, bottom }) => ({
  x: (left + right) / 2,
  y: (top + bottom) / 2,
});
