// @ts-check
/**
 * Undo and redo: each step keeps what it changed, before and after.
 *
 * @typedef {import('./grain.js').Patch} Patch
 * @typedef {{id: number, before: any, after: any}} Marked a region whose label or state changed
 * @typedef {{patches: Patch[], marks: Marked[]}} Step
 */

/** @param {Step} step @returns {number} bytes */
const weigh = (step) => 64 + step.patches.reduce((sum, patch) => sum + 2 * patch.before.byteLength, 0);

/** The steps of one task. Oldest steps go first when they hold more than `limit` bytes. */
export class History {
  /** @param {number} [limit] */
  constructor(limit = 64 * 1024 * 1024) {
    this.limit = limit;
    /** @type {Step[]} */
    this.done = [];
    /** @type {Step[]} */
    this.undone = [];
  }

  /** @param {Step} step */
  push(step) {
    this.done.push(step);
    this.undone = [];
    let bytes = this.done.reduce((sum, one) => sum + weigh(one), 0);
    while (bytes > this.limit && this.done.length > 1) bytes -= weigh(/** @type {Step} */ (this.done.shift()));
  }

  /** @param {'undo' | 'redo'} way @returns {Step | null} the step to take back, or to do again */
  take(way) {
    const step = (way === 'undo' ? this.done : this.undone).pop();
    if (step) (way === 'undo' ? this.undone : this.done).push(step);
    return step || null;
  }
}
