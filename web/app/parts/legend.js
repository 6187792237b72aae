// What the colours mean: the ramp with its ends. An end that some value passes says so with ≥ or ≤.
import { html } from "lit";
import { typed } from "../format.js";
import { ramp } from "../ramp.js";
import { picture } from "./directives.js";

/** @typedef {import("../figures.js").Figure} Figure */

/** What rounding may add to an end is not beyond it. */
const NEARLY = 1.000001;

/** A strip through the whole ramp. */
const strips = { weights: strip(0, 1), signed: strip(-1, 1) };

/** @param {number} from @param {number} to */
function strip(from, to) {
  const data = Float32Array.from({ length: 129 }, (_, i) => from + ((to - from) * i) / 128);
  return { data, rows: 1, cols: data.length };
}

/** @param {import("../model.js").Model} model @param {Figure[]} figures of one ramp and range
 * @param {unknown} [label] */
export function legend({ theme }, figures, label = "") {
  const [{ ramp: name }] = figures;
  return html`<div class="legend">
    <span class="legend-label">${label}</span>
    <canvas aria-hidden="true" ${picture(strips[name], ramp(name, theme), 1)}></canvas>
    ${ticks(figures).map((tick) => html`<span>${tick}</span>`)}
  </div>`;
}

/** What stands under a ramp's start, middle and end. @param {Figure[]} figures of one ramp and range */
export function ticks(figures) {
  const [{ ramp: name, range }] = figures;
  const low = name === "weights" ? 0 : -range;
  const ends = figures.map(({ sheet }) => endsOf(sheet.data));
  const above = ends.some(({ max }) => max > range * NEARLY);
  const below = ends.some(({ min }) => min < low * NEARLY);
  return [
    `${below ? "≤ " : ""}${typed(low)}`,
    typed((low + range) / 2),
    `${above ? "≥ " : ""}${typed(range)}`,
  ];
}

/** @typedef {{ min: number, max: number }} Ends */

/** A matrix never changes, and may be a quarter of a million numbers. @type {WeakMap<Float32Array, Ends>} */
const known = new WeakMap();

/** @param {Float32Array} data @returns {Ends} */
function endsOf(data) {
  const ends = known.get(data);
  if (ends) return ends;
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < min) min = data[i];
    if (data[i] > max) max = data[i];
  }
  known.set(data, { min, max });
  return { min, max };
}
