// The notebook's example, which the page opens on. Set by hand, not trained.

/** @typedef {import("./state.js").Matrix} Matrix */

export const tokens = ["Le", "chat", "noir", "mange", "la", "souris", "blanche", "."];

/** Two sentences of the same words, to see whether their order counts, and a word of both. */
export const orders = ["chat mange souris", "souris mange chat"];
export const ordered = "chat";

/** One vector of d_model numbers per word. @type {Record<string, number[]>} */
export const vectors = {
  Le: [0.1, 0.2, 0.3],
  chat: [0.4, 0.5, 0.6],
  noir: [0.7, 0.8, 0.9],
  mange: [0.1, 0.4, 0.7],
  la: [0.1, 0.2, 0.3],
  souris: [0.3, 0.6, 0.9],
  blanche: [0.7, 0.8, 0.9],
  ".": [0.1, 0.1, 0.1],
};

/** Head 0's projection to queries, keys and values alike. */
const same = [
  [1, 0],
  [0, 1],
  [1, 1],
];

/** Per head: wq, wk, wv (d_model, head dimension), wo (head dimension, d_model).
 * @type {{ wq: Matrix[], wk: Matrix[], wv: Matrix[], wo: Matrix[] }} */
export const projections = {
  wq: [
    same,
    [
      [1, -1],
      [1, 0],
      [1, 1],
    ],
  ],
  wk: [
    same,
    [
      [-6, 0],
      [0, 1],
      [3, 0],
    ],
  ],
  wv: [
    same,
    [
      [0, 1],
      [1, 0],
      [-1, 1],
    ],
  ],
  wo: [
    [
      [0.5, 0, 0.5],
      [0, 0.5, 0.5],
    ],
    [
      [1, -1, 0],
      [-1, 0, 1],
    ],
  ],
};
