// The inspector: the number under the pointer or the keyboard, or the one that is locked; what it is
// made of, back to the inputs, and what becomes of it. With nothing there, the largest weight of the
// focus row.
import { html, nothing } from "lit";
import { explain, settled } from "../explain/explain.js";
import { asLatex, asNumPy, asText } from "../explain/write.js";
import { valueAt } from "../figures.js";
import { eight, exact, fixed, isExact, typed, weight, worked } from "../format.js";
import { arithmetic, bars, named, printed } from "../parts/arithmetic.js";
import { copy } from "../parts/copy.js";
import { mistake } from "../parts/mistake.js";
import { link } from "../parts/step.js";
import { fill, number, say, token } from "../parts/text.js";
import { meets } from "../pipeline.js";
import { largest } from "../rows.js";
import { isEdited, isInvented, originalAt } from "../state.js";
import { visible } from "../tokens.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../explain/explain.js").Explanation} Explanation */

const FORMS = /** @type {const} */ ([
  ["text", asText],
  ["latex", asLatex],
  ["numpy", asNumPy],
]);

/** @param {Model} model */
export function reading(model) {
  const { state, figures, locked, unfolded, act } = model;
  const weights = figures[`a${state.head}`];
  const at = model.at && figures[model.at.figure] ? settled(figures, model.at) : undefined;
  const broken = !meets(state) && (!at || figures[at.figure].waits);
  const best = () => Math.max(0, largest(weights.sheet, state.focus).at[0] ?? 0);
  const explanation = explain(
    state,
    figures,
    at ?? { figure: weights.id, row: state.focus, col: best() },
  );
  const { figure } = explanation;
  const kind = words.kinds[/** @type {"query"} */ (figure.kind)];
  const step = figure.head === undefined ? words.reading.step : words.reading.stepOfHead;
  const inner = broken
    ? mistake(model)
    : html`<div class="reading-top">
          <p class="step-of">${fill(step, { step: figure.step, kind, head: figure.head ?? 0 })}</p>
          ${locked ? release(model) : nothing}
          <p class="named">${named(model, explanation.at)}</p>
          <p class="value">${value(model, explanation)}</p>
        </div>
        <div class="detail">
          ${arithmetic(model, explanation)} ${about(model, explanation)}
          ${bars(model, explanation)} ${actions(model, explanation)}
        </div>`;
  return html`<aside
    class="reading ${unfolded ? "unfolded" : ""}"
    aria-label=${words.reading.label}
    tabindex="-1"
  >
    <button
      type="button"
      class="unfold"
      aria-expanded=${unfolded}
      aria-label=${unfolded ? words.reading.fold : words.reading.unfold}
      @click=${() => {
        act.unfold(!unfolded);
        requestAnimationFrame(clear);
      }}
    ></button>
    ${inner}
    <p class="said" role="status">${spoken(model)}</p>
  </aside>`;
}

/** The sheet covers no number that it is about; how high it is, the style sheet's scroll-padding says. */
function clear() {
  document.querySelector(".loom .frame.locked")?.scrollIntoView({ block: "nearest" });
}

/** @param {Model} model */
function release({ act }) {
  return html`<button type="button" class="release" @click=${() => act.free()}>
    ${words.reading.locked} <kbd>Esc</kbd>
  </button>`;
}

/** @param {Model} model @param {Explanation} explanation */
function value({ state }, { figure, at, value: x }) {
  if (figure.waits) return "–";
  if (Number.isNaN(x)) return words.reading.hidden;
  if (figure.cell && !Number.isNaN(originalAt(state, figure.cell(at.row, at.col)))) return typed(x);
  return figure.ramp === "weights" ? weight(x) : worked(x);
}

/** What is read aloud of the cell that the keyboard or the pointer is on, or else the locked one, in
 * one short sentence. @param {Model} model */
