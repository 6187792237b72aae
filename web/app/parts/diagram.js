// The way from X to Y in one drawing: every matrix with its shape, one branch per head. Each name
// leads to its matrix.
import { html, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { sizes } from "../state.js";
import { words } from "../words.js";
import { properties } from "./directives.js";
import { math } from "./text.js";

/** @typedef {import("../model.js").Model} Model */

/** All in px: the drawing's width, beside the figures and where a finger has to hit its letters, how
 * wide those are at most, what stays free between branches, and the y of each row of names. */
const WIDTH = { beside: 208, phone: 328 };
const LETTER = { beside: 24, phone: 44 };
const APART = 12;
const ROWS = { x: 14, projected: 80, mixed: 146, concat: 212, wo: 266, y: 320 };
const HEIGHT = 340;
/** From a name's middle to where its lines begin and end. */
const NEAR = 12;
const FAR = 30;
/** More heads than this are drawn as the first, dots, and the last. */
const BRANCHES = 3;

/** @param {Model} model */
export function diagram(model) {
  const { mode } = model.layout;
  return guard([...Object.values(sizes(model.state)), mode, words], () => drawing(model));
}

/** Of names and shapes, which numbers leave as they are. @param {Model} model */
function drawing(model) {
  const { figures, act } = model;
  const { tokens, dModel, headDim, heads } = sizes(model.state);
  const size = model.layout.mode === "phone" ? "phone" : "beside";
  const width = WIDTH[size];
  const middle = width / 2;
  const branches = branchesOf(heads, width);
  const letter = Math.min(LETTER[size], (width / branches.length - APART) / 3);
  /** @param {number} x @param {number} y @param {unknown} name @param {string} shape
   * @param {() => void} press @param {string} [kind] */
  const node = (x, y, name, shape, press, kind = "node") => html`<button
    type="button"
    class=${kind}
    ${properties({ "--x": `${x}px`, "--y": `${y}px` })}
    @click=${press}
  >${name} <span class="shape">${shape}</span></button>`;
  const to = (/** @type {string} */ id) => () => lead(id);
  /** Steps 2 to 5 show one head, so what stands there is shown first.
   * @param {string} id @param {number} head */
  const inHead = (id, head) => () => {
    act.set("head", head);
    requestAnimationFrame(() => lead(id));
  };
  const { concat, wo, y } = figures;
  const inner = `${tokens}×${headDim}`;
  return html`<div
    class="diagram"
    role="group"
    aria-label=${words.steps.heads.diagram}
    ${properties({ "--letter": `${letter}px` })}
  >
    <svg width=${width} height=${HEIGHT} viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">
      ${branches.map(({ x }) => line(middle, ROWS.x + NEAR, x, ROWS.projected - NEAR))}
      ${branches.map(({ x }) => line(x, ROWS.projected + FAR, x, ROWS.mixed - NEAR))}
      ${branches.map(({ x }) => line(x, ROWS.mixed + FAR, middle, ROWS.concat - NEAR))}
      ${line(middle, ROWS.concat + NEAR, middle, ROWS.wo - NEAR)}
      ${line(middle, ROWS.wo + NEAR, middle, ROWS.y - NEAR)}
    </svg>
    ${node(middle, ROWS.x, math(["X"]), `${tokens}×${dModel}`, to("x"))}
    ${branches.map(({ x, head }) => {
      if (head === undefined) return between(x);
      const sup = `${head}`;
      return html`
        <span class="branch" ${properties({ "--x": `${x}px`, "--y": `${ROWS.projected}px` })}>
          ${
            /** @type {const} */ (["q", "k", "v"]).map(
              (role) => html`<button type="button" class="letter" @click=${inHead(role, head)}>
              ${math([role.toUpperCase(), undefined, sup], role)}</button>`,
            )
          }
          <span class="shape">${inner}</span>
        </span>
        ${node(
          x,
          ROWS.mixed,
          [math(["A", undefined, sup]), " ", math(["V", undefined, sup], "v")],
          inner,
          to(`o${head}`),
          "branch",
        )}`;
    })}
    ${node(middle, ROWS.concat, math(concat.name), shapeOf(concat), to("concat"))}
    ${node(middle, ROWS.wo, math(wo.name), shapeOf(wo), to("wo"))}
    ${node(middle, ROWS.y, math(y.name), shapeOf(y), to("y"))}
  </div>`;
}

/** @param {number} heads @param {number} width @returns {{ x: number, head?: number }[]} */
function branchesOf(heads, width) {
  const all = [...Array(heads).keys()];
  const drawn = heads > BRANCHES ? [0, undefined, heads - 1] : all;
  const step = width / drawn.length;
  return drawn.map((head, i) => ({ x: (i + 0.5) * step, head }));
}

/** @param {number} x */
function between(x) {
  return html`<span class="branch" ${properties({ "--x": `${x}px`, "--y": `${ROWS.projected + 24}px` })}>
    <span aria-hidden="true">…</span><span class="said">${words.steps.heads.between}</span>
  </span>`;
}

/** @param {import("../figures.js").Figure} figure */
const shapeOf = ({ sheet: { rows, cols } }) => `${rows}×${cols}`;

/** Down, with a bend in between where there is a way to go across.
 * @param {number} x @param {number} y @param {number} toX @param {number} toY */
function line(x, y, toX, toY) {
  const half = (y + toY) / 2;
  return svg`<path d="M${x} ${y}C${x} ${half} ${toX} ${half} ${toX} ${toY}" />`;
}

/** Scrolls to a matrix and gives it the keyboard. The last of its places is where it is a result or
 * stands among all heads. @param {string} id */
function lead(id) {
  const places = document.querySelectorAll(`[data-figure="${id}"]`);
  const sheet = /** @type {HTMLElement | undefined} */ (
    [...places].at(id.startsWith("o") ? -1 : 0)
  );
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  sheet?.scrollIntoView({
    block: "center",
    inline: "nearest",
    behavior: still ? "auto" : "smooth",
  });
  sheet?.focus({ preventScroll: true });
}
