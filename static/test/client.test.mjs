// The client against a server that the test plays, on a clock that it turns.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { RollcallError, backoff, connect, readSSE } from '../rollcall.js';
import { FakeSocket, settle } from './fake-socket.mjs';

/** @type {any[]} */ let clients = [];

beforeEach(() => {
  for (const client of clients) client.close();
  clients = [];
  FakeSocket.all = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
});

function newClient(options = {}) {
  const client = connect({ url: 'http://hub.test', WebSocket: FakeSocket, ...options });
  clients.push(client);
  return client;
}

async function newConnected(options) {
  const client = newClient(options);
  await FakeSocket.last().welcome();
  return client;
}

/** Turns the clock and lets promises run. */
async function pass(ms) {
  mock.timers.tick(ms);
  await settle();
}

const snapshot = (at, score) => ({ view: 'top', sub: 's1', at, snapshot: { board: 'b', version: 1, entries: [{ rank: 1, member: 'x', score, cells: {} }] } });
const delta = (from, at, score) => ({ view: 'top', sub: 's1', from, at, delta: { version: 2, total: 1, frozen: false, entries: [{ rank: 1, member: 'x', score }] } });

test('hello comes first, with token and name, and nothing before its answer', async () => {
  const client = newClient({ token: 't', name: 'Asha' });
  client.watch('top', { board: 'b' });
  const socket = FakeSocket.last();
  assert.equal(socket.url, 'ws://hub.test/ws');
  assert.equal(socket.protocol, 'rollcall.v1');
  await socket.open();
  assert.deepEqual(socket.sent, [{ id: 1, op: 'hello', token: 't', name: 'Asha' }]);
  await socket.answer('hello', { user: 'asha' });
  assert.equal(client.state().phase, 'connected');
  assert.deepEqual(socket.ops(), ['hello', 'subscribe']);
});

test('a watch shows the snapshot, then each fold', async () => {
  const client = await newConnected();
  const seen = [];
  client.watch('top', { board: 'b', n: 5 }, (board) => seen.push(board.entries[0].score));
  const socket = FakeSocket.last();
  await socket.answer('subscribe', { sub: 's1' });
  await socket.say(snapshot('1', 10));
  await socket.say(delta('1', '2', 20));
  assert.deepEqual(seen, [10, 20]);
});

test('a frame that overtakes the answer to its subscribe is not lost', async () => {
  const client = await newConnected();
  const watch = client.watch('top', { board: 'b' });
  await FakeSocket.last().say(snapshot('1', 10));
  await FakeSocket.last().answer('subscribe', { sub: 's1' });
  assert.equal(watch.value.entries[0].score, 10);
});

test('a delta that does not fit asks for a snapshot and shows the old state until then', async () => {
  const client = await newConnected();
  const seen = [];
  client.watch('top', { board: 'b' }, (board) => seen.push(board.entries[0].score));
  const socket = FakeSocket.last();
  await socket.answer('subscribe', { sub: 's1' });
  await socket.say(snapshot('1', 10));
  await socket.say(delta('7', '8', 80));
  assert.deepEqual(socket.ops().slice(-2), ['unsubscribe', 'subscribe']);
  assert.equal(socket.sent.at(-1).at, undefined);
  await socket.say(delta('8', '9', 90));
  assert.deepEqual(seen, [10]);
  await socket.answer('subscribe', { sub: 's1' });
  await socket.say(snapshot('9', 90));
  assert.deepEqual(seen, [10, 90]);
});

test('equal watches share a subscription; the last one to go ends it', async () => {
  const client = await newConnected();
  const socket = FakeSocket.last();
  const first = client.watch('top', { board: 'b' });
  await socket.answer('subscribe', { sub: 's1' });
  await socket.say(snapshot('1', 10));
  const seen = [];
  const second = client.watch('top', { board: 'b' }, (board) => seen.push(board));
  await settle();
  assert.equal(seen.length, 1, 'the newcomer is shown the state at once');
  assert.equal(socket.ops().filter((op) => op === 'subscribe').length, 1);
  first.close();
  assert.ok(!socket.ops().includes('unsubscribe'));
  second.close();
  assert.deepEqual(socket.sent.at(-1), { id: 3, op: 'unsubscribe', sub: 's1' });
});

test('a watch closed before its answer does not take the sub from another', async () => {
  const client = await newConnected();
  const socket = FakeSocket.last();
  client.watch('top', { board: 'b' }).close();
  const kept = client.watch('top', { board: 'b' });
  assert.equal(socket.ops().filter((op) => op === 'subscribe').length, 1, 'the one under way serves both');
  await socket.answer('subscribe', { sub: 's1' });
  await socket.say(snapshot('1', 10));
  assert.equal(kept.value.entries[0].score, 10);
  assert.ok(!socket.ops().includes('unsubscribe'));
});

