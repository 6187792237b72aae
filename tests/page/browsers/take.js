// The files that the page hands to the browser to save.
import assert from "node:assert/strict";

/** @typedef {import("./index.js").Tab} Tab */
/** @typedef {import("./hands.js").Hand} Hand */

/** Keeps the browser from saving anything: what it does with a file is its own. @param {Tab} tab */
export const catchFiles = (tab) => tab.evaluate(keepFiles);

/** Saves a file from a menu. @param {Tab} tab @param {Hand} hand @param {string} menu
 * @param {string} name of the file @param {number} [most] of its bytes that are looked at */
export async function saved(tab, hand, menu, name, most) {
  await hand.menu(menu);
  await hand.press(`.popup [data-file="${name}"]`);
  const { called, type, base64 } = await tab.evaluate(keptFile, most);
  assert.equal(called, name);
  const bytes = Buffer.from(base64, "base64");
  return { type, bytes, text: bytes.toString() };
}

// What runs in the page.

/** What the popup answers. */
export async function answer() {
  const status = /** @type {Element} */ (document.querySelector(".popup [role=status]"));
  while (!status.textContent) await new Promise((done) => setTimeout(done, 20));
  return status.textContent;
}

function keepFiles() {
  const kept = /** @type {any} */ (window);
  const address = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    kept.blob = blob;
    return address(blob);
  };
  HTMLAnchorElement.prototype.click = function () {
    kept.file = { name: this.download, blob: kept.blob };
  };
}

/** Bytes in base64, since a driver may send lists number by number. @param {number} [most] */
async function keptFile(most) {
  const kept = /** @type {any} */ (window);
  while (!kept.file) await new Promise((done) => setTimeout(done, 10));
  const { name: called, blob } = kept.file;
  kept.file = undefined;
  const reader = new FileReader();
  const read = new Promise((done) => reader.addEventListener("load", done));
  reader.readAsDataURL(blob.slice(0, most ?? blob.size));
  await read;
  return { called, type: blob.type, base64: String(reader.result).split(",")[1] };
}
