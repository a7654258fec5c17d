/**
 * Folding frames into states: pure, and the same as the Go client's, on the
 * golden files of static/testdata/golden.
 */

/** @import {ActivityList, Board, Presence, Push, State} from './types.js' */

/**
 * Orders strings as their UTF-8 bytes do, as the server orders members.
 * @param {string} a @param {string} b
 */
export function byBytes(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) {
    let x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) { // surrogates stand for what lies above U+FFFF
      if (x < 0xe000) x += 0x10000;
      if (y < 0xe000) y += 0x10000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** @param {Board} board @param {any} delta @returns {Board|null} */
function foldBoard(board, delta) {
  const rows = new Map(board.entries.map((entry) => [entry.member, entry]));
  for (const member of delta.gone ?? []) rows.delete(member);
  for (const row of delta.entries ?? []) {
    const known = rows.get(row.member);
    if (!known && row.score === undefined) return null; // moved, but never seen
    rows.set(row.member, { name: '', group: '', tie: 0, cells: {}, ...known, ...row });
  }
  const entries = [...rows.values()].sort((a, b) => a.rank - b.rank || byBytes(a.member, b.member));
  return { ...board, version: delta.version, total: delta.total, frozen: delta.frozen, entries };
}

/** @param {Presence} room @param {any} delta @returns {Presence} */
function foldPresence(room, delta) {
  const users = new Map(room.users.map((user) => [user.user, user]));
  for (const user of delta.left ?? []) users.delete(user);
  for (const user of delta.users ?? []) users.set(user.user, user);
  const sorted = [...users.values()].sort((a, b) => byBytes(a.user, b.user));
  return { ...room, version: delta.version, count: delta.count, degraded: delta.degraded, users: sorted };
}

/** @param {ActivityList} list @param {any} delta @returns {ActivityList} */
function foldActivity(list, delta) {
  return { ...list, ...delta, items: [...list.items, ...(delta.items ?? [])].slice(-50) };
}

/** @type {Record<string, (value: any, delta: any) => any>} */
const folds = { top: foldBoard, around: foldBoard, me: foldBoard, presence: foldPresence, activity: foldActivity };
/** @type {Record<string, string>} */
const lists = { top: 'entries', around: 'entries', me: 'entries', presence: 'users', activity: 'items' };

/**
 * Folds a frame into a state and returns the new state; null when the frame
 * does not fit onto it, which only a snapshot can cure.
 * @param {State|null} state @param {Push} frame @returns {State|null}
 */
export function fold(state, frame) {
  if (frame.snapshot) {
    const list = lists[frame.view];
    return { at: frame.at, value: { ...frame.snapshot, [list]: frame.snapshot[list] ?? [] } };
  }
  if (!state || !frame.delta || frame.from !== state.at) return null;
  const value = folds[frame.view]?.(state.value, frame.delta);
  return value ? { at: frame.at, value } : null;
}
