// A matrix's menu in Chromium: what stands in it, how it opens and closes, and how it fills the matrix.
import assert from "node:assert/strict";
import { FILLS, fillMatrix } from "../../web/app/fills.js";
import { typed } from "../../web/app/format.js";
import * as documents from "../../web/app/state.js";
import { frame, onPage, paste, shown, showsAll, textOf } from "./open.js";
import { isOpen, open, POPUP, press, target } from "./popup.js";

onPage("every named matrix has a menu, and only what can be edited can be filled", async (page) => {
  const names = await page.$$eval(".sheet .opens", (all) =>
    all.map((button) => /** @type {HTMLElement} */ (button).dataset.menu ?? ""),
  );
  const all = ["wk", "wq", "wv", "x", "q", "k", "v", "kt", "s", "a0", "o0", "a1", "o1"];
  assert.deepEqual(new Set(names), new Set([...all, "concat", "wo", "y"]));
  const editable = new Set(["x", "wq", "wk", "wv", "wo"]);
  for (const [i, name] of names.entries()) {
    const n = names.slice(0, i).filter((other) => other === name).length;
    await open(page, name, n);
    const label = await page.$eval(POPUP, (popup) => popup.getAttribute("aria-label") ?? "");
    assert.match(label, /\(.+\), \d+×\d+$/);
    const texts = await page.$$eval(`${POPUP} button`, (all) =>
      all.map((b) => b.textContent?.trim()),
    );
    const fills = ["Identity", "Zeros", "Random", "Transposed", "Notebook’s own"];
    const paste = editable.has(name) ? ["Paste"] : [];
    assert.deepEqual(texts, [
      ...(editable.has(name) ? fills : []),
      ...["Copy", ...paste, "CSV", ".npy", "SVG", "PNG"],
      ...(name.startsWith("a") ? ["SVG", "PNG"] : []),
    ]);
    // The menu does not hide what it is about.
    const clear = await page.$$eval(
      `[data-menu="${name}"]`,
      (all, n) => {
        const [a, b] = [all[n].closest(".sheet"), document.querySelector(".popup")].map((e) =>
          /** @type {Element} */ (e).getBoundingClientRect(),
        );
        return a.right <= b.left || b.right <= a.left;
      },
      n,
    );
    assert.ok(clear, name);
    await page.keyboard.press("Escape");
    assert.equal(await isOpen(page), false);
  }
});

onPage("a menu works by keyboard, and Esc leaves a locked number alone", async (page) => {
  await page.click('[data-figure="s"] tbody tr:nth-child(2) td:nth-of-type(3)');
  await page.focus('[data-figure="wq"]');
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(POPUP);
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  assert.equal(await focused(), "Identity");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "PNG");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "Zeros");
  await page.keyboard.press("Escape");
  await frame(page);
  assert.equal(await isOpen(page), false);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-menu")), "wq");
  assert.match(await textOf(page, ".reading .release"), /locked/);
  await page.keyboard.press("Enter");
  await page.waitForSelector(POPUP);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await frame(page);
  const start = documents.opening();
  await showsAll(page, fillMatrix(start, target(start, "wq"), "zeros"));
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-menu")), "wq");
});

onPage(
  "a press beside a menu closes it, another name opens its own, the same one closes",
  async (page) => {
    await open(page, "wq");
    await press(page, "x");
    assert.match(await page.$eval(POPUP, (popup) => popup.getAttribute("aria-label") ?? ""), /^X/);
    await press(page, "x");
    assert.equal(await isOpen(page), false);
    await open(page, "wv");
    await page.click("h1");
    await frame(page);
    assert.equal(await isOpen(page), false);
  },
);

