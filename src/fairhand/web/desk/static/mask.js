// @ts-check
/**
 * The mask question: brush and eraser on a picture at once; shape, fill, outlines by click or box,
 * layers and things one by one when somebody asks for them. A palette of labels, a proposal to
 * start from, and a box for "nothing here".
 */
import { CanvasView } from './canvas.js';
import { colourOf, el } from './dom.js';
import { Glass } from './glass.js';
import { labelKeys, nameOf } from './keys.js';
import { MaskLayer } from './layer.js';
import { layPicture } from './picture.js';
import { brushTool, lateTool } from './tools.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Picture} Picture
 * @typedef {import('./tools.js').MaskTool} MaskTool
 * @typedef {import('./pieces.js').Pieces} Pieces
 */

/** Keys of the tools, which no label may have. */
export const reserved = 'befpcrvxnzyolkdmqiw[]+-=,.';
export const stage = 'canvas';
/** Pictures with more pixels than this are encoded by another thread. */
const LARGE = 4e6;
let misses = 0;

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  return new MaskIsland(context);
}

/** @implements {Island} */
export class MaskIsland {
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
    const { width, height } = this.picture;
    this.size = Math.max(1, Math.round(Math.max(width, height) / 40));
    this.most = Math.max(8, Math.round(Math.max(width, height) / 6));
    this.toolName = 'brush';
    this.hidden = false;
    /** Draws by keys. @type {import('./hand.js').Hand | undefined} */
    this.hand = undefined;
    /** Keys that wait for it. @type {KeyboardEvent[]} */
    this.presses = [];
    this.layer = new MaskLayer(width, height, this.labels, Boolean(question.config.instances));
    this.fromProposal = this.#loadStart();
    /** Given where there is a proposal. @type {((hidden: boolean) => void) | undefined} */
    this.hideProposal = undefined;
    /** @type {(() => void) | undefined} */
    this.accept = undefined;
    this.nothing = el('input', { type: 'checkbox', onchange: () => this.#nothingChanged() });
    this.nothing.checked = context.answer?.nothing === true;
    /** Encodes large masks beside the page. @type {{handOn: () => void, end: () => void} | undefined} */
    this.helper = undefined;
    /** The list of layers and things, once it is here. @type {Pieces | null} */
    this.pieces = null;
    /** What goes through things one by one. */
    this.room = el('div', {});
    /** View, brush and layers: fetched where it is open. */
    this.more = el('details', { class: 'more', ontoggle: () => this.more.open && this.withPieces() }, el('summary', {}, t('View and brush')));
    /** @type {Record<string, MaskTool>} */
    this.tools = {
      brush: brushTool(this, false), erase: brushTool(this, true),
      shape: lateTool('shape'), fill: lateTool('shape'), click: lateTool('clicks'), box: lateTool('clicks'), pick: lateTool('pieces'),
    };
    this.glass = new Glass(this.labels.map((label) => label.colour));
    this.view = new CanvasView(context.stage, this.picture, {
      name: t('Drawing area. Arrow keys move the cursor, Space draws.'),
      tool: () => this.tools[this.toolName],
      overlay: () => null,
      decorate: (view) => this.#decorate(view),
    });
    const { canvas, ended } = this.view;
    canvas.addEventListener('keydown', (event) => this.#canvasKey(event), ended);
    canvas.addEventListener('keyup', (event) => event.key === ' ' && (this.view.spaceHeld = false), ended);
    canvas.addEventListener('blur', () => (this.view.spaceHeld = false), ended);
    this.labelKeys = labelKeys(this.labels, context.taken);
    this.keys = [...this.#bindings(this.labelKeys), ...layPicture(this.view, context).keys];
    this.#buildPanel();
    if (context.proposal) this.#offerProposal();
    if (width * height > LARGE) this.#bring('large');
    this.#refresh();
    if (this.fromProposal && this.layer.instances) this.withPieces();
  }

  /** @returns {boolean} whether the model's proposal is what one starts from */
  #loadStart() {
    const { answer, proposal, hidden } = this.context;
    const theirs = hidden ? null : proposal;
    try {
      if (answer) return this.layer.load(answer, 'own', theirs) && false;
      return theirs !== null && this.layer.load(theirs, 'proposed');
    } catch {
      this.layer = new MaskLayer(this.picture.width, this.picture.height, this.labels, this.layer.instances);
      return false;
    }
  }

  #buildPanel() {
    const { t, context, layer } = this;
    const keys = this.labelKeys;
    this.palette = this.labels.map((label, index) => this.button(label.title, keys[index], () => this.pickLabel(index), this.swatch(index)));
    this.toolButtons = this.#toolList().map(([name, key, title]) => ({ name, button: this.button(title, key, () => this.pickTool(name)) }));
    this.undoButton = this.button(t('Undo'), 'z', () => this.undo());
    this.redoButton = this.button(t('Redo'), 'y', () => this.redo());
    const buttons = this.toolButtons.map(({ button }) => button);
    /** What the tool in hand adds. */
    this.toolBar = el('div', { class: 'toolbar', hidden: true });
    this.root = el(
      'fieldset',
      { class: 'question mask' },
      el('legend', { dir: 'auto' }, context.question.title),
      el('div', { class: 'toolbar palette', role: 'group', 'aria-label': t('Labels') }, ...this.palette),
      el('div', { class: 'toolbar', role: 'group', 'aria-label': t('Tools') }, ...buttons.slice(0, 2), this.undoButton, this.redoButton, ...buttons.slice(2)),
      this.toolBar,
      this.room,
      el('div', { class: 'mask-foot' }, el('label', { class: 'check' }, this.nothing, el('span', {}, t('Nothing here to mark'))), this.more),
    );
    context.panel.append(this.root);
    this.more.open = matchMedia('(min-width: 60rem)').matches;
  }

  /** @param {number} index */
  swatch(index) {
    const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
    dot.style.setProperty('--label', this.labels[index].colour);
    return dot;
  }

  /** @param {string} title @param {string} key @param {() => void} run @param {Node | null} [mark] */
  button(title, key, run, mark = null) {
    const hint = key ? el('kbd', {}, nameOf({ key })) : null;
    return el('button', { type: 'button', class: 'tool', onclick: run }, mark, el('span', { dir: 'auto' }, title), hint);
  }

  /** Each tool's name, key and title. @returns {[string, string, string][]} */
  #toolList() {
    const { t } = this;
    /** @type {[string, string, string][]} */
    const tools = [['brush', 'b', t('Brush')], ['erase', 'e', t('Eraser')], ['shape', 'p', t('Shape')], ['fill', 'f', t('Fill')], ['click', 'c', t('Click')], ['box', 'r', t('Box')], ['pick', 'v', t('Pick')]];
    return this.layer.instances ? tools : tools.slice(0, -1);
  }

