// Menus of matrices, blocks from the clipboard, the link, and files in and out, in Chromium.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { figures } from "../../web/app/figures.js";
import { toFile } from "../../web/app/file.js";
import { FILLS, fillMatrix, setBlock } from "../../web/app/fills.js";
import { typed } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { readCsv, readNpy, sizeOfPng } from "./files.js";
import { causal, frame, hl, onPage, openCell, paste, shown, showsAll, textOf } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {documents.State} State */

const folder = await mkdtemp(join(tmpdir(), "headlight-take-"));
after(() => rm(folder, { recursive: true }));

const POPUP = ".popup:popover-open";
const isOpen = async (/** @type {Page} */ page) => (await page.$(POPUP)) !== null;

/** Presses a name where nothing lies above it and nothing moves any more.
 * @param {Page} page @param {string} menu @param {number} [n] its place on the page */
async function press(page, menu, n = 0, by = "click") {
  const button = (await page.$$(`[data-menu="${menu}"]`))[n];
  await button.evaluate((button) => button.scrollIntoView({ block: "center" }));
  for (let i = 0; i < 3; i++) await frame(page);
  if (by === "tap") await button.tap();
  else await button.click();
  await frame(page);
}

/** @param {Page} page @param {string} menu @param {number} [n] */
async function open(page, menu, n = 0, by = "click") {
  await press(page, menu, n, by);
  await page.waitForSelector(POPUP);
}

/** A matrix as fills take it. @param {State} state @param {string} id */
function target(state, id) {
  const figure = figures(state, run(hl, state))[id];
  return /** @type {import("../../web/app/fills.js").Target} */ (figure);
}

/** Presses what saves a file, and reads what the browser has saved. @param {Page} page
 * @param {string} menu @param {string} name of the file */
async function saved(page, menu, name) {
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", {
    behavior: "allowAndName",
    downloadPath: folder,
    eventsEnabled: true,
    browserContextId: page.browserContext().id,
  });
  /** @type {Promise<[name: string, guid: string]>} */
  const done = new Promise((done) => {
    /** @type {Map<string, string>} */
    const names = new Map();
    session.on("Browser.downloadWillBegin", ({ guid, suggestedFilename }) => {
      names.set(guid, suggestedFilename);
    });
    session.on("Browser.downloadProgress", ({ guid, state }) => {
      if (state === "completed") done([names.get(guid) ?? "", guid]);
    });
  });
  await open(page, menu);
  await page.click(`${POPUP} [data-file="${name}"]`);
  const [called, guid] = await done;
  assert.equal(called, name);
  assert.equal(await isOpen(page), false);
  await session.detach();
  return readFile(join(folder, guid));
}

onPage("every named matrix has a menu, and only what can be edited can be filled", async (page) => {
  const names = await page.$$eval(".sheet .opens", (all) =>
    all.map((button) => /** @type {HTMLElement} */ (button).dataset.menu ?? ""),
  );
  const all = ["wk", "wq", "wv", "x", "q", "k", "v", "kt", "s", "a0", "o0", "a1", "o1"];
  assert.deepEqual(new Set(names), new Set([...all, "concat", "wo", "y"]));
  const editable = new Set(["x", "wq", "wk", "wv", "wo"]);
  for (const [i, name] of names.entries()) {
    const n = names.slice(0, i).filter((other) => other === name).length;
    await open(page, name, n);
    const label = await page.$eval(POPUP, (popup) => popup.getAttribute("aria-label") ?? "");
    assert.match(label, /\(.+\), \d+×\d+$/);
    const texts = await page.$$eval(`${POPUP} button`, (all) =>
      all.map((b) => b.textContent?.trim()),
    );
    const fills = ["Identity", "Zeros", "Random", "Transposed", "Notebook’s own"];
    const paste = editable.has(name) ? ["Paste"] : [];
    assert.deepEqual(texts, [
      ...(editable.has(name) ? fills : []),
      ...["Copy", ...paste, "CSV", ".npy", "SVG", "PNG"],
      ...(name.startsWith("a") ? ["SVG", "PNG"] : []),
    ]);
    // The menu does not hide what it is about.
    const clear = await page.$$eval(
      `[data-menu="${name}"]`,
      (all, n) => {
        const [a, b] = [all[n].closest(".sheet"), document.querySelector(".popup")].map((e) =>
          /** @type {Element} */ (e).getBoundingClientRect(),
        );
        return a.right <= b.left || b.right <= a.left;
      },
      n,
    );
    assert.ok(clear, name);
    await page.keyboard.press("Escape");
    assert.equal(await isOpen(page), false);
  }
});

