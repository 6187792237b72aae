// The visitor's way from top to end, in each browser, by mouse, by keyboard and by touch. After each
// step every number on the page is the library's own under Node. A new step is an entry of STEPS.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../dist/headlight/headlight.js";
import { run, sheet, transposed } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { serve } from "./browser.js";
import { frame, hands } from "./browsers/hands.js";
import { NAMES, start } from "./browsers/index.js";

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

  "writes a sentence of its own": async ({ hand, state }) => {
    await hand.write("le chat dort 🐈 ici");
    return documents.setText(state, "le chat dort 🐈 ici");
  },

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
    await agrees(tab, set("heads", 3)(state));
    await hand.press('[aria-label="Remove the last head"]');
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

/** @param {string} selector */
function isSeen(selector) {
  return (document.querySelector(selector)?.getClientRects().length ?? 0) > 0;
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
  const { head, heads } = state;
  const results = run(hl, state);
  /** @type {Record<string, { data: ArrayLike<number> }>} */
  const expected = {
    x: sheet(results.x),
    kt: transposed(sheet(results.k, head)),
    s: sheet(results.scores, head),
    l: sheet(results.logits, head),
    concat: sheet(results.concat),
    y: sheet(results.output),
  };
  for (const id of /** @type {const} */ (["q", "k", "v"])) expected[id] = sheet(results[id], head);
  for (const id of /** @type {const} */ (["wq", "wk", "wv"])) {
    expected[id] = { data: state[id][head].flat() };
  }
  expected.wo = { data: state.wo.slice(0, heads).flat(2) };
  for (let h = 0; h < heads; h++) {
    const { data } = sheet(results.logits, h);
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
  const digits = /^[−-]?(\d*)\.?(\d*)(?:e(\d+))?$/.exec(text);
  if (!digits || text === "") return false;
  const value = Number(text.replace("−", "-"));
  const last = 10 ** (Number(digits[3] ?? 0) - digits[2].length);
  return Math.abs(value - x) <= last * 0.5001 + 1e-6 * Math.abs(x);
}

/** @type {[hand: "mouse" | "keyboard" | "touch", width: number, height: number][]} */
const WAYS = [
  ["mouse", 1440, 900],
  ["keyboard", 1024, 768],
  ["touch", 390, 844],
];

for (const name of NAMES) {
  test(`the walk in ${name}`, async (t) => {
    const server = await serve("dist/site", { watched: name === "webkit" });
    const browser = await start(name);
    try {
      for (const [by, width, height] of WAYS) {
        await t.test(`by ${by}, ${width}×${height}`, async (t) => {
          const window = { width, height, theme: /** @type {const} */ ("light") };
          const tab = await browser.open(server.url, { ...window, touch: by === "touch" });
          const hand = hands(tab)[by];
          await tab.evaluate(ready);
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
          assert.deepEqual(await tab.faults(), []);
          await tab.close();
        });
      }
    } finally {
      await browser.close();
      await server.close();
    }
  });
}

/** Waits until the page computes. @returns {Promise<void>} */
async function ready() {
  while (!document.querySelector(".strip")) await new Promise((done) => setTimeout(done, 20));
}

/** Keeps what kinds of pointers press anything. */
function notePointers() {
  const kinds = new Set();
  Object.assign(globalThis, { pointerKinds: kinds });
  addEventListener("pointerdown", ({ pointerType }) => kinds.add(pointerType), true);
}

const pointers = () => [.../** @type {any} */ (globalThis).pointerKinds].map(String);
