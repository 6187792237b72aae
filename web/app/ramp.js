// Colour for numbers: two ramps in each theme, interpolated in OKLab and kept as lookup tables.
import { interpolate, modeLrgb, modeOklab, modeRgb, useMode, wcagContrast } from "culori/fn";

const toRgb = useMode(modeRgb);
useMode(modeLrgb); // for contrast
useMode(modeOklab); // for interpolation

/** @typedef {"light" | "dark"} Theme */
/** @typedef {"weights" | "signed"} RampName weights run from 0 to 1, signed from −range to range */
/** @typedef {{ colours: Uint32Array, css: string[], inks: Uint8Array, signed: boolean }} Ramp
 *   colours as a canvas stores them (RGBA bytes), and as style sheets do; inks: an index into INKS, for a
 *   number on it */

/** Class names for a number on a colour: the text colour where it reads well, else black or white. */
export const INKS = ["", "black", "white"];

/** An even number, so that zero has an entry of its own in the middle of the signed ramp. */
const STEPS = 512;
const CONTRAST = 4.5;

/** The text colour. @type {Record<Theme, string>} */
export const INK = { light: "#17191c", dark: "#eceae5" };

/** [position, colour] with positions from 0 to 1 and from −1 to 1.
 * @type {Record<Theme, Record<RampName, [number, string][]>>} */
const ANCHORS = {
  light: {
    weights: [
      [0, "#ffffff"],
      [0.1, "#e4eef8"],
      [0.25, "#bdd7ee"],
      [0.5, "#6ea8d8"],
      [0.75, "#2a6fb0"],
      [1, "#0b3866"],
    ],
    signed: [
      [-1, "#a8560c"],
      [-0.6, "#e59a54"],
      [-0.25, "#f6d8b6"],
      [0, "#efefec"],
      [0.25, "#cbdff0"],
      [0.6, "#8fbde3"],
      [1, "#2f75b8"],
    ],
  },
  dark: {
    weights: [
      [0, "#16191d"],
      [0.1, "#1c2b3b"],
      [0.25, "#22456a"],
      [0.5, "#3273ad"],
      [0.75, "#6cabe0"],
      [1, "#cfe6fb"],
    ],
    signed: [
      [-1, "#ffb469"],
      [-0.6, "#b96d22"],
      [-0.25, "#583a1c"],
      [0, "#25282c"],
      [0.25, "#23405c"],
      [0.6, "#2b669d"],
      [1, "#8cc2f0"],
    ],
  },
};

/** @type {Map<string, Ramp>} */
const made = new Map();

/** @param {RampName} name @param {Theme} theme @returns {Ramp} */
export function ramp(name, theme) {
  const key = `${theme} ${name}`;
  const known = made.get(key);
  if (known) return known;
  const signed = name === "signed";
  const anchors = ANCHORS[theme][name];
  const at = interpolate(
    anchors.map(([position, colour]) => [colour, signed ? (position + 1) / 2 : position]),
    "oklab",
  );
  const colours = new Uint32Array(STEPS + 1);
  const bytes = new Uint8ClampedArray(colours.buffer);
  const inks = new Uint8Array(STEPS + 1);
  const css = [];
  for (let i = 0; i <= STEPS; i++) {
    const { r, g, b } = toRgb(at(i / STEPS));
    bytes.set([r * 255, g * 255, b * 255, 255], 4 * i);
    const colour = `rgb(${bytes.subarray(4 * i, 4 * i + 3).join(", ")})`;
    css.push(colour);
    if (wcagContrast(colour, INK[theme]) >= CONTRAST) continue;
    inks[i] = wcagContrast(colour, "#000") >= wcagContrast(colour, "#fff") ? 1 : 2;
  }
  const ready = { colours, css, inks, signed };
  made.set(key, ready);
  return ready;
}

/** Where a value stands in a ramp's tables. Beyond the range the colour clips.
 * @param {Ramp} ramp @param {number} value not NaN @param {number} range */
export function place({ signed }, value, range) {
  const t = signed ? (value / range + 1) / 2 : value / range;
  return Math.round(STEPS * Math.min(1, Math.max(0, t)));
}

/** Canvases with their pixels, kept: new memory costs more than filling it.
 * @type {WeakMap<HTMLCanvasElement, { context: CanvasRenderingContext2D, image: ImageData }>} */
const images = new WeakMap();

/** Fills a canvas, one pixel per cell. NaN, which stands for "no value here", becomes transparent.
 * @param {HTMLCanvasElement} canvas @param {import("./pipeline.js").Sheet} sheet
 * @param {Ramp} ramp @param {number} range */
export function paint(canvas, { data, rows, cols, blank }, ramp, range) {
  if (blank) {
    canvas.width = cols; // which empties it
    canvas.height = rows;
    images.delete(canvas);
    return;
  }
  if (data.length === 0) return;
  let known = images.get(canvas);
  if (known?.image.width !== cols || known.image.height !== rows) {
    const context = canvas.getContext("2d");
    if (!context) return;
    canvas.width = cols;
    canvas.height = rows;
    known = { context, image: context.createImageData(cols, rows) };
    images.set(canvas, known);
  }
  const { context, image } = known;
  const pixels = new Uint32Array(image.data.buffer);
  // What place() does, for millions of cells.
  const { colours, signed } = ramp;
  const middle = signed ? STEPS / 2 : 0;
  const scale = STEPS / (signed ? 2 * range : range);
  for (let i = 0; i < data.length; i++) {
    const at = data[i] * scale + middle;
    if (at <= 0) pixels[i] = colours[0];
    else if (at >= STEPS) pixels[i] = colours[STEPS];
    else pixels[i] = at > 0 ? colours[(at + 0.5) | 0] : 0;
  }
  context.putImageData(image, 0, 0);
}

/** CSS colour of a value. @param {Ramp} ramp @param {number} value @param {number} range */
export function css(ramp, value, range) {
  return ramp.css[place(ramp, value, range)];
}