onPage("a menu works by keyboard, and Esc leaves a locked number alone", async (page) => {
  await page.click('[data-figure="s"] tbody tr:nth-child(2) td:nth-of-type(3)');
  await page.focus('[data-figure="wq"]');
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(POPUP);
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  assert.equal(await focused(), "Identity");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "PNG");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "Zeros");
  await page.keyboard.press("Escape");
  await frame(page);
  assert.equal(await isOpen(page), false);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-menu")), "wq");
  assert.match(await textOf(page, ".reading .release"), /locked/);
  await page.keyboard.press("Enter");
  await page.waitForSelector(POPUP);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await frame(page);
  const start = documents.opening();
  await showsAll(page, fillMatrix(start, target(start, "wq"), "zeros"));
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-menu")), "wq");
});

onPage(
  "a press beside a menu closes it, another name opens its own, the same one closes",
  async (page) => {
    await open(page, "wq");
    await press(page, "x");
    assert.match(await page.$eval(POPUP, (popup) => popup.getAttribute("aria-label") ?? ""), /^X/);
    await press(page, "x");
    assert.equal(await isOpen(page), false);
    await open(page, "wv");
    await page.click("h1");
    await frame(page);
    assert.equal(await isOpen(page), false);
  },
);

onPage("each way to fill a matrix, by mouse", async (page) => {
  let state = documents.opening();
  for (const id of ["wq", "x", "wo"]) {
    for (const kind of FILLS.filter((kind) => kind !== "transposed")) {
      await open(page, id);
      await page.click(`${POPUP} [data-fill=${kind}]`);
      await frame(page);
      state = fillMatrix(state, target(state, id), kind);
      await showsAll(page, state);
      // What is random may be wanted once more.
      assert.equal(await isOpen(page), kind === "random");
      if (kind === "random") await page.keyboard.press("Escape");
    }
  }
  await open(page, "wq");
  assert.equal(
    await page.$eval(`${POPUP} [data-fill=transposed]`, (b) => b.matches(":disabled")),
    true,
  );
  assert.match(await textOf(page, POPUP), /Transposed only if square/);
  await page.keyboard.press("Escape");
  await page.click("input[name=headDim]", { count: 3 });
  await page.keyboard.type("3");
  await page.keyboard.press("Enter");
  await open(page, "wq");
  await page.click(`${POPUP} [data-fill=transposed]`);
  await frame(page);
  state = documents.setField(state, "headDim", 3);
  await showsAll(page, fillMatrix(state, target(state, "wq"), "transposed"));
});

onPage("the seed of random numbers is shown, and can be chosen", async (page) => {
  const seed = () => page.$eval(`${POPUP} input`, (input) => input.value);
  await open(page, "wk");
  assert.equal(await seed(), "1");
  await page.click(`${POPUP} [data-fill=random]`);
  await frame(page);
  assert.equal(await seed(), "2");
  await page.click(`${POPUP} input`, { count: 3 });
  await page.keyboard.type("77");
  await page.keyboard.press("Enter");
  await page.click(`${POPUP} [data-fill=random]`);
  await frame(page);
  const start = documents.setField(documents.opening(), "randomSeed", 77);
  const { wk } = fillMatrix(start, target(start, "wk"), "random");
  assert.deepEqual(
    await shown(page, "wk"),
    wk[0].map((row) => row.map(typed)),
  );
});

onPage("what the notebook does not have goes back to as it was made", async (page) => {
  await paste(page, "le chat dort");
  await open(page, "x");
  assert.equal(await textOf(page, `${POPUP} [data-fill=original]`), "As it was made");
  await page.click(`${POPUP} [data-fill=zeros]`);
  await open(page, "x");
  await page.click(`${POPUP} [data-fill=original]`);
  await frame(page);
  await showsAll(page, documents.setText(documents.opening(), "le chat dort"));
});

