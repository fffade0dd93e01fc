// @ts-check
/** A free text beside a judgement: why, or the better reply made better still. */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Island} Island
 * @typedef {{root: HTMLElement, field: HTMLTextAreaElement, value: () => string, keys: Binding[]}} Reason
 */

const REASON = [
  '.reason{margin-block-start:var(--s2)}',
  '.reason label{display:block}',
  '.reason textarea{display:block;resize:vertical;field-sizing:content;max-block-size:40dvh}',
  '.no-keys .reason kbd{display:none}',
  '@media (hover:none){.reason kbd{display:none}}',
];

/** Whether something is asked for at all. @param {string | undefined} wish */
export const wanted = (wish) => wish === 'optional' || wish === 'required';

/** A question that this task cannot ask: says so, and lets nothing be sent.
 * @param {HTMLElement} panel @param {string} words @returns {Island} */
export function cannot(panel, words) {
  const note = el('p', { class: 'question notice warn' }, words);
  panel.append(note);
  return { value: () => null, issues: () => [words], keys: [], unmount: () => note.remove() };
}

/**
 * @param {{id: string, title: string, start: string, key: string, taken: Set<string>, group: string,
 *   changed: () => void}} parts `key` is offered where it is free
 * @returns {Reason}
 */
export function reasonField({ id, title, start, key, taken, group, changed }) {
  wear('reason', REASON);
  const free = !taken.has(key);
  if (free) taken.add(key);
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    document.getElementById('desk')?.focus({ preventScroll: true });
  };
  const field = el('textarea', { id, rows: 2, dir: 'auto', maxlength: 5000, spellcheck: 'true', oninput: changed, onkeydown: leave });
  field.value = start;
  const root = el('div', { class: 'reason' }, el('label', { for: id }, el('span', { dir: 'auto' }, title), ' ', free ? el('kbd', {}, nameOf({ key })) : null), field);
  const keys = free ? [{ key, does: title, group, run: () => field.focus() }] : [];
  return { root, field, value: () => field.value.trim(), keys };
}
