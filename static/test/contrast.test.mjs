// Text on the projector has a contrast of at least 7:1 in both themes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../css/base.css', import.meta.url), 'utf8');

/** The colours of one theme by name. @param {0|1} theme light or dark */
function palette(theme) {
  const colors = {};
  for (const [, name, light, dark, plain] of css.matchAll(/--([\w-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g)) {
    colors[name] = plain ?? [light, dark][theme];
  }
  return colors;
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test('the formula knows black on white', () => assert.equal(contrast('#000000', '#ffffff'), 21));

for (const [theme, name] of [[0, 'light'], [1, 'dark']]) {
  const colors = palette(theme);
  const pairs = [
    ...['text', 'quiet', 'accent'].flatMap((ink) => ['ground', 'raised', 'hot'].map((ground) => [ink, ground])),
    ...['good', 'wait', 'bad'].flatMap((ink) => ['ground', 'raised'].map((ground) => [ink, ground])),
    ...['solved', 'first', 'wrong', 'pending'].map((state) => ['on-' + state, state]),
  ];
  test(`${name}: every text reaches 7:1`, () => {
    for (const [ink, ground] of pairs) {
      const ratio = contrast(colors[ink], colors[ground]);
      assert.ok(ratio >= 7, `${ink} ${colors[ink]} on ${ground} ${colors[ground]}: ${ratio.toFixed(2)}`);
    }
  });
}

test('the states of a cell differ in greyscale or carry white against black', () => {
  const colors = palette(0);
  const seen = ['solved', 'first', 'wrong', 'pending'].map((state) => [luminance(colors[state]).toFixed(2), colors['on-' + state]].join());
  assert.equal(new Set(seen).size, 4);
});
