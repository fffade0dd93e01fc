// @ts-check
/** Shows the item itself: a picture, a text, or named fields. Heavy content waits to be revealed. */
import { el } from './dom.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

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
  if (task.image) return [];
  return Object.entries(data)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
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
 * Covers heavy content until the person chooses to look; skipping is paid and never asked about.
 * @param {HTMLElement} stage @param {TaskView} task @param {T} t @param {() => void} skip
 */
export function veil(stage, task, t, skip) {
  if (!task.tier && !task.sensitive) return;
  const level = task.tier ? t('Level {n} of 4.', { n: task.tier }) : '';
  stage.classList.add('veiled');
  for (const child of stage.children) child.setAttribute('inert', '');
  const reveal = () => {
    cover.remove();
    stage.classList.remove('veiled');
    for (const child of stage.children) child.removeAttribute('inert');
  };
  const cover = el(
    'div',
    { class: 'veil', role: 'group', 'aria-label': t('Content warning') },
    el('p', {}, t('This may be hard to look at. It stays hidden until you choose.'), ' ', level),
    el('button', { type: 'button', class: 'button', onclick: reveal }, t('Show it')),
    el('button', { type: 'button', class: 'button', onclick: skip }, t('Skip (paid)')),
  );
  stage.append(cover);
}
