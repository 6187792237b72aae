// Blocks of numbers in pasted text.
import { LIMITS, Refusal } from "./state.js";

const ROW = /\[([^[\]]*)\]/g;
/** What stands around rows: outer brackets, commas, and what array and tensor print of themselves. */
const AROUND = /\b(?:array|tensor)\(|\b(?:dtype|device|shape|requires_grad)=[^,)\n]*|[[\](),]/g;

/** Whether a text is more than one number or one word. @param {string} text */
export const isBlock = (text) => /[\s;[]/.test(text.trim());

/**
 * The numbers of a text: cells of a spreadsheet, lines of a CSV file, or what NumPy prints
 * ("[[1. 0.]\n [0. 1.]]"), all rows of one length. Undefined where it is one number or one word.
 * @param {string} text
 * @param {"." | ","} decimal the sign that may stand within a number
 * @param {(text: string) => number} parse one number
 * @returns {number[][] | undefined}
 */
export function parseBlock(text, decimal, parse) {
  if (text.length > LIMITS.characters) {
    throw new Refusal("characters", { count: text.length, limit: LIMITS.characters });
  }
  if (!isBlock(text)) return undefined;
  const rows = linesOf(text.trim()).map((line) =>
    partsOf(line, decimal).map((part) => parse(part)),
  );
  if (rows.length === 0) return undefined;
  const odd = rows.findIndex((row) => row.length !== rows[0].length);
  if (odd > 0) {
    throw new Refusal("ragged", { row: odd + 1, count: rows[odd].length, first: rows[0].length });
  }
  return rows;
}

/** What NumPy prints may break a row into several lines; its innermost brackets do not. Whatever else stands
 * beside them, as the dots for rows that are left out, is no row that could be passed over.
 * @param {string} text */
function linesOf(text) {
  const printed = Array.from(text.matchAll(ROW), ([, row]) => row);
  if (printed.length > 0) {
    const [beside] = text.replace(ROW, " ").replace(AROUND, " ").match(/\S+/) ?? [];
    if (beside !== undefined) throw new Refusal("beside", { text: beside });
  }
  const lines = printed.length > 0 ? printed : text.split(/\r\n|\r|\n/);
  return lines.filter((line) => line.trim() !== "");
}

/** Cells stand between tabs, else semicolons, else commas that are no decimal signs, else spaces.
 * @param {string} line @param {"." | ","} decimal */
function partsOf(line, decimal) {
  const mark = [/\t/, /;/, decimal === "," ? /,\s/ : /,/].find((mark) => mark.test(line)) ?? /\s+/;
  const parts = line.trim().split(mark);
  // A comma after the last cell, as between the rows of a list.
  return parts.at(-1)?.trim() === "" ? parts.slice(0, -1) : parts;
}
