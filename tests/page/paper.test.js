// The page on paper: light, as wide as A4, and nothing that stands over its text or is cut.
import assert from "node:assert/strict";
import { toLink } from "../../web/app/link.js";
import * as documents from "../../web/app/state.js";
import { frame, onPage } from "./open.js";

/** A4 at 96 px to the inch, and what the style sheet leaves above and below. */
const A4 = { width: 794, height: 1123 };
const MARGIN = 38;

const sheets = /** @type {const} */ ({
  opening: documents.opening(),
  "64 dimensions, 40 tokens": documents.setField(
    documents.setField(
      documents.setText(documents.opening(), "mot chat noir la ".repeat(10)),
      "dModel",
      64,
    ),
    "headDim",
    64,
  ),
  "queries that are missing": documents.setField(documents.opening(), "transposed", true),
});

for (const [name, state] of Object.entries(sheets)) {
  onPage(
    `on paper nothing is cut or stands over the text: ${name}`,
    async (page) => {
      await page.evaluate((link) => {
        location.hash = link;
      }, toLink(state));
      await frame(page);
      await page.emulateMediaType("print");
      await page.waitForSelector("[data-paper]");
      const seen = await page.evaluate(() => {
        const all = [...document.querySelectorAll("body *")].filter((each) =>
          each.checkVisibility({ visibilityProperty: true, opacityProperty: true }),
        );
        const ends = all
          .filter((each) => !each.closest(".said, caption, bdi, clipPath"))
          .map((each) => each.getBoundingClientRect());
        const looks = all.map((each) => getComputedStyle(each));
        return {
          left: Math.min(...ends.map(({ left }) => left)),
          right: Math.max(...ends.map(({ right }) => right)),
          floats: looks.filter(({ position }) => /fixed|sticky/.test(position)).length,
          scrolls: looks.filter(({ overflowX }) => /auto|scroll/.test(overflowX)).length,
          scheme: getComputedStyle(document.documentElement).colorScheme,
        };
      });
      const { left, right, ...rest } = seen;
      assert.ok(left >= 0 && right <= A4.width, `${left} to ${right}`);
      assert.deepEqual(rest, { floats: 0, scrolls: 0, scheme: "light" });
    },
    { ...A4, theme: "dark" },
  );
}

onPage("on paper each figure fits on a page, and arcs end at their tokens", async (page) => {
  // Real paper, narrower than the window, and gone again once it is printed.
  await page.evaluate(
    (height) => {
      matchMedia("print").addEventListener("change", ({ matches }) => {
        if (!matches) return;
        const box = (/** @type {Element} */ element) => element.getBoundingClientRect();
        const middle = (/** @type {DOMRect} */ { left, right }) => (left + right) / 2;
        const tokens = [...document.querySelectorAll(".token-button")].map(box);
        const arcs = [...document.querySelectorAll(".gaze path")];
        const off = arcs.map((arc) => {
          const { left, right } = box(arc);
          const { to } = /** @type {SVGElement} */ (arc).dataset;
          const end = middle(tokens[Number(to)]);
          return Math.min(Math.abs(left - end), Math.abs(right - end));
        });
        const parts = [...document.querySelectorAll(".figures, .product, .reading, .gallery")];
        const high = parts.filter((part) => box(part).height > height);
        Object.assign(window, { onPaper: { arcs: arcs.length, off, high: high.length } });
      });
    },
    A4.height - 2 * MARGIN,
  );
  const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
  const { arcs, off, high } = await page.evaluate(() => /** @type {any} */ (window).onPaper);
  assert.equal(arcs, 7);
  assert.ok(Math.max(...off) < 4, `${off}`);
  assert.equal(high, 0);
  const pages =
    Buffer.from(pdf)
      .toString("latin1")
      .match(/\/Type \/Page\b/g) ?? [];
  assert.ok(pages.length <= 7, `${pages.length} pages`);
  await page.waitForSelector("html:not([data-paper])");
});
