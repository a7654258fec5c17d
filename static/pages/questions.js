/**
 * The questions of the contest, with what I have done of each.
 */
/** @import {Problem} from './contest.js' */
import { GLYPHS, cellOf, describe } from './cells.js';
import { safeURL } from './contest.js';
import { bdi, byID, el, glyph, tint } from './dom.js';

/** @type {Map<string, HTMLElement>} */
const marks = new Map();

/** @param {Problem[]} problems */
export function showQuestions(problems) {
  byID('no-questions').hidden = problems.length > 0;
  byID('questions').replaceChildren(...problems.map(question));
}

/** Shows what my row says of each question. @param {Record<string, any>|null|undefined} cells */
export function markQuestions(cells) {
  for (const [id, mark] of marks) {
    const { state, text } = cellOf(cells?.[id]);
    mark.dataset.state = state;
    mark.setAttribute('aria-label', describe(cells?.[id]));
    mark.hidden = state === 'none';
    mark.replaceChildren(...(GLYPHS[state] ? [glyph(GLYPHS[state]), text] : []));
  }
}

/** @param {Problem} problem */
function question(problem) {
  const mark = el('span', { class: 'mark', role: 'img', hidden: true });
  marks.set(problem.id, mark);
  const label = el('span', { class: 'balloon' }, problem.label || problem.id);
  tint(label, problem.color);
  const points = problem.points ? el('span', { class: 'quiet' }, problem.points === 1 ? '1 point' : `${problem.points} points`) : null;
  const head = [label, el('span', { class: 'question-name' }, bdi(problem.name || problem.id)), points, mark];
  const url = safeURL(problem.url);
  const link = url ? el('p', {}, el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, 'Open the statement')) : null;
  if (!problem.statement && !link) return el('li', {}, el('div', { class: 'question' }, ...head));
  const text = problem.statement ? el('p', { class: 'statement', dir: 'auto' }, problem.statement) : null;
  return el('li', {}, el('details', {}, el('summary', { class: 'question' }, ...head), text, link));
}
