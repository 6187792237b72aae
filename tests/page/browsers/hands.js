// How a visitor does things on the page: by mouse, by keyboard or by touch. The steps of the walk say
// what they want done; only this file knows how each of them does it.

/** @typedef {import("./index.js").Tab} Tab */
/**
 * @typedef {object} Hand
 * @property {boolean} trusted whether browsers take it for a person, whom they let copy
 * @property {(selector: string, text?: string) => Promise<void>} press a button or switch, by what it
 *   says where several match
 * @property {(id: string, row: number, col: number, text: string) => Promise<void>} edit a cell
 * @property {(name: string, value: string) => Promise<void>} choose from a list
 * @property {(token: number) => Promise<void>} look from a token
 * @property {(text: string) => Promise<void>} write another sentence, as text
 * @property {(name: string, text: string) => Promise<void>} set a number among the settings
 * @property {(menu: string) => Promise<void>} menu opens the popup of a matrix, of Share or of Export
 * @property {(menu: string) => Promise<void>} leave closes it
 * @property {(tag: string) => Promise<void>} speak a language
 * @property {(token: number, text: string) => Promise<void>} retype a token
 * @property {(token: number) => Promise<void>} split a token in its middle
 * @property {(token: number) => Promise<void>} remove a token
 * @property {(token: number) => Promise<void>} move a token one place on
 */

const SENTENCE = ".sentence textarea";
const AS_TEXT = ".as-text";
const TOOLS = "header .menu";
/** What the header opens, not a matrix's name. */
const HEADER = ["share", "export"];

const nameOf = (/** @type {string} */ menu) => `[data-menu="${menu}"]`;

/** @param {Tab} tab @returns {Record<"mouse" | "keyboard" | "touch", Hand>} */
export const hands = (tab) => ({
  mouse: {
    ...pointer(tab, tab.click, (point) => tab.click(point, 2)),
    async move(token) {
      const to = await tab.evaluate(middle, tokenAt(token + 1));
      await tab.drag(await tab.evaluate(middle, tokenAt(token)), to);
      await tab.evaluate(frame);
    },
  },
  touch: { ...pointer(tab, tab.tap), trusted: tab.touches },
  keyboard: keyboard(tab),
});

const tokenAt = (/** @type {number} */ token) => `.tokens [data-token="${token}"]`;

/** @param {Tab} tab @param {Tab["tap"]} press
 * @param {Tab["tap"]} [double] presses twice, where that is more than two presses @returns {Hand} */
