/**
 * What a refused request is told, and which refusals time cures.
 */

/** A refusal by the server; code, field and retry_after_ms are the wire's. */
export class RollcallError extends Error {
  /** @param {{code: string, message: string, field?: string, retry_after_ms?: number}} error */
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.field = error.field ?? '';
    this.retryAfter = error.retry_after_ms ?? 0;
  }
}

/** Transient refusals: the same request, sent again, may be taken. */
export const TRANSIENT = new Set(['busy', 'rate_limited', 'unavailable', 'not_ready', 'behind', 'internal']);
/** Refusals of a subscribe that are asked again until they are gone. */
export const CURABLE = new Set([...TRANSIENT, 'unknown_board']);
/** Refusals of a hello that end the connection for good. */
export const REFUSED = new Set(['auth_required', 'bad_token', 'forbidden', 'bad_name', 'too_long']);
/** The socket broke before the answer came. */
export const lost = () => new RollcallError({ code: 'connection_lost', message: 'the connection broke before the answer' });
