// A server that goes down says when to come back.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { connect } from '../rollcall.js';
import { byeAfter } from '../sdk/retry.js';
import { FakeSocket, settle } from './fake-socket.mjs';

/** @type {any} */ let client;

beforeEach(async () => {
  FakeSocket.all = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  client = connect({ url: 'http://hub.test', WebSocket: FakeSocket });
  await FakeSocket.last().welcome();
});

afterEach(() => client.close());

async function pass(ms) {
  mock.timers.tick(ms);
  await settle();
}

test('after a bye the client comes back when the server said', async () => {
  await FakeSocket.last().say({ bye: { after_ms: 7000 } });
  assert.equal(client.state().phase, 'connected');
  await FakeSocket.last().drop(1012);
  await pass(6999);
  assert.equal(FakeSocket.all.length, 1);
  await pass(1);
  assert.equal(FakeSocket.all.length, 2);
});

test('what is under way is answered between the bye and the close', async () => {
  const joined = client.join('hall');
  await FakeSocket.last().say({ bye: { after_ms: 100 } });
  await FakeSocket.last().answer('join', {});
  await joined;
  await FakeSocket.last().drop(1012);
});

test('a bye is for one return', async () => {
  await FakeSocket.last().say({ bye: { after_ms: 20_000 } });
  await FakeSocket.last().drop(1012);
  await pass(20_000);
  await FakeSocket.last().welcome();
  await FakeSocket.last().drop(1006);
  await pass(500);
  assert.equal(FakeSocket.all.length, 3);
});

test('a server that says bye and does not close is left', async () => {
  for (let i = 0; i < 3; i++) {
    await FakeSocket.last().say({ bye: { after_ms: 1000 } });
    await pass(1000);
  }
  assert.equal(client.state().phase, 'connected');
  await pass(2000);
  assert.equal(client.state().phase, 'reconnecting');
  await pass(1000);
  assert.equal(FakeSocket.all.length, 2);
});

test('a bye asks for nothing absurd', () => {
  assert.deepEqual([-5, 0, 1500, 2 ** 60, undefined, 'x'].map(byeAfter), [0, 0, 1500, 300_000, 0, 0]);
});

test('a standing is not for the browser and harms nothing', async () => {
  await FakeSocket.last().say({ standing: { board: 'b', source: 's', epoch: 'e', generation: 1, seq: 5, durable: 3 } });
  assert.equal(client.state().phase, 'connected');
});
