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
import { meets, same, tries } from "./pipeline.js";
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

/** What edits of numbers change, which move nothing. @type {(keyof State)[]} */
const VALUES = ["vectors", "frozen", "wq", "wk", "wv", "wo"];

/** Numbers that come within this time take the place of those before them in one drawing, in
 * milliseconds: until then a veil hides what an edit has overtaken. After that the page is drawn
 * without numbers. */
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

/** @param {import("./pipeline.js").Core} hl */
function open(hl) {
  /** @type {number | undefined} */
  let frame;
  const { outcomeOf, prepare } = createComputer(hl, () => draw());
  const held = createModel((now = false) => {
    // The frame that shows an edit may be a while from now; the worker can begin.
    prepare(held.state);
    if (now) draw(false);
    else frame ??= requestAnimationFrame(() => draw());
  });
  /** What the figures show. @type {{ state: State, outcome: Outcome | undefined } | undefined} */
  let shown;
  /** While numbers may come that take the place of those before them. @type {number | undefined} */
  let patience;
  const moved = followAddress(held);
  /** @type {import("./model.js").Model | undefined} */
  let drawn;
  // Lines tie together what has been laid out. To ask for places earlier would cost a layout of its own;
  // an observer of anything is told after the frame's layout and before its paint, once it begins.
  const laidOut = new ResizeObserver(tie);

  function tie() {
    const model = drawn;
    if (!model) return;
    // Each measures and gives back what draws it, since to measure what has just been drawn is slow.
    const lines = [arcs, threads, hinge, unmet, guides, pinned].map((each) => each(main, model));
    for (const draw of lines) draw?.();
  }

  /** @param {boolean} [patient] whether what is shown may stay for a moment */
  function draw(patient = true) {
    if (frame !== undefined) cancelAnimationFrame(frame);
    frame = undefined;
    const { state } = held;
    const some = state.tokens.length > 0;
    const outcome = some ? outcomeOf(state) : undefined;
    const waits = some && !outcome;
    main.classList.toggle("waiting", waits);
    main.ariaBusy = `${waits}`;
    const overtaken = waits && patient && shown?.outcome && same(shown.state, state, VALUES);
    main.classList.toggle("overtaken", overtaken);
    if (overtaken) {
      patience ??= window.setTimeout(draw, SOON, false);
      return;
    }
    clearTimeout(patience);
    patience = undefined;
    if (!shown || outcome !== shown.outcome || state !== shown.state) {
      take(state, outcome);
      shown = { state, outcome };
    }
    held.theme = theme();
    const model = { ...held, layout: fitted(state), slant: slanting(state.tokens) };
    const tools = () => header(carry(model));
    render(guard([words, model.theme], tools), top);
    const stay = keyboard();
    const shows = held.failure ? nothing : page(model);
    render([hero(model), strip(model), shows, opened(model)], main);
    stay();
    drawn = model;
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
      held.figures = some ? figures(state, outcome?.results) : {};
      held.tries = outcome && tries(hl, state);
    } catch (error) {
      held.failure = fill(words.page.notComputed, { reason: reasonOf(error) });
      Object.assign(held, { figures: {}, editing: undefined });
    }
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

/** @param {import("./model.js").Model} model */
function page(model) {
  return html`<div class="page">
    <div class="loom ${model.layout.sideways ? "sideways" : ""}"><svg class="threads" aria-hidden="true"></svg>${steps.map((step) => step(model))}</div>
    ${reading(model)}
  </div>`;
}

/** What the popup holds. @param {import("./model.js").Model} model */
function opened(model) {
  const { menu = "", figures } = model;
  if (menu === "share") return popup(model, words.header.share, share(model));
  if (menu === "export") return popup(model, words.header.export, exporting(model));
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
