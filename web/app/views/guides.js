// Guide bands: which row and which column make the shown number; and for an operand's number, which
// results use it.
import { nothing, render, svg } from "lit";
import { boxOf, colIn, rowIn } from "../parts/places.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../model.js").At} At */
/** @typedef {import("../figures.js").Figure} Figure */
/** @typedef {import("../parts/places.js").Box} Box */

/** Boxes on one line may differ by less than this, in px. */
const NEAR = 1;

/** @param {Element} main @param {Model} model @returns {() => void} */
export function guides(main, { at, figures }) {
  const layers = /** @type {HTMLElement[]} */ ([...main.querySelectorAll("svg.guides")]);
  const lines = layers.map((layer) => (at ? marks(layer, at, figures) : nothing));
  return () => layers.forEach((layer, i) => void render(lines[i], layer));
}

/** @param {HTMLElement} layer @param {At} at @param {Record<string, Figure>} figures */
function marks(layer, at, figures) {
  const corner = /** @type {HTMLElement} */ (layer.parentElement);
  const find = (/** @type {string} */ id) => {
    const element = corner.querySelector(`[data-figure=${id}]`);
    return element ? inView(element, layer) : undefined;
  };
  const shown = figures[at.figure];
  const own = shown?.product && !shown.waits ? find(at.figure) : undefined;
  const others = () =>
    Array.from(corner.querySelectorAll(".sheet"), (sheet) => boxOf(sheet, layer));
  const users = Object.values(figures).flatMap(({ id, product, sheet }) => {
    const box = product?.includes(at.figure) && find(id);
    if (!box) return [];
    return product?.[0] === at.figure
      ? rowIn(box, sheet.rows, at.row)
      : colIn(box, sheet.cols, at.col);
  });
  return [
    own ? bands(shown, own, at, figures, find, others()) : nothing,
    users.map((box) => rect("user", box)),
  ];
}

/** What may move sideways is seen only within its box. @param {Element} element @param {Element} layer */
function inView(element, layer) {
  const box = boxOf(element, layer);
  const around = element.closest(".scroller");
  if (!around) return box;
  const { left, right } = boxOf(around, layer);
  return { ...box, left: Math.max(box.left, left), right: Math.min(box.right, right) };
}

/** @param {Figure} figure @param {Box} own @param {At} at @param {Record<string, Figure>} figures
 * @param {(id: string) => Box | undefined} find @param {Box[]} sheets */
function bands({ product = ["", ""], sheet }, own, { row, col }, figures, find, sheets) {
  const [left, upper] = product.map((id) => ({ figure: figures[id], box: find(id) }));
  const cell = colIn(rowIn(own, sheet.rows, row), sheet.cols, col);
  const parts = [];
  if (left.box) {
    const band = rowIn(left.box, sheet.rows, row);
    const runs = Math.abs(band.top - cell.top) < NEAR && band.right < cell.left;
    const whole = runs ? { ...band, right: cell.left } : band;
    parts.push(
      spaces(whole, sheets, "left", "right").map((box) => rect(`tint ${left.figure.role}`, box)),
      rect(`band ${left.figure.role}`, whole),
    );
  }
  if (upper.box) {
    const band = colIn(upper.box, sheet.cols, col);
    const runs = Math.abs(band.left - cell.left) < NEAR && band.bottom < cell.top;
    const whole = runs ? { ...band, bottom: cell.top } : band;
    parts.push(
      spaces(whole, sheets, "top", "bottom").map((box) => rect(`tint ${upper.figure.role}`, box)),
      rect(`band ${upper.figure.role}`, whole),
    );
  }
  return parts;
}

/** The parts of a band that cross empty space. @param {Box} band @param {Box[]} sheets
 * @param {"left" | "top"} from @param {"right" | "bottom"} to @returns {Box[]} */
function spaces(band, sheets, from, to) {
  const crossed = sheets
    .filter(
      (box) =>
        box.left < band.right - NEAR &&
        box.right > band.left + NEAR &&
        box.top < band.bottom - NEAR &&
        box.bottom > band.top + NEAR,
    )
    .sort((a, b) => a[from] - b[from]);
  let start = band[from];
  const free = [];
  for (const box of crossed) {
    if (box[from] > start) free.push({ ...band, [from]: start, [to]: box[from] });
    start = Math.max(start, box[to]);
  }
  if (band[to] > start + NEAR) free.push({ ...band, [from]: start });
  return free;
}

/** @param {string} name @param {Box} box */
function rect(name, { left, top, right, bottom }) {
  return svg`<rect class=${name} x=${left} y=${top} width=${right - left} height=${bottom - top} />`;
}
