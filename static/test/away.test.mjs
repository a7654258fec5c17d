// Who is away: a page in the background, not one that is being left.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { connect } from '../rollcall.js';
import { FakeSocket, settle } from './fake-socket.mjs';

const page = Object.assign(new EventTarget(), { hidden: false });
Object.assign(globalThis, { document: page, addEventListener() {} });

beforeEach(() => {
  page.hidden = false;
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
});

async function newMember() {
  const client = connect({ url: 'http://hub.test', WebSocket: FakeSocket });
  await FakeSocket.last().welcome();
  client.join('r');
  await settle();
  return FakeSocket.last();
}

function look(hidden) {
  page.hidden = hidden;
  page.dispatchEvent(new Event('visibilitychange'));
}

const said = (socket) => socket.sent.filter(({ op }) => op === 'away').map(({ room, away }) => `${room} ${away}`);

test('a page that unloads is hidden, and gone before its user is away', async () => {
  const socket = await newMember();
  look(true);
  mock.timers.tick(499);
  assert.deepEqual(said(socket), []);
});

test('a page that stays hidden makes its user away, a look at it brings them back at once', async () => {
  const socket = await newMember();
  look(true);
  mock.timers.tick(500);
  assert.deepEqual(said(socket), ['r true']);
  look(false);
  mock.timers.tick(0);
  assert.deepEqual(said(socket), ['r true', 'r false']);
});

test('a glance elsewhere is nothing to tell as away', async () => {
  const socket = await newMember();
  look(true);
  mock.timers.tick(300);
  look(false);
  mock.timers.tick(10_000);
  assert.ok(!said(socket).includes('r true'));
});
