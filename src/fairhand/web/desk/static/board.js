// @ts-check
/**
 * A board of shapes: a palette, a drawing tool, undo, what is suggested and what is the answer. What
 * kind of shape it is, boxes or polygons, is told by a craft. Changing what is drawn and deciding on
 * suggestions come a moment later, with amend.js.
 */
import { CanvasView } from './canvas.js';
import { colourOf, el } from './dom.js';
import { arrowOf, drawCursor, palette, toolbar, toolButton } from './easel.js';
import { labelKeys } from './keys.js';
import { layPicture } from './picture.js';
import { Scene } from './scene.js';
import { boundsOf, onPicture, overlap } from './shapes.js';
import { Steps } from './steps.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Picture} Picture
 * @typedef {import('./canvas.js').Tool} Tool
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./shapes.js').Thing} Thing
 *
 * @typedef {Tool & {size: () => number, drop: () => void, forget: () => void, finish: () => boolean,
 *   hint: () => string, decorate: (view: CanvasView) => void}} DrawTool
 * @typedef {object} Craft
 * @property {string} list the name of the answer's list
 * @property {string} draws the name of the drawing tool
 * @property {boolean} closes shapes are finished by a key or button
 * @property {(raw: any) => Point[]} read
 * @property {(points: Point[]) => Record<string, any>} write
 * @property {(points: Point[]) => Point[]} ring its corners as they are drawn
 * @property {(board: Board) => DrawTool} tool
 * @property {(points: Point[]) => boolean} sound
 */

/** Keys that no label may have. */
export const BOARD_KEYS = 'bvzyotxnrwuim[],.+-=';
/** How many names of things are listed at once. */
const LISTED = 40;

/** How many tasks' decisions are remembered: as many as can be taken back. */
const REMEMBERED = 50;
/** What was decided about suggestions, so that an answer taken back does not ask again.
 * @type {Map<string, Thing[]>} */
const decided = new Map();

