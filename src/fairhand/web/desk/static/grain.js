// @ts-check
/**
 * A label mask in tiles: which region each pixel of a picture belongs to. A tile exists only once
 * something is drawn on it, so an empty picture of any size costs nothing; a step of the history
 * keeps only the rectangles that it changed. Pure. Pixel (3, 5) covers 3..4 by 5..6 and belongs to
 * a shape when its centre (3.5, 5.5) does.
 *
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Rect x1 and y1 are excluded
 * @typedef {Uint8Array | Uint16Array} Cells
 * @typedef {{at: number, rect: Rect, before: Cells, after: Cells}} Patch a rectangle inside tile `at`
 * @typedef {{before: Cells | null, rect: Rect}} Held a tile as it was before the step under way
 */
import { TILE } from './cell.js';

/** TILE as a power of two. */
const SHIFT = 8;
const LOW = TILE - 1;

export class Tiles {
  /** @param {number} width @param {number} height @param {boolean} wide more than 255 regions */
  constructor(width, height, wide) {
    this.width = width;
    this.height = height;
    this.wide = wide;
    this.columns = Math.ceil(width / TILE);
    /** By rows of tiles; null where nothing was ever drawn, or all is gone again.
     * @type {(Cells | null)[]} */
    this.tiles = new Array(this.columns * Math.ceil(height / TILE)).fill(null);
    /** How many pixels each region has, as of the last finished step. @type {number[]} */
    this.area = [];
    /** @type {Map<number, Held>} */
    this.held = new Map();
    /** Runs of each column of tiles (rle.js), null where they must be found again.
     * @type {(Map<number, number[]> | null)[]} */
    this.strips = new Array(this.columns).fill(null);
    /** What changed since it was last drawn. @type {Rect | null} */
    this.dirty = null;
    /** Tiles that changed since they were last handed on. @type {Set<number>} */
    this.changed = new Set();
  }

  /** Gives pixels x0 to x1 of a row to a region. @param {number} y @param {number} x0 @param {number} x1 @param {number} id */
  fillRow(y, x0, x1, id) {
    if (y < 0 || y >= this.height) return;
    x0 = Math.max(0, x0);
    x1 = Math.min(this.width, x1);
    const row = (y >> SHIFT) * this.columns;
    const start = (y & LOW) << SHIFT;
    while (x0 < x1) {
      const end = Math.min(x1, ((x0 >> SHIFT) + 1) << SHIFT);
      const left = x0 & LOW;
      const right = left + end - x0;
      this.open(row + (x0 >> SHIFT), id, left, y & LOW, right, (y & LOW) + 1)?.fill(id, start + left, start + right);
      x0 = end;
    }
  }

  /** Gives pixels y0 to y1 of a column to a region. @param {number} x @param {number} y0 @param {number} y1 @param {number} id */
  fillColumn(x, y0, y1, id) {
    while (y0 < y1) {
      const end = Math.min(y1, ((y0 >> SHIFT) + 1) << SHIFT);
      const top = y0 & LOW;
      const tile = this.open((y0 >> SHIFT) * this.columns + (x >> SHIFT), id, x & LOW, top, (x & LOW) + 1, top + end - y0);
      for (let cell = (top << SHIFT) | (x & LOW); tile && y0 < end; y0++, cell += TILE) tile[cell] = id;
      y0 = end;
    }
  }

