// A head as lines from each query to the keys it looks at, wide and dark by weight. A token that is
// pointed at or locked leaves the others pale, in all heads at once.
import { html, nothing, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { WORDS_FROM } from "../layout.js";
import { largest } from "../rows.js";
import { words } from "../words.js";
import { linesOf } from "./curves.js";
import { properties } from "./directives.js";
import { describe } from "./matrix.js";
import { named } from "./name.js";
import { clip } from "./text.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../pointing.js").Side} Side */
/** @typedef {import("../figures.js").Figure} Figure */

/** The narrowest picture, and what words take on either side of it, in px. */
const NARROW = 176;
const WORD = 52;
const LETTERS = 7;

/** @param {Model} model @param {string} id of weights @param {import("../layout.js").Pitch} pitch */
export function lines(model, id, pitch) {
  const { state, at, act } = model;
  const figure = model.figures[id];
  const { sheet } = figure;
  const worded = pitch.h >= WORDS_FROM;
  const width = Math.max(NARROW, pitch.c * sheet.cols);
  const height = pitch.h * sheet.rows;
  const side = model.figures[at?.figure ?? ""]?.kind === "weight" && at ? (at.side ?? "query") : "";
  const index = side === "key" ? at?.col : at?.row;
  const choose = (/** @type {PointerEvent} */ event) => pair(figure, ...find(event, sheet.rows));
  const click = (/** @type {PointerEvent} */ event) => {
    const [row, col, side] = choose(event);
    act.hold({ figure: id, row, col, side });
  };
  return html`<div
    class="lines"
    data-lines=${id}
    tabindex="0"
    role="group"
    aria-label="${describe(figure)}, ${words.steps.heads.views.lines}"
    ${properties({ "--wide": `${width}px`, "--h": `${pitch.h}px`, "--row-count": sheet.rows })}
    @pointermove=${(/** @type {PointerEvent} */ event) => act.at(id, ...choose(event))}
    @pointerleave=${() => act.leave(id)}
    @focus=${() => act.at(id, ...pair(figure, state.focus, "query"))}
    @blur=${() => act.leave(id)}
    @click=${click}
    @keydown=${(/** @type {KeyboardEvent} */ event) => key(model, figure, event)}
  >
    <svg aria-hidden="true" data-side=${side}>
      ${guard([sheet.data, width, height, side, index], () =>
        strokes(sheet, worded ? WORD : 4, width, pitch.h, side, index),
      )}
    </svg>
    ${worded ? [column("query"), column("key")] : nothing}
    ${named(model, figure, "above", `${figure.head}`)}
  </div>`;

  /** @param {Side} of */
  function column(of) {
    return html`<ol class=${of} aria-hidden="true">
      ${state.tokens.map(
        (word, i) => html`<li class=${side === of && index === i ? "chosen" : ""}>
          <bdi>${clip(word, LETTERS)}</bdi>
        </li>`,
      )}
    </ol>`;
  }
}

/** @param {import("../pipeline.js").Sheet} sheet @param {number} word room for words
 * @param {number} width @param {number} h of a row @param {string} side @param {number} [index] */
function strokes(sheet, word, width, h, side, index) {
  return linesOf(sheet, word, width - word, h).map((line) => {
    const pale = side !== "" && (side === "key" ? line.col : line.row) !== index;
    return svg`<line class=${pale ? "pale" : ""} data-pair="${line.row} ${line.col}"
      x1=${line.x1} y1=${line.y1} x2=${line.x2} y2=${line.y2}
      stroke-width=${line.width} opacity=${pale ? 0.06 : line.opacity} />`;
  });
}

/** The token under the pointer: queries stand left, keys right.
 * @param {PointerEvent} event @param {number} rows @returns {[index: number, side: Side]} */
function find(event, rows) {
  const element = /** @type {HTMLElement} */ (event.currentTarget);
  const box = element.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
  const left = event.clientX < box.left + box.width / 2;
  return [Math.min(rows - 1, Math.max(0, row)), left ? "query" : "key"];
}

/** The heaviest pair of a token. @param {Figure} figure @param {number} index @param {Side} side
 * @returns {[row: number, col: number, side: Side]} */
function pair({ sheet }, index, side) {
  if (side === "query") return [index, largest(sheet, index).at[0] ?? index, side];
  const { data, rows, cols } = sheet;
  const column = Array.from({ length: rows }, (_, row) => data[row * cols + index]);
  const best = column.reduce((best, x, row) => (x > (column[best] || 0) ? row : best), index);
  return [best, index, side];
}

/** @param {Model} model @param {Figure} figure @param {KeyboardEvent} event */
function key({ act }, figure, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== event.currentTarget) return; // the name
  const { row, col, side = "query" } = act.here(figure.id);
  const index = side === "key" ? col : row;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const turn = /** @type {const} */ ({ ArrowLeft: "query", ArrowRight: "key" });
  if (step) {
    const next = Math.min(figure.sheet.rows - 1, Math.max(0, index + step));
    act.at(figure.id, ...pair(figure, next, side));
  } else if (event.key in turn) {
    act.at(figure.id, ...pair(figure, index, turn[/** @type {keyof typeof turn} */ (event.key)]));
  } else if (event.key === "Enter") act.hold(act.here(figure.id));
  else return;
  event.preventDefault();
}
