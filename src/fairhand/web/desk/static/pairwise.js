// @ts-check
/**
 * Two replies: which is better, and how much; or neither. One key for each verdict. What was
 * chosen as the better one may be made better still.
 */
import { letterOf, showTalk } from './conversation.js';
import { el } from './dom.js';
import { labelKeys } from './keys.js';
import { Past } from './past.js';
import { radios } from './radios.js';
import { cannot, reasonField, wanted } from './reasons.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {{strength?: number, tie?: boolean, both_bad?: boolean, reason?: string, edit?: string}} PairConfig
 * @typedef {{code: string, title: string, said: Record<string, any>}} Verdict
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

const PAIR = [
  '@media (max-width:59.99rem){.pair .options{grid-template-columns:repeat(auto-fit,minmax(4.75rem,1fr));gap:var(--s1)}.pair .option{min-block-size:var(--target);padding:2px;font-size:.8125rem;line-height:1.2;text-align:center}.pair .radios input{position:absolute;opacity:0}}',
];

export const show = showTalk;

/** @param {number} degrees @param {T} t @returns {((letter: string) => string)[]} least first */
function degreeWords(degrees, t) {
  const slightly = (/** @type {string} */ letter) => t('{letter} is slightly better', { letter });
  const better = (/** @type {string} */ letter) => t('{letter} is better', { letter });
  const much = (/** @type {string} */ letter) => t('{letter} is much better', { letter });
  const far = (/** @type {string} */ letter) => t('{letter} is far better', { letter });
  return [[better], [slightly, much], [slightly, better, much], [slightly, better, much, far]][degrees - 1];
}

/** Every verdict, from the first reply to the second. @param {PairConfig} config @param {string[]} ids @param {T} t
 * @returns {Verdict[]} */
function verdicts(config, ids, t) {
  const degrees = config.strength || 1;
  const words = degreeWords(degrees, t);
  const side = (/** @type {number} */ place) =>
    words.map((word, index) => {
      const said = { verdict: 'better', better: ids[place], ...(degrees > 1 && { strength: index + 1 }) };
      return { code: `${place}-${index + 1}`, title: word(letterOf(place)), said };
    });
  return [
    ...side(0).reverse(),
    ...(config.tie ? [{ code: 'tie', title: t('They are the same'), said: { verdict: 'tie' } }] : []),
    ...side(1),
    ...(config.both_bad ? [{ code: 'both_bad', title: t('Both are bad'), said: { verdict: 'both_bad' } }] : []),
  ];
}

/** @param {Verdict[]} all @param {any} answer @returns {string | null} */
function codeOf(all, answer) {
  const same = (/** @type {Record<string, any>} */ said) => ['verdict', 'better', 'strength'].every((name) => said[name] === answer?.[name]);
  return all.find(({ said }) => same(said))?.code ?? null;
}

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, task, panel, answer, proposal, taken, t } = context;
  const config = /** @type {PairConfig} */ (question.config);
  const ids = (task.talk?.replies || []).map((reply) => reply.id);
  if (ids.length !== 2) return cannot(panel, t('This task does not have two replies to compare. Skip it (paid).'));
  wear('pair', PAIR);
  const all = verdicts(config, ids, t);
  const keys = labelKeys(all.map(({ code }, index) => ({ value: code, key: code === 'both_bad' ? '0' : String(index + 1) })), taken);
  const past = new Past(codeOf(all, answer));
  const proposed = codeOf(all, proposal);
  const choice = radios({
    name: `q-${question.name}`,
    legend: [question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))],
    options: all.map(({ code, title }, index) => ({ value: code, title, key: keys[index] })),
    chosen: past.now,
    proposed,
    suggested: t('suggested'),
    picked: (code) => turn(past.step(code)),
  });
  const why = wanted(config.reason) ? reasonField({ id: `why-${question.name}`, title: config.reason === 'required' ? t('Why?') : t('Why? (optional)'), start: answer?.reason || '', key: 'w', taken, group: question.title, changed: context.changed }) : null;
  const mend = wanted(config.edit) ? reasonField({ id: `edit-${question.name}`, title: t('Make the better one better still'), start: '', key: 'e', taken, group: question.title, changed: context.changed }) : null;
  const root = el('div', { class: context.hidden ? 'question pair no-hints' : 'question pair' }, choice.root, why && why.root, mend && mend.root);
  panel.append(root);

  const said = () => all.find(({ code }) => code === past.now)?.said;
  const original = (/** @type {string | undefined} */ id) => /** @type {{id: string, text: string}[]} */ (task.data.replies || []).find((reply) => reply.id === id)?.text || '';
  let mended = '';
  const offer = () => {
    if (!mend) return;
    const better = said()?.better || '';
    mend.root.hidden = !better;
    if (better === mended) return;
    mended = better;
    mend.field.value = original(better);
  };
  const turn = (/** @type {boolean} */ moved) => {
    if (!moved) return false;
    choice.choose(past.now);
    offer();
    context.changed();
    return true;
  };
  offer();
  if (mend && answer?.edited && said()?.better) mend.field.value = answer.edited;
  const edited = () => (mend && said()?.better && mend.value() !== original(mended).trim() ? mend.value() : '');
  return {
    value: () => {
      const now = said();
      if (!now) return null;
      return { ...now, ...(why?.value() && { reason: why.value() }), ...(edited() && { edited: edited() }), order: ids };
    },
    issues: () => {
      if (!said()) return question.required ? [t('“{q}” has no answer yet.', { q: question.title })] : [];
      if (config.reason === 'required' && !why?.value()) return [t('Say why, in a few words.')];
      return config.edit === 'required' && said()?.better && !edited() ? [t('Make the better reply better still: nothing in it is changed yet.')] : [];
    },
    keys: [
      ...all.map(({ code, title }, index) => ({ key: keys[index], does: title, group: question.title, answers: config.reason !== 'required' && !mend, run: () => (turn(past.step(code)), choice.focus()) })).filter((binding) => binding.key),
      ...(why?.keys || []),
      ...(mend?.keys || []),
    ],
    undo: () => past.undo() && turn(true),
    redo: () => past.redo() && turn(true),
    proposalShown: () => proposed !== null && !root.classList.contains('no-hints'),
    ...(proposed !== null && {
      hideProposal: (/** @type {boolean} */ hidden) => void root.classList.toggle('no-hints', hidden),
      accept: () => void turn(past.step(proposed)),
    }),
    unmount: () => root.remove(),
  };
}
