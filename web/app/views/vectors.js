// Steps 1 and 2, which share X: words become vectors, vectors become query, key and value.
import { html, nothing } from "lit";
import { typed, vector, worked } from "../format.js";
import { legend } from "../parts/legend.js";
import { matrix } from "../parts/matrix.js";
import { link, text } from "../parts/step.js";
import { clip, math, number, numbers, plural, say, token, waiting } from "../parts/text.js";
import { columnSlot, noResult, partner, rowSlot } from "../parts/unmet.js";
import { hides, meets } from "../pipeline.js";
import { rowOf } from "../rows.js";
import { embeddings, isInvented, sizes, vectorOf } from "../state.js";
import { isSegmented } from "../tokens.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

const ROLES = /** @type {const} */ (["q", "k", "v"]);

/** @param {Model} model */
export function vectors(model) {
  const { state, layout } = model;
  return html`<section class="step vectors ${state.positions ? "with-positions" : ""}">
    ${embedding(model)} ${projection(model)} ${state.positions ? sum(model) : nothing}
    <div class="figures ${layout.scroll ? "scroll" : ""}">
      <svg class="hinge" aria-hidden="true"></svg>
      <svg class="guides" aria-hidden="true"></svg>
      ${x(model)} ${projected(model)}
    </div>
  </section>`;
}

/** The list of ids ends here. */
const IDS = 16;

/** @param {Model} model */
function embedding({ state, figures, act }) {
  const { title, ids, segmented, lead, plain, positions, invented, ...tries } = words.steps.vectors;
  const focus = token(state, state.focus);
  const now = rowOf(figures.x.sheet, state.focus);
  const sentences = [say(lead, { numbers: numbers(sizes(state).dModel) })];
  if (state.positions && !figures.x.waits) {
    const parts = { focus, place: number(state.focus) };
    sentences[0].push(" ", ...say(positions, { ...parts, vector: number(vector(now, worked)) }));
  } else if (!state.positions) {
    const exact = number(vector(vectorOf(state, state.tokens[state.focus]), typed));
    sentences[0].push(" ", ...(twins(state) ?? say(plain, { focus, vector: exact })));
  }
  const unknown = state.tokens.some((token) => isInvented(state, token));
  const other = link(state.positions ? tries.off : tries.on, () =>
    act.set("positions", !state.positions),
  );
  return text(
    1,
    title,
    [
      ids,
      identified(state),
      ...sentences,
      isSegmented(state.tokens) ? segmented : nothing,
      unknown ? html`<span class="footnote">${invented}</span>` : nothing,
    ],
    nothing,
    say(state.positions ? tries.tryOff : tries.tryOn, { link: other }),
  );
}

/** Tokens with their ids. @param {import("../state.js").State} state */
function identified({ tokens }) {
  const different = [...new Set(tokens)];
  const shown = tokens.slice(0, IDS).map(
    (word) => html`<span class="identified">
      <bdi class="token">${clip(word)}</bdi> ${different.indexOf(word)}
    </span> `,
  );
  return tokens.length > IDS ? [shown, "…"] : shown;
}

/** Two tokens that nothing but their place tells apart. @param {import("../state.js").State} state */
function twins(state) {
  const { same, again, apart, masked } = words.steps.vectors;
  const all = embeddings(state);
  /** By their first number, so that few have to be compared whole. @type {Map<number, number[]>} */
  const seen = new Map();
  for (const [i, vector] of all.entries()) {
    const alike = seen.get(vector[0]) ?? [];
    const other = alike.find((j) => all[j].every((x, col) => x === vector[col]));
    if (other !== undefined) {
      const text = state.tokens[i] === state.tokens[other] ? again : same;
      const parts = { a: token(state, other), b: token(state, i) };
      return say(text, { ...parts, apart: hides(state) ? masked : apart });
    }
    seen.set(vector[0], [...alike, i]);
  }
  return undefined;
}

/** E + P, which fall into X. @param {Model} model */
function sum(model) {
  const { pitch } = model.layout;
  return html`<div class="figure sum">
    <div class="lane-x">${matrix(model, "e", { pitch: pitch.x, name: "above", rowWords: true })}</div>
    <span class="plus">+</span>
    <div class="lane-q">${matrix(model, "p", { pitch: pitch.x, name: "above" })}</div>
  </div>`;
}

