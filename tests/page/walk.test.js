// The visitor's way from top to end, in each browser, by mouse, by keyboard and by touch. After each
// step every number on the page is the library's own under Node. A new step is an entry of STEPS.
import assert from "node:assert/strict";
import { load } from "../../dist/headlight/headlight.js";
import { figures } from "../../web/app/figures.js";
import { toFile } from "../../web/app/file.js";
import { fillMatrix } from "../../web/app/fills.js";
import { toLink } from "../../web/app/link.js";
import { run, sheet, transposed } from "../../web/app/pipeline.js";
import { moveToken, replaceTokens } from "../../web/app/sentence.js";
import * as documents from "../../web/app/state.js";
import { inEach } from "./browsers/each.js";
import { frame, hands, isSeen } from "./browsers/hands.js";
import { answer, catchFiles, saved } from "./browsers/take.js";

/** @typedef {import("./browsers/index.js").Tab} Tab */
/** @typedef {import("./browsers/hands.js").Hand} Hand */
/** @typedef {documents.State} State */
/** @typedef {{ tab: Tab, hand: Hand, state: State }} Way */
/** @typedef {(way: Way) => Promise<State>} Step does something, and says what state that must make */

const hl = await load();

/** @param {string} name @param {number | boolean} value */
const set = (name, value) => (/** @type {State} */ state) => documents.setField(state, name, value);

/** @param {"x" | documents.Projection} matrix @param {number} head
 * @param {number} row @param {number} col @param {number} value */
const put = (matrix, head, row, col, value) => (/** @type {State} */ state) =>
  documents.setNumber(state, { matrix, head, row, col }, value);

/** Fills a matrix from its menu. @param {string} id @param {...string} kinds of FILLS
 * @returns {Step} */
const fills =
  (id, ...kinds) =>
  async ({ tab, hand, state }) => {
    let filled = state;
    for (const kind of kinds) {
      await hand.menu(id);
      await hand.press(`.popup [data-fill=${kind}]`);
      // What is random may be wanted once more, so that its menu stays.
      if (kind === "random") await hand.leave(id);
      await tab.evaluate(frame);
      const target = figures(filled, run(hl, filled))[id];
      filled = fillMatrix(
        filled,
        /** @type {import("../../web/app/fills.js").Target} */ (target),
        kind,
      );
      await agrees(tab, filled);
    }
    return filled;
  };

/** Does something to a token that is looked from, and takes it back. @param {number} token
 * @param {(hand: Hand) => Promise<void>} act @param {(state: State) => State} transition
 * @returns {Step} */
const edits =
  (token, act, transition) =>
  async ({ tab, hand, state }) => {
    await hand.look(token);
    const looking = set("focus", token)(state);
    await act(hand);
    await tab.evaluate(frame);
    await agrees(tab, transition(looking));
    await hand.press(".strip button", "Undo");
    return looking;
  };

