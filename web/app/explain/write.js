// An explanation as something to take along: plain text, LaTeX, or NumPy that gives the same number.
// Numbers are printed whole, with a point, whatever the language of the page.
import { plain } from "../format.js";
import { rowOf } from "../rows.js";
import { visible } from "../tokens.js";
import { divisor } from "./explain.js";

/** @typedef {import("./explain.js").Explanation} Explanation */
/** @typedef {import("./explain.js").At} At */
/** @typedef {import("../state.js").State} State */
/** @typedef {{ state: State, figures: Record<string, import("../figures.js").Figure>,
 *   nameOf: (kind: string) => string }} Context */

/** A number that a person gave, or one of the core's float32. @param {number} x */
const exact = (x) => (Math.fround(x) === x ? plain(x) : `${x}`);
/** The same for people, who need no more than the seven digits that a float32 has for sure.
 * @param {number} x */
const told = (x) => (Math.fround(x) === x ? `${Number(x.toPrecision(7))}` : `${x}`);
/** A hidden pair has the logit −∞, and nothing of what follows. @param {Explanation} explanation
 * @param {(x: number) => string} [print] */
const result = ({ figure, value }, print = exact) =>
  !Number.isNaN(value) ? print(value) : figure.kind === "logit" ? "-inf" : "0";
/** Six significant digits. @param {number} x */
const brief = (x) => `${Number(x.toPrecision(6))}`;

/** "score(chat → noir) = 1 × 1.6 + 1.1 × 1.7 = 3.47" @param {Context} context
 * @param {Explanation} explanation */
export function asText(context, explanation) {
  const name = nameIn(
    context,
    explanation.at,
    (text) => text,
    ["(", " → ", ")"],
    (n) => `[${n}]`,
  );
  return [name, ...sides(context, explanation, text), result(explanation, told)].join(" = ");
}

/** @param {Context} context @param {Explanation} explanation */
export function asLatex(context, explanation) {
  const word = (/** @type {string} */ text) => `\\text{${text.replace(/[\\{}$&#%_^~]/g, escaped)}}`;
  const name = nameIn(context, explanation.at, word, ["(", " \\to ", ")"], (n) => `_{${n}}`);
  return [name, ...sides(context, explanation, latex), result(explanation, told)].join(" = ");
}

