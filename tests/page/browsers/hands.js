// How a visitor does things on the page: by mouse, by keyboard or by touch. The steps of the walk say
// what they want done; only this file knows how each of them does it.

/** @typedef {import("./index.js").Tab} Tab */
/**
 * @typedef {object} Hand
 * @property {(selector: string, text?: string) => Promise<void>} press a button or switch, by what it
 *   says where several match
 * @property {(id: string, row: number, col: number, text: string) => Promise<void>} edit a cell
 * @property {(name: string, value: string) => Promise<void>} choose from a list
 * @property {(token: number) => Promise<void>} look from a token
 * @property {(text: string) => Promise<void>} write another sentence, as text
 */

const SENTENCE = ".sentence textarea";
const AS_TEXT = ".as-text";

/** @param {Tab} tab @returns {Record<"mouse" | "keyboard" | "touch", Hand>} */
export const hands = (tab) => ({
  mouse: pointer(tab, tab.click),
  touch: pointer(tab, tab.tap),
  keyboard: keyboard(tab),
});

/** @param {Tab} tab @param {Tab["click"]} press @returns {Hand} */
function pointer(tab, press) {
  /** @param {string} selector @param {string} [text] */
  const at = async (selector, text) => press(await tab.evaluate(middle, selector, text));
  return {
    press: at,
    async edit(id, row, col, text) {
      // On a phone step 2 has room for one of Q, K and V.
      if (!(await tab.evaluate(isThere, id))) {
        await at(`.parts .${id.at(-1)}`);
        await tab.evaluate(frame);
      }
      // By touch the first tap may only show the cell.
      for (let tries = 0; tries < 2 && !(await tab.evaluate(editing)); tries++) {
        await at(`[data-figure="${id}"] tbody tr:nth-child(${row + 1}) td:nth-of-type(${col + 1})`);
        await tab.evaluate(frame);
      }
      await overwrite(tab, text);
    },
    // What a native list shows when it opens is no part of the page.
    choose: (name, value) => tab.evaluate(choose, name, value),
    look: (token) => at(`.tokens [data-token="${token}"]`),
    async write(text) {
      await at(AS_TEXT);
      await tab.evaluate(frame);
      await at(SENTENCE);
      await tab.key("a", "Control");
      await tab.type(text);
      await at(AS_TEXT);
    },
  };
}

/** @param {Tab} tab @returns {Hand} */
function keyboard(tab) {
  return {
    async press(selector, text) {
      await walkTo(tab, selector, text);
      await tab.key(" ");
    },
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
    async look(token) {
      await walkTo(tab, '.tokens [aria-pressed="true"]');
      await tab.key("Home");
      await tab.evaluate(frame);
      for (let i = 0; i < token; i++) {
        await tab.key("ArrowRight");
        await tab.evaluate(frame);
      }
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

/** @param {string} id */
const isThere = (id) => document.querySelector(`[data-figure="${id}"]`) !== null;

const editing = () => document.activeElement?.matches("input.editor") ?? false;

/** Waits until what was done is drawn, and until nothing waits for numbers any more. */
export async function frame() {
  do await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  while (document.querySelector("main.waiting"));
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
