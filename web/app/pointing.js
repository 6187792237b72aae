// Where people point, and what the reading is about: the cell under the pointer or the keyboard, or the
// one that is locked.

/** @typedef {{ figure: string, row: number, col: number, side?: Side }} At */
/** @typedef {"query" | "key"} Side of a pair, where it stands for all pairs of that token */
/** @typedef {Pick<import("./model.js").Model, "over" | "at" | "locked" | "trail" | "unfolded" | "copied" |
 *   "figures">} Pointed */

/** @param {At | undefined} at @param {string} figure @param {number} row @param {number} col */
export function isAt(at, figure, row, col) {
  return at?.figure === figure && at.row === row && at.col === col;
}

/** @param {Pointed} model @param {() => void} changed */
export function pointing(model, changed) {
  /** @param {At | undefined} at */
  function point(at) {
    model.over = at;
    if (!model.locked) Object.assign(model, { at, copied: undefined });
  }

  /** @param {At} at @param {At[]} trail */
  function pin(at, trail) {
    Object.assign(model, { at, trail, locked: true, copied: undefined });
    changed();
  }

  /** @param {string} figure @returns {At} */
  function here(figure) {
    return [model.over, model.at].find((at) => at?.figure === figure) ?? { figure, row: 0, col: 0 };
  }

  const acts = {
    /** The cell of a matrix that the keyboard is on; views may be a frame behind. */
    here,
    /** @param {string} figure @param {number} row @param {number} col @param {Side} [side] */
    at(figure, row, col, side) {
      if (isAt(model.over, figure, row, col) && model.over?.side === side) return;
      point({ figure, row, col, side });
      changed();
    },
    /** Holds the reading on a cell. @param {string} figure @param {number} row @param {number} col
     * @param {Side} [side] */
    lock(figure, row, col, side) {
      model.over = { figure, row, col, side };
      pin(model.over, []);
    },
    /** From a number to one that it is made of. @param {At} from @param {At} to */
    follow(from, to) {
      pin(to, [...model.trail, from]);
      model.unfolded = true;
    },
    /** Back to the number that a link led away from. */
    back() {
      const to = model.trail.at(-1);
      if (to) pin(to, model.trail.slice(0, -1));
    },
    /** @param {boolean} unfolded */
    unfold(unfolded) {
      model.unfolded = unfolded;
      changed();
    },
    /** @param {string} copied */
    tookCopy(copied) {
      model.copied = copied;
      changed();
    },
    /** Locks a cell, or frees it where it is the locked one. @param {At} at */
    hold({ figure, row, col, side }) {
      const { at, locked } = model;
      if (locked && isAt(at, figure, row, col) && at?.side === side) this.free();
      else this.lock(figure, row, col, side);
    },
    free() {
      if (!model.locked) return;
      Object.assign(model, { locked: false, trail: [], copied: undefined, at: model.over });
      changed();
    },
    /** New figures have come: what was about cells that are gone goes too. */
    settle() {
      const gone = (/** @type {At | undefined} */ at) => {
        const sheet = at && model.figures[at.figure]?.sheet;
        return !sheet || at.row >= sheet.rows || at.col >= sheet.cols;
      };
      if (gone(model.over)) model.over = undefined;
      if (!gone(model.at)) return;
      Object.assign(model, { locked: false, trail: [], at: model.over });
    },
    /** The keyboard reaches a matrix, or only one row of it.
     * @param {string} figure @param {number} [only] */
    enter(figure, only) {
      const { row, col } = here(figure);
      this.at(figure, only ?? row, col);
    },
    /** One cell on, as far as the matrix goes. @param {string} figure
     * @param {number} rows @param {number} cols */
    move(figure, rows, cols) {
      const { sheet } = model.figures[figure];
      const { row, col } = here(figure);
      const within = (/** @type {number} */ i, /** @type {number} */ count) =>
        Math.min(count - 1, Math.max(0, i));
      this.at(figure, within(row + rows, sheet.rows), within(col + cols, sheet.cols));
    },
    /** The pointer or the keyboard leaves a matrix; the other may be on another one by now.
     * @param {string} figure */
    leave(figure) {
      if (model.over?.figure !== figure) return;
      point(undefined);
      changed();
    },
  };
  return { point, here, acts };
}
