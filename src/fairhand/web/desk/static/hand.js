// @ts-check
/** Drawing without a pointer: arrow keys move a cross over the picture, Space draws under it. */
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {{key: (event: KeyboardEvent) => void, at: () => Point | null, decorate: (view: CanvasView) => void}} Hand
 *   `at`: where it is in the window, null while nobody uses it
 */

/** @param {import('./mask.js').MaskIsland} island @returns {Record<string, never>} */
export function bring(island) {
  const { view, picture: { width, height } } = island;
  const cursor = { x: width / 2, y: height / 2 };
  let shown = false;
  const at = () => (shown ? toFrame(view.view, cursor) : null);

  /** @param {KeyboardEvent} event */
  function key(event) {
    const step = (event.shiftKey ? 10 : 1) * Math.max(1, Math.round(4 / view.view.scale));
    const moves = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] });
    const move = moves[event.key];
    const { tool } = island;
    if (move) {
      shown = true;
      cursor.x = Math.min(width - 0.5, Math.max(0.5, cursor.x + move[0]));
      cursor.y = Math.min(height - 0.5, Math.max(0.5, cursor.y + move[1]));
      view.reveal(cursor);
    } else if (event.key === ' ' && shown) {
      tool.down({ ...cursor }, 9 / view.view.scale);
      tool.up();
    } else if (event.key === ' ') view.spaceHeld = true;
    else if (event.key !== 'Enter' || !tool.finish?.()) return;
    event.stopPropagation();
    event.preventDefault();
    view.invalidate();
  }

  view.canvas.addEventListener('blur', () => {
    shown = false;
    view.invalidate();
  }, view.ended);
  island.hand = {
    key,
    at,
    decorate: () => {
      const place = at();
      if (!place) return;
      const { x, y } = place;
      view.outline(() => {
        view.paint.moveTo(x - 8, y);
        view.paint.lineTo(x + 8, y);
        view.paint.moveTo(x, y - 8);
        view.paint.lineTo(x, y + 8);
      }, 1);
    },
  };
  for (const press of island.presses) key(press);
  return {};
}
