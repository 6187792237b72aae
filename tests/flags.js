import { spawnSync } from "node:child_process";

/**
 * What Node needs to run a build: before 22 it runs relaxed SIMD only with a flag, which later
 * versions do not know.
 * @param {string} build
 */
export function flagsFor(build) {
  if (!build.startsWith("relaxed")) return [];
  const flag = "--experimental-wasm-relaxed-simd";
  const { stdout } = spawnSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  return stdout.includes(flag) ? [flag] : [];
}
