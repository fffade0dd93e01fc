// @ts-check
/**
 * The mask question: brush, eraser, shape (polygon) and fill on a picture, with a palette of
 * labels, a proposal to start from, and a box for "nothing here".
 */
import { CanvasView } from './canvas.js';
import { colourOf, el } from './dom.js';
import { labelKeys, nameOf } from './keys.js';
import { MaskLayer } from './layer.js';
import { brushTool, fillTool, shapeTool } from './tools.js';
import { toFrame } from './viewport.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Picture} Picture
 * @typedef {import('./canvas.js').Tool} Tool
 */

const TOOL_KEYS = { brush: 'b', erase: 'e', shape: 'p', fill: 'f' };
/** Keys of the tools, which no label may have. */
export const reserved = 'befpnzyo[]+-=';

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  return new MaskIsland(context);
}

/** @implements {Island} */
class MaskIsland {
  /** @param {IslandContext} context */
  constructor(context) {
    this.context = context;
    const { question, task, t } = context;
    this.t = t;
    this.picture = /** @type {Picture} */ (task.image);
    this.labels = (question.config.labels || []).map((label, index) => ({
      value: label.value,
      title: label.title || label.value,
      key: label.key,
      colour: colourOf(label, index),
    }));
    this.active = 0;
    this.region = 0;
    this.size = Math.max(1, Math.round(Math.max(this.picture.width, this.picture.height) / 40));
    this.toolName = 'brush';
    this.hidden = false;
    /** The regions as text; null after a change. @type {import('./layer.js').Region[] | null} */
    this.written = null;
    this.cursor = { x: this.picture.width / 2, y: this.picture.height / 2 };
    this.cursorShown = false;
    this.layer = new MaskLayer(this.picture.width, this.picture.height, this.labels, Boolean(question.config.instances));
    this.fromProposal = this.#loadStart();
    this.nothing = el('input', { type: 'checkbox', onchange: () => this.#nothingChanged() });
    this.nothing.checked = context.answer?.nothing === true;
    /** @type {Record<string, Tool>} */
    this.tools = { brush: brushTool(this, false), erase: brushTool(this, true), fill: fillTool(this), shape: shapeTool(this) };
    this.view = new CanvasView(context.stage, this.picture, {
      name: t('Drawing area. Arrow keys move the cursor, Space draws.'),
      tool: () => this.tools[this.toolName],
      overlay: () => (this.hidden ? null : this.layer.overlay),
      decorate: (view) => this.#decorate(view),
      zoomed: (scale) => this.#sharpen(scale),
    });
    const { canvas, ended } = this.view;
    canvas.addEventListener('keydown', (event) => this.#canvasKey(event), ended);
    canvas.addEventListener('keyup', (event) => event.key === ' ' && (this.view.spaceHeld = false), ended);
    canvas.addEventListener('blur', () => this.#leave(), ended);
    this.labelKeys = labelKeys(this.labels, context.taken);
    this.keys = this.#bindings(this.labelKeys);
    this.#buildPanel();
    if (context.image) this.view.show(context.image);
    this.#refresh();
  }

  /** @returns {boolean} whether the model's proposal is what one starts from */
  #loadStart() {
    const { answer, proposal } = this.context;
    try {
      if (answer) return this.layer.load(answer) && false;
      return proposal !== null && this.layer.load(proposal);
    } catch {
      this.layer.mask.data.fill(0);
      return false;
    }
  }

  #buildPanel() {
    const { t, context } = this;
    const keys = this.labelKeys;
    this.palette = this.labels.map((label, index) => {
      const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
      dot.style.setProperty('--label', label.colour);
      return this.#button(label.title, keys[index], () => this.pickLabel(index), dot);
    });
    this.toolButtons = Object.fromEntries(
      Object.entries({ brush: t('Brush'), erase: t('Eraser'), shape: t('Shape'), fill: t('Fill') }).map(
        ([name, title]) => [name, this.#button(title, TOOL_KEYS[/** @type {keyof typeof TOOL_KEYS} */ (name)], () => this.pickTool(name))],
      ),
    );
    this.undoButton = this.#button(t('Undo'), '', () => this.undo());
    this.redoButton = this.#button(t('Redo'), '', () => this.redo());
    this.finishButton = this.#button(t('Finish shape'), '', () => this.shape('finish'));
    this.dropButton = this.#button(t('Remove last point'), '', () => this.shape('drop'));
    this.shapeBar = el('div', { class: 'toolbar', hidden: true }, this.finishButton, this.dropButton);
    this.root = el(
      'fieldset',
      { class: 'question mask' },
      el('legend', { dir: 'auto' }, context.question.title),
      el('div', { class: 'toolbar palette', role: 'group', 'aria-label': t('Labels') }, ...this.palette),
      el(
        'div',
        { class: 'toolbar', role: 'group', 'aria-label': t('Tools') },
        ...Object.values(this.toolButtons),
        this.undoButton,
        this.redoButton,
      ),
      this.shapeBar,
      el(
        'div',
        { class: 'mask-foot' },
        el('label', { class: 'check' }, this.nothing, el('span', {}, t('Nothing here to mark'))),
        this.#more(),
      ),
    );
    context.panel.append(this.root);
  }

  #more() {
    const { t } = this;
    const range = (/** @type {string} */ name, /** @type {Record<string, any>} */ props, /** @type {(value: number) => void} */ use) =>
      el('label', { class: 'range' }, el('span', {}, name), el('input', { type: 'range', ...props, oninput: (/** @type {any} */ event) => use(Number(event.target.value)) }));
    const most = Math.max(8, Math.round(Math.max(this.picture.width, this.picture.height) / 6));
    const size = range(t('Brush size'), { min: 1, max: most, value: this.size }, (value) => this.resizeBrush(value));
    this.sizeInput = /** @type {HTMLInputElement} */ (size.lastChild);
    const opacity = range(t('Opacity'), { min: 5, max: 100, value: this.layer.opacity * 100 }, (value) => {
      this.layer.opacity = value / 100;
      this.layer.repaint(this.layer.everything());
      this.view.invalidate();
    });
    this.hideButton = this.#button(this.fromProposal ? t('Hide proposal') : t('Hide marks'), 'h', () => this.hide());
    return el(
      'details',
      { class: 'more', open: matchMedia('(min-width: 60rem)').matches },
      el('summary', {}, t('View and brush')),
      size,
      opacity,
      el(
        'div',
        { class: 'toolbar' },
        this.#button(t('Zoom in'), '+', () => this.view.zoom(1.4)),
        this.#button(t('Zoom out'), '-', () => this.view.zoom(1 / 1.4)),
        this.#button(t('Whole picture'), 'o', () => this.view.whole()),
        this.hideButton,
        this.#button(t('Clear all'), '', () => this.layer.clear() && this.drawn()),
        this.layer.instances ? this.#button(t('New object'), 'n', () => (this.region = 0)) : null,
      ),
    );
  }

  /** @param {string} title @param {string} key @param {() => void} run @param {Node | null} [mark] */
  #button(title, key, run, mark = null) {
    const hint = key ? el('kbd', {}, nameOf({ key })) : null;
    return el('button', { type: 'button', class: 'tool', onclick: run }, mark, el('span', { dir: 'auto' }, title), hint);
  }

  /** @param {string[]} labels */
  #bindings(labels) {
    const { t } = this;
    const bind = (/** @type {string} */ key, /** @type {string} */ does, /** @type {() => void} */ run) => ({ key, does, run, group: t('Drawing') });
    return [
      ...this.labels.map((label, index) => ({ key: labels[index], does: label.title, group: this.context.question.title, run: () => this.pickLabel(index) })),
      bind('b', t('Brush'), () => this.pickTool('brush')),
      bind('e', t('Eraser'), () => this.pickTool('erase')),
      bind('p', t('Shape'), () => this.pickTool('shape')),
      bind('f', t('Fill'), () => this.pickTool('fill')),
      bind('[', t('Smaller brush'), () => this.resizeBrush(this.size / 1.3)),
      bind(']', t('Larger brush'), () => this.resizeBrush(this.size * 1.3)),
      bind('z', t('Undo'), () => this.undo()),
      bind('y', t('Redo'), () => this.redo()),
      bind('+', t('Zoom in'), () => this.view.zoom(1.4)),
      bind('=', t('Zoom in'), () => this.view.zoom(1.4)),
      bind('-', t('Zoom out'), () => this.view.zoom(1 / 1.4)),
      bind('o', t('Whole picture'), () => this.view.whole()),
      bind('h', this.fromProposal ? t('Hide proposal') : t('Hide marks'), () => this.hide()),
      bind('Escape', t('Leave the shape'), () => this.shape('cancel')),
      bind('Backspace', t('Remove last point'), () => this.shape('drop')),
      ...(this.layer.instances ? [bind('n', t('New object'), () => (this.region = 0))] : []),
    ].filter((binding) => binding.key);
  }

