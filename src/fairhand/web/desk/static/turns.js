// @ts-check
/**
 * The turns of one task, in the order in which a person took them: one history, whatever questions
 * they belong to. DOM-free.
 *
 * A turn of a question that undoes itself is only its place; of the others it keeps the answer
 * before and after.
 *
 * @typedef {{index: number, own?: boolean, before?: any, after?: any, at: number}} Turn
 */

/** What is typed within this time is one turn, milliseconds. */
const ONE_BREATH = 1200;

export class Turns {
  constructor() {
    /** @type {Turn[]} */
    this.done = [];
    /** @type {Turn[]} */
    this.undone = [];
  }

  /** @param {Turn} turn @param {boolean} [typed] it may belong to the turn before */
  push(turn, typed = false) {
    this.undone = [];
    const last = this.done.at(-1);
    if (typed && last && !last.own && !turn.own && last.index === turn.index && turn.at - last.at < ONE_BREATH) {
      Object.assign(last, { after: turn.after, at: turn.at });
    } else this.done.push(turn);
  }

  /** @returns {Turn | undefined} */
  undo() {
    const turn = this.done.pop();
    if (turn) this.undone.push(turn);
    return turn;
  }

  /** @returns {Turn | undefined} */
  redo() {
    const turn = this.undone.pop();
    if (turn) this.done.push(turn);
    return turn;
  }
}
