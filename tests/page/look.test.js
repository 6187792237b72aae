// What the page shows of a number: colour, digits, size of its cell; without a browser.
import assert from "node:assert/strict";
import test from "node:test";
import { wcagContrast } from "culori";
import fc from "fast-check";
import { exact, fixed, percent, probability, short, typed, vector } from "../../web/app/format.js";
import { decimals, layout } from "../../web/app/layout.js";
import { css, INKS, place, ramp } from "../../web/app/ramp.js";
import { largest, smallest, thinned } from "../../web/app/rows.js";

const themes = /** @type {const} */ (["light", "dark"]);
const names = /** @type {const} */ (["weights", "signed"]);

test("ramps meet their anchors, and clip beyond their range", () => {
  const light = ramp("weights", "light");
  assert.equal(css(light, 0, 1), "rgb(255, 255, 255)");
  assert.equal(css(light, 0.5, 1), "rgb(110, 168, 216)");
  assert.equal(css(light, 1, 1), "rgb(11, 56, 102)");
  const dark = ramp("signed", "dark");
  assert.equal(css(dark, 0, 2), "rgb(37, 40, 44)");
  assert.equal(css(dark, -2, 2), "rgb(255, 180, 105)");
  assert.equal(css(dark, -1e30, 2), css(dark, -2, 2));
  assert.equal(css(dark, Infinity, 2), css(dark, 2, 2));
});

test("a number reads well on every colour of every ramp", () => {
  const inks = { light: "#17191c", dark: "#eceae5" };
  for (const theme of themes) {
    for (const name of names) {
      const colours = ramp(name, theme);
      for (let i = 0; i <= 400; i++) {
        const x = name === "weights" ? i / 400 : i / 200 - 1;
        const ink = INKS[colours.inks[place(colours, x, 1)]] || inks[theme];
        const contrast = wcagContrast(css(colours, x, 1), ink);
        assert.ok(contrast >= 4.5, `${theme} ${name} ${x}: ${contrast}`);
      }
    }
  }
});

test("numbers have a true minus, weights no leading zero", () => {
  assert.equal(fixed(-0.466, 2), "−0.47");
  assert.equal(fixed(-0.001, 2), "0.00");
  assert.equal(fixed(Number.NaN, 2), "NaN");
  assert.equal(fixed(-Infinity, 2), "−∞");
  assert.equal(probability(0.2588, 3), ".259");
  assert.equal(probability(1, 3), "1.000");
  assert.equal(percent(0.2588), "25.9%");
  assert.equal(percent(1), "100%");
  assert.deepEqual([0.4, -0.4, 1, 1e21, 10.5].map(typed), [".4", "−.4", "1", "1e21", "10.5"]);
  assert.equal(
    vector([1, 2], (x) => fixed(x, 1)),
    "(1.0, 2.0)",
  );
});

test("a cell's number is short at any size", () => {
  assert.deepEqual(
    [3.4689, -99.949, 99.96, 1234.5, 1e6, -3.4e25].map((x) => short(x, 2)),
    ["3.47", "−99.9", "100", "1235", "1e6", "−3e25"],
  );
  fc.assert(fc.property(fc.float(), (x) => short(x, 2).length <= 6));
});

test("the exact number stands for its float32 and no other", () => {
  assert.equal(exact(Math.fround(0.1)), "0.1");
  const parse = (/** @type {string} */ text) => Number(text.replaceAll("−", "-"));
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      assert.equal(Math.fround(parse(exact(x))) + 0, x + 0);
    }),
  );
});

test("largest and smallest of a row, with ties and hidden cells", () => {
  const data = Float32Array.of(9, 9, 9, 0.5, Number.NaN, 0.25, 0.5, 0.25);
  const sheet = { data: data.subarray(3), rows: 1, cols: 5 };
  assert.deepEqual(largest(sheet, 0), { value: 0.5, at: [0, 3], seen: 4 });
  assert.deepEqual(smallest(sheet, 0), { value: 0.25, at: [2, 4], seen: 4 });
});

test("a thumbnail is every n-th row and column of a matrix that is larger", () => {
  const square = (/** @type {number} */ rows) => ({
    data: Float32Array.from({ length: rows * rows }, (_, i) => i),
    rows,
    cols: rows,
  });
  const small = square(4);
  assert.equal(thinned(small, 4), small);
  const { data, rows, cols } = thinned(square(5), 3);
  assert.deepEqual([[...data], rows, cols], [[0, 2, 4, 10, 12, 14, 20, 22, 24], 3, 3]);
});

test("cells are as wide as the design says where the notebook's sentence fits", () => {
  const sizes = { tokens: 8, dModel: 3, headDim: 2, heads: 2 };
  // 720 is what 1440 is at twice its size.
  const widths = [1680, 1440, 1280, 1024, 800, 720, 390];
  assert.deepEqual(
    widths.map((width) => layout(width, sizes).pitch.s.c),
    [48, 44, 36, 44, 40, 40, 28],
  );
  assert.deepEqual(
    widths.map((width) => layout(width, sizes).mode),
    ["wide", "wide", "wide", "middle", "middle", "phone", "phone"],
  );
});

test("whatever the sizes, cells have a width, and the loom fits the window", () => {
  const integer = (/** @type {number} */ max) => fc.integer({ min: 1, max });
  const sizes = fc.record({ tokens: integer(512), heads: integer(8) });
  fc.assert(
    fc.property(
      integer(2200).map((w) => w + 359),
      sizes,
      (width, { tokens, heads }) => {
        const { pitch, properties } = layout(width, { tokens, heads, dModel: 3, headDim: 2 });
        for (const { c, h } of Object.values(pitch)) assert.ok(c > 0 && h > 0);
        assert.ok(Number.parseFloat(properties["--loom"]) <= width);
        const lane = Number.parseFloat(properties["--lane-s"]);
        if (width >= 768) assert.ok(pitch.s.c * tokens <= lane + 1e-6);
      },
    ),
  );
});

test("numbers give way to colour as cells shrink", () => {
  assert.deepEqual(
    [44, 36, 30, 20].map((c) => decimals(c, "weights")),
    [3, 2, 2, undefined],
  );
  assert.deepEqual(
    [44, 36, 30, 20].map((c) => decimals(c, "signed")),
    [2, 2, 1, undefined],
  );
});
