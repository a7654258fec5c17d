/**
 * How rows move. The numbers are for eyes 15 m away: long enough to follow,
 * short enough not to lag behind the contest.
 */

/**
 * The rows that change their order among the others: the fewest whose removal
 * leaves the rest in order (all but a longest increasing subsequence). A row
 * that is merely pushed along by one does not count.
 * @param {string[]} before @param {string[]} after @returns {Set<string>}
 */
export function movers(before, after) {
  const place = new Map(before.map((member, i) => [member, i]));
  const known = after.filter((member) => place.has(member));
  const at = known.map((member) => place.get(member) ?? 0);
  /** @type {number[]} */ const tails = []; // tails[k]: index in `at` that ends the best run of k + 1
  /** @type {number[]} */ const previous = [];
  at.forEach((value, i) => {
    let low = 0;
    for (let high = tails.length; low < high;) {
      const mid = (low + high) >> 1;
      if (at[tails[mid]] < value) low = mid + 1;
      else high = mid;
    }
    previous[i] = low > 0 ? tails[low - 1] : -1;
    tails[low] = i;
  });
  const moved = new Set(known);
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i]) moved.delete(known[i]);
  return moved;
}

/** Milliseconds to travel so many rows: 600 to 1,000 up to five, never over 2,500. @param {number} rows */
export function travelTime(rows) {
  if (rows <= 5) return 600 + 100 * (Math.max(rows, 1) - 1);
  return Math.min(2500, 1000 + 120 * (rows - 5));
}

/** Over 30 % movers no eye can follow: fade instead. @param {number} moving @param {number} visible */
export const tooMany = (moving, visible) => moving > Math.max(1, 0.3 * visible);

/** Whether the viewer asked for no motion. */
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

const EASE = 'cubic-bezier(.3, 0, .15, 1)';

/**
 * Moves an element that now stands at its new place from dy px away to there.
 * @param {Element} node @param {number} dy @param {number} ms
 */
export function glide(node, dy, ms) {
  return node.animate([{ transform: `translateY(${dy}px)` }, { transform: 'none' }], { duration: ms, easing: EASE });
}

/** @param {Element} node @param {number} ms */
export function fadeIn(node, ms) {
  return node.animate([{ opacity: 0 }, { opacity: 1 }], { duration: ms, easing: 'ease-out' });
}
