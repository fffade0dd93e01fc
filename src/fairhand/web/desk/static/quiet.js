// @ts-check
/**
 * One question instead of a cut: after a quiet stretch the server tells what its limit cut off, and
 * the page asks once whether that was work. What is answered without network comes in a burst
 * behind the first answer and takes its own minutes back, so the question waits until all is sent.
 * Pure; the page asks and sends.
 *
 * @typedef {{id: number, milliseconds: number}} Cut
 */

/** Shorter or longer ones are listed under My time and not asked about. */
const LEAST_MS = 60000;
const MOST_MS = 4 * 3600000;

export class Quiet {
  constructor() {
    /** @type {Cut | null} */
    this.cut = null;
  }

  /** @param {Cut | undefined} cut what a reply told @param {number} [worked] what the answer brought back */
  hear(cut, worked = 0) {
    if (cut) this.cut = { ...cut };
    else if (this.cut) this.cut.milliseconds -= worked;
  }

  /** What to ask about now; it is asked once. @param {boolean} waiting answers are still on their way
   * @returns {Cut | null} */
  take(waiting) {
    const { cut } = this;
    if (!cut || waiting) return null;
    this.cut = null;
    return cut.milliseconds >= LEAST_MS && cut.milliseconds <= MOST_MS ? cut : null;
  }
}
