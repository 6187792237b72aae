// The sentence's large tokens by hand: typed, split, removed, moved, pasted, refused, taken back.
import assert from "node:assert/strict";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import {
  frame,
  hl,
  onPage,
  opening,
  paste,
  printed,
  shown,
  showsAll,
  textOf,
  two,
} from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

const FIELD = ".token-field input";
const NOTEBOOK = ["Le", "chat", "noir", "mange", "la", "souris", "blanche", "."];

/** @param {Page} page */
const tokens = (page) =>
  page.$$eval(".tokens [data-token]", (all) => all.map((each) => each.textContent ?? ""));

/** The token that the page looks from. @param {Page} page */
const focus = (page) => textOf(page, '.tokens [aria-pressed="true"]');

/** What has the keyboard: a token, a field with what it holds, or a button by its name. @param {Page} page */
const keyboard = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    if (element instanceof HTMLInputElement) return `field ${element.value}`;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim();
  });

/** @param {Page} page @param {number} i */
async function open(page, i) {
  await page.click(`.tokens [data-token="${i}"]`, { count: 2 });
  await page.waitForSelector(FIELD);
}

/** @param {Page} page @param {string} key @param {...import("puppeteer-core").KeyInput} held */
async function press(page, key, ...held) {
  for (const each of held) await page.keyboard.down(each);
  await page.keyboard.press(/** @type {import("puppeteer-core").KeyInput} */ (key));
  for (const each of held) await page.keyboard.up(each);
  await frame(page);
}

/** @param {Page} page @param {string} name of a tool under the open field */
async function tool(page, name) {
  await page.click(`.token-tools [aria-label="${name}"]`);
  await frame(page);
}

/** @param {Page} page @param {"Undo" | "Redo"} name */
async function strip(page, name) {
  await page.evaluate((name) => {
    const all = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".strip button"));
    [...all].find((button) => button.textContent?.trim() === name)?.click();
  }, name);
  await frame(page);
}

/** Puts a text in by a paste, onto whatever has the keyboard. @param {Page} page @param {string} text */
async function pasteHere(page, text) {
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const about = { clipboardData: data, bubbles: true, cancelable: true };
    const element = /** @type {HTMLInputElement} */ (document.activeElement);
    // What a browser does by itself where nobody prevents it.
    if (!element.dispatchEvent(new ClipboardEvent("paste", about)) || !("value" in element)) return;
    const { selectionStart, selectionEnd } = element;
    element.setRangeText(text, selectionStart ?? 0, selectionEnd ?? 0, "end");
    element.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, text);
  await frame(page);
}

onPage("words with an asterisk stand on the line of the others", async (page) => {
  for (const text of ["chat chien noir", `chat ${"chien noir ".repeat(8)}`]) {
    await paste(page, text);
    const boxes = await page.$$eval(".tokens [data-token]", (all) =>
      all.slice(0, 3).map((button) => {
        const { top, height } = button.getBoundingClientRect();
        const { bottom } = /** @type {Element} */ (
          button.firstElementChild
        ).getBoundingClientRect();
        return [top, height, bottom, button.classList.contains("invented")];
      }),
    );
    assert.equal(boxes[1][3], true);
    for (let i = 0; i < 3; i++) assert.equal(boxes[1][i], boxes[0][i], `${i}, ${text}`);
  }
});

onPage("an invisible token shows what it is, wherever it stands", async (page) => {
  await paste(page, "chat \u200b noir");
  assert.deepEqual(await tokens(page), ["chat", "U+200B", "noir"]);
  const axis = await page.$$eval('[data-figure="s"] tbody th, [data-figure="a0"] thead th', (all) =>
    all.map((th) => th.textContent),
  );
  assert.ok(axis.length >= 6 && axis.every((word) => word !== "\u200b"), `${axis}`);
  await page.click('[data-token="1"]');
  await frame(page);
  assert.match(await textOf(page, "h1"), /^U\+200B looks/);
  assert.match(await textOf(page, ".vectors .rail"), /U\+200B 1/);
});

