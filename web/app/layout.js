// How large cells are, and how wide the lanes that figures stand in: one lane per matrix, so that a
// result falls straight into its next role. Pure, from the window's width and the matrices' sizes.

/** @typedef {{ c: number, h: number }} Pitch width and height of a cell, in CSS pixels */
/** @typedef {ReturnType<typeof layout>} Layout */

/** Below these cell widths numbers lose digits, and at last give way to colour. */
const DIGITS = [
  { from: 40, signed: 2, weights: 3 },
  { from: 32, signed: 2, weights: 2 },
  { from: 28, signed: 1, weights: 2 },
];
/** Rows and columns narrower than this carry no words. */
export const WORDS_FROM = 14;
/** Below this the grid between cells would be more than the cells. */
export const GRID_FROM = 12;
/** Longer sentences scroll in steps 1 and 2, whose rows stay high enough to edit. */
export const ROWS = 32;

/** How wide a window that shows as much as a sheet of A4 would be, in px. */
const PAPER = 768;

/** The text takes at least this much beside the loom, and what is between loom and reading, in px. */
const RAIL = 220;
const BESIDE = 28;
/** The smallest field that can be hit, and how high a matrix of weights should get, in px. */
const FIELD = 14;
const HIGH = 560;
/** What a head's picture takes at least, however few tokens there are, in px. */
const GALLERY = 66;
/** What stands below a matrix of weights on a phone, where there is room, in px. */
const LEGENDS = 224;
/** How far the last slanting word reaches beyond its narrow column and the margin, in px. */
const SLANT = 16;

/** @param {number} width */
function frame(width) {
  if (width >= 1680) {
    const margin = (width - 1560) / 2;
    return { mode: "wide", margin, label: 66, c: 48, h: 30, gap: 24, reading: 320 };
  }
  if (width >= 1400) {
    return { mode: "wide", margin: 36, label: 62, c: 44, h: 28, gap: 20, reading: 272 };
  }
  if (width >= 1240) {
    return { mode: "wide", margin: 24, label: 60, c: 36, h: 28, gap: 18, reading: 288 };
  }
  if (width >= 900) {
    return { mode: "middle", margin: 32, label: 62, c: 44, h: 28, gap: 20, reading: 0 };
  }
  if (width >= 768) {
    return { mode: "middle", margin: 24, label: 56, c: 40, h: 28, gap: 18, reading: 0 };
  }
  const tight = width < 390;
  const [label, gap] = tight ? [40, 8] : [58, 12];
  return { mode: "phone", margin: 16, label, c: 40, h: 28, gap, reading: 0 };
}

/** @typedef {ReturnType<typeof import("./state.js").sizes>} Sizes */

/** Nothing moves sideways on paper, and nobody has to hit a field. @param {Sizes} sizes
 * @param {boolean} [turned] */
export const onPaper = (sizes, turned) => layout(PAPER, sizes, turned, 1);

/** @param {number} width @param {Sizes} sizes
 * @param {boolean} [turned] whether W_Qᵀ stands where W_Q does not, with as many columns as X
 * @param {number} [least] how wide the narrowest column of fields is */
