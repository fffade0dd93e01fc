// @ts-check
/** Rows that can be dragged by a grip, with mouse, pen or finger; buttons and keys do the same. */

const SLOP = 6;

/** Where on a row a point lies: its middle half is the row itself. @param {number} y
 * @param {{top: number, height: number}} box @returns {'before' | 'onto' | 'after'} */
export function whereOn(y, { top, height }) {
  const share = (y - top) / height;
  return share < 0.25 ? 'before' : share > 0.75 ? 'after' : 'onto';
}

/**
 * @param {HTMLElement} row @param {HTMLElement} grip @param {HTMLElement} list
 * @param {(target: string, where: 'before' | 'onto' | 'after') => void} dropped
 */
export function draggable(row, grip, list, dropped) {
  let from = /** @type {number | null} */ (null);
  let lifted = false;
  const over = (/** @type {number} */ y) => {
    const rows = /** @type {HTMLElement[]} */ ([...list.children]).filter((one) => one !== row);
    const boxes = rows.map((one) => one.getBoundingClientRect());
    let at = boxes.findIndex((box) => y < box.bottom);
    if (at < 0) at = rows.length - 1;
    return at < 0 ? null : { row: rows[at], where: whereOn(y, boxes[at]) };
  };
  const clean = () => {
    for (const one of list.children) one.classList.remove('before', 'after', 'onto', 'lifted');
  };
  grip.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = event.clientY;
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener('pointermove', (event) => {
    if (from === null) return;
    lifted ||= Math.abs(event.clientY - from) > SLOP;
    if (!lifted) return;
    clean();
    row.classList.add('lifted');
    const target = over(event.clientY);
    target?.row.classList.add(target.where);
  });
  grip.addEventListener('pointerup', (event) => {
    const target = lifted ? over(event.clientY) : null;
    clean();
    from = null;
    lifted = false;
    if (target) dropped(target.row.getAttribute('data-id') || '', target.where);
  });
  grip.addEventListener('pointercancel', () => {
    clean();
    from = null;
    lifted = false;
  });
}
