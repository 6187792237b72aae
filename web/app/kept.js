// What was made last, as long as what it is made from stays the same.

/** @template T @returns {(from: readonly unknown[], make: () => T) => T} */
export function keeper() {
  /** @type {{ from: readonly unknown[], value: T } | undefined} */
  let last;
  return (from, make) => {
    if (!last || !equal(from, last.from)) last = { from, value: make() };
    return last.value;
  };
}

/** @param {readonly unknown[]} a @param {readonly unknown[]} b */
function equal(a, b) {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
