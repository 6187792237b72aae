// What the steps are for: word by word is no translation, since words change their order.
import { html, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { text } from "../parts/step.js";
import { fill, say } from "../parts/text.js";
import { words } from "../words.js";

const FRENCH = ["Le", "chat", "noir"];
/** The same words in French order, and in English order with the French word that each looks at. */
const WORD_BY_WORD = ["the", "cat", "black"];
const ENGLISH = ["the", "black", "cat"];
const LOOKS_AT = [0, 2, 1];

/** All in px: width of a column, y of the two lines of words, and where the links begin and end. */
const COLUMN = 80;
const LINES = { french: 22, english: 112 };
const LINKS = { from: 92, to: 32 };

export const translation = () => guard([words], story);

function story() {
  const { title, lead, looks, wordByWord, inOrder, byHand } = words.steps.translation;
  const sentence = (/** @type {readonly string[]} */ tokens, /** @type {string} */ lang) =>
    html`<bdi class="token" lang=${lang}>${tokens.join(" ")}</bdi>`;
  const one = (/** @type {string} */ word, /** @type {string} */ lang) => sentence([word], lang);
  const sentences = [
    say(lead, {
      source: sentence(FRENCH, "fr"),
      wrong: sentence(WORD_BY_WORD, "en"),
      right: sentence(ENGLISH, "en"),
    }),
    say(looks, {
      black: one("black", "en"),
      noir: one("noir", "fr"),
      cat: one("cat", "en"),
      chat: one("chat", "fr"),
    }),
  ];
  return html`<section class="step translation">
    ${text(undefined, title, sentences)}
    <div class="figure alignments">
      ${alignment(WORD_BY_WORD, [0, 1, 2], wordByWord)} ${alignment(ENGLISH, LOOKS_AT, inOrder)}
      <p class="hint">${byHand}</p>
    </div>
  </section>`;
}

/** @param {readonly string[]} english @param {readonly number[]} looksAt @param {string} caption */
function alignment(english, looksAt, caption) {
  const { link } = words.steps.translation;
  const x = (/** @type {number} */ i) => (i + 0.5) * COLUMN;
  const told = english.map((from, i) => fill(link, { from, to: FRENCH[looksAt[i]] })).join(", ");
  const width = COLUMN * FRENCH.length;
  const bend = (LINKS.from + LINKS.to) / 2;
  return html`<figure>
    <svg role="img" aria-label="${caption}: ${told}" width=${width} height="132" viewBox="0 0 ${width} 132">
      ${looksAt.map(
        (to, i) => svg`<path
          class=${to === i ? "" : "crossing"}
          d="M${x(i)} ${LINKS.from}C${x(i)} ${bend} ${x(to)} ${bend} ${x(to)} ${LINKS.to}"
        />`,
      )}
      ${FRENCH.map((word, i) => svg`<text lang="fr" x=${x(i)} y=${LINES.french}>${word}</text>`)}
      ${english.map((word, i) => svg`<text lang="en" x=${x(i)} y=${LINES.english}>${word}</text>`)}
    </svg>
    <figcaption>${caption}</figcaption>
  </figure>`;
}
