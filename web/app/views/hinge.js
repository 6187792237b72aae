// Step 5's empty quadrant: arcs that tie each column of A to the row of V that it weighs, as wide as
// the weight that the focus token gives.
import { render, svg } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { boxOf, colIn, middle, rowIn } from "../parts/places.js";
import { isSeen, rowOf } from "../rows.js";

/** @typedef {import("../model.js").Model} Model */

/** All lengths in px: how wide a bend may be, and what stays free above A for its column words and
 * left of V for its bracket. */
const BEND = 60;
const WORDS = 32;
const BRACKET = 9;
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
  const foot = a.top - (layout.pitch.s.c < 14 ? 4 : slant(layout.pitch.s.c) ? 12 : WORDS);
  const keys = Array.from(weights.keys())
    .filter((key) => isSeen(weights[key]))
    .sort((i, j) => weights[j] - weights[i])
    .slice(0, MOST);
  const lines = repeat(
    keys,
    (key) => key,
    (key) => {
      const { x } = middle(colIn(a, sheet.cols, key));
      const { y } = middle(rowIn(v, sheet.cols, key));
      const end = v.left - BRACKET;
      const bend = Math.max(0, Math.min(BEND, end - x, foot - y));
      return svg`<path data-key=${key} stroke-width=${0.75 + 13 * weights[key]}
        d="M${x} ${foot}V${y + bend}A${bend} ${bend} 0 0 1 ${x + bend} ${y}H${end}" />`;
    },
  );
  return () => {
    layer.classList.toggle("glides", sheet.cols <= GLIDE);
    render(lines, layer);
  };
}
