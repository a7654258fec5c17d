/**
 * The form that makes a board. The server judges; its error stands at the field
 * it names.
 */
/** @import {Column} from '../sdk/types.js' */
import { RollcallError } from '../sdk/error.js';
import { byID, el } from './dom.js';

/** Reads lines of "id, label, name, #colour"; later parts may be missing. @param {string} text @returns {Column[]} */
export function parseColumns(text) {
  return text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const [id, label, name, color] = line.split(',').map((part) => part.trim());
    return { id, ...(label && { label }), ...(name && { name }), ...(color && { color }) };
  });
}

/** The field of the form that a server's field name means, as "columns[2].color". @param {string} field @param {string[]} known */
export function fieldOf(field, known) {
  const [first] = field.replace(/^rules\./, '').split(/[.[]/);
  return known.includes(first) ? first : '';
}

/** @param {HTMLFormElement} form */
function clearErrors(form) {
  for (const note of form.querySelectorAll('.wrong')) note.remove();
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

/** @param {HTMLFormElement} form @param {unknown} error */
function showError(form, error) {
  const refusal = error instanceof RollcallError ? error : null;
  const names = ['board', 'title', 'order', 'tie', 'scheme', 'columns'];
  const name = fieldOf(refusal?.field ?? '', names);
  const message = refusal ? (refusal.field && refusal.field !== name ? `${refusal.field}: ` : '') + refusal.message : 'The server did not answer; try again.';
  const note = el('span', { class: 'wrong', role: 'alert', id: 'form-error' }, message);
  const input = /** @type {HTMLElement|null} */ (name ? form.querySelector(`[name="${name}"]`) : null);
  if (!input) { form.append(note); return; }
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', 'form-error');
  input.after(note);
  input.focus();
}

/**
 * Wires the form. A board that is there already is not touched: PUT would
 * change its rules.
 * @param {(method: string, path: string, body?: any) => Promise<any>} http @param {() => Promise<void>} onCreated
 */
export function wireBoardForm(http, onCreated) {
  /** @type {HTMLFormElement} */ const form = byID('new-board');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearErrors(form);
    byID('created').textContent = '';
    const { board, columns, ...rules } = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
    try {
      const { boards } = await http('GET', '/v1/boards');
      if (boards.some((/** @type {{board: string}} */ b) => b.board === board)) {
        throw new RollcallError({ code: 'bad_name', field: 'board', message: 'there is a board of this name already' });
      }
      await http('PUT', '/v1/boards/' + encodeURIComponent(board), { ...rules, columns: parseColumns(columns) });
      form.reset();
      byID('created').textContent = `${board} is ready`;
      await onCreated();
    } catch (error) {
      showError(form, error);
    }
  });
}
