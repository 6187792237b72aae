// The whole page as a file, in Chromium: on the disk, and back by the file chooser or a drop.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { toFile } from "../../web/app/file.js";
import { toLink } from "../../web/app/link.js";
import * as documents from "../../web/app/state.js";
import { full } from "./full.js";
import { causal, edit, frame, onPage, openCell, paste, showsAll, textOf } from "./open.js";
import { isOpen, open, POPUP } from "./popup.js";

/** @typedef {import("puppeteer-core").Page} Page */

const folder = await mkdtemp(join(tmpdir(), "headlight-documents-"));
after(() => rm(folder, { recursive: true }));

/** Presses what saves a file, and reads what the browser has saved. @param {Page} page
 * @param {string} menu @param {string} name of the file */
async function saved(page, menu, name) {
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", {
    behavior: "allowAndName",
    downloadPath: folder,
    eventsEnabled: true,
    browserContextId: page.browserContext().id,
  });
  /** @type {Promise<[name: string, guid: string]>} */
  const done = new Promise((done) => {
    /** @type {Map<string, string>} */
    const names = new Map();
    session.on("Browser.downloadWillBegin", ({ guid, suggestedFilename }) => {
      names.set(guid, suggestedFilename);
    });
    session.on("Browser.downloadProgress", ({ guid, state }) => {
      if (state === "completed") done([names.get(guid) ?? "", guid]);
    });
  });
  await open(page, menu);
  await page.click(`${POPUP} [data-file="${name}"]`);
  const [called, guid] = await done;
  assert.equal(called, name);
  assert.equal(await isOpen(page), false);
  await session.detach();
  return readFile(join(folder, guid));
}

/** @param {Page} page @param {string} path */
async function openFile(page, path) {
  await open(page, "export");
  const [chooser] = await Promise.all([
    page.waitForFileChooser(),
    page.evaluate(() => {
      const all = [...document.querySelectorAll(".popup button")];
      /** @type {HTMLElement} */ (all.find((b) => /Open a file/.test(b.textContent ?? ""))).click();
    }),
  ]);
  await chooser.accept([path]);
}

onPage("the whole page is saved, and opened again", async (page) => {
  await paste(page, "le chat 🐈 dort");
  await openCell(page, "wk", 0, 1);
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await causal(page);
  let state = documents.setText(documents.opening(), "le chat 🐈 dort");
  state = documents.setNumber(state, { matrix: "wk", head: 0, row: 0, col: 1 }, 2);
  state = documents.setField(state, "causal", true);
  const text = String(await saved(page, "export", "headlight-1-state.json"));
  assert.equal(text, toFile(state));
  const path = join(folder, "page.json");
  await writeFile(path, text);
  await page.evaluate(() => {
    const all = [...document.querySelectorAll(".strip button")];
    /** @type {HTMLElement} */ (all.find((b) => b.textContent === "Reset")).click();
  });
  await frame(page);
  await showsAll(page, documents.opening());
  await openFile(page, path);
  await page.waitForFunction(() => document.querySelectorAll(".tokens [data-token]").length === 4);
  await frame(page);
  await showsAll(page, state);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".tokens [data-token]").length === 8);
  await showsAll(page, documents.opening());
});

onPage("a file dropped on the page opens", async (page) => {
  const state = documents.setText(documents.opening(), "la souris dort");
  await page.evaluate((text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], "page.json"));
    for (const type of ["dragover", "drop"]) {
      const about = { dataTransfer, bubbles: true, cancelable: true };
      const event = new DragEvent(type, about);
      document.querySelector("h1")?.dispatchEvent(event);
      if (!event.defaultPrevented) throw new Error(`the browser would take the ${type}`);
    }
  }, toFile(state));
  await page.waitForFunction(() => document.querySelectorAll(".tokens [data-token]").length === 3);
  await frame(page);
  await showsAll(page, state);
});

onPage("a page that no link can hold goes along as a file, and Share says why", async (page) => {
  const before = documents.setNumber(
    documents.opening(),
    { matrix: "wq", head: 0, row: 0, col: 0 },
    7,
  );
  await edit(page, "wq", 0, 0, "7");
  await page.waitForFunction(() => location.hash === "#1&wq.0=7");
  const state = full();
  const path = join(folder, "full.json");
  await writeFile(path, toFile(state));
  await openFile(page, path);
  // An address with an older page's link would be a lie.
  await page.waitForFunction(() => location.hash === "");
  assert.equal(String(await saved(page, "share", "headlight-1-state.json")), toFile(state));
  const count = toLink(state).length.toLocaleString("en");
  await open(page, "share");
  assert.match(
    await textOf(page, POPUP),
    new RegExp(`would have ${count} characters, and a page takes at most 1,048,576: the file`),
  );
  assert.equal(await page.$("#address"), null);
  await page.keyboard.press("Escape");
  await page.click(".languages [lang=fr]");
  await open(page, "share");
  assert.match(await textOf(page, POPUP), /en accepte 1\s048\s576 au plus\s: le fichier/);
  await page.keyboard.press("Escape");
  await page.click(".languages [lang=en]");
  await page.goBack();
  await page.waitForFunction(() => location.hash === "#1&wq.0=7");
  await frame(page);
  await showsAll(page, before);
});
