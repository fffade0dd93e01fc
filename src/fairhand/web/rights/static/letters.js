// @ts-check
/**
 * Letters that only members of a channel can open. Everybody has an ECDH key pair on P-256; its
 * private half is sealed by words of their own (PBKDF2 with HMAC-SHA-256, AES-256-GCM). A channel's
 * key is sealed from member to member with what both key pairs derive together (ECDH, HKDF-SHA-256),
 * so that the server can neither open it nor put another in its place unseen.
 *
 * @typedef {{salt: string, rounds: number, nonce: string, sealed: string}} Wrapped
 * @typedef {{from: string, nonce: string, sealed: string}} SealedKey
 */

export const ROUNDS = 600000;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
/** Letters are filled up to a multiple of this, so that their length says little. */
const BLOCK = 256;

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

/** Draws a key pair; gives its public half and its private half sealed by words.
 * @param {string} words @param {number} [rounds] */
export async function newPair(words, rounds = ROUNDS) {
  const pair = await crypto.subtle.generateKey(CURVE, true, ['deriveBits']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const secret = await crypto.subtle.exportKey('pkcs8', pair.privateKey);
  const [salt, nonce] = [random(16), random(12)];
  const by = await keyOfWords(words, salt, rounds);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, by, secret));
  const wrapped = { salt: toText(salt), rounds, nonce: toText(nonce), sealed: toText(sealed) };
  return { publicKey: { kty, crv, x, y }, wrapped };
}

/** Opens a private key; null when the words are not those that sealed it.
 * @param {Wrapped} wrapped @param {string} words @returns {Promise<CryptoKey | null>} */
export async function openPair(wrapped, words) {
  const by = await keyOfWords(words, toBytes(wrapped.salt), wrapped.rounds);
  try {
    const how = { name: 'AES-GCM', iv: toBytes(wrapped.nonce) };
    const secret = await crypto.subtle.decrypt(how, by, toBytes(wrapped.sealed));
    return await crypto.subtle.importKey('pkcs8', secret, CURVE, false, ['deriveBits']);
  } catch {
    return null;
  }
}

/** What two members derive together, for one channel's epoch and one who receives.
 * @param {CryptoKey} own @param {JsonWebKey} other @param {string} about */
async function together(own, other, about) {
  const theirs = await crypto.subtle.importKey('jwk', { ...other, ext: true }, CURVE, false, []);
  const bits = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own, 256);
  const base = await crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encode(about) };
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** @param {string} from @param {string} to */
const about = (from, to) => JSON.stringify(['fairhand-channel/v1', from, to]);

/** @returns {Promise<CryptoKey>} */
export function newKey() {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
}

/** Seals a channel's key from one member for another.
 * @param {CryptoKey} key @param {CryptoKey} own @param {string} from @param {{handle: string, public_key: JsonWebKey}} to
 * @returns {Promise<SealedKey>} */
export async function handOver(key, own, from, to) {
  const nonce = random(12);
  const by = await together(own, to.public_key, about(from, to.handle));
  const raw = await crypto.subtle.exportKey('raw', key);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, by, raw));
  return { from, nonce: toText(nonce), sealed: toText(sealed) };
}

/** Opens a channel's key; null when it is not from whom it says, or not for this member.
 * @param {SealedKey} sealed @param {CryptoKey} own @param {string} to @param {JsonWebKey} sender
 * @returns {Promise<CryptoKey | null>} */
export async function takeOver(sealed, own, to, sender) {
  try {
    const by = await together(own, sender, about(sealed.from, to));
    const raw = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: toBytes(sealed.nonce) }, by, toBytes(sealed.sealed));
    return await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt', 'decrypt']);
  } catch {
    return null;
  }
}

/** Seals a letter to its place: the channel, the epoch, who writes, and its own name.
 * @param {CryptoKey} key @param {(string | number)[]} place @param {string} text */
export async function sealLetter(key, place, text) {
  const bytes = encode(JSON.stringify({ text }));
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK).fill(32);
  padded.set(bytes);
  const nonce = random(12);
  const how = { name: 'AES-GCM', iv: nonce, additionalData: encode(JSON.stringify(place)) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, padded));
  return toText(Uint8Array.from([...nonce, ...sealed]));
}

/** Opens a letter; null for what was not sealed with this key for this place.
 * @param {CryptoKey} key @param {(string | number)[]} place @param {string} sealed @returns {Promise<string | null>} */
export async function openLetter(key, place, sealed) {
  const bytes = toBytes(sealed);
  const how = { name: 'AES-GCM', iv: bytes.slice(0, 12), additionalData: encode(JSON.stringify(place)) };
  try {
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes.slice(12)))).text;
  } catch {
    return null;
  }
}

/** A short number of a public key, to be compared by voice or on paper.
 * @param {JsonWebKey} key */
export async function fingerprint(key) {
  const digest = await crypto.subtle.digest('SHA-256', encode(`${key.x}.${key.y}`));
  const digits = Array.from(new Uint8Array(digest).slice(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return (digits.match(/.{4}/g) || []).join(' ');
}
