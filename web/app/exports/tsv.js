// Numbers between tabs, for spreadsheets; with the decimal sign of the page's language, which is most
// likely the spreadsheet's too. The page takes them back as a pasted block.
import { decimalSign } from "../words.js";
import { number } from "./csv.js";

/** @param {import("./formats.js").Table} table */
export function tabbed({ rows, cols, data }) {
  const text = (/** @type {number} */ x) => number(x).replace(".", decimalSign());
  return rows
    .map((_, i) =>
      Array.from(data.subarray(i * cols.length, (i + 1) * cols.length), text).join("\t"),
    )
    .join("\n");
}
