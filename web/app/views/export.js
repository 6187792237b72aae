// What of the page becomes a file, and a file that becomes the page.
import { html } from "lit";
import { matrixSubject, sentenceSubject, stateSubject } from "../exports/subjects.js";
import { chooseFile } from "../parts/files.js";
import { closePopup } from "../parts/popup.js";
import { take } from "../parts/take.js";
import { fill } from "../parts/text.js";
import { words } from "../words.js";

/** @param {import("../model.js").Model} model @param {import("../state.js").State} newest */
export function exporting(model, newest) {
  const { state, figures, act } = model;
  const { head } = state;
  const weights = figures[`a${head}`];
  const logits = figures.l;
  const w = words.take;
  const open = () => {
    closePopup();
    chooseFile(act);
  };
  return html`
    ${take(model, w.page, stateSubject(newest))}
    <div class="row part"><button type="button" class="item" @click=${open}>${w.open}</button></div>
    ${
      weights && logits
        ? [
            take(model, w.sentence, sentenceSubject(state, weights), weights.waits),
            take(model, fill(w.weights, { head }), matrixSubject(state, weights), weights.waits),
            take(model, fill(w.logits, { head }), matrixSubject(state, logits), logits.waits),
          ]
        : ""
    }`;
}
