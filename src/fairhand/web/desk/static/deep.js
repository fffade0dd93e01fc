// @ts-check
/**
 * What some pictures need beyond being shown: the tiles of a large one, light (window and level),
 * and where a pixel lies on the map. Fetched late.
 */
import { el } from './dom.js';
import { placeName } from './geo.js';
import { greys, levelAndWidth, light, windowOf } from './light.js';
import { levelFor, nameOfTile, placeOf, tilesInView } from './tiles.js';
import { toImage } from './viewport.js';

/**
 * @typedef {import('./picture.js').Under} Under
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {import('./light.js').Window} Window
 * @typedef {{image: HTMLImageElement, ready: boolean, lit: CanvasImageSource | null, used: number}} Held
 */

const HELD_TILES = 96;
const AT_ONCE = 6;
const SETTLE_MS = 250;
/** @type {Window} */
const EIGHT_BITS = [0, 255];

/** @param {CanvasView} view @param {Under} under @returns {{light: () => void}} */
export function deepen(view, under) {
  const { details = {} } = under.picture;
  const lamp = new Lamp(view, under);
  if (details.levels) new Tiles(view, under, lamp);
  if (details.geo) readOut(view, under, details.geo);
  return { light: () => lamp.toggle() };
}

/** Says where on the map the pointer is, or the middle of the window.
 * @param {CanvasView} view @param {Under} under @param {import('./types.js').Geo} geo */
function readOut(view, under, geo) {
  const told = el('output', { class: 'place', dir: 'ltr' });
  under.bar.append(told);
  const next = view.ground;
  view.ground = (paint) => {
    next?.(paint);
    const middle = { x: view.frame.width / 2, y: view.frame.height / 2 };
    const words = placeName(geo, toImage(view.view, view.hover || middle));
    if (told.textContent !== words) told.textContent = words;
  };
  view.invalidate();
}

/** Draws the tiles that are in view over the preview, and fetches those that it lacks. */
class Tiles {
  /** @param {CanvasView} view @param {Under} under @param {Lamp} lamp */
  constructor(view, under, lamp) {
    this.view = view;
    this.under = under;
    this.lamp = lamp;
    /** @type {Map<string, Held>} */
    this.held = new Map();
    this.loading = 0;
    this.clock = 0;
    view.ground = () => this.#draw();
    lamp.relit = (refetch) => {
      for (const one of this.held.values()) one.lit = null;
      if (refetch) this.held.clear();
      view.invalidate();
    };
    view.invalidate();
  }

  #draw() {
    const { view, under } = this;
    const { details = {} } = under.picture;
    const side = details.tile || 512;
    const ratio = devicePixelRatio || 1;
    const level = levelFor(view.view.scale * ratio, details.levels || 1);
    const preview = view.image && level >= (details.levels || 1) - 1 && view.view.scale * ratio * view.size.width <= 1229;
    if (preview) return;
    this.clock++;
    const wanted = tilesInView(view.view, view.frame, view.size, side, level);
    for (const [name, one] of this.held) if (one.ready && Number(name.split('/')[0]) !== level) this.#paint(name, one, side);
    const missing = [];
    for (const tile of wanted) {
      const one = this.held.get(nameOfTile(tile));
      if (one) one.used = this.clock;
      if (one?.ready) this.#paint(nameOfTile(tile), one, side);
      else if (!one) missing.push(tile);
    }
    for (const tile of missing.slice(0, AT_ONCE - this.loading)) this.#fetch(nameOfTile(tile));
  }

  /** @param {string} name @param {Held} one @param {number} side */
  #paint(name, one, side) {
    const [level, column, row] = name.split(/[/_]/).map(Number);
    const at = placeOf({ level, column, row }, this.view.size, side);
    one.lit ||= this.lamp.tone(one.image);
    // Half a pixel of the display more: no seams where two tiles meet.
    const over = 0.5 / this.view.view.scale;
    this.view.paint.drawImage(one.lit, at.x, at.y, at.width + over, at.height + over);
  }

  /** @param {string} name */
  async #fetch(name) {
    const image = new Image();
    /** @type {Held} */
    const one = { image, ready: false, lit: null, used: this.clock };
    this.held.set(name, one);
    this.loading++;
    image.src = this.lamp.tileUrl(name);
    try {
      await image.decode();
      one.ready = true;
    } catch {
      setTimeout(() => this.held.get(name) === one && this.held.delete(name), 3000);
    }
    this.loading--;
    this.#forget();
    if (!this.view.ended.signal.aborted) this.view.invalidate();
  }

  #forget() {
    const old = [...this.held].filter(([, one]) => one.ready).sort((a, b) => a[1].used - b[1].used);
    for (const [name] of old.slice(0, Math.max(0, old.length - HELD_TILES))) this.held.delete(name);
  }
}

/**
 * The light. A picture of 8 bits is lit here. Of one with more, what is shown is lit at once, as
 * well as its 256 greys can be, and when the hand rests the server renders the window from all bits.
 */