onPage("a sentence from right to left runs so, with its arcs and its keys", async (page) => {
  await paste(page, "החתול השחור אוכל את העכבר");
  const places = () =>
    page.$$eval(".tokens [data-token]", (all) => all.map((b) => b.getBoundingClientRect().left));
  const lefts = await places();
  assert.deepEqual(
    lefts,
    lefts.toSorted((a, b) => b - a),
  );
  const field = await page.$eval("textarea", (area) => getComputedStyle(area).direction);
  assert.equal(field, "rtl");
  const numbers = await page.$$eval(".tokens .share", (all) =>
    all.map((share) => getComputedStyle(share).direction),
  );
  assert.deepEqual(new Set(numbers), new Set(["ltr"]), "no .187 reads 187.");
  // Each arc ends over its own token.
  const off = await page.evaluate(() => {
    const layer = /** @type {Element} */ (document.querySelector(".gaze > svg"));
    const { left } = layer.getBoundingClientRect();
    return Array.from(layer.querySelectorAll("path"), (path) => {
      const to = document.querySelector(`[data-token="${path.dataset.to}"]`);
      const box = /** @type {Element} */ (to).getBoundingClientRect();
      const end = Number(path.getAttribute("d")?.split(" ").at(-2)) + left;
      return Math.abs(end - (box.left + box.right) / 2);
    });
  });
  assert.equal(off.length, 4);
  for (const way of off) assert.ok(way < 2, `${off}`);
  await page.click('[data-token="1"]');
  await press(page, "ArrowLeft");
  assert.equal(await focus(page), "אוכל");
  await press(page, "ArrowRight", "Alt");
  assert.deepEqual((await tokens(page)).slice(0, 3), ["החתול", "אוכל", "השחור"]);
  await open(page, 0);
  const tools = await page.$$eval(".token-tools button", (all) =>
    all.map((b) => /** @type {HTMLButtonElement} */ (b).disabled),
  );
  assert.deepEqual([tools[0], tools[3]], [false, true], "the first token stands at the right");
  await tool(page, "Move left");
  assert.deepEqual((await tokens(page)).length, 4);
  await press(page, "Escape");
  assert.deepEqual((await tokens(page)).slice(0, 2), ["אוכל", "החתול"]);
  await paste(page, "Le chat");
  const [a, b] = await places();
  assert.ok(a < b);
});

onPage("Chinese is split in words, and the page says by what", async (page) => {
  await paste(page, "我爱北京");
  assert.deepEqual(await tokens(page), ["我", "爱", "北京"]);
  assert.match(await textOf(page, ".vectors .rail"), /browser’s word list \(Intl\.Segmenter\)/);
  assert.equal(await page.$eval("textarea", (area) => area.value), "我爱北京");
  await paste(page, opening);
  assert.doesNotMatch(await textOf(page, ".vectors .rail"), /Segmenter/);
});

onPage("words are added one after another, each a step back", async (page) => {
  await page.click(".tokens .add");
  await page.keyboard.type("et un chien");
  await press(page, "Enter");
  assert.deepEqual(await tokens(page), [...NOTEBOOK, "et", "un", "chien"]);
  assert.equal(await keyboard(page), "chien");
  assert.equal(await focus(page), "chat");
  const { output } = run(hl, documents.setText(documents.opening(), `${opening} et un chien`));
  assert.deepEqual(await shown(page, "y"), printed(sheet(output), two));
  for (const count of [10, 9, 8]) {
    await strip(page, "Undo");
    assert.equal((await tokens(page)).length, count);
  }
  for (const count of [9, 10, 11]) {
    await strip(page, "Redo");
    assert.equal((await tokens(page)).length, count);
  }
});

onPage("a token is edited, and Enter keeps what Esc takes back", async (page) => {
  await open(page, 5);
  assert.equal(await keyboard(page), "field souris");
  await page.keyboard.type("chienne");
  await press(page, "Enter");
  assert.equal(await textOf(page, '[data-token="5"]'), "chienne");
  assert.equal(await keyboard(page), "chienne");
  await press(page, "Enter");
  await page.keyboard.type("xyz.");
  await frame(page);
  await press(page, "Escape");
  assert.deepEqual(await tokens(page), NOTEBOOK.with(5, "chienne"));
  assert.equal(await keyboard(page), "chienne");
  await strip(page, "Undo");
  assert.deepEqual(await tokens(page), NOTEBOOK, "typing and taking it back are no step");

  // What else changed meanwhile stays.
  await open(page, 0);
  await pasteHere(page, "a ".repeat(600));
  assert.match(await textOf(page, ".hero .refusal"), /607 tokens/);
  await page.click("input[name=positions]");
  await frame(page);
  assert.match(await textOf(page, ".hero .refusal"), /tokens/);
  await page.focus(FIELD);
  await press(page, "Escape");
  assert.deepEqual(await tokens(page), NOTEBOOK);
  assert.equal(
    await page.$eval("input[name=positions]", (e) => /** @type {any} */ (e).checked),
    true,
  );
  assert.equal(await page.$(".hero .refusal"), null);
});

