// W_Qᵀ used on purpose: arcs tie each column of X to the row of W_Qᵀ that it meets, and those without a
// partner to where there is none.
import { nothing, render, svg } from "lit";
import { boxOf, colIn, middle, rowIn } from "../parts/places.js";
import { unpaired } from "../parts/unmet.js";
import { sizes } from "../state.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../parts/places.js").Box} Box */

/** All lengths in px: how wide a bend may be, what stays free left of a bracket, and above X. */
const BEND = 60;
const BRACKET = 9;
const CLEAR = 5;
/** More arcs than this would be one blot: the first pairs are drawn, and one for all the rest. */
const MOST = 24;

/** @param {Element} main @param {Model} model @returns {(() => void) | undefined} */
export function unmet(main, { state, layout }) {
  const layer = /** @type {HTMLElement | null} */ (main.querySelector(".vectors svg.hinge"));
  if (!layer) return undefined;
  const { columns, rows } = unpaired(state);
  if (columns + rows === 0) return () => render(nothing, layer);
  const place = (/** @type {string} */ selector) => {
    const element = main.querySelector(`.vectors ${selector}`);
    return element ? boxOf(element, layer) : undefined;
  };
  const [x, w] = [place("[data-figure=x]"), place("[data-figure=wq]")];
  const { dModel, headDim } = sizes(state);
  if (!x || !w) return () => render(nothing, layer);
  const pairs = Math.min(dModel, headDim);
  const slot = place(columns ? ".row-slot" : ".column-slot");
  const dashed = columns
    ? { ...x, left: colIn(x, dModel, pairs).left }
    : { ...w, top: rowIn(w, headDim, pairs).top };
  const drawn = layout.mode === "phone" ? [] : [...Array(Math.min(pairs, MOST)).keys()];
  const odd = layout.mode === "phone" || !slot ? [] : extra(columns, rows);
  const lines = [
    drawn.map((i) =>
      arc("pair", middle(colIn(x, dModel, i)).x, x.top, middle(rowIn(w, headDim, i)).y, w.left),
    ),
    odd.map((i) =>
      columns
        ? arc(
            "lone",
            middle(colIn(x, dModel, pairs + i)).x,
            x.top,
            mid(slot).y,
            mid(slot, "left").x,
          )
        : arc(
            "lone",
            mid(slot).x,
            mid(slot, "top").y,
            middle(rowIn(w, headDim, pairs + i)).y,
            w.left,
          ),
    ),
    framed(dashed),
  ];
  return () => render(lines, layer);
}

/** @param {number} columns @param {number} rows */
const extra = (columns, rows) => [...Array(Math.min(columns + rows, MOST)).keys()];

/** @param {Box | undefined} box @param {"left" | "top"} [edge] */
function mid(box, edge) {
  const { x, y } = middle(/** @type {Box} */ (box));
  return {
    x: edge === "left" ? (box?.left ?? 0) + BRACKET : x,
    y: edge === "top" ? (box?.top ?? 0) : y,
  };
}

/** Up from a column, then across to a row. @param {"pair" | "lone"} name @param {number} x
 * @param {number} foot @param {number} y @param {number} left */
function arc(name, x, foot, y, left) {
  const from = foot - CLEAR;
  const end = left - BRACKET;
  const bend = Math.max(0, Math.min(BEND, end - x, from - y));
  return svg`<path class=${name} d="M${x} ${from}V${y + bend}A${bend} ${bend} 0 0 1 ${x + bend} ${y}H${end}" />
    <circle class=${name} cx=${x} cy=${from} r="2.5" />`;
}

/** @param {Box} box */
function framed({ left, top, right, bottom }) {
  return svg`<rect class="lone" x=${left - 1} y=${top - 1} width=${right - left + 2} height=${bottom - top + 2} rx="3" />`;
}
