// The link to the page as it is now, or the file where no link can hold it.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { addressOf } from "../address.js";
import { stateSubject } from "../exports/subjects.js";
import { grouped } from "../format.js";
import { LONGEST, toLink } from "../link.js";
import { copy } from "../parts/copy.js";
import { take as takeAlong } from "../parts/take.js";
import { fill, plural } from "../parts/text.js";
import { words } from "../words.js";

/** Longer links do not get through everywhere. */
const LONG = 2000;

/** @param {import("../model.js").Model} model @param {import("../state.js").State} state */
export function share(model, state) {
  const { said, act } = model;
  const { link, length, long, tooLong, page, copy: label, copied, notCopied } = words.take;
  const { length: count } = toLink(state);
  if (count > LONGEST) {
    return html`<p class="hint">
        ${fill(tooLong, { count: grouped(count), limit: grouped(LONGEST) })}
      </p>
      ${takeAlong(model, page, stateSubject(state))}`;
  }
  const address = addressOf(state);
  const take = async () => act.say((await copy(address)) ? copied : notCopied);
  return html`<label class="what" for="address">${link}</label>
    <div class="row">
      <input id="address" readonly autofocus spellcheck="false" .value=${live(address)}
        @focus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()} />
      <button type="button" class="item" @click=${take}>${label}</button>
    </div>
    <p class="hint">
      ${fill(plural(length, address.length), { count: grouped(address.length) })}
      ${address.length > LONG ? long : nothing}
      <span role="status">${said ?? nothing}</span>
    </p>`;
}
