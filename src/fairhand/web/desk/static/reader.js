// @ts-check
/**
 * The text as a place to pick words: dragging, tapping the first and the last word, or arrow keys
 * with Shift. One reader a text, shared by the questions that mark it; what is picked goes to the
 * question that was used last.
 */
import { painterOf } from './painter.js';
import { Passage } from './passage.js';

/**
 * @typedef {import('./passage.js').Stretch} Stretch
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 * @typedef {{t: T, say: (words: string) => void, modules: Record<string, string>}} Voice
 *
 * @typedef {object} Marker a question that marks the text
 * @property {boolean} byWord whole words are picked
 * @property {() => Stretch | null} place where it is at work, for the caret to go on from there
 * @property {(unit: number) => boolean} tapped false when it has nothing there
 * @property {(dragged: boolean) => void} picked
 * @property {() => void} renew what is picked has changed
 * @property {(stretch: Stretch) => string} told what to say of a stretch
 */

/** @type {WeakMap<HTMLElement, Reader>} */
const READERS = new WeakMap();

/** @param {HTMLElement} text @param {string} words @param {Voice} voice @returns {Reader} */
export function readerOf(text, words, voice) {
  const known = READERS.get(text) || new Reader(text, words, voice);
  READERS.set(text, known);
  return known;
}

export class Reader {
  /** @param {HTMLElement} text @param {string} words @param {Voice} voice */
  constructor(text, words, voice) {
    this.text = text;
    this.voice = voice;
    this.passage = new Passage(words);
    this.painter = painterOf(text, voice.modules.wraps);
    /** @type {Marker[]} */
    this.markers = [];
    /** @type {Marker | undefined} */
    this.active = undefined;
    /** @type {Stretch | null} */
    this.pick = null;
    this.anchor = 0;
    /** @type {number | null} */
    this.caret = null;
    this.dragged = false;
    this.pointer = 'mouse';
    /** @type {Promise<typeof import('./walk.js')> | null} */
    this.walking = null;
    this.ended = new AbortController();
    const { signal } = this.ended;
    text.classList.add('marking');
    const said = { tabindex: '0', role: 'textbox', 'aria-readonly': 'true', 'aria-multiline': 'true', 'aria-label': voice.t('Text to mark. Arrow keys go word by word, Shift selects, a label’s key marks.') };
    this.said = Object.keys(said);
    for (const [name, value] of Object.entries(said)) text.setAttribute(name, value);
    text.addEventListener('keydown', (event) => this.#key(event) && event.preventDefault(), { signal });
    text.addEventListener('focus', () => void this.#walk().catch(() => 0), { signal });
    text.addEventListener('click', (event) => this.#click(event), { signal });
    document.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    document.addEventListener('pointerup', () => this.#up(), { signal });
    document.addEventListener('selectionchange', () => this.#selection(), { signal });
  }

  /** @param {Marker} marker */
  join(marker) {
    this.markers.push(marker);
    this.active ||= marker;
  }

  /** @param {Marker} marker */
  leave(marker) {
    this.markers = this.markers.filter((one) => one !== marker);
    if (this.active === marker) this.active = this.markers[0];
    if (this.markers.length) return;
    this.ended.abort();
    this.text.classList.remove('marking');
    for (const name of this.said) this.text.removeAttribute(name);
    this.painter.show(this, null);
    READERS.delete(this.text);
  }

  get byWord() {
    return this.active?.byWord ?? true;
  }

  clear() {
    this.caret = null;
    this.#set(null);
  }

  /** @param {Stretch | null} stretch */
  #set(stretch) {
    this.pick = stretch;
    const stroke = stretch && { ...stretch, name: '', colour: '', lane: 0, look: /** @type {'pick'} */ ('pick') };
    this.painter.show(this, stroke ? [stroke] : []);
    for (const marker of this.markers) marker.renew();
  }

  /** Scrolls a stretch into view. @param {Stretch} stretch */
  reveal(stretch) {
    const [rect] = this.painter.rects(stretch);
    const frame = /** @type {HTMLElement} */ (this.text.parentElement);
    const { top, bottom } = frame.getBoundingClientRect();
    if (rect && rect.top < top + 24) frame.scrollBy(0, rect.top - top - 40);
    else if (rect && rect.bottom > bottom - 16) frame.scrollBy(0, rect.bottom - bottom + 40);
  }

  /** Arrow keys, once somebody comes with a keyboard; in the order in which they were pressed.
   * @param {KeyboardEvent} event */
  #key({ key, shiftKey, ctrlKey, metaKey, altKey, target }) {
    if (ctrlKey || metaKey || altKey || target !== this.text || !/^(Arrow|Home$|End$)/.test(key)) return false;
    this.#walk().then(({ walk }) => walk(this, key, shiftKey), () => this.voice.say(this.voice.t('Some tools could not be loaded. Reload the page to have them.')));
    return true;
  }

  #walk() {
    return (this.walking ||= import(this.voice.modules.walk));
  }

  /** @param {number} index of a stop @param {boolean} extend */
  go(index, extend) {
    const stops = this.passage.stops(this.byWord);
    const stop = stops[Math.min(stops.length - 1, Math.max(0, index))];
    if (!extend || !this.pick) this.anchor = stop.start;
    this.caret = stop.start;
    const other = stops[this.passage.stopAt(this.anchor, this.byWord)];
    this.#set({ start: Math.min(stop.start, other.start), end: Math.max(stop.end, other.end) });
    this.reveal(stop);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.dragged = false;
    this.pointer = event.pointerType || 'mouse';
  }

  /** A finger may still move the handles of what it selected; a mouse is done. */
  #up() {
    if (this.pointer !== 'mouse') return;
    this.#selection();
    if (!this.dragged) return;
    getSelection()?.removeAllRanges();
    this.active?.picked(true);
  }

  #selection() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.text)) return;
    const start = this.painter.placeOf(range.startContainer, range.startOffset) ?? 0;
    const end = this.painter.placeOf(range.endContainer, range.endOffset) ?? this.passage.text.length;
    const stretch = this.passage.snap(start, end, this.byWord);
    if (!stretch) return;
    this.dragged = true;
    this.anchor = stretch.start;
    this.caret = this.passage.stops(this.byWord)[this.passage.stopAt(stretch.end - 1, this.byWord)].start;
    this.#set(stretch);
    this.active?.picked(false);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (this.dragged || /** @type {HTMLElement} */ (event.target).closest('button')) return;
    const unit = this.painter.placeAt(event.clientX, event.clientY);
    if (unit === null) return;
    const extend = this.pick !== null && (event.shiftKey || this.pointer !== 'mouse');
    const order = [...this.markers].sort((a, b) => Number(b === this.active) - Number(a === this.active));
    if (!extend && order.some((marker) => marker.tapped(unit))) return this.clear();
    const index = this.passage.stopAt(unit, this.byWord);
    const stop = this.passage.stops(this.byWord)[index];
    const isAgain = this.pick && stop && this.pick.start === stop.start && this.pick.end === stop.end;
    if (!stop || isAgain || unit < stop.start || unit >= stop.end) this.clear();
    else this.go(index, extend);
    this.active?.picked(false);
  }
}
