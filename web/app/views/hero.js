// The sentence: what the focus token looks at, the tokens with the weights they get, and the field.
import { html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { percent, probability } from "../format.js";
import { properties } from "../parts/directives.js";
import { legend } from "../parts/legend.js";
import { complaint, fill, number, say, token } from "../parts/text.js";
import { css, INKS, place, ramp } from "../ramp.js";
import { largest } from "../rows.js";
import { isInvented } from "../state.js";
import { join, split } from "../tokens.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** @param {Model} model */
export function hero(model) {
  const { state, figures, failure, sentence } = model;
  const weights = figures[`a${state.head}`];
  return html`<section class="hero">
    <div class="lead">
      <h1>${failure ?? lead(model)}</h1>
      <p class="truth">${fill(words.page.untrained, { head: state.head })}</p>
    </div>
    ${weights ? legend(model, [weights], words.page.weight) : nothing}
    ${weights ? html`<div class="gaze"><svg aria-hidden="true"></svg>${tokens(model)}</div>` : nothing}
    <label class="sentence">
      <span>${words.page.sentence}</span>
      <textarea
        rows="1"
        spellcheck="false"
        autocomplete="off"
        aria-invalid=${sentence !== undefined}
        ${ref((element) => follow(element, state.tokens))}
        @input=${(/** @type {InputEvent} */ event) =>
          model.act.text(/** @type {HTMLTextAreaElement} */ (event.target).value)}
      ></textarea>
    </label>
    ${
      sentence
        ? html`<p class="refusal" role="alert">
            ${complaint(sentence)} ${words.refusals.sentenceInForce}
          </p>`
        : nothing
    }
  </section>`;
}

/** The field keeps what was typed; it is rewritten only when the tokens come from elsewhere.
 * @param {Element | undefined} element @param {readonly string[]} tokens */
function follow(element, tokens) {
  const area = /** @type {HTMLTextAreaElement | undefined} */ (element);
  if (!area || area.getAttribute("aria-invalid") === "true") return;
  const shown = split(area.value);
  if (shown.length !== tokens.length || shown.some((word, i) => word !== tokens[i])) {
    area.value = join(tokens);
  }
}

/** @param {Model} model */
function lead({ state, figures }) {
  const { focus } = state;
  const row = largest(figures[`a${state.head}`].sheet, focus);
  const share = number(percent(row.value, row.value < 0.01 ? 1 : 0));
  const name = (/** @type {number} */ i) => (i === focus ? words.lead.itself : token(state, i));
  const [a, b, c] = row.at.map(name);
  const count = row.at.length;
  const parts = { focus: token(state, focus), share, a, b, c, count };
  if (row.seen === 1) return say(words.lead.only, parts);
  if (count === row.seen) return say(words.lead.alike, parts);
  if (count > 3) return say(words.lead.many, { ...parts, count: count - 2 });
  return say([words.lead.one, words.lead.two, words.lead.three][count - 1], parts);
}

/** @param {Model} model */
function tokens({ state, figures, theme, act }) {
  const { ramp: name, range, sheet } = figures[`a${state.head}`];
  const colours = ramp(name, theme);
  const size = state.tokens.length > 64 ? "crowd" : state.tokens.length > 12 ? "many" : "";
  const weight = (/** @type {number} */ i) => sheet.data[state.focus * sheet.cols + i];
  return html`<ol class="tokens ${size}" aria-label=${fill(words.page.tokens, {
    focus: state.tokens[state.focus],
  })}>
    ${repeat(
      state.tokens,
      (_, i) => i,
      (word, i) => {
        const hidden = Number.isNaN(weight(i));
        const shown = hidden ? 0 : weight(i);
        const ink = hidden ? "hidden" : INKS[colours.inks[place(colours, shown, range)]];
        return html`<li>
          <button
            type="button"
            class="token-button ${ink} ${isInvented(state, word) ? "invented" : ""}"
            aria-pressed=${i === state.focus}
            @click=${() => act.set("focus", i)}
            ${properties({ "--ground": hidden ? "transparent" : css(colours, shown, range) })}
          >
            <bdi>${word}</bdi>
          </button>
          <span class="share">${hidden ? words.reading.hidden : probability(shown, 3)}</span>
        </li>`;
      },
    )}
  </ol>`;
}