/** @implements {Island} */
export class Board {
  /** @param {IslandContext} context @param {Craft} craft */
  constructor(context, craft) {
    this.context = context;
    this.craft = craft;
    const { question, task, t } = context;
    this.t = t;
    this.picture = /** @type {Picture} */ (task.image);
    this.labels = (question.config.labels || []).map((label, index) => ({ value: label.value, title: label.title || label.value, key: label.key, colour: colourOf(label, index) }));
    this.active = 0;
    this.nextId = 1;
    /** What is selected, by its id. */
    this.chosen = 0;
    /** Changing and deciding, once it is there. @type {import('./amend.js').Amend | null} */
    this.amends = null;
    /** Where the controls of amend.js go. */
    this.deciding = el('div');
    this.late = el('details', { class: 'more' });
    this.mode = 'draw';
    this.cursor = { x: this.picture.width / 2, y: this.picture.height / 2 };
    this.cursorShown = false;
    this.hidden = false;
    this.tries = 0;
    this.snaps = true;
    const colours = this.labels.map((label) => label.colour);
    this.scene = new Scene(this.picture, colours, (path, thing) => trace(path, this.craft.ring(thing.points)));
    this.ghostsHidden = Boolean(context.hidden);
    this.steps = new Steps(this.#start());
    this.hadGhosts = this.ghosts().length > 0;
    this.scene.showsGhosts = !this.ghostsHidden;
    this.scene.set(this.steps.now);
    this.nothing = el('input', { type: 'checkbox', onchange: () => this.#nothingChanged() });
    this.nothing.checked = context.answer?.nothing === true;
    this.tool = craft.tool(this);
    this.view = new CanvasView(context.stage, this.picture, {
      name: t('Drawing area. Arrow keys move the cursor or what is selected, Space draws or selects.'),
      tool: () => (this.mode === 'draw' ? this.tool : this.amends?.tool || this.tool),
      overlay: () => null,
      decorate: (view) => this.#decorate(view),
    });
    const { canvas, ended } = this.view;
    canvas.addEventListener('keydown', (event) => this.#canvasKey(event), ended);
    canvas.addEventListener('keyup', (event) => event.key === ' ' && (this.view.spaceHeld = false), ended);
    canvas.addEventListener('blur', () => this.#leave(), ended);
    this.labelKeys = labelKeys(this.labels, context.taken);
    const under = layPicture(this.view, context);
    this.#buildPanel();
    this.keys = [...this.#bindings(), ...under.keys];
    /** Given where there is a proposal. @type {((hidden: boolean) => void) | undefined} */
    this.hideProposal = context.proposal ? (hidden) => this.#hideGhosts(hidden) : undefined;
    /** @type {(() => void) | undefined} */
    this.accept = context.proposal ? () => this.#acceptAll() : undefined;
    this.refresh();
    this.fetchAmends();
  }

  /** @returns {string} */
  get #memory() {
    return `${this.context.task.task_id} ${this.context.question.name}`;
  }

  /** What one begins with: the answer so far, and the suggestions that are still open. @returns {Thing[]} */
  #start() {
    const { answer, proposal } = this.context;
    const read = (/** @type {any} */ from, /** @type {boolean} */ ghost) =>
      (from?.[this.craft.list] || []).flatMap((/** @type {any} */ raw) => {
        const label = this.labels.findIndex((one) => one.value === raw.label);
        return label < 0 ? [] : [{ id: this.nextId++, label, points: this.craft.read(raw), ...(ghost && { ghost }) }];
      });
    const own = /** @type {Thing[]} */ (read(answer, false));
    const ghosts = /** @type {Thing[]} */ (read(proposal, true));
    const open = answer ? decided.get(this.#memory) : undefined;
    const same = (/** @type {Thing} */ a, /** @type {Thing} */ b) => a.label === b.label && overlap(boundsOf(a.points), boundsOf(b.points)) > 0.9;
    return [...own, ...ghosts.filter((ghost) => (open ? open.some((/** @type {Thing} */ one) => same(one, ghost)) : !own.some((one) => same(one, ghost))))];
  }

  /** @returns {Thing[]} suggestions that nobody has decided on */
  ghosts() {
    return this.steps.now.filter((thing) => thing.ghost);
  }

  /** @returns {Thing[]} those of them that are shown */
  openGhosts() {
    return this.ghostsHidden ? [] : this.ghosts();
  }

  /** @returns {Thing[]} what is the answer now */
  own() {
    return this.steps.now.filter((thing) => !thing.ghost);
  }

  /** @returns {Thing | null} */
  selected() {
    const found = this.steps.now.find((thing) => thing.id === this.chosen);
    return found && !(found.ghost && this.ghostsHidden) ? found : null;
  }

  /** Everything that can be selected. @returns {Thing[]} */
  seen() {
    return this.ghostsHidden ? this.own() : this.steps.now;
  }

  #buildPanel() {
    const { t, context, craft } = this;
    this.palette = palette(this.labels, this.labelKeys, (index) => this.pickLabel(index));
    const bar = toolbar(t('Labels'), ...this.palette);
    bar.classList.add('palette');
    this.toolButtons = { draw: toolButton(craft.draws, 'b', () => this.pickTool('draw')), change: toolButton(t('Change'), 'v', () => this.pickTool('change')) };
    this.undoButton = toolButton(t('Undo'), 'z', () => this.undo());
    this.redoButton = toolButton(t('Redo'), 'y', () => this.redo());
    this.hint = el('p', { class: 'muted small' });
    this.dropButton = toolButton(t('Remove last point'), 'Backspace', () => this.drop());
    this.closeButton = craft.closes ? toolButton(t('Finish shape'), 'Enter', () => this.tool.finish()) : null;
    this.drawBar = toolbar(craft.draws, this.closeButton, this.dropButton);
    this.root = el(
      'fieldset',
      { class: 'question mask' },
      el('legend', { dir: 'auto' }, context.question.title),
      bar,
      toolbar(t('Tools'), ...Object.values(this.toolButtons), this.undoButton, this.redoButton),
      this.hint,
      this.drawBar,
      this.deciding,
      el('div', { class: 'mask-foot' }, el('label', { class: 'check' }, this.nothing, el('span', {}, t('Nothing here to mark'))), this.late),
    );
    context.panel.append(this.root);
  }

  #bindings() {
    const { t, craft } = this;
    const bind = (/** @type {string} */ key, /** @type {string} */ does, /** @type {() => void} */ run) => ({ key, does, run, group: t('Drawing') });
    const focused = (/** @type {string} */ mode) => () => (this.pickTool(mode), this.view.canvas.focus({ preventScroll: true }));
    return [
      ...this.labels.map((label, index) => ({ key: this.labelKeys[index], does: label.title, group: this.context.question.title, run: () => this.pickLabel(index) })),
      bind('b', craft.draws, focused('draw')),
      bind('v', t('Change'), focused('change')),
      bind('z', t('Undo'), () => this.undo()),
      bind('y', t('Redo'), () => this.redo()),
      bind('Backspace', t('Remove last point'), () => this.drop()),
      bind('Escape', t('Leave the shape'), () => this.escape()),
    ].filter((binding) => binding.key);
  }

  /** Arrow keys, Space and Enter, for people who draw without a pointer. @param {KeyboardEvent} event */
  #canvasKey(event) {
    const by = arrowOf(event, this.view.view.scale);
    const draws = this.mode === 'draw';
    if (by && (draws || !this.selected())) {
      this.cursor = onPicture({ x: this.cursor.x + by.x, y: this.cursor.y + by.y }, this.picture);
      this.cursorShown = true;
      this.view.reveal(this.cursor);
      if (draws) this.tool.move(this.cursor);
    } else if (by) this.amends?.nudge(by);
    else if (event.key === ' ' && this.cursorShown) {
      const tool = draws ? this.tool : this.amends?.tool || this.tool;
      tool.down({ ...this.cursor }, 9 / this.view.view.scale);
      tool.up();
    } else if (event.key === ' ') this.view.spaceHeld = true;
    else if (event.key === 'Enter' && this.tool.size()) {
      this.tool.finish();
      event.stopPropagation();
    } else return;
    event.preventDefault();
    this.view.invalidate();
  }

  #leave() {
    this.cursorShown = this.view.spaceHeld = false;
    this.view.invalidate();
  }

  /** @param {CanvasView} view */
  #decorate(view) {
    if (!this.hidden) {
      if (this.scene.draw(view)) setTimeout(() => view.invalidate());
      this.amends?.mark(view);
    }
    if (this.mode === 'draw') this.tool.decorate(view);
    if (this.cursorShown) drawCursor(view, this.cursor);
  }

