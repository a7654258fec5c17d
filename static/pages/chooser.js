/**
 * "Who are you?" of a hub without keys: a participant of the contest file, or
 * any name. Kept for this tab.
 */
/** @import {Participant} from './contest.js' */
import { bdi, byID, el } from './dom.js';

const KEY = 'rollcall.name';
const SHOWN = 40;

/** The user this tab chose: ?name=, else what was chosen before. */
export const chosenName = () => new URLSearchParams(location.search).get('name') || sessionStorage.getItem(KEY) || '';

/** Forgets who this tab is, and asks again. */
export function forgetName() {
  sessionStorage.removeItem(KEY);
  const url = new URL(location.href);
  url.searchParams.delete('name');
  location.replace(url);
}

/**
 * The participants that a search finds: each of its words begins a word of the
 * name or stands in the roll number.
 * @param {Participant[]} all @param {string} text
 */
export function find(all, text) {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ roll_number: roll, student_name: name }) => {
    const parts = name.toLocaleLowerCase().split(/\s+/);
    return words.every((word) => roll.toLocaleLowerCase().includes(word) || parts.some((part) => part.startsWith(word)));
  });
}

/** Asks; resolves to the user. @param {Participant[]} participants @returns {Promise<string>} */
export function choose(participants) {
  byID('chooser').hidden = false;
  const search = byID('search');
  search.focus();
  return new Promise((resolve) => {
    /** @param {string} user */
    const take = (user) => {
      sessionStorage.setItem(KEY, user);
      byID('chooser').hidden = true;
      resolve(user);
    };
    const list = () => {
      const text = search.value.trim();
      byID('as-typed').disabled = text === '';
      byID('as-typed').textContent = text === '' ? 'Go on' : `Go on as “${text}”`;
      byID('matches').replaceChildren(...find(participants, text).slice(0, SHOWN).map((person) => choice(person, take)));
    };
    search.addEventListener('input', list);
    byID('who').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = search.value.trim();
      const exact = participants.find((person) => person.roll_number.toLowerCase() === text.toLowerCase());
      if (text) take(exact?.roll_number ?? text);
    });
    list();
  });
}

/** @param {Participant} person @param {(user: string) => void} take */
function choice(person, take) {
  return el('li', {}, el('button', { type: 'button', onclick: () => take(person.roll_number) },
    bdi(person.student_name), el('span', { class: 'quiet' }, [person.roll_number, person.department].filter(Boolean).join(' · '))));
}
