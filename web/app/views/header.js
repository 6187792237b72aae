// The header's tools beside the wordmark: language, theme, and how to read the page.
import { html, nothing, svg } from "lit";
import { math, say } from "../parts/text.js";
import { chooseLanguage, theme, toggleTheme } from "../preferences.js";
import { language, languages, words } from "../words.js";

const names = { en: "English", fr: "Français" };

const icons = {
  menu: svg`<path d="M1 4.5h17M1 9.5h17M1 14.5h17" />`,
  theme: svg`<circle cx="9.5" cy="9.5" r="6.5" /><path class="solid" d="M9.5 3a6.5 6.5 0 0 1 0 13z" />`,
  help: svg`<circle cx="9.5" cy="9.5" r="7" /><path d="M7.4 7.7a2.1 2.1 0 1 1 2.9 2c-.5.2-.8.6-.8 1.3" /><circle class="solid" cx="9.5" cy="13.2" r=".9" />`,
  close: svg`<path d="m4.5 4.5 10 10m0-10-10 10" />`,
};

/** @param {keyof typeof icons} name */
const icon = (name) =>
  html`<svg width="19" height="19" viewBox="0 0 19 19" aria-hidden="true">${icons[name]}</svg>`;

/** @param {unknown} carry what takes the page along: views for "Share" and "Export" */
export function header(carry = nothing) {
  const { label, menu, help: howTo, dark, light, languages: choice } = words.header;
  return html`
    <button type="button" class="icon menu" popovertarget="tools" aria-label=${menu}>${icon("menu")}</button>
    <div id="tools" class="tools" popover role="group" aria-label=${label}>
      ${carry === nothing ? nothing : html`<div class="carry">${carry}</div>`}
      <div class="languages" role="group" aria-label=${choice}>
        ${
          /** @type {import("../words.js").Language[]} */ (Object.keys(languages)).map(
            (tag) => html`<button
            type="button"
            lang=${tag}
            aria-label=${`${tag.toUpperCase()}, ${names[tag]}`}
            aria-pressed=${tag === language}
            @click=${() => chooseLanguage(tag)}
          >${tag.toUpperCase()}</button>`,
          )
        }
      </div>
      <button type="button" class="icon" @click=${toggleTheme}>
        ${icon("theme")}<span class="said">${theme() === "dark" ? light : dark}</span>
      </button>
      <button type="button" class="icon" @click=${() => dialog()?.showModal()}>
        ${icon("help")}<span class="said">${howTo}</span>
      </button>
    </div>
    ${help()}`;
}

const KEYS = /** @type {const} */ (["arrows", "enter", "escape", "step", "drag", "undo"]);

const dialog = () => /** @type {HTMLDialogElement | null} */ (document.querySelector(".help"));

/** Closed by Esc, by its button, and by a press beside it. */
function help() {
  const { title, rows, corner, fill, dotted, underline, keys, close } = words.help;
  const letters = { q: math(["Q"], "q"), k: math(["K"], "k"), v: math(["V"], "v") };
  const beside = (/** @type {Event} */ event) => event.target === dialog() && dialog()?.close();
  return html`<dialog class="help" aria-labelledby="help-title" @click=${beside}>
    <div>
      <h2 id="help-title">${title}</h2>
      <p>${rows}</p>
      <p>${corner}</p>
      <p>${say(fill, letters)}</p>
      <p>${say(dotted, { dotted: html`<span class="dotted">${underline}</span>` })}</p>
      <h3>${keys}</h3>
      <dl>
        ${KEYS.map((name) => html`<dt>${words.help[name][0]}</dt><dd>${words.help[name][1]}</dd>`)}
      </dl>
      <button type="button" class="icon close" aria-label=${close} @click=${() => dialog()?.close()}>${icon("close")}</button>
    </div>
  </dialog>`;
}
