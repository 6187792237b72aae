// A matrix as the page draws it everywhere: a picture, one pixel per cell, under a table with its
// words and numbers; or, where people can edit, a table of fields with one floating editor.
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { ref } from "lit/directives/ref.js";
import { valueAt } from "../figures.js";
import { brief, probability, short, typed } from "../format.js";
import { decimals, GRID_FROM, WORDS_FROM } from "../layout.js";
import { isAt } from "../pointing.js";
import { css, INK, INKS, place, ramp } from "../ramp.js";
import { cellKey, isEdited, isInvented } from "../state.js";
import { visible } from "../tokens.js";
import { words } from "../words.js";
import { cells, picture, properties } from "./directives.js";
import { named } from "./name.js";
import { scrub } from "./scrub.js";
import { clip, complaint, fill, waitsFor } from "./text.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../figures.js").Figure} Figure */

/** Larger matrices are pictures only: a table would cost more than anybody reads. */
const TABLE = 1024;
/** The same where neither words nor numbers are seen, but there for readers alone. */
const QUIET = 64;
/** Editable ones have no picture below, so that they stay tables for longer. */
const FIELDS = 2048;
/** How high the bar under a changed number is, in px. */
const BAR = 2;
/** How wide a digit is in a field, in px. */
const SIGN = 7;
/** What a matrix takes at least to say what it waits for, in px. */
const TOLD = { width: 76, height: 16 };

/**
 * @typedef {object} Placement
 * @property {import("../layout.js").Pitch} pitch
 * @property {"above" | "below" | "right" | "corner" | "none"} [name] where it is called by its
 *   name; "corner": left of its column words
 * @property {boolean} [rowWords] whether they are seen; they are always there for readers
 * @property {boolean} [colWords]
 * @property {boolean} [bracket]
 * @property {boolean} [framed] whether the focus row has a frame
 * @property {number} [sup] the head, where the name has to tell it from others
 * @property {unknown} [note] behind the shape
 * @property {() => void} [chosen] what a click does instead of locking
 * @property {number} [groups] columns between two rules
 * @property {(x: number, decimals: number) => string} [print] where numbers stand alone, on paper
 */

/** @param {Model} model @param {string} id @param {Placement} placement */
export function matrix(model, id, placement) {
  const figure = model.figures[id];
  const {
    pitch,
    name = "none",
    rowWords,
    colWords,
    bracket,
    framed,
    sup,
    note,
    chosen,
    groups,
    print,
  } = placement;
  const { sheet, role, waits } = figure;
  const { rows, cols } = sheet;
  const quiet = decimals(pitch.c, figure.ramp) === undefined || pitch.h < WORDS_FROM + 2;
  const rowsNamed = rowWords && pitch.h >= WORDS_FROM;
  const colsNamed = colWords && pitch.c >= WORDS_FROM;
  const most = figure.cell ? FIELDS : quiet && !rowsNamed && !colsNamed ? QUIET : TABLE;
  const tabled = rows * cols <= most;
  const classes = [
    "sheet",
    figure.cell && "fields",
    bracket && `bracket ${role}`,
    rowsNamed && "row-words",
    colsNamed && (model.slant(pitch.c) ? "col-words slant" : "col-words"),
    waits ? "waits" : Math.min(pitch.c, pitch.h) >= GRID_FROM && "grid",
    pitch.c < 40 && "tight",
    quiet && "quiet",
    print && !quiet && "plain",
  ];
  return html`<div
    class=${classes.filter(Boolean).join(" ")}
    data-figure=${figure.strip ? nothing : id}
    data-strip=${figure.strip ? id : nothing}
    tabindex="0"
    role="group"
    aria-label=${labelled(model, figure)}
    ${properties({ "--c": `${pitch.c}px`, "--h": `${pitch.h}px`, "--row-count": rows, "--col-count": cols })}
    @pointerdown=${(/** @type {PointerEvent} */ event) => begin(model, figure, event)}
    @pointermove=${(/** @type {PointerEvent} */ event) => point(model, figure, event)}
    @pointerleave=${() => byKeyboard || model.act.leave(target(figure))}
    @click=${(/** @type {PointerEvent} */ event) => (chosen ? chosen() : press(model, figure, event))}
    @keydown=${(/** @type {KeyboardEvent} */ event) => key(model, figure, event, chosen)}
    @focus=${(/** @type {FocusEvent} */ event) => {
      byKeyboard = /** @type {Element} */ (event.currentTarget).matches(":focus-visible");
      model.act.enter(target(figure), figure.strip?.row);
    }}
    @blur=${() => model.act.leave(target(figure))}
  >
    ${waits || (figure.cell && tabled) || (print && !quiet) ? nothing : drawn(model, figure)}
    ${tabled ? html`<table ${cells(table(model, figure, pitch, quiet, print))}></table>` : nothing}
    ${framed && !waits ? html`<div class="frame focus" ${properties({ "--row": figure.strip ? 0 : model.state.focus })}></div>` : nothing}
    ${groups && !waits ? html`<div class="rules" ${properties({ "--group": groups })}></div>` : nothing}
    ${waits ? outline(model, pitch.c * cols, pitch.h * rows) : nothing}
    ${frames(model, figure)} ${editor(model, figure)} ${complaints(model, figure)}
    ${name === "none" ? nothing : named(model, figure, name, sup?.toString(), note)}
  </div>`;
}

