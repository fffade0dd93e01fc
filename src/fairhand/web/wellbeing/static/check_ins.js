// @ts-check
/** Check-ins: written, sealed and opened on this page alone. */
import { newKey, open, seal, unwrap, wrap } from './seal.js';

/**
 * @typedef {import('./seal.js').Wrapped} Wrapped
 * @typedef {{id: number, client_key: string, at: string, sealed: string}} Sealed
 * @typedef {{answers: (number | null)[], words: string}} Note
 */

const PATH = '/api/v1/me/wellbeing/check-ins';
const SVG = 'http://www.w3.org/2000/svg';
const LEAST_WORDS = 12;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
/** @type {{key: Wrapped | null, notes: Sealed[], words: Record<string, string>}} */
const page = JSON.parse(byId('sealed').textContent || '{}');
/** Says it in the reader's language. @param {string} text */
const t = (text) => page.words[text] || text;
/** @type {CryptoKey | null} */
let key = null;

/** @param {string} words @param {boolean} [bad] */
function say(words, bad = false) {
  const place = byId('said');
  place.className = words && (bad ? 'notice bad' : 'notice ok');
  place.textContent = words;
}

/** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} null when it failed */
async function send(method, path, body) {
  const token = document.querySelector('meta[name=csrf-token]')?.getAttribute('content') || '';
  try {
    const response = await fetch(PATH + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    say(answer.detail || t('It could not be kept.'), true);
  } catch {
    say(t('No connection. Nothing was lost: try again when it is back.'), true);
  }
  return null;
}

/** Shows the part of the page that is wanted now. */
function turn() {
  byId('begin').hidden = Boolean(page.key);
  byId('unlock').hidden = !page.key || Boolean(key);
  byId('open').hidden = !key;
}

/** Brings whoever listens or uses keys to what is there now: the button they pressed is gone. @param {string} id */
const go = (id) => byId(id).focus();

/** @param {SubmitEvent} event */
async function begin(event) {
  event.preventDefault();
  const [words, again] = [field('new-words').value, field('new-words-again').value];
  if (words.length < LEAST_WORDS) return say(t('Use at least 12 characters; a sentence is fine.'), true);
  if (words !== again) return say(t('The two are not the same.'), true);
  const fresh = await newKey();
  const wrapped = await wrap(fresh, words);
  if (!(await send('PUT', '/key', wrapped))) return undefined;
  page.key = wrapped;
  key = fresh;
  say(t('Ready. Keep your words: nobody can find them again for you.'));
  await show();
  return go('note-title');
}

/** @param {SubmitEvent} event */
async function unlock(event) {
  event.preventDefault();
  if (!page.key) return undefined;
  say(t('Opening…'));
  key = await unwrap(page.key, field('words').value);
  field('words').value = '';
  if (!key) return say(t('These are not the words that sealed it.'), true);
  say('');
  await show();
  return go('note-title');
}

/** @param {SubmitEvent} event */
async function change(event) {
  event.preventDefault();
  const words = field('changed-words').value;
  if (!key || words.length < LEAST_WORDS) return say(t('Use at least 12 characters; a sentence is fine.'), true);
  const wrapped = await wrap(key, words);
  if (!(await send('PUT', '/key', { ...wrapped, again: true }))) return undefined;
  page.key = wrapped;
  field('changed-words').value = '';
  return say(t('From now on your new words open it.'));
}

/** @param {SubmitEvent} event */
async function keep(event) {
  event.preventDefault();
  if (!key) return undefined;
  const form = /** @type {HTMLFormElement} */ (byId('note'));
  const questions = [...form.querySelectorAll('fieldset')];
  const answers = questions.map((one) => {
    const chosen = /** @type {HTMLInputElement | null} */ (one.querySelector('input:checked'));
    return chosen ? Number(chosen.value) : null;
  });
  const words = field('free').value.trim();
  if (!words && answers.every((one) => one === null)) return say(t('Choose or write something first.'), true);
  const name = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const sealed = await seal(key, name, { answers, words });
  const kept = await send('POST', '', { client_key: name, sealed });
  if (!kept) return undefined;
  page.notes = kept.notes;
  form.reset();
  say(t('Kept, sealed. Only your words open it.'));
  return show();
}

/** Opens every note and lists it. */
async function show() {
  turn();
  if (!key) return;
  const opened = key;
  /** @type {[Sealed, Note | null][]} */
  const notes = await Promise.all(page.notes.map(async (one) => /** @type {[Sealed, Note | null]} */ ([one, await open(opened, one.client_key, one.sealed)])));
  byId('notes').replaceChildren(...notes.map(([sealed, note]) => line(sealed, note)));
  byId('none').hidden = notes.length > 0;
  byId('course').replaceChildren(...course(notes));
}

/** @param {Sealed} sealed @param {Note | null} note */
function line(sealed, note) {
  const item = document.createElement('section');
  item.className = 'card';
  const title = document.createElement('h3');
  title.className = 'minor';
  title.textContent = sealed.at.slice(0, 16).replace('T', ' ') + ' UTC';
  const words = document.createElement('p');
  words.textContent = note ? note.words : t('This note was sealed with another key.');
  const sum = note ? total(note) : null;
  const figures = document.createElement('p');
  figures.className = 'muted small';
  figures.textContent = sum === null ? '' : t('{sum} of 100').replace('{sum}', String(sum));
  const drop = document.createElement('button');
  drop.type = 'button';
  drop.className = 'button small';
  drop.textContent = t('Delete');
  drop.addEventListener('click', async () => {
    const left = await send('DELETE', `/${sealed.id}`);
    if (!left) return;
    page.notes = left.notes;
    say(t('Deleted.'));
    await show();
    go('before');
  });
  item.append(title, words, figures, drop);
  return item;
}

/** What was answered, from 0 to 100; null when nothing was. @param {Note} note */
function total(note) {
  const given = note.answers.filter((one) => one !== null);
  if (!given.length) return null;
  return Math.round((100 * given.reduce((sum, one) => sum + one, 0)) / (4 * given.length));
}

/** How it went over time, as a picture: drawn here, for only this page can read it.
 * @param {[Sealed, Note | null][]} notes @returns {Element[]} */
function course(notes) {
  const known = notes
    .map(([sealed, note]) => ({ at: Date.parse(sealed.at), value: note && total(note) }))
    .filter((one) => one.value !== null)
    .reverse();
  if (known.length < 2) return [];
  const span = known[known.length - 1].at - known[0].at || 1;
  const spots = known.map((one) => `${(((one.at - known[0].at) / span) * 380 + 10).toFixed(1)},${(110 - Number(one.value)).toFixed(1)}`);
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', '0 0 400 120');
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', t('How I was, from 0 to 100: {values}').replace('{values}', known.map((one) => one.value).join(', ')));
  const curve = document.createElementNS(SVG, 'polyline');
  for (const [name, value] of Object.entries({ class: 'a', fill: 'none', stroke: 'currentColor', 'stroke-width': '2', points: spots.join(' ') })) curve.setAttribute(name, value);
  picture.append(curve);
  return [picture];
}

async function forget() {
  if (!(await send('DELETE', ''))) return;
  Object.assign(page, { key: null, notes: [] });
  key = null;
  say(t('All of it is deleted.'));
  turn();
  go('new-words');
}

if (globalThis.crypto?.subtle) {
  byId('begin').addEventListener('submit', (event) => void begin(/** @type {SubmitEvent} */ (event)));
  byId('unlock').addEventListener('submit', (event) => void unlock(/** @type {SubmitEvent} */ (event)));
  byId('note').addEventListener('submit', (event) => void keep(/** @type {SubmitEvent} */ (event)));
  byId('change').addEventListener('submit', (event) => void change(/** @type {SubmitEvent} */ (event)));
  byId('forget').addEventListener('click', () => void forget());
  turn();
} else say(t('This browser can seal nothing here: open this page over https.'), true);
