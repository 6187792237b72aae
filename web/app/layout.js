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
const ROWS = 32;

/** What a head's picture takes at least, however few tokens there are, in px. */
const GALLERY = 66;

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
  return { mode: "phone", margin: 16, label, c: 28, h: 28, gap, reading: 0 };
}

/** @param {number} width @param {ReturnType<typeof import("./state.js").sizes>} sizes */
export function layout(width, { tokens, dModel, headDim, heads }) {
  const { mode, margin, label, c, h, gap, reading } = frame(width);
  const content = width - 2 * margin;
  const phone = mode === "phone";
  const concat = heads * headDim + dModel;
  const laneX = dModel * c;
  const laneQ = headDim * c;
  const laneS = 8 * c;
  const loom = phone ? content : label + laneX + 2 * laneQ + laneS + 3 * gap;
  const gallery = fit(20, 160, tokens);
  const output = phone ? 44 : c;
  const beside = width < 1400 ? 20 : 36;
  const head = Math.max(GALLERY, gallery * tokens) + 12 + headDim * output;
  /** @type {Record<"x" | "q" | "s" | "y" | "a" | "o", Pitch>} */
  const pitch = {
    x: phone ? { c: fit(84, content - label, dModel), h: 44 } : { c, h },
    q: phone ? { c: fit(44, content - label - 4 * gap, 3 * headDim), h: 36 } : { c, h },
    s: square(fit(c, phone ? content - label - gap : laneS, phone ? tokens + headDim : tokens), h),
    y: { c: Math.max(28, fit(phone ? 44 : c, loom - label - gap, concat)), h },
    a: { c: gallery, h: gallery },
    o: { c: output, h: gallery },
  };
  return {
    mode,
    scroll: tokens > ROWS,
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
      "--lane-s": `${laneS}px`,
      "--loom": `${loom}px`,
      "--rows": `${ROWS}`,
    },
  };
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
