// @ts-check
/**
 * Draws shapes over a picture: each in the colour of its label, suggestions dashed. Where there are
 * many, `layers` (layers.js, fetched late) keeps what was drawn; without it all are drawn anew.
 *
 * @typedef {import('./shapes.js').Thing} Thing
 * @typedef {import('./shapes.js').Bounds} Bounds
 * @typedef {import('./viewport.js').Size} Size
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 */
import { boundsOf } from './shapes.js';

const TINY = 3;

export class Scene {
  /** @param {Size} size @param {string[]} colours of the labels
   * @param {(path: Path2D, thing: Thing) => void} trace writes a thing's outline */
  constructor(size, colours, trace) {
    this.size = size;
    this.colours = colours;
    this.trace = trace;
    /** Where each thing lies. @type {Map<Thing, Bounds>} */
    this.bounds = new Map();
    this.showsGhosts = true;
    /** Asks for another frame. */
    this.again = () => {};
    /** @type {Thing[]} */
    this.things = [];
    /** @type {WeakMap<Thing, Path2D>} */
    this.paths = new WeakMap();
    /** @type {import('./layers.js').Layers | null} */
    this.layers = null;
  }

  /** Takes over what there is now; only what differs is drawn anew. @param {Thing[]} things */
  set(things) {
    const kept = new Set(things);
    const gone = this.things.filter((thing) => !kept.has(thing));
    const come = things.filter((thing) => !this.bounds.has(thing));
    this.layers?.take(gone, come);
    for (const thing of gone) this.bounds.delete(thing);
    for (const thing of come) this.bounds.set(thing, boundsOf(thing.points));
    this.things = things;
  }

  /** @param {Bounds} rect @returns {Thing[]} the shown things there, from the lowest up */
  within(rect) {
    const some = this.layers?.grid.query(rect) || this.things;
    const shown = some.filter((thing) => {
      const { x0, y0, x1, y1 } = /** @type {Bounds} */ (this.bounds.get(thing));
      return x0 <= rect.x1 && x1 >= rect.x0 && y0 <= rect.y1 && y1 >= rect.y0 && (this.showsGhosts || !thing.ghost);
    });
    return shown.sort((a, b) => a.id - b.id);
  }

  /** @param {CanvasView} view @returns {boolean} whether more is to come in the next frame */
  draw(view) {
    const { paint, canvas, frame } = view;
    const ratio = canvas.width / frame.width;
    const { scale, x, y } = view.view;
    const rect = { x0: -x / scale, y0: -y / scale, x1: (frame.width - x) / scale, y1: (frame.height - y) / scale };
    const k = scale * ratio;
    const many = this.layers?.isMany(rect);
    const more = Boolean(many && this.layers?.draw(view, rect, k));
    if (!many) for (const thing of this.within(rect)) this.paint(paint, thing, k, -rect.x0 * k, -rect.y0 * k, true);
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    return more;
  }

  /** @param {CanvasRenderingContext2D} paint @param {Thing} thing @param {number} k
   * @param {number} dx @param {number} dy @param {boolean} rich with a light rim that shows on any picture */
  paint(paint, thing, k, dx, dy, rich) {
    const colour = this.colours[thing.label];
    paint.setTransform(k, 0, 0, k, dx, dy);
    const { x0, y0, x1, y1 } = /** @type {Bounds} */ (this.bounds.get(thing));
    if ((x1 - x0) * k < TINY && (y1 - y0) * k < TINY) {
      paint.fillStyle = colour;
      return paint.fillRect(x0, y0, Math.max(x1 - x0, 1 / k), Math.max(y1 - y0, 1 / k));
    }
    const path = this.pathOf(thing);
    const ratio = devicePixelRatio || 1;
    if (!thing.ghost) {
      paint.globalAlpha = 0.18;
      paint.fillStyle = colour;
      paint.fill(path);
      paint.globalAlpha = 1;
    }
    if (rich) {
      paint.lineWidth = (3.5 * ratio) / k;
      paint.strokeStyle = '#fffb';
      paint.stroke(path);
    }
    if (thing.ghost) paint.setLineDash([(6 * ratio) / k, (4 * ratio) / k]);
    paint.lineWidth = (1.75 * ratio) / k;
    paint.strokeStyle = colour;
    paint.stroke(path);
    if (thing.ghost) paint.setLineDash([]);
  }

  /** @param {Thing} thing @returns {Path2D} */
  pathOf(thing) {
    let path = this.paths.get(thing);
    if (!path) {
      path = new Path2D();
      this.trace(path, thing);
      this.paths.set(thing, path);
    }
    return path;
  }
}
