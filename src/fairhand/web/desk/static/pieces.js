// @ts-check
/**
 * Layers on and off, and the things of a picture one by one: to go through, to keep, to correct, to
 * take away, to rename. Everything is a button with a key, and a step that undo takes back.
 */
import { cellAt, eachCell, mapTile } from './areas.js';
import { el } from './dom.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./tools.js').MaskTool} MaskTool
 * @typedef {import('./mask.js').MaskIsland} MaskIsland
 * @typedef {import('./grain.js').Rect} Rect
 */

/** How many things a list shows at once; the keys go through all of them. */
const LISTED = 60;

/** @param {MaskIsland} island @returns {Record<string, MaskTool>} */
export function bring(island) {
  const pieces = (island.pieces ||= new Pieces(island));
  const { t } = island;
  const group = t('Layers and things');
  const bind = (/** @type {string} */ key, /** @type {string} */ does, /** @type {() => void} */ run) => ({ key, does, run, group });
  island.keys.push(bind('q', t('Show only this label'), () => pieces.only()));
  if (island.layer.instances) {
    island.keys.push(
      bind('.', t('Next thing'), () => pieces.go(1)),
      bind(',', t('Thing before'), () => pieces.go(-1)),
      bind('k', t('Keep it'), () => pieces.keep()),
      bind('d', t('Remove it'), () => pieces.drop()),
      bind('i', t('Give it this label'), () => pieces.relabel()),
    );
  }
  return {
    pick: {
      down: (at) => pieces.pick(cellAt(island.layer.mask, Math.floor(at.x), Math.floor(at.y))),
      move: () => {},
      up: () => {},
      cancel: () => {},
    },
  };
}

export class Pieces {
  /** @param {MaskIsland} island */
  constructor(island) {
    this.island = island;
    this.layer = island.layer;
    /** The thing that is worked on was chosen, not begun. */
    this.picked = false;
    /** @type {{key: string, box: Rect | null}} */
    this.known = { key: '', box: null };
    const { t } = island;
    this.boxes = island.labels.map((label, index) => {
      const box = el('input', { type: 'checkbox', onchange: () => this.#show(index, box.checked) });
      return box;
    });
    const layers = island.labels.map((label, index) =>
      el('label', { class: 'check' }, this.boxes[index], island.swatch(index), el('span', { dir: 'auto' }, label.title)));
    this.onlyButton = island.button(t('Show only this label'), 'q', () => this.only());
    this.summary = el('p', { class: 'small', role: 'status' });
    this.list = el('ol', { class: 'things' });
    this.actions = this.layer.instances
      ? [
          island.button(t('Remove it'), 'd', () => this.drop()),
          island.button(t('Give it this label'), 'i', () => this.relabel()),
          island.button(t('Keep it'), 'k', () => this.keep()),
          island.button(t('Next thing'), '.', () => this.go(1)),
          island.button(t('Thing before'), ',', () => this.go(-1)),
        ]
      : [];
    if (this.actions.length) island.room.append(this.summary, el('div', { class: 'toolbar', role: 'group', 'aria-label': t('Things') }, ...this.actions.toReversed()));
    island.more.append(...this.#controls(), el('fieldset', { class: 'layers' }, el('legend', {}, t('Layers')), ...layers, this.onlyButton), this.list);
  }

  /** How one looks at the picture. */
  #controls() {
    const { island, layer } = this;
    const { t, view } = island;
    const range = (/** @type {string} */ name, /** @type {Record<string, any>} */ props, /** @type {(value: number) => void} */ use) =>
      el('label', { class: 'range' }, el('span', {}, name), el('input', { type: 'range', ...props, oninput: (/** @type {any} */ event) => use(Number(event.target.value)) }));
    const size = range(t('Brush size'), { min: 1, max: island.most, value: island.size }, (value) => island.resizeBrush(value));
    this.size = /** @type {HTMLInputElement} */ (size.lastChild);
    const opacity = range(t('Opacity'), { min: 5, max: 100, value: layer.opacity * 100 }, (value) => {
      layer.opacity = value / 100;
      island.lookAgain();
    });
    this.hideButton = island.button(island.fromProposal ? t('Hide proposal') : t('Hide marks'), 'h', () => island.hide());
    const buttons = [
      island.button(t('Zoom in'), '+', () => view.zoom(1.4)),
      island.button(t('Zoom out'), '-', () => view.zoom(1 / 1.4)),
      island.button(t('Whole picture'), 'o', () => view.whole()),
      this.hideButton,
      island.button(t('Clear all'), '', () => layer.clear() && island.drawn()),
      ...(layer.instances ? [island.button(t('New object'), 'n', () => island.nextObject())] : []),
    ];
    return [size, opacity, el('div', { class: 'toolbar' }, ...buttons)];
  }

  /** The things that are there, in their order. @returns {number[]} ids */
  #there() {
    const { layer } = this;
    return layer.things.flatMap((_, index) => (layer.mask.area[index + 1] > 0 || layer.isWhole(index + 1) ? [index + 1] : []));
  }

  /** @param {number} label @param {boolean} shown */
  #show(label, shown) {
    const { unseen } = this.layer;
    if (shown) unseen.delete(label);
    else unseen.add(label);
    this.island.lookAgain();
  }

  /** Hides every other label, or shows all again. */
  only() {
    const { layer, island } = this;
    const others = island.labels.map((_, index) => index).filter((index) => index !== island.active);
    layer.unseen = new Set(this.#alone() ? [] : others);
    island.lookAgain();
  }

  #alone() {
    const { layer: { unseen }, island } = this;
    return island.labels.length > 1 && unseen.size === island.labels.length - 1 && !unseen.has(island.active);
  }

