// Step 6: every head side by side, their outputs in Concat, and W_O that mixes them.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { full, largestOf } from "../figures.js";
import { probability } from "../format.js";
import { ROWS } from "../layout.js";
import { diagram } from "../parts/diagram.js";
import { properties } from "../parts/directives.js";
import { end, legend } from "../parts/legend.js";
import { lines } from "../parts/lines.js";
import { matrix } from "../parts/matrix.js";
import { link, text } from "../parts/step.js";
import { clip, fill, math, number, numbers, say, token, waiting } from "../parts/text.js";
import { largest, peak } from "../rows.js";
import { isSeeded, LIMITS, sizes } from "../state.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** A head is flat whose largest weight is less than so many times the weight it would give to each token
 * alike. */
const FLAT = 1.5;

/** @param {Model} model */
export function heads(model) {
  const { state, figures, layout } = model;
  const { concat, wo, y, a0 } = figures;
  const weights = Array.from({ length: state.heads }, (_, head) => figures[`a${head}`]);
  const phone = layout.mode === "phone";
  const scroll = layout.scroll || figures.wo.sheet.rows > ROWS;
  const outputs = Array.from({ length: state.heads }, (_, head) => figures[`o${head}`]);
  const formula = [math(y.name), " = ", math(concat.name), " ", math(wo.name)];
  return html`<section class="step several">
    <div class="rail-with-diagram">
      ${text(6, words.steps.heads.title, [sentence(model)], formula, another(model))}
      ${diagram(model)}
    </div>
    <div class="figure gallery">
      <div class="gallery-bar">
        ${switcher(model)} ${scale(model, weights)}
        ${legend(model, weights, math(a0.name))} ${legend(model, outputs, math(outputs[0].name))}
      </div>
      ${Array.from({ length: state.heads }, (_, head) => one(model, head))}
      ${
        state.heads < LIMITS.heads
          ? html`<button class="slot" type="button"
              @click=${() => model.act.set("heads", ({ heads }) => heads + 1)}>${words.strip.addHead}</button>`
          : nothing
      }
    </div>
    <div class="figure product output ${scroll ? "scroll" : ""}">
      <svg class="guides" aria-hidden="true"></svg>
      <div class="col-y upper">${matrix(model, "wo", { pitch: layout.pitch.wo, name: "above" })}</div>
      ${phone ? rowWords(model) : nothing}
      <div class="col-concat lower">
        <div class="scroller">
          ${matrix(model, "concat", {
            pitch: layout.pitch.concat,
            name: "above",
            rowWords: !phone,
            groups: sizes(state).headDim,
          })}
        </div>
        ${legend(model, [concat, wo, y])}
      </div>
      <div class="col-y lower">
        ${matrix(model, "y", { pitch: layout.pitch.y, name: "below", note: html`<span class="hint">${words.steps.heads.shapeOfX}</span>` })}
      </div>
    </div>
  </section>`;
}

/** They stay where they are while Concat moves sideways. @param {Model} model */
function rowWords({ state, layout }) {
  return html`<ol class="row-list lower" aria-hidden="true" ${properties({ "--h": `${layout.pitch.y.h}px` })}>
    ${state.tokens.map((word, i) => html`<li class=${i === state.focus ? "focus" : ""}><bdi>${clip(word)}</bdi></li>`)}
  </ol>`;
}

/** Two ways to see a head. @param {Model} model */
function switcher({ lines, act }) {
  const { matrix, lines: strokes, view } = words.steps.heads.views;
  const choice = (/** @type {boolean} */ wanted, /** @type {string} */ text) =>
    html`<button type="button" aria-pressed=${lines === wanted} @click=${() => act.draw(wanted)}>${text}</button>`;
  return html`<span class="views" role="group" aria-label=${view}>
    ${choice(false, matrix)} ${choice(true, strokes)}
  </span>`;
}

/** Where the colours of weights end, of all heads' alike: a head that is paler than another looks less.
 * @param {Model} model @param {import("../figures.js").Figure[]} weights */
