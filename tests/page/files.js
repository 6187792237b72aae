// Reading back what the page writes, by the formats' own rules.
import assert from "node:assert/strict";

/** RFC 4180. @param {string} text */
export function readCsv(text) {
  /** @type {string[][]} */
  const rows = [[]];
  for (const [, quoted, bare, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g,
  )) {
    const row = /** @type {string[]} */ (rows.at(-1));
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

/** NEP 1, version 1.0, little-endian float32 in C order. @param {Uint8Array} bytes */
export function readNpy(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const letters = (/** @type {number} */ from, /** @type {number} */ to) =>
    String.fromCharCode(...bytes.subarray(from, to));
  assert.equal(letters(0, 8), "\x93NUMPY\x01\x00");
  const start = 10 + view.getUint16(8, true);
  assert.equal(start % 64, 0);
  const header = letters(10, start);
  const [, rows, cols] =
    header.match(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/) ??
    assert.fail(header);
  const shape = [Number(rows), Number(cols)];
  assert.equal(bytes.length, start + 4 * shape[0] * shape[1]);
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) =>
    view.getFloat32(start + 4 * i, true),
  );
  return { shape, data };
}

/** The size that a PNG says it has. @param {Uint8Array} bytes */
export function sizeOfPng(bytes) {
  assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
