// @ts-check
/**
 * The contributor's own clock of paid time. It only ever counts up: what the server has told, plus
 * an estimate for what it has not told yet. Pure; the page gives it the time, of a clock that never
 * jumps.
 */
export class PaidClock {
  /** @param {number} told seconds that the server has already said are paid today */
  constructor(told) {
    this.told = told;
    /** Visible time on answers that the server has not acknowledged yet, by key. @type {Map<string, number>} */
    this.pending = new Map();
    this.current = 0;
    /** @type {number | null} */
    this.since = null;
    this.highest = told;
  }

  /** @param {number} now milliseconds, as performance.now() gives them */
  run(now) {
    if (this.since === null) this.since = now;
  }

  /** @param {number} now */
  pause(now) {
    if (this.since !== null) this.current += Math.max(0, now - this.since) / 1000;
    this.since = null;
  }

  /** The task was answered; its time waits under `key` for the server's word.
   * @param {string} key @param {number} now @returns {number} milliseconds that it was visible */
  finish(key, now) {
    const running = this.since !== null;
    this.pause(now);
    const worked = this.current;
    this.pending.set(key, worked);
    this.current = 0;
    if (running) this.run(now);
    return Math.round(worked * 1000);
  }

  /** The answer is taken back before it was sent: its time goes on. @param {string} key */
  resume(key) {
    this.current += this.pending.get(key) || 0;
    this.pending.delete(key);
  }

  /** @param {string} key @param {number} seconds */
  acknowledge(key, seconds) {
    this.pending.delete(key);
    this.told += seconds;
  }

  /** @param {number} now @returns {{seconds: number, estimated: boolean}} */
  read(now) {
    const running = this.since === null ? 0 : Math.max(0, now - this.since) / 1000;
    const waiting = [...this.pending.values()].reduce((sum, seconds) => sum + seconds, 0);
    this.highest = Math.max(this.highest, this.told + waiting + this.current + running);
    return { seconds: this.highest, estimated: this.highest > this.told };
  }
}
