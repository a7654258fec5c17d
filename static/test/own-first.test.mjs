// What a joining user is told about the room.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { ownFirst } from '../pages/own-first.js';

const empty = { count: 0, users: [] };
const crowd = { count: 5000, users: [] };
const withMe = { count: 2, users: [{ user: 'asha' }, { user: 'me' }] };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

function newRoom(user) {
  const drawn = [];
  return { drawn, take: ownFirst(user, (state) => drawn.push(state)) };
}

test('nothing is drawn until the user is in the room, and everything after', () => {
  const { drawn, take } = newRoom('me');
  take(empty);
  assert.deepEqual(drawn, []);
  take(withMe);
  take(empty);
  mock.timers.tick(1000);
  assert.deepEqual(drawn, [withMe, empty], 'each once, also when the second is over');
});

test('after one second the newest is drawn: the user may only look, or be one of very many', () => {
  const { drawn, take } = newRoom('me');
  take(empty);
  take(crowd);
  mock.timers.tick(999);
  assert.deepEqual(drawn, []);
  mock.timers.tick(1);
  assert.deepEqual(drawn, [crowd]);
  take(empty);
  assert.deepEqual(drawn, [crowd, empty]);
});

test('a second without a state draws nothing, a page without a user waits for none', () => {
  const { drawn, take } = newRoom('me');
  mock.timers.tick(1000);
  assert.deepEqual(drawn, []);
  take(empty);
  assert.deepEqual(drawn, [empty]);
  const nobody = newRoom('');
  nobody.take(empty);
  assert.deepEqual(nobody.drawn, [empty]);
});
