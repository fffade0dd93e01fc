// @ts-check
/**
 * Undo and redo for what is never changed in place: a step is the value before, so each costs one
 * reference. Pure.
 */

const MOST_STEPS = 500;

/** @template T */
export class Steps {
  /** @param {T} start */
  constructor(start) {
    this.now = start;
    /** @type {T[]} */
    this.before = [];
    /** @type {T[]} */
    this.after = [];
  }

  /** @param {T} value */
  push(value) {
    this.before.push(this.now);
    if (this.before.length > MOST_STEPS) this.before.shift();
    this.after = [];
    this.now = value;
  }

  /** @returns {boolean} false when there was nothing to undo */
  undo() {
    if (!this.before.length) return false;
    this.after.push(this.now);
    this.now = /** @type {T} */ (this.before.pop());
    return true;
  }

  /** @returns {boolean} */
  redo() {
    if (!this.after.length) return false;
    this.before.push(this.now);
    this.now = /** @type {T} */ (this.after.pop());
    return true;
  }
}
