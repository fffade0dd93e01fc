// @ts-check
/**
 * Keeps thousands of shapes quick: they are drawn once, in slices of a few milliseconds, on canvases
 * of their own, one of the whole picture and one as sharp as the window. While a finger moves those
 * are laid down as they are.
 *
 * @typedef {import('./shapes.js').Thing} Thing
 * @typedef {import('./shapes.js').Bounds} Bounds
 * @typedef {import('./viewport.js').Size} Size
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {{canvas: HTMLCanvasElement, paint: CanvasRenderingContext2D, k: number, rect: Bounds, todo: Thing[], at: number}} Layer
 *   `k` pixels of the layer for one of the picture; `rect` what part of the picture it shows
 */
import { Grid } from './grid.js';

const FEW = 80;
const SLICE_MS = 6;
const AROUND = 0.25;
const RIM = 4;
const STEADY_MS = 90;

export class Layers {
  /** @param {import('./scene.js').Scene} scene */
  constructor(scene) {
    this.scene = scene;
    this.all = { x0: 0, y0: 0, x1: scene.size.width, y1: scene.size.height };
    /** The zoom of the last frame: nothing is drawn sharp while it changes. */
    this.lastK = 0;
    this.grid = new Grid(scene.size);
    for (const thing of scene.things) this.grid.add(thing);
    this.later = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
    /** Parts that changed since they were drawn. @type {Bounds[]} */
    this.touched = [];
    /** @type {{whole: Layer | null, sharp: Layer | null, next: Layer | null, spare: HTMLCanvasElement | null}} */
    this.kept = { whole: null, sharp: null, next: null, spare: null };
  }

  /** @param {Thing[]} gone @param {Thing[]} come */
  take(gone, come) {
    const { grid } = this;
    const touched = [...gone.map((thing) => grid.remove(thing)), ...come.map((thing) => grid.add(thing))];
    if (touched.length > FEW) return this.forget();
    this.touched.push(...touched.filter((rect) => rect !== undefined));
  }

  /** @param {Bounds} rect @returns {boolean} so many that they are not drawn anew each time */
  isMany(rect) {
    return this.grid.holdsMany(rect, FEW);
  }

  /** Everything looks different now. */
  forget() {
    this.touched = [];
    Object.assign(this.kept, { whole: null, sharp: null, next: null });
  }

  /** @param {CanvasView} view @param {Bounds} rect the part that is seen @param {number} k
   * @returns {boolean} whether more is to come in the next frame */
  draw(view, rect, k) {
    const { paint, canvas, frame } = view;
    for (const part of this.touched.splice(0)) this.#mend(part);
    const more = this.#prepare(rect, k, frame, canvas.width / frame.width);
    paint.setTransform(k, 0, 0, k, -rect.x0 * k, -rect.y0 * k);
    const { whole, sharp } = this.kept;
    const near = sharp && whole && k > whole.k * 1.05 && covers(sharp.rect, rect, this.all) ? sharp : whole;
    if (near) paint.drawImage(near.canvas, near.rect.x0, near.rect.y0, near.canvas.width / near.k, near.canvas.height / near.k);
    return more;
  }

  /** Draws a little more of the layers that this view wants. @param {Bounds} rect @param {number} k
   * @param {Size} frame @param {number} ratio @returns {boolean} */
  #prepare(rect, k, frame, ratio) {
    const { kept: layers, all } = this;
    const { size } = this.scene;
    const steady = this.lastK === k;
    this.lastK = k;
    const fitted = ratio * Math.min(frame.width / size.width, frame.height / size.height);
    if (layers.whole && layers.whole.k < fitted * 0.9) this.forget();
    layers.whole ||= this.#layer(all, fitted, document.createElement('canvas'));
    const until = performance.now() + SLICE_MS;
    this.#go(layers.whole, until);
    if (layers.whole.at < layers.whole.todo.length) return true;
    if (k <= layers.whole.k * 1.05) return false;
    const fits = layers.sharp && layers.sharp.k === k && covers(layers.sharp.rect, rect, all);
    if (fits) return false;
    if (!steady) {
      layers.next = null;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.scene.again(), STEADY_MS);
      return false;
    }
    if (!layers.next) {
      const [dx, dy] = [(rect.x1 - rect.x0) * AROUND, (rect.y1 - rect.y0) * AROUND];
      const wide = { x0: Math.max(0, rect.x0 - dx), y0: Math.max(0, rect.y0 - dy), x1: Math.min(size.width, rect.x1 + dx), y1: Math.min(size.height, rect.y1 + dy) };
      layers.next = this.#layer(wide, k, layers.spare || document.createElement('canvas'));
      layers.spare = null;
    }
    this.#go(layers.next, until);
    if (layers.next.at < layers.next.todo.length) return true;
    layers.spare = layers.sharp?.canvas || null;
    layers.sharp = layers.next;
    layers.next = null;
    return !(layers.sharp.k === k && covers(layers.sharp.rect, rect, all));
  }

  /** @param {Bounds} rect @param {number} k @param {HTMLCanvasElement} canvas @returns {Layer} */
  #layer(rect, k, canvas) {
    canvas.width = Math.max(1, Math.ceil((rect.x1 - rect.x0) * k));
    canvas.height = Math.max(1, Math.ceil((rect.y1 - rect.y0) * k));
    const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    return { canvas, paint, k, rect, todo: this.scene.within(rect), at: 0 };
  }

  /** @param {Layer} layer @param {number} until */
  #go(layer, until) {
    const { paint, k, rect, todo } = layer;
    const { scene } = this;
    while (layer.at < todo.length) {
      scene.paint(paint, todo[layer.at++], k, -rect.x0 * k, -rect.y0 * k, false);
      if (!(layer.at % 16) && performance.now() > until) return;
    }
  }

  /** Draws one part of the layers anew. @param {Bounds} part */
  #mend(part) {
    const { kept, scene } = this;
    kept.next = null;
    if (kept.whole && kept.whole.at < kept.whole.todo.length) return this.forget();
    for (const layer of [kept.whole, kept.sharp]) {
      if (!layer) continue;
      const { paint, k, rect } = layer;
      const rim = RIM / k;
      const wide = { x0: part.x0 - rim, y0: part.y0 - rim, x1: part.x1 + rim, y1: part.y1 + rim };
      paint.save();
      paint.setTransform(k, 0, 0, k, -rect.x0 * k, -rect.y0 * k);
      paint.beginPath();
      paint.rect(wide.x0, wide.y0, wide.x1 - wide.x0, wide.y1 - wide.y0);
      paint.clip();
      paint.clearRect(wide.x0, wide.y0, wide.x1 - wide.x0, wide.y1 - wide.y0);
      for (const thing of scene.within(wide)) scene.paint(paint, thing, k, -rect.x0 * k, -rect.y0 * k, false);
      paint.restore();
    }
  }
}

/** @param {Bounds} has @param {Bounds} rect @param {Bounds} all @returns {boolean} */
function covers(has, rect, all) {
  return has.x0 <= Math.max(rect.x0, all.x0) && has.y0 <= Math.max(rect.y0, all.y0) && has.x1 >= Math.min(rect.x1, all.x1) && has.y1 >= Math.min(rect.y1, all.y1);
}
