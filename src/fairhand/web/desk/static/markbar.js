// @ts-check
/** Buttons with their keys, and bars of them, as the marking of texts uses them. */
import { el } from './dom.js';
import { nameOf } from './keys.js';

/** @param {string} title @param {string} key @param {() => void} run @param {Node | null} [before] */
export function markButton(title, key, run, before = null) {
  return el('button', { type: 'button', class: 'button tool', onclick: run }, before, title, key ? el('kbd', {}, nameOf({ key })) : null);
}

/** @param {string} name @param {HTMLElement[]} buttons */
export function markBar(name, buttons) {
  return el('div', { class: 'toolbar', role: 'group', 'aria-label': name, hidden: true }, ...buttons);
}
