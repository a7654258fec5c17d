/**
 * Requests to the HTTP API.
 */
import { RollcallError } from './error.js';

/** @param {string} token @returns {Record<string, string>} */
export const authHeaders = (token) => (token ? { Authorization: 'Bearer ' + token } : {});

/**
 * Sends one request; returns the JSON answer, throws a RollcallError.
 * @param {string} base @param {string} token @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>}
 */
export async function request(base, token, method, path, body) {
  const headers = authHeaders(token);
  if (method !== 'GET') headers['Content-Type'] = 'application/json';
  const response = await fetch(new URL(path, base), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new RollcallError(answer.error ?? { code: 'http_' + response.status, message: 'the server answered ' + response.status });
}
