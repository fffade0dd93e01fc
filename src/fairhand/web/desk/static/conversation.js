// @ts-check
/**
 * Draws a conversation and the replies to compare: side by side on a desk; on a phone one under
 * another, with a row of buttons that stays in sight and leads from one to the next. The server
 * made the HTML, and dealt the order.
 */
import { el } from './dom.js';
import { showItem } from './stage.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {import('./types.js').Turn} Turn
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

const STYLE = [
  '.talk{inline-size:100%;margin-block-end:auto}',
  '.turn{max-inline-size:60rem;margin-block-end:var(--s2);padding:var(--s2) var(--s3);border-inline-start:3px solid var(--control);background:var(--card);overflow-wrap:anywhere}',
  '.turn.assistant{border-color:var(--accent)}',
  '.turn.system{border-style:dashed}',
  '.turn>.muted{margin:0}',
  '.turn .prose>:last-child,.reply .prose>:last-child{margin-block-end:0}',
  '.talk pre,.talk table{display:block;max-inline-size:100%;overflow-x:auto}',
  '.replies{display:grid;gap:var(--s3);grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr))}',
  '.reply{margin:0;padding:0 var(--s3) var(--s3);overflow-wrap:anywhere;min-inline-size:0;scroll-margin-block-start:3.75rem}',
  '.reply h2{position:sticky;inset-block-start:calc(-1*var(--s2));margin:0;padding-block:var(--s2);background:var(--card);font-size:1rem}',
  '.talk-tabs{display:none}',
  '@media (max-width:59.99rem){.talk-tabs{display:flex;gap:var(--s1);position:sticky;z-index:1;inset-block-start:calc(-1*var(--s2));margin-block-end:var(--s2);padding-block:var(--s1);background:var(--bg)}.talk-tabs .tool{flex:1}.reply h2{position:static}.replies{grid-template-columns:1fr}.stage:has(.talk)+.panel{max-block-size:45dvh}}',
];

/** The letter that a reply is called by, in the order shown. @param {number} place */
export const letterOf = (place) => String.fromCharCode(65 + place);

/** HTML that the server made safe. @param {string} html */
function prose(html) {
  const node = el('div', { class: 'prose', dir: 'auto' });
  node.innerHTML = html;
  return node;
}

/** @param {Turn[]} turns @param {T} t @returns {HTMLElement[]} */
export function drawTurns(turns, t) {
  const who = { prompter: t('Person'), assistant: t('Assistant'), system: t('Instructions') };
  return turns.map(({ role, html }) => el('div', { class: `turn ${role}` }, el('p', { class: 'muted small' }, who[role]), prose(html)));
}

/** Draws what is talked about, or the item itself where nothing is. A kind that wants it says
 * `export const show = showTalk;`.
 * @param {HTMLElement} stage @param {TaskView} task @param {HTMLImageElement | null} image @param {T} t */
export function showTalk(stage, task, image, t) {
  const { talk } = task;
  if (!talk) return showItem(stage, task, image, t);
  wear('talk', STYLE);
  const replies = talk.replies.map(({ html, turns }, place) =>
    el(
      'article',
      { class: 'reply card', tabindex: -1, 'data-place': place, 'aria-labelledby': `reply-${place}` },
      el('h2', { id: `reply-${place}` }, t('Reply {letter}', { letter: letterOf(place) })),
      ...drawTurns(turns, t),
      html ? prose(html) : null,
    ),
  );
  stage.append(
    el(
      'div',
      { class: 'talk' },
      ...(talk.turns.length ? [el('section', { 'aria-label': t('Conversation') }, ...drawTurns(talk.turns, t))] : []),
      replies.length > 1 ? tabs(replies, t) : null,
      replies.length ? el('div', { class: 'replies' }, ...replies) : null,
    ),
  );
}

/** @param {HTMLElement[]} replies @param {T} t */
function tabs(replies, t) {
  const go = (/** @type {number} */ place) => {
    replies[place].scrollIntoView({ block: 'start' });
    replies[place].focus({ preventScroll: true });
  };
  const buttons = replies.map((_, place) => el('button', { type: 'button', class: 'tool', onclick: () => go(place) }, t('Reply {letter}', { letter: letterOf(place) })));
  return el('nav', { class: 'talk-tabs', 'aria-label': t('Replies') }, ...buttons);
}
