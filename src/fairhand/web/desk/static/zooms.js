// @ts-check
/** Buttons that every picture with shapes has: nearer, farther, the whole of it; and four arrows. */
import { el } from './dom.js';

/**
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

/** @param {CanvasView} view @param {T} t @returns {[string, string, () => void][]} title, key, what it does */
export function zooms(view, t) {
  return [
    [t('Zoom in'), '+', () => view.zoom(1.4)],
    [t('Zoom out'), '-', () => view.zoom(1 / 1.4)],
    [t('Whole picture'), 'o', () => view.whole()],
  ];
}

/** What arrow keys do, for a finger. @param {T} t @param {(by: {x: number, y: number}) => void} nudge */
export function arrows(t, nudge) {
  const ways = /** @type {[string, string, number, number][]} */ ([
    [t('Move left'), '←', -1, 0],
    [t('Move up'), '↑', 0, -1],
    [t('Move down'), '↓', 0, 1],
    [t('Move right'), '→', 1, 0],
  ]);
  const buttons = ways.map(([name, sign, x, y]) => el('button', { type: 'button', class: 'tool', 'aria-label': name, onclick: () => nudge({ x, y }) }, sign));
  const bar = el('div', { class: 'toolbar', role: 'group', dir: 'ltr', 'aria-label': t('Move it') }, ...buttons);
  for (const button of buttons) button.style.setProperty('flex-basis', '3rem');
  return bar;
}
