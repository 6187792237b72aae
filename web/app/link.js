// The document as the part of a link after "#": version 1 is
//   1&text=Le%20chat&focus=0&x.chat=.4,,9&wq.0=;,-3&p.2.1=.5
// Names are those of FIELDS; a list leaves out what nobody edited, rows end with ";".
// Other programs pass links on: they escape more than needed, put "+" for a space, and take marks at a
// link's end for the sentence's. All that is read; written are neither "+" nor such an end.
import { differences, restored } from "./saved.js";
import { FIELDS, LIMITS, opening, PROJECTIONS, parseNumber, Refusal, tokensOf } from "./state.js";
import { join } from "./tokens.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Projection} Projection */
/** @typedef {import("./saved.js").Sparse} Sparse */

const VERSION = "1";
/** In characters: no browser opens longer ones for sure, so they are neither read nor given away. */
export const LONGEST = 2 ** 20;

const OPENING = join(opening().tokens);

/** @param {State} state @returns {string} without "#"; empty for the page as it opens */
export function toLink(state) {
  const { tokens, vectors, frozen, matrices, fields } = differences(state);
  const text = join(tokens);
  const parts = [
    // A space is no token, and an end that stays.
    ...(text === OPENING ? [] : [`text=${encodeURIComponent(text || " ")}`]),
    ...fields.map(([name, value]) => `${FIELDS[name].key}=${scalar(value)}`),
    ...vectors.map(([word, vector]) => `x.${encodeURIComponent(word)}=${list(vector)}`),
    ...matrices.map(({ name, head, rows }) => `${name}.${head}=${rows.map(list).join(";")}`),
    ...frozen.map(([row, col, value]) => `p.${row}.${col}=${short(value)}`),
  ];
  if (parts.length === 0) return "";
  // Only the text can end in a mark, such as its full stop.
  return [VERSION, ...parts].join("&").replace(/[^0-9A-Za-z]$/, escaped);
}

/** @param {string} link without "#" @returns {State} */
export function fromLink(link) {
  if (link.length > LONGEST) {
    throw new Refusal("linkLength", { count: link.length, limit: LONGEST });
  }
  // Escaped as a whole, or as in HTML.
  const whole = /^\d+%26/i.test(link) ? unescaped(link) : link;
  const [version, ...parts] = whole === "" ? [VERSION] : whole.split(/&(?:amp;)?/);
  if (version !== VERSION) throw new Refusal("linkVersion", { text: version, version: VERSION });
  /** @type {{ -readonly [K in keyof import("./saved.js").Saved]: any }} */
  const saved = { tokens: opening().tokens, vectors: [], frozen: [], matrices: [], fields: [] };
  for (const part of parts) {
    const at = part.indexOf("=");
    const [key, ...path] = spaced(part.slice(0, at)).split(".");
    const value = part.slice(at + 1);
    const name = nameOf.get(key);
    const head = Number(path[0]);
    if (at > 0 && key === "text" && path.length === 0) saved.tokens = tokensOf(spaced(value));
    else if (name && path.length === 0) {
      saved.fields.push([name, readScalar(name, unescaped(value))]);
    } else if (key === "x" && path.length > 0) {
      saved.vectors.push([path.join("."), readList(unescaped(value))]);
    } else if (PROJECTIONS.some((known) => known === key) && path.length === 1) {
      saved.matrices.push({ name: key, head, rows: unescaped(value).split(";").map(readList) });
    } else if (key === "p" && path.length === 2) {
      saved.frozen.push([head, Number(path[1]), parseNumber(unescaped(value))]);
    } else throw new Refusal("linkPart", { text: part });
  }
  return restored(saved);
}

/** @type {ReadonlyMap<string, string>} */
const nameOf = new Map(Object.entries(FIELDS).map(([name, { key }]) => [key, name]));

/** A mark of ASCII, also where links need not escape it. @param {string} mark */
const escaped = (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;

/** @param {string} text */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal("linkPart", { text });
  }
}

/** Where there can be spaces "+" is one, as forms send it. @param {string} text */
const spaced = (text) => unescaped(text.replaceAll("+", "%20"));

/** @param {boolean | number | null} value */
function scalar(value) {
  if (value === null) return "off";
  return typeof value === "boolean" ? Number(value) : short(value);
}

/** @param {string} name @param {string} text */
function readScalar(name, text) {
  if (text === "off") return null;
  if (FIELDS[name].type !== "boolean") return parseNumber(text);
  if (text !== "0" && text !== "1") throw new Refusal("onOrOff", { name, value: text });
  return text === "1";
}

/** @param {Sparse} numbers */
const list = (numbers) => numbers.map((x) => (x === undefined ? "" : short(x))).join(",");

/** @param {string} text @returns {Sparse} */
function readList(text) {
  if (text === "") return [];
  const numbers = text.split(",");
  if (numbers.length > LIMITS.dim) {
    throw new Refusal("beyond", {
      part: text.slice(0, 20),
      count: numbers.length,
      limit: LIMITS.dim,
    });
  }
  return numbers.map((x) => (x === "" ? undefined : parseNumber(x)));
}

/** The shortest text that stands for a number, safe in links. @param {number} x */
function short(x) {
  return String(x)
    .replace("e+", "e")
    .replace(/^(-?)0\./, "$1.");
}
