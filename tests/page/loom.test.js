// The built page in Chromium: what ties matrices together — threads, guide bands, hinge, strips — and
// the cell that is shown, previewed or locked.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { softmaxRow } from "../../web/app/explain/softmax-row.js";
import { short } from "../../web/app/format.js";
import { run, sheet } from "../../web/app/pipeline.js";
import { css, ramp } from "../../web/app/ramp.js";
import * as documents from "../../web/app/state.js";
import { causal, edit, frame, hl, onPage, paste, strip, textOf, three, two } from "./open.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** @param {string} id @param {number} row @param {number} col */
const cellOf = (id, row, col) =>
  `[data-figure="${id}"] tbody tr:nth-child(${row + 1}) td:nth-of-type(${col + 1})`;

/** Where a matrix stands on the page. @param {Page} page @param {string} selector */
const boxOf = (page, selector) =>
  page.$eval(selector, (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return {
      left: left + scrollX,
      top: top + scrollY,
      right: right + scrollX,
      bottom: bottom + scrollY,
    };
  });

/** The ends of the threads that leave a matrix. @param {Page} page @param {string} id */
const threadsOf = (page, id) =>
  page.$$eval(`.threads path[data-from="${id}"]`, (paths) =>
    paths.map((element) => {
      const path = /** @type {SVGPathElement} */ (element);
      const origin = /** @type {SVGElement} */ (path.ownerSVGElement).getBoundingClientRect();
      const at = (/** @type {number} */ length) => {
        const { x, y } = path.getPointAtLength(length);
        return { x: x + origin.left + scrollX, y: y + origin.top + scrollY };
      };
      return { from: at(0), to: at(path.getTotalLength()) };
    }),
  );

/** @param {{ left: number, right: number }} box @param {number} count @param {number} [first] */
const centres = ({ left, right }, count, first = 0, of = count) =>
  Array.from({ length: count }, (_, i) => left + ((first + i + 0.5) * (right - left)) / of);

/** @param {number[]} are @param {number[]} should @param {string} why */
function meet(are, should, why) {
  assert.equal(are.length, should.length, why);
  are.forEach((x, i) => {
    assert.ok(Math.abs(x - should[i]) <= 1, `${why}: ${x} and ${should[i]}`);
  });
}

for (const [width, height] of [
  [1440, 900],
  [1280, 800],
  [1680, 900],
]) {
  onPage(
    `threads meet the columns they belong to at ${width}`,
    async (page) => {
      const falls = [
        { id: "q", from: ".vectors [data-figure=q]", to: ".scores [data-figure=q]", count: 2 },
        { id: "v", from: ".vectors [data-figure=v]", to: ".mix [data-figure=v]", count: 2 },
        { id: "s", from: ".scores [data-figure=s]", to: ".softmax [data-figure=a0]", count: 8 },
        { id: "k", from: ".vectors [data-figure=k]", to: ".scores [data-figure=kt]", count: 8 },
      ];
      for (const { id, from, to, count } of falls) {
        const threads = await threadsOf(page, id);
        const [a, b] = [await boxOf(page, from), await boxOf(page, to)];
        meet(
          threads.map((thread) => thread.from.x),
          centres(a, count),
          `${id} leaves`,
        );
        meet(
          threads.map((thread) => thread.to.x),
          centres(b, count),
          `${id} arrives`,
        );
        for (const { from, to } of threads) {
          assert.ok(from.y > a.bottom && to.y > from.y && to.y <= b.top + 1, id);
        }
      }
      const concat = await boxOf(page, "[data-figure=concat]");
      for (const head of [0, 1]) {
        const threads = await threadsOf(page, `o${head}`);
        meet(
          threads.map(({ to }) => to.x),
          centres(concat, 2, 2 * head, 4),
          `o${head} arrives`,
        );
      }
    },
    { width, height },
  );
}

