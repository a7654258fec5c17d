// Which boards the console calls busy.
import './fake-dom.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardLoads } from '../pages/load.js';

const load = (board, rate, queued = 0, busy = 0) => ({ board, rate, queued, busy });

test('loads of nodes add up, and the busiest node says how near the end is', () => {
  const nodes = [{ hot: [load('a', 5, 1, 0.2), load('b', 7)] }, { hot: [load('a', 6, 2, 0.6)] }, { hot: [] }];
  assert.deepEqual(boardLoads(nodes), [load('a', 11, 3, 0.6), load('b', 7)]);
});

test('ten at most, hottest first, equal ones by name', () => {
  const hot = Array.from({ length: 12 }, (_, i) => load(`b${String(i).padStart(2, '0')}`, i < 2 ? 1 : 2));
  assert.deepEqual(boardLoads([{ hot }]).map(({ board }) => board), hot.slice(2).map(({ board }) => board));
});

test('a node of an older version tells of no loads', () => {
  assert.deepEqual(boardLoads([{}]), []);
});