/** Colours alone, for galleries and buttons. @param {Model} model @param {Figure} figure */
export function drawn({ theme }, { sheet, ramp: name, range }) {
  return html`<canvas aria-hidden="true" ${picture(sheet, ramp(name, theme), range)}></canvas>`;
}

/** In the place of numbers that are not there. @param {Model} model @param {number} width
 * @param {number} height in px */
export function outline({ state }, width, height) {
  const fits = width >= TOLD.width && height >= TOLD.height;
  return html`<div class="outline">${fits ? waitsFor(state) : nothing}</div>`;
}

/** @param {Figure} figure */
export function describe({ name, kind, head, sheet: { rows, cols } }) {
  const called = words.kinds[/** @type {"query"} */ (kind)];
  const word = head === undefined ? called : fill(words.axes.ofHead, { kind: called, head });
  return `${name.filter(Boolean).join(" ")} (${word}), ${rows}×${cols}`;
}

/** Whoever does not see the frame is told here what is locked. @param {Model} model @param {Figure} figure */
function labelled({ state, at, locked }, figure) {
  if (!locked || at?.figure !== target(figure)) return describe(figure);
  return fill(words.axes.locked, { cell: cellName(state, figure, at.row, at.col) });
}

/** @param {Model} model @param {Figure} figure @param {import("../layout.js").Pitch} pitch
 * @param {boolean} quiet @param {Placement["print"]} alone @returns {import("./directives.js").CellsSpec} */
function table({ state, theme, drafts, layout }, figure, { c, h }, quiet, alone) {
  const { name, sheet, ramp: rampName, range, cell, strip } = figure;
  const { data, cols } = sheet;
  const colours = ramp(rampName, theme);
  const digits = decimals(c, rampName) ?? 3;
  const print = alone ?? (rampName === "weights" ? probability : short);
  const where = (/** @type {number} */ i) =>
    /** @type {const} */ ([Math.floor(i / cols), i % cols]);
  const ink = (/** @type {number} */ x) =>
    Number.isNaN(x) ? "" : INKS[colours.inks[place(colours, x, range)]];
  /** @param {"token" | "dim"} axis @param {number} count @param {number} [letters] */
  const axis = (axis, count, letters) =>
    axis === "token"
      ? state.tokens.map((word) => clip(word, letters))
      : Array.from({ length: count }, (_, index) => fill(words.axes.dim, { index }));
  const { tokens, vectors, focus, seed } = state;
  const ofTokens = figure.rows === "token" || figure.cols === "token" ? [tokens, strip?.row] : [];
  const edits = cell ? [drafts, seed, figure.head] : [];
  const shared = {
    from: [theme, layout.mode, c, range, words, sheet.rows, cols, ...ofTokens, ...edits],
    numbers: figure.given ?? [data],
    marks: figure.rows === "token" ? [vectors, focus] : [],
    signs: quiet ? Infinity : Math.floor(c / SIGN),
    caption: `${name.filter(Boolean).join(" ")} ${sheet.rows}×${cols}`,
    rows: strip ? [visible(state.tokens[strip.row])] : axis(figure.rows, sheet.rows),
    // On a phone a slanting word may not hang out of the window.
    cols: axis(figure.cols, cols, layout.mode === "phone" ? 7 : undefined),
    rowClass: (/** @type {number} */ row) =>
      figure.rows === "dim"
        ? "dim"
        : `${row === state.focus ? "focus" : ""} ${isInvented(state, state.tokens[row]) ? "invented" : ""}`,
  };
  if (!cell) {
    const none = figure.waits ? "" : "masked";
    const whose = [figure.id, figure.head, state.tokens, strip?.row, c, words];
    return {
      ...shared,
      text: (i) => (Number.isNaN(data[i]) ? "" : print(data[i], digits)),
      cellClass: (i) => (Number.isNaN(data[i]) ? none : alone ? "" : ink(data[i])),
      fill: undefined,
      bars: quiet ? undefined : { of: whose, ink: INK[theme], height: Math.round(h / BAR) },
    };
  }
  const signs = Math.max(3, Math.floor((c - 6) / SIGN));
  const draft = (/** @type {number} */ i) => drafts.get(cellKey(cell(...where(i))));
  return {
    ...shared,
    text: (i) => draft(i)?.text ?? brief(valueAt(state, figure, ...where(i)), signs, digits),
    cellClass: (i) => {
      if (draft(i)) return "invalid";
      const at = cell(...where(i));
      const byHand = at.matrix === "p" ? "frozen" : "edited";
      return `${ink(data[i])} ${isEdited(state, at) ? byHand : ""}`;
    },
    bars: undefined,
    fill: (i) => (draft(i) || Number.isNaN(data[i]) ? "" : css(colours, data[i], range)),
  };
}

