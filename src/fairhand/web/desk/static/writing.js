// @ts-check
/**
 * What writing needs to know, without a page: how long a text is, what it is once it is sent, and
 * the steps that undo and redo take. DOM-free.
 */

/** The text as the server keeps it (labels/text.py). @param {string} text */
export function canonicalText(text) {
  const lines = text.replace(/\r\n?/g, '\n').trimEnd();
  return lines.replace(/^(?:[^\S\n]*\n)+/, '').normalize('NFC');
}

/** Code points, as people count letters; an emoji of one code point is one. @param {string} text */
export function lengthOf(text) {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** What a length still lacks, or has too much of: below 0 too short, above 0 too long.
 * @param {number} length @param {number} least @param {number} most */
export const offBy = (length, least, most) => (length < least ? length - least : Math.max(0, length - most));

const PAUSE_MS = 1000;
const MOST_STEPS = 500;

/** Steps of one text: letters typed without a pause are one step, and so is each line. */
export class Steps {
  /** @param {string} text */
  constructor(text) {
    this.now = text;
    /** @type {string[]} */
    this.done = [];
    /** @type {string[]} */
    this.undone = [];
    this.last = -Infinity;
  }

  /** @param {string} text as it is now @param {number} at milliseconds */
  note(text, at) {
    if (text === this.now) return;
    const goes_on = at - this.last < PAUSE_MS && Math.abs(text.length - this.now.length) === 1 && !text.endsWith('\n');
    if (!goes_on || !this.done.length) this.done.push(this.now);
    if (this.done.length > MOST_STEPS) this.done.shift();
    this.undone = [];
    this.now = text;
    this.last = at;
  }

  /** @returns {string | null} the text before, or null when this is where it began */
  undo() {
    return this.#move(this.done, this.undone);
  }

  /** @returns {string | null} */
  redo() {
    return this.#move(this.undone, this.done);
  }

  /** @param {string[]} from @param {string[]} to */
  #move(from, to) {
    const text = from.pop();
    if (text === undefined) return null;
    to.push(this.now);
    this.now = text;
    this.last = -Infinity;
    return text;
  }
}
