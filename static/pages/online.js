/**
 * <rc-online>: who is in a room.
 */
/** @import {Presence, User} from '../sdk/types.js' */
import { bdi, el } from './dom.js';

const MOST = 250;

export class Online extends HTMLElement {
  /** @type {Map<string, {user: User, node: HTMLElement}>} */ #shown = new Map();
  #list = el('ul', { class: 'online' });
  #note = el('p', { class: 'quiet' });

  connectedCallback() { this.replaceChildren(this.#list, this.#note); }

  /** @param {Presence} room @param {string} me */
  show(room, me) {
    const users = room.users.slice(0, MOST);
    /** @type {Map<string, {user: User, node: HTMLElement}>} */ const next = new Map();
    users.forEach((user, i) => {
      const known = this.#shown.get(user.user);
      const line = known && same(known.user, user) ? known : { user, node: this.#line(user, user.user === me) };
      if (known && known !== line) known.node.remove();
      if (this.#list.children[i] !== line.node) this.#list.insertBefore(line.node, this.#list.children[i] ?? null);
      next.set(user.user, line);
    });
    while (this.#list.children.length > users.length) this.#list.lastElementChild?.remove();
    this.#shown = next;
    this.#note.textContent = note(room, users.length);
    this.#note.hidden = this.#note.textContent === '';
  }

  /** @param {User} user @param {boolean} me */
  #line(user, me) {
    return el('li', { class: user.away ? 'away' : '' }, el('span', { class: 'dot', 'aria-hidden': 'true' }),
      bdi(user.name || user.user), me ? el('span', { class: 'tag' }, 'you') : null, user.away ? el('span', { class: 'tag' }, 'away') : null);
  }
}

/** @param {User} a @param {User} b */
const same = (a, b) => a.name === b.name && a.away === b.away;

/** What stands under the list. @param {Presence} room @param {number} listed */
export function note(room, listed) {
  const more = room.count - listed;
  const rest = more > 0 ? (listed > 0 ? `and ${more} more` : `${room.count} online`) : '';
  const old = room.degraded ? 'This list may be old: the server cannot read it now.' : '';
  return [rest, old].filter(Boolean).join('. ');
}

customElements.define('rc-online', Online);
