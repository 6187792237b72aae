// What the views see, and what they can ask for. The document (state.js) changes only through here,
// where refusals are caught and the past is kept; what only concerns the screen lives beside it, where
// people point in pointing.js.
import { valueAt } from "./figures.js";
import { fillMatrix, setBlock } from "./fills.js";
import { typed } from "./format.js";
import { pointing } from "./pointing.js";
import { fieldOf } from "./saved.js";
import * as sentences from "./sentence.js";
import * as documents from "./state.js";
import { decimalSign } from "./words.js";

/** @typedef {documents.State} State */
/** @typedef {import("./pointing.js").At} At */
/** @typedef {{ cell: documents.Cell, text: string, refusal: documents.Refusal }} Draft what was typed and
 *   refused */
/** @typedef {{ about: string, state: State, past: State[], future: State[] }} Before what an open field found,
 *   and what its edits are about: what was typed can be taken back without a trace */
/** @typedef {{ at: number, count: number, text: string, before: Before, fresh: boolean }} TokenEdit
 *   `count` tokens from `at` on come from the text; `fresh` where there was no token */
/**
 * @typedef {object} Model
 * @property {State} state
 * @property {State[]} past
 * @property {State[]} future what undo took back
 * @property {number} opened how often another document took the place of one
 * @property {TokenEdit | undefined} token the tokens that are being typed
 * @property {boolean} asText whether the whole sentence is open as text
 * @property {boolean} more whether the strip's second row is unfolded
 * @property {string | undefined} menu what the popup is about: "share", "export", or a figure
 * @property {string | undefined} said what the popup answers
 * @property {At | undefined} over the cell that the pointer or the keyboard is on
 * @property {At | undefined} at the cell that the reading is about: that one, or the locked one
 * @property {boolean} locked whether `at` stays while pointer and keyboard wander
 * @property {At[]} trail the cells that links have led away from
 * @property {boolean} unfolded whether a small window shows the whole reading
 * @property {string | undefined} copied what was copied last of this reading
 * @property {"q" | "k" | "v"} role which of query, key and value is seen where one has to do
 * @property {boolean} lines whether heads are drawn as lines between tokens, not as matrices
 * @property {boolean} fitted whether colours of weights end at the largest one of all heads
 * @property {(At & { text: string, typing: boolean, before: Before }) | undefined} editing the open field;
 *   `typing` when it was opened by a letter
 * @property {Map<string, Draft>} drafts by cellKey, so that they outlast a look at another head
 * @property {documents.Refusal | undefined} sentence why the field's text is not the sentence
 * @property {{ why: documents.Refusal, at?: At } | undefined} refusal of the last setting, or of a block of
 *   numbers, which began at a cell
 * @property {import("./ramp.js").Theme} theme
 * @property {State} drawn the state that figures belong to, which may be a moment older, as the rest from
 *   here on filled in by the frame that draws
 * @property {Record<string, import("./figures.js").Figure>} figures what follows from that state
 * @property {ReturnType<typeof import("./pipeline.js").tries> | undefined} tries where they lead
 * @property {string | undefined} failure why there are none
 * @property {import("./layout.js").Layout} layout
 * @property {(width: number) => boolean} slant whether some token is wider than a column
 * @property {ReturnType<typeof actions>} act
 */

/** @typedef {(now?: boolean) => void} Changed what to call after a change: the page is drawn in the
 * next frame, or now, where the next key must already find what is new */

/** @param {Changed} changed
 * @returns {Omit<Model, "layout" | "slant">} */
export function createModel(changed) {
  const state = documents.opening();
  /** @type {Omit<Model, "act" | "layout" | "slant">} */
  const model = {
    state,
    drawn: state,
    past: [],
    future: [],
    opened: 0,
    token: undefined,
    asText: false,
    more: false,
    menu: undefined,
    said: undefined,
    over: undefined,
    at: undefined,
    locked: false,
    trail: [],
    unfolded: false,
    copied: undefined,
    role: "q",
    lines: false,
    fitted: false,
    editing: undefined,
    drafts: new Map(),
    sentence: undefined,
    refusal: undefined,
    theme: "light",
    figures: {},
    tries: undefined,
    failure: undefined,
  };
  return Object.assign(model, { act: actions(model, changed) });
}

/** Fields that move cells away from under the pointer. */
const MOVES = new Set(["heads", "head", "positions", "dModel", "headDim", "transposed"]);

/** Fields that only say where people look: not what undo is for. */
const LOOKS = new Set(["head", "focus"]);