/** @type {Record<string, Step>} */
const STEPS = {
  "opens on the notebook": async ({ state }) => state,

  "asks where a number comes from": async ({ tab, hand, state }) => {
    const folded = await tab.evaluate(isSeen, ".unfold");
    if (folded) await hand.press(".unfold");
    await tab.evaluate(frame);
    await hand.press(".reading .go");
    await tab.evaluate(frame);
    assert.equal(await tab.evaluate(textOf, ".reading .named"), "score(chat → noir)");
    assert.equal(await tab.evaluate(textOf, ".reading tfoot td"), "3.47");
    await hand.press(".release");
    if (folded) await hand.press(".unfold");
    return state;
  },

  "edits an embedding": async ({ hand, state }) => {
    await hand.edit("x", 1, 0, "-.75");
    return put("x", 0, 1, 0, -0.75)(state);
  },

  "takes it back": async ({ hand, state }) => {
    await hand.press(".strip button", "Undo");
    return put("x", 0, 1, 0, 0.4)(state);
  },

  "and does it again, and takes it back": async ({ tab, hand, state }) => {
    await hand.press(".strip button", "Redo");
    await tab.evaluate(frame);
    await agrees(tab, put("x", 0, 1, 0, -0.75)(state));
    await hand.press(".strip button", "Undo");
    return state;
  },

  "makes the mistake on purpose, and mends it": async ({ tab, hand, state }) => {
    await hand.press("input[name=transposed]");
    await tab.evaluate(frame);
    assert.match(await tab.evaluate(textOf, "h1"), /cannot look anywhere yet/);
    assert.match(await tab.evaluate(textOf, ".reading .error"), /\(8x3 and 2x3\)/);
    await hand.press("input[name=transposed]");
    return state;
  },

  "edits a projection and W_O": async ({ hand, state }) => {
    await hand.edit("wk", 0, 1, "2");
    await hand.edit("wo", 3, 2, "-1.5");
    return put("wo", 1, 1, 2, -1.5)(put("wk", 0, 0, 1, 2)(state));
  },

  "types what is no number, is told so, and mends it": async ({ tab, hand, state }) => {
    await hand.edit("wq", 2, 1, "4x");
    await tab.evaluate(frame);
    assert.match(await tab.evaluate(textOf, ".complaint"), /“4x” is not a number/);
    await hand.edit("wq", 2, 1, "4");
    await tab.evaluate(frame);
    assert.equal(await tab.evaluate(textOf, ".complaint"), "");
    return put("wq", 0, 2, 1, 4)(state);
  },

  "looks from another token": async ({ hand, state }) => {
    await hand.look(3);
    return set("focus", 3)(state);
  },

  "edits a token": edits(
    5,
    (hand) => hand.retype(5, "chienne"),
    (state) => replaceTokens(state, 5, 1, "chienne"),
  ),

  "removes a token": edits(
    2,
    (hand) => hand.remove(2),
    (state) => replaceTokens(state, 2, 1, ""),
  ),

  "moves a token": edits(
    1,
    (hand) => hand.move(1),
    (state) => moveToken(state, 1, 2),
  ),

  "writes a sentence of its own": async ({ hand, state }) => {
    await hand.write("le chat dort 🐈 ici");
    // While it was typed there was one token, and the focus on it.
    return set("focus", 0)(documents.setText(state, "le chat dort 🐈 ici"));
  },

  "adds two tokens": async ({ tab, hand, state }) => {
    await hand.press(".tokens .add");
    await tab.evaluate(frame);
    await tab.type("et dort");
    await tab.key("Enter");
    return replaceTokens(state, 5, 0, "et dort");
  },

  "splits a token": edits(
    1,
    (hand) => hand.split(1),
    (state) => replaceTokens(state, 1, 1, "ch at"),
  ),

  "switches positions, mask and scale": async ({ hand, state }) => {
    await hand.press("input[name=positions]");
    await hand.choose("causal", "causal");
    await hand.press("input[name=scale]");
    return set("scale", false)(set("causal", true)(set("positions", true)(state)));
  },

  "shows another head": async ({ hand, state }) => {
    await hand.press('.thumbnail[aria-label="Head 1"]');
    return set("head", 1)(state);
  },

  "adds a head and takes one away": async ({ tab, hand, state }) => {
    await hand.press('[aria-label="Add a head"]');
    await tab.evaluate(frame);
    const more = set("heads", 3)(state);
    await agrees(tab, more);
    await hand.press('[aria-label="Remove the last head"]');
    return set("heads", 2)(more);
  },

  "fills matrices from their menus": fills("wq", "identity", "zeros", "random", "original"),

  "grows and shrinks": async ({ tab, hand, state }) => {
    let grown = state;
    for (const [name, value] of /** @type {const} */ ([
      ["dModel", 4],
      ["headDim", 4],
    ])) {
      await hand.set(name, `${value}`);
      await tab.evaluate(frame);
      grown = set(name, value)(grown);
      await agrees(tab, grown);
    }
    grown = await fills("wv", "transposed")({ tab, hand, state: grown });
    await hand.set("dModel", "3");
    await hand.set("headDim", "2");
    return set("headDim", 2)(set("dModel", 3)(grown));
  },

  "turns every other setting": async ({ tab, hand, state }) => {
    await hand.press(".more[aria-expanded=false]");
    await tab.evaluate(frame);
    let turned = state;
    for (const [name, text] of [
      ["window", "2"],
      ["softcap", "5"],
      ["temperature", ".5"],
      ["padding", "1"],
    ]) {
      await hand.set(name, text);
      await tab.evaluate(frame);
      turned = set(name, Number(text))(turned);
      await agrees(tab, turned);
    }
    return turned;
  },

  "shares the link": async ({ tab, hand, state }) => {
    await hand.menu("share");
    const link = await tab.evaluate(address);
    assert.equal(new URL(link).hash, `#${toLink(state)}`);
    await hand.press(".popup .item", "Copy");
    const copied = hand.trusted ? "Copied" : "This browser does not let the page copy.";
    assert.equal(await tab.evaluate(answer), copied);
    await hand.leave("share");
    return state;
  },

  "saves the page, starts again, and opens the file": async ({ tab, hand, state }) => {
    await catchFiles(tab);
    const { text } = await saved(tab, hand, "export", "headlight-1-state.json");
    assert.equal(text, toFile(state));
    await hand.press(".strip button", "Reset");
    await tab.evaluate(frame);
    await agrees(tab, documents.opening());
    await tab.evaluate(answerChooser, text);
    await hand.menu("export");
    await hand.press(".popup .item", "Open a file …");
    await tab.evaluate(tokensAre, state.tokens.length);
    return state;
  },

  "reads and edits it in French": async ({ tab, hand, state }) => {
    await hand.speak("fr");
    await tab.evaluate(frame);
    assert.match(await tab.evaluate(textOf, "h1"), /chat regarde presque seulement le/);
    await agrees(tab, state);
    await hand.edit("wk", 0, 0, "-,75");
    await tab.evaluate(frame);
    await agrees(tab, put("wk", 1, 0, 0, -0.75)(state));
    await hand.press(".strip button", "Annuler");
    await hand.speak("en");
    return state;
  },

  "starts again": async ({ hand }) => {
    await hand.press(".strip button", "Reset");
    return documents.opening();
  },
};

