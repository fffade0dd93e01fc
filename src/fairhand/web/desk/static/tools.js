// @ts-check
/** The tools that are there at once, and what stands in for those that are fetched when needed. */
import { el } from './dom.js';
import { paintStroke } from './grain.js';

/**
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {import('./layer.js').MaskLayer} MaskLayer
 * @typedef {{layer: MaskLayer, size: number, paintId: () => number, drawn: () => void, refresh: () => void}} Board
 *
 * @typedef {object} MaskTool what one pointer, or the keyboard's cursor, does to a mask
 * @property {string} [module] it is still to be fetched, from there
 * @property {[string, ...any][]} [asked] what was asked of it meanwhile
 * @property {(at: Point, reach: number) => void} down
 * @property {(at: Point) => void} move
 * @property {() => void} up
 * @property {() => void} cancel
 * @property {(view: import('./canvas.js').CanvasView, at: Point | null) => void} [decorate] `at`: the pointer, in the window
 * @property {() => HTMLElement[]} [bar] its own buttons and words
 * @property {() => boolean} [open] it holds something unfinished, whose steps `back` takes back
 * @property {() => boolean} [again] `forth` can do a step again
 * @property {() => void} [back]
 * @property {() => void} [forth]
 * @property {() => void} [leave]
 * @property {() => void} [forget] another thing begins
 * @property {() => boolean} [finish]
 * @property {(step: import('./undo.js').Step) => void} [undone] a finished step was taken back
 * @property {() => boolean} [isPending] a server is asked
 */

/** Brush and eraser. @param {Board} board @param {boolean} erases */
export function brushTool(board, erases) {
  /** @type {Point | null} */
  let last = null;
  const paint = (/** @type {Point} */ at) => {
    paintStroke(board.layer.mask, last || at, at, board.size / 2, erases ? 0 : board.paintId());
    last = at;
  };
  return {
    down: paint,
    move: (/** @type {Point} */ at) => last && paint(at),
    up: () => {
      last = null;
      if (board.layer.commit()) board.drawn();
    },
    cancel: () => {
      last = null;
      board.layer.cancel();
    },
  };
}

/** Stands where a tool will be; what one does meanwhile is done again when it is here.
 * @param {string} module @returns {MaskTool} */
export function lateTool(module) {
  /** @type {['down' | 'move' | 'up', ...any][]} */
  const asked = [];
  const room = [el('button', { type: 'button', class: 'tool', disabled: true }, '…')];
  return {
    module,
    asked,
    bar: () => room,
    down: (at, reach) => asked.push(['down', at, reach]),
    move: (at) => asked.push(['move', at]),
    up: () => asked.push(['up']),
    cancel: () => (asked.length = 0),
  };
}
