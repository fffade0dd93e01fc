// @ts-check
/**
 * Sends recordings or photos part by part, oldest first, until the server has them whole.
 * A dropped network costs one part. Only on wifi, where the person wants it so.
 */
import { call, renewToken } from './api.js';
import { meaning, missing, PART_BYTES } from './parts.js';

/**
 * @typedef {import('./takes.js').Takes} Takes
 * @typedef {import('./takes.js').Take} Take
 * @typedef {{waits: number, bytes: number, sent: number, held: boolean}} Progress
 * @typedef {object} Manner how a kind of file travels
 * @property {string} path where in the API
 * @property {(take: Take) => number} size in bytes
 * @property {(take: Take) => object} opening what is said before the first part
 * @property {(take: Take) => object} whole what is said after the last one, besides the parts
 */

/** @type {Manner} */
const SOUND = {
  path: 'recordings',
  size: (take) => take.samples * 2,
  opening: (take) => ({ question: take.question, rate: take.rate }),
  whole: (take) => ({ samples: take.samples }),
};

const WIFI_ONLY = 'fairhand-voice-wifi';
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 60000;
const LONGEST_PART_MS = 120000;

export const wifiOnly = () => localStorage.getItem(WIFI_ONLY) === '1';

export class Uploader {
  /** @param {Takes} takes @param {Manner} [manner] */
  constructor(takes, manner = SOUND) {
    this.takes = takes;
    this.manner = manner;
    /** What the server measured, by recording. @type {Map<string, any>} */
    this.measured = new Map();
    /** Its whole reply, by recording. @type {Map<string, any>} */
    this.replies = new Map();
    /** What the server said last, in words. @type {string | undefined} */
    this.why = undefined;
    this.sentBytes = 0;
    this.tries = 0;
    this.timer = 0;
    this.pressed = false;
    /** @type {Promise<void> | null} */
    this.work = null;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    addEventListener('online', () => this.hurry());
    /** @type {any} */ (navigator).connection?.addEventListener?.('change', () => this.hurry());
  }

  /** @returns {Progress} */
  progress() {
    const waiting = this.takes.all().filter((take) => take.done && !take.failed);
    const bytes = waiting.reduce((sum, take) => sum + this.manner.size(take), 0);
    return { waits: waiting.length, bytes, sent: this.sentBytes, held: waiting.length > 0 && !this.may() };
  }

  /** @param {boolean} on */
  setWifiOnly(on) {
    localStorage.setItem(WIFI_ONLY, on ? '1' : '0');
    this.pressed = false;
    this.hurry();
  }

  may() {
    const kind = /** @type {any} */ (navigator).connection?.type;
    return !wifiOnly() || this.pressed || kind === 'wifi' || kind === 'ethernet';
  }

  sendNow() {
    this.pressed = true;
    this.hurry();
  }

  hurry() {
    this.tries = 0;
    clearTimeout(this.timer);
    this.work ||= this.#locked().finally(() => {
      this.work = null;
      this.#tell();
    });
    return this.work;
  }

  /** @param {string} id */
  async drop(id) {
    await this.takes.forget(id);
    this.measured.delete(id);
    await call('DELETE', `/${this.manner.path}/${id}`);
  }

  #tell() {
    for (const listener of this.listeners) listener();
  }

  #locked() {
    const act = () => this.#drain();
    return navigator.locks ? navigator.locks.request(`fairhand-${this.manner.path}`, act) : act();
  }

  async #drain() {
    for (let take; (take = this.takes.all().find((one) => one.done && !one.failed)) && this.may(); ) {
      this.sentBytes = 0;
      this.#tell();
      const what = await this.#send(take);
      if (what === 'ok') {
        await this.takes.forget(take.id);
        this.tries = 0;
        dispatchEvent(new CustomEvent('uploaded'));
      } else if (what === 'never') {
        if (this.takes.takes.has(take.id)) await this.takes.keep({ ...take, failed: true, why: this.why });
      } else {
        const wait = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** this.tries++);
        this.timer = window.setTimeout(() => {
          const { tries } = this;
          this.hurry();
          this.tries = tries;
        }, wait * (0.5 + Math.random() / 2));
        return;
      }
      this.#tell();
    }
  }

  /** @param {Take} take @returns {Promise<'ok' | 'again' | 'never'>} */
  async #send(take) {
    const opened = await this.#ask('PUT', `/tasks/${take.task_id}/${this.manner.path}/${take.id}`, this.manner.opening(take));
    const first = meaning(opened.status, opened.body?.code);
    if (first !== 'ok') return first === 'never' ? 'never' : 'again';
    if (opened.body.state === 'whole') return this.#whole(take, opened.body);
    if (opened.body.state !== 'open') return 'never';
    const parts = Math.ceil(this.manner.size(take) / PART_BYTES);
    this.sentBytes = opened.body.received_bytes;
    for (const number of missing(opened.body.parts, parts)) {
      const bytes = await this.takes.piece(take.id, number);
      if (!bytes) return 'never';
      const reply = await this.#ask('PUT', `/${this.manner.path}/${take.id}/parts/${number}`, bytes);
      const what = meaning(reply.status, reply.body?.code);
      if (what !== 'ok') return what === 'never' ? 'never' : 'again';
      this.sentBytes += bytes.byteLength;
      this.#tell();
    }
    const reply = await this.#ask('POST', `/${this.manner.path}/${take.id}/whole`, { parts, ...this.manner.whole(take) });
    const what = meaning(reply.status, reply.body?.code);
    if (what !== 'ok') return what === 'never' ? 'never' : 'again';
    return this.#whole(take, reply.body);
  }

  /** @param {Take} take @param {any} body @returns {'ok'} */
  #whole(take, body) {
    this.measured.set(take.id, body.answer);
    this.replies.set(take.id, body);
    return 'ok';
  }

  /** @param {string} method @param {string} path @param {any} body */
  async #ask(method, path, body) {
    const send = () => (body instanceof ArrayBuffer ? sendBytes(path, body) : call(method, path, body));
    const reply = await send();
    this.why = reply.body?.detail;
    return meaning(reply.status, reply.body?.code) === 'token' && (await renewToken()) ? send() : reply;
  }
}

/** @param {string} path @param {ArrayBuffer} bytes @returns {Promise<import('./api.js').Reply>} */
async function sendBytes(path, bytes) {
  const token = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name=csrf-token]'));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LONGEST_PART_MS);
  try {
    const response = await fetch('/api/v1' + path, {
      method: 'PUT',
      credentials: 'same-origin',
      signal: stop.signal,
      headers: { 'Content-Type': 'application/octet-stream', 'X-CSRF-Token': token?.content || '' },
      body: bytes,
    });
    return { status: response.status, body: await response.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}