/** @param {Model} model */
function x(model) {
  const { pitch, mode } = model.layout;
  const hint = mode === "phone" && !model.state.positions ? words.steps.vectors.hint : "";
  return html`<div class="figure x">
    ${matrix(model, "x", {
      pitch: pitch.x,
      // Arcs rise from its columns.
      name: meets(model.state) || mode === "phone" ? "above" : "corner",
      rowWords: true,
      note: html`<span class="hint">${hint}</span>`,
    })}
    ${columnSlot(model)} ${legend(model, signed(model))}
  </div>`;
}

/** What steps 1 and 2 draw, which all have one ramp and one range. @param {Model} model */
const signed = ({ state, figures: { e, p, x, wq, wk, wv, q, k, v } }) =>
  [...(state.positions ? [e, p] : []), x, wq, wk, wv, q, k, v].filter(({ waits }) => !waits);

/** The corners of step 2: X stands left of all three. On a phone there is room for one.
 * @param {Model} model */
function projected(model) {
  const { pitch, mode } = model.layout;
  const phone = mode === "phone";
  const roles = phone ? [model.role] : ROLES;
  return html`<div class="figure projected">
    ${phone ? switcher(model) : nothing}
    ${roles.map(
      (role) => html`<div class="corner lane-${role}">
        ${matrix(model, `w${role}`, { pitch: pitch.w, name: "above", bracket: true })}
        ${role === "q" ? rowSlot(model) : nothing}
        ${
          role === "q" && !meets(model.state)
            ? noResult(model)
            : matrix(model, role, { pitch: pitch.q, name: "below", bracket: true, rowWords: phone })
        }
      </div>`,
    )}
  </div>`;
}

/** @param {Model} model */
function switcher({ role, act }) {
  return html`<div class="views parts" role="group" aria-label=${words.steps.projections.title}>
    ${ROLES.map(
      (
        one,
      ) => html`<button type="button" class=${one} aria-pressed=${one === role} @click=${() => act.show(one)}>
        <var>${one.toUpperCase()}</var>
      </button>`,
    )}
  </div>`;
}

/** What W_Qᵀ on purpose leads to. @param {Model} model */
function mistaken({ state, figures }) {
  const { title, lead, columnCount, rowCount } = words.mistake;
  const { dModel, headDim } = sizes(state);
  const parts = {
    x: math(figures.x.name),
    wq: math(figures.wq.name, "q"),
    q: math(figures.q.name, "q"),
    k: math(figures.k.name, "k"),
    v: math(figures.v.name, "v"),
    columns: say(plural(columnCount, dModel), { count: number(dModel) }),
    rows: say(plural(rowCount, headDim), { count: number(headDim) }),
    partner: partner(state),
  };
  return text(2, title, [say(lead, parts)]);
}

/** @param {Model} model */
function projection(model) {
  const { state, figures } = model;
  if (!meets(state)) return mistaken(model);
  const { title, lead, equal, different } = words.steps.projections;
  const { wq, wk, wv, q, k, v } = figures;
  const role = (/** @type {"query" | "key" | "value"} */ kind) =>
    html`<span class=${kind[0]}>${words.kinds[kind]}</span>`;
  const row = (/** @type {import("../figures.js").Figure} */ { sheet }) =>
    number(vector(rowOf(sheet, state.focus), worked));
  const parts = {
    focus: token(state, state.focus),
    query: role("query"),
    key: role("key"),
    value: role("value"),
  };
  const alike = [wk, wv].every(({ sheet }) => sheet.data.every((x, i) => x === wq.sheet.data[i]));
  const names = { wq: math(wq.name), wk: math(wk.name), wv: math(wv.name) };
  const result = alike
    ? say(equal, { ...names, vector: row(q) })
    : say(different, { q: row(q), k: row(k), v: row(v) });
  const runs = say(words.mistake.runs, { wq: math(wq.name, "q") });
  return text(2, title, [
    [say(lead, parts), " ", q.waits ? waiting(state) : result],
    state.transposed ? runs : nothing,
  ]);
}
