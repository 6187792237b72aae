// Transitions that set a whole matrix, or a block of it, at once.

import { numberAt, Refusal, resetCells, setField, setNumbers } from "./state.js";
import { hash } from "./tokens.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Cell} Cell */
/** @typedef {{ id: string, sheet: { rows: number, cols: number, data: Float32Array },
 *   cell: (row: number, col: number) => Cell }} Target a matrix that people can edit, as it is drawn */

/** What a cell of a whole matrix becomes. @type {Record<string, (state: State, target: Target,
 *   row: number, col: number) => number>} */
const VALUES = {
  identity: (state, { id, sheet }, row, col) =>
    col === (id === "x" || id === "e" ? idOf(state, row) : row) && row < sheet.rows ? 1 : 0,
  zeros: () => 0,
  random: ({ randomSeed }, { id }, row, col) =>
    ((hash(`${randomSeed} random ${id} ${row}`, col) % 21) - 10) / 10,
  transposed: (state, target, row, col) => at(state, target, col, row),
};

/** @type {readonly string[]} */
export const FILLS = [...Object.keys(VALUES), "original"];

/** Which of the different words a token is: its id. @param {State} state @param {number} row */
export function idOf({ tokens }, row) {
  return new Set(tokens.slice(0, tokens.indexOf(tokens[row]))).size;
}

/** @param {State} state @param {Target} target @param {string} kind of FILLS @returns {State} */
export function fillMatrix(state, target, kind) {
  const { rows, cols } = target.sheet;
  const all = cellsOf(target);
  if (kind === "original") {
    return resetCells(
      state,
      all.map(({ cell }) => cell),
    );
  }
  if (kind === "transposed" && rows !== cols) throw new Refusal("notSquare", { rows, cols });
  const next = setNumbers(
    state,
    all.map(({ cell, row, col }) => [cell, VALUES[kind](state, target, row, col)]),
  );
  // The next random matrix is another one.
  if (kind !== "random") return next;
  return setField(next, "randomSeed", (state.randomSeed + 1) % 2 ** 32);
}

/** A block of numbers, from a cell on to the right and down. @param {State} state
 * @param {Target} target @param {number} row @param {number} col
 * @param {readonly (readonly number[])[]} block @returns {State} */
export function setBlock(state, target, row, col, block) {
  const { rows, cols } = target.sheet;
  const size = { rows: block.length, cols: block[0].length };
  const room = { roomRows: rows - row, roomCols: cols - col };
  if (size.rows > room.roomRows || size.cols > room.roomCols) {
    throw new Refusal("block", { ...size, ...room });
  }
  return setNumbers(
    state,
    block.flatMap((numbers, r) =>
      numbers.map((x, c) => /** @type {const} */ ([target.cell(row + r, col + c), x])),
    ),
  );
}

/** @param {Target} target */
function cellsOf({ sheet: { rows, cols }, cell }) {
  return Array.from({ length: rows * cols }, (_, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    return { cell: cell(row, col), row, col };
  });
}

/** @param {State} state @param {Target} target @param {number} row @param {number} col */
function at(state, { cell, sheet }, row, col) {
  const given = numberAt(state, cell(row, col));
  return Number.isNaN(given) ? sheet.data[row * sheet.cols + col] : given;
}
