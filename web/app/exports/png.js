// The same pictures in pixels, at print quality.
import { Refusal } from "../state.js";
import { svg } from "./svg.js";

/** Pixels per CSS pixel, 288 per inch, as long as browsers can hold the picture. */
const SCALE = 3;
/** What every browser can: pixels along a side, and in all. */
const SIDE = 16384;
const AREA = 2 ** 26;

/** @type {import("./formats.js").Format} */
export const png = {
  name: "PNG",
  extension: "png",
  mime: "image/png",
  of: "picture",
  write: async (subject) => {
    const image = await drawn(/** @type {string} */ (await svg.write(subject)));
    const { width, height } = image;
    const scale = Math.min(SCALE, SIDE / width, SIDE / height, Math.sqrt(AREA / (width * height)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(scale * width);
    canvas.height = Math.round(scale * height);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((/** @type {BlobCallback} */ done) =>
      canvas.toBlob(done, png.mime),
    );
    if (!blob) throw new Refusal("picture");
    return blob;
  },
};

/** @param {string} text of an SVG document */
async function drawn(text) {
  const url = URL.createObjectURL(new Blob([text], { type: svg.mime }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } catch {
    throw new Refusal("picture");
  } finally {
    URL.revokeObjectURL(url);
  }
}