test('after a loss rooms are joined again and watches resume where they stood', async () => {
  const client = await newConnected();
  client.join('r');
  const seen = [];
  client.watch('top', { board: 'b' }, (board) => seen.push(board.entries[0].score));
  await FakeSocket.last().answer('subscribe', { sub: 's1' });
  await FakeSocket.last().say(snapshot('1', 10));
  await FakeSocket.last().drop(1006);
  assert.equal(client.state().phase, 'reconnecting');
  await pass(500);
  const socket = FakeSocket.last();
  assert.equal(FakeSocket.all.length, 2);
  await socket.welcome();
  assert.deepEqual(socket.ops(), ['hello', 'join', 'subscribe']);
  assert.equal(socket.request('subscribe').at, '1');
  await socket.answer('subscribe', { sub: 's1' });
  await socket.say(delta('1', '2', 20));
  assert.deepEqual(seen, [10, 20]);
});

test('the age of the data counts from the last word of the server', async () => {
  const client = await newConnected();
  await pass(4000);
  assert.equal(client.age(), 0);
  await FakeSocket.last().drop(1006);
  await pass(200);
  assert.equal(client.age(), 4200);
});

test('close advice: now within 0.5 s, later with patience, never not at all', async () => {
  mock.method(Math, 'random', () => 1);
  for (const [code, wait] of [[1006, 500], [1012, 500], [1001, 500], [4008, 2000], [4029, 2000], [1011, 2000]]) {
    const client = await newConnected();
    const before = FakeSocket.all.length;
    await FakeSocket.last().drop(code);
    await pass(wait - 1);
    assert.equal(FakeSocket.all.length, before, `${code} came back too early`);
    await pass(1);
    assert.equal(FakeSocket.all.length, before + 1, `${code} did not come back`);
    client.close();
  }
  for (const code of [4002, 1000, 1003, 1007]) {
    const client = await newConnected();
    const before = FakeSocket.all.length;
    await FakeSocket.last().drop(code);
    assert.equal(client.state().phase, 'stopped');
    assert.ok(client.state().reason);
    await pass(120_000);
    assert.equal(FakeSocket.all.length, before);
  }
  mock.restoreAll();
});

test('a refused hello ends it and says why', async () => {
  const client = newClient({ token: 'old' });
  await FakeSocket.last().open();
  await FakeSocket.last().refuse('hello', { code: 'bad_token', message: 'the token has expired' });
  assert.deepEqual(client.state(), { phase: 'stopped', code: 'bad_token', reason: 'the token has expired' });
  await FakeSocket.last().drop(4002);
  await pass(60_000);
  assert.equal(FakeSocket.all.length, 1);
});

