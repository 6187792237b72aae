// The three things a template cannot say declaratively under a policy without inline styles, or fast
// enough: custom properties, pictures and the cells of a table.
import { noChange } from "lit";
import { Directive, directive } from "lit/directive.js";
import { paint } from "../ramp.js";

/** @typedef {import("lit/directive.js").ElementPart} ElementPart */
/** @typedef {import("../pipeline.js").Sheet} Sheet */
/** @typedef {import("../ramp.js").Ramp} Ramp */

class Properties extends Directive {
  /** @type {Record<string, string | number>} */
  #set = {};

  /** @param {Record<string, string | number>} _properties */
  render(_properties) {
    return noChange;
  }

  /** @param {import("lit/directive.js").Part} part @param {[Record<string, string | number>]} args
   * @override */
  update(part, [properties]) {
    const { style } = /** @type {HTMLElement} */ (/** @type {ElementPart} */ (part).element);
    for (const name in properties) {
      const value = properties[name];
      if (value !== this.#set[name]) style.setProperty(name, `${value}`);
    }
    this.#set = properties;
    return noChange;
  }
}
/** Sets CSS properties from script, since the page's policy forbids style attributes. */
export const properties = directive(Properties);

/** Pictures of more cells than this are painted at once only near the window: ten of them, most of which
 * nobody sees, would take the time of many edits. */
const LARGE = 64 * 64;

/** After a pause of so many milliseconds the others follow, one at a time. */
const PAUSE = 400;

/** What is near the window of pictures and bars. @type {WeakSet<Element>} */
const near = new WeakSet();

/** What is yet to be painted. @type {Map<HTMLCanvasElement, () => void>} */
const due = new Map();

/** @type {IntersectionObserver | undefined} */
let watching;
/** @type {number | undefined} */
let pause;

/** @param {Element} element */
function watch(element) {
  if (!watching) {
    watching = new IntersectionObserver(come, { rootMargin: "50%" });
    addEventListener("beforeprint", () => [...due.keys()].forEach(settle));
  }
  watching.observe(element);
}

/** @param {IntersectionObserverEntry[]} entries */
function come(entries) {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) near.delete(target);
    else {
      near.add(target);
      const canvas = /** @type {HTMLCanvasElement} */ (target);
      if (due.has(canvas)) settle(canvas);
    }
  }
}

/** @param {HTMLCanvasElement} canvas */
function settle(canvas) {
  due.get(canvas)?.();
  due.delete(canvas);
  canvas.style.visibility = "";
}

/** @param {HTMLCanvasElement} canvas that shows other numbers, which nobody may see
 * @param {() => void} paint what it will show */
function postpone(canvas, paint) {
  due.set(canvas, paint);
  canvas.style.visibility = "hidden";
  clearTimeout(pause);
  pause = window.setTimeout(follow, PAUSE);
}

function follow() {
  const [canvas] = due.keys();
  if (!canvas) return;
  settle(canvas);
  pause = window.setTimeout(follow);
}

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
      const canvas = /** @type {HTMLCanvasElement} */ (/** @type {ElementPart} */ (part).element);
      const large = sheet.rows * sheet.cols > LARGE;
      if (large) watch(canvas);
      const draw = () => paint(canvas, sheet, ramp, range);
      if (large && !near.has(canvas)) postpone(canvas, draw);
      else {
        if (due.delete(canvas)) canvas.style.visibility = "";
        draw();
      }
      this.#drawn = wanted;
    }
    return noChange;
  }
}
/** Draws a matrix on a canvas, one pixel per cell, when it has changed. */
export const picture = directive(Picture);

/**
 * @typedef {object} CellsSpec
 * @property {unknown[]} from what all the rest is made from, beside the numbers
 * @property {readonly unknown[]} numbers what those of each row are made from, or of all rows
 * @property {readonly unknown[]} marks what classes of row words are made from: where all three are the
 *   same, nothing changes
 * @property {string} caption
 * @property {string[]} rows row words
 * @property {string[]} cols column words
 * @property {(row: number) => string} rowClass
 * @property {(i: number) => string} text of cell i, row by row
 * @property {number} signs that surely fit a cell
 * @property {(i: number) => string} cellClass
 * @property {((i: number) => string) | undefined} fill a CSS colour, where cells are separate fields
 * @property {{ of: unknown[], ink: string, height: number } | undefined} bars under numbers that have
 *   changed; `of`: what has to stay the same, or they would be other numbers; height of a cell in bars
 */

/** How long bars under changed numbers are seen, in milliseconds. */
const FADE = 600;

/** Asked for once there is something to move, since tests draw without a window.
 * @type {MediaQueryList | undefined} */
let still;

/** A picture over a table that is seen while it fades. @param {HTMLTableElement} table */
function fading(table) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  canvas.className = "changed";
  canvas.ariaHidden = "true";
  table.after(canvas);
  watch(table);
  still ??= matchMedia("(prefers-reduced-motion: reduce)");
  const opacity = [1, still.matches ? 1 : 0];
  return { canvas, pen, fade: canvas.animate({ opacity }, { duration: FADE, easing: "ease-in" }) };
}

