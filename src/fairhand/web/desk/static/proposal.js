// @ts-check
/**
 * What the page says of a model's proposal: how often it is right, one key to hide it, and, where
 * it need only be checked, one key to accept it. Nothing is chosen for anybody.
 */
import { el } from './dom.js';
import { nameOf } from './keys.js';

/**
 * @typedef {import('./types.js').Proposal} Proposal
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 * @typedef {{root: HTMLElement, keys: Binding[]}} Bar
 */

export const HIDE_KEY = 'h';
export const ACCEPT_KEY = 'a';

/** In tens, and never "always" or "never": nobody knows a model that well.
 * @param {number | null} score @param {T} t @returns {string} */
export function howOften(score, t) {
  if (score === null || !(score >= 0 && score <= 1)) return t('A model suggests an answer. It can be wrong.');
  const tens = Math.min(9, Math.max(1, Math.round(score * 10)));
  return t('A model suggests an answer. Such suggestions are right about {n} times in 10.', { n: tens });
}

/**
 * @param {{proposal: Proposal, islands: (Island | undefined)[], hidden: boolean, t: T,
 *   accept: () => void, toggled: () => void}} parts
 * @returns {Bar | null} null when no question on the page can show it
 */
export function proposalBar({ proposal, islands, hidden, t, accept, toggled }) {
  const able = islands.filter((island) => island?.hideProposal);
  if (!able.length) return null;
  const does = () => t(hidden ? 'Show it' : 'Hide it');
  const hide = el('button', { type: 'button', class: 'button small' }, does(), el('kbd', {}, nameOf({ key: HIDE_KEY })));
  const toggle = () => {
    hidden = !hidden;
    hide.firstChild?.replaceWith(does());
    for (const island of able) island?.hideProposal?.(hidden);
    toggled();
  };
  hide.addEventListener('click', toggle);
  const known = proposal.score !== null;
  const checks = proposal.ask === 'verify' && able.length === islands.length;
  const yes = checks
    ? el('button', { type: 'button', class: 'button small accept', onclick: accept }, t('It is right: send it'), el('kbd', {}, nameOf({ key: ACCEPT_KEY })))
    : null;
  const root = el(
    'div',
    { class: 'proposal', role: 'group', 'aria-label': t('Suggestion') },
    el('p', {}, howOften(proposal.score, t)),
    known ? el('meter', { min: 0, max: 1, value: proposal.score, 'aria-hidden': 'true' }) : null,
    yes,
    hide,
  );
  const group = t('Suggestion');
  const keys = [{ key: HIDE_KEY, does: t('Hide or show the suggestion'), run: toggle, group }];
  if (checks) keys.push({ key: ACCEPT_KEY, does: t('Accept the suggestion and send it'), run: accept, group });
  return { root, keys };
}
