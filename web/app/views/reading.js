// The number under the pointer or the keyboard, called by its name and shown exactly. With nothing
// there, the largest weight of the focus row.
import { html, nothing } from "lit";
import { valueAt } from "../figures.js";
import { exact, fixed, probability, typed } from "../format.js";
import { bare, fill, math, number, say, token } from "../parts/text.js";
import { largest } from "../rows.js";
import { isEdited, isInvented, originalAt } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../figures.js").Figure} Figure */

/** @param {Model} model */
export function reading(model) {
  const { state, figures } = model;
  const weights = figures[`a${state.head}`];
  const row = largest(weights.sheet, state.focus);
  const at = model.at ?? { figure: weights.id, row: state.focus, col: row.at[0] };
  const figure = figures[at.figure] ?? weights;
  const kind = words.kinds[/** @type {"query"} */ (figure.kind)];
  return html`<aside class="reading" aria-label=${words.reading.label} aria-live="polite">
    <p class="step-of">${fill(
      figure.head === undefined ? words.reading.step : words.reading.stepOfHead,
      { step: figure.step, kind, head: figure.head ?? 0 },
    )}</p>
    <p class="named">${named(model, figure, at)}</p>
    <p class="value">${value(model, figure, at)}</p>
    <div class="about">${about(model, figure, at)}</div>
  </aside>`;
}

/** @typedef {import("../model.js").At} At */

/** @param {Figure} figure @param {At} at */
const held = ({ sheet }, { row, col }) => sheet.data[row * sheet.cols + col];

/** score(chat → noir), query(chat)₀, W_Q[0, 1]. @param {Model} model @param {Figure} figure @param {At} at */
function named({ state }, figure, { row, col }) {
  const { rows, cols, role, name } = figure;
  const kind = html`<span class=${role}>${words.kinds[/** @type {"query"} */ (figure.kind)]}</span>`;
  if (rows === "token" && cols === "token") {
    return html`${kind}(${bare(state, row)} → ${bare(state, col)})`;
  }
  if (rows === "token") return html`${kind}(${bare(state, row)})<sub>${col}</sub>`;
  if (cols === "token") return html`${kind}(${bare(state, col)})<sub>${row}</sub>`;
  return html`${math(name, role)}[${row}, ${col}]`;
}

/** @param {Model} model @param {Figure} figure @param {At} at */
function value({ state }, figure, at) {
  const x = held(figure, at);
  if (Number.isNaN(x)) return words.reading.hidden;
  if (figure.cell) return typed(valueAt(state, figure, at.row, at.col));
  if (figure.ramp === "weights") return probability(x, 4);
  return Math.abs(x) < 1e5 ? fixed(x, 4) : exact(x);
}

/** @param {Model} model @param {Figure} figure @param {At} at */
function about({ state }, figure, at) {
  const { pair, largest: most, masked, exact: exactly, edited, invented } = words.reading;
  const { tokens } = state;
  const x = held(figure, at);
  const sentences = [];
  if (figure.rows === "token" && figure.cols === "token") {
    const parts = { query: token(state, at.row), key: token(state, at.col) };
    const top = largest(figure.sheet, at.row).at.includes(at.col);
    sentences.push(say(Number.isNaN(x) ? masked : top ? most : pair, parts));
  }
  if (figure.cell) {
    const cell = figure.cell(at.row, at.col);
    if (isEdited(state, cell)) {
      sentences.push(say(edited, { original: number(typed(originalAt(state, cell))) }));
    } else if (cell.matrix === "x" && isInvented(state, tokens[at.row])) sentences.push(invented);
  } else if (!Number.isNaN(x)) sentences.push(say(exactly, { exact: number(exact(x)) }));
  return sentences.length ? sentences.map((sentence) => html`<p>${sentence}</p>`) : nothing;
}
