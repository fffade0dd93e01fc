// @ts-check
/**
 * Shape and fill, for those who use them. A shape is a polygon whose points can be added, moved,
 * put between others and removed until it is finished; undo opens it again. Whatever is done by
 * dragging can be done by clicks and by keys too.
 */
import { fillPolygon, floodFill } from './areas.js';
import { nearest } from './geometry.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {import('./tools.js').MaskTool} MaskTool
 * @typedef {import('./undo.js').Step} Step
 * @typedef {{points: Point[], chosen: number}} Drawn
 * @typedef {Pick<import('./mask.js').MaskIsland, 'layer' | 'paintId' | 'drawn' | 'refresh' | 'button' | 'keys' | 't'>} Board
 */

/** @param {Board} board @returns {Record<string, MaskTool>} */
export function bring(board) {
  return { shape: shapeTool(board), fill: fillTool(board) };
}

/** Fills the connected area under the point. @param {Board} board @returns {MaskTool} */
function fillTool(board) {
  /** @type {Point | null} */
  let at = null;
  return {
    down: (point) => (at = point),
    move: () => {},
    up: () => {
      if (!at) return;
      floodFill(board.layer.mask, at, board.paintId());
      at = null;
      if (board.layer.commit()) board.drawn();
    },
    cancel: () => (at = null),
  };
}

/** Where a point would lie between two others: the place in the list, or -1 when no side is near.
 * The side that closes the shape does not count while one still adds points.
 * @param {Point[]} points @param {Point} at @param {number} reach */
export function sideNear(points, at, reach) {
  for (let end = 1; end < points.length; end++) {
    const a = points[end - 1];
    const b = points[end];
    const length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
    const along = ((at.x - a.x) * (b.x - a.x) + (at.y - a.y) * (b.y - a.y)) / length2;
    if (along > 0 && along < 1 && Math.hypot(a.x + along * (b.x - a.x) - at.x, a.y + along * (b.y - a.y) - at.y) <= reach) return end;
  }
  return -1;
}

/** @param {Board} board @returns {MaskTool} */
function shapeTool(board) {
  const { t } = board;
  /** @type {Drawn} */
  let now = { points: [], chosen: -1 };
  /** @type {Drawn[]} */
  let past = [];
  /** @type {Drawn[]} */
  let future = [];
  /** Shapes that were finished, by their step. @type {WeakMap<Step, Drawn>} */
  const finished = new WeakMap();
  /** The point that follows the pointer: as it was when it was taken. @type {{was: Drawn, start: Point, slack: number, moved: boolean, fresh: boolean} | null} */
  let held = null;
  let carries = false;

  const take = () => {
    carries = now.chosen >= 0 && !carries;
    board.refresh();
  };
  const drop = () => {
    const { points, chosen } = now;
    if (chosen >= 0) step({ points: points.toSpliced(chosen, 1), chosen: Math.min(Math.max(0, chosen - 1), points.length - 2) });
    board.refresh();
  };
  const finishButton = board.button(t('Finish shape'), '', () => finish());
  const moveButton = board.button(t('Move point'), 'm', take);
  const dropButton = board.button(t('Remove point'), 'Backspace', drop);
  const bar = [finishButton, moveButton, dropButton];
  const group = t('Drawing');
  board.keys.push({ key: 'm', does: t('Move point'), run: take, group }, { key: 'Backspace', does: t('Remove point'), run: drop, group });

  /** @param {Drawn} next @param {Drawn} [was] */
  function step(next, was = now) {
    past.push(was);
    future = [];
    now = next;
  }

  function clear() {
    now = { points: [], chosen: -1 };
    past = [];
    future = [];
    held = null;
    carries = false;
  }

  function finish() {
    const shape = now;
    if (shape.points.length < 3) return false;
    clear();
    fillPolygon(board.layer.mask, shape.points, board.paintId());
    if (board.layer.commit()) {
      finished.set(/** @type {Step} */ (board.layer.history.done.at(-1)), shape);
      board.drawn();
    }
    board.refresh();
    return true;
  }

  /** @param {Point} at @param {Drawn} from @returns {Drawn} */
  const moved = (at, { points, chosen }) => ({ points: points.map((point, index) => (index === chosen ? at : point)), chosen });

  /** @type {MaskTool} */
  const tool = {
    down: (at, reach) => {
      if (carries) {
        carries = false;
        step(moved(at, now));
        return board.refresh();
      }
      const { points } = now;
      const near = nearest(points, at, reach);
      const between = near < 0 ? sideNear(points, at, reach / 2) : -1;
      held = { was: now, start: at, slack: reach / 3, moved: false, fresh: near < 0 };
      if (near >= 0) now = { points, chosen: near };
      else if (between > 0) now = { points: points.toSpliced(between, 0, at), chosen: between };
      else now = { points: [...points, at], chosen: points.length };
      board.refresh();
    },
    move: (at) => {
      if (!held) return;
      held.moved ||= Math.hypot(at.x - held.start.x, at.y - held.start.y) > held.slack;
      if (held.moved) now = moved(at, now);
    },
    up: () => {
      if (!held) return;
      const { was, moved: dragged, fresh } = held;
      held = null;
      if (fresh || dragged) step(now, was);
      else if (now.chosen === 0 && was.points.length > 2) finish();
      board.refresh();
    },
    cancel: () => {
      if (held) now = held.was;
      held = null;
      board.refresh();
    },
    leave: clear,
    finish,
    open: () => now.points.length > 0 || past.length > 0,
    again: () => future.length > 0,
    back: () => {
      const before = past.pop();
      if (before) future.push(now);
      now = before || { points: [], chosen: -1 };
    },
    forth: () => {
      const after = future.pop();
      if (after) past.push(now);
      now = after || now;
    },
    undone: (undone) => {
      const shape = finished.get(undone);
      if (shape) now = shape;
    },
    bar: () => {
      finishButton.disabled = now.points.length < 3;
      moveButton.disabled = dropButton.disabled = now.chosen < 0;
      moveButton.setAttribute('aria-pressed', String(carries));
      return bar;
    },
    decorate: (view, pointer) => {
      const corners = now.points.map((point) => toFrame(view.view, point));
      if (carries && pointer) corners[now.chosen] = pointer;
      view.outline(() => corners.forEach((at, index) => view.paint[index ? 'lineTo' : 'moveTo'](at.x, at.y)));
      if (corners.length > 2) {
        view.paint.setLineDash([4, 4]);
        view.outline(() => {
          view.paint.moveTo(corners[corners.length - 1].x, corners[corners.length - 1].y);
          view.paint.lineTo(corners[0].x, corners[0].y);
        }, 1);
        view.paint.setLineDash([]);
      }
      corners.forEach((at, index) => view.outline(() => view.paint.arc(at.x, at.y, index === now.chosen ? 7 : index ? 4 : 6, 0, 7), index === now.chosen ? 3 : 1.5));
    },
  };
  return tool;
}
