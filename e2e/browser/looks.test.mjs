// Every page in every size and theme: nothing is cut off, nothing complains.
// With ROLLCALL_SCREENSHOTS=DIR the pictures are kept, for a human to look at.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connected, scene, shows } from './browser.mjs';
import { root, run } from './hub.mjs';

const keep = process.env.ROLLCALL_SCREENSHOTS;
if (keep) mkdirSync(keep, { recursive: true });

const sizes = { wall: { width: 1920, height: 1080 }, phone: { width: 390, height: 844 } };
const readme = { width: 1440, height: 810 }; // docs/screen.png
const pages = {
  screen: { path: '/screen?board=euc', text: 'The 2025 ICPC Europe Championship' },
  points: { path: '/screen', text: 'Aarav Sharma' },
  participant: { path: '/?name=24CS001', text: '#2' },
  chooser: { path: '/', text: 'Who are you?' },
  console: { path: '/console', text: 'euc' },
};

scene('the pages on a wall and on a phone, light and dark', async (s) => {
  const hub = await s.hub('--contest', join(root, 'contest/sample.yaml'));
  await run('replay', 'clics', join(root, 'contest/clics/testdata/euc2025.ndjson'), '--board', 'euc', '--speed', '0', '--url', hub.url);
  await fill(hub);
  const browser = await s.browser();
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      for (const [name, { path, text }] of Object.entries(pages)) {
        const page = await s.open(browser, hub.url + path, { context: { viewport, colorScheme, reducedMotion: 'reduce' } });
        await shows(page, text);
        if (name !== 'chooser') await connected(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${name} on a ${size} is ${wide} px too wide`);
        if (keep) await page.screenshot({ path: join(keep, `${name}-${size}-${colorScheme}.png`) });
        await page.context().close();
      }
    }
  }
  if (!keep) return;
  const page = await s.open(browser, hub.url + pages.screen.path, { context: { viewport: readme, colorScheme: 'dark', reducedMotion: 'reduce' } });
  await shows(page, pages.screen.text);
  await connected(page);
  await page.screenshot({ path: join(keep, 'readme.png') });
});

/** Gives some of the contest's participants points, the last of them to 24CS001. */
async function fill(hub) {
  const { participants, problems } = await hub.ask('GET', '/v1/contest');
  const events = participants.slice(0, 30).reverse().map((person, i) => ({
    member: person.roll_number, op: 'set', score: i < 28 ? 100 + 50 * (i % 9) : 700 + 50 * (29 - i), name: person.student_name, group: person.department,
    cells: Object.fromEntries(problems.slice(0, 1 + i % 5).map((problem) => [problem.id, problem.points])), id: person.roll_number,
  }));
  const { results } = await hub.ask('POST', '/v1/boards/sample/events', events);
  assert.ok(results.every((result) => result.status === 'applied'), JSON.stringify(results));
}
