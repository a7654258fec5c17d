/**
 * <rc-standings>: a board as a table of pages, for a projector. It draws only
 * the page that is shown, at most every 100 ms, and moves rows by transform.
 *
 * Events: "page" after each drawing (read `summary`), "lead" and "solve" with
 * the entry in detail.
 */
/** @import {Board, Column, Entry} from '../sdk/types.js' */
import { isICPC, newlySolved } from './cells.js';
import { el, tint } from './dom.js';
import { calm, fadeIn, glide, movers, tooMany, travelTime } from './motion.js';
import { Pager } from './pager.js';
import { Row } from './row.js';

const COALESCE = 100; // ms; leaves room in the 250 that a verdict has to the pixel
const HIGHLIGHT = 9000;

export class Standings extends HTMLElement {
  pager = new Pager(Date.now());
  /** @type {Board|null} */ #board = null; // the newest
  /** @type {Entry[]} */ #drawn = []; // what the table shows, all pages
  /** @type {Map<string, Row>} */ #rows = new Map(); // of the page shown
  /** @type {Map<string, {cells: Set<string>, until: number}>} */ #hot = new Map();
  #layoutKey = '';
  /** @type {import('./row.js').Layout} */ #layout = { columns: [], icpc: false };
  #lastDraw = 0;
  #due = false;
  /** @type {Animation|null} */ #fade = null;
  #shownPage = 0;
  #head = el('div', { role: 'rowgroup', class: 'head' });
  #body = el('div', { role: 'rowgroup', class: 'body' });

