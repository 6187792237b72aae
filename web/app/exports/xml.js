// XML from templates: what is filled in is text, whatever it holds, unless it is XML itself.

/** What XML 1.0 cannot say at all: control characters and halves of characters. */
const NEVER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** @type {Record<string, string>} */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** @param {string} text */
const escaped = (text) =>
  text.replace(NEVER, "\ufffd").replace(/[&<>"']/g, (letter) => ENTITIES[letter]);

export class Xml {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @param {unknown} value @returns {string} */
function piece(value) {
  if (value instanceof Xml) return value.text;
  if (Array.isArray(value)) return value.map(piece).join("");
  if (typeof value === "number") return `${Number(value.toFixed(2))}`;
  return escaped(String(value));
}

/** @param {TemplateStringsArray} strings @param {unknown[]} values */
export function xml(strings, ...values) {
  return new Xml(strings.map((text, i) => (i === 0 ? text : piece(values[i - 1]) + text)).join(""));
}
