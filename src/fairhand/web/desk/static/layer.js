// @ts-check
/**
 * What is drawn on one picture, at the picture's own resolution: the mask, which label each of its
 * regions has, and the history of both. What is on the screen is only a view of this (glass.js), so
 * zoom and dense displays never change a stored pixel.
 */
import { decodeInto, encode } from './rle.js';
import { Tiles } from './grain.js';
import { History } from './undo.js';

/**
 * @typedef {{label: string, counts: string}} Region
 * @typedef {{size: [number, number], regions: Region[], nothing?: true}} MaskAnswer
 * @typedef {'own' | 'proposed' | 'kept' | 'gone'} State a model's region is proposed until a person
 *   keeps it, changes it or takes it away
 * @typedef {{label: number, state: State}} Thing a region of the mask; its id is its place, from 1
 */

export class MaskLayer {
  /** @param {number} width @param {number} height
   * @param {{value: string}[]} labels @param {boolean} instances */
  constructor(width, height, labels, instances) {
    this.labels = labels;
    this.instances = instances;
    this.mask = new Tiles(width, height, instances);
    /** @type {Thing[]} */
    this.things = instances ? [] : labels.map((_, label) => ({ label, state: 'own' }));
    this.history = new History();
    this.opacity = 0.4;
    /** Labels that are not shown now. @type {Set<number>} */
    this.unseen = new Set();
    /** The region that is worked on, 0 for none. */
    this.chosen = 0;
    /** Grows when all must be drawn again. */
    this.look = 0;
    /** Regions as they came, where others hide parts of them here: such a one is given back whole
     * while what is seen of it is what was seen of it then.
     * @type {Map<number, {counts: string, seen: (string | undefined)[]}>} */
    this.whole = new Map();
    /** The encoded regions, where another thread has found them. @type {Map<number, string> | null} */
    this.texts = null;
  }

  /** The id to draw with; for instances a new one. @param {number} label @returns {number} */
  newRegion(label) {
    if (!this.instances) return label + 1;
    this.look++;
    return this.things.push({ label, state: 'own' });
  }

  /** Loads stored regions; labels that the question no longer has are left out.
   * @param {MaskAnswer | null} answer @param {State} state @param {MaskAnswer | null} [theirs] a
   * model's; regions that are the same are still to be looked at @returns {boolean} */
  load(answer, state, theirs = null) {
    const { width, height } = this.mask;
    if (answer?.size?.[0] !== height || answer.size[1] !== width) return false;
    const proposed = new Set(theirs?.regions?.map((one) => one.counts));
    for (const { label: value, counts } of answer.regions || []) {
      const label = this.labels.findIndex((one) => one.value === value);
      if (label < 0) continue;
      const id = this.newRegion(label);
      this.things[id - 1] = { label, state: this.instances && proposed.has(counts) ? 'proposed' : this.instances ? state : 'own' };
      decodeInto(counts, this.mask, id);
      if (this.instances) this.whole.set(id, { counts, seen: [] });
    }
    this.mask.commit();
    this.look++;
    const texts = this.whole.size ? encode(this.mask) : null;
    for (const [id, { counts, seen }] of this.whole) {
      if (texts?.get(id) === counts) this.whole.delete(id);
      else seen.push(texts?.get(id));
    }
    return true;
  }

  /** What is seen of a region is what was seen of it when it came. @param {number} id @param {string} [text] */
  isWhole(id, text) {
    return this.things[id - 1].state !== 'gone' && Boolean(this.whole.get(id)?.seen.includes(text));
  }

  /** @returns {Region[]} */
  save() {
    const texts = this.encoded();
    return this.things.flatMap(({ label }, index) => {
      const text = texts.get(index + 1);
      const counts = this.isWhole(index + 1, text) ? this.whole.get(index + 1)?.counts : text;
      return counts ? [{ label: this.labels[label].value, counts }] : [];
    });
  }

  encoded() {
    return (this.texts ||= encode(this.mask));
  }

  /** A mask that holds only one encoded region, as 1. @param {string} counts */
  stencil(counts) {
    const mask = new Tiles(this.mask.width, this.mask.height, false);
    decodeInto(counts, mask, 1);
    return mask;
  }

  /** One region as text; null while it has no pixel. @param {number} id @returns {string | null} */
  text(id) {
    return this.encoded().get(id) ?? null;
  }

  isEmpty() {
    return this.mask.isEmpty() && ![...this.whole.keys()].some((id) => this.isWhole(id));
  }

  /** @returns {boolean} whether anything changed */
  clear() {
    this.mask.clear();
    return this.commit([...this.whole.keys()].map((id) => ({ id, after: { state: 'gone' } })));
  }

  /** Ends a step of the history. A proposed region whose pixels a person changes is theirs.
   * @param {{id: number, after: Partial<Thing>}[]} [marks] @returns {boolean} whether anything changed */
  commit(marks = []) {
    const { mask, things } = this;
    const had = mask.area[this.chosen];
    const patches = mask.commit();
    if (things[this.chosen - 1]?.state === 'proposed' && mask.area[this.chosen] !== had) marks.push({ id: this.chosen, after: { state: 'kept' } });
    const changes = marks.map(({ id, after }) => ({ id, before: things[id - 1], after: { ...things[id - 1], ...after } }));
    if (!patches.length && !changes.length) return false;
    this.history.push({ patches, marks: changes });
    this.#mark(changes, 'after');
    return true;
  }

  /** A second finger came: the stroke never happened. */
  cancel() {
    this.mask.cancel();
  }

  /** Works on another region, 0 for none yet. @param {number} id */
  choose(id) {
    if (!this.instances || this.chosen === id) return;
    this.chosen = id;
    this.look++;
  }

  /** @param {'undo' | 'redo'} way @returns {import('./undo.js').Step | null} what was taken back, or done again */
  step(way) {
    const step = this.history.take(way);
    if (!step) return null;
    const side = way === 'undo' ? 'before' : 'after';
    this.mask.apply(step.patches, side);
    this.#mark(step.marks, side);
    return step;
  }

  /** @param {import('./undo.js').Marked[]} marks @param {'before' | 'after'} side */
  #mark(marks, side) {
    for (const mark of marks) this.things[mark.id - 1] = mark[side];
    if (marks.length) this.look++;
    this.texts = null;
  }
}