function scale({ state, fitted, act }, weights) {
  const most = largestOf(weights);
  if (most === 0) return nothing;
  const choice = (/** @type {boolean} */ wanted, /** @type {number} */ range) =>
    html`<button type="button" aria-pressed=${fitted === wanted} @click=${() => act.fit(wanted)}>0–${end(range)}</button>`;
  return html`<span class="views" role="group" aria-label=${words.steps.heads.colour}>
    ${choice(false, full(state.tokens.length))} ${choice(true, most)}
  </span>`;
}

/** The largest weight of a head, and whether its weights are nearly alike.
 * @param {import("../figures.js").Figure} weights */
function most({ sheet, waits }) {
  const value = peak(sheet);
  if (waits || value === 0) return nothing;
  const { flat, most } = words.steps.heads;
  const text = sheet.cols > 1 && value < FLAT / sheet.cols ? flat : most;
  return html`<span class="most">${fill(text, { weight: probability(value, 3) })}</span>`;
}

/** @param {Model} model @param {number} head */
function one(model, head) {
  const { state, layout } = model;
  const shown = head === state.head;
  const title = shown ? words.steps.heads.shown : words.steps.heads.head;
  const show = () => model.act.set("head", head);
  return html`<div class="head ${shown ? "shown" : ""}">
    <div class="head-title">
      <button
        type="button"
        aria-pressed=${shown}
        title=${fill(words.steps.heads.show, { head })}
        @click=${show}
      >
        ${fill(title, { head })}
      </button>
      ${most(model.figures[`a${head}`])}
      ${guard([state.wq, state.wk, state.wv, state.wo, state.dModel, state.headDim, words], () =>
        isSeeded(state, head)
          ? html`<span class="footnote">${fill(words.steps.heads.seeded, { seed: state.seed })}</span>`
          : nothing,
      )}
    </div>
    <div class="pair">
      ${
        model.lines
          ? lines(model, `a${head}`, layout.pitch.a)
          : matrix(model, `a${head}`, {
              pitch: layout.pitch.a,
              name: "above",
              sup: head,
              rowWords: head % layout.perRow === 0,
              chosen: shown ? undefined : show,
            })
      }
      ${matrix(model, `o${head}`, { pitch: layout.pitch.o, name: "above", sup: head })}
    </div>
  </div>`;
}

/** @param {Model} model */
function sentence({ state, figures, act }) {
  const { one, rule, many, manyItself, agree, agreeItself, mixes, another } = words.steps.heads;
  const last = say(mixes, { wo: math(figures.wo.name), numbers: numbers(sizes(state).dModel) });
  if (state.heads === 1) {
    const add = link(another, () => act.set("heads", ({ heads }) => heads + 1));
    return [say(one, { link: add }), " ", last];
  }
  const { concat, y, ...all } = figures;
  if (y.waits) return [rule, " ", last, " ", waiting(state, math(concat.name), math(y.name))];
  const row = largest(all[`a${state.head}`].sheet, state.focus);
  if (row.seen === 0) return [rule, " ", last];
  const other = otherHead(state);
  const best = (/** @type {number} */ head) =>
    largest(figures[`a${head}`].sheet, state.focus).at[0];
  const itself = best(other) === state.focus;
  const same = best(other) === best(state.head);
  const text = same ? (itself ? agreeItself : agree) : itself ? manyItself : many;
  const looks = say(text, {
    other: number(other),
    focus: token(state, state.focus),
    best: token(state, best(other)),
  });
  return [rule, " ", looks, " ", last];
}

/** @param {import("../state.js").State} state */
const otherHead = ({ head }) => (head === 0 ? 1 : 0);

/** @param {Model} model */
function another({ state, act }) {
  if (state.heads === 1) return nothing;
  const { other, tryOther } = words.steps.heads;
  const head = otherHead(state);
  const show = link(fill(other, { other: head }), () => act.set("head", head));
  return say(tryOther, { link: show });
}
