// @ts-check
/**
 * Draws a mask on the display: for each pixel of the display, the region of the one picture pixel
 * that its centre lies in. It costs what the display costs, however large the picture is, and an
 * edge is as fine as the display at every zoom.
 */
import { TILE } from './cell.js';

/**
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {import('./layer.js').MaskLayer} MaskLayer
 * @typedef {import('./grain.js').Rect} Rect
 * @typedef {{edge: Uint32Array, even: Uint32Array, odd: Uint32Array, way: Uint8Array}} Inks by region
 */

/** More device pixels than this are drawn at half the fineness. */
const MOST = 3e6;

export class Glass {
  /** @param {string[]} colours of the labels, #rrggbb */
  constructor(colours) {
    this.colours = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
    this.canvas = document.createElement('canvas');
    this.paint = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.drawn = '';
    /** The region under each pixel. */
    this.ids = new Uint16Array(0);
    this.rim = 1;
  }

  /** @param {CanvasView} view @param {MaskLayer} layer */
  draw({ canvas, frame, view, paint }, layer) {
    if (!canvas.width || !canvas.height) return;
    const coarse = canvas.width * canvas.height > MOST ? 2 : 1;
    const ratio = canvas.width / frame.width / coarse;
    const place = [canvas.width, canvas.height, view.scale, view.x, view.y, layer.look].join();
    if (place !== this.drawn) {
      this.drawn = place;
      this.rim = ratio < 1.5 ? 1 : ratio < 3 ? 2 : 4;
      this.#lay(Math.ceil(canvas.width / coarse), Math.ceil(canvas.height / coarse), view.scale * ratio, view.x * ratio, view.y * ratio, layer);
      this.#fill(layer, { x0: 0, y0: 0, x1: this.canvas.width, y1: this.canvas.height });
    } else if (layer.mask.dirty) this.#fill(layer, this.#onGlass(layer.mask.dirty));
    layer.mask.dirty = null;
    paint.setTransform(coarse, 0, 0, coarse, 0, 0);
    paint.imageSmoothingEnabled = false;
    paint.drawImage(this.canvas, 0, 0);
    paint.setTransform(ratio * coarse, 0, 0, ratio * coarse, 0, 0);
  }

