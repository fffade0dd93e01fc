// @ts-check
/**
 * The label mask of one picture, at the picture's own resolution: which region each pixel belongs
 * to, the coloured overlay that shows it, and its history. What is on the screen is only a view of
 * this, so zoom and dense displays never change a stored pixel.
 */
import { fillPolygon, floodFill, stroke, union } from './geometry.js';
import { decodeInto, encodeRegions } from './rle.js';
import { cut, difference, History, paste } from './undo.js';

/**
 * @typedef {import('./geometry.js').Rect} Rect
 * @typedef {import('./geometry.js').Point} Point
 * @typedef {{label: string, counts: string}} Region
 * @typedef {{size: [number, number], regions: Region[], nothing?: true}} MaskAnswer
 */

const LARGE_PICTURE = 200;

export class MaskLayer {
  /** @param {number} width @param {number} height
   * @param {{value: string, colour: string}[]} labels @param {boolean} instances */
  constructor(width, height, labels, instances) {
    this.labels = labels;
    this.instances = instances;
    this.mask = { data: instances ? new Uint16Array(width * height) : new Uint8Array(width * height), width, height };
    this.before = this.mask.data.slice();
    /** Which label each region id (from 1) has. @type {number[]} */
    this.regions = instances ? [] : labels.map((_, index) => index);
    this.history = new History();
    this.opacity = 0.4;
    /** @type {Rect | null} */
    this.dirty = null;
    this.overlay = document.createElement('canvas');
    this.overlay.width = width;
    this.overlay.height = height;
    this.paint = /** @type {CanvasRenderingContext2D} */ (this.overlay.getContext('2d'));
    this.colours = labels.map((label) => [1, 3, 5].map((at) => parseInt(label.colour.slice(at, at + 2), 16)));
  }

  /** The id to draw with; for instances a new one. @param {number} label @returns {number} */
  newRegion(label) {
    return this.instances ? this.regions.push(label) : label + 1;
  }

  /** Loads stored regions; labels that the question no longer has are left out.
   * @param {MaskAnswer | null} answer @returns {boolean} */
  load(answer) {
    const { data, width, height } = this.mask;
    if (answer?.size?.[0] !== height || answer.size[1] !== width) return false;
    for (const region of answer.regions || []) {
      const label = this.labels.findIndex((one) => one.value === region.label);
      if (label >= 0) decodeInto(region.counts, data, width, height, this.newRegion(label));
    }
    this.before.set(data);
    this.repaint(this.everything());
    return true;
  }

  everything() {
    return { x0: 0, y0: 0, x1: this.mask.width, y1: this.mask.height };
  }

  /** @returns {Region[]} */
  save() {
    const { data, width, height } = this.mask;
    return [...encodeRegions(data, width, height)]
      .sort(([a], [b]) => a - b)
      .map(([id, counts]) => ({ label: this.labels[this.regions[id - 1]].value, counts }));
  }

  isEmpty() {
    const { data } = this.mask;
    for (let at = 0; at < data.length; at++) if (data[at]) return false;
    return true;
  }

  /** @param {Point} from @param {Point} to @param {number} radius @param {number} id */
  stroke(from, to, radius, id) {
    this.#touched(stroke(this.mask, from, to, radius, id));
  }

  /** @param {Point[]} points @param {number} id @returns {boolean} whether anything changed */
  polygon(points, id) {
    this.#touched(fillPolygon(this.mask, points, id));
    return this.commit();
  }

  /** @param {Point} at @param {number} id @returns {boolean} */
  fill(at, id) {
    this.#touched(floodFill(this.mask, at, id));
    return this.commit();
  }

  /** @returns {boolean} */
  clear() {
    this.mask.data.fill(0);
    this.#touched(this.everything());
    return this.commit();
  }

  /** @param {Rect | null} rect */
  #touched(rect) {
    this.dirty = union(this.dirty, rect);
    if (rect) this.repaint(rect);
  }

  /** Ends a stroke: one step of the history. @returns {boolean} whether anything changed */
  commit() {
    if (!this.dirty) return false;
    const patch = difference(this.mask, this.dirty, this.before);
    this.dirty = null;
    if (!patch) return false;
    this.history.push(patch);
    this.#remember(patch.rect);
    return true;
  }

  /** A second finger came: the stroke never happened. */
  cancel() {
    if (!this.dirty) return;
    paste(this.mask, this.dirty, cut(this.mask, this.dirty, this.before));
    this.repaint(this.dirty);
    this.dirty = null;
  }

  /** @param {'undo' | 'redo'} way @returns {boolean} */
  step(way) {
    const rect = this.history[way](this.mask);
    if (!rect) return false;
    this.#remember(rect);
    this.repaint(rect);
    return true;
  }

  /** @param {Rect} rect */
  #remember(rect) {
    const { data, width } = this.mask;
    for (let y = rect.y0; y < rect.y1; y++) {
      const row = y * width;
      this.before.set(data.subarray(row + rect.x0, row + rect.x1), row + rect.x0);
    }
  }

  /** Colours the overlay inside a rectangle: tinted and hatched areas, full-colour edges.
   * @param {Rect} rect */
  repaint(rect) {
    const { data, width, height } = this.mask;
    const x0 = Math.max(0, rect.x0 - 1);
    const y0 = Math.max(0, rect.y0 - 1);
    const x1 = Math.min(width, rect.x1 + 1);
    const y1 = Math.min(height, rect.y1 + 1);
    const pixels = this.paint.createImageData(x1 - x0, y1 - y0);
    const large = Math.max(width, height) > LARGE_PICTURE;
    const period = Math.max(4, Math.round(Math.max(width, height) / 64));
    for (let y = y0, out = 0; y < y1; y++) {
      for (let x = x0; x < x1; x++, out += 4) {
        const at = y * width + x;
        const id = data[at];
        if (!id) continue;
        const label = this.regions[id - 1];
        const edge =
          large &&
          ((x > 0 && data[at - 1] !== id) ||
            (x < width - 1 && data[at + 1] !== id) ||
            (y > 0 && data[at - width] !== id) ||
            (y < height - 1 && data[at + width] !== id));
        const colour = this.colours[label];
        pixels.data[out] = colour[0];
        pixels.data[out + 1] = colour[1];
        pixels.data[out + 2] = colour[2];
        pixels.data[out + 3] = 255 * (edge ? 1 : this.opacity * (hatched(label, x, y, period) ? 0.5 : 1));
      }
    }
    this.paint.putImageData(pixels, x0, y0);
  }
}

/** Every label but the first is hatched in its own way, so colour is never the only sign.
 * @param {number} label @param {number} x @param {number} y @param {number} period in pixels */
function hatched(label, x, y, period) {
  const way = label % 4;
  if (way === 0) return false;
  const along = way === 1 ? x + y : way === 2 ? x - y + 65536 : y;
  return along % period < period / 3;
}
