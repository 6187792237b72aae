// The arithmetic of one number, laid out: products and their sum, the way from score to weight, and the
// row that it stands in. Each number is a link to the cell that it comes from.
import { html, nothing } from "lit";
import { fixed, isBrief, short, typed, weight, worked } from "../format.js";
import { rowOf } from "../rows.js";
import { words } from "../words.js";
import { properties } from "./directives.js";
import { bare, fill, math, number, plural, say, token } from "./text.js";

/** @typedef {import("../model.js").Model} Model */
/** @typedef {import("../figures.js").Figure} Figure */
/** @typedef {import("../explain/explain.js").Explanation} Explanation */
/** @typedef {import("../explain/explain.js").At} At */
/** @typedef {import("../explain/explain.js").Term} Term */
/** @typedef {import("../explain/explain.js").Stage} Stage */

/** More products than this are shown as bars, the largest first. */
const LISTED = 8;
/** A row of more numbers than this shows the largest only. */
const BARS = 12;

/** A number of a figure, in text. @param {Figure} figure @param {number} x */
export function printed(figure, x) {
  return figure.ramp === "weights" ? weight(x) : worked(x);
}

/** score(chat → noir), query(chat)₀, W_Q[0, 1]. @param {Model} model @param {At} at */
export function named({ state, figures }, { figure: id, row, col }) {
  const { rows, cols, role, name, kind } = figures[id];
  const called = html`<span class=${role}>${words.kinds[/** @type {"query"} */ (kind)]}</span>`;
  if (rows === "token" && cols === "token") {
    return html`${called}(${bare(state, row)} → ${bare(state, col)})`;
  }
  if (rows === "token") return html`${called}(${bare(state, row)})<sub>${col}</sub>`;
  return html`${math(name, role)}[${row}, ${col}]`;
}

/** @param {Model} model @param {Explanation} explanation */
export function arithmetic(model, explanation) {
  const { products, addends, same, wave, stages, value } = explanation;
  return [
    products && (products.length > LISTED ? large(model, explanation) : table(model, explanation)),
    addends &&
      html`<p class="sum-of">
        ${addends.map((term, i) => [i === 0 ? "" : " + ", go(model, explanation, term)])} = ${number(worked(value))}
      </p>`,
    same &&
      html`<p>${say(words.reading.same, { cell: go(model, explanation, same, named(model, same.at)), head: number(model.figures[same.at.figure].head) })}</p>`,
    wave && waves(wave, value),
    stages && way(model, explanation),
  ].map((part) => part || nothing);
}

/** A number, or its name, that leads to its own explanation.
 * @param {Model} model @param {Explanation} from @param {Term} to @param {unknown} [text] */
function go({ figures, act }, { at }, { at: to, value }, text = undefined) {
  const figure = figures[to.figure];
  return html`<button
    type="button"
    class="go ${figure.role}"
    title=${words.reading.go}
    @click=${() => {
      act.follow(at, to);
      show(to.figure);
    }}
  >${text ?? (figure.cell && !figure.waits && figure.kind !== "position" ? typed(value) : printed(figure, value))}</button>`;
}

/** After the frame that draws it; the keyboard is where it can go back. @param {string} figure */
function show(figure) {
  requestAnimationFrame(() => {
    document.querySelector(/** @type {"button"} */ (".reading .back"))?.focus({
      preventScroll: true,
    });
    const sheet = document.querySelector(`.page [data-figure="${figure}"]`);
    // All of a matrix, or where it is higher than the window the number itself.
    const { height = 0 } = sheet?.getBoundingClientRect() ?? {};
    const cause = height > innerHeight / 2 ? sheet?.querySelector(".frame.locked") : sheet;
    cause?.scrollIntoView({
      block: "nearest",
      inline: "nearest",
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth",
    });
  });
}

/** @param {Model} model @param {At} at the kind, and the token where there is one */
function column({ state, figures }, { figure, row }) {
  const { kind, rows, role, name, cell } = figures[figure];
  if (rows !== "token") return html`<span class=${role}>${math(name, role)}</span>`;
  const called = words.kinds[/** @type {"query"} */ (kind)];
  return html`${called} ${cell || role ? token(state, row) : nothing}`;
}

