// @ts-check
/**
 * A picture in a window: zoom and pan by wheel, pinch, keys and buttons; everything that one
 * pointer does inside it goes to a tool, in image coordinates. A second finger cancels the tool.
 */
import { fit, panBy, toFrame, toImage, zoomAt } from './viewport.js';

/**
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {object} Tool
 * @property {(at: Point, reach: number) => void} down reach: how near counts as on it, image pixels
 * @property {(at: Point) => void} move
 * @property {() => void} up
 * @property {() => void} cancel
 */

const REACH_TOUCH = 18;
const REACH_MOUSE = 9;
/** From this scale on the pixels themselves are what one wants to see. */
const CRISP_FROM = 8;

/** The last task's canvas, used again: allocating one takes longer than drawing on it.
 * @type {HTMLCanvasElement[]} */
const spares = [];

export class CanvasView {
  /**
   * @param {HTMLElement} host @param {{width: number, height: number}} size of the image
   * @param {{name: string, tool: () => Tool, overlay: () => HTMLCanvasElement | null,
   *   decorate: (view: CanvasView) => void}} hooks
   */
  constructor(host, size, hooks) {
    this.size = size;
    this.hooks = hooks;
    /** @type {CanvasImageSource | null} */
    this.image = null;
    /** Draws what lies under the tools in image coordinates, instead of one image (picture.js).
     * @type {((paint: CanvasRenderingContext2D) => void) | null} */
    this.ground = null;
    /** Told how many device pixels an image pixel has now. @type {(scale: number) => void} */
    this.zoomed = () => {};
    this.canvas = spares.pop() || document.createElement('canvas');
    this.ended = new AbortController();
    // what covered or veiled the last task's picture is not for this one
    for (const name of ['style', 'inert']) this.canvas.removeAttribute(name);
    this.canvas.className = 'mask-canvas';
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-label', hooks.name);
    host.append(this.canvas);
    this.paint = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.frame = { width: 1, height: 1 };
    this.view = fit(size, this.frame);
    this.fitted = true;
    this.panning = false;
    this.spaceHeld = false;
    /** @type {Map<number, Point>} */
    this.pointers = new Map();
    /** Where the mouse is, for the brush ring. @type {Point | null} */
    this.hover = null;
    this.frameRequest = 0;
    this.#listen();
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(this.canvas);
    this.resize();
  }

  #listen() {
    const { signal } = this.ended;
    const on = (/** @type {string} */ name, /** @type {(event: any) => void} */ run) =>
      this.canvas.addEventListener(name, run, { signal, passive: false });
    on('pointerdown', (event) => this.#down(event));
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#up(event, false));
    on('pointercancel', (event) => this.#up(event, true));
    on('pointerleave', () => {
      this.hover = null;
      this.invalidate();
    });
    on('contextmenu', (event) => event.preventDefault());
    on('wheel', (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), this.#at(event));
    });
  }

  /** @param {MouseEvent} event @returns {Point} in CSS pixels of the canvas */
  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const at = this.#at(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size > 1) {
      if (!this.panning) this.hooks.tool().cancel();
      this.panning = true;
      return;
    }
    this.panning = event.button === 1 || this.spaceHeld;
    if (this.panning || event.button > 1) return;
    const reach = (event.pointerType === 'touch' ? REACH_TOUCH : REACH_MOUSE) / this.view.scale;
    this.hooks.tool().down(toImage(this.view, at), reach);
    this.invalidate();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#at(event);
    this.hover = event.pointerType === 'touch' ? null : at;
    const last = this.pointers.get(event.pointerId);
    if (last && this.pointers.size > 1) this.#pinch(event.pointerId, last, at);
    else if (last && this.panning) this.pan(at.x - last.x, at.y - last.y);
    else if (last) {
      const steps = event.getCoalescedEvents?.() || [];
      for (const step of steps.length ? steps : [event]) this.hooks.tool().move(toImage(this.view, this.#at(step)));
    }
    if (last) this.pointers.set(event.pointerId, at);
    this.invalidate();
  }

  /** @param {PointerEvent} event @param {boolean} cancelled */
  #up(event, cancelled) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (!this.panning) this.hooks.tool()[cancelled ? 'cancel' : 'up']();
    if (!this.pointers.size) this.panning = false;
    this.invalidate();
  }

  /** @param {number} id @param {Point} last @param {Point} at */
  #pinch(id, last, at) {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const was = Math.hypot(last.x - other.x, last.y - other.y);
    const is = Math.hypot(at.x - other.x, at.y - other.y);
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    if (was > 0) this.zoom(is / was, middle);
    this.pan((at.x - last.x) / 2, (at.y - last.y) / 2);
  }

  /** @param {number} factor @param {Point} [at] */
  zoom(factor, at = { x: this.frame.width / 2, y: this.frame.height / 2 }) {
    this.fitted = false;
    this.view = zoomAt(this.view, factor, at, this.size, this.frame);
    this.zoomed(this.view.scale * devicePixelRatio);
    this.invalidate();
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.fitted = false;
    this.view = panBy(this.view, dx, dy, this.size, this.frame);
    this.invalidate();
  }

  whole() {
    this.fitted = true;
    this.view = fit(this.size, this.frame);
    this.invalidate();
  }

  /** Pans so that a point of the image is inside the window. @param {Point} point */
  reveal(point) {
    const at = toFrame(this.view, point);
    const over = (/** @type {number} */ value, /** @type {number} */ room) =>
      value < 0 ? -value : value > room ? room - value : 0;
    const dx = over(at.x, this.frame.width);
    const dy = over(at.y, this.frame.height);
    if (dx || dy) this.pan(dx, dy);
  }

  resize() {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    const ratio = devicePixelRatio || 1;
    const dense = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    const grown = this.canvas.width !== dense.width || this.canvas.height !== dense.height;
    const moved = this.frame.width !== width || this.frame.height !== height;
    if (!width || !height || !(grown || moved)) return;
    if (grown) Object.assign(this.canvas, dense);
    this.frame = { width, height };
    this.view = this.fitted ? fit(this.size, this.frame) : panBy(this.view, 0, 0, this.size, this.frame);
    this.zoomed(this.view.scale * ratio);
    this.draw();
  }

  /** @param {CanvasImageSource} image */
  show(image) {
    this.image = image;
    this.draw();
  }

  invalidate() {
    this.frameRequest ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    const { paint, view, size } = this;
    const ratio = this.canvas.width / this.frame.width;
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.clearRect(0, 0, this.canvas.width, this.canvas.height);
    paint.setTransform(view.scale * ratio, 0, 0, view.scale * ratio, view.x * ratio, view.y * ratio);
    paint.imageSmoothingEnabled = view.scale < CRISP_FROM;
    if (this.image) paint.drawImage(this.image, 0, 0, size.width, size.height);
    this.ground?.(paint);
    paint.imageSmoothingEnabled = false;
    const overlay = this.hooks.overlay();
    if (overlay) paint.drawImage(overlay, 0, 0);
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.hooks.decorate(this);
  }

  /** Two strokes, light on dark, that are seen on any picture.
   * @param {() => void} path @param {number} [width] */
  outline(path, width = 1.5) {
    const { paint } = this;
    for (const [colour, line] of /** @type {const} */ ([['#000c', width + 2], ['#fff', width]])) {
      paint.beginPath();
      path();
      paint.strokeStyle = colour;
      paint.lineWidth = line;
      paint.stroke();
    }
  }

  close() {
    this.resizes.disconnect();
    cancelAnimationFrame(this.frameRequest);
    this.ended.abort();
    this.canvas.remove();
    if (!spares.length) spares.push(this.canvas);
  }
}
