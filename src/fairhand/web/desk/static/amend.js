// @ts-check
/**
 * Changing what is drawn: selecting, moving, pulling at corners, by pointer or by keys alone; a list
 * of all things; and deciding on suggestions one by one. Fetched after the page is usable.
 */
import { crossing } from './crossing.js';
import { el } from './dom.js';
import { arrowOf, drawDot, toolbar, toolButton } from './easel.js';
import { nearestEdge, shifted, thingAt } from './finding.js';
import { Layers } from './layers.js';
import { boxAround, cornersOf, onPicture } from './shapes.js';
import { arrows, zooms } from './zooms.js';

/**
 * @typedef {import('./board.js').Board} Board
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./shapes.js').Thing} Thing
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 *
 * @typedef {object} Grips what of a shape can be held, and what becomes of it
 * @property {(points: Point[]) => Point[]} places
 * @property {(points: Point[], grip: number, by: Point) => Point[]} pull
 * @property {(grip: number, t: T) => string} name
 * @property {(points: Point[], at: Point, reach: number) => {points: Point[], grip: number} | null} split
 */

/** How many names of things are listed at once. */
const LISTED = 40;
const MOST_CORNERS = 1000;

/** Which sides (left, top, right, bottom) each grip of a box moves: the sides, then the corners. */
const SIDES = [[0], [1], [2], [3], [0, 1], [2, 1], [2, 3], [0, 3]];

/** @type {Grips} */
const boxGrips = {
  places: ([a, b]) => {
    const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
    return [{ x: a.x, y }, { x, y: a.y }, { x: b.x, y }, { x, y: b.y }, ...cornersOf([a, b])];
  },
  pull: ([a, b], grip, by) => {
    const sides = [a.x, a.y, b.x, b.y];
    for (const side of SIDES[grip]) sides[side] += side % 2 ? by.y : by.x;
    return boxAround([{ x: sides[0], y: sides[1] }, { x: sides[2], y: sides[3] }]);
  },
  name: (grip, t) => [t('left side'), t('top side'), t('right side'), t('bottom side'), t('top left corner'), t('top right corner'), t('bottom right corner'), t('bottom left corner')][grip],
  split: () => null,
};

/** @type {Grips} */
const cornerGrips = {
  places: (points) => points,
  pull: (points, grip, by) => points.map((point, index) => (index === grip ? { x: point.x + by.x, y: point.y + by.y } : point)),
  name: (grip, t) => t('corner {n}', { n: grip + 1 }),
  split(points, at, reach) {
    const { distance, edge } = nearestEdge(points, at);
    return distance > reach || points.length >= MOST_CORNERS ? null : { points: points.toSpliced(edge + 1, 0, at), grip: edge + 1 };
  },
};

