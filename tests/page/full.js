// A page that no link can hold: eight heads of 64×64 numbers with all their digits.
import { opening, PROJECTIONS, setField, setNumbers } from "../../web/app/state.js";

export function full() {
  let state = opening();
  for (const [name, value] of /** @type {const} */ ([
    ["dModel", 64],
    ["headDim", 64],
    ["heads", 8],
  ])) {
    state = setField(state, name, value);
  }
  return setNumbers(
    state,
    PROJECTIONS.flatMap((matrix, i) =>
      Array.from({ length: 8 * 64 * 64 }, (_, n) => {
        const at = { head: n >> 12, row: (n >> 6) & 63, col: n & 63 };
        return /** @type {const} */ ([{ matrix, ...at }, Math.sin(n + i) / 8]);
      }),
    ),
  );
}
