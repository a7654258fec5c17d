/**
 * What the pages show around the board: GET /v1/contest and the address.
 */
import { RollcallError } from '../sdk/error.js';
import { backoff, sleep } from '../sdk/retry.js';

/** @typedef {{id: string, label: string, name: string, color?: string, statement?: string, url?: string, points?: number}} Problem */
/** @typedef {{roll_number: string, student_name: string, department: string}} Participant */
/** @typedef {{id: string, title: string, room: string, board: string, start: number, end: number, now: number, offset: number, problems: Problem[], participants: Participant[]}} Contest */

export const query = new URLSearchParams(location.search);

/**
 * Loads the contest; ?room= and ?board= go before its own. Waits for a server
 * that is not there yet; throws only a refusal of the credentials.
 * @param {{http: (method: string, path: string) => Promise<any>}} api @returns {Promise<Contest>}
 */
export async function loadContest(api) {
  for (let attempt = 0; ; attempt++) {
    try {
      const asked = Date.now();
      const contest = await api.http('GET', '/v1/contest');
      const offset = contest.now ? contest.now - (asked + Date.now()) / 2 : 0;
      return {
        ...contest, offset,
        room: query.get('room') || contest.room, board: query.get('board') || contest.board,
        problems: contest.problems ?? [], participants: contest.participants ?? [],
      };
    } catch (error) {
      if (error instanceof RollcallError && ['auth_required', 'bad_token', 'forbidden'].includes(error.code)) throw error;
    }
    await sleep(backoff(attempt, false));
  }
}

/** Only a web address becomes a link. @param {string|undefined} url */
export const safeURL = (url) => (url && /^https?:\/\//i.test(url) ? url : '');
