// Threads from a result to its next role, one per column: what falls, and where to. They pass behind
// the labels, which stand on paper.
import { nothing, render, svg } from "lit";
import { GRID_FROM } from "../layout.js";
import { boxOf, colIn, middle } from "../parts/places.js";
import { sizes } from "../state.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../figures.js").Role} Role */
/**
 * @typedef {object} Fall
 * @property {string} from selector of the result
 * @property {string} to selector of its next role
 * @property {string} [until] selector of what already ends it at its top
 * @property {number} count of threads
 * @property {number} start what stays free below the result for its name or legend, in px
 * @property {number} [end] and above the next role
 * @property {Role} [role]
 * @property {[first: number, of: number]} [cols] of the next role, where they are not all of it
 * @property {boolean} [stub] whether something stands in the way
 */

const NAME = 38;
const LEGEND = 50;
const BARE = 10;
/** More threads than this need room between them. */
const FEW = 8;
/** Where text stands between two figures, a thread is no more than its beginning. */
const STUB = 24;

/** @param {Model} model @returns {Fall[]} */
function falls({ state, figures, layout }) {
  const { x, q, k, v, s, concat } = figures;
  const a = `[data-figure=a${state.head}]`;
  /** @param {"q" | "k" | "v"} role @param {string} to @param {number} count @returns {Fall} */
  const falls = (role, to, count) => {
    return { from: `.vectors [data-figure=${role}]`, to, count, start: NAME, role };
  };
  const heads = Array.from({ length: state.heads }, (_, head) => {
    const from = `.gallery [data-figure=o${head}]`;
    const count = figures[`o${head}`].sheet.cols;
    /** @type {[number, number]} */
    const cols = [head * count, concat.sheet.cols];
    // The lower heads stand in the way of the upper ones.
    const stub = Math.floor(head / layout.perRow) < Math.floor((state.heads - 1) / layout.perRow);
    return { from, to: "[data-figure=concat]", count, start: BARE, cols, stub };
  });
  return [
    { from: ".sum [data-figure=e]", to: "[data-figure=x]", count: x.sheet.cols, start: BARE },
    falls("q", ".scores [data-figure=q]", q.sheet.cols),
    // K's rows fan out into the columns of its transpose.
    falls("k", ".scores [data-figure=kt]", k.sheet.rows),
    falls("v", ".mix [data-figure=v]", v.sheet.cols),
    {
      from: ".scores [data-figure=s]",
      to: `.softmax ${a}`,
      count: s.sheet.cols,
      start: LEGEND,
      end: 0,
    },
    // In step 5 its columns go on as the arcs of the hinge.
    {
      from: `.softmax ${a}`,
      to: `.mix .lower ${a}`,
      until: ".mix svg.hinge",
      count: s.sheet.cols,
      start: LEGEND,
      end: 0,
    },
    ...heads,
  ];
}

/** Comes after what it ties together, in the same frame. @param {Element} main @param {Model} model
 * @returns {(() => void) | undefined} */
export function threads(main, model) {
  const layer = /** @type {HTMLElement | null} */ (main.querySelector("svg.threads"));
  if (!layer) return undefined;
  const now = standing(main, model);
  if (layer === last.layer && now === last.standing) return undefined;
  last = { layer, standing: now };
  const drawn = model.layout.mode === "phone" ? [] : falls(model);
  const lines = drawn.map((fall) => fallen(main, layer, fall, model));
  return () => render(lines, layer);
}

/** What was drawn last, and where its ends stood. @type {{ layer?: Element, standing: string }} */
let last = { standing: "" };

/** The same as long as no thread has to move. @param {Element} main @param {Model} model */
function standing(main, { state, layout, lines }) {
  const { tokens, dModel, headDim, heads } = sizes(state);
  const steps = Array.from(main.querySelectorAll(".step"), (step) => {
    const { offsetTop, offsetHeight } = /** @type {HTMLElement} */ (step);
    return `${offsetTop} ${offsetHeight}`;
  });
  const { head, positions, transposed } = state;
  const shapes = [tokens, dModel, headDim, heads, head, positions, transposed, lines];
  return [...shapes, layout.mode, ...Object.values(layout.properties), ...steps].join();
}

/** @param {Element} main @param {HTMLElement} layer @param {Fall} fall @param {Model} model */
function fallen(
  main,
  layer,
  { from, to, until = to, count, start, end = 36, role = "", cols, stub },
  { figures, layout },
) {
  const [source, target, last] = [from, to, until].map((selector) => main.querySelector(selector));
  const id = source?.getAttribute("data-figure");
  if (!source || !target || !last || !id || figures[id].waits) return nothing;
  const [a, b, { top }] = [source, target, last].map((element) => boxOf(element, layer));
  const [first, of] = cols ?? [0, count];
  if (count > FEW && (b.right - b.left) / of < GRID_FROM) return nothing;
  // What scrolls within a box of its own begins and ends at the box.
  const bounds = (/** @type {Element} */ element) => {
    const around = element.closest(".scroll");
    return around ? boxOf(around, layer) : { top: Infinity, bottom: Infinity };
  };
  const y0 = Math.min(a.bottom + start, bounds(source).bottom + BARE);
  const y1 = Math.min(top - end, bounds(last).top);
  if (y1 <= y0) return nothing;
  const short = stub || layout.mode === "middle";
  return Array.from({ length: count }, (_, i) => {
    const x0 = middle(colIn(a, count, i)).x;
    const x1 = middle(colIn(b, of, first + i)).x;
    return svg`<path class=${role} data-from=${id} d=${
      short ? `M${x0} ${y0}V${Math.min(y1, y0 + STUB)}` : curve(x0, y0, x1, y1)
    } />`;
  });
}

/** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function curve(x0, y0, x1, y1) {
  if (Math.abs(x1 - x0) < 0.5) return `M${x0} ${y0}V${y1}`;
  const half = (y0 + y1) / 2;
  return `M${x0} ${y0}C${x0} ${half} ${x1} ${half} ${x1} ${y1}`;
}