onPage("threads follow another sentence, and go where columns are too narrow", async (page) => {
  await paste(page, "un deux trois");
  assert.equal((await threadsOf(page, "s")).length, 3);
  const s = await boxOf(page, "[data-figure=s]");
  meet(
    (await threadsOf(page, "s")).map(({ from }) => from.x),
    centres(s, 3),
    "s",
  );
  await paste(page, "mot ".repeat(60));
  assert.equal((await threadsOf(page, "s")).length, 0);
  assert.equal((await threadsOf(page, "q")).length, 2);
});

onPage(
  "threads are stubs where text stands between figures",
  async (page) => {
    for (const id of ["q", "k", "s"]) {
      const threads = await threadsOf(page, id);
      assert.ok(threads.length > 0);
      for (const { from, to } of threads) {
        assert.ok(Math.abs(to.y - from.y - 24) < 0.1 && from.x === to.x);
      }
    }
  },
  { width: 1024, height: 768 },
);

onPage(
  "a phone has no threads, and one of query, key and value at a time",
  async (page) => {
    assert.equal(await page.$(".threads path"), null);
    const seen = () =>
      page.$$eval(".projected [data-figure]", (all) =>
        all.map((element) => /** @type {HTMLElement} */ (element).dataset.figure),
      );
    assert.deepEqual(await seen(), ["wq", "q"]);
    await page.tap(".parts .v");
    await frame(page);
    assert.deepEqual(await seen(), ["wv", "v"]);
  },
  { width: 390, height: 844, touch: true },
);

onPage("guide bands frame the row and the column that make a number", async (page) => {
  for (const [corner, id, left, upper, row, col] of /** @type {const} */ ([
    [".figures", "k", "x", "wk", 3, 1],
    [".scores .product", "s", "q", "kt", 1, 5],
    [".mix .product", "o0", "a0", "v", 6, 1],
    [".output", "y", "concat", "wo", 2, 2],
  ])) {
    await page.hover(`${corner} ${cellOf(id, row, col)}`);
    await frame(page);
    const bands = await page.$$eval(`${corner} > .guides .band`, (rects) =>
      rects.map((rect) => {
        const { left, top, right, bottom } = rect.getBoundingClientRect();
        return {
          left: left + scrollX,
          top: top + scrollY,
          right: right + scrollX,
          bottom: bottom + scrollY,
        };
      }),
    );
    const cell = await boxOf(page, `${corner} ${cellOf(id, row, col)}`);
    const [a, b] = [
      await boxOf(page, `${corner} [data-figure="${left}"]`),
      await boxOf(page, `${corner} [data-figure="${upper}"]`),
    ];
    assert.equal(bands.length, 2, id);
    // Cells of a table carry its hairlines, so that they may be a pixel wider.
    const [across, down] = bands;
    meet([across.left, across.right], [a.left, cell.left], `${id}: row`);
    meet([across.top, across.bottom], [cell.top, cell.bottom], `${id}: row`);
    meet([down.top, down.bottom], [b.top, cell.top], `${id}: column`);
    meet([down.left, down.right], [cell.left, cell.right], `${id}: column`);
  }
});

onPage("an operand's number marks the results that use it", async (page) => {
  await page.hover(`.scores ${cellOf("q", 4, 0)}`);
  await frame(page);
  const s = await boxOf(page, "[data-figure=s]");
  const users = () =>
    page.$$eval(".scores .guides .user", (rects) =>
      rects.map((rect) => {
        const { left, top, right, bottom } = rect.getBoundingClientRect();
        return [left + scrollX, top + scrollY, right + scrollX, bottom + scrollY];
      }),
    );
  const h = (s.bottom - s.top) / 8;
  meet((await users()).flat(), [s.left, s.top + 4 * h, s.right, s.top + 5 * h], "row of S");
  await page.hover(`.scores ${cellOf("kt", 1, 2)}`);
  await frame(page);
  const c = (s.right - s.left) / 8;
  meet((await users()).flat(), [s.left + 2 * c, s.top, s.left + 3 * c, s.bottom], "column of S");
});

