// What leaves the page, in each browser: every kind of file, saved from its menu, opened and checked.
import assert from "node:assert/strict";
import { toFile } from "../../web/app/file.js";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { inEach } from "./browsers/each.js";
import { frame, hands, writeSentence } from "./browsers/hands.js";
import { answer, catchFiles, saved } from "./browsers/take.js";
import { readCsv, readNpy, sizeOfPng } from "./files.js";
import { hl } from "./open.js";

/** @typedef {import("./browsers/index.js").Tab} Tab */

/** Saves a file by mouse. @param {Tab} tab @param {string} menu @param {string} name
 * @param {number} [most] of its bytes that are looked at */
const save = (tab, menu, name, most) => saved(tab, hands(tab).mouse, menu, name, most);

const opening = documents.opening();

inEach("files leave the page", async (onTab) => {
  await onTab("numbers as CSV and .npy, hidden pairs as −∞ or without weight", async (tab) => {
    await catchFiles(tab);
    await hands(tab).mouse.choose("causal", "causal");
    const state = documents.setField(opening, "causal", true);
    const results = run(hl, state);
    for (const [menu, name, stage] of /** @type {const} */ ([
      ["s", "S-head0", "scores"],
      ["export", "L-head0", "logits"],
      ["export", "A-head0", "weights"],
      ["a1", "A-head1", "weights"],
      ["y", "Y", "output"],
    ])) {
      const { data, rows, cols } = sheet(results[stage], name.endsWith("1") ? 1 : 0);
      const csv = readCsv((await save(tab, menu, `headlight-1-${name}.csv`)).text);
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
      const npy = readNpy((await save(tab, menu, `headlight-1-${name}.npy`)).bytes);
      assert.deepEqual(npy.shape, [rows, cols]);
      assert.deepEqual([...npy.data], values);
    }
  });

  await onTab("the whole page as JSON", async (tab) => {
    await catchFiles(tab);
    await hands(tab).mouse.edit("wk", 0, 1, "2");
    const json = await save(tab, "export", "headlight-1-state.json");
    const cell = /** @type {const} */ ({ matrix: "wk", head: 0, row: 0, col: 1 });
    assert.equal(json.type, "application/json");
    assert.equal(json.text, toFile(documents.setNumber(opening, cell, 2)));
  });

  await onTab("a matrix by the clipboard, and over another one", async (tab) => {
    const { edit, menu, press } = hands(tab).mouse;
    await edit("wk", 0, 1, "-2.5");
    await menu("wk");
    await press(".popup .item", "Copy");
    assert.equal(await tab.evaluate(answer), "Copied");
    await tab.key("Escape");
    await press('[data-figure="wv"] tbody tr td');
    await tab.evaluate(frame);
    await tab.key("v", "Control");
    await tab.evaluate(frame);
    assert.deepEqual(await tab.evaluate(seen, "wv"), ["1", "−2.5", "0", "1", "1", "1"]);
  });

  await onTab("a matrix as a picture with its numbers, words and legend", async (tab) => {
    await catchFiles(tab);
    await hands(tab).mouse.choose("causal", "causal");
    const svg = await save(tab, "a0", "headlight-1-A-head0.svg");
    assert.equal(svg.type, "image/svg+xml");
    const picture = await tab.evaluate(parsed, svg.text);
    assert.equal(picture.error, "");
    assert.equal(picture.title, "A (weight, head 0), 8×8");
    assert.equal(picture.about, "Le chat noir mange la souris blanche.");
    assert.deepEqual(picture.format, { format: "headlight-picture", version: 1 });
    assert.deepEqual(picture.numbers, await tab.evaluate(seen, "a0"));
    assert.equal(picture.hidden, 28);
    for (const word of [...opening.tokens, "0", ".5", "1"]) {
      assert.ok(picture.texts.includes(word), word);
    }
    // Editable ones as typed.
    const { text } = await save(tab, "wq", "headlight-1-W_Q-head0.svg");
    assert.deepEqual((await tab.evaluate(parsed, text)).numbers, ["1", "0", "0", "1", "1", "1"]);
  });

  await onTab("the sentence's arcs and a head's lines as pictures", async (tab) => {
    await catchFiles(tab);
    const sentence = await save(tab, "export", "headlight-1-sentence-head0.svg");
    const arcs = await tab.evaluate(parsed, sentence.text);
    assert.deepEqual([arcs.error, arcs.arcs], ["", 7]);
    assert.ok(arcs.texts.includes(".259"));
    const head = await save(tab, "a1", "headlight-1-lines-head1.svg");
    const lines = await tab.evaluate(parsed, head.text);
    assert.deepEqual([lines.error, lines.lines], ["", 64]);
    for (const [menu, name, { text }] of /** @type {const} */ ([
      ["export", "sentence-head0", sentence],
      ["a1", "lines-head1", head],
    ])) {
      const png = await save(tab, menu, `headlight-1-${name}.png`);
      assert.deepEqual(sizeOfPng(png.bytes), enlarged(text));
    }
  });

  await onTab("no token breaks a picture", async (tab) => {
    await catchFiles(tab);
    const words = [
      "<script>alert`1`</script>",
      "]]>",
      "&amp;",
      "'",
      "\u0001x\u001f",
      "אבג",
      "👩‍👩‍👧",
    ];
    await tab.evaluate(writeSentence, words.join(" "));
    await tab.evaluate(frame);
    for (const [menu, name] of [
      ["a0", "A-head0"],
      ["a0", "lines-head0"],
      ["export", "sentence-head0"],
    ]) {
      const svg = await save(tab, menu, `headlight-1-${name}.svg`);
      const { error, names, texts } = await tab.evaluate(parsed, svg.text);
      assert.equal(error, "");
      assert.ok(!names.includes("script"));
      assert.ok(texts.includes("\ufffdx\ufffd") && texts.includes("👩‍👩‍👧"), name);
    }
    const csv = readCsv((await save(tab, "a0", "headlight-1-A-head0.csv")).text);
    assert.deepEqual(csv[0], ["A", ...documents.setText(opening, words.join(" ")).tokens]);
  });

  await onTab("PNG is the same picture at three times its size", async (tab) => {
    await catchFiles(tab);
    const { text } = await save(tab, "s", "headlight-1-S-head0.svg");
    const png = await save(tab, "s", "headlight-1-S-head0.png");
    assert.equal(png.type, "image/png");
    assert.deepEqual(sizeOfPng(png.bytes), enlarged(text));
    const at = text.match(/data-cells="8×8"[^>]*><rect x="([\d.]+)" y="([\d.]+)"/) ?? [];
    const colours = await tab.evaluate(pixels, png.bytes.toString("base64"), [
      // The paper; beside the numbers of the cells (0, 0) and (2, 2).
      [2, 2],
      [Number(at[1]) + 3, Number(at[2]) + 3],
      [Number(at[1]) + 2 * 44 + 3, Number(at[2]) + 2 * 28 + 3],
    ]);
    const fills = [...text.matchAll(/fill="rgb\((\d+), (\d+), (\d+)\)"/g)].map(([, ...rgb]) => [
      ...rgb.map(Number),
      255,
    ]);
    assert.deepEqual(colours, [[255, 255, 255, 255], fills[0], fills[18]]);
  });

  await onTab("large matrices become pictures as well", async (tab) => {
    await catchFiles(tab);
    await tab.evaluate(writeSentence, "chat noir ".repeat(220));
    await tab.evaluate(frame);
    for (const [menu, name] of [
      ["s", "S-head0"],
      ["a0", "A-head0"],
      ["a0", "lines-head0"],
      ["export", "sentence-head0"],
    ]) {
      const start = await save(tab, menu, `headlight-1-${name}.png`, 24);
      const { width, height } = sizeOfPng(start.bytes);
      assert.ok(width > 700 && width <= 16384 && height > 100 && height <= 16384, name);
    }
  });
});

/** The size that the PNG of an SVG has. @param {string} svg */
function enlarged(svg) {
  const [, width, height] = svg.match(/width="(\d+)" height="([\d.]+)"/) ?? [];
  return { width: 3 * Number(width), height: Math.round(3 * Number(height)) };
}

// What runs in the page.

/** What the browser makes of a picture: its text by parts, as XML. @param {string} svg */
function parsed(svg) {
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
}

/** The numbers of a matrix that are not hidden. @param {string} id */
function seen(id) {
  const cells = document.querySelector(`[data-figure="${id}"]`)?.querySelectorAll("tbody td") ?? [];
  return Array.from(cells, (cell) => cell.textContent ?? "").filter((text) => text !== "");
}

/** Colours of a picture at points of the page that it was made of. @param {string} png in base64
 * @param {number[][]} points */
async function pixels(png, points) {
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
}