/** Pastes a text where the keyboard is. @param {Page} page @param {string} text */
async function pasteText(page, text) {
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const about = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement?.dispatchEvent(new ClipboardEvent("paste", about));
  }, text);
  await frame(page);
}

onPage(
  "a block is pasted from the cell that has the keyboard, and from an open field",
  async (page) => {
    let state = documents.opening();
    await page.focus('[data-figure="x"]');
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await pasteText(page, "1\t-2\r\n.5\t1e1\r\n");
    state = setBlock(state, target(state, "x"), 1, 1, [
      [1, -2],
      [0.5, 10],
    ]);
    await showsAll(page, state);
    await page.keyboard.press("ArrowDown");
    await pasteText(page, "7");
    state = setBlock(state, target(state, "x"), 2, 1, [[7]]);
    await showsAll(page, state);
    await openCell(page, "wq", 0, 0);
    await pasteText(page, "[[1. 2.]\n [3. 4.]\n [5. 6.]]");
    assert.equal(await page.$(".editor"), null);
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute("data-figure")),
      "wq",
    );
    state = setBlock(state, target(state, "wq"), 0, 0, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    await showsAll(page, state);
    await page.keyboard.press("Escape");
    const undo = async () => {
      await page.evaluate(() => {
        const all = [...document.querySelectorAll(".strip button")];
        /** @type {HTMLElement} */ (all.find((b) => b.textContent === "Undo")).click();
      });
      await frame(page);
    };
    for (let i = 0; i < 3; i++) await undo();
    await showsAll(page, documents.opening());
  },
);

onPage("a block that does not fit changes nothing and says why", async (page) => {
  await page.focus('[data-figure="wq"]');
  for (const [text, said] of [
    ["1\t2\t3", /pasted block is 1×3, .* room for 3×2/],
    ["1\t2\n3", /Row 2 of the pasted block has 1 numbers, the first has 2/],
    ["1\tfour", /“four” is not a number/],
    ["1\t1e9", /1,000,000,000 is too large/],
    ["<b>1</b>", /“<b>1<\/b>” is not a number/],
    [`1\t${"1 ".repeat(50000)}`, /100,002 characters/],
  ]) {
    await pasteText(page, String(text));
    assert.match(await textOf(page, ".strip + .refusal"), /** @type {RegExp} */ (said));
    await showsAll(page, documents.opening());
  }
});

onPage("a matrix is copied by the keys and from its menu, and pasted back", async (page) => {
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", {
      value: {
        writeText: async (/** @type {string} */ text) => Object.assign(window, { text }),
        readText: async () => "0\t1\n1\t0\n0\t0",
      },
    });
  });
  await open(page, "q");
  await page.click(`${POPUP} button`);
  await page.waitForFunction(
    () => document.querySelector(".popup [role=status]")?.textContent === "Copied",
  );
  const text = await page.evaluate(() => /** @type {any} */ (window).text);
  const { data } = sheet(run(hl, documents.opening()).q, 0);
  const rows = text.split("\n").map((/** @type {string} */ row) => row.split("\t").map(Number));
  assert.deepEqual(rows.flat().map(Math.fround), [...data]);
  await page.keyboard.press("Escape");
  await page.focus('[data-figure="q"]');
  const copied = await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    const about = { clipboardData, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new ClipboardEvent("copy", about));
    return clipboardData.getData("text/plain");
  });
  assert.equal(copied, text);
  await open(page, "wv");
  await page.evaluate(() => {
    const all = [...document.querySelectorAll(".popup button")];
    /** @type {HTMLElement} */ (all.find((b) => b.textContent?.trim() === "Paste")).click();
  });
  await frame(page);
  const start = documents.opening();
  const block = [
    [0, 1],
    [1, 0],
    [0, 0],
  ];
  await showsAll(page, setBlock(start, target(start, "wv"), 0, 0, block));
});