test('the wait doubles to its cap, and starts anew after 30 s of peace', async () => {
  const one = () => 1;
  assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map((n) => backoff(n, false, one)), [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  assert.deepEqual([0, 1, 2, 3, 4, 50].map((n) => backoff(n, true, one)), [2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(backoff(5, false, () => 0), 0, 'full jitter');
  mock.method(Math, 'random', one);
  await newConnected();
  await FakeSocket.last().drop(1006);
  await pass(500);
  await FakeSocket.last().welcome();
  await FakeSocket.last().drop(1006);
  await pass(999);
  assert.equal(FakeSocket.all.length, 2, 'the second wait is longer');
  await pass(1);
  await FakeSocket.last().welcome();
  await pass(30_000);
  await FakeSocket.last().drop(1006);
  await pass(500);
  assert.equal(FakeSocket.all.length, 4);
  mock.restoreAll();
});

test('a server that never answers hello is left after 10 s', async () => {
  const client = newClient();
  await FakeSocket.last().open();
  await pass(10_000);
  assert.equal(client.state().phase, 'reconnecting');
  await pass(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('a projector asks a silent server whether it is there, and leaves it if not', async () => {
  const client = await newConnected({ probe: 5000 });
  const socket = FakeSocket.last();
  await pass(5000);
  assert.equal(socket.ops().at(-1), 'ping');
  await socket.answer('ping', {});
  await pass(5000);
  await pass(2999);
  assert.equal(client.state().phase, 'connected');
  await pass(1);
  assert.equal(client.state().phase, 'reconnecting');
  assert.equal(client.age(), 8000);
});

test('a board that is not there yet is asked for until it is; a refusal is final', async () => {
  const client = await newConnected();
  const errors = [];
  client.watch('top', { board: 'b' }, undefined, (error) => errors.push(error.code));
  const socket = FakeSocket.last();
  await socket.refuse('subscribe', { code: 'unknown_board', message: 'no such board' });
  await pass(1000);
  await socket.refuse('subscribe', { code: 'not_ready', message: 'loading', retry_after_ms: 3000 });
  await pass(2999);
  assert.equal(socket.ops().filter((op) => op === 'subscribe').length, 2);
  await pass(1);
  await socket.refuse('subscribe', { code: 'forbidden', message: 'not yours' });
  await pass(60_000);
  assert.deepEqual(errors, ['unknown_board', 'not_ready', 'forbidden']);
  assert.equal(socket.ops().filter((op) => op === 'subscribe').length, 3);
});

test('an event is sent again under its id until it has its fate', async () => {
  const client = await newConnected();
  const done = client.push('b', [{ member: 'x', op: 'incr', score: 1 }, { member: 'y', op: 'incr', score: 1, source: 's', seq: 4 }]);
  const [first, second] = FakeSocket.last().request('score').events;
  assert.match(first.id, /^[0-9a-f]{32}$/);
  assert.equal(second.id, undefined, 'source and seq are an identity already');
  await FakeSocket.last().drop(1006);
  await pass(1000);
  await FakeSocket.last().welcome();
  await pass(10_000);
  assert.deepEqual(FakeSocket.last().request('score').events, [first, second]);
  await FakeSocket.last().answer('score', { results: [{ status: 'applied' }, { status: 'refused', error: { code: 'busy', message: 'full', retry_after_ms: 50 } }] });
  await pass(50);
  assert.deepEqual(FakeSocket.last().request('score').events, [second]);
  await FakeSocket.last().answer('score', { results: [{ status: 'refused', error: { code: 'gap', message: 'too far', expected: 3 } }] });
  assert.deepEqual((await done).map((r) => r.error?.code ?? r.status), ['applied', 'gap']);
});

test('a batch has at most 64 events; a refused request is thrown', async () => {
  const client = await newConnected();
  const done = client.push('b', Array.from({ length: 65 }, () => ({ member: 'x', op: 'incr', score: 1 })));
  assert.equal(FakeSocket.last().request('score').events.length, 64);
  await FakeSocket.last().answer('score', { results: Array(64).fill({ status: 'applied' }) });
  assert.equal(FakeSocket.last().request('score').events.length, 1);
  await FakeSocket.last().refuse('score', { code: 'auth_required', message: 'no' });
  await assert.rejects(done, (error) => error instanceof RollcallError && error.code === 'auth_required');
});

test('a slow reader of a watch gets the newest state', async () => {
  const client = await newConnected();
  const watch = client.watch('top', { board: 'b' });
  await FakeSocket.last().answer('subscribe', { sub: 's1' });
  await FakeSocket.last().say(snapshot('1', 10));
  await FakeSocket.last().say(delta('1', '2', 20));
  const seen = [];
  for await (const board of watch) {
    seen.push(board.entries[0].score);
    if (seen.length === 2) break;
    await FakeSocket.last().say(delta('2', '3', 30));
    await FakeSocket.last().say(delta('3', '4', 40));
  }
  assert.deepEqual(seen, [20, 40]);
  assert.ok(watch.closed);
});

test('server-sent events are read across any cut of the bytes', async () => {
  const text = ': hello\n\nid: 1\nevent: snapshot\ndata: {"at":"é"}\n\nretry: 5\r\ndata: {"at":\r\ndata: "2"}\r\n\r\n';
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size < bytes.length; size++) {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
        controller.close();
      },
    });
    const seen = [];
    for await (const frame of readSSE(body)) seen.push(frame.at);
    assert.deepEqual(seen, ['é', '2'], `pieces of ${size}`);
  }
});

test('every write is JSON, also one without a body; a refusal keeps its field', async () => {
  const client = await newConnected({ token: 't' });
  const asked = [];
  mock.method(globalThis, 'fetch', async (url, options) => {
    asked.push([options.method, url.pathname, options.headers]);
    return options.method === 'PUT'
      ? Response.json({ error: { code: 'bad_name', message: 'no', field: 'board' } }, { status: 400 }) : new Response(null, { status: 204 });
  });
  await client.http('DELETE', '/v1/boards/b');
  await client.http('GET', '/v1/boards');
  const Authorization = 'Bearer t';
  assert.deepEqual(asked, [
    ['DELETE', '/v1/boards/b', { Authorization, 'Content-Type': 'application/json' }],
    ['GET', '/v1/boards', { Authorization }],
  ]);
  await assert.rejects(client.http('PUT', '/v1/boards/b', {}), (error) => error instanceof RollcallError && error.code === 'bad_name' && error.field === 'board');
  mock.restoreAll();
});
