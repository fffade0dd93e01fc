// @ts-check
/**
 * A query and its documents: each gets a grade, and its passages are marked sentence by sentence.
 * A number key grades the document that is marked and goes on to the next without a grade.
 */
import { el } from './dom.js';
import { labelKeys, nameOf } from './keys.js';
import { Past } from './past.js';
import { radios } from './radios.js';
import { nextEmpty } from './ratings.js';
import { cannot, reasonField, wanted } from './reasons.js';
import { isMarked, sentencesOf, toggled } from './sentences.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./sentences.js').Stretch} Stretch
 * @typedef {{id: string, title?: string, text: string}} Doc
 * @typedef {{grades?: {value: number, title?: string}[], passages?: string, shuffled?: boolean, reason?: string}} RelevanceConfig
 * @typedef {{grades: Record<string, number>, passages: Record<string, Stretch[]>}} Judged
 */

const RELEVANCE = [
  '.search{inline-size:100%;max-inline-size:60rem;margin:0 auto auto}',
  '.query{position:sticky;z-index:1;inset-block-start:calc(-1*var(--s2));margin:0 0 var(--s2);padding:var(--s2) var(--s3);max-inline-size:none;background:var(--info-tint);color:var(--info);border-radius:var(--control-radius);font-weight:600;overflow-wrap:anywhere}',
  '.docs{list-style:none;margin:0;padding:0;max-inline-size:none}',
  '.doc{margin-block-end:var(--s3);padding:var(--s3);border-inline-start:3px solid var(--line);scroll-margin-block:5rem;overflow-wrap:anywhere}',
  '.doc.next{border-inline-start-color:var(--accent)}',
  '.doc:not(.next) kbd{visibility:hidden}',
  '.doc h2{margin:0 0 var(--s1);font-size:1rem}',
  '.doc .options{grid-template-columns:repeat(auto-fit,minmax(min(100%,10rem),1fr));max-block-size:none}',
  '.doc .radios{margin:0}',
  '.doc .option{min-block-size:var(--target)}',
  '.doc-text{white-space:pre-wrap}',
  '.sentence{cursor:pointer;border-radius:2px}',
  '.sentence[aria-pressed=true]{background:var(--ok-tint);color:var(--ok);text-decoration:underline;text-decoration-thickness:2px}',
  '.no-passages .sentence{background:none;color:inherit;text-decoration:none}',
];

export const stage = 'own';

