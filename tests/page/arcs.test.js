// The built page in Chromium: the arcs over the sentence.
import assert from "node:assert/strict";
import { run, sheet } from "../../web/app/pipeline.js";
import * as documents from "../../web/app/state.js";
import { causal, edit, frame, hl, onPage, paste } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** The arcs by target: their widths and opacities. @param {Page} page */
async function drawn(page) {
  const arcs = await page.$$eval(".gaze > svg path", (paths) =>
    paths.map((path) => {
      const number = (/** @type {string} */ name) => Number(path.getAttribute(name));
      return { to: number("data-to"), width: number("stroke-width"), opacity: number("opacity") };
    }),
  );
  return arcs.sort((a, b) => a.to - b.to);
}

/** What has to be drawn of a state. @param {documents.State} state */
function expected(state) {
  const { data, cols } = sheet(run(hl, state).weights, state.head);
  const row = [...data.subarray(state.focus * cols, (state.focus + 1) * cols)];
  const logits = sheet(run(hl, state).logits).data;
  const max = Math.max(...row);
  return row
    .map((weight, to) => ({ to, width: 0.8 + 9 * weight, opacity: 0.32 + (0.68 * weight) / max }))
    .filter(({ to }) => to !== state.focus && logits[state.focus * cols + to] !== -Infinity);
}

/** @param {Page} page @param {documents.State} state @param {string} why */
async function follows(page, state, why) {
  const [are, should] = [await drawn(page), expected(state)];
  assert.deepEqual(
    are.map(({ to }) => to),
    should.map(({ to }) => to),
    why,
  );
  are.forEach(({ width, opacity }, i) => {
    assert.ok(Math.abs(width - should[i].width) < 1e-6, `${why}: width to ${should[i].to}`);
    assert.ok(Math.abs(opacity - should[i].opacity) < 1e-6, `${why}: opacity to ${should[i].to}`);
  });
}

onPage("arcs follow the weights, the focus and the mask", async (page) => {
  let state = documents.opening();
  await follows(page, state, "opening");
  await edit(page, "x", 1, 0, "-3");
  state = documents.setNumber(state, { matrix: "x", head: 0, row: 1, col: 0 }, -3);
  await follows(page, state, "edited");
  await page.click(".tokens li:nth-child(5) .token-button");
  await frame(page);
  state = documents.setField(state, "focus", 4);
  await follows(page, state, "focus");
  await causal(page);
  await frame(page);
  state = documents.setField(state, "causal", true);
  assert.equal(expected(state).length, 4);
  await follows(page, state, "masked keys have no arc");
});

onPage("arcs end over their tokens and touch neither the lead nor the sides", async (page) => {
  for (const focus of [1, 2, 5, 8]) {
    await page.click(`.tokens li:nth-child(${focus}) .token-button`);
    await frame(page);
    const faults = await page.evaluate(() => {
      const lead = document.querySelector(".lead")?.getBoundingClientRect().bottom ?? 0;
      const buttons = document.querySelectorAll(".token-button");
      const paths = /** @type {NodeListOf<SVGPathElement>} */ (
        document.querySelectorAll(".gaze > svg path")
      );
      return [...paths].flatMap((path) => {
        const box = path.getBoundingClientRect();
        const token = buttons[Number(path.dataset.to)].getBoundingClientRect();
        const { x } = path.getPointAtLength(path.getTotalLength());
        const end = x + (path.ownerSVGElement?.getBoundingClientRect().left ?? 0);
        return [
          Math.abs(end - (token.left + token.right) / 2) > 1 && "off its token",
          box.bottom > token.top && "over its token",
          box.top - Number(path.getAttribute("stroke-width")) / 2 < lead && "over the lead",
          (box.left < 0 || box.right > innerWidth) && "beyond the side",
        ].filter(Boolean);
      });
    });
    assert.deepEqual(faults, [], `focus on token ${focus}`);
  }
});

onPage("arcs go where the tokens wrap, and come back", async (page) => {
  await paste(page, "one two three four five six seven eight nine ten eleven twelve");
  assert.equal((await drawn(page)).length, 0);
  await paste(page, "one two three");
  assert.equal((await drawn(page)).length, 2);
  await paste(page, "one");
  assert.equal((await drawn(page)).length, 0);
});

onPage(
  "a phone has no arcs, even over one line",
  async (page) => {
    assert.equal((await drawn(page)).length, 0);
    await paste(page, "a b");
    assert.equal((await drawn(page)).length, 0);
  },
  { width: 390, height: 844, touch: true },
);