export class Amend {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.t = board.t;
    this.grips = board.craft.closes ? cornerGrips : boxGrips;
    /** The part that keys move; -1 for the whole. */
    this.grip = -1;
    this.last = 0;
    /** A shape while it is being dragged. @type {Thing | null} */
    this.live = null;
    this.tool = changeTool(this);
    board.scene.layers = new Layers(board.scene);
    board.scene.again = () => board.view.invalidate();
    this.#build();
    this.keys = this.#bindings();
    if (board.openGhosts().length && !board.selected()) board.select(board.openGhosts()[0].id);
  }

  #build() {
    const { t, board } = this;
    const button = toolButton;
    this.ghostWords = el('p', { class: 'small' });
    this.ghostBar = el(
      'div',
      { role: 'group', 'aria-label': t('Suggestions, one by one') },
      this.ghostWords,
      toolbar(t('This suggestion'), button(t('Take'), 't', () => this.take()), button(t('Leave out'), 'x', () => this.leaveOut()), button(t('Next suggestion'), 'n', () => this.nextGhost())),
      toolbar(t('All the others'), button(t('Take the rest'), '', () => this.takeRest()), button(t('Leave out the rest'), '', () => board.commit(board.own()))),
    );
    this.partButton = button('', 'r', () => this.nextPart(1));
    this.chosenWords = el('p', { class: 'small' });
    this.chosenBar = el(
      'div',
      { role: 'group', 'aria-label': t('Selected') },
      this.chosenWords,
      toolbar(t('Selected'), button(t('Previous'), ',', () => this.step(-1)), button(t('Next'), '.', () => this.step(1)), ...this.#corners().map((one) => button(...one)), button(t('Delete'), 'Delete', () => this.remove())),
      toolbar(t('What moves'), this.partButton),
      arrows(t, (by) => this.nudge(by)),
    );
    this.listWords = el('summary', {});
    this.list = el('div', { class: 'toolbar' });
    this.list.addEventListener('keydown', (event) => this.#listKey(event));
    const snap = el('input', { type: 'checkbox', checked: true, onchange: (/** @type {any} */ event) => (board.snaps = event.target.checked) });
    const snaps = board.hadGhosts && !board.craft.closes ? el('label', { class: 'check' }, snap, el('span', {}, t('Sides snap to suggestions'))) : null;
    this.hideButton = button(t('Hide marks'), 'm', () => this.hide());
    board.deciding.append(this.ghostBar, this.chosenBar);
    board.late.open = matchMedia('(min-width: 60rem)').matches;
    board.late.append(this.listWords, this.list, toolbar(t('View'), ...zooms(board.view, t).map((one) => button(...one)), this.hideButton), ...(snaps ? [snaps] : []));
  }

  /** @returns {[string, string, () => void][]} what only shapes with corners have */
  #corners() {
    const { t, board } = this;
    return board.craft.closes ? [[t('Add corner'), 'i', () => this.addCorner()], [t('Remove corner'), 'u', () => this.removeCorner()]] : [];
  }

  #bindings() {
    const { t, board } = this;
    const bind = (/** @type {string} */ key, /** @type {string} */ does, /** @type {() => void} */ run) => ({ key, does, run, group: t('Changing') });
    return [
      bind(',', t('Previous'), () => this.step(-1)),
      bind('.', t('Next'), () => this.step(1)),
      bind('r', t('Arrow keys move the next part'), () => this.nextPart(1)),
      bind(']', t('Arrow keys move the next part'), () => this.nextPart(1)),
      bind('[', t('Arrow keys move the part before'), () => this.nextPart(-1)),
      ...this.#corners().map(([does, key, run]) => bind(key, does, run)),
      bind('Delete', t('Delete'), () => this.remove()),
      bind('m', t('Hide marks'), () => this.hide()),
      ...zooms(board.view, t).map(([does, key, run]) => bind(key, does, run)),
      bind('=', t('Zoom in'), () => board.view.zoom(1.4)),
      ...(board.hadGhosts ? [bind('t', t('Take'), () => this.take()), bind('x', t('Leave out'), () => this.leaveOut()), bind('n', t('Next suggestion'), () => this.nextGhost())] : []),
    ];
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    const by = arrowOf(event, this.board.view.view.scale);
    if (!by) return;
    event.preventDefault();
    this.nudge(by);
  }

  /** The selected thing, seen on any picture. @param {CanvasView} view */
  mark(view) {
    const thing = this.live || this.board.selected();
    if (!thing) return;
    const { scale, x, y } = view.view;
    const path = new Path2D();
    path.addPath(this.live ? pathAround(this.board.craft.ring(thing.points)) : this.board.scene.pathOf(thing), new DOMMatrix([scale, 0, 0, scale, x, y]));
    for (const [colour, width] of /** @type {const} */ ([['#000c', 5], [this.live && !this.board.craft.sound(thing.points) ? '#f55' : '#fff', 2]])) {
      view.paint.strokeStyle = colour;
      view.paint.lineWidth = width;
      if (thing.ghost && colour !== '#000c') view.paint.setLineDash([6, 4]);
      view.paint.stroke(path);
    }
    view.paint.setLineDash([]);
    if (this.board.mode !== 'change' || thing.ghost) return;
    this.grips.places(thing.points).forEach((grip, index) => drawDot(view, grip, index === this.grip ? 7 : 4));
  }

  /** Puts new corners, or another label, on a thing. @param {Thing} thing @param {Partial<Thing>} news */
  change(thing, news) {
    this.board.commit(this.board.steps.now.map((one) => (one.id === thing.id ? { ...one, ...news } : one)));
  }

  /** The selected thing gets another label. @param {number} label */
  relabel(label) {
    const thing = this.board.selected();
    if (thing && !thing.ghost && thing.label !== label) this.change(thing, { label });
  }

  refresh() {
    const { t, board } = this;
    const thing = board.selected();
    if (board.chosen !== this.last) this.grip = -1;
    this.last = board.chosen;
    const ghosts = board.openGhosts();
    if (!this.ghostBar || !this.ghostWords || !this.chosenBar || !this.chosenWords || !this.partButton) return;
    this.ghostBar.hidden = !ghosts.length;
    this.ghostWords.textContent = thing?.ghost ? t('Suggested: {label}. {n} to decide on.', { label: board.labels[thing.label].title, n: ghosts.length }) : t('{n} suggestions to decide on.', { n: ghosts.length });
    this.chosenBar.hidden = board.mode !== 'change' || !thing || Boolean(thing.ghost);
    if (thing) {
      const all = board.seen();
      this.chosenWords.textContent = t('{label}, {n} of {all}', { label: board.labels[thing.label].title, n: all.indexOf(thing) + 1, all: all.length });
      const part = this.grip < 0 ? t('the whole') : this.grips.name(this.grip, t);
      /** @type {HTMLElement} */ (this.partButton.querySelector('span')).textContent = t('Arrows: {part}', { part });
    }
    this.#refreshList(thing);
  }

  /** The things by name, those around the selected one. @param {Thing | null} thing */
  #refreshList(thing) {
    if (!this.list || !this.listWords) return;
    const { t } = this;
    const all = this.board.seen();
    const had = this.list.contains(document.activeElement);
    const middle = thing ? all.indexOf(thing) : 0;
    const start = Math.max(0, Math.min(all.length - LISTED, middle - LISTED / 2));
    this.listWords.textContent = t('All that is drawn ({n})', { n: all.length });
    this.list.replaceChildren(
      ...all.slice(start, start + LISTED).map((one, index) => {
        const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
        dot.style.setProperty('--label', this.board.labels[one.label].colour);
        const name = t('{n}. {label}', { n: start + index + 1, label: this.board.labels[one.label].title });
        return el('button', { type: 'button', class: 'tool', 'aria-pressed': String(one === thing), onclick: () => this.board.select(one.id) }, dot, name, one.ghost ? el('span', { class: 'hint' }, t('suggested')) : null);
      }),
    );
    if (had) /** @type {HTMLElement | null} */ (this.list.querySelector('[aria-pressed=true]') || this.list.firstElementChild)?.focus({ preventScroll: true });
  }

  /** @param {number} way */
  step(way) {
    const all = this.board.seen();
    if (!all.length) return;
    const at = all.findIndex((thing) => thing.id === this.board.chosen);
    this.board.select(all[(at < 0 ? (way > 0 ? 0 : -1) : at + way + all.length) % all.length]?.id ?? all[all.length - 1].id);
    this.board.context.say(this.chosenWords?.textContent || '');
  }

  /** Which part the arrow keys move. @param {number} way */
  nextPart(way) {
    const thing = this.board.selected();
    if (!thing || thing.ghost) return;
    const parts = this.grips.places(thing.points).length + 1;
    this.grip = ((this.grip + 1 + way + parts) % parts) - 1;
    if (this.board.mode !== 'change') this.board.mode = 'change';
    this.board.refresh();
    this.board.context.say(this.partButton?.querySelector('span')?.textContent || '');
  }

  /** @param {Point} by */
  nudge(by) {
    const thing = this.board.selected();
    if (!thing || thing.ghost) return;
    const points = this.moved(thing, this.grip, by);
    if (!this.board.craft.sound(points)) return this.board.context.say(this.t('It cannot go there: edges may not cross.'));
    this.change(thing, { points });
  }

  /** @param {Thing} thing @param {number} grip @param {Point} by @returns {Point[]} */
  moved(thing, grip, by) {
    if (grip < 0) return shifted(thing.points, by.x, by.y, this.board.picture);
    return this.grips.pull(thing.points, grip, by).map((point) => onPicture(point, this.board.picture));
  }

  remove() {
    const thing = this.board.selected();
    if (!thing) return;
    if (thing.ghost) return this.leaveOut();
    this.board.commit(this.board.steps.now.filter((one) => one !== thing), this.t('{label} deleted.', { label: this.board.labels[thing.label].title }));
  }

  take() {
    const thing = this.board.selected();
    if (!thing?.ghost) return this.nextGhost();
    this.change(thing, { ghost: false });
    this.nextGhost(thing);
  }

  leaveOut() {
    const thing = this.board.selected();
    if (!thing?.ghost) return this.nextGhost();
    this.board.commit(this.board.steps.now.filter((one) => one !== thing));
    this.nextGhost(thing);
  }

  /** The nearest suggestion after one that is decided on. @param {Thing} [from] */
  nextGhost(from) {
    const ghosts = this.board.openGhosts();
    if (!ghosts.length) return this.board.refresh();
    const after = (from || this.board.selected())?.id ?? 0;
    this.board.select((ghosts.find((ghost) => ghost.id > after) || ghosts[0]).id);
    this.board.context.say(this.ghostWords?.textContent || '');
  }

  takeRest() {
    const open = new Set(this.board.openGhosts());
    this.board.commit(this.board.steps.now.map((one) => (open.has(one) ? { ...one, ghost: false } : one)));
  }

  hide() {
    const { board } = this;
    board.hidden = !board.hidden;
    this.hideButton?.setAttribute('aria-pressed', String(board.hidden));
    board.view.invalidate();
  }

  /** In the middle of the edge after the corner that keys move. */
  addCorner() {
    const { board } = this;
    const thing = board.selected();
    if (!thing || thing.ghost || thing.points.length >= MOST_CORNERS) return;
    const from = Math.max(0, this.grip);
    const [a, b] = [thing.points[from], thing.points[(from + 1) % thing.points.length]];
    const middle = onPicture({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, board.picture);
    this.grip = from + 1;
    board.mode = 'change';
    this.change(thing, { points: thing.points.toSpliced(from + 1, 0, middle) });
  }

  removeCorner() {
    const { board, t } = this;
    const thing = board.selected();
    if (!thing || thing.ghost) return;
    if (this.grip < 0) return board.context.say(t('Choose a corner first: tap it, or press R.'));
    const points = thing.points.toSpliced(this.grip, 1);
    if (points.length < 3 || crossing(points)) return board.context.say(t('This corner must stay: without it there is no shape.'));
    this.grip = Math.min(this.grip, points.length - 1);
    this.change(thing, { points });
  }
}

