/**
 * Pushing score events over the client's socket.
 */
import { RollcallError, TRANSIENT } from './error.js';
import { backoff, sleep } from './retry.js';

/**
 * Pushes events in batches of 64 and answers their results in order. Events
 * without an identity get an id, so that what is sent again after a loss counts
 * once. Transient refusals are sent again; the first permanent failure of a
 * whole request is thrown.
 * @param {(request: Record<string, any>) => Promise<any>} call @param {() => boolean} alive
 * @param {string} board @param {Record<string, any>[]} events @returns {Promise<any[]>}
 */
export async function push(call, alive, board, events) {
  const named = events.map((event) => (event.id || event.source ? event : { ...event, id: randomID() }));
  const results = [];
  for (let i = 0; i < named.length; i += 64) results.push(...await pushBatch(call, alive, board, named.slice(i, i + 64)));
  return results;
}

/**
 * Sends one batch until each of its events has its fate.
 * @param {(request: Record<string, any>) => Promise<any>} call @param {() => boolean} alive
 * @param {string} board @param {any[]} events
 */
async function pushBatch(call, alive, board, events) {
  /** @type {any[]} */ const results = new Array(events.length);
  let open = events.map((_, i) => i);
  for (let attempt = 0; open.length > 0; attempt++) {
    let pause = backoff(attempt, false);
    try {
      const answer = await call({ op: 'score', board, events: open.map((i) => events[i]) });
      open = open.filter((i, k) => {
        results[i] = answer.results[k];
        return TRANSIENT.has(results[i].error?.code);
      });
      pause = Math.max(0, ...open.map((i) => results[i].error.retry_after_ms ?? pause));
    } catch (error) {
      const again = error instanceof RollcallError && (error.code === 'connection_lost' || TRANSIENT.has(error.code));
      if (!again || !alive()) throw error;
    }
    if (open.length > 0) await sleep(pause);
  }
  return results;
}

/** 128 random bits; randomUUID is missing on plain http. */
function randomID() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}
