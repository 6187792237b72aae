// The sentence: what the focus token looks at, the tokens with the weights they get, and all of it as
// text.
import { html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { percent } from "../format.js";
import { legend } from "../parts/legend.js";
import { complaint, fill, math, number, plural, say, seen, token } from "../parts/text.js";
import { tokens } from "../parts/tokens.js";
import { meets } from "../pipeline.js";
import { emphasis, largest } from "../rows.js";
import { originOf } from "../state.js";
import { direction, join, segment } from "../tokens.js";
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
        ${untrained(state)}
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
      dir=${direction(state.tokens)}
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
  const shown = segment(area.value);
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
  const how = emphasis(row);
  const one = number(percent(row.value));
  const parts = { focus: token(state, focus), share: one, count: row.seen };
  if (how === "none" || how === "alike" || how === "evenly") return say(words.lead[how], parts);
  const { alone, each, two, three, many } = words.lead;
  const count = row.at.length;
  if (count === 1 && row.at[0] === focus) return say(alone[how], parts);
  // A language may turn the verb for itself, but not in a list.
  const others = row.at.filter((i) => i !== focus);
  const named = [...others, ...row.at.filter((i) => i === focus)].slice(0, 3);
  const [a, b, c] = named.map((i) => seen(state, i));
  const list = count > 3 ? plural(many, count - 2) : ["{a}", two, three][count - 1];
  const best = say(list, { a, b, c, count: count - 2 });
  return say(words.lead[how], { ...parts, best, share: count > 1 ? say(each, parts) : one });
}

/** Where the numbers of the shown head come from. @param {import("../state.js").State} state */
function untrained(state) {
  const { head, seed } = state;
  return fill(words.page.untrained[originOf(state, head)], { head, seed });
}
