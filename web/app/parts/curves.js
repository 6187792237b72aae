// How a head's weights are drawn as curves between tokens: on the page and in the pictures that leave
// it. All lengths in px.
import { largest } from "../rows.js";

/** @typedef {import("../pipeline.js").Sheet} Sheet */

/** Between arcs where they leave. */
const APART = 7;
/** How wide the bend of an arc may be. */
const BEND = 64;
/** What even the shortest arc rises. */
const LOWEST = 8;
/** What an arc rises per token of distance, and all of them at most, however many tokens there are. */
const LEVEL = 13;
const HIGHEST = 120;
/** More lines than this are one blot: only the heaviest are drawn. */
const MOST = 400;

/** What arcs over so many tokens rise per token of distance, and altogether. @param {number} tokens */
export function rise(tokens) {
  const level = Math.min(LEVEL, HIGHEST / Math.max(1, tokens - 1));
  return { level, height: LOWEST + level * (tokens - 1) };
}

/** From the focus token to each it can see, by weight. @param {Sheet} sheet of weights
 * @param {number} focus @param {{ left: number, width: number }[]} boxes of the tokens
 * @param {number} foot y where arcs begin and end @param {number} level */
export function arcsOf(sheet, focus, boxes, foot, level) {
  const max = largest(sheet, focus).value;
  const weight = (/** @type {number} */ i) => sheet.data[focus * sheet.cols + i];
  // Tokens that are being typed together stand at one place.
  const elsewhere = (/** @type {number} */ i) => boxes[i].left !== boxes[focus].left;
  const seen = boxes.map((_, i) => i).filter((i) => elsewhere(i) && !Number.isNaN(weight(i)));
  // From left to right where they leave: the nearest on either side is outermost there, so that
  // its arc lies within those of the others.
  const { left } = boxes[focus];
  const byPlace = seen.sort((i, j) => boxes[j].left - boxes[i].left);
  const leaving = [
    ...byPlace.filter((i) => boxes[i].left < left),
    ...byPlace.filter((i) => boxes[i].left > left),
  ];
  const apart = Math.min(APART, (boxes[focus].width - 10) / (leaving.length - 1 || 1));
  return leaving.map((i, place) => {
    const from = middle(boxes[focus]) + (place - (leaving.length - 1) / 2) * apart;
    const share = max > 0 ? weight(i) / max : 0;
    return {
      to: i,
      path: arc(from, middle(boxes[i]), foot, LOWEST + level * Math.abs(i - focus)),
      width: 0.8 + 9 * weight(i),
      opacity: 0.32 + 0.68 * share,
    };
  });
}

/** @param {{ left: number, width: number }} box */
const middle = ({ left, width }) => left + width / 2;

/** Up, across and down. @param {number} from @param {number} to @param {number} foot
 * @param {number} height */
function arc(from, to, foot, height) {
  const way = Math.sign(to - from);
  const bend = Math.min(BEND, Math.abs(to - from) / 2);
  const quarter = `A${bend} ${height} 0 0 ${way > 0 ? 1 : 0}`;
  return `M${from} ${foot}${quarter} ${from + way * bend} ${foot - height}H${to - way * bend}${quarter} ${to} ${foot}`;
}

/** From every query at the left to the keys at the right that it looks at. @param {Sheet} sheet of weights
 * @param {number} left @param {number} right @param {number} h of a row */
export function linesOf({ data, cols }, left, right, h) {
  let most = 0;
  for (const x of data) if (x > most) most = x;
  const drawn = Array.from(data.keys())
    .filter((i) => data[i] > 0)
    .sort((i, j) => data[j] - data[i])
    .slice(0, MOST);
  return drawn.map((i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    return {
      ...{ row, col, x1: left, y1: (row + 0.5) * h, x2: right, y2: (col + 0.5) * h },
      width: 0.4 + 3.2 * data[i],
      opacity: 0.1 + 0.9 * (data[i] / most),
    };
  });
}
