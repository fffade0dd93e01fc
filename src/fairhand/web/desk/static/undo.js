// @ts-check
/**
 * Undo and redo by patches: each step keeps only the rectangle that it changed, before and after.
 *
 * @typedef {import('./geometry.js').Mask} Mask
 * @typedef {import('./geometry.js').Rect} Rect
 * @typedef {Uint8Array | Uint16Array} Cells
 * @typedef {{rect: Rect, before: Cells, after: Cells}} Patch
 */

/** @param {Mask} mask @param {Rect} rect @param {Cells} [source] @returns {Cells} */
export function cut(mask, rect, source = mask.data) {
  const width = rect.x1 - rect.x0;
  const cells = source.slice(0, width * (rect.y1 - rect.y0));
  for (let y = rect.y0, at = 0; y < rect.y1; y++, at += width) {
    const row = y * mask.width;
    cells.set(source.subarray(row + rect.x0, row + rect.x1), at);
  }
  return cells;
}

/** @param {Mask} mask @param {Rect} rect @param {Cells} cells */
export function paste(mask, rect, cells) {
  const width = rect.x1 - rect.x0;
  for (let y = rect.y0, at = 0; y < rect.y1; y++, at += width) {
    mask.data.set(cells.subarray(at, at + width), y * mask.width + rect.x0);
  }
}

/**
 * What changed inside `rect` since `before` (a full copy of the mask); null when nothing did.
 * @param {Mask} mask @param {Rect} rect @param {Cells} before @returns {Patch | null}
 */
export function difference(mask, rect, before) {
  const patch = { rect, before: cut(mask, rect, before), after: cut(mask, rect) };
  return patch.before.every((cell, at) => cell === patch.after[at]) ? null : patch;
}

/** The steps of one task. Oldest steps go first when they hold more than `limit` bytes. */
export class History {
  /** @param {number} [limit] */
  constructor(limit = 64 * 1024 * 1024) {
    this.limit = limit;
    /** @type {Patch[]} */
    this.done = [];
    /** @type {Patch[]} */
    this.undone = [];
  }

  /** @param {Patch} patch */
  push(patch) {
    this.done.push(patch);
    this.undone = [];
    let bytes = this.done.reduce((sum, step) => sum + 2 * step.before.byteLength, 0);
    while (bytes > this.limit && this.done.length > 1) {
      bytes -= 2 * /** @type {Patch} */ (this.done.shift()).before.byteLength;
    }
  }

  /** @param {Mask} mask @returns {Rect | null} the rectangle to draw again */
  undo(mask) {
    const patch = this.done.pop();
    if (!patch) return null;
    this.undone.push(patch);
    paste(mask, patch.rect, patch.before);
    return patch.rect;
  }

  /** @param {Mask} mask @returns {Rect | null} */
  redo(mask) {
    const patch = this.undone.pop();
    if (!patch) return null;
    this.done.push(patch);
    paste(mask, patch.rect, patch.after);
    return patch.rect;
  }
}