onPage("Share holds the link of the page as it is, and copies it", async (page) => {
  await openCell(page, "x", 1, 0);
  await page.keyboard.type("-.75");
  await page.keyboard.press("Enter");
  await open(page, "share");
  const { value, chosen } = await page.$eval("#address", (field) => {
    const input = /** @type {HTMLInputElement} */ (field);
    return {
      value: input.value,
      chosen: input.value.slice(input.selectionStart ?? 0, input.selectionEnd ?? 0),
    };
  });
  assert.match(value, /#1&x\.chat=-\.75$/);
  assert.equal(chosen, value);
  assert.match(await textOf(page, POPUP), new RegExp(`It has ${value.length} characters`));
  await page.evaluate(() => {
    const writeText = async (/** @type {string} */ text) => Object.assign(window, { text });
    Object.defineProperty(navigator, "clipboard", { value: { writeText } });
  });
  await page.click(`${POPUP} button`);
  await page.waitForFunction("window.text");
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).text), value);
});

onPage("numbers leave as CSV and .npy, hidden pairs as −∞ or without weight", async (page) => {
  await causal(page);
  const state = documents.setField(documents.opening(), "causal", true);
  const results = run(hl, state);
  for (const [menu, name, stage] of /** @type {const} */ ([
    ["s", "S-head0", "scores"],
    ["export", "L-head0", "logits"],
    ["export", "A-head0", "weights"],
    ["a1", "A-head1", "weights"],
    ["y", "Y", "output"],
  ])) {
    const { data, rows, cols } = sheet(results[stage], name.endsWith("1") ? 1 : 0);
    const csv = readCsv(String(await saved(page, menu, `headlight-1-${name}.csv`)));
    assert.equal(csv[0][0], name.split("-")[0]);
    assert.deepEqual(
      csv.slice(1).map(([word]) => word),
      state.tokens,
    );
    const cells = csv.slice(1).flatMap(([, ...cells]) => cells);
    const values = cells.map((cell) => Math.fround(Number(cell.replace("inf", "Infinity"))));
    // Builds of the core may round differently by a bit or two.
    for (const [i, x] of values.entries()) {
      assert.ok(x === data[i] || Math.abs(x - data[i]) < 1e-6, `${name} ${i}: ${x}, ${data[i]}`);
    }
    const npy = readNpy(await saved(page, menu, `headlight-1-${name}.npy`));
    assert.deepEqual(npy.shape, [rows, cols]);
    assert.deepEqual([...npy.data], values);
  }
});

/** What a browser makes of a picture: its text by parts, as XML. @param {Page} page @param {string} svg */
function parsed(page, svg) {
  return page.evaluate((svg) => {
    const xml = new DOMParser().parseFromString(svg, "image/svg+xml");
    const texts = (/** @type {string} */ selector) =>
      Array.from(xml.querySelectorAll(selector), (element) => element.textContent ?? "");
    return {
      error: xml.querySelector("parsererror")?.textContent ?? "",
      names: [...new Set(Array.from(xml.querySelectorAll("*"), ({ localName }) => localName))],
      title: texts("title")[0],
      about: texts("desc")[0],
      format: JSON.parse(texts("metadata")[0]),
      numbers: texts("[data-cells] + g text"),
      texts: texts("text"),
      hidden: xml.querySelectorAll('[data-cells] [fill="url(#hidden)"]').length,
      arcs: xml.querySelectorAll("[data-to]").length,
      lines: xml.querySelectorAll("[data-pair]").length,
    };
  }, svg);
}

onPage("a picture of a matrix has its numbers, words and legend", async (page) => {
  await causal(page);
  const svg = String(await saved(page, "a0", "headlight-1-A-head0.svg"));
  const picture = await parsed(page, svg);
  assert.equal(picture.error, "");
  assert.equal(picture.title, "A (weight), 8×8, Head 0");
  assert.equal(picture.about, "Le chat noir mange la souris blanche.");
  assert.deepEqual(picture.format, { format: "headlight-picture", version: 1 });
  const onScreen = (await shown(page, "a0")).flat().filter((text) => text !== "");
  assert.deepEqual(picture.numbers, onScreen);
  assert.equal(picture.hidden, 28);
  for (const word of [...documents.opening().tokens, "0", ".5", "1"]) {
    assert.ok(picture.texts.includes(word), word);
  }
  // Editable ones as typed.
  const wq = await parsed(page, String(await saved(page, "wq", "headlight-1-W_Q-head0.svg")));
  assert.deepEqual(wq.numbers, ["1", "0", "0", "1", "1", "1"]);
});

