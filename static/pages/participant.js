/**
 * The participant page: greeting, questions, who is online, my rank.
 */
/** @import {Board, Link} from '../sdk/types.js' */
/** @import {Client} from '../rollcall.js' */
/** @import {Contest} from './contest.js' */
import { RollcallError, connect, forgetToken, request, takeToken } from '../rollcall.js';
import './badge.js';
import './clock.js';
import './online.js';
import './rank.js';
import { choose, chosenName, forgetName } from './chooser.js';
import { loadContest } from './contest.js';
import { bdi, byID } from './dom.js';
import { ownFirst } from './own-first.js';
import { markQuestions, showQuestions } from './questions.js';

const token = takeToken();
const api = { http: (/** @type {string} */ method, /** @type {string} */ path) => request(location.origin, token, method, path) };

/** Why this page shows nothing, and what to do. @param {string} code */
function refuse(code) {
  for (const id of ['contest', 'chooser']) byID(id).hidden = true;
  byID('refused').hidden = false;
  const expired = token !== '';
  byID('refused-head').textContent = expired ? 'Your link does not work' : 'You need your personal link';
  byID('refused-text').textContent = code === 'forbidden'
    ? 'Your link is not for this contest. Ask the organiser for the right one.'
    : expired ? 'It has expired or was not copied as a whole. Ask the organiser for a new one.'
      : 'Ask the organiser for it, and open it in this browser.';
  byID('forget').hidden = !expired;
}

/** @param {Client} client @param {string} room @param {string} board */
function watch(client, room, board) {
  const { session } = client;
  if (!session) return;
  const me = session.member || session.user;
  byID('greeting').replaceChildren(...(session.user ? ['Hi ', bdi(session.name || session.user)] : ['Hi, you are watching']));
  client.watch('presence', { room, mode: 'auto' }, ownFirst(session.user, (state) => {
    byID('count').textContent = String(state.count);
    byID('online').show(state, session.user);
  }));
  if (!me) return;
  client.watch('around', { board, member: me, span: 3 }, (/** @type {Board} */ state) => {
    byID('neighbours').show(state, me);
    markQuestions(state.entries.find((entry) => entry.member === me)?.cells);
  }, () => byID('neighbours').show({ total: 0, entries: [] }, me));
}

/** Enters the contest as the user of the token, or under the name. @param {Contest} contest @param {string} name */
function enter(contest, name) {
  const client = connect({ token, name });
  byID('badge').follow(client);
  byID('contest').hidden = false;
  if (token || name) client.join(contest.room).catch(() => {}); // who may only look is no member
  let watching = false;
  client.onLink((/** @type {Link} */ link) => {
    if (link.phase === 'stopped') refuse(link.code ?? '');
    if (link.phase !== 'connected' || watching) return;
    watching = true;
    watch(client, contest.room, contest.board);
  });
}

async function start() {
  const contest = await loadContest(api);
  byID('title').textContent = contest.title || contest.id || contest.room;
  document.title = byID('title').textContent;
  byID('clock').set(contest);
  showQuestions(contest.problems);
  const { roles } = await api.http('GET', '/v1/me');
  const keyless = token === '' && roles.includes('admin');
  byID('change').hidden = !keyless;
  enter(contest, keyless ? chosenName() || await choose(contest.participants) : '');
}

byID('change').addEventListener('click', forgetName);
byID('forget').addEventListener('click', () => { forgetToken(); location.reload(); });
start().catch((error) => refuse(error instanceof RollcallError ? error.code : ''));
