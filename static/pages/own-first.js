/**
 * What a room shows to one who is just joining it.
 */
/** @import {Presence} from '../sdk/types.js' */

const PATIENCE = 1000; // ms; who only looks, or is one of very many, is on no list

/**
 * Holds the states of a room back until one has the user, at most 1 s, so that
 * nobody is told that the room they are in is empty. Without a user it holds nothing.
 * @param {string} user @param {(state: Presence) => void} draw @returns {(state: Presence) => void} takes each state
 */
export function ownFirst(user, draw) {
  /** @type {Presence|null} */ let held = null;
  let open = user === '';
  if (!open) setTimeout(() => { open = true; if (held) draw(held); }, PATIENCE);
  return (state) => {
    open ||= state.users.some((one) => one.user === user);
    held = open ? null : state;
    if (open) draw(state);
  };
}