onPage("the sentence's arcs and a head's lines are pictures too", async (page) => {
  const arcs = await parsed(
    page,
    String(await saved(page, "export", "headlight-1-sentence-head0.svg")),
  );
  assert.deepEqual([arcs.error, arcs.arcs], ["", 7]);
  assert.ok(arcs.texts.includes(".259"));
  const lines = await parsed(page, String(await saved(page, "a1", "headlight-1-lines-head1.svg")));
  assert.deepEqual([lines.error, lines.lines], ["", 64]);
});

onPage("no token breaks a picture", async (page) => {
  const tokens = [
    "<script>alert`1`</script>",
    "]]>",
    "&amp;",
    "'",
    "\u0001x\u001f",
    "אבג",
    "👩‍👩‍👧",
  ];
  await paste(page, tokens.join(" "));
  const state = documents.setText(documents.opening(), tokens.join(" "));
  for (const [menu, name] of [
    ["a0", "A-head0"],
    ["a0", "lines-head0"],
    ["export", "sentence-head0"],
  ]) {
    const svg = String(await saved(page, menu, `headlight-1-${name}.svg`));
    const { error, names, texts } = await parsed(page, svg);
    assert.equal(error, "");
    assert.ok(!names.includes("script"));
    assert.ok(texts.includes("\ufffdx\ufffd") && texts.includes("👩‍👩‍👧"), name);
  }
  const csv = readCsv(String(await saved(page, "a0", "headlight-1-A-head0.csv")));
  assert.deepEqual(csv[0], ["A", ...state.tokens]);
});

onPage("PNG is the same picture at three times its size", async (page) => {
  const svg = String(await saved(page, "s", "headlight-1-S-head0.svg"));
  const [, width, height] = svg.match(/width="(\d+)" height="([\d.]+)"/) ?? [];
  const png = await saved(page, "s", "headlight-1-S-head0.png");
  const size = sizeOfPng(png);
  assert.deepEqual(size, { width: 3 * Number(width), height: Math.round(3 * Number(height)) });
  const at = svg.match(/data-cells="8×8"[^>]*><rect x="([\d.]+)" y="([\d.]+)"/) ?? [];
  const pixels = await page.evaluate(
    async (png, points) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      const pen = /** @type {CanvasRenderingContext2D} */ (
        canvas.getContext("2d", { willReadFrequently: true })
      );
      pen.drawImage(image, 0, 0);
      return points.map(([x, y]) => [...pen.getImageData(3 * x, 3 * y, 1, 1).data]);
    },
    png.toString("base64"),
    // The paper; beside the numbers of the cells (0, 0) and (2, 2).
    [
      [2, 2],
      [Number(at[1]) + 3, Number(at[2]) + 3],
      [Number(at[1]) + 2 * 44 + 3, Number(at[2]) + 2 * 28 + 3],
    ],
  );
  const fills = [...svg.matchAll(/fill="rgb\((\d+), (\d+), (\d+)\)"/g)].map(([, ...rgb]) => [
    ...rgb.map(Number),
    255,
  ]);
  assert.deepEqual(pixels, [[255, 255, 255, 255], fills[0], fills[18]]);
});

onPage("large matrices become pictures as well", async (page) => {
  await paste(page, "chat noir ".repeat(220));
  for (const name of ["S-head0", "A-head0", "lines-head0", "sentence-head0"]) {
    const png = await saved(
      page,
      name.startsWith("S-") ? "s" : name.startsWith("sen") ? "export" : "a0",
      `headlight-1-${name}.png`,
    );
    const { width, height } = sizeOfPng(png);
    assert.ok(width > 700 && width <= 16384 && height > 100 && height <= 16384, name);
  }
});

/** @param {Page} page @param {string} path */
async function openFile(page, path) {
  await open(page, "export");
  const [chooser] = await Promise.all([
    page.waitForFileChooser(),
    page.evaluate(() => {
      const all = [...document.querySelectorAll(".popup button")];
      /** @type {HTMLElement} */ (all.find((b) => /Open a file/.test(b.textContent ?? ""))).click();
    }),
  ]);
  await chooser.accept([path]);
}

