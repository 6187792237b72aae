// What of the page can leave it, as the formats take it.
import { describe } from "../parts/matrix.js";
import { fill } from "../parts/text.js";
import { join, visible } from "../tokens.js";
import { words } from "../words.js";
import { fileName } from "./formats.js";
import { linesPicture } from "./pictures/lines.js";
import { matrixPicture } from "./pictures/matrix.js";
import { sentencePicture } from "./pictures/sentence.js";

/** @typedef {import("./formats.js").Subject} Subject */
/** @typedef {import("../figures.js").Figure} Figure */
/** @typedef {import("../state.js").State} State */

/** @param {State} state @param {Figure} figure @returns {Required<Pick<Subject, "file" | "table" | "picture">>} */
export function matrixSubject(state, figure) {
  const name = figure.name.filter(Boolean).join("_");
  return {
    file: fileName(name, figure.head === undefined ? undefined : `head${figure.head}`),
    table: () => ({
      name,
      rows: figure.strip
        ? [state.tokens[figure.strip.row]]
        : axis(state, figure.rows, figure.sheet.rows),
      cols: axis(state, figure.cols, figure.sheet.cols),
      data: figure.sheet.data.map((x) => (Number.isNaN(x) ? hidden(figure) : x)),
    }),
    picture: () => matrixPicture(state, figure, said(state, figure)),
  };
}

/** A head's lines. @param {State} state @param {Figure} figure weights @returns {Subject} */
export function linesSubject(state, figure) {
  return {
    file: fileName("lines", `head${figure.head}`),
    picture: () => linesPicture(state, figure, said(state, figure)),
  };
}

/** The sentence with the arcs of its focus token. @param {State} state @param {Figure} figure weights
 * @returns {Subject} */
export function sentenceSubject(state, figure) {
  const says = said(state, figure);
  const caption = fill(words.tokens.label, { focus: visible(state.tokens[state.focus]) });
  return {
    file: fileName("sentence", `head${figure.head}`),
    picture: () => sentencePicture(state, figure, { ...says, caption }),
  };
}

/** The whole page. @param {State} state @returns {Subject} */
export const stateSubject = (state) => ({ file: fileName("state"), state: () => state });

/** A hidden pair has no weight, since its logit is −∞. @param {Figure} figure */
const hidden = ({ kind }) => (kind === "weight" ? 0 : -Infinity);

/** @param {State} state @param {"token" | "dim"} axis @param {number} count */
function axis({ tokens }, axis, count) {
  return axis === "token" ? tokens : Array.from({ length: count }, (_, i) => `${i}`);
}

/** What a picture says about itself. @param {State} state @param {Figure} figure */
function said({ tokens }, figure) {
  const kind = words.kinds[/** @type {"query"} */ (figure.kind)];
  const head = figure.head === undefined ? [] : [fill(words.strip.head, { head: figure.head })];
  const pairs = figure.rows === "token" && figure.cols === "token";
  const axes = pairs ? [words.axes.from, words.axes.to] : [];
  return {
    title: describe(figure),
    about: join(tokens),
    caption: [kind, ...head, ...axes].join(" · "),
  };
}