  /** The tile, ready to be changed inside a rectangle; null when it is empty and stays so.
   * @param {number} at @param {number} id @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
  open(at, id, x0, y0, x1, y1) {
    const tile = this.tiles[at];
    if (!tile && !id) return null;
    const held = this.held.get(at);
    if (!held) this.held.set(at, { before: tile && tile.slice(), rect: { x0, y0, x1, y1 } });
    else if (x0 < held.rect.x0 || y0 < held.rect.y0 || x1 > held.rect.x1 || y1 > held.rect.y1) widen(held.rect, x0, y0, x1, y1);
    this.#show(at, x0, y0, x1, y1);
    return tile || (this.tiles[at] = this.#blank(TILE * TILE));
  }

  /** @param {number} cells @returns {Cells} */
  #blank(cells) {
    return this.wide ? new Uint16Array(cells) : new Uint8Array(cells);
  }

  /** @param {number} at @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
  #show(at, x0, y0, x1, y1) {
    const left = (at % this.columns) << SHIFT;
    const top = Math.floor(at / this.columns) << SHIFT;
    this.dirty ||= { x0: left + x0, y0: top + y0, x1: left + x1, y1: top + y1 };
    widen(this.dirty, left + x0, top + y0, left + x1, top + y1);
  }

  /** Ends a step. @returns {Patch[]} what it changed; empty when nothing */
  commit() {
    const patches = [];
    for (const [at, { before, rect }] of this.held) {
      const after = cut(/** @type {Cells} */ (this.tiles[at]), rect);
      const was = before ? cut(before, rect) : this.#blank(after.length);
      if (was.every((cell, index) => cell === after[index])) continue;
      patches.push({ at, rect, before: was, after });
      this.#counted(at, was, after);
    }
    this.held.clear();
    return patches;
  }

  /** The step under way never happened. */
  cancel() {
    for (const [at, { before, rect }] of this.held) {
      this.tiles[at] = before;
      this.strips[at % this.columns] = null;
      this.#show(at, rect.x0, rect.y0, rect.x1, rect.y1);
    }
    this.held.clear();
  }

  /** @param {Patch[]} patches @param {'before' | 'after'} way */
  apply(patches, way) {
    for (const { at, rect, before, after } of patches) {
      const tile = (this.tiles[at] ||= this.#blank(TILE * TILE));
      const cells = way === 'before' ? before : after;
      const width = rect.x1 - rect.x0;
      for (let y = rect.y0, from = 0; y < rect.y1; y++, from += width) tile.set(cells.subarray(from, from + width), (y << SHIFT) + rect.x0);
      this.#counted(at, way === 'before' ? after : before, cells);
      this.#show(at, rect.x0, rect.y0, rect.x1, rect.y1);
    }
  }

  /** @param {number} at @param {Cells} was @param {Cells} is */
  #counted(at, was, is) {
    const { area } = this;
    let drawn = false;
    for (let index = 0; index < is.length; index++) {
      drawn ||= is[index] > 0;
      if (was[index] === is[index]) continue;
      area[was[index]] = (area[was[index]] || 0) - 1;
      area[is[index]] = (area[is[index]] || 0) + 1;
    }
    this.strips[at % this.columns] = null;
    this.changed.add(at);
    if (!drawn && this.tiles[at]?.every((cell) => !cell)) this.tiles[at] = null;
  }

  /** Takes a whole tile from elsewhere. @param {number} at @param {Cells | null} cells */
  put(at, cells) {
    this.tiles[at] = cells;
    this.strips[at % this.columns] = null;
  }

  isEmpty() {
    return this.tiles.every((tile) => !tile);
  }

  clear() {
    this.tiles.forEach((tile, at) => tile && this.open(at, 0, 0, 0, TILE, TILE)?.fill(0));
  }
}

/** Every pixel whose centre is within `radius` of the segment, and the pixel under its end, so that
 * a brush of one pixel always paints. Row by row: the part of a row within a radius of a segment is
 * one stretch, that of its two end discs and of the band between them.
 * @param {Tiles} mask @param {Point} from @param {Point} to @param {number} radius @param {number} id */
export function paintStroke(mask, from, to, radius, id) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy);
  const last = Math.min(mask.height - 1, Math.floor(Math.max(from.y, to.y) + radius));
  for (let y = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius)); y <= last; y++) {
    let [lo, hi] = band(dx, dy, length, radius, y + 0.5 - from.y);
    lo += from.x;
    hi += from.x;
    for (const end of [from, to]) {
      const off = y + 0.5 - end.y;
      if (Math.abs(off) > radius) continue;
      const half = Math.sqrt(radius * radius - off * off);
      lo = Math.min(lo, end.x - half);
      hi = Math.max(hi, end.x + half);
    }
    if (lo <= hi) mask.fillRow(y, Math.ceil(lo - 0.5), Math.floor(hi - 0.5) + 1, id);
  }
  const x = Math.floor(to.x);
  if (x >= 0 && x < mask.width) mask.fillRow(Math.floor(to.y), x, x + 1, id);
}

/** Where a row `y` below the segment's start is beside the segment and within the radius of its line.
 * @param {number} dx @param {number} dy @param {number} length @param {number} radius @param {number} y
 * @returns {[number, number]} from, to; the wrong way round when nowhere */
function band(dx, dy, length, radius, y) {
  if (!length) return [Infinity, -Infinity];
  const [a, b] = between(dx, y * dy, 0, length * length);
  const [c, d] = between(dy, -y * dx, -radius * length, radius * length);
  return a > b || c > d || a > d || c > b ? [Infinity, -Infinity] : [Math.max(a, c), Math.min(b, d)];
}

/** The x for which low <= slope * x + base <= high. @param {number} slope @param {number} base
 * @param {number} low @param {number} high @returns {[number, number]} */
function between(slope, base, low, high) {
  if (!slope) return base >= low && base <= high ? [-Infinity, Infinity] : [Infinity, -Infinity];
  const ends = [(low - base) / slope, (high - base) / slope];
  return slope > 0 ? [ends[0], ends[1]] : [ends[1], ends[0]];
}

/** @param {Rect} rect @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function widen(rect, x0, y0, x1, y1) {
  rect.x0 = Math.min(rect.x0, x0);
  rect.y0 = Math.min(rect.y0, y0);
  rect.x1 = Math.max(rect.x1, x1);
  rect.y1 = Math.max(rect.y1, y1);
}

/** @param {Cells} tile @param {Rect} rect @returns {Cells} */
function cut(tile, rect) {
  const width = rect.x1 - rect.x0;
  const cells = tile.slice(0, width * (rect.y1 - rect.y0));
  for (let y = rect.y0, at = 0; y < rect.y1; y++, at += width) cells.set(tile.subarray((y << SHIFT) + rect.x0, (y << SHIFT) + rect.x1), at);
  return cells;
}
