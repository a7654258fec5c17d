/**
 * The organiser's console: boards, rooms and nodes as they are now.
 */
/** @import {Activity, ActivityList, Presence, Rules} from '../sdk/types.js' */
/** @import {Watch} from '../rollcall.js' */
import { RollcallError, connect } from '../rollcall.js';
import './badge.js';
import './clock.js';
import './online.js';
import { ageText } from './badge.js';
import { boardLoads, loadLine } from './load.js';
import { wireBoardForm } from './board-form.js';
import { loadContest } from './contest.js';
import { bdi, byID, el } from './dom.js';
import { scoreText } from './row.js';

/** @typedef {{board: string, rules: Rules, version: number, total: number, frozen: boolean}} BoardInfo */
/** @typedef {{room: string, count: number, degraded: boolean}} RoomCount */
/** @typedef {{node: string, started: number, version: string, sessions: number, users: number, boards: number, rooms: number, store: string, bus: string, problem?: string, lost?: number, hot: BoardLoad[]}} NodeInfo */
/** @typedef {{board: string, rate: number, queued: number, busy: number}} BoardLoad */

const POLL = 2000;
const client = connect();
byID('badge').follow(client);
let offset = 0; // server's clock − ours

/** @type {Record<string, string>} */
const orders = { desc: 'higher first', asc: 'lower first' };

/** @param {BoardInfo} info */
function boardLine({ board, rules, total, version, frozen }) {
  return el('tr', {},
    el('td', {}, el('strong', {}, board), frozen ? el('span', { class: 'tag' }, 'frozen') : null),
    el('td', {}, bdi(rules.title ?? '')), el('td', { class: 'number' }, scoreText(total)), el('td', { class: 'number spare' }, scoreText(version)),
    el('td', { class: 'spare' }, `${orders[rules.order] ?? rules.order}, tie ${rules.tie}`),
    el('td', { class: 'actions' }, el('a', { href: '/screen?board=' + encodeURIComponent(board) }, 'screen'),
      el('button', { type: 'button', class: 'plain', 'aria-label': 'Delete ' + board, onclick: () => askDelete(board) }, 'delete')));
}

/** @param {NodeInfo} node */
function nodeLine(node) {
  const facts = `up ${ageText(Date.now() + offset - node.started)} · ${node.sessions} sessions · ${node.users} users · ${node.boards} boards · ${node.rooms} rooms`;
  const stores = { memory: 'memory only: a restart forgets everything', disk: 'on disk' }[node.store] ?? node.store;
  return el('div', { class: 'line' }, el('strong', { class: 'id' }, node.node), el('span', {}, facts),
    el('span', { class: 'quiet' }, `store ${stores} · bus ${node.bus}${node.version ? ` · ${node.version}` : ''}`),
    node.problem ? el('span', { class: 'problem' }, node.problem) : null);
}

/** @param {NodeInfo[]} nodes */
function loadLines(nodes) {
  const loads = boardLoads(nodes);
  return loads.length > 0 ? loads.map(loadLine) : [el('p', { class: 'quiet' }, 'No events in the last 10 s.')];
}

/** @type {Watch|null} */ let roster = null;
let openRoom = '';

/** @param {string} room */
function showRoster(room) {
  roster?.close();
  openRoom = openRoom === room ? '' : room;
  byID('roster').hidden = openRoom === '';
  if (openRoom === '') return;
  byID('roster-head').textContent = `Online in ${room}`;
  roster = client.watch('presence', { room, mode: 'auto' }, (/** @type {Presence} */ state) => byID('online').show(state, ''));
}

/** @param {RoomCount} room */
function roomLine({ room, count, degraded }) {
  const label = `${count} online${degraded ? ', last known' : ''}`;
  return el('div', { class: 'line across' }, el('strong', {}, room), el('span', {}, label),
    el('button', { type: 'button', class: 'plain', 'aria-expanded': String(room === openRoom), onclick: () => { showRoster(room); refresh(); } }, room === openRoom ? 'close roster' : 'open roster'));
}