/** @param {string} selector */
function textOf(selector) {
  return document.querySelector(selector)?.textContent?.replace(/\s+/g, " ").trim() ?? "";
}

const address = () => /** @type {HTMLInputElement} */ (document.querySelector("#address")).value;

/** The dialogue that a browser opens is no part of the page; here it gives a file at once.
 * @param {string} text */
function answerChooser(text) {
  HTMLInputElement.prototype.click = function () {
    const { files, items } = new DataTransfer();
    items.add(new File([text], "page.json"));
    this.files = files;
    this.dispatchEvent(new Event("change"));
  };
}

/** Waits until there are so many. @param {number} count */
async function tokensAre(count) {
  while (document.querySelectorAll(".tokens [data-token]").length !== count) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

function lookingFrom() {
  const token = document.querySelector('.tokens [aria-pressed="true"]');
  return Number(token?.getAttribute("data-token"));
}

/** Every matrix that stands on the page as a table, in each of its places.
 * @returns {{ id: string, cells: string[] }[]} */
function tables() {
  const places = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-figure]:has(tbody)")
  );
  return Array.from(places, (place) => ({
    id: place.dataset.figure ?? "",
    cells: Array.from(place.querySelectorAll("tbody td"), (cell) => cell.textContent ?? ""),
  }));
}

