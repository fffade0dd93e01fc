// @ts-check
/**
 * How hard content is shown: covered until its person chooses to look, in the way that they chose,
 * and how long it could be seen. Fetched only where there is such content. The way of showing is a
 * taste and changes neither dose nor pay; nothing of this is known to anybody but the person.
 */
import { call } from './api.js';
import { byId, el } from './dom.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 * @typedef {'hidden' | 'drawing' | 'grey' | 'blur' | 'plain'} Look
 * @typedef {{style: Look, break: {is_due: boolean, hard_ms: number, paid_ms: number}}} Taste
 */

const ASK_AGAIN_MS = 300000;
const LATER_MS = 1800000;
const SVG = 'http://www.w3.org/2000/svg';
const OWN = '/me/wellbeing';
const RATINGS = ['Not at all', 'A little', 'Disturbing', 'Severe', 'Should not be here']; // t
const QUIET = 'fairhand-no-rating';

/** @type {Taste} */
let taste = { style: 'hidden', break: { is_due: false, hard_ms: 0, paid_ms: 0 } };
let askAt = 0;
/** What was done last, so that an answer taken back at once goes on from there. */
let last = { task: 0, ms: 0 };

/** @returns {Promise<Taste>} */
async function tasteNow() {
  if (performance.now() < askAt) return taste;
  askAt = performance.now() + ASK_AGAIN_MS;
  try {
    const response = await fetch(`/api/v1${OWN}/view`, { credentials: 'same-origin' });
    if (response.ok) taste = await response.json();
  } catch {
    // Without an answer the careful way holds.
  }
  return taste;
}

/** Counts how long something could be seen: uncovered, and with this page in front. */
class Watch {
  /** @param {number} ms */
  constructor(ms) {
    this.ms = ms;
    this.open = false;
    /** @type {number | null} */
    this.since = null;
  }

  /** @param {boolean} open */
  set(open) {
    this.open = open;
    this.tick();
  }

  tick() {
    const now = performance.now();
    if (this.since !== null) this.ms += now - this.since;
    this.since = this.open && !document.hidden ? now : null;
  }
}

/**
 * Fills the cover that the desk has put over a task.
 * @param {HTMLElement} stage @param {HTMLElement} veil @param {TaskView} task @param {T} t
 * @param {() => void} skip
 */
export async function cover(stage, veil, task, t, skip) {
  const watch = new Watch(task.revises === null && last.task === task.task_id ? last.ms : 0);
  const { style, break: rest } = await tasteNow();
  if (!veil.isConnected) return null;
  const tick = () => watch.tick();
  document.addEventListener('visibilitychange', tick);
  const bar = el('div', { class: 'proposal', role: 'group', 'aria-label': t('Hard content') });
  byId('panel').prepend(bar);

  /** What comes onto the stage later, such as a question that is asked only now, is shown alike. */
  const newcomers = new MutationObserver(() => drawPieces(stage, shown, t));
  /** @type {Look} */
  let shown = 'plain';
  const open = (/** @type {Look} */ look) => {
    shown = look;
    veil.remove();
    stage.classList.remove('veiled');
    for (const child of stage.children) child.removeAttribute('inert');
    const isWhole = draw(stage, look, t);
    newcomers.observe(stage, { childList: true });
    watch.set(true);
    bar.replaceChildren(
      el('button', { type: 'button', class: 'button small', onclick: close }, t('Cover it')),
      ...(isWhole ? [] : [el('button', { type: 'button', class: 'button small', onclick: () => open('plain') }, t('Show it as it is'))]),
    );
  };
  const close = () => {
    watch.set(false);
    newcomers.disconnect();
    stage.classList.add('veiled');
    for (const child of stage.children) child.setAttribute('inert', '');
    stage.append(veil);
    for (const sound of stage.querySelectorAll('audio')) sound.pause();
    bar.replaceChildren();
    veil.querySelector('button')?.focus();
  };
  const ways = { drawing: t('Show it as a drawing'), grey: t('Show it in grey'), blur: t('Show it blurred') };
  const soft = style in ways ? /** @type {'drawing' | 'grey' | 'blur'} */ (style) : null;
  const level = task.tier ? t('Tier {n} of 3.', { n: task.tier }) : '';
  veil.append(
    el('p', {}, t('This may be hard to look at. It stays covered until you choose.'), ' ', level),
    ...(soft ? [el('button', { type: 'button', class: 'button', onclick: () => open(soft) }, ways[soft])] : []),
    el('button', { type: 'button', class: 'button', onclick: () => open('plain') }, soft ? t('Show it as it is') : t('Show it')),
    el('button', { type: 'button', class: 'button', onclick: skip }, t('Skip (paid)')),
  );
  if (style === 'plain') open('plain');
  if (rest.is_due) offerRest(rest, t);
  const leave = () => {
    watch.set(false);
    newcomers.disconnect();
    document.removeEventListener('visibilitychange', tick);
    last = { task: task.task_id, ms: watch.ms };
  };
  return {
    leave,
    /** The task was sent or skipped. @returns {number} milliseconds in view */
    done() {
      leave();
      document.getElementById('how-hard')?.remove();
      if (watch.ms > 0) askHow(task, t);
      return Math.round(watch.ms);
    },
  };
}

