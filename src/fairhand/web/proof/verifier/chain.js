/* The keys of a log: how one handed over to the next, and when one was retired. */

import { Refused } from './exact.js';
import { checkSignature, parseCount, parseKey } from './tlog.js';

const HANDOVER = 'fairhand.log-handover/v1';
const RETIREMENT = 'fairhand.log-retirement/v1';
const MOST_NOTES = 1000;

/**
 * Follows notes from known keys, to later and to earlier ones: {keys, at(moment, size)}, where `at`
 * gives those that may have signed what is of a moment (ISO), or of a size of the log.
 */
export async function linkKeys(keys, notes) {
  if (notes.length > MOST_NOTES) throw new Refused('these are too many handovers');
  const read = [];
  for (const note of notes) read.push(await readNote(note));
  const known = new Map(keys.map((key) => [key.text, key]));
  const over = new Map(read.filter((one) => one.head === HANDOVER).map((one) => [`${one.old.text} ${one.next.text}`, one]));
  let before = -1;
  while (known.size > before) {
    before = known.size;
    for (const { old, next } of over.values()) {
      if (known.has(old.text)) known.set(next.text, next);
      if (known.has(next.text)) known.set(old.text, old);
    }
  }
  const given = [...over.values()].map((one) => one.old.text).filter((text) => known.has(text));
  if (new Set(given).size < given.length) throw new Refused('a key handed over to two others: one of them is a stranger’s');
  const ends = new Map();
  for (const { head, old, next, at, size } of read) {
    if (head !== RETIREMENT || !known.has(next.text) || !over.has(`${old.text} ${next.text}`)) continue;
    if (!ends.has(old.text) || at < ends.get(old.text).at) ends.set(old.text, { at, size });
  }
  const all = [...known.values()];
  const at = (moment, size = 0) => all.filter(({ text }) => !ends.has(text) || (moment <= ends.get(text).at && size <= ends.get(text).size));
  return { keys: all, at };
}

/**
 * Whether the keys of a log signed a checkpoint that may have when the event was: true, or null when
 * this browser cannot check signatures; refuses it otherwise.
 */
export async function checkDated(receipt, signed, chain) {
  const own = chain.keys.filter((one) => one.name === signed.origin);
  if (!own.length) throw new Refused(`the checkpoint is of another log: ${signed.origin}`);
  const right = await checkSignature(receipt.note, ...own);
  if (right === false) throw new Refused(`the signature of ${signed.origin} does not match`);
  const still = chain.at(new Date(leafTime(receipt.leaf)).toISOString(), signed.size);
  if (still.length < chain.keys.length) await checkSignature(receipt.note, ...still).catch(() => { throw new Refused('the key that signed it was retired before'); });
  return right;
}

/** When an event was, as its leaf says, erased or not. */
function leafTime(leaf) {
  const at = /^\{"at":(\d{1,15}),/.exec(new TextDecoder().decode(leaf));
  if (!at) throw new Refused('the leaf says no time');
  return Number(at[1]);
}

/** Reads the notes of a log's handovers.json. */
export function parseNotes(text) {
  let notes = null;
  try {
    notes = JSON.parse(text);
  } catch {
    // said below
  }
  if (!Array.isArray(notes) || notes.some((one) => typeof one !== 'string')) throw new Refused('the list of handovers is no list of notes');
  return notes;
}

/** Reads a note about keys; refuses it unless all signed it who must. */
async function readNote(note) {
  const lines = note.slice(0, Math.max(0, note.indexOf('\n\n'))).split('\n');
  const [head, name, first, second, size, at] = lines;
  if (lines.length !== 6 || (head !== HANDOVER && head !== RETIREMENT)) throw new Refused('this is no handover of a log’s key');
  const [old, next] = [await parseKey(first), await parseKey(second)];
  const isRight = old.name === name && next.name === name && old.text !== next.text;
  if (!isRight || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)) throw new Refused('the handover holds fields or forms that it should not');
  for (const key of head === HANDOVER ? [old, next] : [next]) {
    if ((await checkSignature(note, key)) === false) throw new Refused('the handover was not signed by its keys');
  }
  return { head, old, next, at, size: parseCount(size) };
}
