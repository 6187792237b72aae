// What can be done with a whole matrix: fill it, copy it, paste over it, save it.
import { html, nothing } from "lit";
import { linesSubject, matrixSubject } from "../exports/subjects.js";
import { tabbed } from "../exports/tsv.js";
import { FILLS } from "../fills.js";
import * as notebook from "../notebook.js";
import { pasteFrom } from "../parts/clipboard.js";
import { numeric } from "../parts/control.js";
import { copy } from "../parts/copy.js";
import { closePopup } from "../parts/popup.js";
import { take } from "../parts/take.js";
import { Refusal } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../figures.js").Figure} Figure */

/** @param {Model} model @param {Figure} figure */
export function matrixMenu(model, figure) {
  const { state } = model;
  const { waits = false } = figure;
  return html`
    ${figure.cell ? fills(model, figure) : nothing}
    ${clipboard(model, figure)}
    ${take(model, words.take.save, matrixSubject(state, figure), waits)}
    ${
      figure.kind === "weight"
        ? take(model, words.take.lines, linesSubject(state, figure), waits)
        : nothing
    }
    ${waits ? html`<p class="hint">${words.take.waits}</p>` : nothing}`;
}

/** @param {Model} model @param {Figure} figure */
function fills(model, figure) {
  const { act } = model;
  const { rows, cols } = figure.sheet;
  const names = /** @type {Record<string, string>} */ (words.take.fills);
  const label = (/** @type {string} */ kind) =>
    kind === "original" ? originalName(model, figure) : names[kind];
  const item = (/** @type {string} */ kind) => {
    const barred = kind === "transposed" && rows !== cols;
    return html`<div class="row">
      <button
        type="button"
        class="item"
        data-fill=${kind}
        ?autofocus=${kind === FILLS[0]}
        ?disabled=${barred}
        @click=${() => {
          act.fill(figure.id, kind);
          // Once more is another one.
          if (kind !== "random") closePopup();
        }}
      >${label(kind)}</button>
      ${kind === "random" ? numeric(model, "randomSeed", words.take.seed) : nothing}
      ${barred ? html`<span class="hint">${words.take.square}</span>` : nothing}
    </div>`;
  };
  return html`<div class="part" role="group" aria-label=${words.take.fill}>
    <p class="what">${words.take.fill}</p>
    ${FILLS.map(item)}
  </div>`;
}

/** @param {Model} model @param {Figure} figure */
function clipboard({ state, said, act }, figure) {
  const { copied, notCopied } = words.take;
  const take = async () => {
    const text = tabbed(matrixSubject(state, figure).table());
    act.say((await copy(text)) ? copied : notCopied);
  };
  const paste = async () => {
    closePopup();
    const text = await navigator.clipboard.readText().catch(() => undefined);
    if (text === undefined) act.refuse(new Refusal("clipboard"));
    else pasteFrom(act, figure.id, 0, 0, text);
  };
  const reads = figure.cell && typeof navigator.clipboard?.readText === "function";
  return html`<div class="row part">
    <button type="button" class="item" ?autofocus=${!figure.cell} ?disabled=${figure.waits} @click=${take}>
      ${words.take.copy}
    </button>
    ${reads ? html`<button type="button" class="item" @click=${paste}>${words.take.paste}</button>` : nothing}
    <span class="hint" role="status">${said ?? nothing}</span>
  </div>`;
}

/** What a matrix goes back to: the notebook has two heads and eight words.
 * @param {Model} model @param {Figure} figure */
function originalName({ state }, { cell, sheet }) {
  const matrix = cell?.(0, 0).matrix;
  if (matrix === "p") return words.take.computed;
  const inside = (/** @type {import("../state.js").Matrix | undefined} */ given) =>
    given !== undefined && sheet.cols <= given[0].length;
  const own =
    matrix === "x" || matrix === undefined
      ? sheet.cols <= 3 && state.tokens.every((word) => Object.hasOwn(notebook.vectors, word))
      : Array.from({ length: sheet.rows }, (_, row) => row).every((row) => {
          const { head, row: at } = /** @type {NonNullable<typeof cell>} */ (cell)(row, 0);
          const given = notebook.projections[matrix][head];
          return inside(given) && at < given.length;
        });
  return own ? words.take.fills.original : words.take.made;
}
