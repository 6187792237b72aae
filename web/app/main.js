// The page: loads the core, then draws the model, at most once per frame.
import { html, nothing, render } from "lit";
import { guard } from "lit/directives/guard.js";
import { load } from "../headlight/headlight.js";
import { followAddress } from "./address.js";
import { createComputer } from "./compute.js";
import { figures } from "./figures.js";
import { keeper } from "./kept.js";
import { layout, onPaper } from "./layout.js";
import { createModel } from "./model.js";
import { followClipboard } from "./parts/clipboard.js";
import { followFiles } from "./parts/files.js";
import { describe } from "./parts/matrix.js";
import { popup } from "./parts/popup.js";
import { clip, fill } from "./parts/text.js";
import { alike, meets, tries } from "./pipeline.js";
import { follow, paper, theme } from "./preferences.js";
import { sizes } from "./state.js";
import { arcs } from "./views/arcs.js";
import { carry } from "./views/carry.js";
import { exporting } from "./views/export.js";
import { guides } from "./views/guides.js";
import { header } from "./views/header.js";
import { heads } from "./views/heads.js";
import { hero } from "./views/hero.js";
import { hinge } from "./views/hinge.js";
import { matrixMenu } from "./views/menu.js";
import { mix } from "./views/mix.js";
import { pinned } from "./views/pinned.js";
import { reading } from "./views/reading.js";
import { scores } from "./views/scores.js";
import { share } from "./views/share.js";
import { softmax } from "./views/softmax.js";
import { strip } from "./views/strip.js";
import { threads } from "./views/threads.js";
import { translation } from "./views/translation.js";
import { unmet } from "./views/unmet.js";
import { vectors } from "./views/vectors.js";
import { words } from "./words.js";

/** The notebook's steps, in reading order, and what they are for. */
const steps = [vectors, scores, softmax, mix, heads, translation];

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const notice = /** @type {HTMLElement} */ (document.querySelector("#notice"));
const top = /** @type {HTMLElement} */ (document.querySelector("header"));

const hasWebAssembly = typeof WebAssembly !== "undefined";

/** Longer than this, and people should know what they wait for, in milliseconds. */
const SLOW = 400;

/** What is shown stays this long, in milliseconds, while newer numbers are on their way: it agrees with
 * itself, inputs and results. After that the newest inputs are drawn without numbers. */
const SOON = 100;

/** Until the core runs, the page is the story that index.html tells. */
async function start() {
  tell(() => nothing);
  const slow = setTimeout(tell, SLOW, () => words.page.loading);
  const hl = await core().catch(failed);
  clearTimeout(slow);
  if (!hl) return;
  tell(() => nothing);
  open(hl);
}

/** What stands under the header, in the language of the moment. @param {() => unknown} what */
function tell(what) {
  follow(() => {
    render(header(), top);
    render(what(), notice);
  });
}

function core() {
  return hasWebAssembly ? load() : Promise.reject();
}

/** @param {unknown} error */
function failed(error) {
  tell(() => {
    const reason = hasWebAssembly ? reasonOf(error) : words.page.noWebAssembly;
    return html`${fill(words.page.loadFailed, { reason })}
      <button type="button" @click=${start}>${words.page.retry}</button>`;
  });
}

/** @param {unknown} error */
const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./compute.js").Outcome} Outcome */
/** @typedef {import("./model.js").Model} Model */
/** @typedef {{ state: State, outcome: Outcome | undefined }} Picture without an outcome while its numbers are
 *   not there */

