/**
 * A board over server-sent events, where no WebSocket passes.
 */
/** @import {State} from './types.js' */
import { CURABLE, RollcallError } from './error.js';
import { fold } from './fold.js';
import { backoff, sleep } from './retry.js';

/**
 * Yields each new state of the board with its `at`, and comes back where it
 * stood; from `state`, if one yielded before is given. Unlike EventSource it sends the token as a header. Ends when signal
 * is aborted; throws a refusal that time does not cure.
 * @param {string} base @param {Record<string, string>} auth @param {string} board
 * @param {{state?: State, signal?: AbortSignal}} [options] @returns {AsyncGenerator<State>}
 */
export async function* stream(base, auth, board, { state, signal } = {}) {
  const url = new URL(`/v1/boards/${encodeURIComponent(board)}/stream`, base);
  /** @type {State|null} */ let known = state ?? null;
  for (let attempt = 0; !signal?.aborted; attempt++) {
    try {
      /** @type {Record<string, string>} */ const headers = { ...auth, Accept: 'text/event-stream' };
      if (known) headers['Last-Event-ID'] = known.at;
      const response = await fetch(url, { headers, signal });
      if (!response.ok || !response.body) throw new RollcallError((await response.json()).error);
      for await (const frame of readSSE(response.body)) {
        known = fold(known, frame);
        if (!known) break; // does not fit: come back without `at` for a snapshot
        attempt = 0;
        yield known;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof RollcallError && !CURABLE.has(error.code)) throw error;
    }
    await sleep(backoff(attempt, false));
  }
}

/** Reads the data of server-sent events as JSON. @param {ReadableStream<Uint8Array>} body */
export async function* readSSE(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let data = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data:')) data += line.slice(5).trim();
        if (line !== '' || data === '') continue;
        yield JSON.parse(data);
        data = '';
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