class Lamp {
  /** @param {CanvasView} view @param {Under} under */
  constructor(view, under) {
    this.view = view;
    this.under = under;
    const { bits, range, window } = under.picture.details || {};
    this.isDeep = Number(bits) > 8;
    /** @type {Window} */
    this.range = (this.isDeep && range) || EIGHT_BITS;
    /** As the picture came. @type {Window} */
    this.usual = (this.isDeep && window) || this.range;
    /** What the file that is shown was rendered with. @type {Window} */
    this.shown = this.usual;
    this.wanted = this.usual;
    this.timer = 0;
    /** The controls, once they were asked for. @type {HTMLElement | null} */
    this.box = null;
    /** @type {(refetch: boolean) => void} */
    this.relit = () => {};
    under.tone = (image) => this.tone(image);
    view.ended.signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /** @param {CanvasImageSource} image @returns {CanvasImageSource} */
  tone(image) {
    if (same(this.shown, this.wanted)) return image;
    const { naturalWidth: width, naturalHeight: height } = /** @type {HTMLImageElement} */ (image);
    const lit = document.createElement('canvas');
    Object.assign(lit, { width, height });
    const paint = /** @type {CanvasRenderingContext2D} */ (lit.getContext('2d', { willReadFrequently: true }));
    paint.drawImage(image, 0, 0);
    const pixels = paint.getImageData(0, 0, width, height);
    light(pixels.data, greys(this.shown, this.wanted));
    paint.putImageData(pixels, 0, 0);
    return lit;
  }

  #window() {
    return same(this.shown, this.usual) ? '' : this.shown.join('_');
  }

  /** @param {string} name */
  tileUrl(name) {
    const window = this.isDeep ? this.#window() : '';
    return `${this.#media()}/tile/${name}${window && `?window=${window}`}`;
  }

  #media() {
    return this.under.picture.preview_url.replace(/\/preview$/, '');
  }

  /** @param {Window} wanted */
  use(wanted) {
    this.wanted = wanted;
    this.under.show();
    this.relit(false);
    this.#tell();
    clearTimeout(this.timer);
    if (this.isDeep) this.timer = window.setTimeout(() => this.#render(), SETTLE_MS);
  }

  async #render() {
    const { wanted, under } = this;
    const { levels } = under.picture.details || {};
    if (levels) {
      this.shown = wanted;
      under.show();
      return this.relit(true);
    }
    await under.load(`${this.#media()}/window/${wanted.join('_')}`, () => (this.shown = wanted)).catch(() => {});
  }

  toggle() {
    const box = (this.box ||= this.#build());
    box.hidden = !box.hidden;
    this.under.button.setAttribute('aria-expanded', String(!box.hidden));
    (box.hidden ? this.view.canvas : box.querySelector('input'))?.focus();
  }

  /** @returns {HTMLElement} */
  #build() {
    const { t, bar, stage, picture } = this.under;
    const { windows = [] } = picture.details || {};
    const [least, most] = this.range;
    const set = (/** @type {Partial<ReturnType<typeof levelAndWidth>>} */ part) =>
      this.use(windowOf({ ...levelAndWidth(this.wanted), ...part }, this.range));
    const { isDeep } = this;
    const slider = (/** @type {string} */ name, /** @type {Record<string, any>} */ limits, /** @type {(value: number) => void} */ run) => {
      const input = el('input', { type: 'range', ...limits, oninput: () => run(Number(input.value)) });
      const told = el('output', { class: 'small' });
      return { input, told, row: el('label', { class: 'range' }, el('span', {}, name), input, told) };
    };
    const step = Math.max(1, Math.round((most - least) / 256));
    const spread = 2 * (most - least);
    this.level = slider(isDeep ? t('Level') : t('Brightness'), { min: least, max: most, step }, (at) => set({ level: isDeep ? at : least + most - at }));
    this.width = slider(isDeep ? t('Width') : t('Contrast'), { min: step, max: spread, step }, (at) => set({ width: isDeep ? at : spread + step - at }));
    const button = (/** @type {string} */ name, /** @type {() => void} */ run) => el('button', { type: 'button', class: 'tool', onclick: run }, name);
    const box = el(
      'div',
      { class: 'light', role: 'group', 'aria-label': t('Light'), hidden: true, onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Escape' && (event.stopPropagation(), this.toggle()) },
      this.level.row,
      this.width.row,
      el(
        'div',
        { class: 'toolbar' },
        ...windows.map(({ name, window }) => button(name, () => this.use(window))),
        button(t('Negative'), () => set({ negative: !levelAndWidth(this.wanted).negative })),
        button(t('As it came'), () => this.use(this.usual)),
      ),
    );
    // Where there is little room the picture gives way: it is to be seen while it is lit.
    if (matchMedia('(min-width: 60rem)').matches) bar.prepend(box);
    else stage.after(box);
    this.view.ended.signal.addEventListener('abort', () => box.remove());
    this.#tell();
    return box;
  }

  #tell() {
    const { slope, intercept, unit } = this.under.picture.details?.values || { slope: 1, intercept: 0, unit: '' };
    const { level, width } = levelAndWidth(this.wanted);
    const say = (/** @type {{input: HTMLInputElement, told: HTMLElement} | undefined} */ one, /** @type {number} */ value, /** @type {number} */ meaning) => {
      if (!one) return;
      one.input.value = String(value);
      if (!this.isDeep) return;
      one.told.textContent = `${Math.round(meaning)} ${unit}`;
      one.input.setAttribute('aria-valuetext', one.told.textContent);
    };
    const [least, most] = this.range;
    const step = Math.max(1, Math.round((most - least) / 256));
    say(this.level, this.isDeep ? level : least + most - level, level * slope + intercept);
    say(this.width, this.isDeep ? width : 2 * (most - least) + step - width, width * Math.abs(slope));
  }
}

/** @param {Window} a @param {Window} b */
function same(a, b) {
  return a[0] === b[0] && a[1] === b[1];
}
