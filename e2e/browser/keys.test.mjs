// A hub with keys: personal links, and who has none.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { scene, shows } from './browser.mjs';
import { root, run } from './hub.mjs';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-keys-'));
after(() => rmSync(dir, { recursive: true }));
const secret = join(dir, 'secret');
writeFileSync(secret, 'a secret of at least thirty-two bytes', { mode: 0o600 });
const contest = join(root, 'contest/sample.yaml');
const flags = ['--contest', contest, '--jwt-hs256-file', secret];

const REFUSED = /status of 40[13]|WebSocket connection to .* failed/;

/** The token of a user. */
const tokenOf = async (user, ...roles) =>
  (await run('token', '--user', user, '--jwt-hs256-file', secret, ...roles.flatMap((role) => ['--role', role]))).trim();

scene('a personal link works, and its token leaves the address', async (s) => {
  const hub = await s.hub(...flags);
  const links = await run('token', '--contest', contest, '--jwt-hs256-file', secret, '--url', hub.url);
  const [roll, name, link] = links.split('\n')[0].split('\t');
  assert.deepEqual([roll, name], ['24CS001', 'Sainadh']);
  const token = link.split('#token=')[1];

  const browser = await s.browser();
  const page = await s.open(browser, link);
  await shows(page, 'Hi Sainadh');
  await shows(page, 'Lantern Row');
  assert.equal(page.url(), hub.url + '/');
  assert.equal(await page.evaluate(() => location.href + JSON.stringify(history.state) + document.referrer), hub.url + '/null');
  assert.equal(await page.evaluate(() => sessionStorage.getItem('rollcall.token')), token);
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);

  await page.reload();
  await shows(page, 'Hi Sainadh');
  const admin = await tokenOf('organiser', 'admin');
  const { users } = await hub.ask('GET', '/v1/rooms/sample/presence', null, admin);
  assert.deepEqual(users.map((user) => [user.user, user.name]), [['24CS001', 'Sainadh']]);
});

scene('without a link, or with a broken one, the page says what to do', async (s) => {
  const hub = await s.hub(...flags);
  const browser = await s.browser();
  await shows(await s.open(browser, hub.url + '/', { expected: REFUSED }), 'You need your personal link');
  await shows(await s.open(browser, hub.url + '/#token=nonsense', { expected: REFUSED }), 'Your link does not work');
});

scene('the console of an organiser creates a board', async (s) => {
  const hub = await s.hub(...flags);
  const token = await tokenOf('organiser', 'admin');
  const page = await s.open(await s.browser(), `${hub.url}/console#token=${token}`);
  await shows(page, 'Sample Contest');
  await page.getByLabel('Name in addresses').fill('grand-final');
  await page.getByLabel('Title').fill('Grand final');
  await page.getByLabel('Equal scores').selectOption('given');
  await page.getByLabel(/^Columns/).fill('A, A, Warm up, #2fbf71\nB, B, Uphill');
  await page.getByRole('button', { name: 'Create' }).click();
  await shows(page, 'grand-final is ready');
  assert.ok(!page.url().includes('token'));

  const { rules } = await hub.ask('GET', '/v1/boards/grand-final', null, token);
  assert.deepEqual(rules, {
    title: 'Grand final', order: 'desc', tie: 'given', scheme: 'competition',
    columns: [{ id: 'A', label: 'A', name: 'Warm up', color: '#2fbf71' }, { id: 'B', label: 'B', name: 'Uphill' }],
  });
});

scene('the console of somebody else shows nothing', async (s) => {
  const hub = await s.hub(...flags);
  const token = await tokenOf('24CS001', 'player');
  const page = await s.open(await s.browser(), `${hub.url}/console#token=${token}`, { expected: REFUSED });
  await page.locator('#problem').waitFor();
  console.log('the console to a player:', await page.locator('#problem').innerText());
});
