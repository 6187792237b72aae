// Files as bytes, without a browser: what is written is read again by other rules than it was written.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { csv } from "../../web/app/exports/csv.js";
import { npy } from "../../web/app/exports/npy.js";
import { tabbed } from "../../web/app/exports/tsv.js";
import { xml } from "../../web/app/exports/xml.js";
import { speak } from "../../web/app/words.js";
import { readCsv, readNpy } from "./files.js";

const numbers = [0, -0.1, 1 / 3, 1e6, -1e-20, Number.NEGATIVE_INFINITY, 3.4028234e38, 16777217];
const table = {
  name: "S",
  rows: ['say "no"', "a,b"],
  cols: ["<script>", "x\ny", "=1+1", "é"],
  data: Float32Array.from(numbers),
};
const subject = { file: "headlight-1-S-head0", table: () => table };

test("CSV holds every word and the exact float32 of every number", async () => {
  const text = String(await csv.write(subject));
  assert.match(text, /\r\n$/);
  const [head, ...rows] = readCsv(text);
  assert.deepEqual(head, ["S", ...table.cols]);
  assert.deepEqual(
    rows.map(([word]) => word),
    table.rows,
  );
  const read = rows.flatMap(([, ...cells]) => cells);
  assert.equal(read[5], "-inf");
  const values = read.map((cell) => Math.fround(Number(cell.replace("inf", "Infinity"))));
  assert.deepEqual(values, [...table.data]);
});

test("CSV has the point whatever the language, the clipboard the language's sign", async () => {
  speak("fr");
  try {
    assert.match(String(await csv.write(subject)), /,-0\.1,/);
    assert.equal(tabbed(table).split("\n")[0], "0\t-0,1\t0,33333334\t1000000");
  } finally {
    speak("en");
  }
});

test(".npy is NumPy's format 1.0, byte by byte", async () => {
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (await npy.write(subject));
  const { shape, data } = readNpy(bytes);
  assert.deepEqual(shape, [2, 4]);
  assert.deepEqual([...data], [...table.data]);
  // An empty matrix has a header and nothing else.
  const none = { name: "X", rows: [], cols: ["0"], data: new Float32Array() };
  const empty = /** @type {Uint8Array<ArrayBuffer>} */ (
    await npy.write({ file: "", table: () => none })
  );
  assert.deepEqual(readNpy(empty).shape, [0, 1]);
});

// Where python3 has no NumPy, the test above stands alone: it reads the same bytes by the format's text.
const hasNumpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
if (hasNumpy) {
  test("NumPy loads .npy", async () => {
    const script =
      "import io,json,sys,numpy as n; a=n.load(io.BytesIO(sys.stdin.buffer.read())); " +
      "print(json.dumps([str(a.dtype), list(a.shape), [repr(float(x)) for x in a.ravel()]]))";
    const input = /** @type {Uint8Array<ArrayBuffer>} */ (await npy.write(subject));
    const { stdout, stderr } = spawnSync("python3", ["-c", script], { input, encoding: "utf8" });
    const [type, shape, values] = JSON.parse(stdout || JSON.stringify([stderr]));
    assert.deepEqual([type, shape], ["float32", [2, 4]]);
    const read = values.map((/** @type {string} */ x) => Number(x.replace("inf", "Infinity")));
    assert.deepEqual(read, [...table.data]);
  });
}

test("XML takes any text as text", () => {
  const hostile = `</text><script>alert('1')</script> & "q" \u0000\u0008\u001f \ud800 \ufffe 👩‍👩‍👧`;
  const written = xml`<a b="${hostile}">${[hostile, 0.123456]}</a>`.text;
  assert.ok(["<script", "\u0000", "\u0008", "\u001f", "\ufffe"].every((x) => !written.includes(x)));
  assert.equal(written.match(/\ufffd/gu)?.length, 10, "five in each place");
  assert.match(written, /👩‍👩‍👧0\.12<\/a>$/u);
  assert.match(written, /&lt;script&gt;alert\(&#39;1&#39;\)&lt;\/script&gt; &amp; &quot;q&quot;/);
});
