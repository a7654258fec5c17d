/**
 * What a cell of an ICPC board says. Pure.
 */
/** @import {Board, Entry} from '../sdk/types.js' */

/** @typedef {'none'|'solved'|'first'|'wrong'|'pending'} CellState */

/** A cell as a judge pushes it: {"judged","pending","solved","time","first"?}. @param {any} cell */
const isJudged = (cell) => cell !== null && typeof cell === 'object' && ('judged' in cell || 'pending' in cell || 'solved' in cell);

/**
 * Whether a board is an ICPC scoreboard: ties are given, there are problems, and
 * some cell of theirs is a judge's, or none is there yet.
 * @param {Board} board
 */
export function isICPC(board) {
  const columns = board.rules.columns ?? [];
  if (board.rules.tie !== 'given' || columns.length === 0) return false;
  const cells = board.entries.flatMap((entry) => columns.map((column) => entry.cells?.[column.id]).filter((cell) => cell !== undefined));
  return cells.length === 0 || cells.some(isJudged);
}

/** Penalty minutes of an ICPC row: the tie is minutes × 2^20 + last accepted. @param {Entry} entry */
export const penalty = (entry) => Math.floor(entry.tie / 2 ** 20);

/** @type {Record<CellState, string>} */
export const GLYPHS = { none: '', solved: 'tick', first: 'star', wrong: 'cross', pending: 'hourglass' };

/**
 * State and text of a cell: the minute of a solved one, the tries of any other.
 * @param {any} cell @returns {{state: CellState, text: string, tries: number}}
 */
export function cellOf(cell) {
  if (!isJudged(cell)) return { state: 'none', text: '', tries: 0 };
  const tries = (cell.judged ?? 0) + (cell.pending ?? 0);
  if (cell.solved) return { state: cell.first ? 'first' : 'solved', text: String(cell.time ?? ''), tries };
  if (cell.pending > 0) return { state: 'pending', text: String(tries), tries };
  return tries > 0 ? { state: 'wrong', text: String(tries), tries } : { state: 'none', text: '', tries };
}

/** The cell in words, for screen readers. @param {any} cell */
export function describe(cell) {
  const { state, text, tries } = cellOf(cell);
  const tried = tries === 1 ? '1 try' : `${tries} tries`;
  switch (state) {
    case 'first': return `first to solve, minute ${text}, ${tried}`;
    case 'solved': return `solved, minute ${text}, ${tried}`;
    case 'pending': return `pending, ${tried}`;
    case 'wrong': return `wrong, ${tried}`;
    default: return 'not tried';
  }
}

/**
 * The problems a row has newly solved.
 * @param {Entry|undefined} before @param {Entry} after @returns {string[]}
 */
export function newlySolved(before, after) {
  if (!before) return [];
  return Object.entries(after.cells ?? {}).filter(([id, cell]) => cell?.solved && !before.cells?.[id]?.solved).map(([id]) => id);
}
