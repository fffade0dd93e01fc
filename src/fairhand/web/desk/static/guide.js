// @ts-check
/**
 * What lies beside the work: what changed in the guidelines since this person last read them, right
 * and wrong examples, answers to what others asked, and a way to ask. A question goes through the
 * outbox as answers do, so it can be asked without network; nothing waits for its answer.
 */
import { call } from './api.js';
import { byId, el } from './dom.js';
import { newKey } from './outbox.js';

/**
 * @typedef {import('./desk.js').Desk} Desk
 * @typedef {{change: 'same' | 'added' | 'removed', text: string, cut: boolean}} Piece
 * @typedef {{id: number, is_right: boolean, why: string, answers: [string, string][], preview_url: string | null, text: string | null}} Example
 * @typedef {{question: string, answer: string | null, seen: boolean, new: boolean}} Asked
 * @typedef {{version: number, read: number | null, html: string, changes: Piece[], examples: Example[], shared: Asked[], own: Asked[]}} Guide
 */

/** @param {Desk} desk @param {boolean} asks the person wants to say that something is unclear */
export async function guide(desk, asks) {
  const place = byId('guide-more');
  if (!place.dataset.ready) {
    place.dataset.ready = 'yes';
    byId('guide-ask').replaceChildren(askForm(desk));
  }
  if (asks) byId('unclear-words').focus();
  const { project_id } = desk.parts.feed.page;
  const reply = await call('GET', `/projects/${project_id}/guide`);
  if (reply.status !== 200) {
    const words = desk.t('Examples and answers come when the connection is back.');
    place.replaceChildren(el('p', { class: 'muted small' }, words));
    return;
  }
  const told = /** @type {Guide} */ (reply.body);
  place.replaceChildren(...parts(told, desk.t));
  byId('open-guidelines').classList.remove('news');
  await call('PUT', `/projects/${project_id}/guide/read`, { version: told.version });
}

/** @param {Guide} told @param {Desk['t']} t @returns {Node[]} */
function parts(told, t) {
  const changes = told.changes.length
    ? [el('h3', {}, t('What changed since you last read')), el('p', { class: 'changes', dir: 'auto' }, ...told.changes.map((piece) => changed(piece, t)))]
    : [];
  const examples = told.examples.length ? [el('h3', {}, t('Examples')), ...told.examples.map((one) => example(one, t))] : [];
  const own = told.own.length ? [el('h3', {}, t('What you asked')), ...told.own.map((one) => asked(one, t))] : [];
  const others = told.shared.filter((one) => !told.own.some((mine) => mine.question === one.question));
  const shared = others.length ? [el('h3', {}, t('What others asked')), ...others.map((one) => asked(one, t))] : [];
  return [...changes, ...examples, ...own, ...shared];
}

/** @param {Piece} piece @param {Desk['t']} t */
function changed(piece, t) {
  if (piece.cut) return ' … ';
  if (piece.change === 'same') return piece.text;
  const [tag, name] = piece.change === 'added' ? /** @type {const} */ (['ins', t('added:')]) : /** @type {const} */ (['del', t('removed:')]);
  return el(tag, {}, el('span', { class: 'sr-only' }, name, ' '), piece.text);
}

/** @param {Example} one @param {Desk['t']} t */
function example(one, t) {
  const said = one.answers.flatMap(([title, words]) => [el('dt', { dir: 'auto' }, title), el('dd', { dir: 'auto' }, words)]);
  return el(
    'figure',
    { class: 'card' },
    el('p', {}, el('span', { class: one.is_right ? 'chip ok' : 'chip warn' }, one.is_right ? t('Right') : t('Wrong'))),
    one.preview_url ? el('img', { src: one.preview_url, alt: t('The picture of this example'), loading: 'lazy', width: 160 }) : null,
    one.text ? el('blockquote', { dir: 'auto' }, one.text) : null,
    el('dl', { class: 'terms' }, ...said),
    el('figcaption', { dir: 'auto' }, one.why),
  );
}

/** @param {Asked} one @param {Desk['t']} t */
function asked(one, t) {
  const waits = one.seen ? t('The owner has read it.') : t('Not answered yet. You need not wait.');
  return el(
    'div',
    { class: 'card' },
    el('p', { class: 'muted', dir: 'auto' }, one.question),
    el('p', { dir: 'auto' }, one.new ? el('span', { class: 'chip ok' }, t('New')) : null, one.new ? ' ' : null, one.answer || waits),
  );
}

/** @param {Desk} desk */
function askForm(desk) {
  const { t } = desk;
  const words = el('textarea', { id: 'unclear-words', rows: 3, maxlength: 2000, required: true, dir: 'auto' });
  const kinds = el('select', { id: 'unclear-kind' }, el('option', { value: 'unclear' }, t('A question to the owner')), el('option', { value: 'comment' }, t('A remark about this task')));
  const form = el(
    'form',
    { class: 'card' },
    el('h3', {}, t('This is unclear')),
    el('p', { class: 'muted small' }, t('Your words and the number of this task go to the owner, without your name. Nothing stops: go on, or skip the task (paid). The answer appears here.')),
    el('div', { class: 'field' }, el('label', { for: 'unclear-kind' }, t('What it is')), kinds),
    el('div', { class: 'field' }, el('label', { for: 'unclear-words' }, t('Your words')), words),
    el('button', { class: 'button primary' }, t('Send')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const view = desk.open?.ready.view;
    if (!view || !words.value.trim()) return;
    const key = newKey(crypto);
    const body = { client_key: key, kind: kinds.value, words: words.value.trim() };
    const task = { ...view, data: {}, talk: null, draft: null, prediction: null };
    desk.sender.add({ client_key: key, action: 'remarks', task_id: view.task_id, task, body, created: Date.now(), attempts: 0, due: 0, state: 'waiting' });
    words.value = '';
    /** @type {HTMLDialogElement} */ (byId('guidelines')).close();
    byId('desk').focus({ preventScroll: true });
  });
  return form;
}
