/**
 * <rc-neighbours>: my line of the board with those around me.
 */
/** @import {Board, Entry} from '../sdk/types.js' */
import { isICPC, penalty } from './cells.js';
import { bdi, el } from './dom.js';
import { scoreText } from './row.js';

/**
 * How many places a member moved since the last board: above 0 is up.
 * @param {Map<string, number>} before rank by member @param {Entry} entry
 */
export const climbed = (before, entry) => (before.get(entry.member) ?? entry.rank) - entry.rank;

/** @param {number} places */
export function climbText(places) {
  if (places === 0) return '';
  return (places > 0 ? '▲ ' : '▼ ') + Math.abs(places);
}

export class Neighbours extends HTMLElement {
  /** @type {Map<string, number>} */ #ranks = new Map();
  /** @type {Map<string, number>} */ #climbs = new Map(); // the last move of each, kept until the next

  /** @param {Board} board @param {string} me */
  show(board, me) {
    const mine = board.entries.find((entry) => entry.member === me);
    if (!mine) {
      this.replaceChildren(el('p', { class: 'quiet' }, board.total > 0
        ? `You are not on the board yet. ${board.total} others are.`
        : 'Nobody is on the board yet.'));
      return;
    }
    for (const entry of board.entries) {
      const places = climbed(this.#ranks, entry);
      if (places !== 0) this.#climbs.set(entry.member, places);
    }
    this.#ranks = new Map(board.entries.map((entry) => [entry.member, entry.rank]));
    const icpc = isICPC(board);
    this.replaceChildren(
      el('p', { class: 'my-rank', 'aria-live': 'polite' },
        el('strong', {}, '#' + mine.rank), el('span', { class: 'quiet' }, ` of ${board.total}`), this.#climb(mine)),
      el('ol', { class: 'neighbours' }, ...board.entries.map((entry) => this.#line(entry, icpc, entry.member === me))));
  }

  /** @param {Entry} entry @param {boolean} icpc @param {boolean} me */
  #line(entry, icpc, me) {
    const score = icpc ? `${entry.score} solved · ${penalty(entry)} min` : scoreText(entry.score);
    return el('li', { class: me ? 'me' : '', 'aria-current': me && 'true' },
      el('span', { class: 'place' }, String(entry.rank)),
      el('span', { class: 'who' }, bdi(entry.name || entry.member)),
      this.#climb(entry), el('span', { class: 'points' }, score));
  }

  /** @param {Entry} entry */
  #climb(entry) {
    const places = this.#climbs.get(entry.member) ?? 0;
    if (places === 0) return null;
    const words = `${places > 0 ? 'up' : 'down'} ${Math.abs(places)}`;
    return el('span', { class: places > 0 ? 'climb up' : 'climb down', role: 'img', 'aria-label': words }, climbText(places));
  }
}

customElements.define('rc-neighbours', Neighbours);
