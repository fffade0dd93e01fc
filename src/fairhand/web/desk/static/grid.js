// @ts-check
/**
 * Which things lie in a part of the picture: squares of equal size, each knows what touches it. Pure.
 *
 * @typedef {import('./shapes.js').Thing} Thing
 * @typedef {import('./shapes.js').Bounds} Bounds
 */
import { boundsOf } from './shapes.js';

const SQUARES = 64;

export class Grid {
  /** @param {import('./viewport.js').Size} size of the picture */
  constructor(size) {
    this.side = Math.max(size.width, size.height, 1) / SQUARES;
    /** @type {Set<Thing>[]} */
    this.squares = [];
    /** @type {Map<Thing, Bounds>} */
    this.bounds = new Map();
  }

  /** @param {Bounds} bounds @returns {number[]} numbers of squares */
  #of({ x0, y0, x1, y1 }) {
    const at = (/** @type {number} */ value) => Math.min(SQUARES - 1, Math.max(0, Math.floor(value / this.side)));
    const found = [];
    for (let y = at(y0); y <= at(y1); y++) for (let x = at(x0); x <= at(x1); x++) found.push(y * SQUARES + x);
    return found;
  }

  /** @param {Thing} thing @returns {Bounds} */
  add(thing) {
    const bounds = boundsOf(thing.points);
    this.bounds.set(thing, bounds);
    for (const square of this.#of(bounds)) (this.squares[square] ||= new Set()).add(thing);
    return bounds;
  }

  /** @param {Thing} thing @returns {Bounds | undefined} where it was */
  remove(thing) {
    const bounds = this.bounds.get(thing);
    this.bounds.delete(thing);
    if (bounds) for (const square of this.#of(bounds)) this.squares[square].delete(thing);
    return bounds;
  }

  /** @param {Bounds} rect @returns {Thing[]} all that touch it, in no order */
  query(rect) {
    const found = /** @type {Set<Thing>} */ (new Set());
    for (const square of this.#of(rect)) {
      for (const thing of this.squares[square] || []) {
        const { x0, y0, x1, y1 } = /** @type {Bounds} */ (this.bounds.get(thing));
        if (x0 <= rect.x1 && x1 >= rect.x0 && y0 <= rect.y1 && y1 >= rect.y0) found.add(thing);
      }
    }
    return [...found];
  }

  /** @param {Bounds} rect @param {number} few @returns {boolean} more than a few touch it */
  holdsMany(rect, few) {
    const found = /** @type {Set<Thing>} */ (new Set());
    for (const square of this.#of(rect)) {
      for (const thing of this.squares[square] || []) if (found.add(thing).size > few) return true;
    }
    return false;
  }
}