onPage("each way to fill a matrix, by mouse", async (page) => {
  let state = documents.opening();
  for (const id of ["wq", "x", "wo"]) {
    for (const kind of FILLS.filter((kind) => kind !== "transposed")) {
      await open(page, id);
      await page.click(`${POPUP} [data-fill=${kind}]`);
      await frame(page);
      state = fillMatrix(state, target(state, id), kind);
      await showsAll(page, state);
      // What is random may be wanted once more.
      assert.equal(await isOpen(page), kind === "random");
      if (kind === "random") await page.keyboard.press("Escape");
    }
  }
  await open(page, "wq");
  assert.equal(
    await page.$eval(`${POPUP} [data-fill=transposed]`, (b) => b.matches(":disabled")),
    true,
  );
  assert.match(await textOf(page, POPUP), /Transposed only if square/);
  await page.keyboard.press("Escape");
  await page.click("input[name=headDim]", { count: 3 });
  await page.keyboard.type("3");
  await page.keyboard.press("Enter");
  await open(page, "wq");
  await page.click(`${POPUP} [data-fill=transposed]`);
  await frame(page);
  state = documents.setField(state, "headDim", 3);
  await showsAll(page, fillMatrix(state, target(state, "wq"), "transposed"));
});

onPage("the seed of random numbers is shown, and can be chosen", async (page) => {
  const seed = () => page.$eval(`${POPUP} input`, (input) => input.value);
  await open(page, "wk");
  assert.equal(await seed(), "1");
  await page.click(`${POPUP} [data-fill=random]`);
  await frame(page);
  assert.equal(await seed(), "2");
  await page.click(`${POPUP} input`, { count: 3 });
  await page.keyboard.type("77");
  await page.keyboard.press("Enter");
  await page.click(`${POPUP} [data-fill=random]`);
  await frame(page);
  const start = documents.setField(documents.opening(), "randomSeed", 77);
  const { wk } = fillMatrix(start, target(start, "wk"), "random");
  assert.deepEqual(
    await shown(page, "wk"),
    wk[0].map((row) => row.map(typed)),
  );
});

onPage("what the notebook does not have goes back to as it was made", async (page) => {
  await paste(page, "le chat dort");
  await open(page, "x");
  assert.equal(await textOf(page, `${POPUP} [data-fill=original]`), "As it was made");
  await page.click(`${POPUP} [data-fill=zeros]`);
  await open(page, "x");
  await page.click(`${POPUP} [data-fill=original]`);
  await frame(page);
  await showsAll(page, documents.setText(documents.opening(), "le chat dort"));
});

onPage("what has no numbers cannot be saved", async (page) => {
  await page.click("input[name=transposed]");
  await frame(page);
  await open(page, "s");
  const barred = await page.$$eval(`${POPUP} [data-file]`, (all) =>
    all.map((button) => button.matches(":disabled")),
  );
  assert.deepEqual(barred, [true, true, true, true]);
  assert.match(await textOf(page, POPUP), /not there yet/);
});

for (const theme of /** @type {const} */ (["light", "dark"])) {
  onPage(
    `menus fit a phone, ${theme}`,
    async (page) => {
      for (const menu of ["x", "wq", "a0"]) {
        await open(page, menu, 0, "tap");
        const box = await page.$eval(POPUP, (popup) => popup.getBoundingClientRect().toJSON());
        assert.ok(box.left >= 0 && box.right <= 390 && box.top >= 0 && box.bottom <= 844, menu);
        const heights = await page.$$eval(`${POPUP} button`, (all) =>
          all.map((button) => button.getBoundingClientRect().height),
        );
        assert.ok(Math.min(...heights) >= 44);
        await page.keyboard.press("Escape");
      }
      await page.evaluate(() => scrollTo(0, 0));
      for (const menu of ["share", "export"]) {
        await page.tap("header .menu");
        await page.waitForSelector(".tools:popover-open");
        await page.tap(`[data-menu="${menu}"]`);
        await page.waitForSelector(POPUP);
        const box = await page.$eval(POPUP, (popup) => popup.getBoundingClientRect().toJSON());
        assert.ok(box.left >= 0 && box.right <= 390, menu);
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
      }
    },
    { width: 390, height: 844, touch: true, theme },
  );
}
