// The browser's address says what the page shows, and the page shows what the address asks for.
import { fromLink, LONGEST, toLink } from "./link.js";
import { Refusal } from "./state.js";

/** @typedef {Omit<import("./model.js").Model, "layout" | "slant">} Held */

/** Edits are written at most this often, in milliseconds: browsers count. */
const PAUSE = 500;

/** @param {Held} model @returns {() => void} to call after each change */
export function followAddress(model) {
  let { state, opened } = model;
  let written = state;
  /** @type {number | undefined} */
  let timer;
  let last = -PAUSE;

  function write() {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    if (state !== written) history.replaceState(null, "", addressOf(state));
    written = state;
  }

  function read() {
    try {
      model.act.load(fromLink(location.hash.slice(1)));
      ({ state, opened } = model);
      written = state;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      model.act.refuse(error);
    }
  }

  if (location.hash.length > 1) {
    read();
    model.past = [];
  }
  addEventListener("hashchange", read);
  addEventListener("pagehide", write);

  return () => {
    if (opened !== model.opened) {
      write();
      ({ state, opened } = model);
      written = state;
      history.pushState(null, "", addressOf(state));
    } else if (state !== model.state) {
      state = model.state;
      // An edit on its own is written at once: nobody asks before a page is reloaded.
      timer ??= window.setTimeout(write, Math.max(0, last + PAUSE - performance.now()));
    }
  };
}

/** The whole address of a page that shows a state; without a link where that would be one that no page
 * takes. @param {import("./state.js").State} state */
export function addressOf(state) {
  const { origin, pathname, search } = location;
  const link = toLink(state);
  return `${origin}${pathname}${search}${link && link.length <= LONGEST ? `#${link}` : ""}`;
}
