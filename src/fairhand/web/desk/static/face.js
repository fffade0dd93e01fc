// @ts-check
/** What the task page says besides the task: status line, notices, clock, dialogs, shortcut sheet. */
import { byId, el } from './dom.js';
import { nameOf } from './keys.js';

/**
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Problem} Problem
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

export class Face {
  /** @param {T} t */
  constructor(t) {
    this.t = t;
    this.status = byId('status');
    this.notices = byId('notices');
    this.clock = byId('clock');
    this.empty = byId('empty');
  }

  /** @param {string} words @param {'' | 'ok' | 'warn'} [mood] */
  say(words, mood = '') {
    if (this.status.textContent === words) return;
    this.status.textContent = words;
    this.status.className = mood;
  }

  /** A notice that stays until it is acted on; one for each `id`.
   * @param {string} id @param {'info' | 'warn' | 'bad'} mood @param {string} words
   * @param {{name: string, run: () => void}[]} [actions] */
  notice(id, mood, words, actions = []) {
    this.dismiss(id);
    const buttons = actions.map(({ name, run }) =>
      el('button', { type: 'button', class: 'button small', onclick: () => (this.dismiss(id), run()) }, name),
    );
    this.notices.append(el('div', { class: `notice ${mood}`, 'data-id': id }, el('p', {}, words), ...buttons));
  }

  /** @param {string} id */
  dismiss(id) {
    for (const node of this.notices.querySelectorAll('[data-id]')) {
      if (node.getAttribute('data-id') === id) node.remove();
    }
  }

  /** @param {Problem} problem @returns {string} what the server said, in one sentence or more */
  words(problem) {
    const issues = (problem.issues || []).map((issue) => issue.message);
    return [problem.detail || problem.title || '', ...issues].filter(Boolean).join(' ');
  }

  /** @param {{seconds: number, estimated: boolean}} paid */
  tick({ seconds, estimated }) {
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    const time = hours
      ? this.t('{h} h {m} min', { h: hours, m: minutes % 60 })
      : this.t(minutes ? '{m} min' : '< 1 min', { m: minutes });
    const words = (estimated && minutes ? '≈ ' : '') + time;
    if (this.clock.textContent !== words) this.clock.textContent = words;
  }

  /** Shows why there is no task; null when there is one again.
   * @param {{title: string, words: string, action?: {name: string, run: () => void}} | null} why */
  nothing(why) {
    this.empty.hidden = !why;
    byId('desk').hidden = Boolean(why);
    for (const id of ['submit', 'skip']) byId(id).toggleAttribute('disabled', Boolean(why?.action));
    if (!why) return;
    const { title, words, action } = why;
    this.empty.replaceChildren(
      el('h2', {}, title),
      el('p', {}, words),
      action ? el('button', { type: 'button', class: 'button', onclick: action.run }, action.name) : '',
    );
  }

  /** @param {Binding[]} bindings */
  sheet(bindings) {
    /** @type {Map<string, Binding[]>} */
    const groups = new Map();
    for (const binding of bindings) {
      const group = binding.group || this.t('Page');
      groups.set(group, [...(groups.get(group) || []), binding]);
    }
    byId('shortcut-list').replaceChildren(
      ...[...groups].flatMap(([group, list]) => [
        el('h3', {}, group),
        el('dl', { class: 'keys' }, ...list.flatMap((one) => [el('dt', {}, el('kbd', {}, nameOf(one))), el('dd', {}, one.does)])),
      ]),
    );
  }
}

/** Buttons that open and close native dialogs. */
export function wireDialogs() {
  for (const button of document.querySelectorAll('[data-opens]')) {
    const dialog = /** @type {HTMLDialogElement} */ (byId(button.getAttribute('data-opens') || ''));
    button.addEventListener('click', () => dialog.showModal());
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  }
}