  /** @param {string[]} labels */
  #bindings(labels) {
    const { t } = this;
    const bind = (/** @type {string} */ key, /** @type {string} */ does, /** @type {() => void} */ run) => ({ key, does, run, group: t('Drawing') });
    return [
      ...this.labels.map((label, index) => ({ key: labels[index], does: label.title, group: this.context.question.title, run: () => this.pickLabel(index) })),
      ...this.#toolList().map(([name, key, title]) => bind(key, title, () => this.pickTool(name))),
      bind('[', t('Smaller brush'), () => this.resizeBrush(this.size / 1.3)),
      bind(']', t('Larger brush'), () => this.resizeBrush(this.size * 1.3)),
      bind('z', t('Undo'), () => this.undo()),
      bind('y', t('Redo'), () => this.redo()),
      bind('+', t('Zoom in'), () => this.view.zoom(1.4)),
      bind('=', t('Zoom in'), () => this.view.zoom(1.4)),
      bind('-', t('Zoom out'), () => this.view.zoom(1 / 1.4)),
      bind('o', t('Whole picture'), () => this.view.whole()),
      bind('h', this.fromProposal ? t('Hide proposal') : t('Hide marks'), () => this.hide()),
      bind('Escape', t('Leave what is not finished'), () => this.tool.leave?.()),
      bind('l', t('Layers'), () => (this.more.open = !this.more.open)),
      ...(this.layer.instances ? [bind('n', t('New object'), () => this.nextObject())] : []),
    ].filter((binding) => binding.key);
  }

  /** Space with a mouse moves the picture; how one draws without a pointer is fetched by who does.
   * @param {KeyboardEvent} event */
  #canvasKey(event) {
    if (this.hand) return this.hand.key(event);
    if (event.key.startsWith('Arrow')) {
      this.presses.push(event);
      if (this.presses.length === 1) this.#bring('hand');
    } else if (this.presses.length) this.presses.push(event);
    else if (event.key === ' ') this.view.spaceHeld = true;
    else if (event.key !== 'Enter' || !this.tool.finish?.()) return;
    event.stopPropagation();
    event.preventDefault();
  }

  /** @param {CanvasView} view */
  #decorate(view) {
    if (!this.hidden) this.glass.draw(view, this.layer);
    this.pieces?.decorate(view);
    const at = this.hand?.at() || view.hover;
    this.tool.decorate?.(view, at);
    const round = this.toolName === 'brush' || this.toolName === 'erase';
    if (at && round) view.outline(() => view.paint.arc(at.x, at.y, Math.max(2, (this.size / 2) * view.view.scale), 0, 7), 1);
    this.hand?.decorate(view);
  }

  /** The region that a drawing tool paints with now; for instances perhaps a new one. */
  paintId() {
    if (!this.layer.instances) return this.active + 1;
    if (!this.layer.chosen) this.layer.choose(this.layer.newRegion(this.active));
    return this.layer.chosen;
  }

  /** Called by the tools after every finished change. */
  drawn() {
    if (this.toolName === 'shape' && !this.pieces?.picked) this.layer.choose(0);
    if (!this.layer.isEmpty()) this.nothing.checked = false;
    this.#refresh();
    if (this.helper) this.helper.handOn();
    else this.context.changed();
  }

  /** The same marks, seen in another way. */
  lookAgain() {
    this.layer.look++;
    this.#refresh();
  }

  #nothingChanged() {
    if (this.nothing.checked) this.layer.clear();
    this.drawn();
  }

  #refresh() {
    const tool = this.tools[this.toolName];
    this.palette?.forEach((button, index) => button.setAttribute('aria-pressed', String(index === this.active)));
    for (const { name, button } of this.toolButtons || []) button.setAttribute('aria-pressed', String(name === this.toolName));
    if (this.undoButton) this.undoButton.disabled = !this.layer.history.done.length && !tool.open?.();
    if (this.redoButton) this.redoButton.disabled = !this.layer.history.undone.length && !tool.again?.();
    const bar = tool.bar?.() || [];
    if (this.toolBar && bar[0] !== this.toolBar.firstChild) this.toolBar.replaceChildren(...bar);
    if (this.toolBar) this.toolBar.hidden = !bar.length;
    this.context.stage.toggleAttribute('aria-busy', Boolean(tool.isPending?.()));
    this.pieces?.refresh();
    this.view.invalidate();
  }

  refresh() {
    this.#refresh();
  }

  get tool() {
    return this.tools[this.toolName];
  }

  /** @param {number} index */
  pickLabel(index) {
    this.active = index;
    this.nextObject();
    if (this.toolName === 'erase' || this.toolName === 'pick') this.toolName = 'brush';
    this.#refresh();
  }

  /** @param {string} name */
  pickTool(name) {
    if (name !== this.toolName) this.tool.leave?.();
    this.toolName = name;
    const { module } = this.tool;
    if (module) this.#bring(module);
    this.#refresh();
  }

  /** @param {number} size */
  resizeBrush(size) {
    const whole = size > this.size ? Math.ceil(size) : Math.floor(size);
    this.size = Math.min(this.most, Math.max(1, whole));
    this.#refresh();
  }

  hide() {
    this.hidden = !this.hidden;
    this.#refresh();
  }

  /** Tools are fetched by who uses them: a phone that draws with the brush need not carry the
   * others. A module that could not be had is remembered as such, by its address; so each try has
   * its own. @param {string} name */
  async #bring(name) {
    try {
      const tools = (await import(`${this.context.modules[name]}#${misses}`)).bring(this);
      for (const [one, tool] of Object.entries(tools)) {
        const { asked, module } = this.tools[one];
        if (!module) continue;
        this.tools[one] = tool;
        for (const [what, ...about] of asked || []) tool[what]?.(...about);
      }
      this.#refresh();
    } catch {
      misses++;
      this.context.say(this.t('No connection. Brush and eraser work without.'));
    }
  }

  withPieces() {
    if (!this.pieces) this.#bring('pieces');
  }

  /** What is drawn next belongs to another thing. */
  nextObject() {
    this.layer.choose(0);
    if (this.pieces) this.pieces.picked = false;
    this.tool.forget?.();
    this.#refresh();
  }

  labelValue() {
    return this.labels[this.active].value;
  }

  undo() {
    if (this.tool.open?.()) return this.tool.back?.(), this.#refresh(), true;
    this.tool.back?.();
    const step = this.layer.step('undo');
    if (!step) return false;
    this.tool.undone?.(step);
    this.drawn();
    return true;
  }

  redo() {
    if (this.tool.again?.()) return this.tool.forth?.(), this.#refresh(), true;
    const step = this.layer.step('redo');
    if (!step) return false;
    this.tool.leave?.();
    this.drawn();
    return true;
  }

  value() {
    const { width, height } = this.picture;
    const regions = this.layer.save();
    if (!regions.length && !this.nothing.checked) return null;
    return { size: [height, width], regions, ...(regions.length ? {} : { nothing: true }) };
  }

  issues() {
    const { t, context } = this;
    if (this.tools.shape.open?.()) return [t('Finish the shape, or leave it with Esc.')];
    if (!context.question.required || !this.layer.isEmpty() || this.nothing.checked) return [];
    return [t('Mark something, or tick “Nothing here to mark”.')];
  }

  proposalShown() {
    return this.fromProposal && !this.hidden;
  }

  /** Proposals that are seen only when they are asked for are loaded only then, and only onto an
   * empty picture. */
  #offerProposal() {
    const { proposal } = this.context;
    this.hideProposal = (/** @type {boolean} */ hidden) => {
      if (!hidden && !this.fromProposal && this.layer.isEmpty()) {
        this.fromProposal = this.layer.load(proposal, 'proposed');
        if (this.fromProposal) this.drawn();
      }
      this.hidden = !hidden;
      this.hide();
    };
    this.accept = () => {
      if (!this.fromProposal && this.layer.isEmpty() && this.layer.load(proposal, 'proposed')) this.drawn();
      if (this.layer.isEmpty()) this.nothing.checked = proposal.nothing === true;
    };
  }

  unmount() {
    this.helper?.end();
    this.view.close();
    this.root?.remove();
  }
}
