// @ts-check
/**
 * The box question. A box is four clicks at the ends of a thing (top, left, bottom, right, in any
 * order), or one drag from corner to corner; sides can be pulled, nudged and resized by keys.
 */
import { Board, BOARD_KEYS } from './board.js';
import { drawDot } from './easel.js';
import { boxAround, cornersOf, onPicture, snapped } from './shapes.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./board.js').Craft} Craft
 */

export const reserved = BOARD_KEYS;
export const stage = 'canvas';
const ENDS = 4;
const LEAST = 0.5;

/** @param {import('./types.js').IslandContext} context @returns {import('./types.js').Island} */
export function mount(context) {
  return new Board(context, craft(context.t));
}

/** @param {(words: string, values?: Record<string, string | number>) => string} t @returns {Craft} */
function craft(t) {
  return {
    list: 'boxes',
    draws: t('Box'),
    closes: false,
    read: ({ box }) => [{ x: box[0], y: box[1] }, { x: box[2], y: box[3] }],
    write: ([a, b]) => ({ box: [a.x, a.y, b.x, b.y] }),
    ring: cornersOf,
    tool: boxTool,
    sound: ([a, b]) => b.x - a.x >= LEAST && b.y - a.y >= LEAST,
  };
}

/** @param {import('./board.js').Board} board @returns {import('./board.js').DrawTool} */
function boxTool(board) {
  const { t } = board;
  /** The ends of the thing that are clicked so far. @type {Point[]} */
  let ends = [];
  /** @type {Point | null} */
  let start = null;
  /** @type {Point | null} */
  let far = null;
  let slack = 0;
  let reach = 0;
  const made = (/** @type {Point[]} */ points) => {
    const ghosts = board.snaps && !board.ghostsHidden ? board.ghosts().filter((one) => one.label === board.active).map((one) => one.points) : [];
    const box = snapped(boxAround(points.map((point) => onPicture(point, board.picture))), ghosts, reach);
    ends = [];
    if (board.craft.sound(box)) board.add(box);
    else board.context.say(t('That box would be empty. Begin again.'));
    board.refresh();
  };
  return {
    down(at, near) {
      start = at;
      far = null;
      slack = reach = near;
    },
    move(at) {
      if (start && !ends.length && (far || Math.hypot(at.x - start.x, at.y - start.y) > slack)) far = at;
    },
    up() {
      const [from, to] = [start, far];
      start = far = null;
      if (!from) return;
      if (to) return made([from, to]);
      ends.push(onPicture(from, board.picture));
      if (ends.length === ENDS) made(ends);
      else board.refresh();
    },
    cancel: () => void (start = far = null),
    size: () => ends.length,
    drop: () => void ends.pop(),
    forget: () => void (ends = []),
    finish: () => false,
    hint: () => (ends.length ? t('{n} more: top, left, bottom and right end of the thing.', { n: ENDS - ends.length }) : t('Click the four ends of a thing, or drag a box around it.')),
    decorate(view) {
      for (const end of ends) drawDot(view, end);
      const last = start && far ? [start, far] : [];
      const shown = last.length ? last : ends.length > 1 ? ends : [];
      if (!shown.length) return;
      const [a, b] = boxAround(shown).map((corner) => toFrame(view.view, corner));
      view.outline(() => view.paint.rect(a.x, a.y, b.x - a.x, b.y - a.y), 1);
    },
  };
}