/** @param {import("./pipeline.js").Core} hl */
function open(hl) {
  /** @type {number | undefined} */
  let frame;
  const { answerTo, prepare } = createComputer(hl, () => draw());
  const held = createModel((now = false) => {
    // The frame that shows an edit may be a while from now; the worker can begin.
    prepare(held.state);
    if (now) draw();
    else frame ??= requestAnimationFrame(() => draw());
  });
  /** What the figures show. @type {(Picture & { fitted: boolean }) | undefined} */
  let shown;
  /** What they showed last that had numbers. @type {Outcome | undefined} */
  let seen;
  /** While newer numbers may come soon. @type {number | undefined} */
  let patience;
  const moved = followAddress(held);
  /** Of what the figures show, and of the newest state. @type {Record<"model" | "now", Model> | undefined} */
  let drawn;
  // Lines tie together what has been laid out. To ask for places earlier would cost a layout of its own;
  // an observer of anything is told after the frame's layout and before its paint, once it begins.
  const laidOut = new ResizeObserver(tie);

  function tie() {
    if (!drawn) return;
    const { model, now } = drawn;
    // Each measures and gives back what draws it, since to measure what has just been drawn is slow.
    const lines = [
      arcs(main, now),
      ...[threads, hinge, unmet, guides, pinned].map((each) => each(main, model)),
    ];
    for (const draw of lines) draw?.();
  }

  /** What of the newest state can be seen by now.
   * @param {boolean} late whether what is shown has been waited on for long enough @returns {Picture} */
  function picture(late) {
    const { state } = held;
    const answer = state.tokens.length > 0 ? answerTo(state) : undefined;
    if (!answer || alike(answer.state, state)) return { state, outcome: answer?.outcome };
    const { outcome } = answer;
    // An older state's, with its own inputs: it is drawn, and stays for a moment.
    if (outcome !== seen) return { state: lookingAs(state, answer.state), outcome };
    if (late || shown?.outcome !== seen) return { state, outcome: undefined };
    return { state: lookingAs(state, shown.state), outcome };
  }

  /** @param {boolean} [late] */
  function draw(late = false) {
    if (frame !== undefined) cancelAnimationFrame(frame);
    frame = undefined;
    const { state, outcome } = picture(late);
    const waits = held.state.tokens.length > 0 && !(outcome && alike(state, held.state));
    main.classList.toggle("waiting", waits);
    main.ariaBusy = `${waits}`;
    if (late || !waits || outcome !== shown?.outcome) {
      clearTimeout(patience);
      patience = undefined;
    }
    if (waits && outcome) patience ??= window.setTimeout(draw, SOON, true);
    if (
      !shown ||
      outcome !== shown.outcome ||
      state !== shown.state ||
      held.fitted !== shown.fitted
    ) {
      take(state, outcome);
      shown = { state, outcome, fitted: held.fitted };
      seen = outcome ?? seen;
    }
    held.theme = theme();
    const model = { ...held, state, layout: fitted(state), slant: slanting(state.tokens) };
    // The sentence and the settings are always the newest ones; another sentence's weights have no place there.
    const fits = state.tokens === held.state.tokens;
    const now = { ...model, state: held.state, figures: fits ? held.figures : {} };
    const tools = () => header(carry(now));
    render(guard([words, now.theme], tools), top);
    const stay = keyboard();
    const shows = held.failure ? nothing : page(model);
    render([hero(now), strip(now), shows, opened(model, held.state)], main);
    stay();
    drawn = { model, now };
    laidOut.disconnect();
    laidOut.observe(top);
    moved();
  }

  /** Without numbers nothing of the last state's may stay: no figure, no cell, no open field. While
   * they are being computed, what follows from the inputs is blank.
   * @param {State} state @param {Outcome | undefined} outcome */
  function take(state, outcome) {
    try {
      if (outcome && "error" in outcome) throw new Error(outcome.error);
      const some = state.tokens.length > 0;
      held.failure = some ? undefined : words.page.empty;
      held.figures = some ? figures(state, outcome?.results, held.fitted) : {};
      held.tries = outcome && tries(hl, state);
    } catch (error) {
      held.failure = fill(words.page.notComputed, { reason: reasonOf(error) });
      Object.assign(held, { figures: {}, editing: undefined });
    }
    held.drawn = state;
    held.act.settle();
  }

  followClipboard(held);
  followFiles(held.act);
  main.replaceChildren();
  main.removeAttribute("lang");
  follow(() => {
    shown = undefined; // a failure is told in the language that was spoken
    held.act.reread();
    draw();
    if (paper()) tie(); // which has no next frame
  });
  addEventListener("resize", () => draw());
  addEventListener("keydown", (event) => {
    if (isField(event.target)) return;
    if (event.key === "Escape") held.act.free();
    else if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (event.shiftKey) held.act.redo();
      else held.act.undo();
    }
  });
}

/** A state as it is seen from where the newest one looks. @param {State} newest @param {State} state
 * @returns {State} */
function lookingAs({ tokens, focus }, state) {
  return tokens === state.tokens && focus !== state.focus ? { ...state, focus } : state;
}

/** Where the keyboard is. What comes back brings it to the nearest place that is left, where that
 * element has gone. */
function keyboard() {
  const element = document.activeElement;
  /** @type {Element[]} */
  const around = [];
  for (let each = element; each; each = each.parentElement) around.push(each);
  return () => {
    if (element?.isConnected || document.activeElement !== document.body) return;
    const left = around.find((each) => each.isConnected);
    const place = left?.closest('[tabindex="-1"]') ?? left?.querySelector('button, [tabindex="0"]');
    /** @type {HTMLElement | null | undefined} */ (place)?.focus({ preventScroll: true });
  };
}

/** Where Escape and undo mean something else. @param {EventTarget | null} target */
function isField(target) {
  return (
    target instanceof Element &&
    target.closest("input:not([type=checkbox]), textarea, select, dialog, :popover-open") !== null
  );
}

/** @param {Model} model */
function page(model) {
  return html`<div class="page">
    <div class="loom ${model.layout.sideways ? "sideways" : ""}"><svg class="threads" aria-hidden="true"></svg>${steps.map((step) => step(model))}</div>
    ${reading(model)}
  </div>`;
}

/** What the popup holds. @param {Model} model @param {State} newest what a link and a file hold */
function opened(model, newest) {
  const { menu = "", figures } = model;
  if (menu === "share") return popup(model, words.header.share, share(model, newest));
  if (menu === "export") return popup(model, words.header.export, exporting(model, newest));
  const figure = figures[menu];
  if (!figure) return popup(model, "", nothing);
  return popup(model, describe(figure), matrixMenu(model, figure));
}

/** @type {ReturnType<typeof keeper<import("./layout.js").Layout>>} */
const keepLayout = keeper();

/** The page's measures, which its style sheet is told when they change. @param {State} state */
function fitted(state) {
  const shapes = /** @type {const} */ ([sizes(state), !meets(state)]);
  const from = [paper(), innerWidth, ...Object.values(shapes[0]), shapes[1]];
  return keepLayout(from, () => {
    const made = paper() ? onPaper(...shapes) : layout(innerWidth, ...shapes);
    for (const [name, value] of Object.entries(made.properties)) {
      document.documentElement.style.setProperty(name, value);
    }
    return made;
  });
}

const pen = document.createElement("canvas").getContext("2d");

/** The widest of the tokens that were measured last, in px. */
let widest = { tokens: /** @type {readonly string[]} */ ([]), width: 0 };

/** Whether column words have to slant, which they do together, in columns of a given width.
 * @param {readonly string[]} tokens */
function slanting(tokens) {
  if (pen && widest.tokens !== tokens) {
    pen.font = `12.7px ${getComputedStyle(document.documentElement).getPropertyValue("--serif")}`;
    const widths = tokens.map((word) => pen.measureText(clip(word)).width);
    widest = { tokens, width: Math.max(0, ...widths) };
  }
  return (/** @type {number} */ width) => widest.width > width + 2;
}

start();
