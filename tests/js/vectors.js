// Reads tests/vectors/torch.txt; its format stands in the README beside it.
import { readFileSync } from "node:fs";

/** @typedef {{ data: Float32Array, shape: number[] }} Tensor */
/** @typedef {{ data: Uint8Array, shape: number[] }} BooleanTensor */

/**
 * @typedef {object} Case
 * @property {string} operation
 * @property {string} name
 * @property {Record<string, number>} ints
 * @property {Record<string, Tensor>} floats
 * @property {Record<string, BooleanTensor>} bools
 */

/** @returns {Case[]} */
export function readVectors() {
  const text = readFileSync(new URL("../vectors/torch.txt", import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  /** @type {Case[]} */
  const cases = [];
  for (let at = 0; at < lines.length; at++) {
    const [kind, name, ...rest] = lines[at].split(" ");
    const current = /** @type {Case} */ (cases.at(-1));
    if (kind === "case") {
      cases.push({ operation: name, name: rest.join(" "), ints: {}, floats: {}, bools: {} });
    } else if (kind === "int") {
      current.ints[name] = Number(rest[0]);
    } else if (kind === "float" || kind === "bool") {
      const numbers = lines[++at].split(" ").filter(Boolean).map(Number);
      const shape = rest.map(Number);
      if (kind === "float") current.floats[name] = { data: Float32Array.from(numbers), shape };
      else current.bools[name] = { data: Uint8Array.from(numbers), shape };
    } else if (kind !== "") {
      throw new Error(`torch.txt has the line ${lines[at].slice(0, 40)}`);
    }
  }
  return cases;
}
