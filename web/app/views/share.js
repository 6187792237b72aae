// The link to the page as it is now.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { addressOf } from "../address.js";
import { grouped } from "../format.js";
import { copy } from "../parts/copy.js";
import { fill, plural } from "../parts/text.js";
import { words } from "../words.js";

/** Longer links do not get through everywhere. */
const LONG = 2000;

/** @param {import("../model.js").Model} model @param {import("../state.js").State} state */
export function share({ said, act }, state) {
  const address = addressOf(state);
  const { link, length, long, copy: label, copied, notCopied } = words.take;
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
