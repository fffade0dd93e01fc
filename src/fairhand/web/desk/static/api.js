// @ts-check
/**
 * Calls to the JSON API. An answer is always a status and a body; status 0 means that there was no
 * answer. Nothing is thrown for what a network does on an ordinary day.
 *
 * @typedef {{status: number, body: any}} Reply
 */
const LONGEST_CALL_MS = 45000;
/** How far the server's clock is ahead of the device's, as its last answer said. */
let ahead = 0;

/** The server's time, for what the server dated; a device's clock may be an hour off. */
export const serverNow = () => Date.now() + ahead;

const meta = () => /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name=csrf-token]'));

/**
 * @param {string} method @param {string} path @param {any} [body]
 * @param {{keepalive?: boolean}} [options] @returns {Promise<Reply>}
 */
export async function call(method, path, body, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LONGEST_CALL_MS);
  try {
    const response = await fetch('/api/v1' + path, {
      method,
      credentials: 'same-origin',
      keepalive: options.keepalive || false,
      signal: stop.signal,
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': meta()?.content || '' },
      body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
    });
    const date = Date.parse(response.headers.get('Date') || '');
    if (date) ahead = date - Date.now();
    return { status: response.status, body: await response.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

/** After signing in again elsewhere the page's token is old: take the one of a fresh page.
 * @returns {Promise<boolean>} */
export async function renewToken() {
  try {
    const response = await fetch(location.href, { credentials: 'same-origin', cache: 'no-store' });
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const token = fresh.querySelector('meta[name=csrf-token]')?.getAttribute('content');
    const tag = meta();
    if (!token || !tag || tag.content === token) return false;
    tag.content = token;
    return true;
  } catch {
    return false;
  }
}
