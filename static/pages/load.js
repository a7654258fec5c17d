/**
 * Which boards ask most of the nodes, so that a hot one is seen before it hurts.
 */
import { bdi, el } from './dom.js';
import { scoreText } from './row.js';

/** @typedef {{board: string, rate: number, queued: number, busy: number}} BoardLoad */

/** From this share of the time on, a board is near what one core of the store can do. */
const HOT = 0.5;

/**
 * The boards of all nodes, hottest first: rates and lines add up; of the store's
 * time the busiest node says how near the end is.
 * @param {{hot: BoardLoad[]}[]} nodes
 * @returns {BoardLoad[]}
 */
export function boardLoads(nodes) {
  /** @type {Map<string, BoardLoad>} */
  const all = new Map();
  for (const { board, rate, queued, busy } of nodes.flatMap((node) => node.hot ?? [])) {
    const sum = all.get(board) ?? { board, rate: 0, queued: 0, busy: 0 };
    all.set(board, { board, rate: sum.rate + rate, queued: sum.queued + queued, busy: Math.max(sum.busy, busy) });
  }
  return [...all.values()].sort((a, b) => b.rate - a.rate || a.board.localeCompare(b.board)).slice(0, 10);
}

/** @param {BoardLoad} load */
export function loadLine({ board, rate, queued, busy }) {
  const events = rate < 10 ? rate.toFixed(1) : scoreText(Math.round(rate));
  const waiting = queued > 0 ? ` · ${scoreText(queued)} waiting` : '';
  return el('div', { class: 'line across' }, el('strong', {}, bdi(board), busy >= HOT ? el('span', { class: 'tag' }, 'hot') : null),
    el('span', {}, `${events} events/s${waiting}`), el('span', { class: 'quiet' }, `store busy ${Math.round(busy * 100)} %`));
}
