// The sentence: what the focus token looks at, the tokens with the weights they get, and all of it as
// text.
import { html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { percent } from "../format.js";
import { legend } from "../parts/legend.js";
import { complaint, fill, math, number, say, seen, token } from "../parts/text.js";
import { tokens } from "../parts/tokens.js";
import { meets } from "../pipeline.js";
import { largest } from "../rows.js";
import { join, split } from "../tokens.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** @param {Model} model */
export function hero(model) {
  const { state, figures, failure, sentence, asText, act } = model;
  const weights = figures[`a${state.head}`];
  return html`<section class="hero">
    <div class="lead">
      <h1>${failure ?? (!weights || weights.waits ? blind(model) : lead(model))}</h1>
      <p class="truth">
        ${fill(words.page.untrained, { head: state.head })}
        <button type="button" class="as-text" aria-expanded=${asText} @click=${() => act.showText(!asText)}>
          ${asText ? words.tokens.done : words.tokens.asText}
        </button>
      </p>
    </div>
    ${weights ? legend(model, [weights], words.page.weight) : nothing}
    <div class="gaze"><svg aria-hidden="true"></svg>${tokens(model)}</div>
    ${asText ? text(model) : nothing}
    ${
      sentence
        ? html`<p class="refusal" role="alert">
            ${complaint(sentence)} ${words.refusals.sentenceInForce}
          </p>`
        : nothing
    }
  </section>`;
}

/** @param {Model} model */
function text({ state, sentence, act }) {
  return html`<label class="sentence">
    <span class="said">${words.page.sentence}</span>
    <textarea
      rows="1"
      spellcheck="false"
      autocomplete="off"
      aria-invalid=${sentence !== undefined}
      ${ref((element) => follow(element, state.tokens))}
      @input=${(/** @type {InputEvent} */ event) =>
        act.text(/** @type {HTMLTextAreaElement} */ (event.target).value, "text")}
      @keydown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        act.showText(false, true);
        document.querySelector(/** @type {"button"} */ (".as-text"))?.focus();
      }}
    ></textarea>
  </label>`;
}

/** The field keeps what was typed; it is rewritten only when the tokens come from elsewhere.
 * @param {Element | undefined} element @param {readonly string[]} tokens */
function follow(element, tokens) {
  const area = /** @type {HTMLTextAreaElement | undefined} */ (element);
  // It is given before it stands in the document, where alone it can take the focus.
  if (area && !area.isConnected) queueMicrotask(() => area.focus());
  if (!area || area.getAttribute("aria-invalid") === "true") return;
  const shown = split(area.value);
  if (shown.length !== tokens.length || shown.some((word, i) => word !== tokens[i])) {
    area.value = join(tokens);
  }
}

/** Without weights there is nothing to look at. @param {Model} model */
function blind({ state }) {
  const focus = token(state, state.focus);
  if (meets(state)) return say(words.lead.waiting, { focus });
  return say(words.lead.blind, { focus, q: math(["Q"], "q") });
}

/** @param {Model} model */
function lead({ state, figures }) {
  const { focus } = state;
  const row = largest(figures[`a${state.head}`].sheet, focus);
  const share = number(percent(row.value, row.value < 0.01 ? 1 : 0));
  const [a, b, c] = row.at.slice(0, 3).map((i) => seen(state, i));
  const count = row.at.length;
  const parts = { focus: token(state, focus), share, a, b, c, count };
  if (row.seen === 0) return say(words.lead.none, parts);
  if (row.seen === 1) return say(words.lead.only, parts);
  if (count === row.seen) return say(words.lead.alike, parts);
  if (count > 3) return say(words.lead.many, { ...parts, count: count - 2 });
  return say([words.lead.one, words.lead.two, words.lead.three][count - 1], parts);
}
