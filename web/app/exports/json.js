// The whole document, which the page opens again.
import { toFile } from "../file.js";

/** @type {import("./formats.js").Format} */
export const json = {
  name: "JSON",
  extension: "json",
  mime: "application/json",
  of: "state",
  write: ({ state }) => toFile(/** @type {NonNullable<typeof state>} */ (state)()),
};
