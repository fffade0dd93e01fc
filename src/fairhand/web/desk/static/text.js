// @ts-check
/**
 * The text question: a person writes, or mends what is there. Pasting is as good as typing; the
 * length is counted as the server counts it; the preview is drawn by the server, for a reader of
 * the answer sees what the server makes of it.
 */
import { call } from './api.js';
import { showTalk } from './conversation.js';
import { el } from './dom.js';
import { labelKeys, nameOf } from './keys.js';
import { wear } from './wear.js';
import { Steps, canonicalText, lengthOf, offBy } from './writing.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 */

const WRITING = [
  '.writing textarea{display:block;inline-size:100%;min-block-size:7.5rem;max-block-size:55dvh;field-sizing:content;resize:vertical;line-height:1.5;padding:var(--s2) var(--s3);scroll-margin-block:4rem}',
  '.writing label{display:flex;align-items:baseline;gap:var(--s2);margin-block-end:var(--s2);font-weight:600}',
  '.writing-foot{display:flex;flex-wrap:wrap;align-items:center;gap:var(--s1) var(--s2);margin-block-start:var(--s2)}',
  '.writing-foot .count{flex:1 1 auto;margin:0;font-variant-numeric:tabular-nums}',
  '.writing-foot .tool{flex:none}',
  '.writing .prose,.writing blockquote{max-block-size:55dvh;overflow:auto;overflow-wrap:anywhere;margin:0 0 var(--s2);padding:var(--s2) var(--s3);background:var(--card);border:1px solid var(--line);border-radius:var(--control-radius)}',
  '.writing blockquote{white-space:pre-wrap;border:1px dashed var(--info)}',
  '.writing.no-hints blockquote{display:none}',
  '.turn.judged{outline:2px solid var(--accent);outline-offset:2px}',
  '@media (min-width:60rem){.panel:has(.writing){flex-basis:min(40rem,42%)}.writing textarea{min-block-size:14rem}}',
];

const PREVIEW_KEY = { key: 'm', ctrl: true };

/** The conversation; where its last turn is under review, that one is marked.
 * @type {typeof showTalk} */
export function show(stage, task, image, t) {
  wear('writing', WRITING);
  showTalk(stage, task, image, t);
  if (task.data?.step === 'review') [...stage.querySelectorAll('.turn')].pop()?.classList.add('judged');
}

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  wear('writing', WRITING);
  const { question, task, panel, changed, t } = context;
  const config = /** @type {{min_length?: number, max_length?: number, markdown?: boolean, edit?: boolean, language?: string}} */ (question.config);
  const least = config.min_length ?? 1;
  const most = config.max_length ?? 10000;
  const id = `q-${question.name}`;
  const key = labelKeys([{ value: 'write', key: 'w' }], context.taken)[0];
  const begun = config.edit && typeof task.data?.draft === 'string' ? task.data.draft : '';
  const field = el('textarea', {
    id,
    rows: 5,
    dir: 'auto',
    lang: task.data?.language || config.language || null,
    spellcheck: 'true',
    'aria-describedby': `${id}-count`,
    oninput: () => edited(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Escape' && leave(event),
  });
  field.value = context.answer ?? begun;
  const steps = new Steps(field.value);
  const count = el('p', { class: 'count muted small', id: `${id}-count` });
  const preview = el('div', { class: 'prose', dir: 'auto', tabindex: 0, hidden: true, role: 'region', 'aria-label': t('Preview') });
  const toggle = el('button', { type: 'button', class: 'tool', 'aria-pressed': 'false', onclick: () => void look() }, t('Preview'), ' ', el('kbd', {}, nameOf(PREVIEW_KEY)));
  const proposed = typeof context.proposal === 'string' ? context.proposal : null;
  const root = el(
    'div',
    { class: context.hidden ? 'question writing no-hints' : 'question writing' },
    el(
      'label',
      { for: id, dir: 'auto' },
      el('span', {}, question.title),
      question.required ? null : el('span', { class: 'muted' }, t('(optional)')),
      key ? el('kbd', {}, nameOf({ key })) : null,
    ),
    proposed === null ? null : el('blockquote', { dir: 'auto' }, el('span', { class: 'hint' }, t('suggested')), '\n', proposed),
    field,
    preview,
    el('div', { class: 'writing-foot' }, count, config.markdown ? toggle : null),
  );
  panel.append(root);

  const leave = (/** @type {Event} */ event) => {
    event.preventDefault();
    (field.closest('section') || field).focus({ preventScroll: true });
  };
  const text = () => canonicalText(field.value);
  const counted = () => {
    const length = lengthOf(text());
    const off = offBy(length, least, most);
    count.textContent =
      length && off < 0
        ? t('{n} characters; at least {m} are needed', { n: length, m: least })
        : off > 0
          ? t('{n} characters; {m} too many', { n: length, m: off })
          : t('{n} of at most {m} characters', { n: length, m: most });
    count.classList.toggle('bad', off > 0);
    if (off > 0) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  };
  const edited = () => {
    steps.note(field.value, performance.now());
    counted();
    changed();
  };
  const put = (/** @type {string | null} */ words) => {
    if (words === null) return false;
    field.value = words;
    counted();
    changed();
    return true;
  };
  const look = async () => {
    const open = preview.hidden === true;
    toggle.setAttribute('aria-pressed', String(open));
    preview.hidden = !open;
    field.hidden = open;
    if (!open) return field.focus({ preventScroll: true });
    preview.textContent = '…';
    const reply = await call('POST', '/preview', { text: field.value });
    if (reply.status === 200) preview.innerHTML = reply.body.html;
    else preview.textContent = t('The preview needs a connection. What you wrote is safe.');
    preview.focus({ preventScroll: true });
  };
  counted();

  return {
    value: () => text() || null,
    issues: () => {
      const length = lengthOf(text());
      if (!length) return question.required ? [t('“{q}” has no answer yet.', { q: question.title })] : [];
      if (length < least) return [t('“{q}” needs at least {n} characters.', { q: question.title, n: least })];
      return length > most ? [t('“{q}” may have at most {n} characters.', { q: question.title, n: most })] : [];
    },
    keys: [
      { key, does: t('Write'), group: question.title, run: () => field.focus() },
      ...(config.markdown ? [{ ...PREVIEW_KEY, does: t('Preview'), group: question.title, run: () => void look() }] : []),
    ].filter((binding) => binding.key),
    undo: () => put(steps.undo()),
    redo: () => put(steps.redo()),
    proposalShown: () => proposed !== null && !root.classList.contains('no-hints'),
    ...(proposed !== null && {
      hideProposal: (/** @type {boolean} */ hidden) => void root.classList.toggle('no-hints', hidden),
      accept: () => {
        field.value = proposed;
        edited();
      },
    }),
    unmount: () => root.remove(),
  };
}