function pointer(tab, press, double) {
  /** @param {string} selector @param {string} [text] */
  const at = async (selector, text) => press(await tab.evaluate(middle, selector, text));
  /** Goes on where something is, behind a button where the window is small.
   * @param {string} selector @param {string} button */
  const unfold = async (selector, button) => {
    if (await tab.evaluate(isSeen, selector)) return;
    await at(button);
    await tab.evaluate(frame);
  };
  /** On a phone step 2 has room for one of Q, K and V. @param {string} id */
  const part = (id) => unfold(`[data-figure="${id}"]`, `.parts .${id.at(-1)}`);
  /** By touch the first tap may only show what the second one edits. @param {string} selector */
  const untilEditing = async (selector) => {
    for (let tries = 0; tries < 2 && !(await tab.evaluate(editing)); tries++) {
      await at(selector);
      await tab.evaluate(frame);
    }
  };
  /** Presses a tool under an open field. @param {number} token @param {string} name */
  const tool = async (token, name) => {
    await open(token);
    await at(`.token-tools [aria-label="${name}"]`);
    await tab.evaluate(frame);
  };
  /** @param {number} token */
  const open = async (token) => {
    if (double) await double(await tab.evaluate(middle, tokenAt(token)));
    else await untilEditing(tokenAt(token));
    await tab.evaluate(frame);
  };
  return {
    trusted: true,
    press: at,
    async edit(id, row, col, text) {
      await part(id);
      await untilEditing(
        `[data-figure="${id}"] tbody tr:nth-child(${row + 1}) td:nth-of-type(${col + 1})`,
      );
      await overwrite(tab, text);
    },
    // What a native list shows when it opens is no part of the page.
    choose: (name, value) => tab.evaluate(choose, name, value),
    look: (token) => at(tokenAt(token)),
    async write(text) {
      await at(AS_TEXT);
      await tab.evaluate(frame);
      await at(SENTENCE);
      await tab.key("a", "Control");
      await tab.type(text);
      await at(AS_TEXT);
    },
    async set(name, text) {
      await at(`input[name=${name}]`);
      await tab.evaluate(frame);
      await overwrite(tab, text);
    },
    async menu(menu) {
      if (HEADER.includes(menu)) await unfold(nameOf(menu), TOOLS);
      else await part(menu);
      await at(nameOf(menu));
      await tab.evaluate(frame);
    },
    async leave(menu) {
      await at(nameOf(menu));
      if (await tab.evaluate(isSeen, ".tools:popover-open")) await at(TOOLS);
    },
    async speak(tag) {
      await unfold(".languages", TOOLS);
      await at(`.languages [lang=${tag}]`);
      if (await tab.evaluate(isSeen, ".tools:popover-open")) await at(TOOLS);
    },
    async retype(token, text) {
      await open(token);
      await overwrite(tab, text);
    },
    split: (token) => tool(token, "Split at the cursor"),
    remove: (token) => tool(token, "Remove the token"),
    async move(token) {
      await tool(token, "Move right");
      await tab.key("Enter");
    },
  };
}

/** @param {Tab} tab @returns {Hand} */
function keyboard(tab) {
  /** @param {string} selector @param {string} [text] */
  const press = async (selector, text) => {
    await walkTo(tab, selector, text);
    await tab.key(" ");
  };
  /** @param {number} token */
  const look = async (token) => {
    await walkTo(tab, '.tokens [aria-pressed="true"]');
    await tab.key("Home");
    await tab.evaluate(frame);
    for (let i = 0; i < token; i++) {
      await tab.key("ArrowRight");
      await tab.evaluate(frame);
    }
  };
  /** A key on a token. @param {number} token @param {string} key @param {...string} held */
  const on = async (token, key, ...held) => {
    await look(token);
    await tab.key(key, ...held);
    await tab.evaluate(frame);
  };
  return {
    trusted: true,
    press,
    look,
    async edit(id, row, col, text) {
      await walkTo(tab, `[data-figure="${id}"]`);
      // To the corner first: a matrix may remember where the keyboard was.
      const [rows, cols] = await tab.evaluate(size, id);
      for (let i = 1; i < rows; i++) await tab.key("ArrowUp");
      for (let i = 1; i < cols; i++) await tab.key("ArrowLeft");
      for (let i = 0; i < row; i++) await tab.key("ArrowDown");
      for (let i = 0; i < col; i++) await tab.key("ArrowRight");
      await tab.key("Enter");
      await overwrite(tab, text);
    },
    async choose(name, value) {
      await walkTo(tab, `select[name="${name}"]`);
      await tab.evaluate(choose, name, value);
    },
    async write(text) {
      await walkTo(tab, AS_TEXT);
      await tab.key(" ");
      await tab.evaluate(frame);
      await walkTo(tab, SENTENCE);
      await tab.key("a", "Control");
      await tab.type(text);
      await walkTo(tab, AS_TEXT);
      await tab.key(" ");
    },
    async set(name, text) {
      await walkTo(tab, `input[name=${name}]`);
      await overwrite(tab, text);
    },
    async menu(menu) {
      await press(nameOf(menu));
      await tab.evaluate(frame);
    },
    leave: () => tab.key("Escape"),
    speak: (tag) => press(`.languages [lang=${tag}]`),
    async retype(token, text) {
      await on(token, "Enter");
      await overwrite(tab, text);
    },
    async split(token) {
      await on(token, "Enter");
      const { length } = await tab.evaluate(held);
      await tab.key("Home");
      for (let i = 0; i < length >> 1; i++) await tab.key("ArrowRight");
      await tab.key(" ");
      await tab.key("Enter");
    },
    remove: (token) => on(token, "Delete"),
    move: (token) => on(token, "ArrowRight", "Alt"),
  };
}