onPage("a token splits where the cursor stands", async (page) => {
  await open(page, 5);
  await press(page, "Home");
  for (let i = 0; i < 3; i++) await press(page, "ArrowRight");
  await page.keyboard.type(" ");
  await press(page, "Enter");
  assert.deepEqual(await tokens(page), NOTEBOOK.toSpliced(5, 1, "sou", "ris"));
  assert.equal(await keyboard(page), "sou");
  await open(page, 1);
  await press(page, "Home");
  await press(page, "ArrowRight");
  await tool(page, "Split at the cursor");
  assert.deepEqual((await tokens(page)).slice(0, 3), ["Le", "c", "hat"]);
  assert.equal(await keyboard(page), "c");
  // In the middle where nobody says, and never within what is one letter to a reader.
  await paste(page, "👩‍👩‍👧👨‍👩‍👦 e\u0301te\u0301 x");
  await open(page, 0);
  await tool(page, "Split at the cursor");
  assert.deepEqual(await tokens(page), ["👩‍👩‍👧", "👨‍👩‍👦", "été", "x"]);
  await open(page, 3);
  const { disabled } = await page.$eval('[aria-label="Split at the cursor"]', (button) => ({
    disabled: /** @type {HTMLButtonElement} */ (button).disabled,
  }));
  assert.equal(disabled, true);
});

onPage("a token is removed by key, by button, and by emptying its field", async (page) => {
  await page.click('[data-token="1"]');
  await press(page, "Delete");
  assert.deepEqual(await tokens(page), NOTEBOOK.toSpliced(1, 1));
  assert.equal(await keyboard(page), "noir");
  await open(page, 0);
  await tool(page, "Remove the token");
  assert.deepEqual(await tokens(page), NOTEBOOK.slice(2));
  assert.equal(await keyboard(page), "noir");
  await open(page, 5);
  await press(page, "Backspace");
  await press(page, "Enter");
  assert.deepEqual(await tokens(page), NOTEBOOK.slice(2, -1));
  assert.equal(await keyboard(page), "blanche");
  for (let left = 4; left >= 0; left--) await press(page, "Backspace");
  assert.deepEqual(await tokens(page), []);
  assert.equal(await keyboard(page), "Add a token");
  assert.match(await textOf(page, "h1"), /No tokens yet/);
  await press(page, "Enter");
  await page.keyboard.type("neige");
  await press(page, "Enter");
  await showsAll(page, documents.setText(documents.opening(), "neige"));
  for (let i = 0; i < 9; i++) await strip(page, "Undo");
  assert.deepEqual(await tokens(page), NOTEBOOK);
});

