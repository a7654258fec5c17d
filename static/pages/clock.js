/**
 * The contest clock, by the server's time.
 */
import { el } from './dom.js';

/** @typedef {{start: number, end: number, offset: number}} Times start and end in ms since 1970, 0 = not set; offset = server's clock − ours */

/** h:mm:ss, with days in front where there are any. @param {number} ms */
export function duration(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const days = Math.floor(s / 86400);
  return (days > 0 ? `${days} d ` : '') + `${Math.floor(s / 3600) % 24}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/**
 * What the clock says at a moment of the server, and how much of the contest is over (0 to 1).
 * @param {Times} times @param {number} now @returns {{label: string, text: string, part: number}}
 */
export function reading({ start, end }, now) {
  if (start && now < start) return { label: 'Starts in', text: duration(start - now), part: 0 };
  if (end && now >= end) return { label: 'Contest', text: 'over', part: 1 };
  if (end) return { label: 'Time left', text: duration(end - now), part: start ? (now - start) / (end - start) : 0 };
  if (start) return { label: 'Running', text: duration(now - start), part: 0 };
  return { label: '', text: '', part: 0 };
}

/** <rc-clock>: a label and a time, and `part` as the custom property --part for a bar. */
export class Clock extends HTMLElement {
  /** @type {Times} */ #times = { start: 0, end: 0, offset: 0 };
  #label = el('span', { class: 'clock-label' });
  #text = el('time', { class: 'clock-text' });

  connectedCallback() {
    this.setAttribute('role', 'timer');
    this.replaceChildren(this.#label, this.#text);
    this.#tick();
  }

  /** @param {Times} times */
  set(times) {
    this.#times = times;
    this.#draw();
  }

  #tick() {
    if (!this.isConnected) return;
    this.#draw();
    setTimeout(() => this.#tick(), 1000 - ((Date.now() + this.#times.offset) % 1000 + 1000) % 1000);
  }

  #draw() {
    const { label, text, part } = reading(this.#times, Date.now() + this.#times.offset);
    if (this.#label.textContent !== label) this.#label.textContent = label;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    document.documentElement.style.setProperty('--part', part.toFixed(4));
  }
}

customElements.define('rc-clock', Clock);
