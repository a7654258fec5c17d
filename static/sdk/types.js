/**
 * The shapes of the wire, as the Go package wire has them; no code.
 */

/** @typedef {{rank: number, member: string, name: string, group: string, score: number, tie: number, cells: Record<string, any>|null}} Entry */
/** @typedef {{id: string, label?: string, name?: string, color?: string}} Column */
/** @typedef {{title?: string, order: string, tie: string, scheme: string, columns?: Column[], ack?: string}} Rules */
/** @typedef {{board: string, rules: Rules, epoch: string, version: number, total: number, frozen: boolean, entries: Entry[]}} Board */
/** @typedef {{user: string, name: string, since: number, away: boolean}} User */
/** @typedef {{room: string, version: number, mode: string, count: number, degraded: boolean, users: User[]}} Presence */
/** @typedef {{version: number, member: string, name: string, score?: number, rank?: number, removed?: boolean}} Activity */
/** @typedef {{board: string, epoch: string, version: number, items: Activity[]}} ActivityList */
/** @typedef {{view: string, sub: string, from?: string, at: string, snapshot?: any, delta?: any}} Push a frame the server sends unasked */
/** @typedef {{at: string, value: any}} State what a view shows, and the `at` it stands at */
/** @typedef {{phase: 'connecting'|'connected'|'reconnecting'|'stopped', code?: string, reason?: string}} Link state of the connection; stopped = it will not come back by itself */
/** @typedef {{session: string, node: string, user: string, name: string, member: string, roles: string[], limits: Record<string, number>}} Session */
/** @typedef {{url?: string, token?: string, name?: string, probe?: number, WebSocket?: any}} Options */
/** @typedef {{key: string, request: Record<string, any>, sub: string, state: State|null, asked: boolean, watches: Set<import('./watch.js').Watch>}} Subscription */

export {};
