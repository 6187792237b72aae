// The three things a template cannot say declaratively under a policy without inline styles, or fast
// enough: custom properties, pictures and the cells of a table.
import { noChange } from "lit";
import { Directive, directive } from "lit/directive.js";
import { paint } from "../ramp.js";

/** @typedef {import("lit/directive.js").ElementPart} ElementPart */
/** @typedef {import("../pipeline.js").Sheet} Sheet */
/** @typedef {import("../ramp.js").Ramp} Ramp */

class Properties extends Directive {
  /** @param {Record<string, string | number>} _properties */
  render(_properties) {
    return noChange;
  }

  /** @param {import("lit/directive.js").Part} part @param {[Record<string, string | number>]} args
   * @override */
  update(part, [properties]) {
    const { style } = /** @type {HTMLElement} */ (/** @type {ElementPart} */ (part).element);
    for (const [name, value] of Object.entries(properties)) style.setProperty(name, `${value}`);
    return noChange;
  }
}
/** Sets CSS properties from script, since the page's policy forbids style attributes. */
export const properties = directive(Properties);

class Picture extends Directive {
  /** @type {unknown[]} */
  #drawn = [];

  /** @param {Sheet} _sheet @param {Ramp} _ramp @param {number} _range */
  render(_sheet, _ramp, _range) {
    return noChange;
  }

  /** @param {import("lit/directive.js").Part} part @param {[Sheet, Ramp, number]} args
   * @override */
  update(part, [sheet, ramp, range]) {
    const wanted = [sheet.data, sheet.rows, sheet.cols, ramp, range];
    if (wanted.some((value, i) => value !== this.#drawn[i])) {
      const canvas = /** @type {ElementPart} */ (part).element;
      paint(/** @type {HTMLCanvasElement} */ (canvas), sheet, ramp, range);
      this.#drawn = wanted;
    }
    return noChange;
  }
}
/** Draws a matrix on a canvas, one pixel per cell, when it has changed. */
export const picture = directive(Picture);

/**
 * @typedef {object} CellsSpec
 * @property {string} caption
 * @property {string[]} rows row words
 * @property {string[]} cols column words
 * @property {(row: number) => string} rowClass
 * @property {(i: number) => string} text of cell i, row by row
 * @property {(i: number) => string} cellClass
 * @property {((i: number) => string) | undefined} fill a CSS colour, where cells are separate fields
 */

class Cells extends Directive {
  /** @type {{ heads: HTMLElement[], rows: HTMLElement[], cells: HTMLElement[] }} */
  #made = { heads: [], rows: [], cells: [] };
  #shape = "";

  /** @param {CellsSpec} _spec */
  render(_spec) {
    return noChange;
  }

  /** @param {import("lit/directive.js").Part} part @param {[CellsSpec]} args @override */
  update(part, [spec]) {
    const table = /** @type {HTMLTableElement} */ (/** @type {ElementPart} */ (part).element);
    const shape = `${spec.rows.length} ${spec.cols.length} ${!spec.fill}`;
    if (shape !== this.#shape) {
      this.#made = build(table, spec);
      this.#shape = shape;
    }
    const { heads, rows, cells } = this.#made;
    setText(/** @type {HTMLElement} */ (table.caption), spec.caption);
    for (let c = 0; c < heads.length; c++) setText(heads[c], spec.cols[c]);
    for (let r = 0; r < rows.length; r++) {
      setText(rows[r], spec.rows[r]);
      setClass(rows[r], spec.rowClass(r));
    }
    for (let i = 0; i < cells.length; i++) {
      setText(cells[i], spec.text(i));
      setClass(cells[i], spec.cellClass(i));
      if (spec.fill) cells[i].style.backgroundColor = spec.fill(i);
    }
    return noChange;
  }
}
/** Keeps a table's words and numbers; only what differs is touched, so hundreds of cells are cheap. */
export const cells = directive(Cells);

/** @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element @param {string} name */
function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/** @param {HTMLTableElement} table @param {CellsSpec} spec */
function build(table, { rows, cols, fill }) {
  table.replaceChildren();
  table.createCaption();
  const top = table.createTHead().insertRow();
  top.insertCell();
  const heads = cols.map(() => header(top, "col"));
  const body = table.createTBody();
  const made = {
    heads,
    rows: /** @type {HTMLElement[]} */ ([]),
    cells: /** @type {HTMLElement[]} */ ([]),
  };
  for (const _ of rows) {
    const row = body.insertRow();
    made.rows.push(header(row, "row"));
    for (const _ of cols) {
      const cell = row.insertCell();
      made.cells.push(fill ? cell.appendChild(document.createElement("span")) : cell);
    }
  }
  return made;
}

/** A header takes no room of its own: its word hangs outside the table, where it is seen at all.
 * @param {HTMLTableRowElement} row @param {"row" | "col"} scope @returns {HTMLElement} the word */
function header(row, scope) {
  const cell = row.appendChild(document.createElement("th"));
  cell.scope = scope;
  return cell.appendChild(document.createElement("bdi"));
}