  /** Arrow keys and Space, for people who draw without a pointer. @param {KeyboardEvent} event */
  #canvasKey(event) {
    const step = (event.shiftKey ? 10 : 1) * Math.max(1, Math.round(4 / this.view.view.scale));
    const moves = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] });
    const move = moves[event.key];
    if (move) {
      this.cursor.x = Math.min(this.picture.width - 0.5, Math.max(0.5, this.cursor.x + move[0]));
      this.cursor.y = Math.min(this.picture.height - 0.5, Math.max(0.5, this.cursor.y + move[1]));
      this.view.reveal(this.cursor);
    } else if (event.key === ' ' && this.cursorShown) {
      this.tools[this.toolName].down({ ...this.cursor }, 9 / this.view.view.scale);
      this.tools[this.toolName].up();
    } else if (event.key === ' ') {
      this.view.spaceHeld = true;
    } else if (event.key === 'Enter' && this.shape('finish')) {
      event.stopPropagation();
    } else return;
    this.cursorShown ||= Boolean(move);
    event.preventDefault();
    this.view.invalidate();
  }

  #leave() {
    this.cursorShown = this.view.spaceHeld = false;
    this.view.invalidate();
  }

  /** @param {CanvasView} view */
  #decorate(view) {
    /** @type {any} */ (this.tools[this.toolName]).decorate?.(view);
    const at = this.cursorShown ? toFrame(view.view, this.cursor) : view.hover;
    if (!at) return;
    const round = this.toolName === 'brush' || this.toolName === 'erase';
    if (round) view.outline(() => view.paint.arc(at.x, at.y, Math.max(2, (this.size / 2) * view.view.scale), 0, 7), 1);
    if (this.cursorShown) {
      view.outline(() => {
        view.paint.moveTo(at.x - 8, at.y);
        view.paint.lineTo(at.x + 8, at.y);
        view.paint.moveTo(at.x, at.y - 8);
        view.paint.lineTo(at.x, at.y + 8);
      }, 1);
    }
  }

  /** The preview is enough until the display shows more pixels than it has.
   * @param {number} scale device pixels for each image pixel */
  async #sharpen(scale) {
    const preview = this.context.image;
    const saving = /** @type {any} */ (navigator).connection?.saveData;
    if (!preview || this.sharpened || saving || scale * this.picture.width <= preview.naturalWidth * 1.2) return;
    if (preview.naturalWidth >= this.picture.width) return;
    this.sharpened = true;
    const full = new Image();
    full.src = this.picture.url;
    await full.decode().then(() => this.view.show(full), () => (this.sharpened = false));
  }

  /** The region id that a drawing tool paints with now. */
  paintId() {
    if (!this.layer.instances) return this.active + 1;
    return (this.region ||= this.layer.newRegion(this.active));
  }

  /** Called by the tools after every finished change. */
  drawn() {
    this.written = null;
    if (this.toolName === 'shape') this.region = 0;
    if (!this.layer.isEmpty()) this.nothing.checked = false;
    this.#refresh();
    this.context.changed();
  }

  #nothingChanged() {
    if (this.nothing.checked) this.layer.clear();
    this.written = null;
    this.#refresh();
    this.context.changed();
  }

  #refresh() {
    this.palette?.forEach((button, index) => button.setAttribute('aria-pressed', String(index === this.active)));
    for (const [name, button] of Object.entries(this.toolButtons || {})) button.setAttribute('aria-pressed', String(name === this.toolName));
    if (this.undoButton) this.undoButton.disabled = !this.layer.history.done.length && !this.shape('size');
    if (this.redoButton) this.redoButton.disabled = !this.layer.history.undone.length;
    if (this.shapeBar) this.shapeBar.hidden = !this.shape('size');
    if (this.finishButton) this.finishButton.disabled = this.shape('size') < 3;
    this.view.invalidate();
  }

  /** The polygon tool's own steps. @param {'finish' | 'drop' | 'cancel' | 'size'} what @returns {any} */
  shape(what) {
    const done = /** @type {any} */ (this.tools.shape)[what]();
    if (what !== 'size') this.#refresh();
    return done;
  }

  refresh() {
    this.#refresh();
  }

  /** @param {number} index */
  pickLabel(index) {
    this.active = index;
    this.region = 0;
    if (this.toolName === 'erase') this.toolName = 'brush';
    this.#refresh();
  }

  /** @param {string} name */
  pickTool(name) {
    if (name !== this.toolName) this.shape('cancel');
    this.toolName = name;
    this.#refresh();
  }

  /** @param {number} size */
  resizeBrush(size) {
    const input = /** @type {HTMLInputElement} */ (this.sizeInput);
    const whole = size > this.size ? Math.ceil(size) : Math.floor(size);
    this.size = Math.min(Number(input.max), Math.max(1, whole));
    input.value = String(this.size);
    this.view.invalidate();
  }

  hide() {
    this.hidden = !this.hidden;
    this.hideButton?.setAttribute('aria-pressed', String(this.hidden));
    this.view.invalidate();
  }

  undo() {
    if (this.shape('size')) return this.shape('drop');
    return this.layer.step('undo') && (this.drawn(), true);
  }

  redo() {
    return this.layer.step('redo') && (this.drawn(), true);
  }

  value() {
    const { width, height } = this.picture;
    const regions = (this.written ||= this.layer.save());
    if (!regions.length && !this.nothing.checked) return null;
    return { size: [height, width], regions, ...(regions.length ? {} : { nothing: true }) };
  }

  issues() {
    const { t, context } = this;
    if (this.shape('size')) return [t('Finish the shape, or leave it with Esc.')];
    if (!context.question.required || !this.layer.isEmpty() || this.nothing.checked) return [];
    return [t('Mark something, or tick “Nothing here to mark”.')];
  }

  proposalShown() {
    return this.fromProposal;
  }

  unmount() {
    this.view.close();
    this.root?.remove();
  }
}