/** Shows what is on the stage in a way. @param {HTMLElement} stage @param {Look} look @param {T} t
 * @returns {boolean} nothing is held back */
function draw(stage, look, t) {
  const pictures = drawPieces(stage, look, t);
  const texts = /** @type {NodeListOf<HTMLElement>} */ (stage.querySelectorAll('.item-text, .item-fields dd'));
  for (const text of texts) isInParts(look) ? bySentence(text, t) : whole(text);
  return look === 'plain' || (look === 'grey' && !pictures);
}

/** What is read bit by bit. @param {Look} look */
const isInParts = (look) => look === 'blur' || look === 'drawing';

/** Pictures, and what is no plain text; nothing that was uncovered is covered again.
 * @param {HTMLElement} stage @param {Look} look @param {T} t @returns {number} how many pictures there are */
function drawPieces(stage, look, t) {
  const pictures = /** @type {NodeListOf<HTMLElement>} */ (stage.querySelectorAll('.item-image, .mask-canvas'));
  const width = pictures[0]?.clientWidth || 0;
  const filters = { grey: 'grayscale(1)', blur: 'blur(0.75rem)', drawing: `url(#${pencil(width)})`, plain: '', hidden: '' };
  for (const picture of pictures) picture.style.filter = filters[look];
  const pieces = /** @type {NodeListOf<HTMLElement>} */ (stage.querySelectorAll('.prose, .doc-text, .prompt'));
  for (const piece of pieces) isInParts(look) ? byPiece(piece, t) : clear(piece);
  return pictures.length;
}

/** @param {HTMLElement} text */
function whole(text) {
  if (text.dataset.whole !== undefined) text.textContent = text.dataset.whole;
}

/** What is no plain text is blurred piece by piece, each until it is asked for. @param {HTMLElement} piece @param {T} t */
function byPiece(piece, t) {
  if (piece.dataset.seen !== undefined) return;
  piece.dataset.seen = '';
  piece.style.filter = 'blur(0.4em)';
  piece.inert = true;
  piece.before(el('button', { type: 'button', class: 'button small', 'data-shows': '', onclick: () => clear(piece) }, t('Show it')));
}

/** @param {HTMLElement} piece */
function clear(piece) {
  piece.style.filter = '';
  piece.inert = false;
  const button = piece.previousElementSibling;
  if (button?.matches('[data-shows]')) button.remove();
}

/** A text comes sentence by sentence: the next is blurred until it is asked for.
 * @param {HTMLElement} text @param {T} t */
function bySentence(text, t) {
  const words = (text.dataset.whole ??= text.textContent || '');
  const parts = (words.match(/[^.!?\n]*[.!?\n]*\s*/g) || []).filter(Boolean).map((part) => el('span', {}, part));
  let shown = 0;
  const next = el('button', { type: 'button', class: 'button small' }, t('Next sentence'));
  const show = () => {
    parts[shown].style.filter = '';
    parts[shown].removeAttribute('aria-hidden');
    shown++;
    if (shown === parts.length) next.remove();
  };
  for (const part of parts) {
    part.style.filter = 'blur(0.4em)';
    part.setAttribute('aria-hidden', 'true');
  }
  next.addEventListener('click', show);
  text.replaceChildren(...parts, ' ', next);
  show();
}