onPage("the hinge ties columns of A to rows of V, as wide as their weights", async (page) => {
  const drawn = () =>
    page.$$eval(".hinge path", (paths) =>
      paths
        .map((path) => ({
          key: Number(path.getAttribute("data-key")),
          width: Number(path.getAttribute("stroke-width")),
        }))
        .sort((a, b) => a.key - b.key),
    );
  let state = documents.opening();
  const expected = () => {
    const { data } = sheet(run(hl, state).weights);
    return Array.from(data.subarray(state.focus * 8, state.focus * 8 + 8), (w) => 0.75 + 13 * w);
  };
  meet(
    (await drawn()).map(({ width }) => 100 * width),
    expected().map((width) => 100 * width),
    "widths",
  );
  await page.click(".tokens li:nth-child(4) .token-button");
  await causal(page);
  await frame(page);
  state = documents.setField(documents.setField(state, "focus", 3), "causal", true);
  assert.deepEqual(
    (await drawn()).map(({ key }) => key),
    [0, 1, 2, 3],
  );
});

for (const [width, height] of [
  [1440, 900],
  [1280, 800],
  [390, 844],
]) {
  const phone = width < 768;
  onPage(
    `arcs of the hinge reach V's bracket, under nothing, with V's words on them at ${width}`,
    async (page) => {
      await page.$eval(".mix .figure", (figure) => figure.scrollIntoView({ block: "center" }));
      const { arcs, words, v, a, colWords } = await page.evaluate(() => {
        // The strip sticks, and a small window's reading: both may cover what is looked at here.
        for (const element of document.querySelectorAll(".strip, .reading")) element.remove();
        const box = (/** @type {string} */ id) =>
          /** @type {Element} */ (
            document.querySelector(`.mix [data-figure=${id}]`)
          ).getBoundingClientRect();
        const paths = /** @type {NodeListOf<SVGPathElement>} */ (
          document.querySelectorAll(".mix .hinge path")
        );
        const origin = /** @type {Element} */ (
          document.querySelector(".mix .hinge")
        ).getBoundingClientRect();
        const arcs = [...paths].map((path) => {
          const at = (/** @type {number} */ share) => {
            const { x, y } = path.getPointAtLength(share * path.getTotalLength());
            return { x: x + origin.left, y: y + origin.top };
          };
          // Further down stand the words of A's columns.
          const way = Array.from({ length: 60 }, (_, i) => at(i / 60));
          const beside = way.filter(({ y }) => y < box("v").bottom);
          const under = beside.filter(({ x, y }) => {
            const over = document.elementFromPoint(x, y)?.closest("bdi");
            return over && getComputedStyle(over).backgroundColor !== "rgba(0, 0, 0, 0)";
          });
          const key = Number(path.dataset.key);
          const edge = Number(path.getAttribute("stroke-width")) / 2;
          return { key, edge, from: at(0), to: at(1), under: under.length };
        });
        const words = Array.from(document.querySelectorAll(".mix .hinge text"), (word) => {
          const { right } = word.getBoundingClientRect();
          const bold = getComputedStyle(word).fontWeight === "700";
          return {
            text: word.textContent,
            right,
            bold,
            y: Number(word.getAttribute("y")) + origin.top,
          };
        });
        const colWords = document.querySelectorAll(".mix .col-words").length;
        return { arcs, words, v: box("v").toJSON(), a: box("a0").toJSON(), colWords };
      });
      const state = documents.opening();
      assert.deepEqual(
        words.map(({ text }) => text),
        state.tokens,
      );
      assert.deepEqual(
        words.filter(({ bold }) => bold).map(({ text }) => text),
        ["noir", "blanche"],
      );
      assert.equal(colWords, phone ? 0 : 1);
      assert.equal(arcs.length, 8);
      const h = (v.bottom - v.top) / 8;
      for (const { key, edge, from, to, under } of arcs) {
        const why = `arc of ${state.tokens[key]}`;
        assert.equal(under, 0, `${why} is covered`);
        assert.ok(
          v.left - to.x >= 5 && v.left - to.x <= 7,
          `${why} ends at ${to.x}, V at ${v.left}`,
        );
        assert.ok(Math.abs(to.y - (v.top + (key + 0.5) * h)) < 1, why);
        if (phone) assert.ok(a.top - from.y < 6, why);
        const word = words[key];
        assert.ok(Math.abs(v.left - 16 - word.right) < 1.5, `${why}: ${word.right} ${v.left}`);
        assert.ok(Math.abs(to.y - edge - 3 - word.y) < 0.1, why);
      }
    },
    { width, height, touch: phone },
  );
}

