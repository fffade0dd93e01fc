// @ts-check
/** The drawing tools: what one pointer, or the keyboard's cursor, does to a mask. */
import { nearest } from './geometry.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {import('./layer.js').MaskLayer} MaskLayer
 * @typedef {{layer: MaskLayer, size: number, paintId: () => number, drawn: () => void, refresh: () => void}} Board
 */

/** Brush and eraser. @param {Board} board @param {boolean} erases */
export function brushTool(board, erases) {
  /** @type {Point | null} */
  let last = null;
  const paint = (/** @type {Point} */ at) => {
    board.layer.stroke(last || at, at, board.size / 2, erases ? 0 : board.paintId());
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

/** Fills the connected area under the point. @param {Board} board */
export function fillTool(board) {
  /** @type {Point | null} */
  let at = null;
  return {
    down: (/** @type {Point} */ point) => (at = point),
    move: () => {},
    up: () => {
      if (at && board.layer.fill(at, board.paintId())) board.drawn();
      at = null;
    },
    cancel: () => (at = null),
  };
}

/** A polygon by clicks; points can be dragged; a click on the first point closes it.
 * @param {Board} board */
export function shapeTool(board) {
  /** @type {Point[]} */
  let points = [];
  let held = -1;
  let moved = false;
  let added = false;
  let slack = 0;
  /** @type {Point} */
  let start = { x: 0, y: 0 };
  const finish = () => {
    if (points.length < 3) return false;
    const shape = points;
    points = [];
    if (board.layer.polygon(shape, board.paintId())) board.drawn();
    board.refresh();
    return true;
  };
  return {
    down: (/** @type {Point} */ at, /** @type {number} */ reach) => {
      held = nearest(points, at, reach);
      moved = false;
      added = held < 0;
      start = at;
      slack = reach / 3;
      if (added) held = points.push(at) - 1;
      board.refresh();
    },
    move: (/** @type {Point} */ at) => {
      if (held < 0) return;
      moved ||= Math.hypot(at.x - start.x, at.y - start.y) > slack;
      if (moved) points[held] = at;
    },
    up: () => {
      const closes = held === 0 && !moved && !added;
      held = -1;
      if (closes) finish();
    },
    cancel: () => {
      if (held >= 0 && added) points.splice(held, 1);
      if (held < 0) points = [];
      held = -1;
      board.refresh();
    },
    drop: () => points.pop() !== undefined,
    size: () => points.length,
    finish,
    /** @param {CanvasView} view */
    decorate: (view) => {
      const corners = points.map((point) => toFrame(view.view, point));
      view.outline(() => corners.forEach((at, index) => view.paint[index ? 'lineTo' : 'moveTo'](at.x, at.y)));
      corners.forEach((at, index) => view.outline(() => view.paint.arc(at.x, at.y, index ? 4 : 6, 0, 7)));
    },
  };
}
