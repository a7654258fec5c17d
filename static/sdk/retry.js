/**
 * When to come back: the close codes' advice and the wait before each return.
 */

/** Close codes that ask for patience, and those that end it; any other: come back now. */
export const LATER = new Set([1002, 1009, 1011, 4001, 4008, 4029, 4030]);
/** @type {Record<number, string>} */
export const NEVER = {
  1000: 'the server said goodbye', 1003: 'binary frames are not taken', 1007: 'a frame was not UTF-8',
  4002: 'the token was refused or has expired',
};

/**
 * Milliseconds to wait before the attempt-th return (0, 1, 2 …): full jitter,
 * doubling from 0.5 s to 10 s, to 30 s where the server asked for patience.
 * @param {number} attempt @param {boolean} later @param {() => number} [random]
 */
export function backoff(attempt, later, random = Math.random) {
  return random() * Math.min(later ? 30_000 : 10_000, 500 * 2 ** Math.min(attempt + (later ? 2 : 0), 10));
}

/** Milliseconds after the close that a server's bye asks for, at most 5 minutes. @param {unknown} ms */
export const byeAfter = (ms) => Math.min(Math.max(Number(ms) || 0, 0), 300_000);

/** @param {number} ms @returns {Promise<void>} */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