export function layout(width, { tokens, dModel, headDim, heads }, turned = false, least = FIELD) {
  const { mode, margin, label, c, h, gap, reading } = frame(width);
  const content = width - 2 * margin;
  const phone = mode === "phone";
  const most = content - (mode === "wide" ? RAIL + reading + BESIDE : 0);
  // Many dimensions make their columns narrower, and only then the loom wider than its place.
  const narrow = Math.max(least, fit(c, most - label - 3 * gap - 8 * c, dModel + 2 * headDim));
  const laneX = dModel * narrow;
  const laneS = 8 * c;
  // K, in the middle of its lane, leaves W_Qᵀ some room.
  const free = (laneS - headDim * narrow) / 2;
  const laneQ = Math.max(headDim, turned ? dModel - Math.floor(free / narrow) : 0) * narrow;
  const loom = phone ? content : label + laneX + 2 * laneQ + laneS + 3 * gap;
  // On a phone narrow columns' slanting words would hang out of the window.
  const hangs = tokens > 8 ? SLANT : 0;
  const s = square(
    phone
      ? fit(c, content - label - gap - hangs, tokens + Math.min(headDim, 4))
      : fit(c, laneS, tokens),
    h,
  );
  // Beside scores and weights, queries and values take no more room than those.
  const vectors = phone ? fit(s.c, 4 * s.c, headDim) : fit(Math.min(s.c, narrow), laneS, headDim);
  const concat = heads * headDim;
  const last = fit(phone ? 44 : c, loom - label - gap, concat + dModel);
  const y = Math.max(phone ? 28 : least, last);
  const gallery = fit(20, 160, tokens);
  const picture = Math.max(GALLERY, gallery * tokens) + 12;
  const output = phone ? fit(44, content - label - picture, headDim) : fit(c, 160, headDim);
  const beside = width < 1400 ? 20 : 36;
  const head = picture + headDim * output;
  /** @type {Record<"x" | "w" | "q" | "s" | "kt" | "v" | "wo" | "concat" | "y" | "a" | "o", Pitch>} */
  const pitch = {
    x: phone ? { c: Math.max(28, fit(84, content - label, dModel)), h: 44 } : { c: narrow, h },
    w: { c: narrow, h: low(h, dModel, least) },
    q: { c: narrow, h },
    s,
    kt: { c: s.c, h: low(s.h, headDim, 1) },
    v: { c: vectors, h: s.h },
    wo: { c: y, h: low(h, concat, least) },
    concat: { c: phone ? y : Math.min(y, fit(c, loom - label - gap - y * dModel, concat)), h },
    y: { c: y, h },
    a: { c: gallery, h: gallery },
    o: { c: output, h: gallery },
  };
  if (phone) {
    const one = Math.max(28, fit(44, content - label, headDim));
    pitch.q = { c: one, h: 36 };
    pitch.w = { c: one, h: low(44, dModel, least) };
  }
  return {
    mode,
    scroll: tokens > ROWS,
    /** Whether the loom is wider than its place. */
    sideways: !phone && loom > most,
    /** Heads beside each other in step 6. */
    perRow: Math.max(1, Math.floor((loom - label + beside) / (head + beside))),
    pitch,
    /** Custom properties for the style sheet. @type {Record<string, string>} */
    properties: {
      "--margin": `${margin}px`,
      "--label": `${label}px`,
      "--gap": `${gap}px`,
      "--beside": `${beside}px`,
      "--reading": `${reading}px`,
      "--lane-x": `${laneX}px`,
      "--lane-q": `${laneQ}px`,
      "--lane-s": `${phone ? Math.min(LEGENDS, content - label - gap - headDim * vectors) : laneS}px`,
      "--loom": `${loom}px`,
      "--rows": `${ROWS}`,
    },
  };
}

/** The height at which that many rows are no taller than what a window shows, as far as they can
 * still be told apart. @param {number} h @param {number} rows @param {number} least */
function low(h, rows, least) {
  return Math.min(h, Math.max(least, Math.floor(HIGH / rows)));
}

/** The cell width at which `count` cells fill `room`, at most `most`; whole pixels while it matters.
 * @param {number} most @param {number} room @param {number} count */
function fit(most, room, count) {
  const c = room / Math.max(1, count);
  return Math.min(most, c < 6 ? c : Math.floor(c));
}

/** @param {number} c @param {number} h @returns {Pitch} */
function square(c, h) {
  return { c, h: Math.min(h, c) };
}

/** Decimals that fit a cell, or undefined where colour stands alone.
 * @param {number} c @param {import("./ramp.js").RampName} ramp */
export function decimals(c, ramp) {
  return DIGITS.find(({ from }) => c >= from)?.[ramp];
}