/** @param {string} sign */
const escaped = (sign) =>
  ({ "\\": "\\textbackslash{}", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}" })[sign] ??
  `\\${sign}`;

/** @typedef {{ times: string, sum: (terms: string[]) => string, divide: (a: string, b: string) => string,
 *   exp: (x: string) => string, tanh: (x: string) => string, root: (x: string) => string,
 *   wave: (odd: boolean, place: number, power: string) => string, number: (x: number) => string }} Notation */

/** @param {number} x */
const bracketed = (x) => (x < 0 ? `(${told(x)})` : told(x));

/** @type {Notation} */
const text = {
  times: " × ",
  sum: (terms) => terms.join(" + "),
  divide: (a, b) => `${a} ÷ ${b}`,
  exp: (x) => `exp(${x})`,
  tanh: (x) => `tanh(${x})`,
  root: (x) => `√${x}`,
  wave: (odd, place, power) => `${odd ? "cos" : "sin"}(${place} ÷ 10000^(${power}))`,
  number: bracketed,
};

/** @type {Notation} */
const latex = {
  times: " \\cdot ",
  sum: (terms) => terms.join(" + "),
  divide: (a, b) => `\\frac{${a}}{${b}}`,
  exp: (x) => `e^{${x}}`,
  tanh: (x) => `\\tanh\\left(${x}\\right)`,
  root: (x) => `\\sqrt{${x}}`,
  wave: (odd, place, power) =>
    `${odd ? "\\cos" : "\\sin"}\\left(\\frac{${place}}{10000^{${power}}}\\right)`,
  number: bracketed,
};

/** What stands between the name and the value. @param {Context} context
 * @param {Explanation} explanation @param {Notation} n @returns {string[]} */
function sides({ state }, { figure, products, addends, same, wave, stages }, n) {
  if (products) {
    return [
      n.sum(
        products.map(({ left, right }) => n.number(left.value) + n.times + n.number(right.value)),
      ),
    ];
  }
  if (addends) return [n.sum(addends.map(({ value }) => n.number(value)))];
  if (same) return [];
  if (wave) return [n.wave(wave.odd, wave.place, `${wave.pair}/${wave.dModel}`)];
  const stage = (/** @type {string} */ name) => stages?.find((s) => s.name === name);
  const [score, scaled, capped, exponential, weight] = [
    "score",
    "scaled",
    "capped",
    "exponential",
    "weight",
  ].map(stage);
  if (!score || !exponential || !weight) return [];
  const root = state.scale ? [n.root(`${state.headDim}`)] : [];
  const by = [...root, ...(state.temperature === 1 ? [] : [told(state.temperature)])];
  const divided =
    by.length === 0 ? told(score.value) : n.divide(told(score.value), by.join(n.times));
  if (figure.kind === "logit") {
    if (!capped) return scaled ? [divided] : [];
    const cap = told(capped.by ?? 1);
    return [cap + n.times + n.tanh(n.divide(brief(score.value / divisor(state)), cap))];
  }
  const logit = capped ?? scaled ?? score;
  const shift = exponential.by ?? 0;
  const power = n.exp(
    shift === 0 ? told(logit.value) : `${told(logit.value)} − ${bracketed(shift)}`,
  );
  if (figure.kind === "exponential") return [power];
  return [
    n.divide(power, brief(weight.by ?? 1)),
    n.divide(brief(exponential.value), brief(weight.by ?? 1)),
  ];
}

/** score(chat → noir), query(chat)₀, W_Q[0, 1], as words or in LaTeX. @param {Context} context
 * @param {At} at @param {(text: string) => string} word
 * @param {[open: string, to: string, close: string]} pair @param {(n: number) => string} index */
function nameIn({ state, figures, nameOf }, at, word, [open, to, close], index) {
  const { rows, cols, kind, name } = figures[at.figure];
  const tokens = [
    ...(rows === "token" ? [word(visible(state.tokens[at.row]))] : []),
    ...(cols === "token" ? [word(visible(state.tokens[at.col]))] : []),
  ];
  if (tokens.length === 0) return `${word(name.slice(0, 2).join("_"))}[${at.row}, ${at.col}]`;
  const dim = tokens.length === 2 ? "" : index(rows === "token" ? at.col : at.row);
  return word(nameOf(kind)) + open + tokens.join(to) + close + dim;
}

/** A program whose last line prints the number, from the inputs of this one step.
 * @param {Context} context @param {Explanation} explanation */
export function asNumPy(context, explanation) {
  const { state, figures } = context;
  const { at, figure, products, addends, same, wave, stages } = explanation;
  const array = (/** @type {ArrayLike<number>} */ xs) =>
    `np.array([${Array.from(xs, exact).join(", ")}], dtype=np.float32)`.replaceAll(
      "-inf",
      "-np.inf",
    );
  const lines = ["import numpy as np", ""];
  const shown = `  # ${result(explanation)}`;
  if (products) {
    lines.push(
      `left = ${array(products.map(({ left }) => left.value))}`,
      `right = ${array(products.map(({ right }) => right.value))}`,
      `print(left @ right)${shown}`,
    );
  } else if (addends) {
    lines.push(`print(${addends.map((a) => `np.float32(${exact(a.value)})`).join(" + ")})${shown}`);
  } else if (wave) {
    const { odd, place, pair, dModel } = wave;
    lines.push(
      `print(np.${odd ? "cos" : "sin"}(${place} / 10000 ** (${pair} / ${dModel})))${shown}`,
    );
  } else if (stages && !same) {
    const scores = rowOf(figures.s.sheet, at.row);
    const seen = rowOf(figures.l.sheet, at.row).map((x) => Number(!Number.isNaN(x)));
    lines.push(`scores = ${array(scores)}`);
    const by = [
      ...(state.scale ? [`np.sqrt(${state.headDim})`] : []),
      ...(state.temperature === 1 ? [] : [exact(state.temperature)]),
    ];
    lines.push(`logits = scores${by.map((factor) => ` / ${factor}`).join("")}`);
    if (state.softcap !== null) {
      const cap = exact(state.softcap);
      lines.push(`logits = ${cap} * np.tanh(logits / ${cap})`);
    }
    if (seen.includes(0)) {
      lines.push(`seen = np.array([${Array.from(seen).join(", ")}], dtype=bool)`);
      lines.push("logits = np.where(seen, logits, -np.inf)");
    }
    if (figure.kind === "logit") lines.push(`print(logits[${at.col}])${shown}`);
    else if (figure.kind === "exponential" || !seen.includes(1)) {
      const shift = stages.find(({ name }) => name === "exponential")?.by ?? 0;
      const less = shift === 0 ? "" : " - logits.max()";
      lines.push(`print(np.exp(logits[${at.col}]${less}))${shown}`);
    } else {
      lines.push("exps = np.exp(logits - logits.max())");
      lines.push(`print((exps / exps.sum())[${at.col}])${shown}`);
    }
  } else {
    const number = result(explanation).replace("-inf", "-np.inf");
    lines.push(`print(np.float32(${number}))${shown}`);
  }
  return `${lines.join("\n")}\n`;
}