/** The shown number, and where the pointer or the keyboard is meanwhile.
 * @param {Model} model @param {Figure} figure */
function frames({ at, over, locked, editing }, figure) {
  const id = target(figure);
  if (figure.waits && !figure.cell) return nothing;
  const here = (
    /** @type {import("../model.js").At | undefined} */ cell,
    /** @type {string} */ name,
  ) => {
    const row = cell ? cell.row - (figure.strip?.row ?? 0) : 0;
    if (cell?.figure !== id || row < 0 || row >= figure.sheet.rows) return nothing;
    return html`<div class="frame ${name}" ${properties({ "--row": row, "--col": cell.col })}></div>`;
  };
  const shown = `${locked ? "locked" : ""} ${figure.product ? "result" : ""}`;
  const wanders = over && !(at && isAt(over, at.figure, at.row, at.col));
  return [
    !locked && editing?.figure === id ? nothing : here(at, `${wanders ? "" : "cursor"} ${shown}`),
    wanders && editing?.figure !== id ? here(over, "cursor") : nothing,
  ];
}

/** The figure that a strip is a row of. @param {Figure} figure */
const target = ({ id, strip }) => strip?.of ?? id;

/** @param {Model} model @param {Figure} figure */
function editor({ state, editing, drafts, act }, figure) {
  const { id, cell } = figure;
  if (!cell || editing?.figure !== id) return nothing;
  const { row, col, text, typing } = editing;
  const key = cellKey(cell(row, col));
  // The element is given before it stands in the document, where alone it can take the focus.
  const start = (/** @type {Element | undefined} */ element) => {
    const input = /** @type {HTMLInputElement | undefined} */ (element);
    if (!input || input.isConnected) return;
    input.value = text;
    queueMicrotask(() => {
      input.focus({ preventScroll: true });
      if (!typing) input.select();
    });
  };
  return keyed(
    key,
    html`<input
      class="editor"
      autocomplete="off"
      spellcheck="false"
      aria-label=${cellName(state, figure, row, col)}
      aria-invalid=${drafts.has(key)}
      ${properties({ "--row": row, "--col": col })}
      ${ref(start)}
      @input=${(/** @type {InputEvent} */ event) => act.type(field(event).value)}
      @blur=${() => act.close()}
      @click=${(/** @type {Event} */ event) => event.stopPropagation()}
      @keydown=${(/** @type {KeyboardEvent} */ event) => {
        event.stopPropagation();
        if (event.key === "Enter" || event.key === "Escape") {
          act.close(event.key === "Escape");
          field(event).closest("div")?.focus({ preventScroll: true });
        } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
          event.preventDefault();
          const size = event.shiftKey ? 1 : event.altKey ? 0.01 : 0.1;
          field(event).value = act.step(event.key === "ArrowUp" ? size : -size);
        }
      }}
    />`,
  );
}

/** @param {import("../state.js").State} state @param {Figure} figure
 * @param {number} row @param {number} col */
function cellName({ tokens }, figure, row, col) {
  const place = (/** @type {"token" | "dim"} */ axis, /** @type {number} */ index) =>
    axis === "token" ? visible(tokens[index]) : fill(words.axes.dim, { index });
  return `${describe(figure)}, ${place(figure.rows, row)}, ${place(figure.cols, col)}`;
}

/** @param {Event} event */
const field = (event) => /** @type {HTMLInputElement} */ (event.currentTarget);

/** They cover what stands below, so they step aside while another number is looked at.
 * @param {Model} model @param {Figure} figure */