/** @param {Model} model @param {Explanation} explanation */
function table(model, explanation) {
  const { products = [], value, figure } = explanation;
  const { state } = model;
  const mixes = figure.kind === "output";
  const decimals = products.every(({ product }) => isBrief(product)) ? 2 : 4;
  const most = Math.max(...products.map(({ product }) => Math.abs(product)));
  const [first] = products;
  if (!first) return nothing;
  const { weight, value: valueName } = words.kinds;
  return html`<table class="terms">
    <thead>
      <tr>
        ${mixes ? html`<th scope="col" class="word">${words.reading.valueOf}</th>` : nothing}
        <th scope="col">${mixes ? weight : column(model, first.left.at)}</th>
        <th scope="col">${mixes ? valueName : column(model, first.right.at)}</th>
        <th scope="col">${words.reading.product}</th>
      </tr>
    </thead>
    <tbody>
      ${products.map(
        ({
          left,
          right,
          product,
          index,
        }) => html`<tr class=${mixes && Math.abs(product) === most ? "most" : ""}>
          ${mixes ? html`<th scope="row" class="word">${bare(state, index)}</th>` : nothing}
          <td>${go(model, explanation, left)} <i>×</i></td>
          <td>${go(model, explanation, right)} <i>=</i></td>
          <td>${fits(product, decimals)}</td>
        </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" class="word">${words.reading.sum}</th>
        <td colspan=${mixes ? 3 : 2}>${printed(figure, value)}</td>
      </tr>
    </tfoot>
  </table>`;
}

/** @param {number} x @param {number} decimals */
const fits = (x, decimals) => (Math.abs(x) < 1e4 ? fixed(x, decimals) : short(x, 2));

/** Products as bars to either side of zero. @param {Model} model @param {Explanation} explanation */
function large(model, explanation) {
  const { products = [], value, figure } = explanation;
  const { state, figures } = model;
  const sorted = [...products].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const shown = sorted.slice(0, BARS);
  const rest = sorted.slice(BARS).reduce((sum, { product }) => sum + product, 0);
  const others = sorted.length - BARS;
  const most = Math.abs(shown[0].product) || 1;
  const byToken = figures[shown[0].left.at.figure].cols === "token";
  return html`<table class="bars signed">
    <tbody>
      ${shown.map(
        ({ left, right, product, index }) => html`<tr>
          <th scope="row">${byToken ? bare(state, index) : index}</th>
          <td>${go(model, explanation, left)} × ${go(model, explanation, right)}</td>
          <td class="bar"><span class=${product < 0 ? "below" : ""} ${properties({ "--w": Math.abs(product) / most })}></span></td>
          <td>${worked(product)}</td>
        </tr>`,
      )}
      ${
        others > 0
          ? html`<tr><th scope="row" colspan="3">${fill(plural(words.reading.others, others), { count: others })}</th><td>${worked(rest)}</td></tr>`
          : nothing
      }
    </tbody>
    <tfoot>
      <tr><th scope="row" colspan="3">${words.reading.sum}</th><td>${printed(figure, value)}</td></tr>
    </tfoot>
  </table>`;
}

/** @param {NonNullable<Explanation["wave"]>} wave @param {number} value */
function waves({ place, pair, dModel, odd }, value) {
  return html`<p class="sum-of">
    ${odd ? "cos" : "sin"}(${number(place)} ÷ 10000<sup>${pair}/${dModel}</sup>) = ${number(worked(value))}
  </p>`;
}

/** From the score to the weight; the stage that is being read is in ink.
 * @param {Model} model @param {Explanation} explanation */
function way(model, explanation) {
  const { stages = [], figure } = explanation;
  const { state } = model;
  const isScore = figure.kind === "score";
  const here = {
    score: "score",
    logit: stages.findLast(({ name }) => name === "scaled" || name === "capped")?.name ?? "score",
    exponential: "exponential",
    weight: "weight",
  };
  const current = here[/** @type {"score"} */ (figure.kind)];
  const shown = isScore ? stages.slice(1) : stages;
  const last = stages.at(-1)?.name;
  return html`<h3 class="part">${isScore ? words.reading.onItsWay : words.reading.howItCame}</h3>
    <table class="way">
      <tbody>
        ${shown.map(
          (stage) => html`<tr class=${stage.name === current ? "current" : ""}>
            <th scope="row">${label(state, stage)}</th>
            <td>${
              stage.at && stage.name !== current
                ? go(model, explanation, { at: stage.at, value: stage.value }, amount(stage))
                : amount(stage)
            }</td>
          </tr>`,
        )}
        ${last === "weight" ? nothing : html`<tr><th scope="row">${words.strip.mask}</th><td>${words.reading.hidden}</td></tr>`}
      </tbody>
    </table>`;
}

/** @param {Stage} stage */
function amount({ name, value }) {
  return name === "weight" ? weight(value) : worked(value);
}

/** @param {import("../state.js").State} state @param {Stage} stage */
function label({ scale, headDim, temperature }, { name, by = 0 }) {
  const { stages } = words.reading;
  if (name === "score") return stages.score;
  if (name === "exponential") return by === 0 ? "exp" : fill(stages.shifted, { by: worked(by) });
  if (name === "capped") return fill(stages.capped, { by: typed(by) });
  if (name === "weight") return `÷ ${worked(by)}`;
  const root = scale ? `√${headDim}` : "";
  if (temperature === 1) return `÷ ${root}`;
  return root ? `÷ (${root} · ${typed(temperature)})` : `÷ ${typed(temperature)}`;
}

/** The row of a pair, this cell in ink. @param {Model} model @param {Explanation} explanation */
export function bars(model, { figure, at }) {
  if (figure.waits || figure.rows !== "token" || figure.cols !== "token") return nothing;
  if (figure.kind === "exponential") return nothing;
  const { state, act } = model;
  const row = Array.from(rowOf(figure.sheet, at.row), (x, col) => ({ x, col }));
  const many = row.length > BARS;
  const shown = many
    ? row
        .filter(({ x }) => !Number.isNaN(x))
        .sort((a, b) => b.x - a.x)
        .slice(0, BARS)
    : row;
  const most = Math.max(...shown.map(({ x }) => (Number.isNaN(x) ? 0 : Math.abs(x)))) || 1;
  const title = many ? words.reading.rowTop : words.reading.row;
  const parts = {
    token: token(state, at.row),
    kind: words.reading.plurals[/** @type {"score"} */ (figure.kind)],
    count: shown.length,
  };
  return html`<h3 class="part">${say(title, parts)}</h3>
    <table class="bars ${figure.ramp}">
      <tbody>
        ${shown.map(
          ({ x, col }) => html`<tr class=${col === at.col ? "current" : ""}>
            <th scope="row">
              <button type="button" @click=${() => act.lock(figure.id, at.row, col)}>${bare(state, col)}</button>
            </th>
            <td class="bar"><span class=${x < 0 ? "below" : ""} ${properties({ "--w": Number.isNaN(x) ? 0 : Math.abs(x) / most })}></span></td>
            <td>${Number.isNaN(x) ? words.reading.hidden : printed(figure, x)}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
}
