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

/** Where the tokens stand is known only once they are drawn, so this comes after, in the same frame.
 * @param {Element} main @param {Model} model */
export function arcs(main, model) {
  const layer = /** @type {HTMLElement | null} */ (main.querySelector(".gaze > svg"));
  const gaze = layer?.parentElement;
  if (!layer || !gaze) return;
  const words = /** @type {NodeListOf<HTMLElement>} */ (
    gaze.querySelectorAll(".token-button, .token-field")
  );
  const drawn = model.layout.mode !== "phone" && inOneLine([...words]);
  const level = Math.min(LEVEL, HIGHEST / (words.length - 1));
  const room = drawn ? GAP + 8 + level * (words.length - 1) + CLEAR : BARE;
  if (gaze.style.getPropertyValue("--room") !== `${room}px`) {
    gaze.style.setProperty("--room", `${room}px`);
  }
  render(drawn ? paths(model, places(model, words), room - GAP, level) : [], layer);
}

/** Where each token stands; those that are being typed share their field.
 * @param {Model} model @param {NodeListOf<HTMLElement>} words @returns {HTMLElement[]} */
function places({ state, token }, words) {
  const before = token?.at ?? state.tokens.length;
  const typed = token?.count ?? 0;
  return state.tokens.map((_, i) => {
    if (i < before) return words[i];
    return i < before + typed ? words[before] : words[i - typed + 1];
  });
}

/** @param {HTMLElement[]} words */
const inOneLine = (words) =>
  words.length > 1 && words.every(({ offsetTop }) => offsetTop === words[0].offsetTop);

/** @param {Model} model @param {HTMLElement[]} places
 * @param {number} foot y where arcs begin and end @param {number} level */
function paths({ state, figures }, places, foot, level) {
  const { focus } = state;
  const { sheet } = figures[`a${state.head}`];
  const max = largest(sheet, focus).value;
  const weight = (/** @type {number} */ i) => sheet.data[focus * sheet.cols + i];
  const elsewhere = (/** @type {number} */ i) => places[i] !== places[focus];
  const seen = places.map((_, i) => i).filter((i) => elsewhere(i) && !Number.isNaN(weight(i)));
  // From left to right where they leave: the nearest on either side is outermost there, so that
  // its arc lies within those of the others.
  const leaving = [
    ...seen.filter((i) => i < focus).reverse(),
    ...seen.filter((i) => i > focus).reverse(),
  ];
  const apart = Math.min(APART, (places[focus].offsetWidth - 10) / (leaving.length - 1 || 1));
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

/** @param {HTMLElement} button */
const middle = ({ offsetLeft, offsetWidth }) => offsetLeft + offsetWidth / 2;

/** Up, across and down. @param {number} from @param {number} to @param {number} foot
 * @param {number} height */
function arc(from, to, foot, height) {
  const way = Math.sign(to - from);
  const bend = Math.min(BEND, Math.abs(to - from) / 2);
  const quarter = `A${bend} ${height} 0 0 ${way > 0 ? 1 : 0}`;
  return `M${from} ${foot}${quarter} ${from + way * bend} ${foot - height}H${to - way * bend}${quarter} ${to} ${foot}`;
}