/** All numbers on the page are those that follow from the state. @param {Tab} tab @param {State} state */
async function agrees(tab, state) {
  const { head, heads, focus } = state;
  assert.equal(await tab.evaluate(lookingFrom), focus, "the focus");
  const results = run(hl, state);
  /** @type {Record<string, { data: ArrayLike<number> }>} */
  const expected = {
    x: sheet(results.x),
    kt: transposed(sheet(results.k, head)),
    s: sheet(results.scores),
    l: sheet(results.logits),
    concat: sheet(results.concat),
    y: sheet(results.output),
  };
  for (const id of /** @type {const} */ (["q", "k", "v"])) expected[id] = sheet(results[id], head);
  for (const id of /** @type {const} */ (["wq", "wk", "wv"])) {
    expected[id] = { data: documents.projection(state, id, head).flat() };
  }
  const below = Array.from({ length: heads }, (_, h) => documents.projection(state, "wo", h));
  expected.wo = { data: below.flat(2) };
  for (let h = 0; h < heads; h++) {
    const { data } = sheet(results.logits);
    const weights = sheet(results.weights, h).data;
    expected[`a${h}`] = { data: weights.map((w, i) => (data[i] === -Infinity ? Number.NaN : w)) };
    expected[`o${h}`] = sheet(results.heads, h);
  }
  const shown = await tab.evaluate(tables);
  const ids = new Set(shown.map(({ id }) => id));
  for (const id of ["x", "q", "v", "kt", "s", `a${head}`, `o${head}`, "concat", "y"]) {
    assert.ok(ids.has(id), `${id} is on the page`);
  }
  for (const { id, cells } of shown) {
    const numbers = expected[id]?.data;
    if (!numbers) continue;
    assert.equal(cells.length, numbers.length, `${id}: cells`);
    cells.forEach((text, i) => {
      assert.ok(says(text, numbers[i]), `${id}, cell ${i} is “${text}”, expected ${numbers[i]}`);
    });
  }
}

/** Whether a text is a number to within its last digit; hidden cells say nothing.
 * @param {string} text @param {number} x */
function says(text, x) {
  if (Number.isNaN(x) || x === -Infinity) return text === "";
  const digits = /^[−-]?(\d*)[.,]?(\d*)(?:e(\d+))?$/.exec(text);
  if (!digits || text === "") return false;
  const value = Number(text.replace("−", "-").replace(",", "."));
  const last = 10 ** (Number(digits[3] ?? 0) - digits[2].length);
  return Math.abs(value - x) <= last * 0.5001 + 1e-6 * Math.abs(x);
}

/** @type {[hand: "mouse" | "keyboard" | "touch", width: number, height: number][]} */
const WAYS = [
  ["mouse", 1440, 900],
  ["keyboard", 1024, 768],
  ["touch", 390, 844],
];

inEach("the walk", async (onTab) => {
  for (const [by, width, height] of WAYS) {
    const walk = async (
      /** @type {Tab} */ tab,
      /** @type {import("node:test").TestContext} */ t,
    ) => {
      const hand = hands(tab)[by];
      await tab.evaluate(notePointers);
      let state = documents.opening();
      let well = true;
      for (const [what, step] of Object.entries(STEPS)) {
        if (!well) break;
        well = false;
        await t.test(what, async () => {
          state = await step({ tab, hand, state });
          await tab.evaluate(frame);
          await agrees(tab, state);
          well = true;
        });
      }
      assert.deepEqual(await tab.evaluate(pointers), by === "keyboard" ? [] : [by]);
    };
    await onTab(`by ${by}, ${width}×${height}`, walk, { width, height, touch: by === "touch" });
  }
});

/** Keeps what kinds of pointers press anything. */
function notePointers() {
  const kinds = new Set();
  Object.assign(globalThis, { pointerKinds: kinds });
  addEventListener("pointerdown", ({ pointerType }) => kinds.add(pointerType), true);
}

const pointers = () => [.../** @type {any} */ (globalThis).pointerKinds].map(String);
