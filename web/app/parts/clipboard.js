// Blocks of numbers to and from the clipboard, by the keys that people know.
import { isBlock, parseBlock } from "../block.js";
import { matrixSubject } from "../exports/subjects.js";
import { tabbed } from "../exports/tsv.js";
import { parseNumber } from "../state.js";
import { decimalSign } from "../words.js";

/** @typedef {Omit<import("../model.js").Model, "layout" | "slant">} Held */

/** Where no field is open, browsers do not agree on whom such an event goes to.
 * @param {Held} model */
export function followClipboard(model) {
  addEventListener("copy", (event) => {
    const figure = figureAt(model);
    if (!figure || figure.waits || isText(document.activeElement)) return;
    if (getSelection()?.isCollapsed === false) return;
    event.clipboardData?.setData("text/plain", tabbed(matrixSubject(model.state, figure).table()));
    event.preventDefault();
  });
  addEventListener("paste", (event) => {
    const figure = figureAt(model);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!figure?.cell || text.trim() === "") return;
    const { editing, act } = model;
    // One number goes into an open field as any text does.
    if (editing && !isBlock(text)) return;
    event.preventDefault();
    const { row, col } = editing ?? act.here(figure.id);
    const sheet = /** @type {HTMLElement | null | undefined} */ (
      document.activeElement?.closest("[data-figure]")
    );
    if (pasteFrom(act, figure.id, row, col, text)) sheet?.focus({ preventScroll: true });
  });
}

/** A block, or one number, from a cell on. @param {Held["act"]} act @param {string} figure
 * @param {number} row @param {number} col @param {string} text @returns {boolean} whether it was taken */
export function pasteFrom(act, figure, row, col, text) {
  const parse = (/** @type {string} */ one) => parseNumber(one, decimalSign());
  return act.block(
    figure,
    row,
    col,
    () => parseBlock(text, decimalSign(), parse) ?? [[parse(text)]],
  );
}

/** The matrix that has the keyboard. @param {Held} model */
function figureAt({ figures }) {
  const place = document.activeElement?.closest("[data-figure], [data-strip], [data-lines]");
  const { figure, strip, lines } = place instanceof HTMLElement ? place.dataset : {};
  return figures[figure ?? strip ?? lines ?? ""];
}

/** @param {Element | null} element */
const isText = (element) => element?.matches("input, textarea") ?? false;
