// The arcs over the sentence: from the focus token to each it can see, by weight.
import { render, svg } from "lit";
import { largest } from "../rows.js";

/** @typedef {import("../model.js").Model} Model */

/** All lengths in px: between arcs where they leave, per token of distance, and above the tokens. */
const APART = 7;
const LEVEL = 13;
const GAP = 6;
/** What the arcs may rise, however many tokens a line holds. */
const HIGHEST = 120;
/** How wide the bend of an arc may be. */
const BEND = 64;
/** From the text above to the tokens where there are no arcs, and to the highest arc. */
const BARE = 26;
const CLEAR = 10;

/** @typedef {{ left: number, top: number, width: number }} Place of a token, in its line */

/** What was drawn last. @type {{ main: Element, model: Model } | undefined} */
let drawn;
/** @type {HTMLElement[]} */
let buttons = [];
/** @type {Place[]} */
let places = [];

/** To ask where the tokens stand costs a layout of the whole page, which an edit of a number need not
 * pay: it moves none. When one changes its size, this is told after the layout, in the same frame. */
const sizes = new ResizeObserver(() => {
  measure();
  draw();
});

/** Comes after the tokens have been drawn. @param {Element} main @param {Model} model */
export function arcs(main, model) {
  drawn = { main, model };
  const now = /** @type {HTMLElement[]} */ ([...main.querySelectorAll(".gaze .token-button")]);
  if (now.length !== buttons.length || now.some((button, i) => button !== buttons[i])) {
    sizes.disconnect();
    buttons = now;
    for (const button of buttons) sizes.observe(button);
    measure();
  }
  draw();
}

function measure() {
  places = buttons.map((button) => ({
    left: button.offsetLeft,
    top: button.offsetTop,
    width: button.offsetWidth,
  }));
}

function draw() {
  if (!drawn) return;
  const { main, model } = drawn;
  const layer = /** @type {HTMLElement | null} */ (main.querySelector(".gaze > svg"));
  if (!layer?.parentElement) return;
  const some = model.layout.mode !== "phone" && !model.waiting && inOneLine(places);
  const level = Math.min(LEVEL, HIGHEST / (places.length - 1));
  const room = some ? GAP + 8 + level * (places.length - 1) + CLEAR : BARE;
  layer.parentElement.style.setProperty("--room", `${room}px`);
  render(some ? paths(model, places, room - GAP, level) : [], layer);
}

/** @param {Place[]} places */
const inOneLine = (places) => places.length > 1 && places.every(({ top }) => top === places[0].top);

/** @param {Model} model @param {Place[]} places
 * @param {number} foot y where arcs begin and end @param {number} level */
function paths({ state, figures }, places, foot, level) {
  const { focus } = state;
  const { sheet } = figures[`a${state.head}`];
  const max = largest(sheet, focus).value;
  const weight = (/** @type {number} */ i) => sheet.data[focus * sheet.cols + i];
  const seen = places.map((_, i) => i).filter((i) => i !== focus && !Number.isNaN(weight(i)));
  // From left to right where they leave: the nearest on either side is outermost there, so that
  // its arc lies within those of the others.
  const leaving = [
    ...seen.filter((i) => i < focus).reverse(),
    ...seen.filter((i) => i > focus).reverse(),
  ];
  const apart = Math.min(APART, (places[focus].width - 10) / (leaving.length - 1 || 1));
  return leaving.map((i, place) => {
    const from = middle(places[focus]) + (place - (leaving.length - 1) / 2) * apart;
    const share = max > 0 ? weight(i) / max : 0;
    return svg`<path
      data-to=${i}
      d=${arc(from, middle(places[i]), foot, 8 + level * Math.abs(i - focus))}
      stroke-width=${0.8 + 9 * weight(i)}
      opacity=${0.32 + 0.68 * share}
    />`;
  });
}

/** @param {Place} place */
const middle = ({ left, width }) => left + width / 2;

/** Up, across and down. @param {number} from @param {number} to @param {number} foot
 * @param {number} height */
function arc(from, to, foot, height) {
  const way = Math.sign(to - from);
  const bend = Math.min(BEND, Math.abs(to - from) / 2);
  const quarter = `A${bend} ${height} 0 0 ${way > 0 ? 1 : 0}`;
  return `M${from} ${foot}${quarter} ${from + way * bend} ${foot - height}H${to - way * bend}${quarter} ${to} ${foot}`;
}
