// From text to tokens and back, and the numbers of a word that nobody gave any.

const MARK = '[,;:!?.()«»"…]';
/** What French leaves at the start of a word when a vowel follows: l', d', qu', jusqu' … */
const ELISION = "(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’]";
/** Tried in this order wherever the last token ended; anything else runs to a space or a mark. */
const TOKEN = new RegExp(`${MARK}|${ELISION}|[^\\s,;:!?.()«»"…]+`, "giu");

/** Halves of characters, which no address and no file in UTF-8 can hold. */
const HALVES = /\p{Surrogate}/gu;

/**
 * Splits text at white space; marks are tokens of their own, an elision ends with its apostrophe
 * (l'homme → l' homme); NFC, case kept.
 * @param {string} text
 * @returns {string[]}
 */
export function split(text) {
  return text.replace(HALVES, "\ufffd").normalize("NFC").match(TOKEN) ?? [];
}

/** Letters of Chinese and Japanese, which stand without spaces, and what belongs to one. */
const LETTER = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー]";
const RUN = new RegExp(`${LETTER}(?:${LETTER}|\\p{M})*`, "gu");
const SPACED = new RegExp(`${LETTER}\\s+${LETTER}`, "u");

/** Older browsers have none: then what stands without spaces is one token.
 * @type {Intl.Segmenter | undefined} */
const words = Intl.Segmenter && new Intl.Segmenter("ja", { granularity: "word" });

/** Whether some token is one of Chinese or Japanese, as the browser tells words apart there.
 * @param {readonly string[]} tokens */
export const isSegmented = (tokens) =>
  words !== undefined && tokens.some((word) => word.search(RUN) >= 0);

/**
 * A text as people write it: split(), and what Chinese and Japanese have without spaces as the browser tells
 * its words apart, unless some stand between spaces: then those say where. Browsers do not all agree, so
 * links and files hold the tokens themselves.
 * @param {string} text
 * @returns {string[]}
 */
export function segment(text) {
  const tokens = split(text);
  if (!words || SPACED.test(text)) return tokens;
  return tokens.flatMap((token) => {
    /** @type {string[]} */
    const parts = [];
    let end = 0;
    for (const { 0: run, index } of token.matchAll(RUN)) {
      parts.push(
        token.slice(end, index),
        ...Array.from(words.segment(run), (word) => word.segment),
      );
      end = index + run.length;
    }
    return [...parts, token.slice(end)].filter(Boolean);
  });
}

/** Characters that nobody sees, nothing else. */
const UNSEEN = /^[\p{Default_Ignorable_Code_Point}\p{Cc}\u2800\ufff9-\ufffb]+$/u;

/** A token so that it can be seen: what is invisible by its numbers in Unicode. @param {string} word */
export function visible(word) {
  if (!UNSEEN.test(word)) return word;
  const number = (/** @type {string} */ sign) => sign.codePointAt(0)?.toString(16).toUpperCase();
  return Array.from(word, (sign) => `U+${number(sign)?.padStart(4, "0")}`).join(" ");
}

/** Letters of the scripts that run from right to left. */
const LEFTWARD =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;

/** Where a sentence runs: to where most of its letters do. @param {readonly string[]} tokens
 * @returns {"ltr" | "rtl"} */
export function direction(tokens) {
  let [all, leftward] = [0, 0];
  for (const token of tokens) {
    for (const [letter] of token.matchAll(/\p{L}/gu)) {
      all++;
      if (LEFTWARD.test(letter)) leftward++;
    }
  }
  return leftward > all / 2 ? "rtl" : "ltr";
}

const noSpaceBefore = /^[,.)…]$/;
const noSpaceAfter = new RegExp(`^(?:\\(|${ELISION})$`, "iu");

/** The text of tokens: split(join(tokens)) gives the same tokens. @param {readonly string[]} tokens */
export function join(tokens) {
  return tokens.reduce((text, token, i) => {
    const glued = i === 0 || noSpaceBefore.test(token) || noSpaceAfter.test(tokens[i - 1]);
    return text + (glued ? token : ` ${token}`);
  }, "");
}

const encoder = new TextEncoder();

/** The last text that was hashed: whole rows of numbers differ in the byte alone. */
let begun = { text: "", h: 0x811c9dc5 };

/**
 * A 32-bit hash of a text's UTF-8 bytes and one more byte: FNV-1a, then MurmurHash3's finalizer,
 * because FNV-1a alone hardly spreads its last byte. Links and habits depend on it: never change it.
 * @param {string} text
 * @param {number} byte
 */
export function hash(text, byte) {
  if (text !== begun.text) {
    let h = 0x811c9dc5;
    for (const b of encoder.encode(text)) h = Math.imul(h ^ b, 0x01000193);
    begun = { text, h };
  }
  let h = Math.imul(begun.h ^ (byte & 255), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Vectors already made, by d_model and word; forgotten when there are too many.
 * @type {Map<number, Map<string, number[]>>} */
const invented = new Map();
const REMEMBERED = 4096;
let remembered = 0;

/**
 * The vector of a word that has none: one of the tenths −.9 … .9 per dimension, from the word alone,
 * so that the same word has the same numbers everywhere and for ever.
 * @param {string} word in NFC
 * @param {number} dModel
 * @returns {readonly number[]}
 */
export function invent(word, dModel) {
  const known = invented.get(dModel)?.get(word);
  if (known) return known;
  if (++remembered > REMEMBERED) {
    invented.clear();
    remembered = 1;
  }
  const vector = Array.from({ length: dModel }, (_, i) => ((hash(word, i) % 19) - 9) / 10);
  const vectors = invented.get(dModel) ?? new Map();
  invented.set(dModel, vectors.set(word, vector));
  return vector;
}
