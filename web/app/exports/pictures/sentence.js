// The sentence with the arcs that leave the focus token, as at the top of the page.
import { probability } from "../../format.js";
import { arcsOf, rise } from "../../parts/curves.js";
import { css, INK, place, ramp } from "../../ramp.js";
import { direction, visible } from "../../tokens.js";
import { xml } from "../xml.js";
import { COLOURS, FOOT, HEAD, nameOf, PAD, SERIF, sheetOf, widest } from "./sheet.js";

/** Beside a token's word, between tokens, and between arcs and tokens, in px. */
const INSIDE = 9;
const BETWEEN = 6;
const GAP = 6;

/** @param {import("../../state.js").State} state @param {import("../../figures.js").Figure} figure weights
 * @param {{ title: string, about: string, caption: string }} says */
export function sentencePicture({ tokens, focus, head }, figure, says) {
  const { sheet, range } = figure;
  const size = tokens.length > 64 ? 18 : tokens.length > 12 ? 33 : 60;
  const share = size > 18 ? 15 : 12.5;
  const colours = ramp("weights", "light");
  const inks = [INK.light, "#000000", "#ffffff"];
  let left = PAD;
  const shown = tokens.map(visible);
  const row = shown.map((word) => {
    const width = Math.max(widest([word], size, SERIF), 2.4 * share) + 2 * INSIDE;
    const box = { left, width };
    left += width + BETWEEN;
    return box;
  });
  const end = left - BETWEEN + PAD;
  const boxes =
    direction(tokens) === "rtl"
      ? row.map(({ left, width }) => ({ left: end - left - width, width }))
      : row;
  const { level, height: high } = rise(tokens.length);
  const foot = PAD + HEAD + Math.max(0, high) + GAP;
  const top = foot + GAP;
  const h = 1.24 * size;
  const drawn = shown.map((word, i) => {
    const weight = sheet.data[focus * sheet.cols + i];
    const hidden = Number.isNaN(weight);
    const ground = hidden ? "url(#hidden)" : css(colours, weight, range);
    const ink = hidden ? INK.light : inks[colours.inks[place(colours, weight, range)]];
    const { left, width } = boxes[i];
    const x = left + width / 2;
    const frame = i === focus ? xml` stroke="${COLOURS.q}" stroke-width="2"` : "";
    return xml`<rect x="${left}" y="${top}" width="${width}" height="${h}" rx="6" fill="${ground}"${frame}/>
<text x="${x}" y="${top + 0.9 * size}" font-family="${SERIF}" font-size="${size}" fill="${ink}">${word}</text>
<text x="${x}" y="${top + h + 1.4 * share}" font-size="${share}" fill="${COLOURS.ink3}">${hidden ? "–" : probability(weight, 3)}</text>`;
  });
  const arcs = arcsOf(sheet, focus, boxes, foot, level).map(
    ({ to, path, width, opacity }) =>
      xml`<path data-to="${to}" d="${path}" stroke-width="${width}" opacity="${opacity}"/>`,
  );
  return sheetOf(
    {
      ...says,
      width: end,
      height: Math.ceil(top + h + 2 * share + FOOT),
      name: nameOf(figure, `${head}`),
      figures: [figure],
    },
    [
      xml`<g fill="none" stroke="${COLOURS.q}">${arcs}</g>`,
      xml`<g text-anchor="middle">${drawn}</g>`,
    ],
  );
}
