// @ts-check
/**
 * Sends the outbox in order, one at a time, again and again until the server has said yes. Two
 * tabs share the work through a lock where the browser has one; the answers' keys make a double
 * harmless where it has not.
 */
import { call, renewToken } from './api.js';
import { afterAttempt, nextToSend, verdict, waitFor } from './outbox.js';

/**
 * @typedef {import('./types.js').QueueItem} QueueItem
 * @typedef {import('./types.js').Problem} Problem
 * @typedef {{sent: (item: QueueItem, body: any) => void, refused: (item: QueueItem) => void, changed: () => void}} Listener
 */

export class Sender {
  /** @param {import('./store.js').Store} store @param {QueueItem[]} queue @param {Listener} listener */
  constructor(store, queue, listener) {
    this.store = store;
    this.queue = queue.sort((a, b) => a.created - b.created);
    this.listener = listener;
    this.signedOut = false;
    this.sending = '';
    this.timer = 0;
    /** @type {Promise<void> | null} */
    this.work = null;
  }

  /** @param {QueueItem} item */
  async add(item) {
    const last = this.queue[this.queue.length - 1];
    if (last) item.created = Math.max(item.created, last.created + 1); // a clock may be set back
    this.queue.push(item);
    this.listener.changed();
    await this.store.put('outbox', item);
    return this.flush();
  }

  /** @param {string} key @returns {boolean} true when the item was still only here */
  takeBack(key) {
    const item = this.queue.find((other) => other.client_key === key);
    if (!item || item.attempts > 0 || this.sending === key) return false;
    this.forget(item);
    return true;
  }

  /** @param {QueueItem} item */
  forget(item) {
    this.queue = this.queue.filter((other) => other.client_key !== item.client_key);
    this.store.remove('outbox', item.client_key);
    this.listener.changed();
  }

  /** Try now, whatever was planned. Call on `online`, on becoming visible, after each answer. */
  hurry() {
    for (const item of this.queue) if (item.state === 'waiting') item.due = 0;
    return this.flush();
  }

  /** @returns {Promise<void>} resolves when everything that is due has been tried */
  flush() {
    this.work ||= this.#locked(() => this.#drain()).finally(() => {
      this.work = null;
      this.#plan();
    });
    return this.work;
  }

  /** @param {() => Promise<void>} act @returns {Promise<any>} */
  #locked(act) {
    return navigator.locks ? navigator.locks.request('fairhand-outbox', act) : act();
  }

  async #drain() {
    for (let item; (item = nextToSend(this.queue, Date.now())); ) {
      this.sending = item.client_key;
      const reply = await call('POST', `/tasks/${item.task_id}/${item.action}`, item.body);
      this.sending = '';
      if (!(await this.#settle(item, reply))) return;
    }
  }

  /** @param {QueueItem} item @param {import('./api.js').Reply} reply @returns {Promise<boolean>} go on */
  async #settle(item, reply) {
    const what = verdict(reply.status, reply.body?.code);
    this.signedOut = what === 'signin';
    if (what === 'sent') {
      this.forget(item);
      this.listener.sent(item, reply.body || {});
      return true;
    }
    if (what === 'token' && item.attempts < 3 && (await renewToken())) {
      item.attempts++;
      return true;
    }
    /** @type {Problem} */
    const problem = { status: reply.status, ...(reply.body || {}) };
    const next = afterAttempt(item, what, problem, Date.now(), Math.random());
    Object.assign(item, next);
    await this.store.put('outbox', item);
    if (what === 'refused') this.listener.refused(item);
    this.listener.changed();
    return what === 'refused';
  }

  #plan() {
    const wait = waitFor(this.queue, Date.now());
    clearTimeout(this.timer);
    if (wait !== null) this.timer = window.setTimeout(() => this.flush(), Math.max(250, wait));
  }
}