onPage("strips work out the focus row with the core's numbers", async (page) => {
  let state = documents.opening();
  const follows = async () => {
    const results = run(hl, state);
    const row = (/** @type {import("../../web/app/pipeline.js").Tensor} */ stage) =>
      sheet(stage).data.subarray(state.focus * 8, state.focus * 8 + 8);
    const logits = row(results.logits);
    const hide = (/** @type {string[]} */ texts) =>
      texts.map((text, i) => (logits[i] === -Infinity ? "" : text));
    const { exps, sum, shift } = softmaxRow(logits);
    const shown = (/** @type {number} */ x) => (x < 99.995 ? x.toFixed(2) : short(x, 2));
    assert.deepEqual(await strip(page, "score"), hide(Array.from(row(results.scores), two)));
    assert.deepEqual(await strip(page, "logit"), hide(Array.from(logits, two)));
    assert.deepEqual(await strip(page, "exponential"), hide(Array.from(exps, shown)));
    assert.deepEqual(await strip(page, "weight"), hide(Array.from(row(results.weights), three)));
    const text = await textOf(page, ".strips");
    assert.ok(text.includes(`sum ${sum === 1 ? 1 : shown(sum)}`), text);
    assert.equal(text.includes("− "), shift !== 0);
  };
  await follows();
  await page.click(".tokens li:nth-child(6) .token-button");
  await causal(page);
  await frame(page);
  state = documents.setField(documents.setField(state, "focus", 5), "causal", true);
  await follows();
  await edit(page, "x", 5, 0, "20");
  state = documents.setNumber(state, { matrix: "x", head: 0, row: 5, col: 0 }, 20);
  await follows();
});

test("exponentials over their sum are the core's weights", () => {
  const logit = fc.float({ min: -200, max: 200, noNaN: true });
  const row = fc.array(fc.oneof({ weight: 5, arbitrary: logit }, fc.constant(-Infinity)), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(row, (row) => {
      fc.pre(row.some((x) => x > -Infinity));
      const logits = Float32Array.from(row);
      const weights = hl.softmax({ data: logits, shape: [1, row.length] }).data;
      const { exps, sum } = softmaxRow(logits);
      row.forEach((x, i) => {
        const share = x === -Infinity ? 0 : exps[i] / sum;
        assert.ok(Math.abs(share - weights[i]) <= 1e-6, `${share} and ${weights[i]}`);
      });
    }),
    { numRuns: 500 },
  );
});

const named = (/** @type {Page} */ page) => textOf(page, ".reading .named");

onPage("a click locks a number, the same click or Escape frees it", async (page) => {
  const s = `.scores ${cellOf("s", 1, 2)}`;
  const other = `.mix ${cellOf("o0", 0, 0)}`;
  await page.click(s);
  await page.hover(other);
  await frame(page);
  assert.equal(await named(page), "score(chat → noir)");
  assert.equal(await page.$$eval(".scores .frame.locked", (all) => all.length), 1);
  assert.match(
    await page.$eval(".scores [data-figure=s]", (sheet) => sheet.ariaLabel ?? ""),
    /chat, noir, locked$/,
  );
  await page.keyboard.press("Escape");
  await frame(page);
  assert.equal(await named(page), "output(Le)0");
  assert.equal(await page.$(".frame.locked"), null);
  await page.click(s);
  await frame(page);
  assert.ok(await page.$(".frame.locked"));
  await page.click(s);
  await frame(page);
  assert.equal(await page.$(".frame.locked"), null);
});

