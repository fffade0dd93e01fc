// @ts-check
/**
 * Replies from best to worst, with ties; or only the best and the worst. Press or tap them one
 * after another, best first; then move them with buttons, keys or by dragging.
 */
import { letterOf, showTalk } from './conversation.js';
import { el } from './dom.js';
import { draggable } from './drag.js';
import { labelKeys, nameOf } from './keys.js';
import { Past } from './past.js';
import { joinTo, rankOf, putAt, readRanks, shift, toggleTie, without } from './ranks.js';
import { radios } from './radios.js';
import { cannot, reasonField, wanted } from './reasons.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./ranks.js').Ranks} Ranks
 * @typedef {{mode?: string, ties?: boolean, reason?: string}} RankConfig
 * @typedef {{id: string, letter: string, name: string, key: string}} Named
 */

const RANKING = [
  '.ranks{list-style:none;margin:0;padding:0;max-inline-size:none}',
  '.rank{display:flex;flex-wrap:wrap;align-items:center;gap:var(--s1);margin-block-end:var(--s1);padding:2px;border:1px solid var(--line);border-radius:var(--control-radius);background:var(--card)}',
  '.rank.tied{margin-block-start:calc(-1*var(--s1));border-block-start-style:dashed}',
  '.rank b{min-inline-size:1.5rem;text-align:center;font-variant-numeric:tabular-nums}',
  '.rank .grip{flex:1;justify-content:start;touch-action:none;cursor:grab}',
  '.rank .tool:not(.grip){flex:none}',
  '.rank.lifted{opacity:.5}',
  '.rank.before{box-shadow:0 -3px 0 var(--accent)}',
  '.rank.after{box-shadow:0 3px 0 var(--accent)}',
  '.rank.onto{outline:3px solid var(--accent)}',
  '.waiting-ranks{display:grid;gap:var(--s1);grid-template-columns:repeat(auto-fill,minmax(min(100%,8rem),1fr));margin-block-end:var(--s2)}',
];

export const show = showTalk;

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, task, panel, taken, t } = context;
  const config = /** @type {RankConfig} */ (question.config);
  const ids = (task.talk?.replies || []).map((reply) => reply.id);
  if (ids.length < 2) return cannot(panel, t('This task does not have replies to rank. Skip it (paid).'));
  wear('ranking', RANKING);
  const why = wanted(config.reason)
    ? reasonField({ id: `why-${question.name}`, title: config.reason === 'required' ? t('Why?') : t('Why? (optional)'), start: context.answer?.reason || '', key: 'w', taken, group: question.title, changed: context.changed })
    : null;
  const island = config.mode === 'best_worst' ? ends(context, ids) : full(context, ids);
  if (why) panel.querySelector('.question')?.append(why.root);
  const reasoned = () => (why?.value() ? { reason: why.value() } : {});
  return {
    ...island,
    value: () => {
      const value = island.value();
      return value && { ...value, ...reasoned(), order: ids };
    },
    issues: () => {
      const missing = island.issues();
      return missing.length || config.reason !== 'required' || why?.value() ? missing : [t('Say why, in a few words.')];
    },
    keys: [...island.keys, ...(why?.keys || [])],
  };
}

/** @param {IslandContext} context @param {string[]} ids @returns {Named[]} */
function named({ taken, t }, ids) {
  const keys = labelKeys(ids.map((value, place) => ({ value, key: place < 9 ? String(place + 1) : '' })), taken);
  return ids.map((id, place) => ({ id, letter: letterOf(place), name: t('Reply {letter}', { letter: letterOf(place) }), key: keys[place] }));
}

