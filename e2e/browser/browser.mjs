// Real browsers for the tests of the pages. Whatever a page complains of fails
// its test: an error on the console, an exception, a breach of the content
// security policy.
import { accessSync } from 'node:fs';
import assert from 'node:assert/strict';
import test from 'node:test';
import { chromium } from 'playwright-core';
import { Hub } from './hub.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
accessSync(executablePath); // missing is an error, never a skipped test

/** How long a page may take to show what a test waits for, on a busy machine. */
export const PATIENCE = 20_000;

/**
 * A test with hubs and browsers that end with it, the last first.
 * @param {string} name @param {(scene: Scene) => Promise<void>} play
 */
export function scene(name, play) {
  test(name, { timeout: 120_000 }, async () => {
    const scene = new Scene();
    try {
      await play(scene);
      assert.deepEqual(scene.complaints, []);
    } catch (error) {
      console.error(scene.hubs.map((hub) => hub.log).join('\n'), scene.complaints);
      throw error;
    } finally {
      await scene.end();
    }
  });
}

class Scene {
  /** @type {string[]} what the pages complained of */ complaints = [];
  /** @type {Hub[]} */ hubs = [];
  /** @type {import('playwright-core').Browser[]} */ #browsers = [];

  /** Starts a hub. @param {string[]} flags of serve */
  async hub(...flags) {
    const hub = await Hub.start(...flags);
    this.hubs.push(hub);
    return hub;
  }

  /** Starts a browser of its own, with a fresh profile. */
  async browser() {
    const browser = await chromium.launch({
      executablePath,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    this.#browsers.push(browser);
    return browser;
  }

  /**
   * Opens a page in a browser. What it complains of fails the test, unless it
   * matches expected.
   * @param {import('playwright-core').Browser} browser @param {string} url
   * @param {{expected?: RegExp, context?: object}} [options]
   */
  async open(browser, url, { expected, context } = {}) {
    const page = await (await browser.newContext(context)).newPage();
    page.setDefaultTimeout(PATIENCE);
    const complain = (/** @type {string} */ text) => { if (!expected?.test(text)) this.complaints.push(`${url}: ${text}`); };
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complain(message.text()); });
    page.on('pageerror', (error) => complain(error.stack ?? String(error)));
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    await page.goto(url);
    return page;
  }

  async end() {
    for (const browser of this.#browsers) await browser.close();
    for (const hub of this.hubs) await hub.end();
  }
}

/** Waits until the text of the page fits; resolves to the moment of the frame that shows it, in ms since 1970. */
export async function shows(page, text) {
  const shown = await page.waitForFunction((want) => document.body.innerText.includes(want) && Date.now(), text, { polling: 'raf' });
  return shown.jsonValue();
}

/** Waits until the page no longer shows the text. */
export const hides = (page, text) => page.waitForFunction((gone) => !document.body.innerText.includes(gone), text, { polling: 'raf' });

/** Waits for the badge that says the page is connected. */
export const connected = (page) => page.waitForFunction(() => document.querySelector('rc-badge')?.textContent === 'Live', null, { polling: 'raf' });