  /** A step that can be undone. @param {Thing[]} things @param {string} [words] */
  commit(things, words) {
    this.steps.push(things);
    this.#changed();
    if (words) this.context.say(words);
  }

  #changed() {
    this.scene.set(this.steps.now);
    if (this.own().length) this.nothing.checked = false;
    decided.delete(this.#memory);
    decided.set(this.#memory, this.ghosts());
    for (const oldest of [...decided.keys()].slice(0, -REMEMBERED)) decided.delete(oldest);
    this.refresh();
    this.context.changed();
  }

  /** @param {Point[]} points a new thing of the active label */
  add(points) {
    const thing = { id: this.nextId++, label: this.active, points };
    this.chosen = thing.id;
    const things = [...this.steps.now, thing];
    this.commit(things, this.t('{label} added, {n} in all.', { label: this.labels[this.active].title, n: this.own().length + 1 }));
  }

  #nothingChanged() {
    if (this.nothing.checked && this.own().length) {
      this.commit(this.ghosts());
      this.nothing.checked = true;
    }
    this.refresh();
    this.context.changed();
  }

  refresh() {
    const { t, craft } = this;
    const drawn = this.tool.size();
    this.palette?.forEach((button, index) => button.setAttribute('aria-pressed', String(index === this.active)));
    for (const [name, button] of Object.entries(this.toolButtons || {})) button.setAttribute('aria-pressed', String(name === this.mode));
    if (this.undoButton) this.undoButton.disabled = !this.steps.before.length && !drawn;
    if (this.redoButton) this.redoButton.disabled = !this.steps.after.length;
    if (this.hint) this.hint.textContent = this.mode === 'draw' ? this.tool.hint() : t('Select a thing, then drag it or its corners.');
    // always there while drawing: the picture must not move under the finger
    if (this.drawBar) this.drawBar.hidden = this.mode !== 'draw';
    if (this.dropButton) this.dropButton.disabled = !drawn;
    if (this.closeButton) this.closeButton.disabled = drawn < 3;
    this.amends?.refresh();
    this.view.invalidate();
  }

