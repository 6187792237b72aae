// The arcs over the sentence: from the focus token to each it can see, by weight.
import { render, svg } from "lit";
import { arcsOf, rise } from "../parts/curves.js";

/** @typedef {import("../model.js").Model} Model */

/** All in px: between arcs and tokens, from the text above to the tokens where there are no arcs, and
 * to the highest arc. */
const GAP = 6;
const BARE = 26;
const CLEAR = 10;

/** Where the tokens stand is known only once they are drawn, so this comes after, in the same frame.
 * @param {Element} main @param {Model} model @returns {(() => void) | undefined} */
export function arcs(main, model) {
  const layer = /** @type {HTMLElement | null} */ (main.querySelector(".gaze > svg"));
  const gaze = layer?.parentElement;
  if (!layer || !gaze) return undefined;
  const words = /** @type {NodeListOf<HTMLElement>} */ (
    gaze.querySelectorAll(".token-button, .token-field")
  );
  const weights = model.figures[`a${model.state.head}`];
  const drawn = model.layout.mode !== "phone" && inOneLine([...words]);
  const { level, height } = rise(words.length);
  const room = drawn ? GAP + height + CLEAR : BARE;
  const lines = drawn && weights ? paths(model, places(model, words), room - GAP, level) : [];
  return () => {
    if (gaze.style.getPropertyValue("--room") !== `${room}px`) {
      gaze.style.setProperty("--room", `${room}px`);
    }
    render(lines, layer);
  };
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
  const { sheet } = figures[`a${state.head}`];
  const boxes = places.map(({ offsetLeft, offsetWidth }) => ({
    left: offsetLeft,
    width: offsetWidth,
  }));
  return arcsOf(sheet, state.focus, boxes, foot, level).map(
    ({ to, path, width, opacity }) =>
      svg`<path data-to=${to} d=${path} stroke-width=${width} opacity=${opacity} />`,
  );
}