/** @param {import('./types.js').TaskView} task @param {boolean} shuffled @returns {Doc[]} in the order shown */
function documentsOf({ data, dealt }, shuffled) {
  const found = /** @type {Doc[]} */ (Array.isArray(data.documents) ? data.documents : []);
  if (!shuffled || !dealt) return found;
  return dealt.flatMap((id) => found.find((doc) => doc.id === id) || []);
}

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, task, panel, answer, proposal, taken, changed, t } = context;
  const config = /** @type {RelevanceConfig} */ (question.config);
  const docs = documentsOf(task, config.shuffled !== false);
  const ids = docs.map((doc) => doc.id);
  if (!docs.length) return cannot(panel, t('This task has no documents to judge. Skip it (paid).'));
  wear('relevance', RELEVANCE);
  const grades = config.grades || [];
  const lowest = grades[0]?.value ?? 0;
  const marks = wanted(config.passages);
  const past = new Past(/** @type {Judged} */ ({ grades: { ...answer?.grades }, passages: { ...answer?.passages } }));
  const keys = labelKeys(grades.map(({ value }) => ({ value: String(value), key: value >= 0 && value <= 9 ? String(value) : '' })), taken);
  const [next, back, mark] = labelKeys(['n', 'p', ...(marks ? ['m'] : [])].map((key) => ({ value: key, key })), taken);
  const given = () => ids.map((id) => past.now.grades[id] ?? null);
  let at = Math.max(0, nextEmpty(given(), -1));

  const cards = docs.map((doc, index) => card(doc, index));
  /** @param {Doc} doc @param {number} index */
  function card({ id, title, text }, index) {
    const sentences = marks ? sentencesOf(text) : [];
    const spans = sentences.map((sentence, place) =>
      el('span', { class: 'sentence', role: 'button', tabindex: place ? -1 : 0, 'aria-pressed': 'false', onclick: () => touch(index, place), onkeydown: (/** @type {KeyboardEvent} */ event) => onKey(index, place, event) }, sentence.text),
    );
    const set = radios({
      name: `q-${question.name}-${index}`,
      legend: [el('span', { class: 'sr-only' }, t('How well does document {n} answer?', { n: index + 1 }))],
      options: grades.map(({ value, title: words }, place) => ({ value: String(value), title: words || String(value), key: keys[place] })),
      chosen: null,
      proposed: proposal?.grades?.[id] === undefined ? null : String(proposal.grades[id]),
      suggested: t('suggested'),
      picked: (value) => grade(index, Number(value)),
    });
    const node = el(
      'li',
      { class: 'doc card', 'aria-labelledby': `doc-${question.name}-${index}`, onfocusin: () => show(index) },
      el('h2', { id: `doc-${question.name}-${index}`, dir: 'auto' }, title ? `${index + 1}. ${title}` : t('Document {n}', { n: index + 1 })),
      el('p', { class: 'doc-text', dir: 'auto' }, ...(marks ? spans : [text])),
      set.root,
    );
    return { id, node, set, sentences, spans };
  }
  const list = el('ol', { class: 'docs' }, ...cards.map(({ node }) => node));
  const query = typeof task.data.query === 'string' ? task.data.query : '';
  const view = el('div', { class: context.hidden ? 'search question no-hints' : 'search question' }, query ? el('p', { class: 'query', dir: 'auto' }, el('span', { class: 'sr-only' }, t('Looked for:'), ' '), query) : null, list);
  context.stage.append(view);

  const told = el('p', { class: 'muted small', role: 'status' });
  const step = (/** @type {string} */ key, /** @type {string} */ words, /** @type {() => void} */ run) => el('button', { type: 'button', class: 'tool', onclick: run }, words, key ? el('kbd', {}, nameOf({ key })) : null);
  const why = wanted(config.reason)
    ? reasonField({ id: `why-${question.name}`, title: config.reason === 'required' ? t('Why?') : t('Why? (optional)'), start: answer?.reason || '', key: 'w', taken, group: question.title, changed })
    : null;
  const root = el(
    'fieldset',
    { class: 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    marks ? el('p', { class: 'muted small' }, config.passages === 'required' ? t('Press the sentences that answer it, in each document that does.') : t('You may press the sentences that answer it.')) : null,
    el('div', { class: 'toolbar' }, step(back, t('Previous'), () => go(at - 1)), step(next, t('Next'), () => go(at + 1)), marks ? step(mark, t('Mark a sentence'), () => toSentence()) : null),
    told,
    why && why.root,
  );
  panel.append(root);

  const draw = () => {
    for (const { id, node, set, sentences, spans } of cards) {
      const value = past.now.grades[id];
      set.choose(value === undefined ? null : String(value));
      node.classList.toggle('no-passages', value === lowest);
      sentences.forEach((sentence, place) => spans[place].setAttribute('aria-pressed', String(isMarked(past.now.passages[id] || [], sentence))));
    }
    told.textContent = t('{n} of {m} documents graded', { n: given().filter((value) => value !== null).length, m: ids.length });
  };
  const show = (/** @type {number} */ index) => {
    at = index;
    cards.forEach(({ node }, place) => node.classList.toggle('next', place === at));
  };
  const turn = () => (draw(), changed(), true);
  const go = (/** @type {number} */ index) => {
    const to = Math.min(cards.length - 1, Math.max(0, index));
    show(to);
    cards[to].set.focus();
    cards[to].node.scrollIntoView({ block: 'nearest' });
  };
  /** @param {number} index @param {number} value */
  const grade = (index, value) => void (past.step({ ...past.now, grades: { ...past.now.grades, [ids[index]]: value } }) && turn());
  const press = (/** @type {number} */ value) => {
    const graded = at;
    grade(graded, value);
    const to = nextEmpty(given(), graded);
    go(to < 0 ? graded : to);
  };
  /** @param {number} index @param {number} place */
  const touch = (index, place) => {
    if (getSelection()?.toString()) return;
    show(index);
    const { id, sentences } = cards[index];
    if (past.step({ ...past.now, passages: { ...past.now.passages, [id]: toggled(past.now.passages[id] || [], sentences[place]) } })) turn();
  };
  const toSentence = () => cards[at].spans.find((span) => span.tabIndex === 0)?.focus();
  /** @param {number} index @param {number} place @param {KeyboardEvent} event */
  const onKey = (index, place, event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { spans } = cards[index];
    const move = (/** @type {number} */ to) => {
      if (!spans[to]) return;
      spans.forEach((span, other) => (span.tabIndex = other === to ? 0 : -1));
      spans[to].focus();
    };
    const does = /** @type {Record<string, () => void>} */ ({ ArrowDown: () => move(place + 1), ArrowUp: () => move(place - 1), ' ': () => touch(index, place), Enter: () => touch(index, place) })[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  };
  show(at);
  draw();
  const passages = () => Object.fromEntries(ids.filter((id) => past.now.passages[id]?.length && past.now.grades[id] !== lowest).map((id) => [id, past.now.passages[id]]));
  const left = () => given().filter((value) => value === null).length;
  return {
    value: () => {
      if (left() === ids.length && !Object.keys(passages()).length) return null;
      const marked = passages();
      return { grades: past.now.grades, ...(Object.keys(marked).length && { passages: marked }), ...(why?.value() && { reason: why.value() }), order: ids };
    },
    issues: () => {
      if (left()) return question.required || left() < ids.length ? [t('{n} documents have no grade yet.', { n: left() })] : [];
      const bare = ids.findIndex((id) => past.now.grades[id] > lowest && !past.now.passages[id]?.length);
      if (config.passages === 'required' && bare >= 0) return [t('Mark what answers it in document {n}.', { n: bare + 1 })];
      return config.reason === 'required' && !why?.value() ? [t('Say why, in a few words.')] : [];
    },
    keys: [
      ...grades.map(({ value, title }, place) => ({ key: keys[place], does: title || String(value), group: question.title, answers: ids.length === 1 && !marks, run: () => press(value) })),
      { key: next, does: t('Next document'), group: question.title, run: () => go(at + 1) },
      { key: back, does: t('Previous document'), group: question.title, run: () => go(at - 1) },
      ...(marks ? [{ key: mark, does: t('Mark a sentence'), group: question.title, run: toSentence }] : []),
      ...(why?.keys || []),
    ].filter((binding) => binding.key),
    undo: () => past.undo() && turn(),
    redo: () => past.redo() && turn(),
    proposalShown: () => Boolean(proposal) && !view.classList.contains('no-hints'),
    ...(proposal && {
      hideProposal: (/** @type {boolean} */ hidden) => void view.classList.toggle('no-hints', hidden),
      accept: () => void (past.step({ grades: { ...proposal.grades }, passages: { ...proposal.passages } }) && turn()),
    }),
    unmount: () => (root.remove(), view.remove()),
  };
}
