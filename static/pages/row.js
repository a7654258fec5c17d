/**
 * One line of the projector's standings.
 */
/** @import {Column, Entry} from '../sdk/types.js' */
import { GLYPHS, cellOf, describe, penalty } from './cells.js';
import { el, glyph } from './dom.js';

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });

/** @param {number} score */
export const scoreText = (score) => number.format(score);

/** @typedef {{columns: Column[], icpc: boolean}} Layout */

export class Row {
  node = el('div', { role: 'row', class: 'row' });
  #rank = el('div', { role: 'cell', class: 'rank' });
  #team = el('div', { role: 'cell', class: 'team' });
  #score = el('div', { role: 'cell', class: 'score' });
  #penalty = el('div', { role: 'cell', class: 'penalty' });
  /** @type {Map<string, HTMLElement>} */ #cells = new Map();
  /** @type {Entry|null} */ entry = null;
  #travelling = false;
  #name = '';

  /** @param {Layout} layout */
  constructor(layout) {
    this.layout = layout;
    this.node.append(this.#rank, this.#team, this.#score);
    if (layout.icpc) this.node.append(this.#penalty);
    for (const column of layout.columns) {
      const cell = el('div', { role: 'cell', class: 'cell' });
      this.#cells.set(column.id, cell);
      this.node.append(cell);
    }
  }

  /** @param {Entry} entry @param {number} index of the row on the board, from 0 */
  show(entry, index) {
    this.node.setAttribute('aria-rowindex', String(index + 2)); // the head is row 1
    this.node.classList.toggle('odd', index % 2 === 1);
    this.node.classList.toggle('lead', entry.rank === 1);
    if (entry === this.entry) return;
    this.entry = entry;
    this.#drawRank();
    this.#score.textContent = scoreText(entry.score);
    if (this.layout.icpc) this.#penalty.textContent = String(penalty(entry));
    this.#drawName(entry);
    for (const column of this.layout.columns) this.#drawCell(column, entry.cells?.[column.id]);
  }

  /** While a row travels its rank is "…". @param {boolean} on */
  travel(on) {
    this.#travelling = on;
    this.node.classList.toggle('travelling', on);
    this.#drawRank();
  }

  /** Marks the row and its newly solved cells. @param {Set<string>|undefined} solved */
  highlight(solved) {
    this.node.classList.toggle('hot', solved !== undefined);
    for (const [id, cell] of this.#cells) cell.classList.toggle('hot', solved?.has(id) ?? false);
  }

  /** Gives a long name two lines, the group after it, then an ellipsis. The page must show the row. */
  fit() {
    const name = this.#team.querySelector('.name');
    this.#team.classList.remove('two');
    this.#team.classList.toggle('two', name !== null && name.scrollWidth > name.clientWidth);
  }

  #drawRank() { this.#rank.textContent = this.#travelling ? '…' : String(this.entry?.rank ?? ''); }

  /** @param {Entry} entry */
  #drawName(entry) {
    const name = entry.name || entry.member;
    if (this.#name === name + '\n' + entry.group) return;
    this.#name = name + '\n' + entry.group;
    const lines = el('div', { class: 'lines' }, el('bdi', { class: 'name', dir: 'auto' }, name));
    if (entry.group) lines.append(' ', el('bdi', { class: 'group', dir: 'auto' }, entry.group));
    this.#team.replaceChildren(lines);
    this.#team.title = entry.group ? `${name}, ${entry.group}` : name;
  }

  /** @param {Column} column @param {any} value */
  #drawCell(column, value) {
    const cell = this.#cells.get(column.id);
    if (!cell) return;
    if (!this.layout.icpc) {
      cell.textContent = value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
      return;
    }
    const { state, text } = cellOf(value);
    if (cell.dataset.state === state && cell.dataset.text === text) return;
    cell.dataset.state = state;
    cell.dataset.text = text;
    cell.setAttribute('aria-label', `${column.label || column.id}: ${describe(value)}`);
    cell.replaceChildren(el('span', { class: 'tile' }, GLYPHS[state] ? glyph(GLYPHS[state]) : null, text));
  }
}
