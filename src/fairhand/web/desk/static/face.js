// @ts-check
/** What the task page says besides the task: status line, notices, clock, dialogs. */
import { byId, el } from './dom.js';

/**
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
}

const WIDE = '(min-width: 60rem)';

/** Buttons that open and close native dialogs; a drawer lies beside the work where there is room. */
export function wireDialogs() {
  for (const button of document.querySelectorAll('[data-opens]')) {
    const dialog = /** @type {HTMLDialogElement} */ (byId(button.getAttribute('data-opens') || ''));
    button.addEventListener('click', () => {
      if (dialog.open) return dialog.close();
      const beside = dialog.matches('.drawer') && matchMedia(WIDE).matches;
      if (beside) dialog.show();
      else dialog.showModal();
      document.body.classList.toggle('beside', beside);
    });
    dialog.addEventListener('close', () => document.body.classList.remove('beside'));
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.matches(':modal') && dialog.close());
    dialog.addEventListener('keydown', (event) => event.key === 'Escape' && !event.defaultPrevented && dialog.close());
  }
}