  connectedCallback() {
    this.setAttribute('role', 'table');
    this.append(this.#head, this.#body);
    setInterval(() => { if (this.pager.tick(Date.now())) this.#draw(); }, 250);
    addEventListener('resize', () => { this.#layoutKey = ''; this.#draw(); });
  }

  /** Takes the newest board. @param {Board} board */
  show(board) {
    this.#board = board;
    if (this.#due) return;
    const wait = Math.max(0, this.#lastDraw + COALESCE - Date.now());
    this.#due = true;
    if (wait === 0) this.#draw();
    else setTimeout(() => this.#draw(), wait);
  }

  /** Turns by so many pages. @param {number} by */
  turn(by) {
    this.pager.go(this.pager.page + by, Date.now());
    this.#draw();
  }

  /** What the page counter says. */
  get summary() {
    const { page, pages, paused } = this.pager;
    const size = this.#size();
    const total = this.#board?.total ?? 0;
    const last = Math.min((page + 1) * size, this.#drawn.length);
    return { first: last === 0 ? 0 : page * size + 1, last, total, page: page + 1, pages, paused };
  }

  /** Rows on one page, as the style sheet has it. */
  #size() { return Number.parseInt(getComputedStyle(this).getPropertyValue('--rows'), 10) || 12; }

  #draw() {
    this.#due = false;
    if (!this.#board) return;
    this.#lastDraw = Date.now();
    this.#note(this.#board);
    const size = this.#size();
    this.#arrange(this.#board);
    this.pager.resize(Math.ceil(this.#board.entries.length / size));
    const before = this.#drawn;
    this.#drawn = this.#board.entries;
    const page = this.#drawn.slice(this.pager.page * size, (this.pager.page + 1) * size);
    if (this.pager.page !== this.#shownPage) this.#turnTo(page);
    else this.#moveTo(page, before);
    this.#shownPage = this.pager.page;
    this.dispatchEvent(new Event('page'));
  }

  /** Finds what is news: solves to highlight, a new leader to tell. @param {Board} board */
  #note(board) {
    if (board.entries === this.#drawn || this.#drawn.length === 0) return;
    const old = new Map(this.#drawn.map((entry) => [entry.member, entry]));
    for (const entry of board.entries) {
      if (old.get(entry.member) === entry) continue;
      const cells = newlySolved(old.get(entry.member), entry);
      if (cells.length === 0) continue;
      this.#hot.set(entry.member, { cells: new Set(cells), until: Date.now() + HIGHLIGHT });
      setTimeout(() => this.#highlight(), HIGHLIGHT + 50);
      this.dispatchEvent(new CustomEvent('solve', { detail: { entry, cells } }));
    }
    if (board.entries[0] && board.entries[0].member !== this.#drawn[0]?.member) {
      this.dispatchEvent(new CustomEvent('lead', { detail: board.entries[0] }));
    }
  }

  /** Makes the head, anew only when the columns change. @param {Board} board */
  #arrange(board) {
    const columns = board.rules.columns ?? [];
    const icpc = isICPC(board);
    const grouped = board.entries.some((entry) => entry.group);
    const key = JSON.stringify([columns, icpc, grouped, innerWidth, innerHeight]);
    this.setAttribute('aria-rowcount', String(board.total + 1));
    if (key === this.#layoutKey) return;
    this.#layoutKey = key;
    this.#layout = { columns, icpc };
    this.style.setProperty('--columns', String(columns.length));
    this.classList.toggle('icpc', icpc);
    this.classList.toggle('grouped', grouped);
    this.classList.toggle('many', columns.length > 12);
    const heads = columns.map((column) => this.#columnHead(column));
    this.#head.replaceChildren(el('div', { role: 'row', class: 'row', 'aria-rowindex': 1 },
      el('div', { role: 'columnheader', class: 'rank', 'aria-label': 'Rank' }, '#'),
      el('div', { role: 'columnheader', class: 'team' }, icpc ? 'Team' : 'Name'),
      el('div', { role: 'columnheader', class: 'score', 'aria-label': icpc ? 'Problems solved' : 'Score' }, icpc ? '✓' : 'Score'),
      icpc ? el('div', { role: 'columnheader', class: 'penalty', 'aria-label': 'Penalty minutes' }, 'Time') : null,
      ...heads));
    this.#body.replaceChildren();
    this.#rows.clear();
  }

  /** @param {Column} column */
  #columnHead(column) {
    const head = el('div', { role: 'columnheader', class: 'cell', title: column.name }, el('span', { class: 'label' }, column.label || column.id));
    tint(head, column.color);
    return head;
  }

  /** Shows another page. @param {Entry[]} page */
  #turnTo(page) {
    this.#place(page);
    if (!calm()) this.#fadeIn();
  }

  /** A fade under way goes on: begun anew with each drawing the page would stay dark. */
  #fadeIn() {
    if (this.#fade?.playState !== 'running') this.#fade = fadeIn(this.#body, 500);
  }

  /** Brings the same page to its new order. @param {Entry[]} page @param {Entry[]} before the whole board as drawn */
  #moveTo(page, before) {
    const tops = new Map([...this.#rows].map(([member, row]) => [member, row.node.getBoundingClientRect().top]));
    const order = [...this.#rows.keys()];
    const members = page.map((entry) => entry.member);
    const moved = movers(order, members);
    const entered = members.filter((member) => order.length > 0 && !tops.has(member));
    const old = new Map(before.map((entry, i) => [entry.member, i]));
    const gone = this.#place(page);
    if (order.length === 0 || (moved.size === 0 && entered.length === 0 && gone.length === 0) || calm()) return;
    if (tooMany(moved.size + entered.length, page.length)) { this.#fadeIn(); return; }
    const box = this.#body.getBoundingClientRect();
    const height = box.height / this.#size();
    for (const [i, member] of members.entries()) {
      const row = this.#rows.get(member);
      if (!row || order[i] === member) continue; // one on its way there travels on
      const now = box.top + i * height;
      const cameFromAbove = (old.get(member) ?? Infinity) < this.pager.page * this.#size();
      const from = tops.get(member) ?? (cameFromAbove ? box.top - height : box.bottom);
      if (Math.abs(from - now) > 1) this.#travel(row, from - now, height, moved.has(member) || !tops.has(member));
    }
    for (const row of gone) this.#leave(row, tops, box, height);
  }

  /** @param {Row} row @param {number} dy @param {number} height of a row @param {boolean} mover */
  #travel(row, dy, height, mover) {
    for (const running of row.node.getAnimations()) running.cancel();
    const run = glide(row.node, dy, travelTime(Math.abs(dy) / height));
    if (!mover) return;
    row.travel(true);
    run.finished.then(() => row.travel(false), () => {}); // cancelled: the next journey says when it ends
  }

  /** Lets a row slide off the page it is no longer on. @param {Row} row @param {Map<string, number>} tops @param {DOMRect} box @param {number} height */
  #leave(row, tops, box, height) {
    const member = row.entry?.member ?? '';
    const index = this.#drawn.findIndex((entry) => entry.member === member);
    const up = index >= 0 && index < this.pager.page * this.#size();
    const from = (tops.get(member) ?? box.top) - box.top;
    row.node.classList.add('leaving');
    row.node.setAttribute('aria-hidden', 'true');
    row.node.style.top = `${up ? -height : box.height}px`;
    this.#body.append(row.node);
    const dy = from - (up ? -height : box.height);
    glide(row.node, dy, travelTime(Math.abs(dy) / height)).finished.finally(() => row.node.remove());
  }

  /** Puts the rows of a page in order and returns those that left it. @param {Entry[]} page */
  #place(page) {
    const offset = this.pager.page * this.#size();
    /** @type {Map<string, Row>} */ const next = new Map();
    page.forEach((entry, i) => {
      const row = this.#rows.get(entry.member) ?? new Row(this.#layout);
      const renamed = row.entry?.name !== entry.name || row.entry?.group !== entry.group;
      row.show(entry, offset + i);
      if (this.#body.children[i] !== row.node) this.#body.insertBefore(row.node, this.#body.children[i] ?? null);
      if (renamed) row.fit();
      next.set(entry.member, row);
    });
    const gone = [...this.#rows].filter(([member]) => !next.has(member)).map(([, row]) => row);
    for (const row of gone) row.node.remove();
    this.#rows = next;
    this.#highlight();
    return gone;
  }

  #highlight() {
    const now = Date.now();
    for (const [member, { until }] of this.#hot) if (until <= now) this.#hot.delete(member);
    for (const [member, row] of this.#rows) row.highlight(this.#hot.get(member)?.cells);
  }
}

customElements.define('rc-standings', Standings);
