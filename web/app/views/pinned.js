// A loom that is wider than its place moves sideways; the words of its rows stay in sight, each at the left
// edge once its own place has gone.

/** Between a row's word and its matrix, in px. */
const GAP = 13;

/** @param {Element} main @returns {(() => void) | undefined} */
export function pinned(main) {
  const loom = /** @type {HTMLElement | null} */ (main.querySelector(".loom"));
  if (!loom) return undefined;
  const sideways = loom.classList.contains("sideways");
  loom.onscroll = sideways ? () => pin(loom)() : null;
  return sideways ? pin(loom) : undefined;
}

/** @param {HTMLElement} loom @returns {() => void} */
function pin(loom) {
  const { left } = loom.getBoundingClientRect();
  const rail = /** @type {HTMLElement} */ (loom.querySelector(".rail"));
  const step = /** @type {Element} */ (rail.parentElement);
  // The text stands beside the figures, or above them.
  const beside = getComputedStyle(step).display === "grid" ? rail.offsetWidth : 0;
  const label = Number.parseFloat(getComputedStyle(loom).getPropertyValue("--label"));
  const edge = left + beside + label;
  const sheets = /** @type {HTMLElement[]} */ ([...loom.querySelectorAll(".sheet.row-words")]);
  const ends = sheets.map((sheet) => sheet.getBoundingClientRect().left - GAP);
  return () => {
    sheets.forEach((sheet, i) => {
      sheet.style.setProperty("--pin", `${Math.max(0, edge - ends[i])}px`);
    });
  };
}
