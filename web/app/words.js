// Every word on the page that is not a number or a letter of a formula, one table per language.
// {names} are filled in by the views, which own the marks: tokens in serif, numbers in ink.
import { en } from "./words/en.js";
import { fr } from "./words/fr.js";

/** @typedef {"en" | "fr"} Language */

/** @type {Record<Language, typeof en>} */
export const languages = { en, fr };

/** The language that the page speaks. Both are live bindings: importers see the change. */
export let language = /** @type {Language} */ ("en");
export let words = languages[language];

/** @param {Language} next */
export function speak(next) {
  language = next;
  words = languages[next];
}

/** The sign before decimals that people may type. */
export const decimalSign = () =>
  /** @type {import("./state.js").DecimalSign} */ (words.numbers.decimal);
