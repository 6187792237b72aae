// What the run of all tests says of time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { announce, progress, slowest, timesOf } from "../times.js";

const TAP = `TAP version 13
# Subtest: a walk in C\\#
    # Subtest: by mouse
        # Subtest: opens
        ok 1 - opens
          ---
          duration_ms: 1500.5
          ...
        # Subtest: closes
        not ok 2 - closes
          ---
          duration_ms: 250
          location: 'walk.test.js:3:1'
          ...
        1..2
    not ok 1 - by mouse
      ---
      duration_ms: 1800
      type: 'test'
      ...
    1..1
not ok 1 - a walk in C\\#
  ---
  duration_ms: 1900
  ...
# Subtest: alone
ok 2 - alone # SKIP
  ---
  duration_ms: 12
  ...
1..2
# tests 4
`;

test("a report tells the time of each test that has none within", () => {
  assert.deepEqual(timesOf(TAP), [
    { name: "a walk in C# › by mouse › opens", seconds: 1.5005 },
    { name: "a walk in C# › by mouse › closes", seconds: 0.25 },
    { name: "alone", seconds: 0.012 },
  ]);
  assert.deepEqual(timesOf(""), []);
});

test("the slowest come first, ten of them", () => {
  const times = Array.from({ length: 12 }, (_, i) => ({
    name: `test ${i}`,
    seconds: (i * 5) % 12,
  }));
  const lines = slowest(times);
  assert.equal(lines.length, 10);
  assert.equal(lines[0], "  11.0 s  test 7");
  assert.equal(lines[9], "   2.0 s  test 10");
  assert.equal(times[0].name, "test 0");
});

test("how long it takes is said before, and then where it is", () => {
  const suites = { lint: { seconds: 50 }, core: { seconds: 100 }, page: { seconds: 31 } };
  assert.match(announce(suites), /^lint, core, page: about 4 minutes on two cores/);
  assert.match(announce({ lint: { seconds: 50 } }), /^lint: about a minute on/);
  const names = Object.keys(suites);
  assert.equal(progress(names, "lint"), "suite lint, 1 of 3, 2 left after it");
  assert.equal(progress(names, "page"), "suite page, 3 of 3, the last");
});
