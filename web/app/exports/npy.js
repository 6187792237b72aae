// NumPy's own format, version 1.0: np.load("headlight-1-S-head0.npy").

const MAGIC = "\x93NUMPY\x01\x00";
/** Numbers begin at a multiple of this many bytes. */
const ALIGNED = 64;

/** @type {import("./formats.js").Format} */
export const npy = {
  name: ".npy",
  extension: "npy",
  mime: "application/octet-stream",
  of: "table",
  write: ({ table }) => {
    const { rows, cols, data } = /** @type {NonNullable<typeof table>} */ (table)();
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${cols.length}), }`;
    // After the magic its length takes two bytes, at its end stands a line break.
    const before = Math.ceil((MAGIC.length + 3 + header.length) / ALIGNED) * ALIGNED;
    const length = before - MAGIC.length - 2;
    const bytes = new Uint8Array(before + 4 * data.length);
    const view = new DataView(bytes.buffer);
    const start = `${MAGIC}\0\0${header.padEnd(length - 1)}\n`;
    bytes.set(Array.from(start, (letter) => letter.charCodeAt(0)));
    view.setUint16(MAGIC.length, length, true);
    data.forEach((x, i) => {
      view.setFloat32(before + 4 * i, x, true);
    });
    return bytes;
  },
};