  /** @param {number} index a label: the next thing gets it, and the selected one in Change */
  pickLabel(index) {
    this.active = index;
    if (this.mode === 'change') this.amends?.relabel(index);
    this.refresh();
  }

  /** @param {string} mode */
  pickTool(mode) {
    if (mode !== 'draw') {
      this.tool.forget();
      if (!this.amends) return void this.fetchAmends().then(() => this.amends && this.pickTool(mode));
    }
    this.mode = mode;
    this.refresh();
  }

  /** What only those need who change what is drawn, or who get suggestions. A module that could not
   * be had is remembered as such, by its address; so each try has its own. */
  async fetchAmends() {
    try {
      const { Amend } = await import(`${this.context.modules.amend}#${this.tries}`);
      if (this.amends || this.view.ended.signal.aborted) return;
      this.amends = /** @type {import('./amend.js').Amend} */ (new Amend(this));
      this.keys.push(...this.amends.keys);
      this.refresh();
    } catch {
      this.tries++;
      this.context.say(this.t('No connection. Drawing works without.'));
    }
  }

  /** @param {number} id */
  select(id) {
    this.chosen = id;
    const thing = this.selected();
    if (thing) {
      const { x0, y0, x1, y1 } = boundsOf(thing.points);
      this.view.reveal({ x: (x0 + x1) / 2, y: (y0 + y1) / 2 });
    }
    this.refresh();
  }

  #acceptAll() {
    if (this.ghosts().length) this.commit(this.steps.now.map((one) => (one.ghost ? { ...one, ghost: false } : one)));
    if (!this.own().length) this.nothing.checked = this.context.proposal.nothing === true;
  }

  /** @param {boolean} hidden */
  #hideGhosts(hidden) {
    this.ghostsHidden = hidden;
    this.scene.showsGhosts = !hidden;
    this.scene.layers?.forget();
    if (!hidden && !this.selected()) this.amends?.nextGhost();
    this.refresh();
  }

  drop() {
    this.tool.drop();
    this.refresh();
  }

  escape() {
    if (this.tool.size()) this.tool.forget();
    else this.chosen = 0;
    this.refresh();
  }

  undo() {
    if (this.tool.size()) return this.drop(), true;
    return this.steps.undo() && (this.#changed(), true);
  }

  redo() {
    return this.steps.redo() && (this.#changed(), true);
  }

  value() {
    const { width, height } = this.picture;
    const things = this.own().map((thing) => ({ label: this.labels[thing.label].value, ...this.craft.write(thing.points) }));
    if (!things.length && !this.nothing.checked) return null;
    return { size: [height, width], [this.craft.list]: things, ...(things.length ? {} : { nothing: true }) };
  }

  issues() {
    const { t, context } = this;
    if (this.tool.size()) return [t('Finish the shape, or leave it with Esc.')];
    const open = this.openGhosts().length;
    if (open) return [t('{n} suggestions are open: take them, or leave them out.', { n: open })];
    if (!context.question.required || this.own().length || this.nothing.checked) return [];
    return [t('Mark something, or tick “Nothing here to mark”.')];
  }

  proposalShown() {
    return this.hadGhosts && !this.ghostsHidden;
  }

  unmount() {
    this.view.close();
    this.root?.remove();
  }
}

/** @param {Path2D} path @param {Point[]} ring */
function trace(path, ring) {
  ring.forEach(({ x, y }, index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}
