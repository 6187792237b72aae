// The README's example prints what the README says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("the README's example prints the notebook's numbers", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const readme = readFileSync(`${root}README.md`, "utf8");
  const [, example, printed] =
    /```js\n(import .*?)```.*?```\n(.*?)```/s.exec(readme) ?? assert.fail("no example");
  const args = ["--input-type=module", "-e", example];
  assert.equal(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }), printed);
});
