// The golden files are shared with the Go client: both fold to the same states.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { byBytes, fold } from '../sdk/fold.js';

const folder = new URL('../testdata/golden/', import.meta.url);
for (const file of readdirSync(folder)) {
  for (const { name, state, frame, want } of JSON.parse(readFileSync(new URL(file, folder), 'utf8'))) {
    test(`${file}: ${name}`, () => {
      const before = structuredClone(state);
      assert.deepEqual(fold(state, frame), want);
      assert.deepEqual(state, before, 'the old state is left as it was');
    });
  }
}

test('strings order as their bytes do', () => {
  const words = ['', 'a', 'aa', 'b', 'é', '中', '\uffe5', '🥶', '🥶a'];
  for (const a of words) {
    for (const b of words) {
      assert.equal(Math.sign(byBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)), `${a} and ${b}`);
    }
  }
});

test('rows that did not change keep their identity', () => {
  const row = (rank, member) => ({ rank, member, name: '', group: '', score: 1, tie: 0, cells: {} });
  const state = { at: 'a', value: { board: 'b', entries: [row(1, 'x'), row(2, 'y')] } };
  const next = fold(state, { view: 'top', sub: 's', from: 'a', at: 'b', delta: { version: 2, total: 2, frozen: false, entries: [{ ...row(2, 'y'), score: 0 }] } });
  assert.equal(next?.value.entries[0], state.value.entries[0]);
  assert.notEqual(next?.value.entries[1], state.value.entries[1]);
});