  /** @param {number} id 0 for none */
  pick(id) {
    const { layer, island } = this;
    if (!layer.instances) return;
    this.picked = id > 0;
    layer.choose(id);
    if (id) island.active = layer.things[id - 1].label;
    const box = this.#box();
    if (box) island.view.reveal({ x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 });
    island.refresh();
  }

  /** @param {1 | -1} way */
  go(way) {
    const there = this.#there();
    if (!there.length) return;
    const at = there.indexOf(this.layer.chosen);
    this.pick(there[(at < 0 && way < 0 ? 0 : at + way + there.length) % there.length]);
  }

  /** The next one that nobody has looked at. */
  #on() {
    const { layer } = this;
    const waiting = this.#there().filter((id) => layer.things[id - 1].state === 'proposed');
    const next = waiting.find((id) => id > layer.chosen) ?? waiting[0];
    if (next) this.pick(next);
  }

  keep() {
    const { layer, island } = this;
    const thing = layer.things[layer.chosen - 1];
    if (!thing) return this.#on();
    if (thing.state === 'proposed' && layer.commit([{ id: layer.chosen, after: { state: 'kept' } }])) island.drawn();
    this.#on();
  }

  /** Takes a thing away; what it hid of others is seen again. */
  drop() {
    const { layer, island } = this;
    const { mask, chosen } = layer;
    if (!layer.things[chosen - 1]) return this.#on();
    const texts = layer.encoded();
    const below = [...layer.whole].filter(([id]) => id !== chosen && layer.isWhole(id, texts.get(id)));
    mask.tiles.forEach((tile, at) => tile && mapTile(mask, at, (cell) => (cell === chosen ? 0 : cell)));
    for (const [id, { counts }] of below) {
      layer.stencil(counts).tiles.forEach((tile, at) => tile && mapTile(mask, at, (cell, index) => cell || (tile[index] ? id : 0)));
    }
    if (layer.commit([{ id: chosen, after: { state: 'gone' } }])) {
      const after = layer.encoded();
      for (const [id, whole] of below) whole.seen.push(after.get(id));
      layer.choose(0);
      island.drawn();
    }
    this.#on();
  }

  relabel() {
    const { layer, island } = this;
    const thing = layer.things[layer.chosen - 1];
    if (!thing || thing.label === island.active) return;
    const state = thing.state === 'proposed' ? 'kept' : thing.state;
    if (layer.commit([{ id: layer.chosen, after: { label: island.active, state } }])) island.drawn();
  }

  /** Where the chosen thing lies; found again only when it changed. @returns {Rect | null} */
  #box() {
    const { layer } = this;
    const { mask, chosen } = layer;
    if (!chosen || !mask.area[chosen]) return null;
    const key = [chosen, mask.area[chosen], layer.look].join();
    if (this.known.key === key) return this.known.box;
    const box = { x0: mask.width, y0: mask.height, x1: 0, y1: 0 };
    eachCell(mask, chosen, (x, y) => {
      box.x0 = Math.min(box.x0, x);
      box.y0 = Math.min(box.y0, y);
      box.x1 = Math.max(box.x1, x + 1);
      box.y1 = Math.max(box.y1, y + 1);
    });
    this.known = { key, box };
    return box;
  }

  /** @param {import('./canvas.js').CanvasView} view */
  decorate(view) {
    const box = this.picked && this.#box();
    if (!box) return;
    const from = toFrame(view.view, { x: box.x0, y: box.y0 });
    const to = toFrame(view.view, { x: box.x1, y: box.y1 });
    view.outline(() => view.paint.rect(from.x - 3, from.y - 3, to.x - from.x + 6, to.y - from.y + 6), 1);
  }

  refresh() {
    const { layer, island } = this;
    const { t } = island;
    this.boxes.forEach((box, index) => (box.checked = !layer.unseen.has(index)));
    this.onlyButton.setAttribute('aria-pressed', String(this.#alone()));
    if (this.size) this.size.value = String(island.size);
    this.hideButton?.setAttribute('aria-pressed', String(island.hidden));
    if (!layer.instances) return;
    const there = this.#there();
    const waiting = there.filter((id) => layer.things[id - 1].state === 'proposed').length;
    const states = { own: '', kept: t('kept'), proposed: t('not looked at yet'), gone: '' };
    this.summary.textContent = waiting ? t('{n} things, {m} of them not looked at yet', { n: there.length, m: waiting }) : t('{n} things', { n: there.length });
    const start = Math.max(0, Math.min(there.indexOf(layer.chosen) - LISTED / 2, there.length - LISTED));
    const focused = this.list.contains(document.activeElement);
    this.list.start = start + 1;
    this.list.replaceChildren(...there.slice(start, start + LISTED).map((id) => {
      const { label, state } = layer.things[id - 1];
      const words = el('span', { class: 'muted small' }, states[state]);
      const title = island.labels[label].title;
      const button = el('button', { type: 'button', class: 'tool', 'aria-pressed': String(id === layer.chosen), onclick: () => this.pick(id) }, island.swatch(label), el('span', { dir: 'auto' }, title), words);
      return el('li', {}, button);
    }));
    if (focused) /** @type {HTMLElement | null} */ (this.list.querySelector('[aria-pressed=true]'))?.focus();
    const chosen = there.includes(layer.chosen);
    this.actions.forEach((button, index) => (button.disabled = index < 2 ? !chosen : !there.length));
  }
}
