// The control strip: heads as live thumbnails, sizes and switches, and the way back. Once the sentence
// has left the window, the strip carries it.
import { html, nothing } from "lit";
import { ref } from "lit/directives/ref.js";
import { choice, numeric, toggle } from "../parts/control.js";
import { properties } from "../parts/directives.js";
import { drawn } from "../parts/matrix.js";
import { complaint, fill, math } from "../parts/text.js";
import { css, INKS, place, ramp } from "../ramp.js";
import { thinned } from "../rows.js";
import { sizes } from "../state.js";
import { direction, visible } from "../tokens.js";
import { words } from "../words.js";

/** @typedef {import("../model.js").Model} Model */

/** Longer sentences are not carried along. */
const CARRIED = 24;

/** @param {Model} model */
export function strip(model) {
  const { state, past, future, refusal, act } = model;
  const { headDim, heads } = sizes(state);
  const w = words.strip;
  return html`<div class="strip-place" ${ref(watch)}></div>
  <div class="strip" ${ref(measure)}>
    ${state.tokens.length <= CARRIED ? sentence(model) : nothing}
    <div class="settings" role="group" aria-label=${w.label}>
      <span class="heads">
        <span>${w.heads}</span>
        ${Array.from({ length: heads }, (_, head) => thumbnail(model, head))}
        <button type="button" class="bare" aria-label=${w.removeHead}
          @click=${() => act.set("heads", ({ heads }) => heads - 1)}>−</button>
        <button type="button" class="bare" aria-label=${w.addHead}
          @click=${() => act.set("heads", ({ heads }) => heads + 1)}>+</button>
      </span>
      ${numeric(model, "dModel", html`<span class="math"><var>d</var><sub>model</sub></span>`)}
      ${numeric(model, "headDim", w.headDim)}
      ${toggle(model, "positions", w.positions)}
      ${toggle(model, "scale", fill(w.scale, { headDim }))}
      ${choice(
        w.mask,
        "causal",
        [
          ["none", w.none],
          ["causal", w.causal],
        ],
        state.causal ? "causal" : "none",
        (value) => act.set("causal", value === "causal"),
      )}
      ${toggle(model, "transposed", html`${w.use} ${math(["W", "Q", "T"], "q")} ${w.onPurpose}`)}
      <button type="button" class="bare more" aria-expanded=${model.more} @click=${() => act.showMore(!model.more)}>
        ${w.more}
      </button>
      <span class="ways">
        <button type="button" class="bare" aria-disabled=${past.length === 0} @click=${() => act.undo()}>${w.undo}</button>
        <button type="button" class="bare" aria-disabled=${future.length === 0} @click=${() => act.redo()}>${w.redo}</button>
        <button type="button" class="bare" @click=${() => act.reset()}>${w.reset}</button>
      </span>
    </div>
    ${
      model.more
        ? html`<div class="settings further" role="group" aria-label=${w.further}>
            ${numeric(model, "window", w.window)} ${numeric(model, "softcap", w.softcap)}
            ${numeric(model, "temperature", w.temperature)} ${numeric(model, "padding", w.padding)}
          </div>`
        : nothing
    }
  </div>
  ${refusal && !refusal.at ? html`<p class="refusal" role="alert">${complaint(refusal.why)}</p>` : nothing}`;
}

/** The sentence at reading size. @param {Model} model */
function sentence({ state, figures, theme, act }) {
  const weights = figures[`a${state.head}`];
  const colours = ramp("weights", theme);
  const look = (/** @type {number} */ i) => {
    const weight = weights?.sheet.data[state.focus * weights.sheet.cols + i] ?? Number.NaN;
    if (Number.isNaN(weight)) return { ground: "transparent", ink: "" };
    const { range } = weights;
    return {
      ground: css(colours, weight, range),
      ink: INKS[colours.inks[place(colours, weight, range)]],
    };
  };
  return html`<div class="ribbon" dir=${direction(state.tokens)} role="group" aria-label=${words.strip.lookFrom}>
    ${state.tokens.map((word, i) => {
      const { ground, ink } = look(i);
      return html`<button
        type="button"
        class=${ink}
        aria-pressed=${i === state.focus}
        ${properties({ "--ground": ground })}
        @click=${() => act.set("focus", i)}
      ><bdi>${visible(word)}</bdi></button>`;
    })}
  </div>`;
}

/** @type {IntersectionObserver | undefined} */
let observer;

/** What the carried sentence takes above the strip, in px. */
const RIBBON = 34;

/** Where the strip stands until it sticks. @param {Element | undefined} place */
function watch(place) {
  observer ??= new IntersectionObserver(
    ([{ isIntersecting, boundingClientRect }]) => {
      const { classList } = document.documentElement;
      classList.toggle("stuck", !isIntersecting && boundingClientRect.top < RIBBON);
    },
    { rootMargin: `-${RIBBON}px 0px 0px` },
  );
  if (place) observer.observe(place);
}

/** What keeps clear of the strip has to know how high it is, which its second row and a narrow window
 * change. @type {ResizeObserver | undefined} */
let sizer;

/** @param {Element | undefined} strip */
function measure(strip) {
  sizer ??= new ResizeObserver(([{ target }]) => {
    const { height } = target.getBoundingClientRect();
    document.documentElement.style.setProperty("--strip", `${height}px`);
  });
  if (strip) sizer.observe(strip);
}

/** More rows than this do not show at the size of a thumbnail. */
const THUMBNAIL = 64;

/** @param {import("../figures.js").Figure} figure */
const small = (figure) => ({ ...figure, sheet: thinned(figure.sheet, THUMBNAIL) });

/** @param {Model} model @param {number} head */
function thumbnail(model, head) {
  const { state, figures, act } = model;
  const weights = figures[`a${head}`];
  return html`<button
    type="button"
    class="thumbnail"
    aria-pressed=${head === state.head}
    aria-label=${fill(words.strip.head, { head })}
    @click=${() => act.set("head", head)}
  >${weights && !weights.waits ? drawn(model, small(weights)) : nothing}</button>`;
}
