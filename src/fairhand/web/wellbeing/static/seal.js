// @ts-check
/**
 * Sealing in the browser: a key that is drawn here, sealed by words that only their person knows,
 * seals every note. What leaves this page is bytes. AES-256-GCM (NIST SP 800-38D), and PBKDF2 with
 * HMAC-SHA-256 (RFC 8018) for the words.
 *
 * @typedef {{salt: string, rounds: number, nonce: string, key: string}} Wrapped
 */

export const ROUNDS = 600000;
/** Notes are filled up to a multiple of this, so that their length says little. */
const BLOCK = 512;

/** @param {Uint8Array} bytes */
export const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
const encode = (text) => Uint8Array.from(new TextEncoder().encode(text));

/** @param {number} length */
const random = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param {string} words @param {Uint8Array<ArrayBuffer>} salt @param {number} rounds */
async function keyOfWords(words, salt, rounds) {
  const base = await crypto.subtle.importKey('raw', encode(words.normalize('NFKC')), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** @returns {Promise<CryptoKey>} */
export function newKey() {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
}

/** Seals a key by words. @param {CryptoKey} key @param {string} words @param {number} [rounds]
 * @returns {Promise<Wrapped>} */
export async function wrap(key, words, rounds = ROUNDS) {
  const [salt, nonce] = [random(16), random(12)];
  const raw = await crypto.subtle.exportKey('raw', key);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, await keyOfWords(words, salt, rounds), raw);
  return { salt: toText(salt), rounds, nonce: toText(nonce), key: toText(new Uint8Array(sealed)) };
}

/** Opens a key; null when the words are not those that sealed it. @param {Wrapped} wrapped
 * @param {string} words @returns {Promise<CryptoKey | null>} */
export async function unwrap(wrapped, words) {
  const by = await keyOfWords(words, toBytes(wrapped.salt), wrapped.rounds);
  try {
    const raw = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: toBytes(wrapped.nonce) }, by, toBytes(wrapped.key));
    return await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt', 'decrypt']);
  } catch {
    return null;
  }
}

/** Seals a note under its own name, so that it cannot be put in another's place.
 * @param {CryptoKey} key @param {string} name @param {unknown} note @returns {Promise<string>} */
export async function seal(key, name, note) {
  const bytes = encode(JSON.stringify(note));
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK).fill(32);
  padded.set(bytes);
  const nonce = random(12);
  const how = { name: 'AES-GCM', iv: nonce, additionalData: encode(name) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, padded));
  return toText(Uint8Array.from([...nonce, ...sealed]));
}

/** Opens a note; null for what this key did not seal under this name.
 * @param {CryptoKey} key @param {string} name @param {string} sealed @returns {Promise<any>} */
export async function open(key, name, sealed) {
  const bytes = toBytes(sealed);
  const how = { name: 'AES-GCM', iv: bytes.slice(0, 12), additionalData: encode(name) };
  try {
    const opened = await crypto.subtle.decrypt(how, key, bytes.slice(12));
    return JSON.parse(new TextDecoder().decode(opened));
  } catch {
    return null;
  }
}