  /** @param {number} width @param {number} height @param {number} scale @param {number} x @param {number} y
   * @param {MaskLayer} layer */
  #lay(width, height, scale, x, y, layer) {
    const { rim } = this;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.pixels = this.paint.createImageData(width, height);
    }
    this.at = { scale, x, y };
    // The regions are read a little beyond the display, so that its own rim is no edge.
    this.wide = width + 2 * rim;
    const cells = this.wide * (height + 2 * rim);
    if (this.ids.length !== cells) this.ids = new Uint16Array(cells);
    /** The picture's row and column under each of the display, -1 beside the picture. */
    this.down = line(height + 2 * rim, y + rim, scale, layer.mask.height);
    this.across = line(this.wide, x + rim, scale, layer.mask.width);
    /** Which columns of the display show which column of tiles: tile, from, to. @type {[number, number, number][]} */
    this.spans = [];
    this.across.forEach((px, at) => {
      const last = this.spans?.at(-1);
      if (px < 0) return;
      if (last?.[0] === px >> 8) last[2] = at + 1;
      else this.spans?.push([px >> 8, at, at + 1]);
    });
    this.inks = this.#inks(layer);
  }

  /** @param {MaskLayer} layer @returns {Inks} */
  #inks({ things, unseen, opacity, chosen }) {
    const inks = { edge: new Uint32Array(things.length + 1), even: new Uint32Array(things.length + 1), odd: new Uint32Array(things.length + 1), way: new Uint8Array(things.length + 1) };
    things.forEach(({ label, state }, index) => {
      if (unseen.has(label)) return;
      const [red, green, blue] = this.colours[label];
      const ink = (/** @type {number} */ alpha) => ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      const id = index + 1;
      const strength = state === 'proposed' ? opacity / 3 : id === chosen ? Math.max(opacity, (1 + opacity) / 2) : opacity;
      inks.edge[id] = ink(1);
      inks.even[id] = ink(strength);
      inks.odd[id] = ink(strength / 2);
      // Every label but the first is hatched in its own way, so colour is never the only sign.
      inks.way[id] = label % 4;
    });
    return inks;
  }

  /** The device pixels that show a rectangle of the picture, and the edges beside it. @param {Rect} rect @returns {Rect} */
  #onGlass(rect) {
    const { scale, x, y } = /** @type {{scale: number, x: number, y: number}} */ (this.at);
    const more = this.rim + 1;
    return {
      x0: Math.max(0, Math.floor(rect.x0 * scale + x) - more),
      y0: Math.max(0, Math.floor(rect.y0 * scale + y) - more),
      x1: Math.min(this.canvas.width, Math.ceil(rect.x1 * scale + x) + more),
      y1: Math.min(this.canvas.height, Math.ceil(rect.y1 * scale + y) + more),
    };
  }

  /** @param {MaskLayer} layer @param {Rect} rect */
  #fill(layer, rect) {
    if (rect.x0 >= rect.x1 || rect.y0 >= rect.y1) return;
    this.#read(layer.mask, rect);
    this.#colour(rect);
    this.paint.putImageData(/** @type {ImageData} */ (this.pixels), 0, 0, rect.x0, rect.y0, rect.x1 - rect.x0, rect.y1 - rect.y0);
  }

  /** @param {import('./grain.js').Tiles} mask @param {Rect} rect on the display */
  #read({ tiles, columns }, { x0, y0, x1, y1 }) {
    const { across, down, ids, spans, wide } = /** @type {{across: Int32Array, down: Int32Array, ids: Uint16Array, spans: [number, number, number][], wide: number}} */ (/** @type {unknown} */ (this));
    const right = x1 + 2 * this.rim;
    for (let y = y0; y < y1 + 2 * this.rim; y++) {
      const row = y * wide;
      const py = down[y];
      if (y > y0 && py === down[y - 1]) {
        ids.copyWithin(row + x0, row - wide + x0, row - wide + right);
        continue;
      }
      ids.fill(0, row + x0, row + right);
      if (py < 0) continue;
      const first = Math.floor(py / TILE) * columns;
      const start = (py % TILE) * TILE;
      for (const [column, from, to] of spans) {
        const tile = tiles[first + column];
        const end = Math.min(to, right);
        if (tile) for (let x = Math.max(from, x0); x < end; x++) ids[row + x] = tile[start | (across[x] & 255)];
      }
    }
  }

  /** @param {Rect} rect */
  #colour({ x0, y0, x1, y1 }) {
    const { ids, inks: { edge, even, odd, way }, pixels, at, wide } = /** @type {{ids: Uint16Array, inks: Inks, pixels: ImageData, at: {x: number, y: number}, wide: number}} */ (/** @type {unknown} */ (this));
    const { rim, canvas: { width } } = this;
    const out = new Uint32Array(pixels.data.buffer);
    // Hatching is anchored to the picture, so that it does not crawl under a moving hand.
    const period = 8 * rim;
    const low = period - 1;
    const stripes = hatching(period);
    const left = -Math.round(at.x);
    const top = -Math.round(at.y);
    const step = rim * wide;
    for (let y = y0; y < y1; y++) {
      let i = (y + rim) * wide + rim + x0;
      const row = ((y + top) & low) * period;
      for (let o = y * width + x0, x = x0; x < x1; x++, i++, o++) {
        const id = ids[i];
        if (!id) out[o] = 0;
        else if (ids[i - rim] !== id || ids[i + rim] !== id || ids[i - step] !== id || ids[i + step] !== id) out[o] = edge[id];
        else out[o] = stripes[way[id] * period * period + row + ((x + left) & low)] ? odd[id] : even[id];
      }
    }
  }
}

/** Where each way of hatching is thin, in a square of one period: none, two slopes, level.
 * @param {number} period a power of two @returns {Uint8Array} */
function hatching(period) {
  return Uint8Array.from({ length: 4 * period * period }, (_, at) => {
    const kind = Math.floor(at / (period * period));
    const y = Math.floor(at / period) % period;
    const x = at % period;
    const along = kind === 1 ? x + y : kind === 2 ? x - y + period : y;
    return kind && along % period < period / 3 ? 1 : 0;
  });
}

/** @param {number} length @param {number} offset @param {number} scale @param {number} size @returns {Int32Array} */
function line(length, offset, scale, size) {
  return Int32Array.from({ length }, (_, at) => {
    const place = Math.floor((at + 0.5 - offset) / scale);
    return place >= 0 && place < size ? place : -1;
  });
}