onPage(
  "what is locked stays while numbers and words change, as long as it exists",
  async (page) => {
    await page.click(`.scores ${cellOf("s", 1, 2)}`);
    await edit(page, "x", 1, 0, "2");
    assert.equal(await named(page), "score(chat → noir)");
    const state = documents.setNumber(
      documents.opening(),
      { matrix: "x", head: 0, row: 1, col: 0 },
      2,
    );
    const value = sheet(run(hl, state).scores).data[8 + 2];
    const told = await textOf(page, ".reading .value");
    assert.ok(Math.abs(Number(told) - value) < 1e-4, `${told} and ${value}`);
    await paste(page, "Le chat noir mange");
    assert.equal(await named(page), "score(chat → noir)");
    await paste(page, "Le chat");
    assert.equal(await page.$(".frame.locked"), null);
    assert.match(await named(page), /^weight/);
  },
);

onPage(
  "Enter locks what the keyboard is on, and frees it again",
  async (page) => {
    await page.focus(".softmax [data-strip=logit]");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowRight");
    await frame(page);
    assert.equal(await named(page), "logit(chat → chat)");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await frame(page);
    assert.equal(await page.$(".frame.locked"), null);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await frame(page);
    assert.equal(await page.$(".frame.locked"), null);
  },
  { height: 2800 },
);

onPage(
  "a tap locks, a second one frees a result and opens a field",
  async (page) => {
    const s = `.scores ${cellOf("s", 1, 2)}`;
    await page.tap(s);
    await frame(page);
    assert.equal(await named(page), "score(chat → noir)");
    assert.ok(await page.$(".scores .frame.locked"));
    await page.tap(s);
    await frame(page);
    assert.equal(await page.$(".frame.locked"), null);
    await page.tap(cellOf("x", 2, 1));
    await frame(page);
    assert.equal(await page.$(".editor"), null);
    await page.tap(cellOf("x", 2, 1));
    await frame(page);
    assert.ok(await page.$(".editor"));
  },
  { width: 390, height: 844, touch: true },
);

onPage("a number that changes is underlined for a moment, and no other", async (page) => {
  await edit(page, "x", 0, 0, "1");
  const marks = await page.$eval(".scores [data-figure=q] .changed", (element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const { width, height } = canvas;
    const { data } = pen.getImageData(0, 0, width, height);
    const cell = height / 8;
    return Array.from({ length: 8 * width }, (_, i) => {
      const y = (Math.floor(i / width) + 1) * cell - 1;
      return data[4 * (y * width + (i % width)) + 3] > 0;
    });
  });
  assert.deepEqual(
    marks.map((mark, i) => (mark ? i : -1)).filter((i) => i >= 0),
    [0],
  );
  await page.click('.thumbnail[aria-label="Head 1"]');
  await frame(page);
  assert.equal(
    await page.evaluate(() =>
      document
        .getAnimations()
        .some(
          (a) =>
            /** @type {any} */ (a.effect)?.target?.matches(".scores .changed") &&
            a.startTime !== null &&
            Number(a.currentTime) < 20,
        ),
    ),
    false,
    "another head's numbers are no changed numbers",
  );
});

