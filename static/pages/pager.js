/**
 * Which page of a long board is shown, and until when. Pure; times in ms.
 */

const TURN = 12_000;
const FIRST = 3_000; // the leaders stay longer

export class Pager {
  page = 0;
  pages = 1;
  paused = false;

  /** @param {number} now */
  constructor(now) { this.until = now + TURN + FIRST; }

  /** Takes the number of pages; a page that is gone gives way to the last. @param {number} pages */
  resize(pages) {
    this.pages = Math.max(1, pages);
    this.page = Math.min(this.page, this.pages - 1);
  }

  /** Goes to a page, around the ends. @param {number} page @param {number} now */
  go(page, now) {
    this.page = (page + this.pages) % this.pages;
    this.until = now + TURN + (this.page === 0 ? FIRST : 0);
  }

  /** Turns when it is time; reports whether it did. @param {number} now */
  tick(now) {
    if (this.paused || this.pages === 1 || now < this.until) return false;
    this.go(this.page + 1, now);
    return true;
  }
}
