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
  const passed = figures.map(({ sheet }) => beyond(sheet.data, low * NEARLY, range * NEARLY));
  const above = passed.some(({ above }) => above);
  const below = passed.some(({ below }) => below);
  return [
    `${below ? "≤ " : ""}${end(low)}`,
    end((low + range) / 2),
    `${above ? "≥ " : ""}${end(range)}`,
  ];
}

/** Where a ramp ends, as it is printed. @param {number} x */
export const end = (x) => typed(Number(x.toFixed(3)));

/** @typedef {{ high: number, below: boolean, above: boolean }} Beyond whether some number passes the ends */

/** A matrix never changes, its range seldom, and it may be a quarter of a million numbers.
 * @type {WeakMap<Float32Array, Beyond>} */
const known = new WeakMap();

/** @param {Float32Array} data @param {number} low @param {number} high @returns {Beyond} */
function beyond(data, low, high) {
  const before = known.get(data);
  if (before?.high === high) return before;
  // No weight is below 0.
  const enough = low === 0 ? 1 : 2;
  let [below, above] = [false, false];
  for (let i = 0; i < data.length && Number(below) + Number(above) < enough; i++) {
    if (data[i] < low) below = true;
    else if (data[i] > high) above = true;
  }
  const now = { high, below, above };
  known.set(data, now);
  return now;
}
