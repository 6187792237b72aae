// Documents from files: chosen, or dropped anywhere on the page.
import { fromFile, LARGEST } from "../file.js";
import { Refusal } from "../state.js";

/** @typedef {import("../model.js").Model["act"]} Act */

/** @param {Act} act */
export function chooseFile(act) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,application/json";
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) openFile(act, file);
  });
  input.click();
}

/** @param {Act} act */
export function followFiles(act) {
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    openFile(act, file);
  });
}

/** @param {Act} act @param {File} file */
async function openFile(act, file) {
  try {
    if (file.size > LARGEST) throw new Refusal("fileLength", { count: file.size, limit: LARGEST });
    act.load(fromFile(await textOf(file)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    act.refuse(error);
  }
}

/** @param {File} file */
async function textOf(file) {
  try {
    return await file.text();
  } catch (error) {
    throw new Refusal("fileUnread", { text: /** @type {Error} */ (error).message });
  }
}
