/**
 * Building elements. Text is always set as text, never as markup.
 */

/**
 * Makes an element: `class`, `on…` handlers and attributes by name; a false,
 * null or undefined attribute is left out. Children are nodes or texts.
 * @param {string} tag @param {Record<string, any>} [props] @param {...(Node|string|null|undefined)} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/** A shown text that may run in either direction. @param {string} text */
export const bdi = (text) => el('bdi', { dir: 'auto' }, text);

/** The element with an id; the page's HTML promises it. @param {string} id @returns {any} */
export const byID = (id) => document.getElementById(id);

const SVG = 'http://www.w3.org/2000/svg';
/** Outlines in a box of 20 × 24. @type {Record<string, string>} */
const SHAPES = {
  tick: 'M2.2 12.8 7.6 19 17.8 5.4',
  cross: 'M3.4 5.4 16.6 18.6M16.6 5.4 3.4 18.6',
  star: 'M10 2.6l2.5 6 6.4.5-4.9 4.2 1.5 6.3L10 16.2l-5.5 3.4L6 13.3 1.1 9.1l6.4-.5z',
  hourglass: 'M3.5 3h13M3.5 21h13M5 3v3.2L10 12l5-5.8V3M5 21v-3.2L10 12l5 5.8V21',
};

/** A drawn sign, hidden from screen readers: words say the same beside it. @param {string} name */
export function glyph(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'glyph ' + name);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHAPES[name]);
  svg.append(path);
  return svg;
}

/** Sets a colour of the contest as a custom property, if it is one. @param {HTMLElement} node @param {string|undefined} color */
export function tint(node, color) {
  if (color && /^#[0-9a-f]{6}$/i.test(color)) node.style.setProperty('--tint', color);
}
