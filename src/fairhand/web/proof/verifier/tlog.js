/* The log's side: canonical JSON, signed notes, receipts and Merkle proofs (C2SP, RFC 8785, 9162). */

import { Refused } from './exact.js';

const RECEIPT_HEAD = 'c2sp.org/tlog-proof@v1';
const ED25519 = 1;
const HASH_SIZE = 32;
const utf8 = new TextEncoder();

/** The one form in which a JSON value is hashed: keys in order, no spaces. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Reads JSON that is written in its canonical form, and nothing else. */
export function parseCanonical(text, what) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused(`${what} is not JSON`);
  }
  if (canonicalJson(value) !== text) {
    throw new Refused(`${what} is not in canonical form: a byte was added, left out or moved`);
  }
  return value;
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export async function sha256Hex(text) {
  return toHex(await sha256(utf8.encode(text)));
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Reads a public key, name+id+base64; it names itself by its own hash. */
export async function parseKey(text) {
  const found = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  const data = found ? fromBase64(found[3]) : new Uint8Array();
  if (data.length !== 33 || data[0] !== ED25519) throw new Refused('this is not a public key of a log');
  const id = await keyId(found[1], data);
  if (id !== found[2]) throw new Refused('the public key does not match its own id: it was changed or cut');
  return { name: found[1], id, raw: data.slice(1), text };
}

/**
 * Reads a receipt: the leaf made again from its opening, its place, its proof and its checkpoint.
 * With `maySay` an erased event is read too: its leaf is all there is, and its opening null.
 */
export async function parseReceipt(text, maySay = false) {
  const gap = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(0, gap)).split('\n');
  if (gap < 0 || lines.length < 3 || lines[0] !== RECEIPT_HEAD) {
    throw new Refused('the receipt does not begin and end as receipts do');
  }
  const extra = fromUtf8(fromBase64(after(lines[1], 'extra ')));
  const erased = maySay ? erasedLeaf(extra) : null;
  const opening = erased === null ? parseOpening(extra) : null;
  const hashes = lines.slice(3).map(fromBase64);
  if (hashes.length > 63 || hashes.some((hash) => hash.length !== HASH_SIZE)) {
    throw new Refused('the proof has hashes of the wrong size');
  }
  const index = parseCount(after(lines[2], 'index '));
  return { opening, index, hashes, note: text.slice(gap + 2), leaf: opening ? await makeLeaf(opening) : utf8.encode(erased) };
}

/** The hash of a leaf (RFC 9162, 2.1.1). */
export function leafHash(leaf) {
  return hashNode(0, leaf);
}

/** The root that a path leads to, or null when it has the wrong length. */
export function rootOf(leaf, index, size, proof) {
  if (proof.length > 63 || proof.some((hash) => hash.length !== HASH_SIZE)) return Promise.resolve(null);
  return rootFromInclusion(leaf, index, size, proof);
}

/** Whether a key made a signature over a text; null when this browser cannot say. */
export async function signedBy(key, signature, text) {
  let known;
  try {
    known = await crypto.subtle.importKey('raw', key.raw, { name: 'Ed25519' }, false, ['verify']);
  } catch {
    return null;
  }
  return crypto.subtle.verify({ name: 'Ed25519' }, known, signature, utf8.encode(text));
}

/** Says which root a receipt leads to and how large the log was; refuses when they do not meet. */
export async function checkInclusion(receipt) {
  const signed = parseCheckpoint(splitNote(receipt.note).text);
  const leaf = await hashNode(0, receipt.leaf);
  const root = await rootFromInclusion(leaf, receipt.index, signed.size, receipt.hashes);
  if (root === null || toHex(root) !== toHex(signed.root)) {
    throw new Refused('the event is not in the log under this root: it or the proof was changed');
  }
  return signed;
}

/** True, false, or null when this browser cannot check Ed25519 signatures; any of the keys will do. */
export async function checkSignature(note, ...keys) {
  const { text, signatures } = splitNote(note);
  const mine = signatures.flatMap((one) => keys.filter((key) => one.name === key.name && one.id === key.id).map((key) => [key, one]));
  if (!mine.length) throw new Refused(`${keys[0]?.name ?? 'the log'} did not sign it under the key given`);
  for (const [key, one] of mine) {
    const right = await signedBy(key, one.signature, text);
    if (!right) return right;
  }
  return true;
}