onPage("tokens move by mouse, by Alt and an arrow, and by the buttons", async (page) => {
  const middle = async (/** @type {number} */ i) => {
    const box = await (await page.$(`[data-token="${i}"]`))?.boundingBox();
    assert.ok(box);
    return /** @type {const} */ ([box.x + box.width / 2, box.y + box.height / 2]);
  };
  await page.mouse.move(...(await middle(1)));
  await page.mouse.down();
  await page.mouse.move(...(await middle(3)), { steps: 6 });
  assert.ok(await page.$('[data-token="3"].behind'), "it shows where the token will stand");
  await page.mouse.up();
  await frame(page);
  const moved = ["Le", "noir", "mange", "chat", "la", "souris", "blanche", "."];
  assert.deepEqual(await tokens(page), moved);
  assert.equal(await keyboard(page), "chat");
  assert.equal(await focus(page), "chat", "the focus goes with its word");
  await press(page, "ArrowLeft", "Alt");
  await press(page, "ArrowLeft", "Alt");
  assert.deepEqual(await tokens(page), NOTEBOOK);
  assert.equal(await focus(page), "chat");
  assert.equal(await keyboard(page), "chat");
  await open(page, 5);
  await tool(page, "Move right");
  assert.equal(await keyboard(page), "field souris");
  await tool(page, "Move right");
  assert.deepEqual((await tokens(page)).slice(5), ["blanche", "."]);
  await press(page, "Enter");
  assert.deepEqual((await tokens(page)).slice(5), ["blanche", ".", "souris"]);
  assert.equal(await focus(page), "souris");
  for (let i = 0; i < 5; i++) await strip(page, "Undo");
  assert.deepEqual(await tokens(page), NOTEBOOK);
  assert.equal(
    await page.$eval(".strip [aria-disabled=true]", (b) => b.textContent?.trim()),
    "Undo",
  );
  // Dropped beside all tokens, and too little to be a move: nothing.
  await page.mouse.move(...(await middle(0)));
  await page.mouse.down();
  await page.mouse.move(700, 40, { steps: 4 });
  await page.mouse.up();
  await frame(page);
  assert.deepEqual(await tokens(page), NOTEBOOK);
  await page.focus('[data-token="4"]');
  await press(page, " ");
  assert.equal(await focus(page), "la", "the space bar presses after a drag too");
});

onPage("several words are pasted onto a token and into a field, lines too", async (page) => {
  await page.click('[data-token="1"]');
  await pasteHere(page, "tout\npetit");
  assert.deepEqual(await tokens(page), NOTEBOOK.toSpliced(2, 0, "tout", "petit"));
  assert.equal(await focus(page), "chat");
  await open(page, 0);
  await pasteHere(page, "un\r\ndeux\ttrois");
  await press(page, "Enter");
  assert.deepEqual((await tokens(page)).slice(0, 4), ["un", "deux", "trois", "chat"]);
  await pasteHere(page, "mot ".repeat(600));
  assert.match(await textOf(page, ".hero .refusal"), /612 tokens.*at most 512.*stays in force/);
  assert.equal((await tokens(page)).length, 12);
  await pasteHere(page, "x".repeat(32769));
  assert.match(await textOf(page, ".hero .refusal"), /32,769 characters.*at most 32,768/);
  // The next edit is free of it.
  await open(page, 0);
  assert.equal(await page.$(".hero .refusal"), null);
  await press(page, "Escape");
});

onPage("a refused text stays in its field until it is mended or given up", async (page) => {
  const many = "mot ".repeat(510).trim();
  await open(page, 0);
  await pasteHere(page, many);
  const held = () => page.$eval(FIELD, (field) => /** @type {HTMLInputElement} */ (field).value);
  assert.match(await textOf(page, ".hero .refusal"), /517 tokens/);
  assert.equal(await page.$eval(FIELD, (field) => field.getAttribute("aria-invalid")), "true");
  for (const elsewhere of ['[data-token="3"]', ".tokens .add", ".as-text"]) {
    await page.click(elsewhere, { count: 2 });
    await frame(page);
    assert.equal(await held(), many, elsewhere);
  }
  await page.click('.thumbnail[aria-label="Head 1"]');
  await frame(page);
  assert.equal(await held(), many);
  await page.focus(FIELD);
  await press(page, "a", "Control");
  await page.keyboard.type("Un");
  await press(page, "Enter");
  assert.deepEqual(await tokens(page), NOTEBOOK.with(0, "Un"));
  assert.equal(await page.$(".hero .refusal"), null);
});

onPage("all of it is edited as text, and Esc gives up what was refused", async (page) => {
  await paste(page, "souris mange chat");
  assert.deepEqual(await tokens(page), ["souris", "mange", "chat"]);
  await paste(page, "mot ".repeat(513));
  await page.click(".as-text");
  await frame(page);
  assert.ok(await page.$("textarea[aria-invalid=true]"), "Done loses nothing");
  await page.click('[data-token="0"]', { count: 2 });
  await frame(page);
  assert.equal(await page.$(FIELD), null);
  await page.focus("textarea");
  await press(page, "Escape");
  assert.equal(await page.$("textarea"), null);
  assert.equal(await page.$(".hero .refusal"), null);
  assert.equal(await keyboard(page), "Edit as text");
  assert.deepEqual(await tokens(page), ["souris", "mange", "chat"]);
});

