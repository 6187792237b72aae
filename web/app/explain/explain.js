// What a number is made of: its arithmetic with the actual values, each term at a cell that explains
// itself in turn. Pure, from a state and its figures.
import { valueAt } from "../figures.js";
import { rowOf } from "../rows.js";
import { softmaxRow } from "./softmax-row.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../figures.js").Figure} Figure */
/** @typedef {Record<string, Figure>} Figures */
/** @typedef {{ figure: string, row: number, col: number }} At */
/** @typedef {{ at: At, value: number }} Term */
/** @typedef {{ left: Term, right: Term, product: number, index: number }} Product
 *   index: where left's column and right's row meet */
/** @typedef {"score" | "scaled" | "capped" | "logit" | "exponential" | "weight"} StageName */
/** @typedef {{ name: StageName, value: number, at?: At, by?: number }} Stage
 *   by: the divisor, cap, or what was taken off the logit */
/**
 * @typedef {object} Explanation
 * @property {At} at
 * @property {Figure} figure
 * @property {number} value NaN where a mask hides it or it waits
 * @property {Product[]} [products] whose sum it is
 * @property {Term[]} [addends] whose sum it is
 * @property {Term} [same] the cell whose number it is
 * @property {{ place: number, pair: number, dModel: number, odd: boolean }} [wave] the sine (or, where
 *   odd, cosine) of place / 10000^(pair / d_model) that it is
 * @property {Stage[]} [stages] from score to weight, for a pair of tokens
 * @property {number} [otherHead] the head that has to be shown before this can be explained
 */

/** The cell of a strip is one of the matrix that it shows a row of, Kᵀ's is one of K.
 * @param {Figures} figures @param {At} at @returns {At} */
export function settled(figures, { figure, row, col }) {
  const { strip } = figures[figure];
  if (strip) return { figure: strip.of, row: strip.row, col };
  if (figure === "kt") return { figure: "k", row: col, col: row };
  return { figure, row, col };
}

/** @param {State} state @param {Figures} figures @param {At} from @returns {Explanation} */
export function explain(state, figures, from) {
  const at = settled(figures, from);
  const figure = figures[at.figure];
  const { row, col } = at;
  const term = (/** @type {At} */ at) => ({ at, value: held(state, figures, at) });
  const plain = { at, figure, value: held(state, figures, at) };
  if (figure.waits) return plain;
  if (figure.kind === "weight" || figure.kind === "logit" || figure.kind === "exponential") {
    if (figure.head !== state.head) return { ...plain, otherHead: figure.head };
    const way = stages(state, figures, row, col);
    if (figure.kind !== "exponential") return { ...plain, stages: way };
    // The figure holds the focus row's only.
    const value = way.find(({ name }) => name === "exponential")?.value ?? Number.NaN;
    return { ...plain, value, stages: way };
  }
  if (figure.product) {
    const [left, right] = figure.product;
    const products = Array.from({ length: figures[left].sheet.cols }, (_, index) => {
      const a = term({ figure: left, row, col: index });
      const b = term(settled(figures, { figure: right, row: index, col }));
      return { left: a, right: b, product: a.value * b.value, index };
    });
    const seen = products.filter(({ product }) => !Number.isNaN(product));
    const pair = figure.kind === "score";
    return { ...plain, products: seen, ...(pair && { stages: stages(state, figures, row, col) }) };
  }
  if (figure.sum)
    return { ...plain, addends: figure.sum.map((id) => term({ figure: id, row, col })) };
  if (figure.kind === "concat") {
    const { headDim } = state;
    const id = `o${Math.floor(col / headDim)}`;
    return { ...plain, same: term({ figure: id, row, col: col % headDim }) };
  }
  if (figure.kind === "output") return { ...plain, otherHead: figure.head };
  if (figure.kind === "position" && state.frozen[`${row} ${col}`] === undefined) {
    const wave = { place: row, pair: col - (col % 2), dModel: state.dModel, odd: col % 2 === 1 };
    return { ...plain, wave };
  }
  return plain;
}

/** @param {State} state @param {Figures} figures @param {At} at */
function held(state, figures, { figure, row, col }) {
  return valueAt(state, figures[figure], row, col);
}

/** From the score of a pair to its weight; a hidden pair has neither exponential nor weight.
 * @param {State} state @param {Figures} figures @param {number} row @param {number} col
 * @returns {Stage[]} */
function stages(state, figures, row, col) {
  const cell = (/** @type {string} */ figure) => ({ figure, row, col });
  const at = (/** @type {string} */ figure) => held(state, figures, cell(figure));
  const weights = `a${state.head}`;
  const score = at("s");
  const by = divisor(state);
  const { exps, sum, shift } = softmaxRow(rowOf(figures.l.sheet, row));
  const logit = at("l");
  const capped = state.softcap !== null;
  /** @type {(Stage | false)[]} */
  const all = [
    { name: "score", value: score, at: cell("s") },
    by !== 1 &&
      (capped || Number.isNaN(logit)
        ? { name: "scaled", value: score / by, by }
        : { name: "scaled", value: logit, by, at: cell("l") }),
    state.softcap !== null &&
      !Number.isNaN(logit) && { name: "capped", value: logit, by: state.softcap, at: cell("l") },
    !Number.isNaN(logit) && { name: "exponential", value: exps[col], by: shift },
    !Number.isNaN(logit) && { name: "weight", value: at(weights), by: sum, at: cell(weights) },
  ];
  return all.filter((stage) => stage !== false);
}

/** What a score is divided by on its way to a logit. @param {State} state */
export function divisor({ scale, headDim, temperature }) {
  return (scale ? Math.sqrt(headDim) : 1) * temperature;
}
