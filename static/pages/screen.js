/**
 * The projector page: wires the board, the clock and the keys.
 */
/** @import {Board, Entry} from '../sdk/types.js' */
/** @import {Standings} from './standings.js' */
import { connect } from '../rollcall.js';
import './badge.js';
import './clock.js';
import './standings.js';
import { byID, bdi } from './dom.js';
import { isICPC } from './cells.js';
import { loadContest, query } from './contest.js';
import { toggleTheme } from './theme.js';

const client = connect({ probe: 5000 });
/** @type {Standings} */ const standings = byID('standings');
/** @type {Board|null} */ let board = null;
let title = ''; // of the contest; another board than its own goes by its own title
byID('badge').follow(client);

/** @param {string} name of the board */
function showTitle(name) {
  byID('title').textContent = title || board?.rules.title || name;
  document.title = `${byID('title').textContent} · standings`;
}

function counter() {
  const { first, last, total, page, pages, paused } = standings.summary;
  const rows = pages > 1 ? `${first}–${last} of ${total}` : total === 1 ? '1 row' : `${total} rows`;
  byID('counter').textContent = total === 0 ? '' : pages > 1 ? `${rows} · page ${page}/${pages}${paused ? ' · paused' : ''}` : rows;
}

/** @param {Board} next */
function show(next) {
  board = next;
  byID('empty').hidden = next.entries.length > 0;
  byID('frozen').hidden = !next.frozen;
  byID('message').textContent = '';
  showTitle(next.board);
  standings.show(next);
}

/** @param {{entry: Entry, cells: string[]}} news */
function tellSolve({ entry, cells }) {
  const labels = cells.map((id) => board?.rules.columns?.find((column) => column.id === id)?.label || id);
  byID('news').replaceChildren(bdi(entry.name || entry.member), ` solved ${labels.join(', ')} · rank ${entry.rank}`);
}

standings.addEventListener('page', counter);
standings.addEventListener('solve', (event) => tellSolve(/** @type {CustomEvent} */ (event).detail));
standings.addEventListener('lead', (event) => {
  const entry = /** @type {CustomEvent<Entry>} */ (event).detail;
  byID('live').textContent = `${entry.name || entry.member} leads with ${entry.score}${board && isICPC(board) ? ' solved' : ''}`;
});

/** @type {Record<string, () => void>} */
const keys = {
  t: toggleTheme,
  f: () => { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen(); },
  ' ': () => { standings.pager.paused = !standings.pager.paused; counter(); },
  ArrowRight: () => standings.turn(1),
  ArrowLeft: () => standings.turn(-1),
  Home: () => standings.turn(-standings.pager.page),
  '?': () => { const help = byID('help'); if (help.open) help.close(); else help.show(); },
  Escape: () => byID('help').close(),
};
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

try {
  const contest = await loadContest(client);
  title = query.has('board') ? '' : contest.title;
  showTitle(contest.board);
  byID('clock').set(contest);
  setInterval(async () => byID('clock').set(await loadContest(client)), 5 * 60_000); // clocks drift, times are moved
  client.watch('top', { board: contest.board, n: 1000 }, show, (error) => {
    if (!board) byID('message').textContent = error.code === 'unknown_board' ? `There is no board “${contest.board}” yet. It appears here as soon as it is made.` : error.message;
  });
} catch (error) {
  byID('message').textContent = `This screen may not look: ${/** @type {Error} */ (error).message}. Open it with the organiser's link.`;
}
