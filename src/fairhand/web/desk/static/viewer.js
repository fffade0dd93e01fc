// @ts-check
/**
 * A picture that is looked at and not drawn on, where an <img> will not do: more than 8 bits, too
 * large to send whole, or with a place on the map. One finger or the mouse moves it.
 */
import { CanvasView } from './canvas.js';
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { layPicture } from './picture.js';

/**
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./picture.js').PictureContext} PictureContext
 */

const STEP = 80;

/** @param {PictureContext} context @returns {{keys: Binding[], close: () => void}} */
export function openViewer(context) {
  const { t } = context;
  const size = /** @type {import('./types.js').Picture} */ (context.task.image);
  /** @type {import('./viewport.js').Point | null} */
  let held = null;
  const view = new CanvasView(context.stage, size, {
    name: t('The picture to judge. Arrow keys move it.'),
    tool: () => hand,
    overlay: () => null,
    decorate: () => {},
  });
  const hand = {
    down: (/** @type {import('./viewport.js').Point} */ at) => void (held = at),
    move: (/** @type {import('./viewport.js').Point} */ at) => held && view.pan((at.x - held.x) * view.view.scale, (at.y - held.y) * view.view.scale),
    up: () => void (held = null),
    cancel: () => void (held = null),
  };
  const { keys } = layPicture(view, context);
  const own = /** @type {[string, string, () => void, string][]} */ ([
    ['+', t('Zoom in'), () => view.zoom(1.4), '+'],
    ['-', t('Zoom out'), () => view.zoom(1 / 1.4), '−'],
    ['o', t('Whole picture'), () => view.whole(), ''],
  ]);
  const bar = /** @type {HTMLElement} */ (context.stage.querySelector('.stage-tools'));
  for (const [key, does, run, sign] of own) {
    const face = sign ? [sign] : [does, el('kbd', {}, nameOf({ key }))];
    bar.append(el('button', { type: 'button', class: 'tool', title: does, 'aria-label': does, onclick: run }, ...face));
  }
  const moves = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] });
  view.canvas.addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    view.pan(...move);
  }, view.ended);
  return { keys: [...own.map(([key, does, run]) => ({ key, does, run, group: t('Picture') })), ...keys], close: () => view.close() };
}