/** Replaces the children unless they say the same already, so that focus and selection live on. @param {string} id @param {any[]} data @param {(item: any) => Node} draw @param {string} none */
function fill(id, data, draw, none) {
  const box = byID(id);
  const seen = JSON.stringify([data, openRoom]);
  if (box.dataset.seen === seen) return;
  box.dataset.seen = seen;
  const empty = box.tagName === 'TBODY' ? el('tr', {}, el('td', { colspan: 6, class: 'quiet' }, none)) : el('p', { class: 'quiet' }, none);
  box.replaceChildren(...(data.length > 0 ? data.map(draw) : [empty]));
}

/** @param {BoardInfo[]} boards */
function fillChoice(boards) {
  const choice = byID('activity-board');
  const names = boards.map(({ board }) => board);
  if (choice.dataset.seen === names.join()) return;
  choice.dataset.seen = names.join();
  const before = choice.value || home;
  choice.replaceChildren(...names.map((name) => el('option', { value: name }, name)));
  choice.value = names.includes(before) ? before : names[0] ?? '';
  followActivity(choice.value);
}

let home = '';
/** @type {Watch|null} */ let activity = null;
let followed = '';

/** @param {string} board */
function followActivity(board) {
  if (board === followed) return;
  followed = board;
  activity?.close();
  byID('activity').replaceChildren();
  if (board === '') return;
  activity = client.watch('activity', { board }, (/** @type {ActivityList} */ list) => {
    byID('no-activity').hidden = list.items.length > 0;
    byID('activity').replaceChildren(...list.items.slice(-12).reverse().map(activityLine));
  });
}

/** @param {Activity} item */
function activityLine(item) {
  const what = item.removed ? 'left the board' : `${scoreText(item.score ?? 0)} · rank ${item.rank}`;
  return el('li', { class: 'line across' }, bdi(item.name || item.member), el('span', {}, what), el('span', { class: 'quiet' }, 'v' + item.version));
}

/** @param {string} board */
function askDelete(board) {
  byID('delete-name').textContent = board;
  byID('delete-typed').value = '';
  byID('delete-error').textContent = '';
  byID('delete-go').disabled = true;
  byID('delete').showModal();
}

byID('delete-typed').addEventListener('input', () => { byID('delete-go').disabled = byID('delete-typed').value !== byID('delete-name').textContent; });
byID('delete-cancel').addEventListener('click', () => byID('delete').close());
byID('delete-form').addEventListener('submit', async (/** @type {Event} */ event) => {
  event.preventDefault();
  try {
    await client.http('DELETE', '/v1/boards/' + encodeURIComponent(byID('delete-name').textContent));
    byID('delete').close();
    await refresh();
  } catch (error) {
    byID('delete-error').textContent = error instanceof RollcallError ? error.message : 'The server did not answer; try again.';
  }
});
byID('activity-board').addEventListener('change', () => followActivity(byID('activity-board').value));

/** What is wrong with the store, as the node that answers sees it; '' if nothing is. */
async function storeTrouble() {
  try {
    const { store } = await client.http('GET', '/readyz');
    return store ? `Degraded: ${store}.` : '';
  } catch (error) {
    return error instanceof RollcallError ? `${error.message}.` : '';
  }
}

async function refresh() {
  try {
    const [{ boards }, { rooms }, { nodes }] = await Promise.all(['boards', 'rooms', 'nodes'].map((what) => client.http('GET', '/v1/' + what)));
    fill('boards', boards ?? [], boardLine, 'No boards yet. Make one here, or let a bot do it.');
    fill('rooms', rooms ?? [], roomLine, 'Nobody is online.');
    byID('load').replaceChildren(...loadLines(nodes ?? []));
    byID('nodes').replaceChildren(...(nodes ?? []).map(nodeLine));
    fillChoice(boards ?? []);
    const trouble = await storeTrouble();
    byID('problem').textContent = trouble;
    byID('problem').hidden = trouble === '';
  } catch (error) {
    byID('problem').textContent = error instanceof RollcallError
      ? `${error.message}. The console needs the role admin.`
      : 'The server does not answer. What you see is the last known state.';
    byID('problem').hidden = false;
  }
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, POLL);
}

wireBoardForm((method, path, body) => client.http(method, path, body), refresh);
try {
  const contest = await loadContest(client);
  ({ offset, board: home } = contest);
  byID('title').textContent = contest.title;
  byID('clock').set(contest);
} catch { /* refresh says why */ }
poll();