/** Makes a picture into a drawing: what is darker than what lies around it is drawn.
 * @param {number} width of the picture on the screen */
function pencil(width) {
  const id = 'fairhand-drawing';
  document.getElementById(id)?.parentElement?.remove();
  const make = (/** @type {string} */ tag, /** @type {Record<string, string>} */ named, /** @type {Node[]} */ ...inside) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(named)) node.setAttribute(name, value);
    node.append(...inside);
    return node;
  };
  const filter = make(
    'filter',
    { id, 'color-interpolation-filters': 'sRGB', x: '0', y: '0', width: '1', height: '1' },
    make('feColorMatrix', { type: 'saturate', values: '0' }),
    make('feGaussianBlur', { stdDeviation: '1', result: 'near' }),
    make('feGaussianBlur', { in: 'near', stdDeviation: String(Math.max(3, width / 60)), result: 'far' }),
    make('feComposite', { in: 'near', in2: 'far', operator: 'arithmetic', k1: '0', k2: '6', k3: '-6', k4: '0.9' }),
    make('feColorMatrix', { type: 'matrix', values: '1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 0 1' }),
  );
  document.body.append(make('svg', { width: '0', height: '0', 'aria-hidden': 'true', focusable: 'false' }, filter));
  return id;
}

/** @param {string} id @param {string} name @param {string} words @param {[string, () => void][]} actions */
function say(id, name, words, actions) {
  document.getElementById(id)?.remove();
  const buttons = actions.map(([title, run]) => el('button', { type: 'button', class: 'button small', onclick: run }, title));
  const group = el('div', { id, class: 'proposal', role: 'group', 'aria-label': name }, el('p', {}, words), ...buttons);
  byId('desk').before(group);
  return group;
}

/** Optional, and never twice in the way. @param {TaskView} task @param {T} t */
function askHow(task, t) {
  if (sessionStorage.getItem(QUIET)) return;
  const rate = async (/** @type {number} */ tier) => {
    group.remove();
    const reply = await call('PUT', `${OWN}/content/${task.task_id}`, { tier });
    if (reply.status !== 200) say('how-hard', t('How hard it was'), t('It could not be kept just now. You can say it later under Wellbeing.'), [[t('Close'), () => document.getElementById('how-hard')?.remove()]]);
  };
  const words = t('How hard was the last one, for you? Only you see this, and you need not say.');
  const group = say('how-hard', t('How hard it was'), words, [
    ...RATINGS.map((name, tier) => /** @type {[string, () => void]} */ ([t(name), () => void rate(tier)])),
    [t('Do not ask today'), () => (sessionStorage.setItem(QUIET, '1'), group.remove())],
  ]);
}

/** A break is offered, never made. @param {Taste['break']} rest @param {T} t */
function offerRest(rest, t) {
  const minutes = (/** @type {number} */ ms) => Math.round(ms / 60000);
  const name = t('A break, if you like');
  const words = t('You have worked on hard content for {n} minutes. A break of {m} minutes is paid; you may also go on.', { n: minutes(rest.hard_ms), m: minutes(rest.paid_ms) });
  const gone = () => document.getElementById('rest')?.remove();
  const back = async () => {
    gone();
    await call('POST', '/me/time/notes', { what: 'back' });
  };
  const begin = async () => {
    const reply = await call('POST', `${OWN}/breaks`);
    taste.break.is_due = false;
    if (reply.status !== 200) return gone();
    say('rest', name, t('Your break has begun: {m} minutes are paid. Close this when you are back.', { m: minutes(reply.body.paid_up_to_ms) }), [[t('I am back'), () => void back()]]);
  };
  const later = () => {
    gone();
    taste.break.is_due = false;
    askAt = performance.now() + LATER_MS;
  };
  say('rest', name, words, [[t('Take a paid break'), () => void begin()], [t('Not now'), later]]);
}