/** Types over what stands in the open field, which is selected. @param {Tab} tab @param {string} text */
async function overwrite(tab, text) {
  if (!(await tab.evaluate(editing))) throw new Error("no field is open");
  await tab.type(text);
  await tab.key("Enter");
}

/** Goes from where the focus is to an element by Tab alone. @param {Tab} tab @param {string} selector
 * @param {string} [text] */
async function walkTo(tab, selector, text) {
  for (let tries = 0; tries < 300; tries++) {
    const way = await tab.evaluate(wayTo, selector, text);
    if (way === "here") return;
    if (way === "back") await tab.key("Tab", "Shift");
    else await tab.key("Tab");
  }
  throw new Error(`Tab never reaches ${selector} ${text ?? ""}`);
}

// What runs in the page.

/** @param {string} selector */
export const isSeen = (selector) =>
  (document.querySelector(selector)?.getClientRects().length ?? 0) > 0;

const editing = () =>
  document.activeElement?.matches("input.editor, .token-field input, .numeric input") ?? false;

const held = () => /** @type {HTMLInputElement} */ (document.activeElement).value;

/** Waits until what was done is drawn, and until nothing waits for numbers any more. */
export async function frame() {
  do await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  while (document.querySelector("main.waiting"));
}

/** Puts a sentence into the field at once, as a paste does. @param {string} text */
export async function writeSentence(text) {
  const button = /** @type {HTMLElement} */ (document.querySelector(".as-text"));
  if (button.getAttribute("aria-expanded") !== "true") button.click();
  await new Promise((done) => requestAnimationFrame(done));
  const area = /** @type {HTMLTextAreaElement} */ (document.querySelector(".sentence textarea"));
  area.value = text;
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** @param {string} name @param {string} value */
function choose(name, value) {
  const list = /** @type {HTMLSelectElement} */ (document.querySelector(`select[name="${name}"]`));
  list.value = value;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {string} id */
function size(id) {
  const rows = document.querySelectorAll(`[data-figure="${id}"] tbody tr`);
  return [rows.length, rows[0].querySelectorAll("td").length];
}

/** @param {string} selector @param {string} [text] */
function wayTo(selector, text) {
  const all = [...document.querySelectorAll(selector)];
  const target = all.find((each) => !text || each.textContent?.trim() === text);
  if (!target) throw new Error(`there is no ${selector} ${text ?? ""}`);
  const { activeElement } = document;
  if (activeElement === target) return "here";
  const place = activeElement?.compareDocumentPosition(target) ?? 0;
  return place & Node.DOCUMENT_POSITION_PRECEDING ? "back" : "on";
}

/** The middle of an element, scrolled to, where nothing may lie above it.
 * @param {string} selector @param {string} [text] */
async function middle(selector, text) {
  const all = [...document.querySelectorAll(selector)];
  const target = all.find((each) => !text || each.textContent?.trim() === text);
  if (!target) throw new Error(`there is no ${selector} ${text ?? ""}`);
  target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  // What sticks to the window's edge may move once the page has been scrolled.
  let [box, before] = [target.getBoundingClientRect(), new DOMRect()];
  for (let tries = 0; tries < 20 && (box.x !== before.x || box.y !== before.y); tries++) {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    [before, box] = [box, target.getBoundingClientRect()];
  }
  const { left, top, width, height } = box;
  const [x, y] = [left + width / 2, top + height / 2];
  if (!document.elementFromPoint(x, y)) throw new Error(`${selector} is out of the window`);
  return { x, y };
}
