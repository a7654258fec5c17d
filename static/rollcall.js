/**
 * Rollcall in the browser: one address to import, no dependencies.
 *
 *   import { connect } from '/static/rollcall.js';
 *   const client = connect({ name: 'asha' });
 *   client.join('final');
 *   client.watch('top', { board: 'final', n: 10 }, (board) => draw(board.entries));
 *
 * A client keeps one WebSocket alive: it comes back after a loss, resumes every
 * watch where it stood and joins its rooms again. What it shows may be old, it
 * is never wrong and never blank; state() and age() say which.
 */
/** @import {Link, Options, Push, Session, State, Subscription} from './sdk/types.js' */
import { takeToken } from './sdk/token.js';
import { CURABLE, REFUSED, RollcallError, lost } from './sdk/error.js';
import { fold } from './sdk/fold.js';
import { authHeaders, request } from './sdk/http.js';
import { push } from './sdk/push.js';
import { LATER, NEVER, backoff, byeAfter } from './sdk/retry.js';
import { stream } from './sdk/sse.js';
import { Watch } from './sdk/watch.js';

export { RollcallError } from './sdk/error.js';
export { byBytes, fold } from './sdk/fold.js';
export { request } from './sdk/http.js';
export { backoff } from './sdk/retry.js';
export { readSSE } from './sdk/sse.js';
export { forgetToken, takeToken } from './sdk/token.js';
export { Watch } from './sdk/watch.js';

const ANSWER = 10_000; // ms until hello must be answered
const PROBE_ANSWER = 3_000;
const BYE_CLOSE = 5_000; // ms the server may take to close after its bye
const LOOKED_AWAY = 500; // ms a page is hidden before its user is away; one that unloads is gone by then

/** A loss is no failure where the next connection makes it good. @param {unknown} error */
const unlessLost = (error) => {
  if (!(error instanceof RollcallError && error.code === 'connection_lost')) throw error;
};

const tabToken = takeToken();

/** A connection that comes back. Made by connect. */
export class Client {
  /** @type {Session|null} */ session = null;
  /** @type {WebSocket|null} */ #socket = null;
  /** @type {Link} */ #link = { phase: 'connecting' };
  /** @type {Map<number, {resolve: (ok: any) => void, reject: (error: Error) => void}>} */ #calls = new Map();
  /** @type {Map<string, Subscription>} */ #subscriptions = new Map();
  /** @type {Set<string>} */ #rooms = new Set();
  /** @type {Set<(link: Link) => void>} */ #listeners = new Set();
  /** @type {Set<string>} */ #unwanted = new Set();
  /** @type {Push[]} */ #early = []; // frames whose subscribe is not answered yet
  #lastID = 0;
  #attempt = 0;
  /** @type {number|null} */ #bye = null; // ms after which the server wants us back
  #heard = Date.now();
  /** @type {any} */ #retryTimer;
  /** @type {any} */ #stableTimer;
  /** @type {any} */ #probeTimer;
  /** @type {any} */ #byeTimer;
  /** @type {any} */ #awayTimer;

