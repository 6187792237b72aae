// Comma-separated values (RFC 4180): the first line names the columns, the first column the rows. No
// token can become a spreadsheet's formula with a call, since tokens end before brackets.
import { plain } from "../format.js";

/** @type {import("./formats.js").Format} */
export const csv = {
  name: "CSV",
  extension: "csv",
  mime: "text/csv;charset=utf-8",
  of: "table",
  write: ({ table }) => {
    const { name, rows, cols, data } = /** @type {NonNullable<typeof table>} */ (table)();
    const lines = rows.map((row, i) => [
      quoted(row),
      ...Array.from(data.subarray(i * cols.length, (i + 1) * cols.length), number),
    ]);
    return [[name, ...cols].map(quoted), ...lines].map((line) => `${line.join(",")}\r\n`).join("");
  },
};

/** @param {string} text */
const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The shortest decimal that gives the same float32. @param {number} x */
export const number = (x) =>
  Number.isFinite(x) ? plain(x) : x < 0 ? "-inf" : x > 0 ? "inf" : "nan";
