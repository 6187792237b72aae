// A matrix with its words, numbers where they fit, and legend.

import { valueAt } from "../../figures.js";
import { brief, probability, short } from "../../format.js";
import { decimals, GRID_FROM, WORDS_FROM } from "../../layout.js";
import { clip } from "../../parts/text.js";
import { css, INK, paint, place, ramp } from "../../ramp.js";
import { xml } from "../xml.js";
import { COLOURS, FOOT, HEAD, nameOf, PAD, SANS, SERIF, sheetOf, widest } from "./sheet.js";

/** @typedef {import("../../figures.js").Figure} Figure */
/** @typedef {import("../../state.js").State} State */

/** More cells than this are one embedded picture, drawn so many times as large. */
const CELLS = 4096;
const ENLARGED = 4;
/** Beside and above the cells, in px. */
const BESIDE = 14;
const SLANT = Math.SQRT1_2;

/** @param {State} state @param {Figure} figure @param {{ title: string, about: string, caption: string }} says */
export function matrixPicture(state, figure, says) {
  const { tokens } = state;
  const { sheet, role } = figure;
  const { rows, cols } = sheet;
  // Where a matrix is one of several heads', its name says whose.
  const sup = figure.kind === "weight" || figure.kind === "output" ? `${figure.head}` : undefined;
  const { c, h } = pitchOf(figure);
  const rowWords = h >= WORDS_FROM ? wordsOf(figure.rows, rows, tokens) : [];
  const colWords = c >= WORDS_FROM ? wordsOf(figure.cols, cols, tokens) : [];
  const colWidth = widest(colWords, 14, SERIF);
  const slant = colWidth > c;
  const left = PAD + widest(rowWords, 15, SERIF) + BESIDE;
  const look = (/** @type {"token" | "dim"} */ axis, /** @type {number} */ size) =>
    axis === "token"
      ? xml`font-family="${SERIF}" font-size="${size}"`
      : xml`font-family="${SANS}" font-size="12" fill="${COLOURS.ink3}"`;
  const top = PAD + HEAD + (slant ? colWidth * SLANT + 18 : 26);
  const over = slant ? colWidth * SLANT + 10 : 8;
  const [width, height] = [left + cols * c + Math.max(PAD, over), top + rows * h + FOOT];
  const content = [
    xml`<g ${look(figure.rows, Math.min(15, h))} text-anchor="end">${rowWords.map(
      (word, row) =>
        xml`<text x="${left - BESIDE}" y="${top + (row + 0.5) * h + 5}">${word}</text>`,
    )}</g>`,
    xml`<g ${look(figure.cols, 14)} text-anchor="${slant ? "start" : "middle"}">${colWords.map(
      (word, col) => {
        const x = left + (col + 0.5) * c;
        const turn = slant ? xml` transform="rotate(-45 ${x + 4} ${top - 9})"` : "";
        return xml`<text x="${slant ? x + 4 : x}" y="${top - 9}"${turn}>${word}</text>`;
      },
    )}</g>`,
    rows * cols > CELLS
      ? embedded(figure, left, top, c, h)
      : cellsOf(state, figure, left, top, c, h),
    role ? brackets(COLOURS[role], left, top, cols * c, rows * h) : xml``,
  ];
  return sheetOf(
    { ...says, width, height, name: nameOf(figure, sup), figures: [figure], edge: left + cols * c },
    content,
  );
}

/** As on the page where there is room, else as small as lets many rows and columns be told apart.
 * @param {Figure} figure */
function pitchOf({ rows: axis, cols: other, sheet: { rows, cols } }) {
  const room = Math.floor(1800 / cols);
  const c = cols <= 64 ? Math.max(28, Math.min(44, room)) : Math.max(3, room);
  const square = axis === "token" && other === "token";
  return { c, h: square ? Math.min(28, c) : rows <= 64 ? 28 : WORDS_FROM };
}

/** @param {"token" | "dim"} axis @param {number} count @param {readonly string[]} tokens */
function wordsOf(axis, count, tokens) {
  if (axis === "token") return tokens.map((word) => clip(word));
  return Array.from({ length: count }, (_, index) => `${index}`);
}

/** @param {State} state @param {Figure} figure @param {number} left @param {number} top
 * @param {number} c @param {number} h */
function cellsOf(state, figure, left, top, c, h) {
  const { sheet, ramp: name, range, cell } = figure;
  const { data, rows, cols } = sheet;
  const colours = ramp(name, "light");
  const digits = decimals(c, name);
  const inks = [INK.light, "#000000", "#ffffff"];
  const gap = cell ? 2 : 0;
  /** @type {import("../xml.js").Xml[]} */
  const grounds = [];
  /** @type {import("../xml.js").Xml[]} */
  const numbers = [];
  data.forEach((x, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    const [at, y] = [left + col * c, top + row * h];
    const ground = Number.isNaN(x) ? "url(#hidden)" : css(colours, x, range);
    const size = xml`width="${c - 2 * gap}" height="${h - 2 * gap}"${cell ? xml` rx="3"` : ""}`;
    grounds.push(xml`<rect x="${at + gap}" y="${y + gap}" ${size} fill="${ground}"/>`);
    if (digits === undefined || Number.isNaN(x)) return;
    const text = cell
      ? brief(valueAt(state, figure, row, col))
      : (name === "weights" ? probability : short)(x, digits);
    const ink = inks[colours.inks[place(colours, x, range)]];
    numbers.push(xml`<text x="${at + c / 2}" y="${y + h / 2 + 4.5}" fill="${ink}">${text}</text>`);
  });
  const line = Math.min(c, h) < GRID_FROM ? "none" : cell ? COLOURS.line2 : COLOURS.line;
  return xml`<g data-cells="${rows}×${cols}" stroke="${line}">${grounds}</g>
<g font-family="${SANS}" font-size="${c < 40 ? 12 : 13}" text-anchor="middle">${numbers}</g>`;
}

/** Without smoothing, whoever shows it. @param {Figure} figure @param {number} left
 * @param {number} top @param {number} c @param {number} h */
function embedded({ sheet, ramp: name, range }, left, top, c, h) {
  const small = document.createElement("canvas");
  paint(small, sheet, ramp(name, "light"), range);
  const large = document.createElement("canvas");
  large.width = ENLARGED * sheet.cols;
  large.height = ENLARGED * sheet.rows;
  const context = large.getContext("2d");
  if (context) context.imageSmoothingEnabled = false;
  context?.drawImage(small, 0, 0, large.width, large.height);
  const place = xml`x="${left}" y="${top}" width="${c * sheet.cols}" height="${h * sheet.rows}"`;
  return xml`<rect ${place} fill="url(#hidden)" stroke="${COLOURS.line}"/>
<image ${place} preserveAspectRatio="none" image-rendering="pixelated" href="${large.toDataURL()}"/>`;
}

/** @param {string} colour @param {number} left @param {number} top @param {number} width
 * @param {number} height */
function brackets(colour, left, top, width, height) {
  const side = (/** @type {number} */ x, /** @type {number} */ serif) =>
    `M${x + serif} ${top - 4}H${x}V${top + height + 4}H${x + serif}`;
  return xml`<path d="${side(left - 6, 4)}${side(left + width + 6, -4)}" fill="none" stroke="${colour}" stroke-width="1.75"/>`;
}
