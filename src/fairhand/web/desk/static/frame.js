// @ts-check
/**
 * The arithmetic of photos: what a file is by its bytes, how small it has to become, its parts.
 * DOM-free.
 */
import { PART_BYTES } from './parts.js';

export const MOST_BYTES = 25 * 1024 * 1024;
/** @typedef {'jpeg' | 'png' | 'webp' | 'heic' | ''} FileKind */

/** What a file is by its first bytes; empty for what is no photo. @param {ArrayBuffer} bytes @returns {FileKind} */
export function kindOf(bytes) {
  const head = new Uint8Array(bytes.slice(0, 16));
  const word = (/** @type {number} */ from, /** @type {number} */ to) => String.fromCharCode(...head.slice(from, to));
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (word(1, 4) === 'PNG' && head[0] === 0x89) return 'png';
  if (word(0, 4) === 'RIFF' && word(8, 12) === 'WEBP') return 'webp';
  return word(4, 8) === 'ftyp' ? 'heic' : '';
}

/** The size that a picture gets, its longer side at most `most`. @param {number} width @param {number} height @param {number} most */
export function fitted(width, height, most) {
  const share = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

/** Cuts a file for its way. @param {ArrayBuffer} bytes @returns {ArrayBuffer[]} */
export function cut(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.byteLength; at += PART_BYTES) parts.push(bytes.slice(at, at + PART_BYTES));
  return parts;
}