/** Selects, moves, and pulls at corners. @param {Amend} amend @returns {import('./canvas.js').Tool} */
function changeTool(amend) {
  const { board, grips, t } = amend;
  /** @type {{thing: Thing, grip: number, from: Point, slack: number, points: Point[]} | null} */
  let held = null;
  return {
    down(at, reach) {
      const { craft } = board;
      const thing = board.selected();
      const mine = thing && !thing.ghost ? thing : null;
      const near = (mine ? grips.places(mine.points) : []).map((grip) => Math.hypot(grip.x - at.x, grip.y - at.y));
      const grip = near.indexOf(Math.min(...near));
      if (mine && near[grip] <= reach * 1.2) return void (held = { thing: mine, grip, from: at, slack: reach / 3, points: mine.points });
      const split = mine && grips.split(mine.points, at, reach);
      if (mine && split) return void (held = { thing: mine, from: at, slack: reach / 3, ...split });
      const around = { x0: at.x - reach, y0: at.y - reach, x1: at.x + reach, y1: at.y + reach };
      const found = thingAt(board.scene.within(around), (one) => craft.ring(one.points), at, reach);
      if (found && found === mine) held = { thing: mine, grip: -1, from: at, slack: reach / 2, points: mine.points };
      else board.select(found?.id || 0);
    },
    move(at) {
      if (!held) return;
      const by = { x: at.x - held.from.x, y: at.y - held.from.y };
      if (!amend.live && Math.hypot(by.x, by.y) < held.slack) return;
      const start = { ...held.thing, points: held.points };
      amend.live = { ...start, points: amend.moved(start, held.grip, by) };
    },
    up() {
      const done = amend.live;
      if (held && held.grip >= 0) amend.grip = held.grip;
      if (done && held) {
        if (board.craft.sound(done.points)) amend.change(held.thing, { points: done.points });
        else board.context.say(t('It cannot go there: edges may not cross.'));
      }
      if (held && !done && held.points !== held.thing.points) amend.grip = -1;
      amend.live = held = null;
      board.refresh();
    },
    cancel() {
      amend.live = held = null;
      board.refresh();
    },
  };
}

/** @param {Point[]} ring @returns {Path2D} */
function pathAround(ring) {
  const path = new Path2D();
  ring.forEach(({ x, y }, index) => path[index ? 'lineTo' : 'moveTo'](x, y));
  path.closePath();
  return path;
}