/** @param {IslandContext} context @param {string[]} ids @returns {Island} */
function full(context, ids) {
  const { question, panel, answer, proposal, changed, say, t } = context;
  const ties = Boolean(/** @type {RankConfig} */ (question.config).ties);
  const things = named(context, ids);
  const nameFor = (/** @type {string} */ id) => things.find((thing) => thing.id === id)?.name || id;
  const past = new Past(readRanks(answer?.ranks, ids));
  const proposed = proposal ? readRanks(proposal.ranks, ids) : null;
  const list = el('ol', { class: 'ranks', 'aria-label': t('From best to worst') });
  const waiting = el('div', { class: 'waiting-ranks' });
  const help = el('p', { class: 'muted small' });
  const hint = proposed ? el('p', { class: 'hint' }, t('Suggested: {order}', { order: proposed.map((group) => group.map(nameFor).join(' = ')).join(' > ') })) : null;
  const root = el(
    'fieldset',
    { class: context.hidden ? 'question no-hints' : 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    hint,
    help,
    list,
    waiting,
  );
  panel.append(root);

  const focusOn = (/** @type {string} */ id) => /** @type {HTMLElement | null} */ ([...list.querySelectorAll('.grip')].find((grip) => grip.getAttribute('data-id') === id))?.focus({ preventScroll: true });
  const draw = () => {
    const rows = past.now.flatMap((group, place) => group.map((id, index) => rowOf(id, place, index > 0)));
    list.replaceChildren(...rows);
    const rest = things.filter(({ id }) => rankOf(past.now, id) < 0);
    waiting.replaceChildren(...rest.map(({ id, name, key }) => el('button', { type: 'button', class: 'tool', onclick: () => press(id) }, name, key ? el('kbd', {}, nameOf({ key })) : null)));
    help.textContent = !past.now.length
      ? t('Which is best? Then the next best, down to the worst.')
      : rest.length
        ? t('Which comes next? {n} to go.', { n: rest.length })
        : ties
          ? t('Move with ↑ ↓; = ties with the one above.')
          : t('Move with ↑ ↓.');
  };
  /** @param {Ranks} next @param {string} id what moved */
  const put = (next, id) => {
    if (!past.step(next)) return;
    draw();
    focusOn(id);
    const place = rankOf(next, id);
    say(place < 0 ? t('{reply} is not ranked.', { reply: nameFor(id) }) : next[place].length > 1 ? t('{reply} is tied at rank {n}.', { reply: nameFor(id), n: place + 1 }) : t('{reply} is at rank {n}.', { reply: nameFor(id), n: place + 1 }));
    changed();
  };
  const press = (/** @type {string} */ id) => (rankOf(past.now, id) < 0 ? put(putAt(past.now, id, past.now.length), id) : focusOn(id));
  /** @param {string} id @param {KeyboardEvent} event */
  const onKey = (id, event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const does = /** @type {Record<string, () => void>} */ ({
      ArrowUp: () => put(shift(past.now, id, -1), id),
      ArrowDown: () => put(shift(past.now, id, 1), id),
      Delete: () => put(without(past.now, id), id),
      Backspace: () => put(without(past.now, id), id),
      ...(ties && { '=': () => put(toggleTie(past.now, id), id) }),
    })[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  };
  /** @param {string} id @param {number} place @param {boolean} tied */
  const rowOf = (id, place, tied) => {
    const act = (/** @type {string} */ sign, /** @type {string} */ does, /** @type {Ranks} */ next) =>
      el('button', { type: 'button', class: 'tool', 'aria-label': does, disabled: next === past.now, onclick: () => put(next, id) }, sign);
    const reply = nameFor(id);
    const { letter, key } = /** @type {Named} */ (things.find((thing) => thing.id === id));
    const grip = el('button', { type: 'button', class: 'tool grip', 'data-id': id, 'aria-label': t('{reply}, rank {n}', { reply, n: place + 1 }), onkeydown: (/** @type {KeyboardEvent} */ event) => onKey(id, event) }, el('strong', {}, letter), key ? el('kbd', {}, nameOf({ key })) : null);
    const row = el(
      'li',
      { class: tied ? 'rank tied' : 'rank', 'data-id': id },
      el('b', { 'aria-hidden': 'true' }, tied ? '=' : String(place + 1)),
      grip,
      act('↑', t('{reply}: better', { reply }), shift(past.now, id, -1)),
      act('↓', t('{reply}: worse', { reply }), shift(past.now, id, 1)),
      ties ? act('=', t('{reply}: tie with the one above, or no longer', { reply }), toggleTie(past.now, id)) : null,
      act('×', t('{reply}: out of the order', { reply }), without(past.now, id)),
    );
    draggable(row, grip, list, (target, where) => drop(id, target, where));
    return row;
  };
  /** @param {string} id @param {string} target @param {'before' | 'onto' | 'after'} where */
  const drop = (id, target, where) => {
    if (where === 'onto' && ties) return put(joinTo(past.now, id, target), id);
    const rest = without(past.now, id);
    put(putAt(past.now, id, rankOf(rest, target) + (where === 'before' ? 0 : 1)), id);
  };
  const turn = () => (draw(), changed(), true);
  draw();
  return {
    value: () => (past.now.length ? { ranks: past.now } : null),
    issues: () => {
      const left = ids.length - past.now.flat().length;
      if (!left || (!question.required && left === ids.length)) return [];
      return [t('{n} replies are not ranked yet.', { n: left })];
    },
    keys: things.filter(({ key }) => key).map(({ id, name, key }) => ({ key, does: t('{reply}: next in the order, or go to it', { reply: name }), group: question.title, run: () => press(id) })),
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

/** Only the best and the worst: two rows of buttons. @param {IslandContext} context @param {string[]} ids @returns {Island} */
function ends(context, ids) {
  const { question, panel, answer, proposal, taken, changed, t } = context;
  const past = new Past(/** @type {{best: string | null, worst: string | null}} */ ({ best: answer?.best ?? null, worst: answer?.worst ?? null }));
  const letters = ids.map((_, place) => letterOf(place));
  const keys = labelKeys(ids.map((value, place) => ({ value, key: place < 9 ? String(place + 1) : '' })), taken);
  /** @param {'best' | 'worst'} end @param {string} value */
  const pick = (end, value) => {
    const other = end === 'best' ? 'worst' : 'best';
    turn(past.step({ ...past.now, [end]: value, [other]: past.now[other] === value ? null : past.now[other] }));
  };
  const group = (/** @type {'best' | 'worst'} */ end, /** @type {string} */ title) =>
    radios({
      name: `q-${question.name}-${end}`,
      legend: [title],
      options: ids.map((value, place) => ({ value, title: letters[place], key: keys[place] })),
      chosen: past.now[end],
      proposed: proposal?.[end] ?? null,
      suggested: t('suggested'),
      scale: true,
      picked: (value) => pick(end, value),
    });
  const best = group('best', t('Best'));
  const worst = group('worst', t('Worst'));
  const root = el('fieldset', { class: context.hidden ? 'question no-hints' : 'question' }, el('legend', { dir: 'auto' }, question.title), el('p', { class: 'key-help muted small' }, t('A number key says the best first, then the worst.')), best.root, worst.root);
  panel.append(root);
  const turn = (/** @type {boolean} */ moved) => {
    if (!moved) return false;
    best.choose(past.now.best);
    worst.choose(past.now.worst);
    changed();
    return true;
  };
  /** A digit answers what is asked next: the best first, then the worst. @param {number} place */
  const press = (place) => {
    const end = past.now.best === null || past.now.best === ids[place] ? 'best' : 'worst';
    pick(end, ids[place]);
    (end === 'best' ? worst : best).focus();
  };
  return {
    value: () => (past.now.best || past.now.worst ? { ...(past.now.best && { best: past.now.best }), ...(past.now.worst && { worst: past.now.worst }) } : null),
    issues: () => {
      const nothing = !past.now.best && !past.now.worst;
      if (nothing && !question.required) return [];
      return past.now.best && past.now.worst ? [] : [t('“{q}”: choose the best and the worst.', { q: question.title })];
    },
    keys: ids.map((_, place) => ({ key: keys[place], does: t('Reply {letter}: the best, or else the worst', { letter: letters[place] }), group: question.title, run: () => press(place) })).filter((binding) => binding.key),
    undo: () => past.undo() && turn(true),
    redo: () => past.redo() && turn(true),
    proposalShown: () => Boolean(proposal) && !root.classList.contains('no-hints'),
    ...(proposal && {
      hideProposal: (/** @type {boolean} */ hidden) => void root.classList.toggle('no-hints', hidden),
      accept: () => void turn(past.step({ best: proposal.best ?? null, worst: proposal.worst ?? null })),
    }),
    unmount: () => root.remove(),
  };
}
