// A head as lines from queries at the left to keys at the right.
import { WORDS_FROM } from "../../layout.js";
import { linesOf } from "../../parts/curves.js";
import { clip } from "../../parts/text.js";
import { xml } from "../xml.js";
import { COLOURS, FOOT, HEAD, nameOf, PAD, SERIF, sheetOf, widest } from "./sheet.js";

/** How wide the lines run, and what is between them and words, in px. */
const WIDE = 260;
const BESIDE = 8;

/** @param {import("../../state.js").State} state @param {import("../../figures.js").Figure} figure weights
 * @param {{ title: string, about: string, caption: string }} says */
export function linesPicture({ tokens }, figure, says) {
  const h = tokens.length <= 64 ? 24 : WORDS_FROM;
  const words = tokens.map((word) => clip(word));
  const size = Math.min(15, h);
  const room = widest(words, size, SERIF);
  const [left, right] = [PAD + room + BESIDE, PAD + room + BESIDE + WIDE];
  const top = PAD + HEAD;
  const column = (/** @type {number} */ x, /** @type {string} */ anchor) =>
    xml`<g text-anchor="${anchor}">${words.map(
      (word, i) => xml`<text x="${x}" y="${(i + 0.5) * h + size / 3}">${word}</text>`,
    )}</g>`;
  const lines = linesOf(figure.sheet, left, right, h).map(
    ({ row, col, x1, y1, x2, y2, width, opacity }) =>
      xml`<line data-pair="${row} ${col}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke-width="${width}" opacity="${opacity}"/>`,
  );
  return sheetOf(
    {
      ...says,
      width: right + BESIDE + room + PAD,
      height: top + tokens.length * h + FOOT,
      name: nameOf(figure, `${figure.head}`),
      figures: [figure],
    },
    [
      xml`<g transform="translate(0 ${top})"><g stroke="${COLOURS.q}">${lines}</g>
<g font-family="${SERIF}" font-size="${size}">${column(left - BESIDE, "end")}${column(right + BESIDE, "start")}</g></g>`,
    ],
  );
}