class Cells extends Directive {
  /** @type {Slot[]} */
  #heads = [];
  /** @type {Slot[]} */
  #rows = [];
  /** @type {Slot[]} */
  #cells = [];
  #shape = "";
  /** @type {unknown[]} */
  #from = [];
  /** @type {readonly unknown[]} */
  #numbers = [];
  /** @type {readonly unknown[]} */
  #marks = [];
  /** @type {unknown[]} */
  #of = [];
  /** @type {{ canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D, fade: Animation } | undefined} */
  #bars;

  /** @param {CellsSpec} _spec */
  render(_spec) {
    return noChange;
  }

  /** @param {import("lit/directive.js").Part} part @param {[CellsSpec]} args @override */
  update(part, [spec]) {
    const { from, numbers, marks } = spec;
    const same = from.every((value, i) => value === this.#from[i]);
    const before = this.#numbers;
    const stays = same && marks.every((value, i) => value === this.#marks[i]);
    if (stays && numbers.every((value, i) => value === before[i])) return noChange;
    this.#from = from;
    this.#numbers = numbers;
    this.#marks = marks;
    const table = /** @type {HTMLTableElement} */ (/** @type {ElementPart} */ (part).element);
    const of = spec.bars?.of ?? [];
    const goesOn = of.length > 0 && of.every((value, i) => value === this.#of[i]);
    this.#of = of;
    const shape = `${spec.rows.length} ${spec.cols.length} ${!spec.fill}`;
    if (shape !== this.#shape) {
      [this.#heads, this.#rows, this.#cells] = build(table, spec);
      this.#shape = shape;
    }
    this.#heads.forEach((slot, col) => {
      slot.write(spec.cols[col], "");
    });
    this.#rows.forEach((slot, row) => {
      slot.write(spec.rows[row], spec.rowClass(row));
    });
    /** @type {number[]} */
    const changed = [];
    const cols = spec.cols.length;
    this.#cells.forEach((slot, i) => {
      const row = numbers.length > 1 ? Math.floor(i / cols) : 0;
      if (same && numbers[row] === before[row]) return;
      const text = spec.text(i);
      const long = text.length > spec.signs ? " long" : "";
      if (slot.write(text, spec.cellClass(i) + long, spec.fill?.(i))) changed.push(i);
    });
    if (goesOn && changed.length > 0) this.#mark(table, spec, changed);
    return noChange;
  }

  /** One picture of all bars fades: hundreds of fading cells would cost many frames.
   * @param {HTMLTableElement} table @param {CellsSpec} spec @param {number[]} changed */
  #mark(table, { rows, cols, bars }, changed) {
    // It takes a moment to know that the first ones are near; and far ones have faded before they are seen.
    const first = !this.#bars;
    this.#bars ??= fading(table);
    if (!this.#bars || !bars || !(first || near.has(table))) return;
    const { canvas, pen, fade } = this.#bars;
    const height = bars.height * rows.length;
    if (canvas.width === cols.length && canvas.height === height) {
      pen.clearRect(0, 0, cols.length, height);
    } else Object.assign(canvas, { width: cols.length, height });
    pen.fillStyle = bars.ink;
    for (const i of changed) {
      pen.fillRect(i % cols.length, (Math.floor(i / cols.length) + 1) * bars.height - 1, 1, 1);
    }
    fade.startTime = document.timeline.currentTime;
  }
}
/** Keeps a table's words and numbers; only what differs is touched, so hundreds of cells are cheap. */
export const cells = directive(Cells);

/** An element of a table and what it shows, since asking the document costs more than knowing. */
class Slot {
  #text = "";
  #name = "";
  #fill = "";

  #node = document.createTextNode("");

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    element.append(this.#node);
  }

  /** @param {string} text @param {string} name of its class @param {string} [fill]
   * @returns {boolean} whether one number has become another */
  write(text, name, fill = "") {
    const before = this.#text;
    if (text !== before) this.#node.data = this.#text = text;
    if (name !== this.#name) this.element.className = this.#name = name;
    if (fill !== this.#fill) this.element.style.backgroundColor = this.#fill = fill;
    return before !== "" && text !== "" && text !== before;
  }
}

/** @param {HTMLTableElement} table @param {CellsSpec} spec
 * @returns {[heads: Slot[], rows: Slot[], cells: Slot[]]} */
function build(table, { caption, rows, cols, fill }) {
  table.replaceChildren();
  table.createCaption().textContent = caption;
  const top = table.createTHead().insertRow();
  top.insertCell();
  const heads = cols.map(() => header(top, "col"));
  const body = table.createTBody();
  /** @type {Slot[]} */
  const cells = [];
  const words = rows.map(() => {
    const row = body.insertRow();
    const word = header(row, "row");
    for (const _ of cols) {
      const cell = row.insertCell();
      cells.push(new Slot(fill ? cell.appendChild(document.createElement("span")) : cell));
    }
    return word;
  });
  return [heads, words, cells];
}

/** A header takes no room of its own: its word hangs outside the table, where it is seen at all.
 * @param {HTMLTableRowElement} row @param {"row" | "col"} scope */
function header(row, scope) {
  const cell = row.appendChild(document.createElement("th"));
  cell.scope = scope;
  return new Slot(cell.appendChild(document.createElement("bdi")));
}