  /** @param {Options} options */
  constructor(options) {
    this.base = options.url ?? location.origin;
    this.token = options.token ?? tabToken;
    this.name = options.name ?? '';
    this.probe = options.probe ?? 0;
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.#open();
    if (typeof document === 'undefined') return;
    document.addEventListener('visibilitychange', () => { this.#looked(); this.#hurry(); });
    addEventListener('online', () => this.#hurry());
  }

  /** The state of the connection. */
  state() { return this.#link; }

  /** How old what is shown may be, in ms; 0 while connected. */
  age() { return this.#link.phase === 'connected' ? 0 : Date.now() - this.#heard; }

  /** Calls fn with each new state of the connection, and at once. @param {(link: Link) => void} fn @returns {() => void} stops it */
  onLink(fn) {
    this.#listeners.add(fn);
    fn(this.#link);
    return () => { this.#listeners.delete(fn); };
  }

  /**
   * Watches a view: top {board, n}, around {board, member, span}, me {board},
   * presence {room, mode}, activity {board}. Equal watches share one subscription.
   * A board that does not exist yet is asked for until it does.
   * @param {string} view @param {Record<string, any>} params
   * @param {(value: any) => void} [onState] @param {(error: RollcallError) => void} [onError]
   */
  watch(view, params, onState, onError) {
    const request = { op: 'subscribe', view, ...params };
    const key = JSON.stringify(request);
    let s = this.#subscriptions.get(key);
    if (!s) {
      s = { key, request, sub: '', state: null, asked: false, watches: new Set() };
      this.#subscriptions.set(key, s);
      if (this.#link.phase === 'connected') this.#subscribe(s);
    }
    const subscription = s;
    const watch = new Watch((w) => this.#release(subscription, w), onState, onError);
    s.watches.add(watch);
    if (s.state) queueMicrotask(() => { if (subscription.state) watch.offer(subscription.state.value); });
    return watch;
  }

  /** Becomes a member of a room, also after each return. @param {string} room */
  async join(room) {
    this.#rooms.add(room);
    if (this.#link.phase === 'connected') await this.#join(room);
  }

  /** @param {string} room */
  async leave(room) {
    this.#rooms.delete(room);
    if (this.#link.phase === 'connected') await this.#call({ op: 'leave', room }).catch(unlessLost);
  }

  /** Asks the HTTP API. @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} the JSON answer; throws RollcallError */
  http(method, path, body) { return request(this.base, this.token, method, path, body); }

  /**
   * Pushes score events and answers their results in order; see sdk/push.js.
   * @param {string} board @param {Record<string, any>[]} events @returns {Promise<any[]>}
   */
  push(board, events) { return push((request) => this.#call(request), () => this.#link.phase !== 'stopped', board, events); }

  /**
   * The board over server-sent events; see sdk/sse.js.
   * @param {string} board @param {{state?: State, signal?: AbortSignal}} [options]
   */
  stream(board, options) { return stream(this.base, authHeaders(this.token), board, options); }

  /** Says goodbye: rooms are left at once. */
  close() {
    this.#stop('closed', 'closed by this page');
    this.#socket?.close(1000);
  }

  // ---- the connection ----

  #open() {
    const url = new URL('/ws', this.base);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new this.WebSocket(url.href, 'rollcall.v1');
    this.#socket = socket;
    this.#probeTimer = setTimeout(() => this.#giveUp(), ANSWER);
    socket.onopen = () => this.#hello(socket);
    socket.onmessage = (/** @type {MessageEvent} */ event) => { if (socket === this.#socket) this.#receive(JSON.parse(event.data)); };
    socket.onclose = (/** @type {CloseEvent} */ event) => { if (socket === this.#socket) this.#lost(event.code); };
  }

  /** @param {WebSocket} socket */
  async #hello(socket) {
    try {
      this.session = await this.#call({ op: 'hello', token: this.token || undefined, name: this.name || undefined });
    } catch (error) {
      if (socket !== this.#socket || !(error instanceof RollcallError)) return;
      if (REFUSED.has(error.code)) this.#stop(error.code, error.message);
      socket.close(1000);
      return;
    }
    this.#stableTimer = setTimeout(() => { this.#attempt = 0; }, 30_000);
    this.#set({ phase: 'connected' });
    this.#watchSilence();
    for (const room of this.#rooms) this.#join(room).catch(() => {}); // a loss joins again, a refusal stands
    for (const s of this.#subscriptions.values()) this.#subscribe(s);
  }

  /** @param {number} code */
  #lost(code) {
    const bye = this.#bye;
    this.#forgetSocket();
    if (this.#link.phase === 'stopped') return;
    if (NEVER[code]) return this.#stop(code === 4002 ? 'bad_token' : 'closed', NEVER[code]);
    this.#retryTimer = setTimeout(() => this.#open(), bye ?? backoff(this.#attempt++, LATER.has(code)));
    this.#set({ phase: 'reconnecting' });
  }

  #forgetSocket() {
    this.#socket = null;
    clearTimeout(this.#stableTimer);
    clearTimeout(this.#probeTimer);
    clearTimeout(this.#byeTimer);
    this.#bye = null;
    this.#early = [];
    this.#unwanted.clear();
    for (const s of this.#subscriptions.values()) { s.sub = ''; s.asked = false; }
    for (const call of this.#calls.values()) call.reject(lost());
    this.#calls.clear();
  }

  /** @param {string} code @param {string} reason */
  #stop(code, reason) {
    clearTimeout(this.#retryTimer);
    this.#set({ phase: 'stopped', code, reason });
  }

  /** @param {Link} link */
  #set(link) {
    this.#link = link;
    for (const fn of this.#listeners) fn(link);
  }

  /** The network or the user is back: no reason to wait longer. */
  #hurry() {
    if (this.#socket || this.#link.phase !== 'reconnecting' || document.hidden) return;
    clearTimeout(this.#retryTimer);
    this.#open();
  }

  /** A cable can be pulled without a word. Where asked to (a projector), ask a silent server whether it is there. */
  #watchSilence() {
    clearTimeout(this.#probeTimer);
    if (!this.probe) return;
    this.#probeTimer = setTimeout(() => {
      this.#call({ op: 'ping' }).catch(() => {});
      this.#probeTimer = setTimeout(() => this.#giveUp(), PROBE_ANSWER);
    }, this.probe);
  }

  /** Leaves a socket that does not answer, without waiting for its goodbye. */
  #giveUp() {
    const dead = this.#socket;
    this.#lost(1006);
    dead?.close();
  }

  // ---- messages ----

  /** @param {Record<string, any>} request @returns {Promise<any>} */
  #call(request) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== 1) return reject(lost());
      const id = ++this.#lastID;
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, ...request }));
    });
  }

  /** @param {any} message */
  #receive(message) {
    this.#heard = Date.now();
    if (this.#link.phase === 'connected') this.#watchSilence();
    if (message.view) return this.#push(message);
    if (message.bye) return this.#leave(message.bye);
    const call = this.#calls.get(message.id);
    if (!call) return;
    this.#calls.delete(message.id);
    if (message.error) call.reject(new RollcallError(message.error));
    else call.resolve(message.ok ?? {});
  }

  /** The server is about to close; answers come until it does. @param {{after_ms: number}} bye */
  #leave(bye) {
    if (this.#bye === null) this.#byeTimer = setTimeout(() => this.#giveUp(), BYE_CLOSE);
    this.#bye = byeAfter(bye.after_ms);
  }

  /** @param {Push & {error?: any}} frame */
  #push(frame) {
    const takers = [...this.#subscriptions.values()].filter((s) => s.sub === frame.sub);
    if (takers.length === 0 && this.#early.length < 64) this.#early.push(frame);
    for (const s of takers) {
      if (frame.error) { this.#failed(s, new RollcallError(frame.error)); continue; }
      const state = fold(s.state, frame);
      if (state) this.#show(s, state);
      else this.#resync(s);
    }
  }

  /** @param {Subscription} s @param {State} state */
  #show(s, state) {
    s.state = state;
    for (const watch of s.watches) watch.offer(state.value);
  }

  /** @param {Subscription} s */
  async #subscribe(s) {
    if (s.asked) return;
    s.asked = true;
    try {
      const { sub } = await this.#call({ ...s.request, at: s.state?.at || undefined });
      s.sub = sub;
      s.asked = false;
      if (s.watches.size === 0) this.#forget(s);
      const early = this.#early.filter((frame) => frame.sub === sub);
      this.#early = this.#early.filter((frame) => frame.sub !== sub);
      for (const frame of early) { // those of an older subscription do not fit: the snapshot is on its way
        const state = fold(s.state, frame);
        if (state) this.#show(s, state);
      }
      this.#sweep();
    } catch (error) {
      if (error instanceof RollcallError && error.code !== 'connection_lost') this.#failed(s, error);
    }
  }

  /** @param {Subscription} s @param {RollcallError} error */
  #failed(s, error) {
    s.sub = '';
    s.asked = false;
    if (s.watches.size === 0) this.#forget(s);
    for (const watch of s.watches) watch.onError?.(error);
    if (!CURABLE.has(error.code)) return;
    setTimeout(() => {
      if (s.watches.size > 0 && !s.sub && this.#link.phase === 'connected') this.#subscribe(s);
    }, error.retryAfter || 1000);
  }

  /** Asks for a snapshot; what is shown stays until it comes. @param {Subscription} s */
  #resync(s) {
    if (s.asked) return;
    s.state = s.state && { at: '', value: s.state.value };
    this.#call({ op: 'unsubscribe', sub: s.sub }).catch(() => {});
    s.sub = '';
    this.#subscribe(s);
  }

  /** @param {Subscription} s @param {Watch} watch */
  #release(s, watch) {
    s.watches.delete(watch);
    if (s.watches.size === 0 && !s.asked) this.#forget(s);
  }

  /** @param {Subscription} s */
  #forget(s) {
    this.#subscriptions.delete(s.key);
    if (s.sub) this.#unwanted.add(s.sub);
    this.#sweep();
  }

  /** Ends what nobody watches; not while an answer is due, for it may name the same sub. */
  #sweep() {
    const wanted = [...this.#subscriptions.values()];
    if (wanted.some((s) => s.asked)) return;
    for (const sub of this.#unwanted) {
      if (!wanted.some((s) => s.sub === sub)) this.#call({ op: 'unsubscribe', sub }).catch(() => {});
    }
    this.#unwanted.clear();
  }

  /** @param {string} room */
  async #join(room) {
    await this.#call({ op: 'join', room }).catch(unlessLost);
    if (typeof document !== 'undefined' && document.hidden) await this.#call({ op: 'away', room, away: true }).catch(unlessLost);
  }

  /** The page was hidden or shown: coming back is told at once, going away once it lasts. */
  #looked() {
    clearTimeout(this.#awayTimer);
    this.#awayTimer = setTimeout(() => this.#sayAway(), document.hidden ? LOOKED_AWAY : 0);
  }

  #sayAway() {
    if (this.#link.phase !== 'connected') return;
    for (const room of this.#rooms) this.#call({ op: 'away', room, away: document.hidden }).catch(() => {});
  }
}

/** Connects. Default: this page's server and the tab's token. @param {Options} [options] */
export function connect(options = {}) { return new Client(options); }
