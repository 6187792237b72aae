// One chart of what was measured, as SVG that reads on light and on dark pages: for each shape, each
// contender's share of the peak that the engine had in the same rounds.
import { share } from "./report.js";

/** @typedef {import("./report.js").Run} Run */

/** Whose bars, from the top, and the colour of each on light and on dark. */
const BARS = [
  { name: "Headlight", light: "#0b6bcb", dark: "#5aa9f7" },
  { name: "LiteRT.js", light: "#7a8594", dark: "#9aa5b4" },
  { name: "onnxruntime-web", light: "#a9b2be", dark: "#6f7a88" },
  { name: "tfjs-wasm", light: "#cfd5dc", dark: "#4d5661" },
];

/** Shapes, where they were measured. */
const SHAPES = [
  "8×64×64",
  "12×128×64",
  "12×512×64",
  "12×512×64 causal",
  "12×1024×64",
  "12×2048×64",
  "8×4096×64",
];

const WIDTH = 760;
const LEFT = 132; // of the bars
const RIGHT = 60; // for the last bar's number
const TOP = 64;
const BAR = 12;
const GAP = 16; // between shapes

/** @param {string} text */
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** @param {Run} run @returns {string} */
export function chart({ engine, report }) {
  const results = SHAPES.flatMap((name) => report.results.filter((result) => result.name === name));
  const bars = BARS.filter(({ name }) => results.some(({ figures }) => figures[name]));
  const x = (/** @type {number} */ share) => LEFT + share * (WIDTH - LEFT - RIGHT);
  const step = bars.length * BAR + GAP;
  const bottom = TOP + results.length * step;
  const height = bottom + 12;
  const fixed = (/** @type {number} */ number) => number.toFixed(1);

  const groups = results.map((result, i) => {
    const top = TOP + i * step;
    const rows = bars.flatMap(({ name }, row) => {
      if (!result.figures[name]) return [];
      const part = share(result, name);
      const y = top + row * BAR;
      return [
        `<rect class="c${row}" x="${LEFT}" y="${y}" width="${fixed(x(part) - LEFT)}" height="${BAR - 2}"/>`,
        `<text class="n" x="${fixed(x(part) + 5)}" y="${y + 9}">${Math.round(100 * part)} %</text>`,
      ];
    });
    const middle = top + (bars.length * BAR) / 2 + 3;
    const label = `<text x="${LEFT - 10}" y="${middle}" text-anchor="end">${escaped(result.name)}</text>`;
    return [label, ...rows].join("\n");
  });
  let at = LEFT;
  const legend = bars.map(({ name }, row) => {
    const entry = `<rect class="c${row}" x="${at}" y="34" width="10" height="10"/><text x="${at + 15}" y="43">${name}</text>`;
    at += 45 + 7 * name.length;
    return entry;
  });
  const peak = fixed(x(1));
  const colours = (/** @type {"light" | "dark"} */ theme) =>
    bars.map((bar, row) => `.c${row}{fill:${bar[theme]}}`).join("");
  const title = `Attention in ${engine}, one thread: share of the peak`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(title)}</title>
<style>
text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600;font-size:14px}.n{font-size:10px}
.p{stroke:#1f2328;stroke-dasharray:3 3;opacity:.6}${colours("light")}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.p{stroke:#e6edf3}${colours("dark")}}
</style>
<text class="t" x="0" y="16">${escaped(title)}</text>
${legend.join("\n")}
<path class="p" d="M${peak} ${TOP - 8}V${bottom - GAP}"/>
<text class="n" x="${peak}" y="${TOP - 12}" text-anchor="middle">${fixed(report.peak)} GFLOP/s</text>
${groups.join("\n")}
</svg>
`;
}