export function fromBase64(text) {
  let raw;
  try {
    raw = atob(text);
  } catch {
    throw new Refused('something in the receipt or key is not base64');
  }
  if (btoa(raw) !== text) throw new Refused('base64 with stray bits');
  return Uint8Array.from(raw, (char) => char.charCodeAt(0));
}

export function parseCount(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new Refused(`${text.slice(0, 40)} is not a count`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Refused(`${text} is too large`);
  return value;
}

async function keyId(name, data) {
  return toHex(await sha256(joined(utf8.encode(`${name}\n`), data))).slice(0, 8);
}

function erasedLeaf(text) {
  const extra = parseCanonical(text, 'the receipt’s own part');
  const isErased = extra?.v === 1 && typeof extra.leaf === 'string' && Object.keys(extra).length === 2;
  return isErased ? extra.leaf : null;
}

function parseOpening(text) {
  const extra = parseCanonical(text, 'the receipt’s own part');
  const kinds = { at: 'number', body: 'string', kind: 'string', salt: 'string', v: 'number' };
  const isOpen = Object.entries(kinds).every(([name, kind]) => typeof extra?.[name] === kind);
  if (!isOpen || extra.v !== 1 || Object.keys(extra).length !== 5) {
    throw new Refused('the receipt proves a leaf only: its event was erased');
  }
  const isRight = /^[0-9a-f]{32}$/.test(extra.salt) && /^[a-z][a-z0-9_.]{0,63}$/.test(extra.kind);
  if (!isRight || !Number.isSafeInteger(extra.at)) throw new Refused('the receipt’s salt, kind or time is malformed');
  return { ...extra, event: parseCanonical(extra.body, 'the event') };
}

async function makeLeaf({ at, body, kind, salt }) {
  const raw = Uint8Array.from(salt.match(/../g), (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const commitment = toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(body))));
  return utf8.encode(`{"at":${at},"commitment":"${commitment}","kind":"${kind}","v":1}`);
}

function hashNode(prefix, ...parts) {
  return sha256(joined(Uint8Array.of(prefix), ...parts));
}

/** RFC 9162, 2.1.3.2; with division instead of shifts, which end at 32 bits here. */
async function rootFromInclusion(leaf, index, size, proof) {
  if (index >= size) return null;
  let [position, last, node] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return null;
    if (position % 2 || position === last) {
      node = await hashNode(1, sibling, node);
      while (position % 2 === 0 && position) [position, last] = [half(position), half(last)];
    } else {
      node = await hashNode(1, node, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 ? node : null;
}

function half(number) {
  return Math.floor(number / 2);
}

function parseCheckpoint(text) {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length < 3 || lines.some((line) => !line)) {
    throw new Refused('a checkpoint has an origin, a size and a root');
  }
  const root = fromBase64(lines[2]);
  if (root.length !== HASH_SIZE) throw new Refused('the root of a checkpoint has 32 bytes');
  return { origin: lines[0], size: parseCount(lines[1]), root };
}

function splitNote(note) {
  const gap = note.lastIndexOf('\n\n');
  const tail = note.slice(gap + 2);
  if (gap < 0 || !note.endsWith('\n') || !tail || /[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    throw new Refused('the checkpoint is not a signed note');
  }
  return { text: note.slice(0, gap + 1), signatures: tail.slice(0, -1).split('\n').map(signatureLine) };
}

function signatureLine(line) {
  const found = /^\u2014 ([^+\s]+) (\S+)$/.exec(line);
  const data = found ? fromBase64(found[2]) : new Uint8Array();
  if (data.length < 5) throw new Refused('a line under the checkpoint is not a signature');
  return { name: found[1], id: toHex(data.slice(0, 4)), signature: data.slice(4) };
}

function after(line, word) {
  if (!line.startsWith(word)) throw new Refused(`a line that starts with ${word.trim()} is missing`);
  return line.slice(word.length);
}

function fromUtf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused('the receipt’s own part is not UTF-8');
  }
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
