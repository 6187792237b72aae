// What a visitor chose for this machine: language and theme. They are no part of the document, so
// neither links nor files carry them.
import { language, languages, speak, words } from "./words.js";

/** @typedef {import("./ramp.js").Theme} Theme */

const dark = matchMedia("(prefers-color-scheme: dark)");
const print = matchMedia("print");
const system = () => /** @type {Theme} */ (dark.matches ? "dark" : "light");

let chosen = kept("theme");

/** Between the events that say so: some browsers print a copy, whose queries nobody hears. */
let printing = false;

/** Whether the page is drawn for paper. */
export const paper = () => printing || print.matches;

/** Paper is light. @returns {Theme} */
export function theme() {
  if (paper()) return "light";
  return chosen === "dark" || chosen === "light" ? chosen : system();
}

/** @type {() => void} */
let changed = () => {};

/** @param {() => void} draw called now, and after each change */
export function follow(draw) {
  changed = () => {
    const root = document.documentElement;
    root.lang = language;
    root.dataset.theme = theme();
    root.toggleAttribute("data-paper", paper());
    document.title = words.page.title;
    draw();
  };
  changed();
}

/** @param {import("./words.js").Language} next */
export function chooseLanguage(next) {
  speak(next);
  keep("language", next);
  changed();
}

/** To choose what the system has is to follow it again. */
export function toggleTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  chosen = next === system() ? null : next;
  keep("theme", chosen);
  changed();
}

/** The first language of the browser's that the page speaks, or the one chosen before. */
function first() {
  const wanted = [kept("language") ?? "", ...navigator.languages];
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase());
  return /** @type {import("./words.js").Language} */ (
    known.find((tag) => Object.hasOwn(languages, tag)) ?? "en"
  );
}

/** A browser may forbid its storage; the choice then lasts as long as the page.
 * @param {string} name */
function kept(name) {
  try {
    return localStorage.getItem(`headlight ${name}`);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value */
function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`headlight ${name}`);
    else localStorage.setItem(`headlight ${name}`, value);
  } catch {}
}

speak(first());
for (const query of [dark, print]) query.addEventListener("change", () => changed());
for (const [name, begins] of /** @type {const} */ ([
  ["beforeprint", true],
  ["afterprint", false],
])) {
  addEventListener(name, () => {
    printing = begins;
    changed();
  });
}
