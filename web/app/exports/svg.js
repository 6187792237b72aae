// Pictures that stay sharp at any size.

/** @type {import("./formats.js").Format} */
export const svg = {
  name: "SVG",
  extension: "svg",
  mime: "image/svg+xml",
  of: "picture",
  write: ({ picture }) => /** @type {NonNullable<typeof picture>} */ (picture)(),
};