/** @param {Omit<Model, "act" | "layout" | "slant">} model @param {Changed} changed */
function actions(model, changed) {
  /** What the last edit was about: edits of one thing in a row are one step back; "" is a step of
   * its own. */
  let last = "";
  /** Whether the tokens change because one is being typed. */
  let typing = false;

  /** @param {string} about @param {(state: State) => State} transition
   * @returns {documents.Refusal | undefined} */
  function change(about, transition) {
    try {
      const next = transition(model.state);
      if (next === model.state) return undefined;
      if (about === "" || about !== last) model.past = [...model.past, model.state];
      last = about;
      Object.assign(model, { state: next, future: [], refusal: undefined });
      keepDrafts((_, { cell }) => documents.exists(next, cell));
      return undefined;
    } catch (error) {
      if (error instanceof documents.Refusal) return error;
      throw error;
    } finally {
      changed();
    }
  }

  /** A change that undo does not count. @param {(state: State) => State} transition */
  function look(transition) {
    const { past, future } = model;
    const about = last;
    const refusal = change("", transition);
    Object.assign(model, { past, future });
    last = about;
    return refusal;
  }

  /** A field opens: its edits are a step of their own. @param {string} about @returns {Before} */
  function begin(about) {
    last = "";
    const { state, past, future } = model;
    return { about, state, past, future };
  }

  /** Takes back what a field has changed since it was opened. Where nothing else has changed meanwhile,
   * neither undo nor redo shows a trace of it. @param {Before} before
   * @param {(state: State) => State} transition */
  function takeBack({ about, past, future }, transition) {
    const alone = last === about;
    change(about, transition);
    if (alone) Object.assign(model, { past, future });
    last = "";
  }

  const { point, here, acts: looks } = pointing(model, changed);

  /** Cells have moved: what was pointed at and edited is not there any more. What is locked stays,
   * as long as it exists. */
  function letGo() {
    point(undefined);
    model.editing = undefined;
  }

  /** Drafts are kept in a new map after each change of them, so that tables see at a glance whether they
   * have to change too. @param {(key: string, draft: Draft) => boolean} stays
   * @param {[string, Draft][]} more */
  function keepDrafts(stays, ...more) {
    const kept = [...model.drafts].filter(([key, draft]) => stays(key, draft));
    if (more.length > 0 || kept.length < model.drafts.size) {
      model.drafts = new Map([...kept, ...more]);
    }
  }

  /** Another document altogether.
   * @param {State} state @param {State[]} past @param {State[]} [future] */
  function replace(state, past, future = []) {
    Object.assign(model, { state, past, future, sentence: undefined, refusal: undefined });
    Object.assign(model, { token: undefined });
    last = "";
    letGo();
    keepDrafts(() => false);
    changed();
  }

  /** A number as it was typed, which may be refused: then it has changed nothing, nor has what was typed on
   * the way to it. @param {Omit<Draft, "refusal">} draft @param {Before} [before]
   * @param {boolean} [waits] whether it is not said yet, if so */
  function enter({ cell, text }, before, waits = false) {
    const key = documents.cellKey(cell);
    const refusal = change(key, (state) =>
      documents.setNumber(state, cell, documents.parseNumber(text, decimalSign())),
    );
    const others = (/** @type {string} */ other) => other !== key;
    if (!refusal || waits) return keepDrafts(others);
    if (before) restore(cell, before);
    keepDrafts(others, [key, { cell, text, refusal }]);
  }

  /** A cell's number is again as its field found it. @param {documents.Cell} cell
   * @param {Before} before */
  function restore({ matrix }, before) {
    const name = matrix === "x" ? "vectors" : matrix === "p" ? "frozen" : matrix;
    const was = before.state[name];
    takeBack(before, (state) => (state[name] === was ? state : { ...state, [name]: was }));
  }

  /** A matrix that people can edit, unless it is not where it is seen any more.
   * @param {string} figure */
  function target(figure) {
    const { cell, ...rest } = model.figures[figure];
    if (!cell) throw new Error(`${figure} cannot be edited`);
    const { state, drawn } = model;
    const moved =
      state.tokens !== drawn.tokens ||
      [...MOVES].some((name) => fieldOf(state, name) !== fieldOf(drawn, name));
    return moved ? undefined : { ...rest, cell };
  }

  /** @param {At} at */
  const cellAt = ({ figure, row, col }) => target(figure)?.cell(row, col);

  /** Another sentence, or a refusal that names what was wrong with the text.
   * @param {string} about @param {(state: State) => State} transition */
  function resay(about, transition) {
    const before = model.state.tokens;
    model.sentence = change(about, transition);
    if (model.state.tokens === before) return;
    if (!typing) model.token = undefined;
    letGo();
    keepDrafts((key) => !key.startsWith("x "));
  }

  /** Whether a field holds a text that was refused: it would be lost. */
  const unsettled = () => model.sentence && (model.token || model.asText);

  /** A whole matrix or a block of it. @param {At} at where that begins
   * @param {(state: State, target: import("./fills.js").Target) => State} transition
   * @returns {boolean} whether it was accepted */
  function refill(at, transition) {
    const matrix = target(at.figure);
    if (!matrix) return false;
    last = "";
    const why = change("", (state) => transition(state, matrix));
    model.refusal = why && { why, at };
    if (why) return false;
    model.editing = undefined;
    const { sheet, cell } = matrix;
    const keys = new Set();
    for (let row = 0; row < sheet.rows; row++) {
      for (let col = 0; col < sheet.cols; col++) keys.add(documents.cellKey(cell(row, col)));
    }
    keepDrafts((key) => !keys.has(key));
    return true;
  }

  return {
    ...looks,
    /** The whole sentence. @param {string} text @param {string} [about] the same for what is one step back
     * together, as typing is */
    text: (text, about = "") => resay(about, (state) => documents.setText(state, text)),
    /** A text in the place of `count` tokens. @param {number} at @param {number} count
     * @param {string} text */
    retoken(at, count, text) {
      if (unsettled()) return;
      resay("", (state) => sentences.replaceTokens(state, at, count, text));
    },
    /** Opens a token's field, or an empty one before it; a text that was refused has to be mended or
     * given up first. @param {number} at @param {0 | 1} [count] */
    openToken(at, count = 1) {
      this.closeToken();
      if (unsettled()) return;
      model.sentence = undefined;
      const text = count ? model.state.tokens[at] : "";
      letGo();
      model.token = { at, count, text, before: begin("token"), fresh: count === 0 };
      changed(true);
    },
    /** What stands in a token's field now: as many tokens as it splits into. @param {string} text */
    typeToken(text) {
      const open = model.token;
      if (!open) return;
      const { length } = model.state.tokens;
      typing = true;
      resay("token", (state) => sentences.replaceTokens(state, open.at, open.count, text));
      typing = false;
      const count = model.sentence ? open.count : open.count + model.state.tokens.length - length;
      model.token = { ...open, text, count };
    },
    /** The tokens stay as typed, or as they were before. A refused text stays open.
     * @param {boolean} [discard] */
    closeToken(discard = false) {
      const open = model.token;
      if (!open || (model.sentence && !discard)) return;
      model.token = undefined;
      model.sentence = undefined;
      const { tokens, focus } = open.before.state;
      if (discard && model.state.tokens !== tokens) {
        takeBack(open.before, (state) => documents.setTokens(state, tokens, focus));
      }
      last = "";
      changed(true);
    },
    /** Goes on to a new token behind those that were typed. */
    nextToken() {
      const open = model.token;
      this.closeToken();
      if (open && !model.token) this.openToken(open.at + open.count, 0);
    },
    /** The whole sentence as one text. A refused one stays open, unless it is given up.
     * @param {boolean} open @param {boolean} [discard] */
    showText(open, discard = false) {
      this.closeToken();
      if (unsettled() && !discard) return;
      model.asText = open;
      model.sentence = undefined;
      last = "";
      changed(true);
    },
    /** An open field goes along. @param {number} from @param {number} to */
    moveToken(from, to) {
      const along = model.token?.at === from;
      this.closeToken();
      if (unsettled()) return;
      resay("", (state) => sentences.moveToken(state, from, to));
      if (along) this.openToken(to);
    },
    /** @param {string} word */
    adopt(word) {
      change("", (state) => sentences.adopt(state, word));
    },
    /** @param {string} figure @param {string} kind of FILLS */
    fill: (figure, kind) =>
      refill({ figure, row: 0, col: 0 }, (state, matrix) => fillMatrix(state, matrix, kind)),
    /** A block of numbers, or a text that gives one, from a cell on.
     * @param {string} figure @param {number} row @param {number} col
     * @param {() => number[][]} block may refuse */
    block: (figure, row, col, block) =>
      refill({ figure, row, col }, (state, matrix) => setBlock(state, matrix, row, col, block())),
    /** @param {string} name a field of the state
     * @param {number | boolean | null | ((state: State) => number)} value or how to find it
     * @param {string} [about] the same for changes that are one step back together */
    set(name, value, about = "") {
      const next = typeof value === "function" ? value(model.state) : value;
      const transition = (/** @type {State} */ state) => documents.setField(state, name, next);
      const why = LOOKS.has(name) ? look(transition) : change(about, transition);
      model.refusal = why && { why };
      if (MOVES.has(name)) letGo();
      // The mistake explains itself before any number does.
      if (name === "transposed") this.free();
    },
    /** A field's number as it was typed. @param {string} name @param {() => number | null} value */
    read(name, value) {
      try {
        this.set(name, value());
      } catch (error) {
        if (!(error instanceof documents.Refusal)) throw error;
        this.refuse(error);
      }
    },
    /** What the popup is about, which opens next. @param {string} [menu] */
    showMenu(menu) {
      if (menu === model.menu && model.said === undefined) return;
      Object.assign(model, { menu, said: undefined });
      changed(true);
    },
    /** @param {string} text */
    say(text) {
      model.said = text;
      changed();
    },
    /** @param {boolean} more */
    showMore(more) {
      model.more = more;
      changed();
    },
    /** @param {"q" | "k" | "v"} role */
    show(role) {
      model.role = role;
      changed();
    },
    /** Where the colours of weights end: at the largest one of all heads, or where they always do.
     * @param {boolean} fitted */
    fit(fitted) {
      model.fitted = fitted;
      changed();
    },
    /** Heads as lines between tokens, or as matrices. @param {boolean} lines */
    draw(lines) {
      model.lines = lines;
      changed();
    },
    undo() {
      const state = model.past.at(-1);
      if (state) replace(state, model.past.slice(0, -1), [...model.future, model.state]);
    },
    redo() {
      const state = model.future.at(-1);
      if (state) replace(state, [...model.past, model.state], model.future.slice(0, -1));
    },
    /** Another document, from a file or a link; undo goes back. @param {State} state */
    load(state) {
      model.opened++;
      replace(state, [...model.past, model.state]);
    },
    /** Says why a link or a file was not opened. @param {documents.Refusal} why */
    refuse(why) {
      model.refusal = { why };
      changed();
    },
    reset() {
      this.load(documents.opening());
    },
    /** Opens the field that the keyboard is on. @param {string} figure @param {string} [letter] */
    openHere(figure, letter) {
      const { row, col } = here(figure);
      this.open(figure, row, col, letter);
    },
    /** @param {string} figure @param {number} row @param {number} col @param {string} [letter] */
    open(figure, row, col, letter) {
      const at = { figure, row, col };
      const cell = cellAt(at);
      if (!cell) return;
      const key = documents.cellKey(cell);
      const held =
        model.drafts.get(key)?.text ?? typed(valueAt(model.state, model.figures[figure], row, col));
      point(at);
      const typing = letter !== undefined;
      model.editing = { ...at, text: letter ?? held, typing, before: begin(key) };
      changed(true);
      if (letter) this.type(letter);
    },
    /** What stands in the open field now. A number in the making is let be until the field closes.
     * @param {string} text @param {boolean} [closing] */
    type(text, closing = false) {
      const at = model.editing;
      const cell = at && cellAt(at);
      if (!cell) return;
      at.text = text;
      const waits = !closing && documents.isUnfinished(text, decimalSign());
      enter({ cell, text }, at.before, waits);
    },
    /** What was refused may be a number in another language. */
    reread() {
      for (const draft of model.drafts.values()) enter(draft);
    },
    /** Nothing is locked any more, nor said of a block. */
    free() {
      if (model.refusal?.at) {
        model.refusal = undefined;
        changed();
      }
      looks.free();
    },
    /** Steps the number of the open field. @param {number} size @returns {string} as typed */
    step(size) {
      if (!model.editing) return "";
      const { figure, row, col } = model.editing;
      const value = valueAt(model.state, model.figures[figure], row, col) + size;
      const text = typed(Number(value.toFixed(10)));
      this.type(text);
      return text;
    },
    /** Steps the number of a cell whose field is closed. One drag is one step back, however many
     * numbers it goes through; where they end it stays. @param {At} at @param {number} size */
    scrub(at, size) {
      const cell = cellAt(at);
      if (!cell) return;
      const key = documents.cellKey(cell);
      const value = valueAt(model.state, model.figures[at.figure], at.row, at.col) + size;
      change(key, (state) => documents.setNumber(state, cell, Number(value.toFixed(10))));
      keepDrafts((other) => other !== key);
    },
    /** The next edit is a step back of its own. */
    pause() {
      last = "";
    },
    /** The number stays as it was typed, or goes back to what the field found. */
    close(discard = false) {
      const at = model.editing;
      const cell = at && cellAt(at);
      if (!cell) return;
      const { figure, row, col } = at;
      if (discard) {
        keepDrafts((other) => other !== documents.cellKey(cell));
        restore(cell, at.before);
      } else if (documents.isUnfinished(at.text, decimalSign())) this.type(at.text, true);
      model.editing = undefined;
      point({ figure, row, col });
      last = "";
      changed();
    },
  };
}
