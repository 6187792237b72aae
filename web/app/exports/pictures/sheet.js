// The paper that pictures are drawn on: the document around them, and what all of them carry. Looks are
// attributes, since style sheets within a picture are not for every program. The light theme prints.
import { ticks } from "../../parts/legend.js";
import { css, INK, ramp } from "../../ramp.js";
import { xml } from "../xml.js";

/** @typedef {import("../../figures.js").Figure} Figure */
/** @typedef {import("../xml.js").Xml} Xml */

export const COLOURS = {
  paper: "#ffffff",
  ink: INK.light,
  ink3: "#6a7078",
  line: "#e3e3de",
  line2: "#c6c7c2",
  wash: "#f3f3ef",
  q: "#1b4cb4",
  k: "#c43a28",
  v: "#007d66",
};
export const SANS = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
export const SERIF =
  '"Iowan Old Style", Palatino, "Palatino Linotype", P052, "URW Palladio L", "Book Antiqua", Georgia, "Noto Serif", serif';

/** All in px: the margin; the height of the name and what is said below it, and of a legend. */
export const PAD = 20;
export const HEAD = 52;
export const FOOT = 52;
const LEGEND = 132;
/** Stops of a legend's gradient. */
const STOPS = 32;

/** @type {CanvasRenderingContext2D | null | undefined} */
let pen;

/** @param {readonly string[]} texts @param {number} size in px @param {string} family */
export function widest(texts, size, family) {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return 0;
  pen.font = `${size}px ${family}`;
  let most = 0;
  for (const text of texts) most = Math.max(most, pen.measureText(text).width);
  return Math.ceil(most);
}

/**
 * @param {{ width: number, height: number, title: string, about: string, name: Xml, caption: string,
 *   figures: Figure[], edge?: number }} frame figures of one ramp and range, for the legend, which ends
 *   at the edge
 * @param {Xml[]} content
 */
export function sheetOf(frame, content) {
  const { width, title, about, name, caption, figures, edge = width - PAD } = frame;
  const height = Math.ceil(frame.height);
  const full = Math.ceil(Math.max(width, 2 * PAD + Math.max(LEGEND, widest([caption], 13, SANS))));
  const format = JSON.stringify({ format: "headlight-picture", version: 1 });
  const picture = xml`<svg xmlns="http://www.w3.org/2000/svg" width="${full}" height="${height}" viewBox="0 0 ${full} ${height}" role="img" aria-labelledby="title about">
<title id="title">${title}</title>
<desc id="about">${about}</desc>
<metadata>${format}</metadata>
<defs>
<pattern id="hidden" width="8.5" height="8.5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8.5" height="8.5" fill="${COLOURS.wash}"/><rect width="1.5" height="8.5" fill="${COLOURS.line2}"/></pattern>
${gradient(figures[0])}
</defs>
<rect width="${full}" height="${height}" fill="${COLOURS.paper}"/>
<g font-family="${SANS}" font-variant="tabular-nums lining-nums" fill="${COLOURS.ink}">
<g transform="translate(${PAD} ${PAD + 16})">${name}</g>
<text x="${PAD}" y="${PAD + 38}" font-size="13" fill="${COLOURS.ink3}">${caption}</text>
${content}
${legend(figures, Math.max(edge, PAD + LEGEND), height - FOOT + 14)}
</g>
</svg>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${picture.text}`;
}

/** A matrix's name and shape. @param {Figure} figure @param {string} [sup] */
export function nameOf({ name: [letter, sub, usual], role, sheet }, sup = usual) {
  const colour = role ? COLOURS[role] : COLOURS.ink;
  const shape = xml`font-family="${SANS}" font-size="13" font-style="normal" fill="${COLOURS.ink3}"`;
  const size = `${sheet.rows}×${sheet.cols}`;
  if (letter.length > 1) {
    return xml`<text font-size="15">${letter}<tspan dx="8" ${shape}>${size}</tspan></text>`;
  }
  // Up and down again: not every program knows baseline-shift.
  const lowered = sub ? xml`<tspan dy="4" font-size="12.5">${sub}</tspan>` : xml``;
  const raised = sup
    ? xml`<tspan dy="${sub ? -11 : -7}" font-size="12" font-style="normal">${sup}</tspan>`
    : xml``;
  const back = (sub ? -4 : 0) + (sup ? (sub ? 11 : 7) : 0);
  return xml`<text font-family="${SERIF}" font-size="18" font-style="italic" fill="${colour}">${letter}${lowered}${raised}<tspan dx="8" dy="${back}" ${shape}>${size}</tspan></text>`;
}

/** @param {Figure} figure */
function gradient({ ramp: name }) {
  const colours = ramp(name, "light");
  const low = name === "weights" ? 0 : -1;
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => {
    const at = i / STOPS;
    return xml`<stop offset="${at.toFixed(4)}" stop-color="${css(colours, low + (1 - low) * at, 1)}"/>`;
  });
  return xml`<linearGradient id="ramp">${stops}</linearGradient>`;
}

/** @param {Figure[]} figures @param {number} right @param {number} top */
function legend(figures, right, top) {
  const left = right - LEGEND;
  const [low, half, high] = ticks(figures);
  const tick = (
    /** @type {number} */ x,
    /** @type {string} */ anchor,
    /** @type {string} */ text,
  ) => xml`<text x="${x}" y="${top + 23}" text-anchor="${anchor}">${text}</text>`;
  return xml`<rect x="${left + 0.5}" y="${top + 0.5}" width="${LEGEND - 1}" height="8" fill="url(#ramp)" stroke="${COLOURS.line2}"/>
<g font-size="12.5" fill="${COLOURS.ink3}">${tick(left, "start", low)}${tick(left + LEGEND / 2, "middle", half)}${tick(right, "end", high)}</g>`;
}
