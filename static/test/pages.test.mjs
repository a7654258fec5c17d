// The pure parts of the pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-dom.mjs';
import { cellOf, describe, isICPC, newlySolved, penalty } from '../pages/cells.js';
import { movers, tooMany, travelTime } from '../pages/motion.js';
import { Pager } from '../pages/pager.js';

const { badgeText } = await import('../pages/badge.js');
const { duration, reading } = await import('../pages/clock.js');
const { fieldOf, parseColumns } = await import('../pages/board-form.js');
const { find } = await import('../pages/chooser.js');
const { safeURL } = await import('../pages/contest.js');

const board = (tie, cells) => ({ rules: { tie, columns: [{ id: 'A' }] }, entries: [{ member: 'x', cells }] });

test('a board is ICPC by its ties, its columns and its cells', () => {
  const judged = { judged: 1, pending: 0, solved: false };
  assert.equal(isICPC(board('given', { A: judged })), true);
  assert.equal(isICPC(board('given', {})), true, 'nobody has tried anything yet');
  assert.equal(isICPC(board('given', null)), true);
  assert.equal(isICPC(board('given', { A: 12 })), false, 'points, not verdicts');
  assert.equal(isICPC(board('reached', { A: judged })), false);
  assert.equal(isICPC({ rules: { tie: 'given' }, entries: [] }), false, 'no problems');
  const odd = { rules: { tie: 'given', columns: [{ id: 'A' }, { id: 'B' }] }, entries: [{ cells: { A: judged, B: 'odd', Z: 1 } }] };
  assert.equal(isICPC(odd), true, 'one odd cell does not change the whole board');
});

test('a cell says the minute when solved, else the tries', () => {
  assert.deepEqual(cellOf({ judged: 2, pending: 0, solved: true, time: 53 }), { state: 'solved', text: '53', tries: 2 });
  assert.deepEqual(cellOf({ judged: 1, pending: 0, solved: true, time: 0, first: true }), { state: 'first', text: '0', tries: 1 });
  assert.deepEqual(cellOf({ judged: 2, pending: 1, solved: false }), { state: 'pending', text: '3', tries: 3 });
  assert.deepEqual(cellOf({ judged: 2, pending: 0, solved: false }), { state: 'wrong', text: '2', tries: 2 });
  for (const cell of [undefined, null, 7, 'x', {}, { judged: 0, pending: 0, solved: false }]) assert.equal(cellOf(cell).state, 'none');
  assert.equal(describe({ judged: 1, pending: 0, solved: false }), 'wrong, 1 try');
});

test('penalty is what stands above the minute of the last accepted', () => {
  assert.equal(penalty({ tie: 1299 * 2 ** 20 + 289 }), 1299);
  assert.equal(penalty({ tie: 0 }), 0);
});

test('only a change from unsolved to solved is news', () => {
  const row = (solved) => ({ cells: { A: { judged: 1, solved } } });
  assert.deepEqual(newlySolved(row(false), row(true)), ['A']);
  assert.deepEqual(newlySolved({ cells: {} }, row(true)), ['A']);
  assert.deepEqual(newlySolved(row(true), row(true)), []);
  assert.deepEqual(newlySolved(undefined, row(true)), [], 'a row never seen before');
});

test('the mover is who jumped, not who was pushed along', () => {
  assert.deepEqual([...movers([...'abcdef'], [...'aebcdf'])], ['e']);
  assert.deepEqual([...movers([...'abc'], [...'abc'])], []);
  assert.deepEqual([...movers([...'abc'], [...'xbc'])], [], 'who comes or goes is no mover');
  assert.equal(movers([...'abcd'], [...'dcba']).size, 3);
});

test('rows travel 600 to 1,000 ms for five places and never over 2.5 s', () => {
  assert.equal(travelTime(1), 600);
  assert.equal(travelTime(5), 1000);
  assert.equal(travelTime(1000), 2500);
  for (let i = 1; i < 60; i++) assert.ok(travelTime(i + 1) >= travelTime(i));
  assert.equal(tooMany(3, 12), false);
  assert.equal(tooMany(4, 12), true);
  assert.equal(tooMany(1, 3), false, 'one mover of three can be followed');
});

test('pages turn after 12 s, the first after 15', () => {
  const pager = new Pager(0);
  pager.resize(3);
  assert.equal(pager.tick(14_999), false);
  assert.equal(pager.tick(15_000), true);
  assert.equal(pager.page, 1);
  assert.equal(pager.tick(26_999), false);
  assert.equal(pager.tick(27_000), true);
  assert.equal(pager.tick(39_000), true);
  assert.equal(pager.page, 0);
  assert.equal(pager.tick(53_999), false, 'the leaders stay longer again');
  pager.go(-1, 54_000);
  assert.equal(pager.page, 2, 'around the end');
  pager.resize(1);
  assert.equal(pager.page, 0, 'a page that is gone gives way');
  assert.equal(pager.tick(1e9), false, 'one page never turns');
  pager.resize(2);
  pager.paused = true;
  assert.equal(pager.tick(1e9), false);
});

test('the badge speaks in words, and of age after ten seconds', () => {
  const say = (phase, age) => badgeText({ phase }, age).text;
  assert.equal(say('connected', 0), 'Live');
  assert.equal(say('reconnecting', 9_999), 'Reconnecting…');
  assert.equal(say('reconnecting', 10_000), 'Reconnecting, data 10 s old');
  assert.equal(say('reconnecting', 300_000), 'Reconnecting, data 5 min old');
  assert.equal(say('stopped', 7_200_000), 'Not connected, data 2 h old');
});

test('the clock counts to the start, to the end, and then stops', () => {
  const times = { start: 100_000, end: 200_000, offset: 0 };
  assert.deepEqual(reading(times, 90_000), { label: 'Starts in', text: '0:00:10', part: 0 });
  assert.deepEqual(reading(times, 150_000), { label: 'Time left', text: '0:00:50', part: 0.5 });
  assert.deepEqual(reading(times, 200_000), { label: 'Contest', text: 'over', part: 1 });
  assert.equal(reading({ start: 0, end: 0, offset: 0 }, 5).text, '');
  assert.equal(duration(90_061_000), '1 d 1:01:01');
});

test('columns are read from lines, errors are shown at their field', () => {
  assert.deepEqual(parseColumns('A, a, Warm up, #ff0000\n\nB\n'), [{ id: 'A', label: 'a', name: 'Warm up', color: '#ff0000' }, { id: 'B' }]);
  assert.equal(fieldOf('columns[2].color', ['columns']), 'columns');
  assert.equal(fieldOf('rules.tie', ['tie']), 'tie');
  assert.equal(fieldOf('other', ['tie']), '');
});

test('participants are found by words of the name or the roll number', () => {
  const all = [{ roll_number: '21CS001', student_name: 'Sainadh Reddy' }, { roll_number: '21EC007', student_name: 'Asha Rao' }];
  const rolls = (text) => find(all, text).map((person) => person.roll_number);
  assert.deepEqual(rolls(''), ['21CS001', '21EC007']);
  assert.deepEqual(rolls('red sai'), ['21CS001']);
  assert.deepEqual(rolls('ec007'), ['21EC007']);
  assert.deepEqual(rolls('adh'), [], 'not from the middle of a word');
});

test('only a web address becomes a link', () => {
  assert.equal(safeURL('https://example.org/b'), 'https://example.org/b');
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '', undefined, ' https://x']) assert.equal(safeURL(url), '');
});
