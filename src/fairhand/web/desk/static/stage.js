// @ts-check
/** Shows the item itself: a picture, a text, or named fields. Heavy content waits to be revealed. */
import { el } from './dom.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

/** @typedef {{done: () => number, leave: () => void}} Gentle
 * `done`: sent or skipped, says how long it could be seen; `leave`: its task goes from the desk */

const SMALL_PICTURE = 64;

/** @param {string} url @returns {Promise<HTMLImageElement | null>} decoded, or null when it cannot be had */
export async function loadImage(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} stage @param {TaskView} task @param {HTMLImageElement | null} image @param {T} t */
export function showItem(stage, task, image, t) {
  if (task.image) stage.append(image ? picture(task, image, t) : missing(t));
  if (task.sound) stage.append(el('audio', { controls: true, src: task.sound.url, 'aria-label': t('The sound to judge') }));
  const fields = textFields(task);
  if (fields.length === 1) stage.append(el('p', { class: 'item-text', dir: 'auto' }, fields[0][1]));
  else if (fields.length) {
    const list = el('dl', { class: 'item-fields' });
    for (const [name, value] of fields) {
      list.append(el('dt', {}, name), el('dd', { dir: 'auto' }, value));
    }
    stage.append(list);
  }
}

/** What is to be read: the text alone where there is one; a picture's other fields are not shown,
 * a file name can give the answer away. @param {TaskView} task @returns {[string, string][]} */
function textFields(task) {
  const data = task.data || {};
  if (typeof data.text === 'string') return [['text', data.text]];
  if (task.image || task.sound) return [];
  const told = new Set(task.questions.map((question) => question.only_if?.data));
  return Object.entries(data)
    .filter(([name, value]) => !told.has(name) && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => [name, String(value)]);
}

/** @param {TaskView} task @param {HTMLImageElement} image @param {T} t */
function picture(task, image, t) {
  const size = /** @type {import('./types.js').Picture} */ (task.image);
  image.className = Math.max(size.width, size.height) <= SMALL_PICTURE ? 'item-image tiny' : 'item-image';
  image.alt = t('The picture to judge');
  const frame = el(
    'button',
    { type: 'button', class: 'item-frame', 'aria-pressed': 'false', title: t('Full size') },
    image,
  );
  frame.addEventListener('click', async () => {
    const large = frame.classList.toggle('full');
    frame.setAttribute('aria-pressed', String(large));
    if (large && image.src.endsWith(size.preview_url)) {
      const full = await loadImage(size.url);
      if (full) image.src = full.src;
    }
  });
  return frame;
}

/** @param {T} t */
function missing(t) {
  return el(
    'p',
    { class: 'notice warn' },
    t('The picture could not be loaded. Skip this task (paid), or wait for the connection.'),
  );
}

/**
 * Covers hard content at once; what the cover says comes with the module that is fetched for it.
 * Without that module the content stays covered.
 * @param {HTMLElement} stage @param {TaskView} task @param {string} url @param {T} t @param {() => void} skip
 * @returns {Promise<Gentle | null>}
 */
export async function veil(stage, task, url, t, skip) {
  stage.classList.add('veiled');
  for (const child of stage.children) child.setAttribute('inert', '');
  const cover = el('div', { class: 'veil', role: 'group', 'aria-label': t('Content warning') });
  stage.append(cover);
  try {
    return await (await import(url)).cover(stage, cover, task, t, skip);
  } catch {
    cover.append(t('This stays covered: its tools could not be loaded. Reload the page, or skip it (paid).'));
    return null;
  }
}
