/**
 * The state of the connection, in words.
 */
/** @import {Client} from '../rollcall.js' */
/** @import {Link} from '../sdk/types.js' */

/** @param {number} ms */
export function ageText(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 100) return `${s} s`;
  return s < 5400 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
}

/** @param {Link} link @param {number} age ms @returns {{tone: 'good'|'wait'|'bad', text: string}} */
export function badgeText(link, age) {
  switch (link.phase) {
    case 'connected': return { tone: 'good', text: 'Live' };
    case 'connecting': return { tone: 'wait', text: 'Connecting…' };
    case 'stopped': return { tone: 'bad', text: age < 10_000 ? 'Not connected' : `Not connected, data ${ageText(age)} old` };
  }
  if (age < 10_000) return { tone: 'wait', text: 'Reconnecting…' };
  return { tone: 'bad', text: `Reconnecting, data ${ageText(age)} old` };
}

/** <rc-badge> */
export class Badge extends HTMLElement {
  /** @type {Client|null} */ #client = null;
  #text = '';

  connectedCallback() { this.setAttribute('role', 'status'); }

  /** @param {Client} client */
  follow(client) {
    this.#client = client;
    client.onLink(() => this.#draw());
    setInterval(() => this.#draw(), 1000);
  }

  #draw() {
    if (!this.#client) return;
    const link = this.#client.state();
    const { tone, text } = badgeText(link, this.#client.age());
    this.dataset.tone = tone;
    this.title = link.reason ?? '';
    if (this.#text !== text) this.textContent = this.#text = text;
  }
}

customElements.define('rc-badge', Badge);
