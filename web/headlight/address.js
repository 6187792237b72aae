// Where files are: those beside this module, and those of relative URLs.

/**
 * This module where it was installed, undefined where a bundler's format knows no address. Vite's development
 * server, up to version 7, runs it from node_modules/.vite/deps, and leaves behind what lies beside it.
 */
export const home = import.meta.url?.replace(
  /\/node_modules\/\..*\/deps\/[^/]*$/,
  "/node_modules/headlight-attention/dist/headlight/",
);

/** Whether a server has taken it away from there. */
export const moved = home !== import.meta.url;

/** A file of the folder where it was installed. @param {string} name */
export const beside = (name) => new URL(name, home);

/**
 * What is wrong where there is no address.
 * @param {string} name of the file that is wanted
 * @param {string} remedy
 */
export const homeless = (name, remedy) =>
  `this module does not know its address, beside which ${name} would be: ${remedy}`;

/**
 * A URL as an absolute one: relative to the page or the worker, or where that has no path, as a worker
 * from a blob has none, to its origin.
 * @param {string | { readonly href: string }} url
 */
export function absolute(url) {
  const { document, location } = globalThis;
  try {
    return new URL(String(url), document?.baseURI ?? location?.href);
  } catch {
    return new URL(String(url), location?.origin);
  }
}
