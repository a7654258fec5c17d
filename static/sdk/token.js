/**
 * The token of a personal link, kept for this tab and out of the address.
 */

const TOKEN = 'rollcall.token';

/** Moves `#token=…` from the address to this tab's sessionStorage; returns the tab's token. */
export function takeToken() {
  if (typeof location === 'undefined') return '';
  const hash = new URLSearchParams(location.hash.slice(1));
  const token = hash.get('token');
  if (token === null) return sessionStorage.getItem(TOKEN) ?? '';
  hash.delete('token');
  const rest = hash.size > 0 ? '#' + hash : '';
  history.replaceState(history.state, '', location.pathname + location.search + rest);
  sessionStorage.setItem(TOKEN, token);
  return token;
}

/** Forgets this tab's token. */
export function forgetToken() { sessionStorage.removeItem(TOKEN); }
