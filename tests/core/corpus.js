// What the fuzzers found worth keeping, one input a line, in hex: a file for each target.
//   node tests/core/corpus.js unpack        corpus/TARGET.txt → build/fuzz/kept/TARGET/
//   node tests/core/corpus.js pack FOLDER   FOLDER/TARGET/ → corpus/TARGET.txt
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const corpus = fileURLToPath(new URL("corpus", import.meta.url));
const kept = fileURLToPath(new URL("../../build/fuzz/kept", import.meta.url));

/** Writes each target's inputs into files of their own. @returns {Record<string, string[]>} them by target */
export function unpack() {
  rmSync(kept, { recursive: true, force: true });
  const targets = readdirSync(corpus).map((file) => {
    const target = basename(file, ".txt");
    const folder = join(kept, target);
    mkdirSync(folder, { recursive: true });
    const lines = readFileSync(join(corpus, file), "utf8").trim().split("\n");
    const paths = lines.map((line, i) => {
      const path = join(folder, String(i).padStart(4, "0"));
      writeFileSync(path, Buffer.from(line, "hex"));
      return path;
    });
    return [target, paths];
  });
  return Object.fromEntries(targets);
}

/** @param {string} folder */
function pack(folder) {
  mkdirSync(corpus, { recursive: true });
  for (const target of readdirSync(folder)) {
    const inputs = readdirSync(join(folder, target)).map((file) =>
      readFileSync(join(folder, target, file)).toString("hex"),
    );
    const lines = [...new Set(inputs)].filter(Boolean).sort();
    writeFileSync(join(corpus, `${target}.txt`), `${lines.join("\n")}\n`);
  }
}

const [task, folder] = process.argv.slice(2);
if (task === "unpack") unpack();
if (task === "pack") pack(folder);
