// Step 5's empty quadrant: arcs that tie each column of A to the row of V that it weighs, as wide as
// the weight that the focus token gives. V's words ride on them.
import { render, svg } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { WORDS_FROM } from "../layout.js";
import { boxOf, colIn, middle, rowIn } from "../parts/places.js";
import { clip } from "../parts/text.js";
import { isSeen, largest, rowOf } from "../rows.js";

/** @typedef {import("../model.js").Model} Model */

/** All lengths in px: how wide a bend may be, and how much of an arc's way to V it may take. */
const BEND = 60;
const SHARE = 0.62;
/** What stays free above A, for its column words if it has them, and where V's bracket stands. */
const BARE = 4;
const SLANTED = 12;
const WORDS = 32;
const BRACKET = 6;
/** Between V's bracket and a word, and between the word and the arc it rides on. */
const BESIDE = 10;
const OVER = 3;
/** Among more tokens no arc glides to its new width: each frame of it would draw the page again. */
const GLIDE = 64;
/** More arcs than this would be one blot: only the heaviest are drawn. */
const MOST = 24;

/** @param {Element} main @param {Model} model @returns {(() => void) | undefined} */
export function hinge(main, { state, figures, layout, slant }) {
  const figure = main.querySelector(".mix .figure");
  const layer = /** @type {SVGElement | null | undefined} */ (figure?.querySelector("svg.hinge"));
  if (!figure || !layer) return undefined;
  const { sheet } = figures[`a${state.head}`];
  const [a, v] = [`a${state.head}`, "v"].map((id) =>
    boxOf(/** @type {Element} */ (figure.querySelector(`[data-figure=${id}]`)), layer),
  );
  const weights = rowOf(sheet, state.focus);
  const { c, h } = layout.pitch.s;
  const worded = layout.mode !== "phone" && c >= WORDS_FROM;
  const foot = a.top - (!worded ? BARE : slant(c) ? SLANTED : WORDS);
  const end = v.left - BRACKET;
  const width = (/** @type {number} */ key) => 0.75 + 13 * weights[key];
  const row = (/** @type {number} */ key) => middle(rowIn(v, sheet.cols, key)).y;
  const keys = Array.from(weights.keys())
    .filter((key) => isSeen(weights[key]))
    .sort((i, j) => weights[j] - weights[i])
    .slice(0, MOST);
  const lines = repeat(
    keys,
    (key) => key,
    (key) => {
      const { x } = middle(colIn(a, sheet.cols, key));
      const y = row(key);
      const bend = Math.max(0, Math.min(BEND, SHARE * (end - x), foot - y));
      return svg`<path data-key=${key} stroke-width=${width(key)}
        d="M${x} ${foot}V${y + bend}A${bend} ${bend} 0 0 1 ${x + bend} ${y}H${end}" />`;
    },
  );
  const { at } = largest(sheet, state.focus);
  const names =
    h < WORDS_FROM
      ? []
      : state.tokens.map((word, key) => {
          const edge = isSeen(weights[key]) ? width(key) / 2 : 0;
          return svg`<text class=${at.includes(key) ? "largest" : ""}
      x=${end - BESIDE} y=${row(key) - edge - OVER}>${clip(word)}</text>`;
        });
  return () => {
    layer.classList.toggle("glides", sheet.cols <= GLIDE);
    render([lines, names], layer);
  };
}