onPage("any writing is a token: joined emoji, accents, right to left", async (page) => {
  const words = ["👩🏽‍🚀", "e\u0301te\u0301", "שלום", "مرحبا", "日本語", "a\u200db"];
  await open(page, 0);
  for (const word of words) {
    await page.keyboard.sendCharacter(word);
    await page.keyboard.type(" ");
  }
  await press(page, "Enter");
  const typed = words.map((word) => word.normalize("NFC"));
  assert.deepEqual(await tokens(page), [...typed, ...NOTEBOOK.slice(1)]);
  const loose = await page.$$eval(
    ".token-button",
    (all) =>
      all.filter((each) => each.querySelector("bdi")?.textContent !== each.textContent?.trim())
        .length,
  );
  assert.equal(loose, 0, "each token is isolated, so that none turns its neighbours round");
  await open(page, 2);
  assert.equal(await page.$eval(FIELD, (field) => getComputedStyle(field).direction), "rtl");
});

onPage("an input method composes in peace", async (page) => {
  await open(page, 0);
  await page.evaluate(() => {
    const field = /** @type {HTMLInputElement} */ (document.querySelector(".token-field input"));
    const compose = (/** @type {string} */ type, data = "") =>
      field.dispatchEvent(new CompositionEvent(type, { data, bubbles: true }));
    compose("compositionstart");
    for (const text of ["に", "にほ ", "日本 "]) {
      field.value = text;
      compose("compositionupdate", text);
      field.dispatchEvent(
        new InputEvent("input", { bubbles: true, isComposing: true, data: text }),
      );
    }
    const enter = { key: "Enter", bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, isComposing: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, keyCode: 229 }));
  });
  await frame(page);
  assert.equal(await keyboard(page), "field 日本 ", "neither a space nor Enter ends it meanwhile");
  await page.evaluate(() =>
    document
      .querySelector(".token-field input")
      ?.dispatchEvent(new CompositionEvent("compositionend", { data: "日本 ", bubbles: true })),
  );
  await frame(page);
  assert.equal(await keyboard(page), "field ", "what was composed with a space goes on");
  await press(page, "Enter");
  assert.deepEqual(await tokens(page), NOTEBOOK.with(0, "日本"));
});

onPage("none, one, 64 and 512 tokens can be edited", async (page) => {
  for (const count of [1, 64, 512]) {
    await paste(page, Array.from({ length: count }, (_, i) => `mot${i}`).join(" "));
    await page.click(".as-text");
    await frame(page);
    await page.focus(`[data-token="${count - 1}"]`);
    await press(page, "F2");
    await page.keyboard.sendCharacter("fin");
    await press(page, "Enter");
    const all = await tokens(page);
    assert.deepEqual([all.length, all.at(-1)], [count, "fin"]);
    assert.equal(await keyboard(page), "fin");
  }
  await page.click(".tokens .add");
  await page.keyboard.sendCharacter("trop");
  await frame(page);
  assert.match(await textOf(page, ".hero .refusal"), /513 tokens/);
  assert.equal(await keyboard(page), "field trop");
  await press(page, "Escape");
  assert.equal((await tokens(page)).length, 512);
});

onPage(
  "a second tap edits, and the tools are there for a finger",
  async (page) => {
    const at = async (/** @type {string} */ selector) => {
      await page.tap(selector);
      await frame(page);
    };
    await at('[data-token="3"]');
    assert.equal(await focus(page), "mange");
    assert.equal(await page.$(FIELD), null);
    await at('[data-token="3"]');
    assert.equal(await keyboard(page), "field mange");
    const sizes = await page.$$eval(".token-tools button", (all) =>
      all.map((each) => Math.min(each.clientWidth, each.clientHeight)),
    );
    assert.ok(Math.min(...sizes) >= 44, `${sizes}`);
    await at('.token-tools [aria-label="Move left"]');
    assert.deepEqual((await tokens(page)).slice(0, 3), ["Le", "chat", "noir"]);
    assert.equal(await keyboard(page), "field mange");
    await at('.token-tools [aria-label="Remove the token"]');
    assert.deepEqual(await tokens(page), NOTEBOOK.toSpliced(3, 1));
  },
  { width: 390, height: 844, touch: true },
);
