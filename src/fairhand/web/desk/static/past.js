// @ts-check
/** What a question was before: states to go back to and forth again. DOM-free. */

const LONGEST = 200;

/** @template T */
export class Past {
  /** @param {T} now */
  constructor(now) {
    this.now = now;
    /** @type {T[]} */
    this.before = [];
    /** @type {T[]} */
    this.after = [];
  }

  /** @param {T} next a new state; the same one as now is no step @returns {boolean} it was a step */
  step(next) {
    if (JSON.stringify(next) === JSON.stringify(this.now)) return false;
    this.before = [...this.before, this.now].slice(-LONGEST);
    this.after = [];
    this.now = next;
    return true;
  }

  /** @returns {boolean} false when there was nothing to undo */
  undo() {
    const last = this.before.pop();
    if (last === undefined) return false;
    this.after.push(this.now);
    this.now = last;
    return true;
  }

  /** @returns {boolean} */
  redo() {
    const next = this.after.pop();
    if (next === undefined) return false;
    this.before.push(this.now);
    this.now = next;
    return true;
  }
}
