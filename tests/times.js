// How long tests take: what a report says of each, and which are the slowest.

/** @typedef {{ name: string, seconds: number }} Time */

/**
 * The tests of a TAP report of node --test that have no tests within.
 * @param {string} tap
 * @returns {Time[]} a name begins with those of the tests around it
 */
export function timesOf(tap) {
  const lines =
    /^( *)(?:# Subtest: (?<begins>.*)|(?:not )?ok \d+ - .*\n *---\n *duration_ms: (?<ms>\S+))$/gm;
  /** @type {string[]} */
  const around = [];
  /** @type {Time[]} */
  const times = [];
  let within = false;
  for (const { 1: indent, groups: { begins, ms } = {} } of tap.matchAll(lines)) {
    const depth = indent.length / 4;
    around.length = depth + 1;
    if (begins !== undefined) around[depth] = begins.replaceAll(/\\(?=[\\#])/g, "");
    else if (within) times.push({ name: around.join(" › "), seconds: Number(ms) / 1000 });
    within = begins !== undefined;
  }
  return times;
}

/** @param {Time[]} times */
export function slowest(times, count = 10) {
  return times
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${name}`);
}

/**
 * What is said before the first of some suites.
 * @param {Record<string, { seconds: number }>} suites
 */
export function announce(suites) {
  const seconds = Object.values(suites).reduce((sum, suite) => sum + suite.seconds, 0);
  const minutes = Math.ceil(seconds / 60);
  const time = minutes === 1 ? "a minute" : `${minutes} minutes`;
  return `${Object.keys(suites).join(", ")}: about ${time} on two cores that have nothing else to do`;
}

/**
 * What is said before each of them.
 * @param {string[]} suites
 * @param {string} name
 */
export function progress(suites, name) {
  const left = suites.length - suites.indexOf(name) - 1;
  const after = left === 0 ? "the last" : `${left} left after it`;
  return `suite ${name}, ${suites.indexOf(name) + 1} of ${suites.length}, ${after}`;
}
