// @ts-check
/**
 * Outlines by a click or a box: one points at a thing, or draws a box around it (by dragging, or by
 * a click on two corners), and the server proposes its outline. Only the prompt travels, with the
 * one region it is about; drawing goes on meanwhile.
 */
import { call } from './api.js';
import { mapTile } from './areas.js';
import { el } from './dom.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {import('./layer.js').MaskLayer} MaskLayer
 * @typedef {import('./tools.js').MaskTool} MaskTool
 * @typedef {{x: number, y: number, positive: boolean}} Click
 * @typedef {Pick<import('./mask.js').MaskIsland, 'layer' | 'paintId' | 'drawn' | 'refresh' | 'labelValue' | 'button' | 'nextObject' | 'pickTool' | 'keys' | 'context' | 't'>} Board
 */

/** @param {Board} board @returns {Record<string, MaskTool>} */
export function bring(board) {
  const { t, context, layer } = board;
  /** @type {Click[]} */
  let clicks = [];
  let takes = false;
  let asked = 0;
  let pending = false;
  const takeAway = () => {
    takes = !takes;
    board.pickTool('click');
  };
  const takeButton = board.button(t('Take away'), 'x', takeAway);
  board.keys.push({ key: 'x', does: t('Take away'), group: t('Drawing'), run: takeAway });
  const next = layer.instances ? board.button(t('Next object'), 'n', () => board.nextObject()) : null;
  const clickBar = [takeButton, ...(next ? [next] : []), el('p', { class: 'muted small' }, t('Click a thing; its outline is found. A further click mends it.'))];
  const boxBar = [el('p', { class: 'muted small' }, t('Draw a box around a thing, or click two opposite corners.'))];
  const forget = () => {
    clicks = [];
    asked++;
    pending = false;
  };

  /** @param {number[] | null} box */
  async function ask(box) {
    const mine = ++asked;
    const id = board.paintId();
    pending = true;
    board.refresh();
    const reply = await call('POST', `/tasks/${context.task.task_id}/segment`, {
      question: context.question.name,
      label: board.labelValue(),
      clicks,
      box,
      region: layer.text(id),
    });
    if (mine !== asked) return;
    pending = false;
    if (reply.status === 200 && replace(layer, id, reply.body.counts)) board.drawn();
    else if (reply.status !== 200) {
      clicks.pop();
      context.say(why(reply));
    } else context.say(t('Nothing changed there. Click another place, or use the brush.'));
    board.refresh();
  }

  /** @param {import('./api.js').Reply} reply */
  function why(reply) {
    if (reply.status === 0) return t('No connection. Brush and shape work without.');
    return reply.body?.detail || reply.body?.title || t('No outline could be found. Brush and shape work without.');
  }

  /** Takes one place, or a dragged box; the box tool also takes two places.
   * @param {boolean} boxes @returns {MaskTool} */
  function pointing(boxes) {
    /** @type {Point | null} */
    let start = null;
    /** @type {Point | null} */
    let end = null;
    /** @type {Point | null} */
    let corner = null;
    let slack = 0;
    const none = () => {
      start = end = corner = null;
    };
    return {
      down: (at, reach) => {
        start = at;
        slack = reach;
      },
      move: (at) => {
        if (start && (end || Math.hypot(at.x - start.x, at.y - start.y) > slack)) end = at;
      },
      up: () => {
        const [from, to, first] = [start, end, corner];
        none();
        if (!from || pending) return;
        if (to) return void ask(boxOf(from, to, layer.mask));
        if (boxes && !first) corner = from;
        else if (first && Math.abs(first.x - from.x) >= 1 && Math.abs(first.y - from.y) >= 1) return void ask(boxOf(first, from, layer.mask));
        else if (!boxes) {
          clicks.push({ x: Math.floor(from.x), y: Math.floor(from.y), positive: !takes });
          void ask(null);
        }
      },
      cancel: () => {
        start = end = null;
      },
      leave: () => {
        none();
        forget();
      },
      forget,
      open: () => corner !== null,
      back: () => {
        if (corner) none();
        else clicks.pop();
      },
      isPending: () => pending,
      bar: () => {
        takeButton.setAttribute('aria-pressed', String(takes));
        return boxes ? boxBar : clickBar;
      },
      decorate: (view, pointer) => {
        for (const click of clicks) mark(view, click);
        const from = start && end ? toFrame(view.view, start) : corner && toFrame(view.view, corner);
        const to = start && end ? toFrame(view.view, end) : pointer;
        if (from && corner && !start) view.outline(() => view.paint.arc(from.x, from.y, 5, 0, 7));
        if (from && to) view.outline(() => view.paint.rect(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(from.x - to.x), Math.abs(from.y - to.y)), 1);
      },
    };
  }
  return { click: pointing(false), box: pointing(true) };
}

/** @param {CanvasView} view @param {Click} click */
function mark(view, click) {
  const at = toFrame(view.view, { x: click.x + 0.5, y: click.y + 0.5 });
  view.outline(() => view.paint.arc(at.x, at.y, 5, 0, 7));
  view.outline(() => {
    view.paint.moveTo(at.x - 3, at.y);
    view.paint.lineTo(at.x + 3, at.y);
    if (!click.positive) return;
    view.paint.moveTo(at.x, at.y - 3);
    view.paint.lineTo(at.x, at.y + 3);
  }, 1);
}

/** Gives a region new pixels; those of other regions stay theirs.
 * @param {MaskLayer} layer @param {number} id @param {string} counts @returns {boolean} whether anything changed */
function replace(layer, id, counts) {
  const { mask } = layer;
  const wanted = layer.stencil(counts).tiles;
  wanted.forEach((tile, at) => {
    if (tile || mask.tiles[at]) mapTile(mask, at, (cell, index) => (tile?.[index] ? cell || id : cell === id ? 0 : cell));
  });
  return layer.commit();
}

/** @param {Point} a @param {Point} b @param {{width: number, height: number}} size @returns {number[]} left,
 * top, right, bottom in whole pixels of the picture */
export function boxOf(a, b, { width, height }) {
  const inside = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(most, Math.max(0, value));
  return [
    inside(Math.floor(Math.min(a.x, b.x)), width - 1),
    inside(Math.floor(Math.min(a.y, b.y)), height - 1),
    inside(Math.ceil(Math.max(a.x, b.x)), width),
    inside(Math.ceil(Math.max(a.y, b.y)), height),
  ];
}
