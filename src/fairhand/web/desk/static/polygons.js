// @ts-check
/**
 * The polygon question. A shape is clicked corner by corner and closed on its first one, or with
 * Enter; corners can be added, moved and removed by pointer and by keys. No edges may cross.
 */
import { Board, BOARD_KEYS } from './board.js';
import { crossing } from './crossing.js';
import { drawDot } from './easel.js';
import { onPicture } from './shapes.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./board.js').Craft} Craft
 */

export const reserved = BOARD_KEYS;
export const stage = 'canvas';
const MOST_CORNERS = 1000;

/** @param {import('./types.js').IslandContext} context @returns {import('./types.js').Island} */
export function mount(context) {
  return new Board(context, craft(context.t));
}

/** @param {(words: string, values?: Record<string, string | number>) => string} t @returns {Craft} */
function craft(t) {
  return {
    list: 'polygons',
    draws: t('Outline'),
    closes: true,
    read: (raw) => raw.points.map((/** @type {[number, number]} */ [x, y]) => ({ x, y })),
    write: (points) => ({ points: points.map(({ x, y }) => [x, y]) }),
    ring: (points) => points,
    tool: outlineTool,
    sound: (points) => crossing(points) === null,
  };
}

/** @param {import('./board.js').Board} board @returns {import('./board.js').DrawTool} */
function outlineTool(board) {
  const { t } = board;
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
    if (crossing(points)) {
      board.context.say(t('Edges cross. Drag a corner, or remove the last point.'));
      return false;
    }
    const shape = points;
    points = [];
    board.add(shape);
    return true;
  };
  return {
    down(at, reach) {
      const on = onPicture(at, board.picture);
      const away = points.map((point) => Math.hypot(point.x - at.x, point.y - at.y));
      held = away.findIndex((one) => one <= reach && one === Math.min(...away));
      moved = false;
      added = held < 0 && points.length < MOST_CORNERS;
      start = at;
      slack = reach / 3;
      if (added) held = points.push(on) - 1;
      board.refresh();
    },
    move(at) {
      if (held < 0) return;
      moved ||= Math.hypot(at.x - start.x, at.y - start.y) > slack;
      if (moved) points[held] = onPicture(at, board.picture);
    },
    up() {
      const closes = held === 0 && !moved && !added;
      held = -1;
      if (closes) finish();
      board.refresh();
    },
    cancel() {
      if (held >= 0 && added) points.splice(held, 1);
      held = -1;
      board.refresh();
    },
    size: () => points.length,
    drop: () => void points.pop(),
    forget: () => void (points = []),
    finish,
    hint: () => (points.length ? t('Click the first corner again to close the shape.') : t('Click corner after corner around a thing.')),
    decorate(view) {
      const corners = points.map((point) => toFrame(view.view, point));
      view.outline(() => corners.forEach((at, index) => view.paint[index ? 'lineTo' : 'moveTo'](at.x, at.y)));
      points.forEach((point, index) => drawDot(view, point, index ? 4 : 7));
    },
  };
}