function spoken({ state, figures, over, at: shown, locked }) {
  const spoken = over ?? (locked ? shown : undefined);
  if (!spoken || !figures[spoken.figure]) return nothing;
  const { figure: id, row, col } = settled(figures, spoken);
  const figure = figures[id];
  if (figure.waits) return words.reading.waits;
  const x = valueAt(state, figure, row, col);
  const { hidden, said, saidLargest, saidVector, saidMatrix } = words.reading;
  // Not ".412", which is read as four hundred and twelve.
  const whole = figure.ramp === "weights" ? fixed(x, 4) : printed(figure, x);
  const value = Number.isNaN(x) ? hidden : figure.cell ? typed(x) : whole;
  const [query, key] = [row, col].map((i) => visible(state.tokens[i] ?? ""));
  if (figure.cols === "token") {
    const top = !Number.isNaN(x) && largest(figure.sheet, row).at.includes(col);
    return fill(top ? saidLargest : said, { query, key, value });
  }
  if (figure.rows === "token") {
    const kind = words.kinds[/** @type {"query"} */ (figure.kind)];
    return fill(saidVector, { kind, token: query, index: col, value });
  }
  return fill(saidMatrix, { name: figure.name.filter(Boolean).join(" "), row, col, value });
}

/** @param {Model} model @param {Explanation} explanation */
function about({ state, act }, { figure, at, value: x, otherHead }) {
  const { pair, largest: most, masked, edited, invented, frozen } = words.reading;
  const sentences = [];
  if (figure.waits) return html`<p>${words.reading.waits}</p>`;
  if (figure.rows === "token" && figure.cols === "token") {
    const parts = { query: token(state, at.row), key: token(state, at.col) };
    const top = largest(figure.sheet, at.row).at.includes(at.col);
    sentences.push(say(Number.isNaN(x) ? masked : top ? most : pair, parts));
  }
  const cell = figure.cell?.(at.row, at.col);
  if (cell?.matrix === "p") {
    if (isEdited(state, cell)) sentences.push(frozen);
  } else if (cell && isEdited(state, cell)) {
    sentences.push(say(edited, { original: number(typed(originalAt(state, cell))) }));
  } else if (cell?.matrix === "x" && isInvented(state, state.tokens[at.row])) {
    const word = state.tokens[at.row];
    sentences.push([invented, " ", link(words.reading.adopt, () => act.adopt(word))]);
  }
  if (!figure.cell && !Number.isNaN(x)) {
    const whole = isExact(x);
    const parts = { exact: number(exact(x)), eight: number(eight(x)) };
    sentences.push(say(whole ? words.reading.exact : words.reading.eight, parts));
  }
  if (otherHead !== undefined) {
    const show = fill(words.steps.heads.show, { head: otherHead });
    sentences.push(link(show, () => act.set("head", otherHead)));
  }
  return sentences.map((sentence) => html`<p>${sentence}</p>`);
}

/** @param {Model} model @param {Explanation} explanation */
function actions(model, explanation) {
  const { state, figures, trail, copied, act } = model;
  if (explanation.figure.waits) return nothing;
  const context = {
    state,
    figures,
    nameOf: (/** @type {string} */ kind) => words.kinds[/** @type {"query"} */ (kind)],
  };
  const take = async (/** @type {string} */ name, /** @type {typeof asText} */ write) => {
    act.tookCopy((await copy(write(context, explanation))) ? name : "");
  };
  return html`<div class="actions">
    ${
      trail.length > 0
        ? html`<button type="button" class="back" @click=${() => act.back()}>← ${words.reading.back}</button>`
        : nothing
    }
    <span>${words.reading.copyAs}</span>
    ${FORMS.map(
      ([name, write]) => html`<button type="button" @click=${() => take(name, write)}>
        ${words.reading.forms[name]}
      </button>`,
    )}
    <span role="status">
      ${copied === undefined ? nothing : copied === "" ? words.reading.notCopied : words.reading.copied}
    </span>
  </div>`;
}
