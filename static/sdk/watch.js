/** @import {RollcallError} from './error.js' */

/** One use of a view: a callback, an async iterator of the newest states, or both. */
export class Watch {
  /** @param {(watch: Watch) => void} release @param {((value: any) => void)|undefined} onState @param {((error: RollcallError) => void)|undefined} onError */
  constructor(release, onState, onError) {
    this.closed = false;
    /** @type {any} */ this.value = undefined; // the newest state; undefined until the first
    this.fresh = false;
    this.release = release;
    this.onState = onState;
    this.onError = onError;
    this.wake = () => {};
  }

  /** Hands over a newer state. @param {any} value */
  offer(value) {
    if (this.closed) return;
    this.value = value;
    this.fresh = true;
    this.wake();
    this.onState?.(value);
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    this.wake();
    this.release(this);
  }

  /** A slow reader misses steps, never the newest state. */
  async *[Symbol.asyncIterator]() {
    try {
      while (!this.closed) {
        if (!this.fresh) await new Promise((resolve) => { this.wake = () => resolve(undefined); });
        if (!this.fresh || this.closed) continue;
        this.fresh = false;
        yield this.value;
      }
    } finally {
      this.close();
    }
  }
}
