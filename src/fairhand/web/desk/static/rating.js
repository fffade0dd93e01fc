// @ts-check
/**
 * Numbers on a scale with named ends: for each criterion, of the task or of each reply. A digit
 * rates the row that is marked and goes on to the next.
 */
import { letterOf, showTalk } from './conversation.js';
import { el } from './dom.js';
import { Past } from './past.js';
import { radios } from './radios.js';
import { cannot, reasonField, wanted } from './reasons.js';
import { nextEmpty, readRatings } from './ratings.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {{name: string, title?: string, low?: string, high?: string}} Criterion
 * @typedef {{criteria?: Criterion[], steps?: number, each?: string, reason?: string}} RatingConfig
 * @typedef {{reply: string, criterion: Criterion, said: string, first: boolean}} Row
 */

const RATING = [
  '.rated{padding-inline-start:var(--s2);border-inline-start:3px solid transparent}',
  '.rated.next{border-color:var(--accent)}',
  '.rated:not(.next) kbd{visibility:hidden}',
  '.rated>p{margin:0}',
  '.ends{display:flex;justify-content:space-between;gap:var(--s3);margin:0;max-inline-size:none}',
];

export const show = showTalk;

/** @param {RatingConfig} config @param {string[]} ids @returns {{reply: string, criterion: Criterion}[]} */
function rowsOf(config, ids) {
  const replies = config.each === 'reply' ? ids : [''];
  return (config.criteria || []).flatMap((criterion) => replies.map((reply) => ({ reply, criterion })));
}

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, task, panel, answer, proposal, taken, changed, t } = context;
  const config = /** @type {RatingConfig} */ (question.config);
  const ids = (task.talk?.replies || []).map((reply) => reply.id);
  const each = config.each === 'reply';
  if (each && !ids.length) return cannot(panel, t('This task does not have replies to rate. Skip it (paid).'));
  wear('rating', RATING);
  const steps = config.steps || 5;
  const cells = rowsOf(config, ids);
  const names = cells.map(({ reply, criterion }) => JSON.stringify([reply, criterion.name]));
  const past = new Past(readRatings(answer, cells));
  const proposed = proposal ? readRatings(proposal, cells) : null;
  const digits = Array.from({ length: steps }, (_, index) => (index < 9 ? String(index + 1) : index === 9 ? '0' : ''));
  const free = digits.map((key) => key && !taken.has(key) && (taken.add(key), key));
  let at = Math.max(0, nextEmpty(past.now, -1));

  const rows = cells.map(({ reply, criterion }, index) => {
    const letter = reply ? t('Reply {letter}', { letter: letterOf(ids.indexOf(reply)) }) : '';
    const first = !reply || reply === ids[0];
    const ends = criterion.low || criterion.high ? el('p', { class: 'ends muted small', dir: 'auto' }, el('span', {}, `1 ${criterion.low || ''}`), el('span', {}, `${criterion.high || ''} ${steps}`)) : null;
    const set = radios({
      name: `q-${question.name}-${index}`,
      legend: [reply ? letter : criterion.title || criterion.name, reply ? el('span', { class: 'sr-only' }, ': ', criterion.title || criterion.name) : null],
      options: digits.map((_, place) => ({ value: String(place + 1), title: String(place + 1) })),
      chosen: past.now[index] === null ? null : String(past.now[index]),
      proposed: proposed?.[index] ? String(proposed[index]) : null,
      suggested: t('suggested'),
      scale: true,
      picked: (value) => put(index, Number(value)),
    });
    const box = el('div', { class: 'rated', onfocusin: () => mark(index) }, reply && first ? el('p', { dir: 'auto' }, el('strong', {}, criterion.title || criterion.name)) : null, first ? ends : null, set.root);
    return { box, set };
  });
  const why = wanted(config.reason)
    ? reasonField({ id: `why-${question.name}`, title: config.reason === 'required' ? t('Why?') : t('Why? (optional)'), start: answer?.reason || '', key: 'w', taken, group: question.title, changed })
    : null;
  const root = el(
    'fieldset',
    { class: context.hidden ? 'question no-hints' : 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    cells.length > 1 ? el('p', { class: 'key-help muted small' }, t('A number key rates the marked row and goes on.')) : null,
    proposed ? el('p', { class: 'hint' }, t('Dashed: suggested')) : null,
    ...rows.map(({ box }) => box),
    why && why.root,
  );
  panel.append(root);

  const mark = (/** @type {number} */ index) => {
    at = index;
    rows.forEach(({ box }, place) => box.classList.toggle('next', place === at));
  };
  const turn = () => {
    rows.forEach(({ set }, index) => set.choose(past.now[index] === null ? null : String(past.now[index])));
    changed();
    return true;
  };
  /** @param {number} index @param {number} value */
  const put = (index, value) => {
    if (past.step(past.now.map((old, place) => (place === index ? value : old)))) turn();
  };
  const press = (/** @type {number} */ value) => {
    const rated = at;
    put(rated, value);
    const next = nextEmpty(past.now, rated);
    rows[next < 0 ? rated : next].set.focus();
    mark(next < 0 ? rated : next);
    rows[at].box.scrollIntoView({ block: 'nearest' });
  };
  mark(at);
  const left = () => past.now.filter((value) => value === null).length;
  return {
    value: () => {
      if (left() === names.length) return null;
      const reason = why?.value() ? { reason: why.value() } : {};
      const given = cells.flatMap(({ reply, criterion }, index) => (past.now[index] === null ? [] : [{ reply, name: criterion.name, value: past.now[index] }]));
      if (!each) return { ratings: Object.fromEntries(given.map(({ name, value }) => [name, value])), ...reason };
      const of = (/** @type {string} */ id) => Object.fromEntries(given.filter(({ reply }) => reply === id).map(({ name, value }) => [name, value]));
      return { replies: Object.fromEntries(ids.map((id) => [id, of(id)])), ...reason, order: ids };
    },
    issues: () => {
      if (left() && (question.required || left() < names.length)) return [t('“{q}”: {n} ratings are missing.', { q: question.title, n: left() })];
      return config.reason === 'required' && question.required && !why?.value() ? [t('Say why, in a few words.')] : [];
    },
    keys: [
      ...digits.map((_, index) => ({ key: free[index] || '', does: t('Rate it {n}', { n: index + 1 }), group: question.title, answers: cells.length === 1, run: () => press(index + 1) })).filter((binding) => binding.key),
      ...(why?.keys || []),
    ],
    undo: () => past.undo() && turn(),
    redo: () => past.redo() && turn(),
    proposalShown: () => proposed !== null && !root.classList.contains('no-hints'),
    ...(proposed && {
      hideProposal: (/** @type {boolean} */ hidden) => void root.classList.toggle('no-hints', hidden),
      accept: () => void (past.step(proposed) && turn()),
    }),
    unmount: () => root.remove(),
  };
}