onPage("thumbnails, heads and figures have one scale, and it is printed", async (page) => {
  for (let i = 0; i < 2; i++) await page.click('.strip [aria-label="Add a head"]');
  await frame(page);
  const state = documents.setField(documents.opening(), "heads", 4);
  const { data } = run(hl, state).weights;
  const peaks = Array.from({ length: 4 }, (_, h) =>
    Math.max(...data.subarray(64 * h, 64 * h + 64)),
  );
  const most = Math.max(...peaks);
  // The pixels of every head, in the strip and below.
  const pixels = () =>
    page.evaluate(() =>
      [".thumbnail canvas", ".gallery [data-figure^=a] canvas:not(.changed)"].map((selector) =>
        Array.from(document.querySelectorAll(selector), (element) => {
          // A copy, since to read the page's own would make it slower.
          const { width, height } = /** @type {HTMLCanvasElement} */ (element);
          const canvas = new OffscreenCanvas(width, height);
          const pen = canvas.getContext("2d", { willReadFrequently: true });
          if (!pen) throw new Error("no canvas");
          pen.drawImage(/** @type {HTMLCanvasElement} */ (element), 0, 0);
          return [...pen.getImageData(0, 0, canvas.width, canvas.height).data];
        }),
      ),
    );
  const ends = () =>
    page.$$eval(".hero .legend, .softmax .legend, .gallery-bar .legend:first-of-type", (all) =>
      all.map((legend) => legend.lastElementChild?.textContent),
    );
  /** @param {number} range */
  const follow = async (range) => {
    const expected = peaks.map((_, h) =>
      Array.from(data.subarray(64 * h, 64 * h + 64), (x) =>
        css(ramp("weights", "light"), x, range),
      ),
    );
    const colours = (await pixels()).map((heads) =>
      heads.map((bytes) =>
        Array.from({ length: 64 }, (_, i) => `rgb(${bytes.slice(4 * i, 4 * i + 3).join(", ")})`),
      ),
    );
    assert.deepEqual(colours, [expected, expected], `up to ${range}`);
  };
  const ways = await page.$$eval(".gallery-bar .views:nth-child(2) button", (all) =>
    all.map((button) => button.textContent),
  );
  assert.deepEqual(ways, ["0–1", `0–${three(most)}`]);
  assert.deepEqual(await ends(), ["1", "1", "1"]);
  await follow(1);
  await page.click(".gallery-bar .views:nth-child(2) button:last-child");
  await frame(page);
  assert.deepEqual(await ends(), Array(3).fill(three(most)));
  await follow(most);
  const said = await page.$$eval(".head .most", (all) => all.map((each) => each.textContent));
  const flat = (/** @type {number} */ peak) => (peak < 1.5 / 8 ? "flat, " : "");
  assert.deepEqual(
    said,
    peaks.map((peak) => `${flat(peak)}most ${three(peak)}`),
  );
  assert.ok(said[3]?.startsWith("flat") && !said[0]?.startsWith("flat"));
});

onPage("a head is a picture that shows it, or lines between tokens", async (page) => {
  await page.click('.gallery [data-figure="a1"]');
  await frame(page);
  assert.equal(await textOf(page, ".head.shown .head-title button"), "Head 1, shown above");
  await page.click(".gallery .views button:nth-of-type(2)");
  await frame(page);
  const { data } = sheet(run(hl, documents.opening()).weights, 1);
  const widths = await page.$$eval('[data-lines="a1"] line', (all) =>
    all.map((line) => [line.getAttribute("data-pair"), Number(line.getAttribute("stroke-width"))]),
  );
  assert.equal(widths.length, 64);
  for (const [pair, width] of widths) {
    const [row, col] = `${pair}`.split(" ").map(Number);
    assert.ok(Math.abs(Number(width) - (0.4 + 3.2 * data[8 * row + col])) < 1e-6);
  }
  await page.focus('[data-lines="a1"]');
  await page.keyboard.press("ArrowDown");
  await frame(page);
  assert.match(await named(page), /^weight\(noir → mange\)$/);
  const clear = () =>
    page.$$eval('[data-lines="a0"] line:not(.pale)', (all) =>
      all.map((line) => line.getAttribute("data-pair")?.split(" ").map(Number)),
    );
  assert.ok((await clear()).every((pair) => pair?.[0] === 2));
  await page.keyboard.press("ArrowRight");
  await frame(page);
  assert.ok((await clear()).every((pair) => pair?.[1] === 2));
});