function complaints({ state, drafts, refusal, over, editing }, figure) {
  const { id, sheet, place } = figure;
  if (!place) return nothing;
  const looked = editing ?? over;
  /** @param {number} row @param {number} col @param {unknown} what */
  const said = (row, col, what) => {
    const aside = looked && (looked.figure !== id || looked.row !== row || looked.col !== col);
    return html`<p class="complaint ${aside ? "aside" : ""}" role="alert" ${properties({ "--row": row, "--col": col })}>
      ${what}
    </p>`;
  };
  const numbers = [...drafts.values()].map((draft) => {
    const [row, col] = place(draft.cell) ?? [Infinity, Infinity];
    if (row >= sheet.rows || col >= sheet.cols) return nothing;
    const value = typed(valueAt(state, figure, row, col));
    return said(row, col, [complaint(draft.refusal), " ", fill(words.refusals.inForce, { value })]);
  });
  const block = refusal?.at?.figure === id ? refusal : undefined;
  return block?.at ? [...numbers, said(block.at.row, block.at.col, complaint(block.why))] : numbers;
}

/** The cell under a pointer. @param {PointerEvent} event @param {Figure} figure
 * @returns {[figure: string, row: number, col: number]} */
function find(event, { id, sheet: { rows, cols }, strip }) {
  const element = /** @type {HTMLElement} */ (event.currentTarget);
  const box = element.getBoundingClientRect();
  const inside = (/** @type {number} */ share, /** @type {number} */ count) =>
    Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  const row = inside((event.clientY - box.top) / box.height, rows);
  const col = inside((event.clientX - box.left) / box.width, cols);
  return strip ? [strip.of, strip.row, col] : [id, row, col];
}

/** Whether the keyboard came last to a matrix: then a pointer at rest, under which the page scrolls, takes no
 * cell from it. */
let byKeyboard = false;
/** Where the pointer was last over a matrix, in px. */
let rest = { x: Number.NaN, y: Number.NaN };

/** As the last press on a matrix began: whether by a finger, and what was locked. */
let touched = false;
/** @type {import("../model.js").At | undefined} */
let held;

/** A mouse that is dragged on a field scrubs its number.
 * @param {Model} model @param {Figure} figure @param {PointerEvent} event */
function begin({ act, at, locked }, figure, event) {
  touched = event.pointerType === "touch";
  held = locked ? at : undefined;
  const cell = find(event, figure);
  act.at(...cell);
  if (!figure.cell || touched || event.target instanceof HTMLInputElement) return;
  const [id, row, col] = cell;
  scrub(event, {
    begin: act.pause,
    step: (size) => act.scrub({ figure: id, row, col }, size),
    end: act.pause,
  });
}

/** The cell under the pointer is shown, except during a drag on a field. A finger that moves over
 * computed numbers takes the lock along; over fields it scrolls.
 * @param {Model} model @param {Figure} figure @param {PointerEvent} event */
function point({ act }, figure, event) {
  const { clientX: x, clientY: y } = event;
  const rests = x === rest.x && y === rest.y;
  rest = { x, y };
  if ((figure.cell && event.buttons > 0) || (rests && byKeyboard)) return;
  byKeyboard = false;
  const cell = find(event, figure);
  if (event.pointerType === "touch") act.lock(...cell);
  else act.at(...cell);
}

/** A click opens a field, and locks any other number or frees it. A finger, which cannot hover, locks
 * a field first. @param {Model} model @param {Figure} figure @param {PointerEvent} event */
function press({ act }, figure, event) {
  const cell = find(event, figure);
  const again = isAt(held, ...cell);
  if (figure.cell && (again || !touched)) act.open(...cell);
  else if (again) act.free();
  else act.lock(...cell);
}

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Arrows move, Enter locks; where people can edit, Enter or the first letter of a number opens the
 * field. @param {Model} model @param {Figure} figure @param {KeyboardEvent} event
 * @param {() => void} [chosen] */
function key({ act }, figure, event, chosen) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== event.currentTarget) return; // the name
  const id = target(figure);
  const move = ARROWS[event.key];
  if (move) {
    const sheet = /** @type {HTMLElement} */ (event.currentTarget);
    byKeyboard = true;
    act.move(id, figure.strip ? 0 : move[0], move[1]);
    // After the frame that draws it.
    requestAnimationFrame(() =>
      sheet.querySelector(".cursor")?.scrollIntoView({ block: "nearest", inline: "nearest" }),
    );
  } else if (figure.cell) {
    if (event.key === "Enter" || event.key === "F2") act.openHere(id);
    else if (/^[-−+.,\d]$/.test(event.key)) act.openHere(id, event.key);
    else return;
  } else if (event.key === "Enter") {
    if (chosen) chosen();
    else act.hold(act.here(id));
  } else return;
  event.preventDefault();
}
