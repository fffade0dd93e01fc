// @ts-check
/** The controls that every kind of shape has: buttons with their keys, the keyboard's cursor. */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {import('./viewport.js').Point} Point
 */

/** @param {string} title @param {string} key @param {() => void} run @param {Node | null} [mark] */
export function toolButton(title, key, run, mark = null) {
  const hint = key ? el('kbd', {}, nameOf({ key })) : null;
  return el('button', { type: 'button', class: 'tool', onclick: run }, mark, el('span', { dir: 'auto' }, title), hint);
}

/** @param {string} name @param {...(Node | null)} buttons */
export function toolbar(name, ...buttons) {
  return el('div', { class: 'toolbar', role: 'group', 'aria-label': name }, ...buttons);
}

/** One button a label, with its colour and key.
 * @param {{title: string, colour: string}[]} labels @param {string[]} keys @param {(index: number) => void} pick */
export function palette(labels, keys, pick) {
  return labels.map((label, index) => {
    const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
    dot.style.setProperty('--label', label.colour);
    return toolButton(label.title, keys[index], () => pick(index), dot);
  });
}

/** How far an arrow key goes, in pixels of the picture; null for other keys.
 * @param {KeyboardEvent} event @param {number} scale @returns {Point | null} */
export function arrowOf(event, scale) {
  const far = (event.shiftKey ? 10 : 1) * (scale < 1 ? Math.round(1 / scale) : 1);
  const ways = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
  const way = ways[event.key];
  return way ? { x: way[0] * far, y: way[1] * far } : null;
}

/** A cross where the keyboard's cursor is. @param {CanvasView} view @param {Point} cursor */
export function drawCursor(view, cursor) {
  const at = toFrame(view.view, cursor);
  view.outline(() => {
    view.paint.moveTo(at.x - 9, at.y);
    view.paint.lineTo(at.x + 9, at.y);
    view.paint.moveTo(at.x, at.y - 9);
    view.paint.lineTo(at.x, at.y + 9);
  }, 1);
}

/** @param {CanvasView} view @param {Point} point @param {number} [radius] in the window's pixels */
export function drawDot(view, point, radius = 4) {
  const at = toFrame(view.view, point);
  view.outline(() => view.paint.arc(at.x, at.y, radius, 0, 7));
}
