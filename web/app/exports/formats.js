// What can leave the page, and the formats it can leave in. A new format is a file beside this one and
// a line in the list.
import { csv } from "./csv.js";
import { json } from "./json.js";
import { npy } from "./npy.js";
import { png } from "./png.js";
import { svg } from "./svg.js";

/**
 * @typedef {object} Table
 * @property {string} name of the matrix
 * @property {readonly string[]} rows words
 * @property {readonly string[]} cols words
 * @property {Float32Array} data row by row, with the number that stands for a hidden cell
 */
/**
 * What a file is made of; each format takes one part of it. Parts are functions, so that a menu costs
 * nothing before something is chosen from it.
 * @typedef {object} Subject
 * @property {string} file its name, which carries the version, without the extension
 * @property {() => Table} [table]
 * @property {() => string} [picture] an SVG document
 * @property {() => import("../state.js").State} [state]
 */
/**
 * @typedef {object} Format
 * @property {string} name as people call it
 * @property {string} extension
 * @property {string} mime
 * @property {"table" | "picture" | "state"} of the part of a subject that it takes
 * @property {(subject: Subject) => BlobPart | Promise<BlobPart>} write
 */

/** @type {readonly Format[]} */
const FORMATS = [csv, npy, svg, png, json];

/** @param {Subject} subject */
export const formatsOf = (subject) => FORMATS.filter(({ of }) => subject[of] !== undefined);

/** @param {...(string | number | undefined)} parts */
export const fileName = (...parts) =>
  ["headlight-1", ...parts].filter((part) => part !== undefined).join("-");

/** A blob's address is needed until the browser has begun to read it, in milliseconds. */
const READ = 60_000;

/** Gives a file to the browser to save. @param {Subject} subject @param {Format} format */
export async function save(subject, { extension, mime, write }) {
  const blob = new Blob([await write(subject)], { type: mime });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${subject.file}.${extension}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), READ);
}
