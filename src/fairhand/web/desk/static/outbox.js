// @ts-check
/**
 * The outbox: what has been answered here and is not yet acknowledged by the server. Pure logic;
 * `store.js` keeps it, `sender.js` sends it.
 *
 * An answer carries a key of its own, so sending it twice stores it once. Nothing is dropped:
 * what the server refuses stays, with the reason, until the person decides.
 *
 * @typedef {import('./types.js').QueueItem} QueueItem
 * @typedef {import('./types.js').Problem} Problem
 * @typedef {'sent' | 'again' | 'token' | 'signin' | 'refused'} Verdict
 */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60000;

/**
 * A version 4 UUID; pages on plain http have no `randomUUID`.
 * @param {{randomUUID?: () => string, getRandomValues: (bytes: any) => any}} source
 */
export function newKey(source) {
  if (source.randomUUID) return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Wait before attempt n + 1: doubling, at most a minute, spread so that a street of phones does
 * not ring at once. @param {number} attempts @param {number} random 0..1 */
export function backoff(attempts, random) {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 16));
  return full / 2 + (full / 2) * random;
}

/** @param {QueueItem[]} queue in the order of answering @param {number} now @returns {QueueItem | null} */
export function nextToSend(queue, now) {
  const first = queue.find((item) => item.state === 'waiting');
  return first && left(first, now) === 0 ? first : null;
}

/** How long an item waits yet. Nothing waits for more than a minute: what seems to was planned
 * before the device's clock was set back. @param {QueueItem} item @param {number} now */
function left(item, now) {
  const wait = item.due - now;
  return wait > LONGEST_WAIT_MS ? 0 : Math.max(0, wait);
}

/** How long until something may be sent; null when nothing waits.
 * @param {QueueItem[]} queue @param {number} now */
export function waitFor(queue, now) {
  const first = queue.find((item) => item.state === 'waiting');
  return first ? left(first, now) : null;
}

/**
 * What an answer of the server means. Status 0 is "no answer at all".
 * @param {number} status @param {string} [code] @returns {Verdict}
 */
export function verdict(status, code = '') {
  if (status >= 200 && status < 300) return 'sent';
  if (status === 401) return 'signin';
  if (status === 403 && code.includes('csrf')) return 'token';
  if (status === 0 || status === 408 || status === 425 || status === 429 || status >= 500) return 'again';
  return 'refused';
}

/** The item after an attempt that did not succeed.
 * @param {QueueItem} item @param {Verdict} what @param {Problem} problem
 * @param {number} now @param {number} random @returns {QueueItem} */
export function afterAttempt(item, what, problem, now, random) {
  const attempts = item.attempts + 1;
  if (what === 'refused') return { ...item, attempts, state: 'refused', problem };
  return { ...item, attempts, due: now + backoff(item.attempts, random), problem };
}

/**
 * One line that says what is true about the answers.
 * @param {QueueItem[]} queue @param {{online: boolean, signedOut: boolean, durable: boolean}} state
 * @returns {[string, Record<string, number>]} words with their values
 */
export function statusLine(queue, state) {
  const waiting = queue.filter((item) => item.state === 'waiting').length;
  if (!waiting) return ['', {}];
  const n = { n: waiting };
  if (!state.durable) return ['{n} not sent yet. Keep this page open.', n]; // t
  if (state.signedOut) return ['{n} saved on this device. Sign in again to send.', n]; // t
  if (!state.online) return ['No connection. {n} saved on this device.', n]; // t
  return ['{n} saved on this device, sending', n]; // t
}