onPage("the whole page is saved, and opened again", async (page) => {
  await paste(page, "le chat 🐈 dort");
  await openCell(page, "wk", 0, 1);
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await causal(page);
  let state = documents.setText(documents.opening(), "le chat 🐈 dort");
  state = documents.setNumber(state, { matrix: "wk", head: 0, row: 0, col: 1 }, 2);
  state = documents.setField(state, "causal", true);
  const text = String(await saved(page, "export", "headlight-1-state.json"));
  assert.equal(text, toFile(state));
  const path = join(folder, "page.json");
  await writeFile(path, text);
  await page.evaluate(() => {
    const all = [...document.querySelectorAll(".strip button")];
    /** @type {HTMLElement} */ (all.find((b) => b.textContent === "Reset")).click();
  });
  await frame(page);
  await showsAll(page, documents.opening());
  await openFile(page, path);
  await page.waitForFunction(() => document.querySelectorAll(".tokens [data-token]").length === 4);
  await frame(page);
  await showsAll(page, state);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".tokens [data-token]").length === 8);
  await showsAll(page, documents.opening());
});

onPage("a file that is no page changes nothing and says why", async (page) => {
  const good = JSON.parse(toFile(documents.opening()));
  const path = join(folder, "bad.json");
  for (const [content, said] of /** @type {const} */ ([
    ["<html><script>alert(1)</script>", /The file is no JSON/],
    ["{}", /its format is “undefined”/],
    [JSON.stringify({ ...good, version: 2 }), /of version “2”/],
    [JSON.stringify({ ...good, wq: "no" }), /“wq” is not what it should be/],
    [JSON.stringify({ ...good, tokens: Array(513).fill("a") }), /tokens holds 513/],
    [JSON.stringify({ ...good, temperature: 0 }), /temperature can be from/],
    [" ".repeat(2 ** 25 + 1), /takes 33,554,433 bytes/],
  ])) {
    await writeFile(path, content);
    await openFile(page, path);
    await page.waitForFunction(
      (source) =>
        new RegExp(source).test(document.querySelector(".strip + .refusal")?.textContent ?? ""),
      {},
      said.source,
    );
    await showsAll(page, documents.opening());
  }
});

onPage("a file dropped on the page opens", async (page) => {
  const state = documents.setText(documents.opening(), "la souris dort");
  await page.evaluate((text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], "page.json"));
    for (const type of ["dragover", "drop"]) {
      const about = { dataTransfer, bubbles: true, cancelable: true };
      const event = new DragEvent(type, about);
      document.querySelector("h1")?.dispatchEvent(event);
      if (!event.defaultPrevented) throw new Error(`the browser would take the ${type}`);
    }
  }, toFile(state));
  await page.waitForFunction(() => document.querySelectorAll(".tokens [data-token]").length === 3);
  await frame(page);
  await showsAll(page, state);
});

onPage("what has no numbers cannot be saved", async (page) => {
  await page.click("input[name=transposed]");
  await frame(page);
  await open(page, "s");
  const barred = await page.$$eval(`${POPUP} [data-file]`, (all) =>
    all.map((button) => button.matches(":disabled")),
  );
  assert.deepEqual(barred, [true, true, true, true]);
  assert.match(await textOf(page, POPUP), /not there yet/);
});

for (const theme of /** @type {const} */ (["light", "dark"])) {
  onPage(
    `menus fit a phone, ${theme}`,
    async (page) => {
      for (const menu of ["x", "wq", "a0"]) {
        await open(page, menu, 0, "tap");
        const box = await page.$eval(POPUP, (popup) => popup.getBoundingClientRect().toJSON());
        assert.ok(box.left >= 0 && box.right <= 390 && box.top >= 0 && box.bottom <= 844, menu);
        const heights = await page.$$eval(`${POPUP} button`, (all) =>
          all.map((button) => button.getBoundingClientRect().height),
        );
        assert.ok(Math.min(...heights) >= 44);
        await page.keyboard.press("Escape");
      }
      await page.evaluate(() => scrollTo(0, 0));
      for (const menu of ["share", "export"]) {
        await page.tap("header .menu");
        await page.waitForSelector(".tools:popover-open");
        await page.tap(`[data-menu="${menu}"]`);
        await page.waitForSelector(POPUP);
        const box = await page.$eval(POPUP, (popup) => popup.getBoundingClientRect().toJSON());
        assert.ok(box.left >= 0 && box.right <= 390, menu);
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
      }
    },
    { width: 390, height: 844, touch: true, theme },
  );
}
